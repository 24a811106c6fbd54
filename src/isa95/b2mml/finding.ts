/**
 * What is wrong or odd in a document, and where: the line in the file and the path from the root. A finding that
 * refuses becomes a `Fault`; one that is only told is a warning and travels beside the document.
 */
import { type Fault, type FaultCode, makeFault } from "../../base/result.ts";

export interface Finding {
  readonly code: FaultCode;
  /** 1 for the first line; 0 where the document as a whole is meant. */
  readonly line: number;
  /** `/ProcessOperationsSchedule/DataArea/…`; empty before anything could be read. */
  readonly path: string;
  /** What is wrong and what to write instead. */
  readonly message: string;
}

/** Why a document, or a part of it, is refused. */
export const refusals = {
  encoding: { code: "b2mml/encoding" },
  tooLarge: { code: "b2mml/too-large" },
  tooDeep: { code: "b2mml/too-deep" },
  tooMany: { code: "b2mml/too-many" },
  tooLong: { code: "b2mml/too-long" },
  doctype: { code: "b2mml/doctype" },
  entity: { code: "b2mml/entity" },
  malformed: { code: "b2mml/malformed" },
  namespace: { code: "b2mml/namespace" },
  root: { code: "b2mml/root" },
  schema: { code: "b2mml/schema" },
  jsonSchema: { code: "b2mml/json-schema" },
  endBeforeStart: { code: "b2mml/end-before-start" },
  quantity: { code: "b2mml/quantity" },
  duplicate: { code: "b2mml/duplicate-id" },
  dangling: { code: "b2mml/dangling-reference" },
  nothingLeft: { code: "b2mml/nothing-left" },
} as const satisfies Readonly<Record<string, { readonly code: FaultCode }>>;

/** What real senders write and the standard does not; read all the same, and told. */
export type WarningCode =
  | "release-missing"
  | "identifier-padded"
  | "number-exponent"
  | "property-empty"
  | "byte-order-mark"
  | "namespace-unversioned"
  | "unit-missing"
  | "unit-foreign"
  | "identifier-repeated"
  | "left-behind"
  | "filled-in"
  | "extension-kept"
  | "extension-left";

export interface Warning {
  readonly code: WarningCode;
  readonly line: number;
  readonly path: string;
  readonly message: string;
}

/** Further findings are counted, not kept: a document that is wrong everywhere must not fill the memory. */
export const findingsMax = 1000;

/**
 * One fault from all findings of a document; kind and code are those of the first.
 *
 * @param file as its giver knows the document: a file name, a message's id
 */
export function faultOf(file: string, findings: readonly [Finding, ...Finding[]]): Fault {
  const [first] = findings;
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : "";
  const message = `${file}:${first.line}: ${first.message}${more}`;
  const errors = findings.slice(0, findingsMax).map(({ line, path, message: why }) => ({
    at: `${file}:${line} ${path}`.trim(),
    message: why,
  }));
  return { ...makeFault("invalid", first.code, message), errors };
}
