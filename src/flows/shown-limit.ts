/** What an answer shows, and how much at most. */
import type { Told } from "../isa95/conversation/answer.ts";

export type Shown = Pick<Told, "verdict" | "reasons" | "content">;

/** One answer shows no more: it would fill the memory of whoever reads it. */
export const shownMax = 1_000;
