/**
 * The stream of one machine connection into the buffer: keeps a session open, takes what it tells, and reads back from
 * the machine's history what was missed. It never ends by itself and never loses a value in silence: what cannot be had
 * again stands in a gap. What the values mean is decided in `operations/collection`.
 */
import { systemClock } from "../base/clock.ts";
import { instant } from "../base/instant.ts";
import { makeFault, type Fault } from "../base/result.ts";
import type { MachineListener, MachineSession } from "../machine/connector.ts";
import { isGood, type Sample } from "../record/sample.ts";
import { backoffMs, connectBackoff } from "./backoff.ts";
import { createBell } from "./bell.ts";
import {
  canBeReadAgain,
  feedLimits,
  type FeedContext,
  type FeedSettings,
  type SessionContext,
} from "./feed-context.ts";
import { newFeedState, rateMeter, type FeedStatus } from "./feed-status.ts";
import { openGap } from "./gap.ts";
import { historyItems, listed } from "./item-pattern.ts";
import { pump } from "./live-pump.ts";
import { anyExtent, liveQueue } from "./live-queue.ts";
import { timed, withoutAhead } from "./live-time.ts";
import { recentSamples } from "./recent-sample.ts";
import { numberReturns } from "./returning-value.ts";

export interface Feed {
  readonly source: string;
  status(): FeedStatus;
  /** The session that is open now, for instructions; null while there is none. */
  session(): MachineSession | null;
  /**
   * Told whenever `session` changes or values flow again after an interruption, and once at once.
   * Returns a function that ends it.
   */
  onSession(listener: (session: MachineSession | null) => void): () => void;
  /** Ends the session and resolves when everything that was taken is durable or known to be missing. */
  close(): Promise<void>;
}

