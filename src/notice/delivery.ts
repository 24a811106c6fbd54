/**
 * Brings notices to people who are not in front of a screen. At least once: an attempt is counted and committed before it
 * begins, no transaction is held over a call, and what was not settled comes again.
 */
import type { Clock } from "../base/clock.ts";
import { instant, type Instant } from "../base/instant.ts";
import { makeFault } from "../base/result.ts";
import { longestRetryMs, type DeliverySettlement, type NoticeDelivery } from "../record/notice.ts";
import type { Attempt, Channel } from "./channel.ts";

export interface NoticeOutbox {
  /** Due ones, each counted as an attempt, that nobody else gets before `until`. */
  claim(at: Instant, until: Instant, limit: number): Promise<readonly NoticeDelivery[]>;
  settle(settlement: DeliverySettlement): Promise<void>;
  nextDue(): Promise<Instant | null>;
}

export interface DeliveryOptions {
  readonly outbox: NoticeOutbox;
  readonly channels: readonly Channel[];
  readonly clock: Clock;
  readonly log: (line: string, cause?: unknown) => void;
}

export interface NoticeDelivering {
  /** Something may be due: look at once. */
  wake(): void;
  /** Resolves when the signal is aborted and nothing is under way. */
  readonly ended: Promise<void>;
}

const claimMax = 16;
const idleMs = 5_000;
/** Longer than any attempt lasts; an attempt that a dead process had begun comes again after this. */
const attemptMs = 300_000;
const firstMs = 5_000;

/** @param attempt  1 for the first failure: 5 s, doubled each time, 15 min at most */
export function retryMs(attempt: number): number {
  return Math.min(longestRetryMs, firstMs * 2 ** Math.min(20, Math.max(0, attempt - 1)));
}

export function startNoticeDelivery(options: DeliveryOptions, signal: AbortSignal): NoticeDelivering {
  let isAwake = false;
  let rouse: () => void = () => undefined;
  const rest = async (ms: number): Promise<void> => {
    if (isAwake || signal.aborted) return;
    const slept = new AbortController();
    rouse = () => slept.abort();
    await options.clock.sleep(ms, AbortSignal.any([signal, slept.signal]));
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      isAwake = false;
      try {
        if ((await deliverDue(options, signal)) === 0) await rest(await waitMs(options));
      } catch (error) {
        options.log("Notifications wait: the database does not answer.", error);
        await rest(idleMs);
      }
    }
  };
  return {
    wake: () => {
      isAwake = true;
      rouse();
    },
    ended: run(),
  };
}

async function waitMs({ outbox, clock }: DeliveryOptions): Promise<number> {
  const due = await outbox.nextDue();
  return due === null ? idleMs : Math.max(10, Math.min(idleMs, due - clock.now()));
}

/** Channels are served beside each other: a slow one keeps no other from its people. @returns how many were tried */
export async function deliverDue(options: DeliveryOptions, signal: AbortSignal): Promise<number> {
  const { outbox, clock } = options;
  const now = clock.now();
  const due = await outbox.claim(now, instant(now + attemptMs), claimMax);
  const byChannel = Map.groupBy(due, ({ channel }) => channel);
  await Promise.all(
    [...byChannel].map(async ([id, deliveries]) => {
      for (const delivery of deliveries) await attemptOne(options, id, delivery, signal);
    }),
  );
  return due.length;
}

async function attemptOne(
  { outbox, channels, clock, log }: DeliveryOptions,
  id: string,
  delivery: NoticeDelivery,
  signal: AbortSignal,
): Promise<void> {
  const channel = channels.find((one) => one.id === id);
  const attempt = await tryOnce(channel, id, delivery, clock.now(), signal);
  const settlement = settlementOf(delivery, attempt, clock.now());
  if (settlement.fault) log(settlement.fault.message, settlement.fault);
  await outbox.settle(settlement);
}

async function tryOnce(
  channel: Channel | undefined,
  id: string,
  delivery: NoticeDelivery,
  now: Instant,
  signal: AbortSignal,
): Promise<Attempt> {
  if (!channel) {
    const text = `The site has no channel ${id} any more; the message is not sent.`;
    return { outcome: "impossible", fault: makeFault("refused", "notice/no-channel", text) };
  }
  // An attempt of a process that was restarted hours later is too old as well.
  if (now >= delivery.giveUpAt) return { outcome: "again", fault: tooOld(id), done: [], retryAfterMs: null };
  try {
    return await channel.send(delivery, now, signal);
  } catch (error) {
    const fault = makeFault("transient", "notice/send-failed", `${id}: sending ended in an unforeseen way.`, error);
    return { outcome: "again", fault, done: [], retryAfterMs: null };
  }
}

function tooOld(id: string): ReturnType<typeof makeFault> {
  return makeFault(
    "transient",
    "notice/given-up",
    `${id}: the message could not be delivered in time and is given up.`,
  );
}

/** Pure: what becomes of a delivery after an attempt. */
export function settlementOf(delivery: NoticeDelivery, attempt: Attempt, now: Instant): DeliverySettlement {
  const base = { delivery, dueAt: null, done: delivery.done, fault: attempt.fault };
  if (attempt.outcome === "delivered") return { ...base, to: "delivered" };
  if (attempt.outcome === "impossible") return { ...base, to: "given-up" };
  const done = [...new Set([...delivery.done, ...attempt.done])];
  const wait = Math.max(retryMs(delivery.attempts), Math.min(attempt.retryAfterMs ?? 0, longestRetryMs));
  const dueAt = instant(now + wait);
  if (dueAt < delivery.giveUpAt) return { ...base, to: "planned", done, dueAt };
  return { ...base, to: "given-up", done };
}
