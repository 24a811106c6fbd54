/** What an answer shows, and how much at most. */
import type { Told } from "../isa95/conversation/answer.ts";

export type Shown = Pick<Told, "verdict" | "reasons" | "content">;

/** One answer shows no more: it would fill the memory of whoever reads it. */
export const shownMax = 1_000;

/** @param show  what is found; of more than an answer shows, nothing is */
export function limited<T>(found: readonly T[], show: (some: readonly T[]) => readonly object[]): Shown {
  if (found.length <= shownMax) return { verdict: "whole", reasons: [], content: show(found) };
  const text = `More than ${shownMax} fit: ask for fewer, for instance with an ID that begins like theirs.`;
  return { verdict: "none", reasons: [text], content: show([]) };
}
