/**
 * Samples become facts. One transaction carries the cursor, the kept samples, facts, runs, job orders, ledger and what
 * is owed to the ERP: after a crash either all of it is there or none, and the buffer gives the samples again.
 */
import type { Instant } from "../base/instant.ts";
import { assert } from "../base/result.ts";
import { nameUnread } from "../operations/collection/memory.ts";
import type { Fact } from "../record/fact.ts";
import { isKept, type KeptLink, type SampleBatch } from "../record/sample-batch.ts";
import { applyFacts } from "./apply-facts.ts";
import type { CollectPorts } from "./collect-ports.ts";
import { statedWith, take, type Collector } from "./collector-book.ts";
import { gapFacts } from "./gap.ts";
import { keptIsReadable, keptOf } from "./kept-unreadable.ts";
import { neverKept, type OvertakenIn } from "./never-kept.ts";
import type { CollectorCursor, CursorMove } from "./collector-ports.ts";
import type { Tx } from "./ports.ts";

export interface CollectReport {
  readonly samples: number;
  readonly facts: number;
  readonly doubles: number;
  readonly late: number;
  readonly postings: number;
  /** Job orders whose state changed: dispatching looks again. */
  readonly moved: boolean;
}

/** Sources that are read anew in one transaction, and the samples after which it takes no further one. */
const coldMost = 16;
const rereadMost = 20_000;

/**
 * Reads batches of one buffer, in order of seq. Throws when the database cannot commit: what was not committed is in no
 * memory either. Sources whose collector must be made from what is kept go in parts of their own, so that what was read
 * again is not lost when the next part fails: after a cut or a restart each try begins where the last one ended. A process
 * that dies in between has read some sources and others not: `resumeReading` begins before the whole group. `KeptUnreadable`
 * is thrown for a source whose collector cannot be made.
 */
export async function collect(
  ports: CollectPorts,
  buffer: string,
  batches: readonly SampleBatch[],
): Promise<CollectReport> {
  const bySource = Map.groupBy(batches, (batch) => batch.source);
  let sum = nothingCollected;
  for (let waiting = [...bySource.keys()].toSorted(); waiting.length > 0;) {
    const { report, taken } = await collectPart(ports, buffer, bySource, nextPart(ports, waiting));
    sum = inAll(sum, report);
    waiting = waiting.filter((source) => !taken.has(source));
  }
  return sum;
}

export const nothingCollected: CollectReport = { samples: 0, facts: 0, doubles: 0, late: 0, postings: 0, moved: false };

export function inAll(a: CollectReport, b: CollectReport): CollectReport {
  return {
    samples: a.samples + b.samples,
    facts: a.facts + b.facts,
    doubles: a.doubles + b.doubles,
    late: a.late + b.late,
    postings: a.postings + b.postings,
    moved: a.moved || b.moved,
  };
}

/** Those whose collectors are here, all at once; else a few of those that must be made. */
function nextPart({ book }: CollectPorts, waiting: readonly string[]): readonly string[] {
  const held = waiting.filter((source) => book.holds(source));
  return held.length > 0 ? held : waiting.slice(0, coldMost);
}

interface Part {
  readonly report: CollectReport;
  /** The sources whose batches were read. */
  readonly taken: ReadonlySet<string>;
}

async function collectPart(
  ports: CollectPorts,
  buffer: string,
  bySource: ReadonlyMap<string, readonly SampleBatch[]>,
  sources: readonly string[],
): Promise<Part> {
  const taken = new Set<string>();
  const forget = (): void => {
    for (const source of taken) ports.book.forget(source);
    taken.clear();
  };
  try {
    const report = await ports.store.transaction(async (tx) => {
      // A re-run of the transaction must not build on what the first try left in memory.
      forget();
      return collectIn(tx, ports, buffer, bySource, sources, taken);
    });
    return { report, taken };
  } catch (error) {
    forget();
    throw error;
  }
}

