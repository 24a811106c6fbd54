/**
 * One run of the proof: the machine's days are played by its peer, orders come from the ERP peer, Millrace stands
 * between and is treated as the options ask; then the ERP is compared with what the machine really made.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loseReplies, type Expected } from "../fault-rule.ts";
import { repositoryRoot, sharedFolder, type Found } from "../peer.ts";
import { seededRandom } from "../random.ts";
import { conclusive, readDaySet, type DaySet, type ExpectedOrder } from "./day-set.ts";
import { examine, type Evidence } from "./evidence.ts";
import { planKills, type PlannedKill } from "./kill-plan.ts";
import { lineProcess, type Line, type LineOptions, type LineStatus } from "./line-process.ts";
import { livesOf, type Lives } from "./life.ts";
import type { ProofOptions } from "./proof-option.ts";
import { restoreAtHalf, type RestoreStory } from "./restore.ts";
import { planSpeed } from "./speed.ts";
import { openStage, type Stage } from "./stage.ts";
import type { Progress } from "./replay.ts";

export interface ProofRun {
  readonly options: ProofOptions;
  readonly evidence: Evidence;
  readonly killPlan: readonly PlannedKill[];
  readonly lives: Lives;
  readonly lostPlan: Expected;
  readonly restore: RestoreStory | null;
  /** Null when it came to rest. */
  readonly unrest: string | null;
  readonly seconds: number;
  /** Folder with the logs of every process. */
  readonly folder: string;
}

export type Say = (line: string) => void;

const readySeconds = 120;
/** The machine is let run when its list of job orders has not changed for so long. */
const settledMs = 1_500;

/** Makes the process under test; another one only where the harness itself is tested. */
export type UnderTest = (options: LineOptions) => Line;

/** Throws when the run cannot be made; what it shows, good or bad, is in the result. */
export async function runProof(
  options: ProofOptions,
  say: Say,
  under: UnderTest = lineProcess,
): Promise<Found<ProofRun>> {
  const shared = sharedFolder();
  if (shared.found === null) return shared;
  const folder = await mkdtemp(join(tmpdir(), "millrace-proof-"));
  const ends = new AsyncDisposableStack();
  try {
    const scratch = join(folder, "set");
    const setFolder = options.set ?? join(shared.found, "data", "machines", "komax-alpha-565");
    const set = await readDaySet({ folder: setFolder, days: options.days, scratch });
    say(`${set.days.length} days, ${set.orders.length} orders; logs in ${folder}`);
    const opened = await openStage(set, folder, ends);
    if (opened.found === null) return opened;
    return {
      found: await play(options, set, opened.found, { folder, say, ends, peers: join(shared.found, "peers"), under }),
    };
  } catch (error) {
    throw new Error(`the proof could not be finished: ${reasonOf(error)} (logs in ${folder})`, { cause: error });
  } finally {
    await ends.disposeAsync();
  }
}

interface Surroundings {
  readonly folder: string;
  readonly say: Say;
  readonly ends: AsyncDisposableStack;
  readonly peers: string;
  readonly under: UnderTest;
}

