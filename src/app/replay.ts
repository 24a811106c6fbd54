/**
 * `millrace replay`: a recorded day read again beside whatever runs. The database is read on a connection that cannot
 * write; the site is the one of a folder, or the last one that was applied.
 */
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { systemClock } from "../base/clock.ts";
import { isLocalDate } from "../base/instant.ts";
import { formatMicro } from "../base/quantity.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { startOfDay } from "../base/site-time.ts";
import { filesOf } from "../flows/apply-site.ts";
import { replayDay, type ReplayResult } from "../flows/replay.ts";
import type { FactDifference, Window } from "../operations/collection/replay.ts";
import type { Fact } from "../record/fact.ts";
import type { PostingContent } from "../record/posting.ts";
import { diskFolder, readSiteFiles, type SiteFiles } from "../site/folder.ts";
import type { Site } from "../site/site.ts";
import { configStore } from "../store/config-repository.ts";
import { openDatabase, type Database } from "../store/connection.ts";
import { postgresReplay } from "../store/view/replay-view.ts";
import { reachBeside } from "./beside.ts";
import { reachKept } from "./database.ts";
import { jsonLog } from "./log.ts";
import { dayAfter } from "./reconcile.ts";
import { checkFiles } from "./site.ts";

export interface ReplayOptions {
  readonly data: string;
  readonly day: string;
  /** Folder of the site; null: the files that were applied last. */
  readonly site: string | null;
  /** A map that is read instead of, or beside, those of the site. */
  readonly map: string | null;
}

/** What of a replay is shown: amounts as decimal text. */
export interface ReplayAnswer {
  readonly day: string;
  /** Something was said or is recorded by a machine of that day; otherwise there is nothing to be compared. */
  readonly isRecorded: boolean;
  /** Facts and postings were compared and are equal byte by byte. */
  readonly isIdentical: boolean;
  readonly samples: number;
  readonly facts: number;
  readonly postings: number;
  readonly seconds: number;
  /** How many times faster than the machines took, from the first sample of the day to the last. */
  readonly timesRealTime: number;
  readonly sources: readonly SourceAnswer[];
  readonly orders: readonly OrderAnswer[];
}

export interface SourceAnswer {
  readonly source: string;
  readonly samples: number;
  readonly facts: { readonly recorded: number; readonly replayed: number };
  readonly isIdentical: boolean;
  readonly holdsTheSame: boolean;
  readonly questions: number;
  readonly sums: readonly {
    readonly run: string;
    readonly job: string;
    readonly what: string;
    readonly unit: string;
    readonly recorded: string;
    readonly replayed: string;
  }[];
  /** The first ones. */
  readonly differences: readonly { readonly at: string; readonly was: string | null; readonly now: string | null }[];
  readonly differing: number;
}

export interface OrderAnswer {
  readonly order: string;
  readonly postings: readonly {
    readonly key: string;
    readonly kind: string;
    readonly was: string | null;
    readonly now: readonly string[];
  }[];
  readonly bill: readonly {
    readonly operation: string;
    readonly material: string;
    readonly unit: string;
    readonly recorded: string;
    readonly replayed: string;
  }[];
}

const shownMost = 50;
const log = jsonLog(systemClock, () => undefined);

/**
 * @fault invalid app/day              no such day
 * @fault invalid app/site             the site's files, or the map, are not in order
 * @fault invalid app/no-site          no folder was named and nothing was ever applied
 * @fault refused flows/replay-start   the samples before the day are gone
 */
export async function replayRecorded(options: ReplayOptions): Promise<Result<ReplayAnswer>> {
  const opened = await reachBeside(resolve(options.data), log, reachKept);
  if (!opened.ok) return opened;
  const { connectionString } = opened.value;
  const database = openDatabase({ connectionString, connectionsMax: 2, readOnly: true, log: log.warn });
  try {
    const site = await siteOf(options, database);
    if (!site.ok) return site;
    const window = windowOf(options.day, site.value);
    if (!window.ok) return window;
    const began = systemClock.monotonicMs();
    const replayed = await replayDay(postgresReplay(database), site.value, window.value);
    if (!replayed.ok) return replayed;
    const seconds = (systemClock.monotonicMs() - began) / 1000;
    return ok(answerOf(options.day, seconds, replayed.value));
  } finally {
    await database.close();
    await opened.value.stop();
  }
}

function windowOf(day: string, site: Site): Result<Window> {
  if (!isLocalDate(day)) return fail("invalid", "app/day", `"${day}" is no day. Write it as 2025-02-03.`);
  return ok({ from: startOfDay(day, site.zone), to: startOfDay(dayAfter(day), site.zone) });
}

