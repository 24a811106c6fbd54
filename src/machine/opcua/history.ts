/**
 * What a machine remembers, in slices that are complete over all items. Each item is a stream of pages; the slice ends
 * just before the earliest time at which a stream may go on, so that nothing of a time is ever cut in two. At most a
 * page per item is held. Which time ranges are worth asking for is decided by the gateway.
 */
import { instant, type Instant } from "../../base/instant.ts";
import { systemClock } from "../../base/clock.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { Sample } from "../../record/sample.ts";
import type { HistoryOutcome, HistorySlice } from "../connector.ts";
import type { FoundNode } from "./address.ts";
import {
  readHistory,
  releaseHistory,
  type ContinuationPoint,
  type HistoryAsk,
  type HistoryPage,
  type HistoryRange,
} from "./client-history.ts";
import type { Link } from "./client.ts";
import * as faults from "./faults.ts";

/** Values in one answer of the server, over all nodes of the call. */
const perCallMax = 20_000;
/** Values held at once, over all streams. */
const heldMax = 200_000;
/** A node with more values than this at one single time is not read on. */
const sameTimeMax = 1_000_000;
/** The machine's clock may be ahead of ours, but not by more than a year. */
const aheadMs = 366 * 86_400_000;

interface Stream {
  readonly path: string;
  readonly node: FoundNode["node"];
  /** Taken from the server, not yet given out; in the server's order. */
  held: Sample[];
  more: boolean;
  point: ContinuationPoint | null;
  /** Without a continuation point: the time from which to ask again, inclusive. */
  from: Instant;
  perNode: number;
  /** The server has no continuation point to spare for this node. */
  pointless: boolean;
}

const withoutAccess: readonly number[] = [
  faults.badHistoryOperationUnsupported,
  faults.badHistoryOperationInvalid,
  faults.badNotReadable,
  faults.badUserAccessDenied,
  faults.badNodeIdUnknown,
  faults.badNodeIdInvalid,
  0x803d_0000, // BadNotSupported
  0x8035_0000, // BadAttributeIdInvalid
  0x8040_0000, // BadNotImplemented
];

/** Some machines call it bad that an item has said nothing in the asked time. It is no fault: such a page is empty. */
const nothingThere: readonly number[] = [
  0x809b_0000, // BadNoData
  0x80d7_0000, // BadBoundNotFound
];

/**
 * @fault transient machine/history      the machine stopped answering half-way, or had no room; ask again
 * @fault refused   machine/history-dense an item has more values at one time than the machine can page through
 */
export async function readSlices(
  link: Link,
  nodes: readonly FoundNode[],
  from: Instant,
  onSlice: (slice: HistorySlice) => Promise<void>,
  signal: AbortSignal,
): Promise<Result<HistoryOutcome>> {
  const pageSize = link.settings.historyPageSize;
  const perNode = Math.max(1, Math.min(pageSize, Math.floor(heldMax / Math.max(1, nodes.length))));
  const streams: Stream[] = nodes.map(({ path, node }) => ({
    path,
    node,
    held: [],
    more: true,
    point: null,
    from,
    perNode,
    pointless: false,
  }));
  const withoutHistory: string[] = [];
  const to = instant(Math.max(systemClock.now(), from) + aheadMs);
  let samples = 0;
  let due = streams;
  try {
    while (due.length > 0) {
      if (signal.aborted) return fail("transient", "machine/given-up", "Reading the machine's history was given up.");
      const refilled = await refill(link, due, to, withoutHistory);
      if (!refilled.ok) return refilled;
      const slice = cut(streams);
      if (slice) {
        samples += slice.samples.length;
        await onSlice(slice);
      }
      due = blocking(streams);
    }
    return ok({ withoutHistory, samples });
  } finally {
    await releaseHistory(
      link,
      streams.filter((stream) => stream.point !== null),
    );
  }
}

/** The streams that hold back everybody else: their next page may begin at the earliest time. */
function blocking(streams: readonly Stream[]): Stream[] {
  const edge = edgeOf(streams);
  return streams.filter((stream) => stream.more && lastTime(stream) <= edge);
}

/** The earliest time at which a stream may go on. */
function edgeOf(streams: readonly Stream[]): number {
  return streams.reduce((edge, stream) => (stream.more ? Math.min(edge, lastTime(stream)) : edge), Infinity);
}

function lastTime(stream: Stream): number {
  return stream.pointless ? stream.from : (stream.held.at(-1)?.at ?? stream.from);
}