async function play(options: ProofOptions, set: DaySet, stage: Stage, around: Surroundings): Promise<ProofRun> {
  const { folder, say, ends } = around;
  const startedAt = performance.now();
  const random = seededRandom(options.seed);
  const killPlan = planKills(random, options.kills, options.killClasses);
  const lose = loseReplies(random, options.lostReplies, certainDocuments(set.expected));
  stage.proxy.rules.push(lose);
  const site = join(repositoryRoot, "examples", "komax-565");
  const line = around.under({
    site,
    sapUrl: stage.proxiedUrl,
    machineUrl: stage.machineUrl,
    sabotage: options.sabotage,
    logs: folder,
  });
  const lives = livesOf(line, stage.proxy, killPlan);
  let data = join(folder, "data");
  await mkdir(data, { recursive: true });
  const first = data;
  ends.defer(() => line.sweep(first));
  ends.defer(() => lives.stop());

  await lives.begin(data);
  await untilReady(line, data, stage, lives);
  say(`Millrace is ready after ${seconds(startedAt)} s; the machine holds ${stage.observer.listed().size} job orders`);

  const speed = planSpeed(options, set.machineSeconds);
  await stage.replay.run(speed.first);
  say(
    `the machine runs ${speed.first === 0 ? "as fast as it can tell" : `${Math.round(speed.first)} times real time`}`,
  );
  let restore: RestoreStory | null = null;
  let told = 0;
  let slowed = 0;
  let progress = await stage.replay.progress();
  while (!progress.done) {
    await lives.tend(progress);
    for (; told < lives.hits.length; told += 1) say(`  killed: ${hitWords(lives, told)}`);
    if (slowed < lives.hits.length) {
      slowed = lives.hits.length;
      const slower = speed.after(progress, lives.left());
      if (slower !== null) await stage.replay.run(slower);
    }
    if (options.restore && restore === null && progress.index * 2 >= progress.count) {
      restore = await restoreAtHalf({ line, lives, stage, data, folder, say });
      const restored = restore.data;
      data = restored;
      ends.defer(() => line.sweep(restored));
    }
    await lives.doze(200);
    progress = await stage.replay.progress();
    if (performance.now() - startedAt > speed.limitMs)
      throw new Error(`the replay is at ${progress.index} of ${progress.count} after ${seconds(startedAt)} s`);
  }
  lives.disarm();
  say(`the machine has told all after ${seconds(startedAt)} s`);
  const unrest = await untilRest(options, { line, lives, data, progress });
  await lives.stop();
  const evidence = await examine({ set, stage, outages: lives.outages, peers: around.peers, folder });
  return {
    options,
    evidence,
    killPlan,
    lives,
    lostPlan: lose.plan,
    restore,
    unrest,
    seconds: Math.round((performance.now() - startedAt) / 1000),
    folder,
  };
}

/** Removes what a run left in its folder. Not called for a run that failed. */
export async function forget(run: ProofRun): Promise<void> {
  await rm(run.folder, { recursive: true, force: true });
}

/** Ready, orders read, nothing waiting, and the machine's list quiet: then the day may begin. */
async function untilReady(line: Line, data: string, stage: Stage, lives: Lives): Promise<void> {
  const start = await stage.replay.progress();
  for (const from = Date.now(); ; await lives.doze(500)) {
    await lives.tend(start);
    const status = await line.status(data);
    const lastChange = stage.observer.changes.at(-1)?.at ?? from;
    const isRead = (stage.proxy.passed.get("order-read") ?? 0) > 0;
    if (status?.ready === true && status.idle && isRead && Date.now() - lastChange > settledMs) return;
    if (Date.now() - from > readySeconds * 1000)
      throw new Error(`Millrace was not ready after ${readySeconds} s: ${statusWords(status)}`);
  }
}

interface Resting {
  readonly line: Line;
  readonly lives: Lives;
  readonly data: string;
  readonly progress: Progress;
}

/** At rest twice in a row. Null, or what was still waiting when the time was over. */
async function untilRest(options: ProofOptions, { line, lives, data, progress }: Resting): Promise<string | null> {
  let rests = 0;
  for (const from = Date.now(); ; await lives.doze(1_000)) {
    await lives.tend(progress);
    const status = await line.status(data);
    rests = status?.ready === true && status.idle ? rests + 1 : 0;
    if (rests === 2) return null;
    if (Date.now() - from > options.restSeconds * 1000) return statusWords(status);
  }
}

/** Documents that will be posted whatever happens: at least one of a kind for an order that calls for it. */
function certainDocuments(expected: readonly ExpectedOrder[]): Expected {
  const orders = conclusive(expected);
  const made = orders.filter((order) => order.good > 0).length;
  const used = orders.filter((order) => Object.values(order.consumed).some((use) => use.total > 0)).length;
  return { confirmation: made, "goods-receipt": made, "goods-issue": used };
}

function hitWords(lives: Lives, place: number): string {
  const hit = lives.hits[place];
  return hit === undefined ? "" : `${hit.class} at record ${hit.index}: ${hit.about}`;
}

function statusWords(status: LineStatus | null): string {
  if (status === null) return "its status cannot be read";
  const waiting = Object.entries(status.outbox).map(([name, count]) => `${count} ${name}`);
  return `ready ${status.ready}, idle ${status.idle}, outbox ${waiting.join(", ")}, quarantine ${status.quarantine}`;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
