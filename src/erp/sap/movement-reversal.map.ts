/** Taking a material document back as a whole → the function import Cancel. Pure, both ways. */
import { fail, ok, type Result } from "../../base/result.ts";
import type { DocumentReversal } from "../../record/posting.ts";
import type { Envelope } from "../connector.ts";
import type { SapConfig } from "./config.ts";
import type { FrozenWrite } from "./client.ts";
import { freezeCall, numberInCall } from "./envelope.ts";
import { pad } from "./number.ts";
import { cancelMovementCall, type SapModel } from "./service.ts";

/**
 * SAP gives the reversal no reference of ours: whether it was made is asked by the document that it is about.
 *
 * @fault invalid erp/sap-reversal  the release has no such function, or the document has no number of a material document
 */
export function composeMovementReversal(
  key: string,
  reversal: DocumentReversal,
  { config, model }: { readonly config: SapConfig; readonly model: SapModel | null },
): Result<Envelope> {
  const [document = "", year = ""] = reversal.document.split("/");
  if (!/^\d+$/.test(document) || !/^\d{4}$/.test(year))
    return fail("invalid", "erp/sap-reversal", `"${reversal.document}" is no number of a material document in SAP.`);
  const offered = model?.materialDocument.functions.get(cancelMovementCall);
  if (model && !offered) {
    const text = `This SAP release cannot take material document ${reversal.document} back (${cancelMovementCall}). Cancel it in SAP by hand.`;
    return fail("invalid", "erp/sap-reversal", text);
  }
  const parameters: readonly (readonly [string, string])[] = [
    ["MaterialDocumentYear", `'${year}'`],
    ["MaterialDocument", `'${pad(document, 10)}'`],
    ["PostingDate", `datetime'${reversal.postingDate}T00:00:00'`],
  ];
  const given = parameters.filter(([name], i) => i < 2 || !offered || offered.includes(name));
  const path = `${config.services.materialDocument}/${cancelMovementCall}`;
  const of = { path, given, at: reversal.recordedAt, config, takesBack: reversal.key };
  return ok(freezeCall(key, "movement-reversal", of));
}

/** The material document that a frozen reversal is about. */
export function reversedDocument(write: FrozenWrite): { readonly document: string; readonly year: string } {
  const number = numberInCall(write);
  return { document: number("MaterialDocument"), year: number("MaterialDocumentYear") };
}
