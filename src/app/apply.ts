/**
 * What `apply` and `config` do: the files of a folder and their versions in the database of a data directory, whether
 * Millrace runs on it or not. A running process goes on with the files it was started with.
 */
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { systemClock } from "../base/clock.ts";
import { fail, ok, type Result } from "../base/result.ts";
import {
  applySite,
  compareSite,
  filesOf,
  rollbackSite,
  siteHistory,
  type Applied,
  type ConfigPorts,
} from "../flows/apply-site.ts";
import { diskFolder, readSiteFiles, type SiteFiles } from "../site/folder.ts";
import { differences, formatChange, type Change } from "../site/version.ts";
import { configStore } from "../store/config-repository.ts";
import { openDatabase } from "../store/connection.ts";
import { prepareSchema } from "../store/schema.ts";
import { reachBeside } from "./beside.ts";
import { isKept, makingDatabase, reachDatabase, reachKept, type OpenedDatabase } from "./database.ts";
import { jsonLog } from "./log.ts";
import { checkSiteFolder } from "./site.ts";

export interface DataPlace {
  readonly data: string;
  /** Told what takes a while. */
  readonly progress?: (line: string) => void;
}

/** What a person is told about the differences, a line each. */
export function linesOf(changes: readonly Change[]): readonly string[] {
  return changes.map(formatChange);
}

/** A fault says all there is to say. */
const log = jsonLog(systemClock, () => undefined);

/** @fault invalid app/site  the files are not in order: nothing was applied; also see `reach` */
export async function applyFolder(
  folder: string,
  place: DataPlace & { readonly dryRun: boolean },
): Promise<Result<Applied | readonly Change[]>> {
  const files = await checkedFiles(folder);
  if (!files.ok) return files;
  if (!place.dryRun) return withConfigs(place, reachDatabase, async (ports) => ok(await applySite(ports, files.value)));
  const nothing = !isKept({ dataDir: resolve(place.data), environment: process.env });
  if (nothing) return ok(differences(new Map(), files.value));
  return withConfigs(place, reachKept, async (ports) => ok(await compareSite(ports, files.value)));
}

/** Newest first. */
export function historyOf(place: DataPlace, limit: number): Promise<Result<readonly Applied[]>> {
  return withConfigs(place, reachKept, async (ports) => ok(await siteHistory(ports, limit)));
}

/**
 * Makes an older version the newest, and writes its files into the folder.
 *
 * @fault refused app/site-folder  the folder cannot be written: the version is made, its files are not there
 */
export async function rollbackFolder(folder: string, to: number, place: DataPlace): Promise<Result<Applied>> {
  const root = resolve(folder);
  const files = existsSync(root) ? await readSiteFiles(diskFolder(root)) : ok(new Map<string, string>());
  if (!files.ok) return files;
  return withConfigs(place, reachKept, async (ports) => {
    const done = await rollbackSite(ports, to, files.value);
    if (!done.ok) return done;
    const written = await writeFiles(root, files.value, filesOf(done.value.version));
    return written.ok ? done : written;
  });
}

async function checkedFiles(folder: string): Promise<Result<SiteFiles>> {
  const root = resolve(folder);
  const checked = await checkSiteFolder(root);
  if (!checked.ok) return checked;
  const lines = checked.value.findings.map((f) => `${f.file}:${f.line}:${f.column}: ${f.message}`);
  if (lines.length > 0) {
    return fail("invalid", "app/site", `The site cannot be applied as it is written.\n${lines.join("\n")}`);
  }
  return readSiteFiles(diskFolder(root));
}

/** Whole files or none: each is written beside its place and moved there; what the version does not have goes last. */
async function writeFiles(root: string, before: SiteFiles, after: SiteFiles): Promise<Result<void>> {
  try {
    for (const [path, text] of after) {
      const file = join(root, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file);
    }
    for (const path of before.keys()) if (!after.has(path)) await rm(join(root, path));
    return ok(undefined);
  } catch (error) {
    const text = `The files could not all be written to ${root}. Check its rights, then roll back to the same version again.`;
    return fail("refused", "app/site-folder", text, error);
  }
}

async function withConfigs<T>(
  place: DataPlace,
  open: typeof reachDatabase,
  work: (ports: ConfigPorts) => Promise<Result<T>>,
): Promise<Result<T>> {
  const opened = await reach(place, open);
  if (!opened.ok) return opened;
  const { connectionString } = opened.value;
  const database = openDatabase({ connectionString, connectionsMax: 1, log: log.warn });
  try {
    return await work({ configs: configStore(database), clock: systemClock });
  } finally {
    await database.close();
    await opened.value.stop();
  }
}

/** The database of the running process, or the one that a process would use, brought up to date. */
async function reach({ data, progress }: DataPlace, open: typeof reachDatabase): Promise<Result<OpenedDatabase>> {
  const dataDir = resolve(data);
  if (open === reachDatabase) {
    if (!isKept({ dataDir, environment: process.env })) progress?.(makingDatabase(dataDir));
    await mkdir(dataDir, { recursive: true });
  }
  const database = await reachBeside(dataDir, log, open);
  // That of a running process is what that process has made of it.
  if (!database.ok || database.value.isRunning) return database;
  const prepared = await prepareSchema(database.value.connectionString, log.info);
  if (prepared.ok) return database;
  await database.value.stop();
  return prepared;
}
