/**
 * A person gives up what cannot be read of what is kept of a machine: it is read on from the place up to which everything was
 * read. All that it has said is stated, or waits behind that place, so nothing is counted twice, and what is lost is named: the
 * time whose samples cannot be read again, counters that nobody can tell, runs that nobody can name. Spec: docs/spec/decision.md
 */
import { contentId } from "../base/id.ts";
import { formatInstant, instant, type Instant } from "../base/instant.ts";
import { withExactNumbers } from "../base/json.ts";
import { assert, fail, ok, type Result } from "../base/result.ts";
import { beginAnew, type OpenRun, type RecordedEnd, type Salvage } from "../operations/collection/anew.ts";
import { stationWords } from "../operations/collection/anew-station.ts";
import { rebuildMemory, withKnown, type Checkpoint, type MemoryLimits } from "../operations/collection/memory.ts";
import type { KeptSamples } from "../operations/collection/sieve.ts";
import { emptyState, isCollectorState } from "../operations/collection/state.ts";
import type { SourceContext } from "../operations/collection/work.ts";
import { isDamage } from "../record/damage.ts";
import { effectOf, questionTable } from "../record/decision.ts";
import type { Fact, FactBody } from "../record/fact.ts";
import { beginningOfKept, sourceOfKept } from "../record/kept-subject.ts";
import type { KeptLink } from "../record/sample-batch.ts";
import { applyFacts } from "./apply-facts.ts";
import type { AskedQuestion } from "./attention-ports.ts";
import { contextOf, loadCollector, memorySamples, statedAfter } from "./collector-book.ts";
import type { CollectorCursor, KeptBatch } from "./collector-ports.ts";
import { dispatched, type DecidedQuestion, type DecideQuestion } from "./decide-question.ts";
import type { QuestionRow } from "./decision-ports.ts";
import { missingIn, type Missing } from "./kept-chain.ts";
import { keptOf, KeptUnreadable } from "./kept-unreadable.ts";
import { changedSince, decideMend, unknown, type MendPorts } from "./mend-ports.ts";
import type { Tx } from "./ports.ts";

/** What was given up; `from` and `to` are null when all of it could be read after all, or nothing was ever read. */
export interface BegunAnew extends DecidedQuestion {
  readonly source: string;
  readonly from: Instant | null;
  readonly to: Instant | null;
}

type AnewPorts = Pick<MendPorts, "store" | "site" | "clock">;

/** So many are read at once; where some cannot be read, so many before the place are looked through at most. */
const batchesMost = 5_000;

/**
 * @fault invalid  decision/not-kept         the question is about something else, or the site does not know its machine
 * @fault conflict decision/kept-is-readable all that is kept can be read, or the machine was read on: nothing has to be given up
 * @fault conflict decision/kept-facts       what it has stated cannot be read either: only a restore helps
 * @fault conflict decision/changed, decision/not-possible
 */
export function beginAnewFrom(ports: AnewPorts, command: DecideQuestion): Promise<Result<BegunAnew>> {
  return decideMend(ports, "question/begin-anew", { ...command, about: command.question }, async (tx, now) => {
    // Whoever reads samples holds the source's cursor before it asks: it is locked first here too.
    const source = await tx.decisions.sourceOfQuestion(command.question);
    const cursor = source === null ? null : ((await tx.collectors.lock([source])).get(source) ?? null);
    const question = await tx.decisions.question(command.question);
    if (!question) return unknown(`Question ${command.question}`);
    const changed = changedSince(command.version, question.version);
    if (changed) return { ok: false, fault: changed };
    const effect = effectOf(questionTable, question.state, "begin-anew");
    if (!effect.ok) return effect;
    const context = source !== null && isOfKept(question) ? contextOf(ports.site, source) : null;
    if (!context || !cursor) {
      const text = "The question is not about a machine that is held. Answer it in words, or dismiss it.";
      return fail("invalid", "decision/not-kept", text);
    }
    const isRead = question.subject !== `${beginningOfKept(context.source)}${cursor.ordinal}`;
    if (isRead || !(await isHeld(tx, ports, context.source, cursor))) {
      const text = `All that is kept of ${context.source} can be read, or it was read on since: nothing has to be given up. It goes on by itself, at the latest after five minutes.`;
      return fail("conflict", "decision/kept-is-readable", text);
    }
    return giveUp(tx, ports, { command, question, context: await read(tx, context), cursor, now });
  });
}

