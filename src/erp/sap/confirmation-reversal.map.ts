/** Taking a confirmation back → the function import CancelProdnOrdConf. Pure, both ways: composing, and reading it again. */
import { fail, ok, type Result } from "../../base/result.ts";
import { guidOf } from "../../base/id.ts";
import type { DocumentReversal } from "../../record/posting.ts";
import type { Envelope } from "../connector.ts";
import type { FrozenWrite } from "./client.ts";
import type { SapConfig } from "./config.ts";
import { freezeCall, numberInCall } from "./envelope.ts";
import { pad } from "./number.ts";
import { cancelCall, type SapModel } from "./service.ts";

/**
 * What a release's function import lacks is left out: SAP then dates the reversal like the confirmation, and says by its
 * mark alone that it is reversed.
 *
 * @fault invalid erp/sap-reversal  the release has no such function, or the document has no number of a confirmation
 */
export function composeConfirmationReversal(
  key: string,
  reversal: DocumentReversal,
  { config, model }: { readonly config: SapConfig; readonly model: SapModel | null },
): Result<Envelope> {
  const [group = "", count = ""] = reversal.document.split("/");
  if (!/^\d+$/.test(group) || !/^\d+$/.test(count))
    return fail("invalid", "erp/sap-reversal", `"${reversal.document}" is no number of a confirmation in SAP.`);
  const offered = model?.confirmation.functions.get(cancelCall);
  if (model && !offered) {
    const text = `This SAP release cannot take confirmation ${reversal.document} back (${cancelCall}). Cancel it in SAP by hand.`;
    return fail("invalid", "erp/sap-reversal", text);
  }
  const parameters: readonly (readonly [string, string])[] = [
    ["ConfirmationGroup", `'${pad(group, 10)}'`],
    ["ConfirmationCount", `'${pad(count, 8)}'`],
    ["PostingDate", `datetime'${reversal.postingDate}T00:00:00'`],
    ["ConfirmationText", `'${key}'`],
    ["ExternalSystemConfirmation", `guid'${guidOf(key)}'`],
  ];
  const given = parameters.filter(([name], i) => i < 2 || !offered || offered.includes(name));
  const path = `${config.services.confirmation}/${cancelCall}`;
  const of = { path, given, at: reversal.recordedAt, config, takesBack: reversal.key };
  return ok(freezeCall(key, "confirmation-reversal", of));
}

/** The confirmation that a frozen reversal is about. */
export function reversedConfirmation(write: FrozenWrite): { readonly group: string; readonly count: string } {
  const number = numberInCall(write);
  return { group: number("ConfirmationGroup"), count: number("ConfirmationCount") };
}
