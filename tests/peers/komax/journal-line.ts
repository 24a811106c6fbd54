/** What the machine's job journal holds, one of these per line. Written by `journal.ts`, read by `order-story.ts`. */
import { readFile } from "node:fs/promises";

/** The state numbers of the machine's job orders. @source OPC 10031-4 */
export const jobState = {
  notAllowedToStart: 1,
  allowedToStart: 2,
  running: 3,
  interrupted: 4,
  ended: 5,
  aborted: 6,
} as const;

export type JournalLine = StoreLine | CommandLine | RunLine;

export interface StoreLine {
  /** Milliseconds of the clock of this computer. */
  readonly at: number;
  readonly call: "store";
  /** Id under which the machine knows the order. */
  readonly id: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly verdict: "stored" | "id known" | "list full" | "no id" | "other";
  /** Orders in the list after the call. */
  readonly size: number;
}

export interface CommandLine {
  readonly at: number;
  readonly call: "command";
  /** A client's command, or the machine's own: `machineStart`, `machineEnd` … */
  readonly name: string;
  readonly id: string;
  /** State before and after; null: not in the list. */
  readonly from: number | null;
  readonly to: number | null;
  readonly done: boolean;
  readonly size: number;
}

/** The operator started a job at the machine. */
export interface RunLine {
  readonly at: number;
  readonly call: "run";
  readonly id: string;
  readonly job: string;
  readonly article: string;
  /** State of that id in the list at this moment; null: not in the list. */
  readonly state: number | null;
  readonly size: number;
}

/** All lines so far, in order. */
export async function readJournal(file: string): Promise<readonly JournalLine[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as JournalLine); // only journal.ts writes this file
}
