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
  /** Due ones, each counted as an attempt, that nobody else gets before `until`. @param besides channels that are left out */
  claim(at: Instant, until: Instant, limit: number, besides?: readonly string[]): Promise<readonly NoticeDelivery[]>;
  settle(settlement: DeliverySettlement): Promise<void>;
  nextDue(besides?: readonly string[]): Promise<Instant | null>;
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
/** More than twice as long as any attempt lasts; an attempt that a dead process had begun comes again after this. */
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
  const wake = (): void => {
    isAwake = true;
    rouse();
  };
  const complain = (error: unknown): void => options.log("Notifications wait: the database does not answer.", error);
  /** Channels that are being served: they are left out until they are done, and no other waits for them. */
  const busy = new Map<string, Promise<void>>();
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      isAwake = false;
      try {
        const begun = await begin(options, [...busy.keys()], signal);
        for (const [channel, served] of begun) {
          const ended = served.catch(complain).finally(() => {
            busy.delete(channel);
            wake();
          });
          busy.set(channel, ended);
        }
        if (begun.size === 0) await rest(await waitMs(options, [...busy.keys()]));
      } catch (error) {
        complain(error);
        await rest(idleMs);
      }
    }
    await Promise.all(busy.values());
  };
  return { wake, ended: run() };
}

async function waitMs({ outbox, clock }: DeliveryOptions, besides: readonly string[]): Promise<number> {
  const due = await outbox.nextDue(besides);
  return due === null ? idleMs : Math.max(10, Math.min(idleMs, due - clock.now()));
}

/** Takes what is due. @returns the channels that are served now, each with the end of that */
async function begin(
  options: DeliveryOptions,
  besides: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Promise<void>>> {
  const { outbox, clock } = options;
  const now = clock.now();
  const due = await outbox.claim(now, instant(now + attemptMs), claimMax, besides);
  const serve = async (id: string, deliveries: readonly NoticeDelivery[]): Promise<void> => {
    for (const delivery of deliveries) {
      // It would come again while it is tried here: what was not begun by then comes again anyway.
      if (clock.now() - now >= attemptMs / 2) return;
      await attemptOne(options, id, delivery, signal);
    }
  };
  const byChannel = Map.groupBy(due, ({ channel }) => channel);
  return new Map([...byChannel].map(([id, deliveries]) => [id, serve(id, deliveries)]));
}

/** One look, until everything that was due is tried. @returns how many channels were served */
export async function deliverDue(options: DeliveryOptions, signal: AbortSignal): Promise<number> {
  const begun = await begin(options, [], signal);
  await Promise.all(begun.values());
  return begun.size;
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
