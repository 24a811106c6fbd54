/**
 * A watched folder of one ERP: what appears in `in/` is picked up into `taking/`, taken over, and moved to `done/` with its
 * answer, or to `failed/` with the reason beside it. A crash does nothing twice and loses nothing: what lies in `taking/`
 * comes again, is known by its BODID or its bytes, and is moved.
 */
import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GiveDocument } from "../api/document-door.ts";
import type { Clock } from "../base/clock.ts";
import { randomId } from "../base/id.ts";
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

interface Sight {
  /** Size and time: a file that still changes is being written. */
  readonly looks: string;
  /** What was told of it, so that the log does not say it every second. */
  readonly told: string;
}

/** Each entry at the last look, by its path. */
export type Seen = Map<string, Sight>;

/**
 * One look at the folder: takes every file that has not changed since the last one. What was picked up before comes first,
 * then what is in `in/` in order of name; one that cannot be taken is told and left, and the next ones are.
 */
export async function takeFiles(settings: FolderSettings, seen: Seen, signal?: AbortSignal): Promise<void> {
  const at = (part: string): string => join(settings.folder, part);
  for (const part of ["in", "taking", "done", "failed"]) await mkdir(at(part), { recursive: true });
  const picked = await entriesOf(at("taking"));
  const come = await entriesOf(at("in"));
  const paths = new Set([
    ...picked.map((name) => join(at("taking"), name)),
    ...come.map((name) => join(at("in"), name)),
  ]);
  for (const known of seen.keys()) if (!paths.has(known)) seen.delete(known);
  const look: Look = { settings, seen };
  for (const file of picked) {
    if (signal?.aborted) return;
    await attempt(look, join(at("taking"), file), () => takePicked(look, file));
  }
  // Names come again: the second file of a name waits for the first, wherever that has got to.
  const waiting = new Set((await entriesOf(at("taking"))).map(nameOf));
  for (const name of come) {
    if (signal?.aborted) return;
    if (!waiting.has(name)) await attempt(look, join(at("in"), name), () => pickUp(look, name));
  }
}

interface Look {
  readonly settings: FolderSettings;
  readonly seen: Seen;
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => !name.startsWith(".")).toSorted();
}

/** Whatever is wrong with one file, the others are looked at. */
async function attempt(look: Look, path: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (isGone(error, path)) return;
    const reason = error instanceof Error ? error.message : String(error);
    tell(look, path, `${path} cannot be taken: ${reason}. Trying again; check its rights, or take it away.`, error);
  }
}

/** The file itself was taken away meanwhile; that something else is missing is told. */
function isGone(error: unknown, path: string): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT" && "path" in error && error.path === path;
}

function tell({ settings, seen }: Look, path: string, message: string, detail?: unknown): void {
  const known = seen.get(path);
  if (known?.told === message) return;
  seen.set(path, { looks: known?.looks ?? "", told: message });
  settings.log.warn(`${settings.erp}: ${message}`, detail);
}

/** Whether it is a file that looks as it did the last time. */
async function isQuiet(look: Look, path: string): Promise<boolean> {
  const found = await stat(path);
  if (!found.isFile()) {
    tell(look, path, `${path} is no file and stays there. Move it out of the folder.`);
    return false;
  }
  const looks = `${found.size} ${found.mtimeMs}`;
  const known = look.seen.get(path);
  look.seen.set(path, { looks, told: known?.told ?? "" });
  return known?.looks === looks;
}

/**
 * Moves a file to a name that nobody else writes to, and takes that one: under its own name the ERP may put the next one
 * in its place while it is read, and that would be filed unread.
 */
async function pickUp(look: Look, name: string): Promise<void> {
  const { folder, clock } = look.settings;
  const from = join(folder, "in", name);
  if (!(await isQuiet(look, from))) return;
  // By time, so that the first is taken first; by chance too, so that none is ever moved onto another.
  const stamp = formatInstant(clock.now()).replaceAll(":", "-");
  const file = `${stamp}-${randomId().slice(0, 8)}_${name}`;
  const to = join(folder, "taking", file);
  await rename(from, to);
  const known = look.seen.get(from);
  if (known) look.seen.set(to, known);
  await attempt(look, to, () => takePicked(look, file));
}

async function takePicked(look: Look, file: string): Promise<void> {
  const { folder, erp, give, log } = look.settings;
  const from = join(folder, "taking", file);
  // It may be another one than was looked at, and still be written.
  if (!(await isQuiet(look, from))) return;
  const name = nameOf(file);
  const given = await give({ bytes: await readFile(from), file: name, erp, givenBy: "folder" });
  // Nothing is wrong with the file: it waits until it can be taken.
  if (!given.ok && given.fault.kind === "transient") return tell(look, from, `${name}: ${given.fault.message}`);
  const isTaken = given.ok && given.value.verdict !== "none";
  const to = join(folder, isTaken ? "done" : "failed", file);
  const reasons = reasonsIn(given);
  if (reasons.length > 0) await writeFile(`${to}.reason.txt`, `${reasons.join("\n")}\n`);
  const answer = given.ok ? given.value.answer : null;
  if (answer !== null) await writeFile(`${to}.answer.${answer.startsWith("{") ? "json" : "xml"}`, answer);
  await rename(from, to);
  log.info(`${erp}: ${name} was ${isTaken ? "taken over" : "refused"}${reasons.length > 0 ? `: ${reasons[0]}` : "."}`);
}

/** The name that the ERP gave it. */
function nameOf(picked: string): string {
  return picked.slice(picked.indexOf("_") + 1);
}

/** A sentence for each thing that was not done. */
export function reasonsIn(given: Result<Reply>): readonly string[] {
  return given.ok ? given.value.reasons : reasonsOf(given.fault);
}
