/**
 * Which answer a message of Part 5 gets, and its words: Acknowledge, Respond, Show, ConfirmBOD or none. Pure.
 *
 * One message gets at most one answer, because a reply over HTTP holds one document: the answer of its verb where the
 * sender asked for that, else the ConfirmBOD that its ConfirmationCode asks for.
 * @source ANSI/ISA-95.00.05: acknowledgeCode and responseCode are Always or OnError, absent is never; only the first
 *         ResponseCriteria counts
 */
import { formatInstant, type Instant } from "../../base/instant.ts";
import type { Document, DocumentOf } from "../b2mml/document.ts";
import type { Information } from "../b2mml/information.ts";
import type { Noun, Verb } from "../b2mml/noun.ts";

/** How much of a message was done. */
export type MessageVerdict = "whole" | "part" | "none";

/** A message with its verb. */
export type Asked = Extract<Document, { verb: Verb }>;

type Answering = "Acknowledge" | "Respond" | "Show";

const answering: Readonly<Partial<Record<Verb, Answering>>> = {
  Process: "Acknowledge",
  Change: "Respond",
  Get: "Show",
};

const codes: Readonly<Record<Answering, Readonly<Record<MessageVerdict, string>>>> = {
  Acknowledge: { whole: "Accepted", part: "Modified", none: "Rejected" },
  Respond: { whole: "Replaced", part: "Modified", none: "Rejected" },
  Show: { whole: "Accepted", part: "Accepted", none: "Rejected" },
};

/** What is told with an answer. */
export interface Told {
  readonly verdict: MessageVerdict;
  /** Why something was not done, each with its place; none when all was. */
  readonly reasons: readonly string[];
  /** What was taken over, or is shown. */
  readonly content: readonly object[];
  /** Who answers, and when. */
  readonly area: Information<"ApplicationArea">;
}

/** More reasons are counted: an answer is read by people too. */
const reasonsMax = 100;

/** The answer to a message; null when its sender asked for none. */
export function answerTo(asked: Asked, told: Told): Document | null {
  const verb = answering[asked.verb];
  if (verb !== undefined && isWanted(asked, told.verdict)) return answer(asked, verb, told);
  return isConfirmed(asked, told.verdict) ? confirmation(asked, told) : null;
}

/** Who writes, in an ApplicationArea: `receiver` gets it. */
export function areaOf(from: string, receiver: string | undefined, at: Instant, bodId: string): Told["area"] {
  return {
    Sender: { LogicalID: from, ComponentID: "Millrace" },
    ...(receiver !== undefined && receiver !== "" && { Receiver: [{ LogicalID: receiver }] }),
    CreationDateTime: formatInstant(at),
    BODID: bodId,
  };
}

/** Get is always answered. */
function isWanted({ verb, action }: Asked, verdict: MessageVerdict): boolean {
  if (verb === "Get") return true;
  const code = verb === "Process" ? action.acknowledgeCode : action.responseCode;
  return code === "Always" || (code === "OnError" && verdict !== "whole");
}

function isConfirmed({ applicationArea }: Asked, verdict: MessageVerdict): boolean {
  const code = applicationArea.Sender?.ConfirmationCode;
  return code === "Always" || (code === "OnError" && verdict !== "whole");
}

function answer(asked: Asked, verb: Answering, told: Told): Document {
  const criteria: Information<"ResponseCriteria"> = {
    ResponseExpression: { actionCode: codes[verb][told.verdict] },
    ...(told.reasons.length > 0 && { ChangeStatus: { Description: limited(told.reasons) } }),
  };
  const message = {
    verb,
    noun: asked.noun,
    applicationArea: told.area,
    action: { OriginalApplicationArea: asked.applicationArea, ResponseCriteria: [criteria] },
    content: told.content,
    releaseID: "",
  };
  // the content was made for this noun by whoever tells
  return message as unknown as DocumentOf<Noun> & Document;
}

function confirmation(asked: Asked, { verdict, reasons, area }: Told): Document {
  const code = verdict === "whole" ? "Accepted" : verdict === "part" ? "Modified" : "Rejected";
  const bod: Information<"BOD"> = {
    OriginalApplicationArea: asked.applicationArea,
    Description: reasons.length > 0 ? limited(reasons) : [`${asked.verb}${asked.noun} was taken over.`],
  };
  return {
    verb: null,
    noun: "ConfirmBOD",
    content: [
      {
        ApplicationArea: area,
        DataArea: {
          Confirm: {
            OriginalApplicationArea: asked.applicationArea,
            ResponseCriteria: [{ ResponseExpression: { actionCode: code } }],
          },
          BOD: [bod],
        },
      },
    ],
  };
}

function limited(reasons: readonly string[]): readonly string[] {
  const more = reasons.length - reasonsMax;
  return more > 0 ? [...reasons.slice(0, reasonsMax), `and ${more} more`] : reasons;
}
