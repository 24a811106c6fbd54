/**
 * Samples become facts. One transaction carries the cursor, the kept samples, facts, runs, job orders, ledger and what
 * is owed to the ERP: after a crash either all of it is there or none, and the buffer gives the samples again.
 */
import type { Instant } from "../base/instant.ts";
import { assert } from "../base/result.ts";
import { takeSamples } from "../operations/collection/memory.ts";
import type { Fact } from "../record/fact.ts";
import type { SampleBatch } from "../record/sample-batch.ts";
import { applyFacts } from "./apply-facts.ts";
import type { CollectPorts } from "./collect-ports.ts";
import { generationOf, memorySamples, ordinalOf, type Collector } from "./collector-book.ts";
import { gapFacts } from "./gap.ts";
import type { CollectorCursor, CursorMove, Tx } from "./ports.ts";

export interface CollectReport {
  readonly samples: number;
  readonly facts: number;
  readonly doubles: number;
  readonly late: number;
  readonly postings: number;
  /** Job orders whose state changed: dispatching looks again. */
  readonly moved: boolean;
}

/** Reads batches of one buffer, in order of seq. Throws when the database cannot commit; nothing is read then. */
export async function collect(
  ports: CollectPorts,
  buffer: string,
  batches: readonly SampleBatch[],
): Promise<CollectReport> {
  const bySource = Map.groupBy(batches, (batch) => batch.source);
  const sources = [...bySource.keys()].toSorted();
  const forget = (): void => {
    for (const source of sources) ports.book.forget(source);
  };
  let tries = 0;
  try {
    return await ports.store.transaction(async (tx) => {
      // A re-run of the transaction must not build on what the first try left in memory.
      if (tries > 0) forget();
      tries += 1;
      return collectIn(tx, ports, buffer, bySource, sources);
    });
  } catch (error) {
    forget();
    throw error;
  }
}

async function collectIn(
  tx: Tx,
  ports: CollectPorts,
  buffer: string,
  bySource: ReadonlyMap<string, readonly SampleBatch[]>,
  sources: readonly string[],
): Promise<CollectReport> {
  const now = ports.clock.now();
  const facts: Fact[] = [];
  const fresh: Placed[] = [];
  const moves: CursorMove[] = [];
  let doubles = 0;
  let late = 0;
  const cursors = await tx.collectors.lock(sources);
  for (const source of sources) {
    const cursor = cursors.get(source) ?? null;
    const generation = generationOf(cursor, buffer);
    const own = (bySource.get(source) ?? [])
      .filter((batch) => isNew(batch, buffer, cursor))
      .map((batch) => ({ batch, ordinal: ordinalOf(generation, batch.seq) }));
    const last = own.at(-1);
    if (!last) continue;
    const collector = await ports.book.of(tx, source, cursor);
    for (const placed of own) fresh.push(placed);
    if (collector) {
      const taken = await takeAll(tx, collector, own, now);
      for (const fact of taken.facts) facts.push(fact);
      doubles += taken.doubles;
      late += taken.late;
    }
    const position = collector?.memory.state.position ?? null;
    moves.push({ source, from: cursor, to: { buffer, seq: last.batch.seq, generation, position } });
  }
  const areOurs = await tx.collectors.advance(moves);
  assert(areOurs, `nobody else reads ${sources.join(", ")} while their cursors are locked`);
  await tx.collectors.keepBatches(fresh, now);
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
  now: Instant,
): Promise<{ facts: Fact[]; doubles: number; late: number }> {
  const { context, memory, lateMs } = collector;
  const facts: Fact[] = [];
  let doubles = 0;
  let late = 0;
  for (const { batch, ordinal } of batches) {
    const taken = takeSamples(
      context,
      memory,
      { samples: batch.samples, seq: ordinal },
      { samples: memorySamples, lateMs },
    );
    for (const fact of taken.facts) facts.push(fact);
    for (const fact of gapFacts(context, batch)) facts.push(fact);
    doubles += taken.doubles;
    late += taken.late;
    await tx.attention.ask(taken.questions, now);
    await tx.collectors.setAside(context.source, taken.setAside, now);
    if (taken.checkpoint) {
      const { seq, state } = taken.checkpoint;
      const map = `${context.compiled.map.name}@${context.compiled.map.version}`;
      await tx.collectors.saveCheckpoint(context.source, { ordinal: seq, map, state }, now);
    }
  }
  return { facts, doubles, late };
}

function isNew(batch: SampleBatch, buffer: string, cursor: CollectorCursor | null): boolean {
  return !cursor || cursor.buffer !== buffer || batch.seq > cursor.seq;
}