async function siteOf({ site, map }: ReplayOptions, database: Database): Promise<Result<Site>> {
  const files = site === null ? await appliedFiles(database) : await readSiteFiles(diskFolder(resolve(site)));
  if (!files.ok) return files;
  const all = map === null ? files : await withMap(files.value, map);
  if (!all.ok) return all;
  const { site: checked, findings } = checkFiles(all.value);
  if (checked.ok) return checked;
  const lines = findings.map((f) => `${f.file}:${f.line}:${f.column}: ${f.message}`);
  return fail("invalid", "app/site", `The site cannot be read as it is written.\n${lines.join("\n")}`);
}

async function appliedFiles(database: Database): Promise<Result<SiteFiles>> {
  const newest = await configStore(database).transaction((versions) => versions.newest());
  if (newest) return ok(filesOf(newest));
  const text = "No site was ever applied here. Name its folder with --site DIR, or apply it first: millrace apply DIR.";
  return fail("invalid", "app/no-site", text);
}

/** It takes the place of the map with its name and version, or stands beside them. */
async function withMap(files: SiteFiles, path: string): Promise<Result<SiteFiles>> {
  let text: string;
  try {
    text = await readFile(resolve(path), "utf8");
  } catch (error) {
    return fail("invalid", "app/site", `The map ${path} cannot be read. Check its name.`, error);
  }
  const own = headOf(text);
  const others = [...files].filter(([file, content]) => !file.startsWith("maps/") || headOf(content) !== own);
  return ok(new Map([...others, [`maps/replayed-${basename(path)}`, text]]));
}

/** Name and version as the file says them; the check judges both. */
function headOf(text: string): string {
  const value = (key: string): string => new RegExp(`^${key}:\\s*(\\S+)`, "m").exec(text)?.[1] ?? "";
  return `${value("name")}@${value("version")}`;
}

/** A result as it is shown; `seconds` is how long it took. */
export function answerOf(day: string, seconds: number, { sources, orders }: ReplayResult): ReplayAnswer {
  const sum = (of: (source: ReplayResult["sources"][number]) => number): number =>
    sources.reduce((total, source) => total + of(source), 0);
  const isRecorded = sources.some(({ hasSpoken, facts }) => hasSpoken || facts.recorded + facts.replayed > 0);
  const coveredMs = Math.max(0, ...sources.map((source) => source.coveredMs));
  return {
    day,
    isRecorded,
    isIdentical:
      isRecorded &&
      sources.every(({ facts }) => facts.isIdentical) &&
      orders.every(({ postings, bill }) => postings.length === 0 && bill.length === 0),
    samples: sum(({ samples }) => samples),
    facts: sum(({ facts }) => facts.replayed),
    postings: orders.reduce((total, { compared }) => total + compared, 0),
    seconds,
    timesRealTime: Math.floor(coveredMs / 1000 / Math.max(seconds, 0.001)),
    sources: sources.map(({ source, samples, questions, facts }) => ({
      source,
      samples,
      questions,
      facts: { recorded: facts.recorded, replayed: facts.replayed },
      isIdentical: facts.isIdentical,
      holdsTheSame: facts.holdsTheSame,
      sums: facts.sums.map(({ uom, recorded, replayed, ...of }) => ({
        ...of,
        unit: uom,
        recorded: formatMicro(recorded),
        replayed: formatMicro(replayed),
      })),
      differences: facts.differences.slice(0, shownMost).map(differenceOf),
      differing: facts.differences.length,
    })),
    orders: orders
      .filter(({ postings, bill }) => postings.length + bill.length > 0)
      .map(({ order, postings, bill }) => ({
        order,
        postings: postings.map(({ key, kind, was, now }) => ({
          key,
          kind,
          was: was && contentText(was),
          now: now.map(contentText),
        })),
        bill: bill.map(({ segment, material, uom, recorded, replayed }) => ({
          operation: segment,
          material,
          unit: uom,
          recorded: formatMicro(recorded),
          replayed: formatMicro(replayed),
        })),
      })),
  };
}

function differenceOf({ was, now }: FactDifference): SourceAnswer["differences"][number] {
  const at = was?.eventAt ?? now?.eventAt ?? 0;
  return { at: new Date(at).toISOString(), was: was && factText(was), now: now && factText(now) };
}

function factText({ body, rule, mapVersion, revision }: Fact): string {
  const said = JSON.stringify(body, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
  return `${rule} (map ${mapVersion}, revision ${revision}): ${said}`;
}

function contentText({ response }: PostingContent): string {
  if (!response) return "";
  const { segment, dates } = response;
  const pieces = (["good", "scrap", "rework"] as const)
    .filter((grade) => segment[grade].micro !== 0n)
    .map((grade) => `${formatMicro(segment[grade].micro)} ${segment[grade].uom} ${grade}`);
  const materials = segment.materials.map(
    ({ stock }) => `${formatMicro(stock.quantity.micro)} ${stock.quantity.uom} ${stock.material}`,
  );
  return `operation ${segment.segment} on ${dates.postingDate}: ${[...pieces, ...materials].join(", ")}`;
}
