/** What an answer of Part 5 says: accepted, changed or rejected, and why. Pure. */
import type { Received } from "../../document/received.ts";
import type { Information } from "../../isa95/b2mml/information.ts";

export interface Said {
  /** `unclear`: a word that Part 5 does not know, or several that differ. */
  readonly code: "accepted" | "modified" | "rejected" | "unclear";
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
    return said(Confirm.ResponseCriteria, original, descriptions);
  }
  const { verb, action } = document;
  if (verb !== "Acknowledge" && verb !== "Respond" && verb !== "Show") return null;
  return said(action.ResponseCriteria, action.OriginalApplicationArea, []);
}

function said(
  criteria: readonly Information<"ResponseCriteria">[] | undefined,
  original: Information<"ApplicationArea"> | undefined,
  also: readonly string[],
): Said {
  const all = criteria ?? [];
  const words = new Set(all.map(({ ResponseExpression }) => ResponseExpression?.actionCode ?? "Accepted"));
  const [word = "Accepted", ...others] = words;
  const code = others.length > 0 ? undefined : codes.find((known) => known === word.trim().toLowerCase());
  const reasons = all.flatMap(({ ChangeStatus }) => [
    ...(ChangeStatus?.Description ?? []),
    ...(ChangeStatus?.Reason ?? []),
  ]);
  const named = code === undefined ? [[...words].join(", ")] : [];
  return {
    code: code ?? "unclear",
    why: [...named, ...reasons, ...also].join("; "),
    about: original?.BODID ?? "",
  };
}

const codes = ["accepted", "modified", "rejected"] as const;
