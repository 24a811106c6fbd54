/** What an answer of Part 5 says: accepted, changed or rejected, and why. Pure. */
import type { Noun } from "../../isa95/b2mml/noun.ts";
import type { Received } from "../../document/received.ts";
import type { Information } from "../../isa95/b2mml/information.ts";

export interface Said {
  /** `unclear`: a word that is none of the standard's, of which nobody knows what it means, or several that differ. */
  readonly code: "accepted" | "modified" | "rejected" | "unclear";
  /** The partner's word, or words; empty when it says none. */
  readonly word: string;
  readonly verb: "Acknowledge" | "Respond" | "Show" | "ConfirmBOD";
  /** What the answer is about; null: a ConfirmBOD does not say. */
  readonly noun: Noun | null;
  /** In the partner's words; empty when it gives none. */
  readonly why: string;
  /** BODID of the message that is answered, as the partner echoes it; empty when it does not. */
  readonly about: string;
}

/** Null for what is no answer. Without ResponseCriteria it is accepted. */
export function saidIn({ document }: Received): Said | null {
  if (document.verb === null) {
    if (document.noun !== "ConfirmBOD") return null;
    const { Confirm, BOD } = document.content[0].DataArea;
    const original = Confirm.OriginalApplicationArea ?? BOD[0]?.OriginalApplicationArea;
    const descriptions = BOD.flatMap(({ Description }) => Description ?? []);
    return { ...said(Confirm.ResponseCriteria, original, descriptions), verb: "ConfirmBOD", noun: null };
  }
  const { verb, noun, action } = document;
  if (verb !== "Acknowledge" && verb !== "Respond" && verb !== "Show") return null;
  return { ...said(action.ResponseCriteria, action.OriginalApplicationArea, []), verb, noun };
}

function said(
  criteria: readonly Information<"ResponseCriteria">[] | undefined,
  original: Information<"ApplicationArea"> | undefined,
  also: readonly string[],
): Omit<Said, "verb" | "noun"> {
  const all = criteria ?? [];
  const words = all.flatMap(({ ResponseExpression }) => ResponseExpression?.actionCode.trim() ?? []);
  const meant = new Set(words.map((word) => codes.get(word.toLowerCase()) ?? "unclear"));
  // A part without a word is accepted.
  if (words.length < all.length || all.length === 0) meant.add("accepted");
  const [code = "unclear", ...others] = meant;
  const reasons = all.flatMap(({ ChangeStatus }) => [
    ...(ChangeStatus?.Description ?? []),
    ...(ChangeStatus?.Reason ?? []),
  ]);
  return {
    code: others.length > 0 ? "unclear" : code,
    word: [...new Set(words)].join(", "),
    why: [...reasons, ...also].join("; "),
    about: original?.BODID ?? "",
  };
}

/** `Replaced` is said by a Respond, of a change that was made. */
const codes: ReadonlyMap<string, Said["code"]> = new Map([
  ["accepted", "accepted"],
  ["replaced", "accepted"],
  ["modified", "modified"],
  ["rejected", "rejected"],
]);
