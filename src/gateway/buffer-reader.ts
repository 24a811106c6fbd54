/**
 * Reading the buffer in the order of `seq`: from memory where the newest batches are still held, else from the disk;
 * a consumer that starts late moves from the one to the other without a seam.
 */
import type { Clock } from "../base/clock.ts";
import { instant, type Instant } from "../base/instant.ts";
import { ok, type Result } from "../base/result.ts";
import { decodeBatch, type GapMark, type SampleBatch } from "../record/sample-batch.ts";
import { rowsLostFault } from "./buffer-fault.ts";
import type { LostRows, StoredRow } from "./buffer-message.ts";
import type { BufferThread } from "./buffer-thread.ts";
import type { GatewayLog } from "./log.ts";
import { recentBatches, type Look, type RecentBatches } from "./recent-batch.ts";
import type { ConsumeOptions, ReadRange, SampleBuffer } from "./sample-buffer.ts";

export interface BufferReader extends Pick<SampleBuffer, "read" | "consume" | "head" | "damage"> {
  /** Batches that have just become durable, in order. */
  publish(batches: readonly SampleBatch[]): void;
}

export interface BufferReaderPorts {
  readonly thread: BufferThread;
  readonly clock: Clock;
  readonly log: GatewayLog;
  readonly head: number;
  readonly recentSamplesMax: number;
  readonly file: string;
  /** Rows of the file could not be read before. */
  readonly isDamaged: boolean;
}

interface Place {
  head: number;
  ended: boolean;
  isDamaged: boolean;
  readonly recent: RecentBatches;
  readonly sleepers: Set<() => void>;
}

const CONSUME_SAMPLES = 10_000;
const RETRY_MS = 1000;

export function bufferReader(ports: BufferReaderPorts): BufferReader {
  const place: Place = {
    head: ports.head,
    ended: false,
    isDamaged: ports.isDamaged,
    recent: recentBatches(ports.head, ports.recentSamplesMax),
    sleepers: new Set(),
  };
  void ports.thread.ended.then(() => {
    place.ended = true;
    wake(place);
  });
  return {
    head: () => place.head,
    damage: () => (place.isDamaged ? rowsLostFault(ports.file) : null),
    publish: (batches) => {
      for (const batch of batches) place.recent.push(batch);
      place.head = batches.at(-1)?.seq ?? place.head;
      wake(place);
    },
    read: async (range) => {
      for (let { after } = range; ;) {
        const found = await look(ports, place, { ...range, after });
        if (!found.ok) return found;
        const { batches, through } = found.value;
        // Past damage it goes on a part at a time, and a part may hold nothing that was asked for.
        if (batches.length > 0 || through >= place.head) return ok(batches);
        after = through;
      }
    },
    consume: (after, signal, options = {}) => consume(ports, place, after, signal, options),
  };
}

async function* consume(
  ports: BufferReaderPorts,
  place: Place,
  after: number,
  signal: AbortSignal,
  options: ConsumeOptions,
): AsyncGenerator<readonly SampleBatch[]> {
  let cursor = after;
  while (!signal.aborted && !place.ended) {
    if (cursor >= place.head) {
      await nextBatch(place.sleepers, signal);
      continue;
    }
    const found = await look(ports, place, { maxSamples: CONSUME_SAMPLES, ...options, after: cursor });
    if (found.ok) {
      cursor = found.value.through;
      if (found.value.batches.length > 0) yield found.value.batches;
    } else if (!place.ended) {
      ports.log.warn("The buffer cannot be read; it is tried again.", found.fault);
      await ports.clock.sleep(RETRY_MS, signal);
    }
  }
}

async function look(ports: BufferReaderPorts, place: Place, range: ReadRange): Promise<Result<Look>> {
  const { after, sources, maxSamples } = range;
  const held = place.recent.after(after, sources ? new Set(sources) : null, maxSamples);
  if (held) return ok(held);
  const found = await ports.thread.ask({ kind: "read", after, sources: sources ?? null, samplesMax: maxSamples });
  if (!found.ok) return found;
  // What is durable but not yet handed on (a probe may stand in between) is left for the next look.
  const rows = found.value.rows.filter((row) => row.seq <= place.head);
  const through = Math.min(found.value.through, place.head);
  const { lost } = found.value;
  const gaps = lost && lost.from <= place.head ? gapsOf(lost, ports) : [];
  if (lost) place.isDamaged = true;
  return ok({ batches: [...gaps, ...rows.map((row) => decodeRow(row, ports.log))], through });
}

/** Whose rows they were is lost with them: each source has a gap, from the row before them to the row after them. */
function gapsOf({ from, to, rows, sources, afterAt, beforeAt }: LostRows, ports: BufferReaderPorts): SampleBatch[] {
  const { log, clock, file } = ports;
  const closedAt = instant(beforeAt ?? clock.now());
  const openedAt = instant(Math.min(afterAt ?? closedAt, closedAt));
  log.warn(
    `${rows} rows of the buffer (${from} to ${to}) cannot be read and are passed on as a gap of every machine.`,
    rowsLostFault(file),
  );
  const cause = `Rows ${from} to ${to} of the gateway's buffer are damaged.`;
  return sources.map((source) => ({
    source,
    seq: to,
    samples: [],
    complete: false,
    gaps: gapAround(openedAt, closedAt, cause),
  }));
}

function wake(place: Place): void {
  for (const rouse of place.sleepers) rouse();
}

function nextBatch(sleepers: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const rouse = (): void => {
      sleepers.delete(rouse);
      signal.removeEventListener("abort", rouse);
      resolve();
    };
    sleepers.add(rouse);
    signal.addEventListener("abort", rouse, { once: true });
  });
}

/** A damaged row must not stop the stream: it becomes a gap that says so. */
function decodeRow(row: StoredRow, log: GatewayLog): SampleBatch {
  const { source, seq } = row;
  const content = decodeBatch(row.bytes);
  if (content.ok) return { source, seq, ...content.value };
  log.warn(`Row ${seq} of the buffer (${source}) cannot be read and is passed on as a gap.`, content.fault);
  const cause = `Row ${seq} of the gateway's buffer is damaged.`;
  const gaps = gapAround(instant(row.fromAt), instant(row.toAt), cause);
  return { source, seq, samples: [], complete: false, gaps };
}

function gapAround(from: Instant, to: Instant, cause: string): readonly GapMark[] {
  return [
    { state: "opened", at: from, cause, filled: false },
    { state: "closed", at: to, cause, filled: false, missing: { from } },
  ];
}
