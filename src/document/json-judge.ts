/**
 * MESA's JSON schema as a judge. The only file that imports ajv. The schema is MESA's file as published; it was never
 * tested by its makers, so some things are set right when it is compiled: types that are unions are allowed, its
 * patterns are read without the `u` flag, under which one of them is no pattern, a root is looked up by its type, because
 * three roots are named like other types, and the corrections below bring it to what the XML schema says. A type is compiled once for
 * all roots that reach it: ahead for the roots that are named to `prepare`, for others when the first document of their
 * kind comes (docs/adr/0016-documents-are-a-room.md).
 */
import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
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

/** One judge for a process is enough. */
export class JsonJudge {
  #ajv: Ajv2020 | undefined;

  /** What is wrong with `{[root]: value}`; nothing when it is valid. */
  judge(root: string, value: unknown): readonly JsonComplaint[] {
    const validate = this.#validatorOf(root);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      const extra = "additionalProperty" in params ? `: ${params["additionalProperty"]}` : "";
      return { pointer: `/${root}${instancePath}`, message: `${message ?? "is not valid"}${extra}` };
    });
  }

  /** Compiles what these roots need, a root at a time, and lets others work in between. */
  async prepare(roots: readonly string[], signal: AbortSignal): Promise<void> {
    for (const root of roots) {
      if (signal.aborted) return;
      this.#validatorOf(root);
      await setImmediate();
    }
  }

  #validatorOf(root: string): ValidateFunction {
    const ajv = (this.#ajv ??= openSchema());
    const validate =
      ajv.getSchema(`${schemaId}${pointer(`${root}Type`)}`) ?? ajv.getSchema(`${schemaId}${pointer(root)}`);
    if (!validate) throw new Error(`The JSON schema has no root ${root}.`);
    return validate;
  }
}

const schemaId = "b2mml";

function openSchema(): Ajv2020 {
  const file = new URL("./schema/V0701/AllSchemas.json", import.meta.url);
  // MESA's own file: `$defs` holds one definition for each type and element
  const { $defs } = JSON.parse(readFileSync(file, "utf8")) as { $defs: Record<string, Definition> };
  const ajv = new Ajv2020({
    strict: false,
    validateFormats: false,
    unicodeRegExp: false,
    validateSchema: false,
    inlineRefs: false,
    allErrors: true,
  });
  return ajv.addSchema({ $id: schemaId, $defs: corrected($defs) });
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
