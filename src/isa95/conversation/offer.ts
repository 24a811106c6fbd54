/**
 * What may be asked of Millrace in B2MML: which verb of Part 5 with which noun, and what that means. How it is answered
 * is `answer.ts`; doing it is the flow's.
 * @source ANSI/ISA-95.00.05: Process, Change, Cancel, Sync push; Get pulls; what answers is never asked
 */
import { fail, ok, type Result } from "../../base/result.ts";
import type { Document } from "../b2mml/document.ts";
import { isMessage } from "../b2mml/document.ts";
import { nouns, type Noun, type Verb } from "../b2mml/noun.ts";
import { jobOrderNouns, jobResponseNouns } from "./job.ts";
import { masterNounNames, masterNouns } from "../master-data/noun.ts";

/**
 * - `take`     what the message holds is taken over as the sender has it now: new, or in the place of what we hold
 * - `withdraw` what the message names is not to be done any more
 * - `show`     what we hold of what the message names is told
 */
export type Intent = "take" | "withdraw" | "show";

/** Whether what a document leaves out stays as it is: it says what is other, not all there is. */
export function isAmendment(document: Document): boolean {
  const { verb } = document;
  return verb === "Change" || (verb === "Sync" && actionCodeOf(document) === "Change");
}

/** How a noun may come: with a verb, or `alone`, as a document without one. */
type Way = Verb | "alone";

/** Whatever is taken over is taken in every way that the standard has for it. */
const taken: readonly Way[] = ["alone", "Process", "Change", "Cancel", "Sync", "Get"];

const takenNouns: readonly Noun[] = [
  "OperationsSchedule",
  ...new Set(masterNounNames.flatMap((noun): readonly Noun[] => [noun, masterNouns[noun].container])),
];

/** Verbs that each noun is offered with. Everything else is refused by name. */
export const offers: { readonly [N in Noun]?: readonly Way[] } = {
  ...Object.fromEntries(takenNouns.map((noun) => [noun, taken.filter((way) => isWayOf(noun, way))])),
  OperationsPerformance: ["Get"],
  ...Object.fromEntries([...jobOrderNouns, ...jobResponseNouns].map((noun) => [noun, ["Get"]])),
};

/** Why more is not offered, where somebody may expect it. */
const reasons: { readonly [N in Noun]?: string } = {
  OperationsPerformance: "What was made Millrace states itself.",
  ...Object.fromEntries(
    jobOrderNouns.map((noun) => [
      noun,
      "Millrace makes job orders itself: send what is to be made as OperationsSchedule.",
    ]),
  ),
  ...Object.fromEntries(jobResponseNouns.map((noun) => [noun, "What was done Millrace states itself."])),
};

function isWayOf(noun: Noun, way: Way): boolean {
  const verbs: readonly Verb[] = nouns[noun];
  return way === "alone" || verbs.includes(way);
}

const intents: Readonly<Record<Exclude<Verb, "Sync">, Intent | null>> = {
  Process: "take",
  Change: "take",
  Notify: "take",
  Cancel: "withdraw",
  Get: "show",
  // answers: nobody has asked at this door
  Show: null,
  Acknowledge: null,
  Respond: null,
};

/** The standard's words for what a Sync does, in the first ActionExpression: the only one that counts. */
const syncIntents: Readonly<Record<string, Intent>> = { Add: "take", Change: "take", Delete: "withdraw" };

/**
 * What a document wants.
 *
 * @fault refused b2mml/not-offered  Millrace does not do this with this noun; says what it does
 * @fault invalid b2mml/action-code  a Sync without Add, Change or Delete
 */
export function intentOf(document: Document): Result<Intent> {
  const { noun } = document;
  const verb = isMessage(document) ? document.verb : null;
  const offered = offers[noun] ?? [];
  if (!offered.includes(verb ?? "alone")) return notOffered(verb, noun, offered);
  if (verb === null) return ok("take");
  if (verb !== "Sync") {
    const intent = intents[verb];
    return intent === null ? notOffered(verb, noun, offered) : ok(intent);
  }
  const code = isMessage(document) ? actionCodeOf(document) : "";
  const intent = Object.hasOwn(syncIntents, code) ? syncIntents[code] : undefined;
  if (intent !== undefined) return ok(intent);
  const text = `Sync${noun} says "${code}" as actionCode: write Add, Change or Delete in its first ActionExpression.`;
  return fail("invalid", "b2mml/action-code", text);
}

/** The first ActionExpression's code; empty when there is none. */
export function actionCodeOf({ action }: Extract<Document, { verb: Verb }>): string {
  return action.ActionCriteria?.[0]?.ActionExpression?.[0]?.actionCode ?? "";
}

function notOffered(verb: Verb | null, noun: Noun, offered: readonly (Verb | "alone")[]): Result<never> {
  const known = offered.map((one) => (one === "alone" ? noun : `${one}${noun}`)).join(", ");
  const instead = known === "" ? `Of ${noun} Millrace takes nothing yet.` : `Offered are ${known}.`;
  return fail(
    "refused",
    "b2mml/not-offered",
    `${verb ?? ""}${noun} is not offered here. ${[reasons[noun], instead].filter(Boolean).join(" ")}`,
  );
}