/** Takes everything before the edge out of the streams; null when there is nothing. */
function cut(streams: readonly Stream[]): HistorySlice | null {
  const edge = edgeOf(streams);
  const samples: Sample[] = [];
  for (const stream of streams) {
    const [ready, kept] = split(stream.held, edge);
    for (const sample of ready) samples.push(sample);
    if (ready.length > 0) stream.held = kept;
  }
  if (samples.length === 0) return null;
  samples.sort((a, b) => a.at - b.at);
  const through = Number.isFinite(edge) ? instant(edge - 1) : (samples.at(-1)?.at ?? instant(0));
  return { samples, through };
}

function split(held: Sample[], edge: number): [Sample[], Sample[]] {
  if (edge === Infinity) return [held, []];
  // Machines whose history is not in order do exist: every value is looked at.
  return [held.filter((sample) => sample.at < edge), held.filter((sample) => sample.at >= edge)];
}

/** Gets the next page of each stream, many nodes to a call. */
async function refill(
  link: Link,
  due: readonly Stream[],
  to: Instant,
  withoutHistory: string[],
): Promise<Result<void>> {
  for (const { range, streams } of callsFor(due, to)) {
    const perCall = Math.max(1, Math.min(link.limits.history, Math.floor(perCallMax / range.perNode)));
    for (let at = 0; at < streams.length; at += perCall) {
      const part = streams.slice(at, at + perCall);
      const asks: HistoryAsk[] = part.map(({ path, node, point }) => ({ path, node, point }));
      const pages = await readHistory(link, asks, range);
      if (!pages.ok) return pages;
      for (const [index, stream] of part.entries()) {
        const page = pages.value[index];
        const taken = page ? take(stream, page, withoutHistory) : unanswered(stream);
        if (!taken.ok) return taken;
      }
    }
  }
  return ok(undefined);
}

/** Streams that go on from a point need no range; the others are asked together where their range is the same. */
function callsFor(due: readonly Stream[], to: Instant): { range: HistoryRange; streams: Stream[] }[] {
  const calls = new Map<string, { range: HistoryRange; streams: Stream[] }>();
  for (const stream of due) {
    const { from, perNode, pointless } = stream;
    const key = stream.point ? `point|${perNode}` : `${from}|${perNode}|${pointless}`;
    const call = calls.get(key) ?? { range: { from, to: pointless ? null : to, perNode }, streams: [] };
    calls.set(key, call);
    call.streams.push(stream);
  }
  return [...calls.values()];
}

function take(stream: Stream, page: HistoryPage, withoutHistory: string[]): Result<void> {
  const { status } = page;
  const is = (code: number): boolean => faults.sameMeaning(status, code);
  if (is(faults.badNoContinuationPoints) || is(faults.badContinuationPointInvalid)) return goOnByTime(stream);
  if (status >= 0x8000_0000 && !nothingThere.some(is)) {
    const first = stream.held.length === 0 && stream.point === null;
    if (first && withoutAccess.some(is)) {
      withoutHistory.push(stream.path);
      stream.more = false;
      return ok(undefined);
    }
    const text = `Reading the history of ${stream.path} stopped: ${page.statusName}. It is asked again.`;
    return fail("transient", "machine/history", text, page.statusName);
  }
  for (const sample of page.samples) stream.held.push(sample);
  stream.point = page.point;
  if (!stream.pointless) {
    stream.more = page.point !== null;
    return ok(undefined);
  }
  stream.more = page.samples.length >= stream.perNode;
  return stream.more ? goOnByTime(stream) : ok(undefined);
}

/**
 * Goes on from the last known time, inclusive, without a continuation point. What is already held of that time comes
 * again; when a whole page has one single time, the next one must be larger to get past it.
 */
function goOnByTime(stream: Stream): Result<void> {
  const last = stream.held.at(-1)?.at;
  if (stream.pointless && last !== undefined && last === stream.from) {
    stream.perNode *= 2;
    if (stream.perNode > sameTimeMax) {
      const text = `${stream.path} has more than ${sameTimeMax} values at one time; the machine cannot page through them.`;
      return fail("refused", "machine/history-dense", text);
    }
  }
  stream.pointless = true;
  stream.point = null;
  stream.more = true;
  if (last !== undefined) {
    stream.from = last;
    // They are read again with the next page: held twice they would be told twice.
    stream.held = stream.held.filter((sample) => sample.at !== last);
  }
  return ok(undefined);
}

function unanswered(stream: Stream): Result<never> {
  return fail("transient", "machine/history", `The machine left out ${stream.path} when its history was asked.`);
}