/** @param taken  is told each source before anything of it is touched */
async function collectIn(
  tx: Tx,
  ports: CollectPorts,
  buffer: string,
  bySource: ReadonlyMap<string, readonly SampleBatch[]>,
  sources: readonly string[],
  taken: Set<string>,
): Promise<CollectReport> {
  const now = ports.clock.now();
  const facts: Fact[] = [];
  const fresh: (Placed & KeptLink)[] = [];
  const moves: CursorMove[] = [];
  const made: string[] = [];
  let doubles = 0;
  let late = 0;
  let reread = 0;
  const cursors = await tx.collectors.lock(sources);
  for (const source of sources) {
    if (reread >= rereadMost) break;
    taken.add(source);
    const cursor = cursors.get(source) ?? null;
    const own = (bySource.get(source) ?? [])
      .filter((batch) => isNew(batch, buffer, cursor))
      .map((batch, n) => ({ batch, ordinal: (cursor?.ordinal ?? 0) + n + 1 }));
    const last = own.at(-1);
    if (!last) continue;
    const isHeld = ports.book.holds(source);
    const collector = await keptOf(source, cursor, ports.book.of(tx, source, cursor));
    let kept = cursor ? cursor.kept : 0;
    for (const placed of own) {
      fresh.push({ ...placed, follows: kept });
      if (isKept(placed.batch)) kept = placed.ordinal;
    }
    let stated = cursor?.stated ?? "";
    if (collector && !isHeld) made.push(source);
    if (collector) {
      const read = await takeAll(tx, collector, own, stated, now);
      stated = read.stated;
      for (const fact of read.facts) facts.push(fact);
      doubles += read.doubles;
      late += read.late;
      reread += isHeld ? 0 : collector.reread;
    }
    const position = collector?.memory.state.position ?? null;
    const to = { buffer, seq: last.batch.seq, ordinal: last.ordinal, kept, position, stated };
    const move = { source, from: cursor, to };
    ports.book.keep(collector, move);
    moves.push(move);
  }
  const areOurs = await tx.collectors.advance(moves);
  assert(areOurs, `nobody else reads ${sources.join(", ")} while their cursors are locked`);
  await tx.collectors.keepBatches(fresh, now);
  await keptIsReadable(tx, made, now);
  const applied = await applyFacts(tx, ports, facts, now);
  return { ...applied, samples: fresh.reduce((n, f) => n + f.batch.samples.length, 0), doubles, late };
}

interface Placed {
  readonly batch: SampleBatch;
  readonly ordinal: number;
}

async function takeAll(
  tx: Tx,
  collector: Collector,
  batches: readonly Placed[],
  before: string,
  now: Instant,
): Promise<{ facts: Fact[]; doubles: number; late: number; stated: string }> {
  const { context } = collector;
  const facts: Fact[] = [];
  const overtaken: OvertakenIn[] = [];
  let stated = before;
  let doubles = 0;
  let late = 0;
  for (const { batch, ordinal } of batches) {
    const taken = take(collector, { ...batch, ordinal });
    stated = statedWith(stated, taken.facts);
    for (const fact of taken.facts) facts.push(fact);
    for (const fact of gapFacts(context, batch)) facts.push(fact);
    doubles += taken.doubles;
    late += taken.late;
    overtaken.push({ batch, overtaken: taken.overtaken });
    await tx.attention.takeBack(taken.withdrawn, now);
    await tx.attention.ask(taken.questions, now);
    await tx.collectors.setAside(context.source, taken.setAside, now);
    if (taken.checkpoint) {
      const { seq, state } = taken.checkpoint;
      const map = `${context.compiled.map.name}@${context.compiled.map.version}`;
      await tx.collectors.saveCheckpoint(context.source, { ordinal: seq, map, state }, now);
    }
  }
  const unread = await neverKept(tx, context.source, overtaken);
  await tx.collectors.setAside(context.source, nameUnread(context, unread), now);
  return { facts, doubles: doubles - unread.length, late, stated };
}

function isNew(batch: SampleBatch, buffer: string, cursor: CollectorCursor | null): boolean {
  return !cursor || cursor.buffer !== buffer || batch.seq > cursor.seq;
}
