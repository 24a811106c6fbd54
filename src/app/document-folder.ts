/**
 * A watched folder of one ERP: what appears in `in/` is taken over and moved to `done/` with its answer, or to `failed/`
 * with the reason beside it. A crash between taking over and moving does nothing twice: the file comes again, is known
 * by its BODID or its bytes, and is moved.
 */
import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GiveDocument } from "../api/document-door.ts";
import type { Clock } from "../base/clock.ts";
import { formatInstant } from "../base/instant.ts";
import type { Result } from "../base/result.ts";
import type { Reply } from "../flows/converse.ts";
import { reasonsOf } from "./b2mml.ts";
import type { Log } from "./log.ts";

export interface FolderSettings {
  readonly erp: string;
  readonly folder: string;
  readonly give: GiveDocument;
  readonly clock: Clock;
  readonly log: Log;
}

const everyMs = 1_000;

/** Looks every second until the signal is aborted; a file that is being taken over then is finished. */
export async function watchFolder(settings: FolderSettings, signal: AbortSignal): Promise<void> {
  const seen: Seen = new Map();
  while (!signal.aborted) {
    try {
      await takeFiles(settings, seen, signal);
    } catch (error) {
      settings.log.warn(`The folder ${settings.folder} could not be read; trying again.`, error);
    }
    await settings.clock.sleep(everyMs, signal);
  }
}

/** Size and time of each file at the last look: one that still changes is being written. */
export type Seen = Map<string, string>;

/** One look at the folder: takes every file that has not changed since the last one, in order of name. */
export async function takeFiles(settings: FolderSettings, seen: Seen, signal?: AbortSignal): Promise<void> {
  const at = (part: string): string => join(settings.folder, part);
  for (const part of ["in", "done", "failed"]) await mkdir(at(part), { recursive: true });
  const names = (await readdir(at("in"))).filter((name) => !name.startsWith(".")).toSorted();
  for (const known of seen.keys()) if (!names.includes(known)) seen.delete(known);
  for (const name of names) {
    if (signal?.aborted) return;
    const { size, mtimeMs } = await stat(join(at("in"), name));
    const looks = `${size} ${mtimeMs}`;
    const isQuiet = seen.get(name) === looks;
    seen.set(name, looks);
    if (isQuiet) await takeFile(settings, name);
  }
}

async function takeFile(settings: FolderSettings, name: string): Promise<void> {
  const { folder, erp, give, clock, log } = settings;
  const from = join(folder, "in", name);
  const given = await give({ bytes: await readFile(from), file: name, erp, givenBy: "folder" });
  // Nothing is wrong with the file: it waits until it can be taken.
  if (!given.ok && given.fault.kind === "transient") return log.warn(`${erp}: ${name}: ${given.fault.message}`);
  const isTaken = given.ok && given.value.verdict !== "none";
  // Names come again: the time keeps them apart.
  const to = join(folder, isTaken ? "done" : "failed", `${formatInstant(clock.now()).replaceAll(":", "-")}_${name}`);
  const reasons = reasonsIn(given);
  if (reasons.length > 0) await writeFile(`${to}.reason.txt`, `${reasons.join("\n")}\n`);
  const answer = given.ok ? given.value.answer : null;
  if (answer !== null) await writeFile(`${to}.answer.${answer.startsWith("{") ? "json" : "xml"}`, answer);
  await rename(from, to);
  log.info(`${erp}: ${name} was ${isTaken ? "taken over" : "refused"}${reasons.length > 0 ? `: ${reasons[0]}` : "."}`);
}

/** A sentence for each thing that was not done. */
export function reasonsIn(given: Result<Reply>): readonly string[] {
  return given.ok ? given.value.reasons : reasonsOf(given.fault);
}
