/**
 * A B2MML document as the model sees it: a noun alone, or a message of Part 5 that says with a verb what is wanted.
 * The same for every version read and for both wire forms; what is written is 7.0.1.
 */
import type { Information } from "./information.ts";
import type { Action, Noun, Verb } from "./noun.ts";
import { shortName } from "./sender.ts";

export type Document = { [N in Noun]: DocumentOf<N> }[Noun];

export type DocumentOf<N extends Noun> = Message<N> | Plain<N>;

/** `ProcessOperationsSchedule` and its like. */
export interface Message<N extends Noun = Noun> {
  readonly verb: Verb;
  readonly noun: N;
  readonly applicationArea: Information<"ApplicationArea">;
  readonly action: Action;
  readonly content: readonly Information<N>[];
  /** As the sender wrote it; empty when it was missing. What is written always says `7.0.1`. */
  readonly releaseID: string;
  readonly versionID?: string;
}

/** A noun that stands alone at the root, `ConfirmBOD` included. */
export interface Plain<N extends Noun = Noun> {
  readonly verb: null;
  readonly noun: N;
  readonly content: readonly [Information<N>];
}

export function isMessage(document: Document): document is Extract<Document, { verb: Verb }> {
  return document.verb !== null;
}

/** By what its sender tells a message from others; null where nothing does, and for a document without a verb. */
export function bodIdOf(document: Document): string | null {
  const bodId = isMessage(document) ? (document.applicationArea.BODID?.trim() ?? "") : "";
  return bodId === "" ? null : shortName(bodId);
}
