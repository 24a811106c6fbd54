/**
 * MESA's JSON schema as a judge. The only file that imports ajv. The schema is MESA's file as published; it was never
 * tested by its makers, so two things are set right when it is compiled: types that are unions are allowed, and its
 * patterns are read without the `u` flag, under which one of them is no pattern. Each root is compiled from the part
 * of the schema that it reaches, when the first document of its kind comes: the whole takes seconds and a module of
 * seven megabytes (docs/adr/0014-documents-are-a-room.md).
 */
import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

export interface JsonComplaint {
  /** JSON pointer into the document: `/ProcessOperationsSchedule/DataArea/OperationsSchedule/0/ID`. */
  readonly pointer: string;
  readonly message: string;
}

interface Definition {
  readonly $ref?: string;
}

/** Compiled roots are kept; one judge for a process is enough. */
export class JsonJudge {
  readonly #compiled = new Map<string, ValidateFunction>();
  #definitions: Readonly<Record<string, Definition>> | undefined;

  /** What is wrong with `{[root]: value}`; nothing when it is valid. */
  judge(root: string, value: unknown): readonly JsonComplaint[] {
    const validate = this.#compiled.get(root) ?? this.#compile(root);
    this.#compiled.set(root, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      const extra = "additionalProperty" in params ? `: ${params["additionalProperty"]}` : "";
      return { pointer: `/${root}${instancePath}`, message: `${message ?? "is not valid"}${extra}` };
    });
  }

  #compile(root: string): ValidateFunction {
    const reached: Record<string, Definition> = {};
    this.#reach(root, reached);
    const ajv = new Ajv2020({
      strict: false,
      validateFormats: false,
      unicodeRegExp: false,
      validateSchema: false,
      inlineRefs: false,
      allErrors: true,
    });
    return ajv.compile({ $ref: pointer(root), $defs: reached });
  }

  /** All definitions that one refers to, itself included. */
  #reach(name: string, reached: Record<string, Definition>): void {
    const definition = this.#all()[name];
    if (definition === undefined || reached[name] !== undefined) return;
    reached[name] = definition;
    for (const [, next = ""] of JSON.stringify(definition).matchAll(/"#\/\$defs\/([^"]+)"/g))
      this.#reach(next, reached);
  }

  #all(): Readonly<Record<string, Definition>> {
    if (this.#definitions === undefined) {
      const file = new URL("./schema/V0701/AllSchemas.json", import.meta.url);
      // MESA's own file: `$defs` holds one definition for each type and element
      this.#definitions = (JSON.parse(readFileSync(file, "utf8")) as { $defs: Record<string, Definition> }).$defs;
    }
    return this.#definitions;
  }
}

function pointer(name: string): string {
  return `#/$defs/${name}`;
}