function isOfKept({ subject, about }: QuestionRow): boolean {
  return !about && sourceOfKept(subject) !== null;
}

async function read(tx: Tx, bare: SourceContext): Promise<SourceContext> {
  const [answers, timedSince] = [await tx.decisions.answers(bare.source), await tx.collectors.timedSince(bare.source)];
  return { ...bare, answers, timedSince };
}

async function isHeld(tx: Tx, { site }: AnewPorts, source: string, cursor: CollectorCursor): Promise<boolean> {
  try {
    await tx.collectors.trying(() => keptOf(source, cursor, loadCollector(tx, site, source, cursor)));
    return false;
  } catch (error) {
    if (error instanceof KeptUnreadable) return true;
    throw error;
  }
}

interface GivenUp {
  readonly command: DecideQuestion;
  readonly question: QuestionRow;
  readonly context: SourceContext;
  readonly cursor: CollectorCursor;
  readonly now: Instant;
}

async function giveUp(tx: Tx, ports: AnewPorts, decided: GivenUp): Promise<Result<BegunAnew>> {
  const { command, question, context, cursor, now } = decided;
  const { source } = context;
  const saved = await salvage(tx, context, cursor);
  if (!(await factsAfter(tx, source, saved.checkpoint.state.position))) {
    const text = `What ${source} has stated after the place at which it stands cannot be read either, so it cannot go on from there. Put back what is damaged, or restore a backup.`;
    return fail("conflict", "decision/kept-facts", text);
  }
  const map = `${context.compiled.map.name}@${context.compiled.map.version}`;
  // What was received before now and is told only later says nothing of the machine's clock: what it would be compared with is lost.
  const heard = saved.lost.to === null ? {} : { soundAt: now, soundBefore: now };
  const state = { ...saved.checkpoint.state, ...heard };
  await tx.collectors.saveCheckpoint(source, { ordinal: saved.checkpoint.seq, map, state }, now);
  // Whoever reads the source next begins so, in whichever process.
  const stated = statedAfter(cursor.stated, command.id);
  const isMoved = await tx.collectors.advance([{ source, from: cursor, to: { ...cursor, stated } }]);
  assert(isMoved, `nobody else reads ${source} while its cursor is locked`);
  const { from, to, batches } = saved.lost;
  const answer = { text: "begin-anew", goesOn: false, from, to, batches, checkpoint: saved.checkpoint.seq };
  await tx.decisions.settleQuestion(question.id, { state: "answered", answer }, command.id, now);
  await tx.attention.ask(
    saved.unnamed.map((run) => aboutRun(context, cursor, run)),
    now,
  );
  const { facts, postings } = await applyFacts(tx, { ...ports, dispatched }, gapOf(decided, saved.lost), now);
  return ok({ subject: question.subject, facts, postings, source, from, to });
}

/** What is known of a source, and what is not. */
interface Salvaged {
  /** From which it is read on. */
  readonly checkpoint: Checkpoint;
  readonly unnamed: readonly OpenRun[];
  readonly lost: {
    /** Samples between these cannot be read again; null where none is lost. */
    readonly from: Instant | null;
    readonly to: Instant | null;
    /** Places after the first, and up to the second, of which some cannot be read. */
    readonly batches: Missing | null;
  };
}

/**
 * The newest checkpoint after which nothing is missing tells everything; else the newest that can be read at all, with what
 * can be read after it.
 */
