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
import { lineProcess, type Line, type LineOptions } from "./line-process.ts";
import { Lives } from "./life.ts";
import { isPaced, limitMs, pace, type Ahead } from "./pace.ts";
import type { ProofOptions } from "./proof-option.ts";
import { restoreAtHalf, type RestoreSetting, type RestoreStory } from "./restore.ts";
import { openStage, type Stage } from "./stage.ts";
import { untilReady, untilRest } from "./rest.ts";

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
  const line = around.under({
    site: join(repositoryRoot, "examples", "komax-565"),
    sapUrl: stage.proxiedUrl,
    machineUrl: stage.machineUrl,
    sabotage: options.sabotage,
    logs: folder,
  });
  const lives = new Lives(line, stage.proxy, killPlan);
  const data = join(folder, "data");
  await mkdir(data, { recursive: true });
  const restored = join(folder, "restored");
  for (const directory of [data, restored]) ends.defer(() => line.sweep(directory));
  ends.defer(() => lives.stop());

  await lives.begin(data);
  await untilReady({ line, lives, data, stage });
  say(`Millrace is ready after ${seconds(startedAt)} s; the machine holds ${stage.observer.listed().size} job orders`);
  const restore = await playDays(
    options,
    { line, lives, stage, data, restored, backup: join(folder, "millrace.backup"), say },
    limitMs(options, set.machineSeconds),
  );
  lives.disarm();
  say(`the machine has told all after ${seconds(startedAt)} s`);
  const unrest = await untilRest({ line, lives, data: restore === null ? data : restored, stage }, options.restSeconds);
  await lives.stop();
  const evidence = await examine({ set, stage, outages: lives.outages, peers: around.peers, folder });
  const took = Math.round((performance.now() - startedAt) / 1000);
  return { options, evidence, killPlan, lives, lostPlan: lose.plan, restore, unrest, seconds: took, folder };
}

/** Lets the machine play all its days, and does to the process meanwhile what was planned. */
async function playDays(options: ProofOptions, setting: RestoreSetting, limit: number): Promise<RestoreStory | null> {
  const { lives, stage, say } = setting;
  const startedAt = performance.now();
  let restore: RestoreStory | null = null;
  const ahead = (): Ahead => ({ kills: lives.killsLeft, restore: options.restore && restore === null });
  const pacer = isPaced(options) ? pace(stage.replay, ahead) : null;
  try {
    if (pacer === null) await stage.replay.run(options.speed ?? 0);
    say(`the machine runs ${paceWords(options)}`);
    let told = 0;
    for (let progress = await stage.replay.progress(); !progress.done; progress = await stage.replay.progress()) {
      await lives.tend(progress);
      for (; told < lives.hits.length; told += 1) say(`  killed: ${hitWords(lives, told)}`);
      if (ahead().restore && progress.index * 2 >= progress.count) restore = await restoreAtHalf(setting);
      if (performance.now() - startedAt > limit) {
        throw new Error(
          `the machine is at record ${progress.index} of ${progress.count} after ${seconds(startedAt)} s`,
        );
      }
      pacer?.check();
      await lives.doze(200);
    }
  } finally {
    await pacer?.stop();
  }
  return restore;
}

function paceWords(options: ProofOptions): string {
  if (isPaced(options)) return "record by record, slower while something is still to happen";
  return options.speed ? `${options.speed} times real time` : "as fast as it can tell";
}

/** Removes what a run left in its folder. Not called for a run that failed. */
export async function forget(run: ProofRun): Promise<void> {
  await rm(run.folder, { recursive: true, force: true });
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

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