export function startFeed(settings: FeedSettings): Feed {
  const clock = settings.clock ?? systemClock;
  const stop = new AbortController();
  const context: FeedContext = {
    settings,
    limits: { ...feedLimits, ...settings.limits },
    clock,
    state: newFeedState(settings.source, clock.now()),
    meter: rateMeter(clock),
    recent: recentSamples(settings.limits?.recentSamplesMax ?? feedLimits.recentSamplesMax),
    newestAt: new Map(),
    closing: stop.signal,
    // With a clock that is not trusted, history could not be told apart from other times.
    hasHistory: settings.clockRule.trust === "gateway" ? () => false : historyItems(settings.paths),
  };
  const sessions = sessionHolder();
  let waiting = (): number => 0;
  const running = run(context, sessions, (count) => {
    waiting = count;
  });
  return {
    source: settings.source,
    status: () => ({ ...context.state, samplesPerSecond: context.meter.perSecond(), waitingSamples: waiting() }),
    session: sessions.current,
    onSession: sessions.listen,
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

interface SessionHolder {
  current(): MachineSession | null;
  tell(session: MachineSession | null): void;
  listen(listener: (session: MachineSession | null) => void): () => void;
}

function sessionHolder(): SessionHolder {
  const listeners = new Set<(session: MachineSession | null) => void>();
  let held: MachineSession | null = null;
  return {
    current: () => held,
    tell: (session) => {
      held = session;
      for (const listener of listeners) listener(session);
    },
    listen: (listener) => {
      listeners.add(listener);
      listener(held);
      return () => listeners.delete(listener);
    },
  };
}

async function run(
  context: FeedContext,
  sessions: SessionHolder,
  measure: (waiting: () => number) => void,
): Promise<void> {
  const { settings, state, closing, clock } = context;
  // A process that was down is a gap like any other, and is marked before the machine even answers.
  await openGap(context, "The gateway was not running.");
  while (!closing.aborted) {
    state.attempts += 1;
    const fault = await connect(context, sessions, measure).catch((error: unknown) => unexpected(context, error));
    if (closing.aborted) break;
    interrupted(context, fault);
    const waitMs = backoffMs(state.attempts - 1, connectBackoff, settings.spread?.());
    settings.log.warn(`${settings.source}: ${fault?.message ?? ""} Next attempt in ${(waitMs / 1000).toFixed(1)} s.`);
    await clock.sleep(waitMs, closing);
  }
  interrupted(context, null);
}

/** A bug, ours or of a protocol library, costs this session and no other machine. */
function unexpected(context: FeedContext, error: unknown): Fault {
  const text = `The connection to ${context.settings.source} failed for a reason that should not occur (${String(error)}). It is opened anew; report this with the log.`;
  return makeFault("transient", "gateway/session-failed", text, error);
}

/** One session, from opening to its end. Null only when the feed closes. */
async function connect(
  context: FeedContext,
  sessions: SessionHolder,
  measure: (waiting: () => number) => void,
): Promise<Fault | null> {
  const { settings, closing } = context;
  const opened = await settings.open(closing);
  if (!opened.ok) return opened.fault;
  const session = opened.value;
  const inner: SessionContext = {
    ...context,
    session,
    queue: liveQueue(),
    bell: createBell(context.clock),
    items: new Set(),
    withoutHistory: new Set(),
    appearedAt: new Map(),
    interruption: null,
    inFlight: 0,
    bareFrom: null,
    doubles: new Set(),
    catchingUp: 0,
    unfilled: null,
    tellsComplete: false,
    startsAt: context.clock.now(),
    heard: false,
    missed: false,
    heardUpTo: null,
    heardAll: false,
    leapt: false,
    told: new Map(),
    numberReturns: numberReturns(),
    isAheadNoted: false,
    watchedFrom: null,
  };
  measure(() => inner.queue.size() + inner.inFlight);
  try {
    return await follow(inner, sessions);
  } finally {
    sessions.tell(null);
    await session.close();
    measure(() => 0);
  }
}

async function follow(context: SessionContext, sessions: SessionHolder): Promise<Fault | null> {
  const { session, settings, state, clock } = context;
  const watched = await session.watch(settings.paths, listenerOf(context, sessions), context.closing);
  if (!watched.ok) return watched.fault;
  for (const item of watched.value.items) context.items.add(item);
  state.missing = watched.value.missing;
  state.unqueued = watched.value.unqueued;
  state.slower = watched.value.slower;
  state.attempts = 0;
  if (!context.interruption) {
    Object.assign(state, { connected: true, since: clock.now(), fault: null });
  }
  settings.log.info(`${settings.source}: connected, ${watched.value.items.length} items.`);
  warnOfLosses(context);
  sessions.tell(session);
  return pump(context);
}

/** What the machine drops between two publishings, or between two of its looks, is missing without a word. */
function warnOfLosses({ settings, state }: SessionContext): void {
  const { unqueued, slower } = state;
  const warn = (text: string): void => settings.log.warn(`${settings.source}: the machine ${text}`);
  if (unqueued.length > 0) {
    warn(
      `keeps one value only of ${listed(unqueued)}: what it drops between two publishings is missing without a word. Lower publishingIntervalMs, or ask its maker for queues.`,
    );
  }
  if (slower.length > 0) {
    const everyMs = Math.round(Math.max(...slower.map((item) => item.everyMs)));
    const paths = slower.map(({ path }) => path);
    warn(
      `looks less often than asked at ${listed(paths)}: every ${everyMs} ms at the slowest. What is gone before its next look is missing without a word, unless its history has it. Ask its maker for a shorter sampling interval, or let the map read what stands for longer.`,
    );
  }
}

/** What a session tells goes into the queue at once: nothing here waits. */
function listenerOf(context: SessionContext, sessions: SessionHolder): MachineListener {
  const { queue, bell, state, clock, settings } = context;
  return {
    samples: (samples, complete) => take(context, samples, complete),
    interrupted: (fault) => {
      if (context.interruption) return;
      context.interruption = fault;
      context.heardUpTo = null;
      context.heardAll = false;
      queue.push({ kind: "gap", cause: fault.message, ...anyExtent });
      interrupted(context, fault);
      settings.log.warn(`${settings.source}: interrupted. ${fault.message}`, fault);
      bell.ring();
    },
    resumed: () => {
      if (!context.interruption) return;
      context.interruption = null;
      Object.assign(state, { connected: true, since: clock.now(), fault: null });
      settings.log.info(`${settings.source}: values flow again.`);
      sessions.tell(context.session);
      bell.ring();
    },
    appeared: (paths) => {
      for (const path of paths) context.appearedAt.set(path, null);
      queue.push({ kind: "appeared", paths });
      bell.ring();
    },
  };
}

function take(context: SessionContext, samples: readonly Sample[], complete: boolean): void {
  const { queue, state, limits } = context;
  const last = samples.at(-1);
  if (!last) return settle(context, complete);
  const kept = timed(context, samples);
  const said = withoutAhead(kept);
  for (const sample of said) {
    const { item, at } = sample;
    if (!context.hasHistory(item) && (context.bareFrom === null || at < context.bareFrom)) context.bareFrom = at;
    if (context.heardUpTo === null || at > context.heardUpTo) context.heardUpTo = at;
    if (context.appearedAt.get(item) === null && isGood(sample)) context.appearedAt.set(item, at);
  }
  if (complete) context.heardAll = context.tellsComplete = true;
  if (!context.heard && said.length > 0) hear(context, said);
  queue.push({ kind: "samples", samples: kept, complete });
  state.lastSampleAt = last.receivedAt;
  state.lastSourceAt = said.at(-1)?.at ?? state.lastSourceAt;
  context.meter.count(samples.length);
  if (queue.size() > limits.queueSamplesMax) makeRoom(context);
  context.bell.ring();
}

/** The word alone that nothing is under way any more. */
function settle(context: SessionContext, complete: boolean): void {
  if (!complete) return;
  context.heardAll = context.tellsComplete = true;
  context.queue.push({ kind: "samples", samples: [], complete });
  context.bell.ring();
}

/** Only the first values tell how late it is by the machine's own clock. */
function hear(context: SessionContext, samples: readonly Sample[]): void {
  const newest = samples.reduce((most, { at }) => Math.max(most, at), Number.NEGATIVE_INFINITY);
  context.heard = true;
  context.startsAt = instant(Math.min(context.startsAt, newest));
  if (context.watchedFrom !== null) context.watchedFrom = instant(Math.min(context.watchedFrom, context.startsAt));
}

/** Memory is bounded: what the machine remembers is dropped and read back, what it does not is lost last. */
function makeRoom(context: SessionContext): void {
  const { queue, limits, settings, state } = context;
  const again = canBeReadAgain(context);
  const cause = "More values waited than the gateway holds in memory.";
  const lost = queue.overflow(cause, (sample) => !again(sample), Math.floor(limits.queueSamplesMax / 2));
  state.lostSamples += lost;
  if (lost === 0) return;
  const message = `${settings.source}: ${lost} values that the machine does not remember had to be dropped, because more came than this computer and its disk keep up with, or the history of other items took too long.`;
  settings.log.warn(message, makeFault("transient", "gateway/samples-lost", message));
}

function interrupted(context: FeedContext, fault: Fault | null): void {
  const { state, clock } = context;
  if (state.connected) Object.assign(state, { connected: false, since: clock.now() });
  state.fault = fault;
}