async function salvage(tx: Tx, context: SourceContext, cursor: CollectorCursor): Promise<Salvaged> {
  const { source } = context;
  const limits = { samples: memorySamples, lateMs: context.compiled.map.clock.lateMs };
  const checkpoints = (await tx.collectors.readableCheckpoints(source)).flatMap(({ ordinal: seq, state: kept }) => {
    const state = withExactNumbers(kept);
    return isCollectorState(state) ? [{ state, seq }] : [];
  });
  let best: Salvaged | null = null;
  for (const checkpoint of [...checkpoints, { state: emptyState, seq: 0 }]) {
    const all = await allAfter(tx, source, checkpoint.seq, cursor);
    const whole = all && (await allOf(tx, context, checkpoint, all.map(numbered), limits));
    if (whole) return whole;
    if (all) continue;
    const from = Math.max(checkpoint.seq, cursor.ordinal - batchesMost);
    const kept = await tx.collectors.readableBatches(source, from, cursor.ordinal);
    const missing = missingIn(checkpoint.seq, kept, cursor);
    const batches = kept.map(numbered);
    if (missing) best = await partOf(tx, context, { checkpoint, batches, missing, cursor }, limits);
    // After an older one at least the same is missing.
    if (best) break;
  }
  return best ?? partOfNothing(tx, context, cursor, limits);
}

/** @returns null where one is missing: what came later is not looked through then, batch by batch */
async function allAfter(
  tx: Tx,
  source: string,
  seq: number,
  cursor: CollectorCursor,
): Promise<readonly (KeptBatch & KeptLink)[] | null> {
  const all: (KeptBatch & KeptLink)[] = [];
  for (let from = seq; from < cursor.ordinal; from += batchesMost) {
    const upto = Math.min(from + batchesMost, cursor.ordinal);
    const page = await tx.collectors.readableBatches(source, from, upto);
    const before = all.at(-1)?.ordinal ?? seq;
    const kept = upto === cursor.ordinal ? cursor.kept : (page.at(-1)?.ordinal ?? before);
    if (missingIn(before, page, { kept, ordinal: cursor.ordinal })) return null;
    all.push(...page);
  }
  return all;
}

function numbered({ ordinal: seq, ...content }: KeptBatch): KeptSamples {
  return { seq, ...content };
}

/** @returns null when the program makes no memory of it */
async function allOf(
  tx: Tx,
  context: SourceContext,
  checkpoint: Checkpoint,
  batches: readonly KeptSamples[],
  limits: MemoryLimits,
): Promise<Salvaged | null> {
  const memory = made(() => rebuildMemory(context, checkpoint, batches, [], limits));
  if (!memory) return null;
  const { older, state, clock, gaps } = memory;
  const facts = await factsAfter(tx, context.source, older.state.position);
  if (facts && made(() => rebuildMemory(context, checkpoint, batches, facts, limits))) {
    return { checkpoint: older, unnamed: [], lost: { from: null, to: null, batches: null } };
  }
  // What was stated cannot be compared with what late samples would say: all of it is settled.
  const seq = batches.at(-1)?.seq ?? checkpoint.seq;
  const lost = { from: older.state.position, to: state.position, batches: null };
  return { checkpoint: { state: withKnown(state, { ...clock, gaps }), seq }, unnamed: [], lost };
}

async function partOf(
  tx: Tx,
  context: SourceContext,
  of: Pick<Salvage, "checkpoint" | "batches"> & { readonly missing: Missing; readonly cursor: CollectorCursor },
  limits: MemoryLimits,
): Promise<Salvaged | null> {
  const { checkpoint, batches, missing, cursor } = of;
  const { position } = cursor;
  const shown = batches.filter(({ seq }) => seq > missing.upto).flatMap(({ samples }) => samples);
  const since = shown.reduce((first, { at }) => (first === null || at < first ? at : first), position);
  const areCountersAsked = since !== null && (await tx.decisions.isCounterAsked(context.source, since));
  const stated = since === null ? [] : await factsAfter(tx, context.source, instant(since - 1));
  const runs = await tx.runs.openOf(context.source);
  const ends = await endsIn(tx, context.source, batches);
  const doubtfulUpto = missing.upto;
  const stations = await stationsOf(tx, context, runs);
  // What it was counted up to nobody can tell, either, where what is stated cannot be read.
  const isDoubted = areCountersAsked || stated === null;
  const known = { runs, ends, stations, stated: stated ?? [], areCountersAsked: isDoubted };
  const begun = made(() => beginAnew(context, { checkpoint, batches, doubtfulUpto, position, ...known }, limits));
  if (!begun) return null;
  const last = batches.findLast(({ seq, samples }) => seq <= missing.after && samples.length > 0);
  const told = last?.samples.map(({ at }) => at) ?? [];
  const from = told.reduce<Instant | null>((a, b) => (a === null || b > a ? b : a), checkpoint.state.position);
  return {
    checkpoint: { state: begun.state, seq: cursor.ordinal },
    unnamed: begun.unnamed,
    // Where nothing tells, what is open may have lost something from its beginning on.
    lost: { from: from ?? runs[0]?.startedAt ?? position, to: position, batches: missing },
  };
}

