/** What an answer of Part 5 says: accepted, changed or rejected, and why. Pure. */
import type { Received } from "../../document/received.ts";
import type { Information } from "../../isa95/b2mml/information.ts";

export interface Said {
  readonly code: "accepted" | "modified" | "rejected";
  /** In the partner's words; empty when it gives none. */
  readonly why: string;
  /** BODID of the message that is answered, as the partner echoes it; empty when it does not. */
  readonly about: string;
}

/** Null for what is no answer. Only the first ResponseCriteria counts; none is accepted. */
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
  const [first] = criteria ?? [];
  const code = (first?.ResponseExpression?.actionCode ?? "Accepted").toLowerCase();
  const { Description = [], Reason = [] } = first?.ChangeStatus ?? {};
  return {
    code: code === "rejected" ? "rejected" : code === "modified" ? "modified" : "accepted",
    why: [...Description, ...Reason, ...also].join("; "),
    about: original?.BODID ?? "",
  };
}
