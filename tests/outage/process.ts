/**
 * Millrace as a process of its own, `millrace serve` or a sabotaged one, and what a person would ask it: its status and
 * its reconciliation. Killed and started by whoever tests; nothing of it stays behind.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askStatus } from "../../src/app/ask.ts";
import type { Status } from "../../src/app/status.ts";
import { runChild, startChild, type Child } from "../peers/child.ts";
import { repositoryRoot } from "../peers/peer.ts";
import { sweepDatabase } from "../peers/komax/line-process.ts";
import type { Sabotage } from "./sabotage.ts";

const program = join(repositoryRoot, "src/cli/millrace.ts");
const otherwise = join(import.meta.dirname, "millrace.ts");
/** On a busy computer an embedded database takes its time. */
const readyMs = 240_000;

export interface ProcessSettings {
  readonly environment: Readonly<Record<string, string>>;
  /** Data directory; in a temporary folder when left out. */
  readonly data?: string;
  readonly sabotage?: Sabotage;
  /** Its log says which values are on the disk (`durable`). */
  readonly tellsDurable?: true;
  /** The ERP's settle time; that of `site.yaml` when left out. */
  readonly settleMs?: number;
  /** Whether the machines are asked what they remember; they are when left out. */
  readonly withHistory?: boolean;
}

/** What `millrace reconcile --json` says, as far as a test relies on it. */
export interface Reconciled {
  readonly unexplained: number;
  readonly notCompared: number;
  readonly findings: readonly unknown[];
}

export interface MillraceProcess {
  readonly data: string;
  readonly logFile: string;
  /** Starts it, again after a kill. Resolves when all its parts run. */
  start(environment?: Readonly<Record<string, string>>): Promise<void>;
  isRunning(): boolean;
  kill(): Promise<void>;
  /** Null while it cannot be asked. */
  status(): Promise<Status | null>;
  reconcile(): Promise<Reconciled>;
  /** Ends it in good order, with its embedded database. */
  close(): Promise<void>;
}

/** A folder of a test with the site in it. */
async function siteFolder({ settleMs, withHistory = true }: ProcessSettings): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-outage-"));
  await mkdir(join(folder, "site"));
  const text = await readFile(join(import.meta.dirname, "site.yaml"), "utf8");
  const own = settleMs === undefined ? text : text.replace(/settleMs: \d+/, `settleMs: ${settleMs}`);
  await writeFile(join(folder, "site", "site.yaml"), own);
  const map = await readFile(join(repositoryRoot, "examples/demo/maps/cutter.yaml"), "utf8");
  await mkdir(join(folder, "site/maps"));
  await writeFile(join(folder, "site/maps/cutter.yaml"), withHistory ? map : map.replaceAll(", history: true", ""));
  return folder;
}

export async function millraceProcess(name: string, settings: ProcessSettings): Promise<MillraceProcess> {
  const folder = await siteFolder(settings);
  const data = settings.data ?? join(folder, "data");
  const logFile = join(folder, `${name}.log`);
  // Nothing of the test's own environment decides which database is used.
  const base = { DATABASE_URL: "", ...settings.environment };
  let child: Child | null = null;
  const command = async (verb: string, args: readonly string[]): Promise<{ code: number | null; stdout: string }> =>
    runChild(
      {
        name: `millrace ${verb}`,
        command: process.execPath,
        args: [program, verb, "--data", data, ...args],
        env: base,
        logFile: join(folder, `${name}-${verb}.log`),
      },
      readyMs,
    );
  return {
    data,
    logFile,
    async start(more = {}) {
      const environment = { ...base, ...more };
      const parts = ["--site", join(folder, "site"), "--data", data];
      const { sabotage, tellsDurable } = settings;
      const changes = [...(sabotage ? ["--sabotage", sabotage] : []), ...(tellsDurable ? ["--tells-durable"] : [])];
      const args =
        changes.length > 0
          ? [otherwise, ...parts, ...changes]
          : [program, "serve", ...parts, "--listen", "127.0.0.1:0"];
      child = await startChild({
        name,
        command: process.execPath,
        args,
        cwd: repositoryRoot,
        env: environment,
        logFile,
      });
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${name} was not ready, see ${logFile}`)), readyMs);
        child?.onLine((line) => line.includes("Millrace runs for site") && (clearTimeout(timer), resolve()));
        void child?.ended.then(async () => {
          clearTimeout(timer);
          reject(new Error(`${name} ended: ${(await readFile(logFile, "utf8")).slice(-2_000)}`));
        });
      });
    },
    isRunning: () => child?.isRunning() === true,
    async kill() {
      await child?.kill();
    },
    async status() {
      const asked = await askStatus(data);
      return asked.ok ? asked.value : null;
    },
    async reconcile() {
      const { stdout, code } = await command("reconcile", ["--json"]);
      if (stdout === "") throw new Error(`millrace reconcile ended with ${code} and no answer, see ${folder}`);
      // As above.
      const { summary, findings } = JSON.parse(stdout) as { summary: Reconciled; findings: readonly unknown[] };
      return { unexplained: summary.unexplained, notCompared: summary.notCompared, findings };
    },
    async close() {
      await child?.stop(20_000);
      await sweepDatabase(data);
      if (process.env["MILLRACE_KEEP"] === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
