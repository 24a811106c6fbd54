/**
 * MESA's JSON schema as a judge. The only file that imports ajv. The schema is MESA's file as published; it was never
 * tested by its makers, so some things are set right when it is compiled: types that are unions are allowed, its
 * patterns are read without the `u` flag, under which one of them is no pattern, a root is looked up by its type, because
 * three roots are named like other types, and the corrections below bring it to what the XML schema says. Each root is compiled from the part
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
  readonly properties?: Readonly<Record<string, object>>;
}

/** Where the JSON schema differs from the XML schema of the same release: the type, its property, and what it should be. */
const corrections: readonly {
  readonly type: string;
  readonly property: string;
  readonly as: object;
  readonly from?: string;
}[] = [
  { type: "OpPhysicalAssetRequirementType", property: "EquipmentLevel", as: { $ref: pointer("EquipmentLevelType") } },
  {
    type: "WorkflowSpecificationNodeType",
    property: "WorkflowSpecificationNodeProperty",
    from: "WorkflowSpecifictionNodeProperty",
    as: { type: "array", items: { $ref: pointer("WorkflowSpecificationNodePropertyType") } },
  },
];

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
    const type = Object.hasOwn(this.#all(), `${root}Type`) ? `${root}Type` : root;
    this.#reach(type, reached);
    const ajv = new Ajv2020({
      strict: false,
      validateFormats: false,
      unicodeRegExp: false,
      validateSchema: false,
      inlineRefs: false,
      allErrors: true,
    });
    return ajv.compile({ $ref: pointer(type), $defs: reached });
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
      const { $defs } = JSON.parse(readFileSync(file, "utf8")) as { $defs: Record<string, Definition> };
      this.#definitions = corrected($defs);
    }
    return this.#definitions;
  }
}

function corrected(definitions: Readonly<Record<string, Definition>>): Readonly<Record<string, Definition>> {
  const all: Record<string, Definition> = { ...definitions };
  for (const { type, property, as, from } of corrections) {
    const { properties = {}, ...others } = all[type] ?? {};
    const kept = Object.entries(properties).filter(([name]) => name !== from);
    all[type] = { ...others, properties: { ...Object.fromEntries(kept), [property]: as } };
  }
  return all;
}

function pointer(name: string): string {
  return `#/$defs/${name}`;
}