async function stationsOf(
  tx: Tx,
  { source, compiled }: SourceContext,
  [first]: readonly OpenRun[],
): Promise<Salvage["stations"]> {
  if (compiled.station === null || !first) return new Map();
  return stationWords((await factsAfter(tx, source, instant(first.startedAt - 1))) ?? []);
}

async function endsIn(tx: Tx, source: string, batches: readonly KeptSamples[]): Promise<readonly RecordedEnd[]> {
  const times = batches.flatMap(({ samples }) => samples.map(({ at }) => at));
  const since = times.reduce<Instant | null>((a, b) => (a === null || b < a ? b : a), null);
  const facts = since === null ? null : await factsAfter(tx, source, instant(since - 1));
  const ended = new Set(
    (facts ?? []).flatMap(({ run, body }) => (body.kind === "JobEnded" && run !== null ? [run] : [])),
  );
  return (await tx.runs.lock([...ended])).flatMap(({ id, job, endedAt }) =>
    endedAt === null ? [] : [{ id, job, endedAt }],
  );
}

async function partOfNothing(
  tx: Tx,
  context: SourceContext,
  cursor: CollectorCursor,
  limits: MemoryLimits,
): Promise<Salvaged> {
  const nothing = { checkpoint: { state: emptyState, seq: 0 }, batches: [] };
  const saved = await partOf(tx, context, { ...nothing, missing: { after: 0, upto: cursor.ordinal }, cursor }, limits);
  assert(saved, "what is begun with nothing breaks nowhere");
  return saved;
}

/** Nobody knows what damage looks like to the program: whatever breaks on it makes nothing. */
function made<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}

async function factsAfter(tx: Tx, source: string, position: Instant | null): Promise<readonly Fact[] | null> {
  try {
    return await tx.collectors.trying(() => tx.facts.after(source, position));
  } catch (error) {
    if (!isDamage(error)) throw error;
    return null;
  }
}

function gapOf({ context, command, cursor }: GivenUp, { from, to }: Salvaged["lost"]): readonly Fact[] {
  if (from === null || to === null) return [];
  const { source, workUnit, compiled } = context;
  const { person, reason } = command.actor;
  const cause = "What was kept of these samples was damaged and given up: they cannot be read again.";
  const said = (state: "opened" | "closed", eventAt: Instant, body: FactBody): Fact => ({
    id: contentId("gap", source, state, eventAt, `anew ${cursor.ordinal}`),
    source,
    workUnit,
    run: null,
    eventAt,
    rule: `gap/${state}`,
    mapVersion: compiled.map.version,
    revision: 0,
    saidBy: { by: "person", person, reason },
    evidence: [],
    body,
  });
  return [said("opened", from, { kind: "GapOpened", cause }), said("closed", to, { kind: "GapClosed", filled: false })];
}

function aboutRun({ source, workUnit }: SourceContext, { ordinal }: CollectorCursor, run: OpenRun): AskedQuestion {
  const text = `The run of job "${run.job}" that began at ${formatInstant(run.startedAt)} is open, and since what was kept of ${source} was given up nobody can tell which of the machine's runs it is: nothing more is counted in it, and what was made in it is not posted, until the machine names its number, or says that this one has ended. Look at the machine. If it is over, dismiss the run and enter by hand what was made. If it ends before the machine names it, compare what was made with what is stated, and enter what is missing.`;
  return { subject: `${source}/anew/${ordinal}/${run.id}`, text, evidence: [], about: { workUnit } };
}
