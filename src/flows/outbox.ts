/**
 * The outbox over the store: what delivery takes, and how its outcomes are committed. Two transactions per document,
 * none over a call.
 */
import type { Clock } from "../base/clock.ts";
import { instant } from "../base/instant.ts";
import { ok, type Fault, type Result } from "../base/result.ts";
import { traceparentFor } from "../base/trace.ts";
import type { Envelope, ErpSession } from "../erp/connector.ts";
import type { ClaimedPosting, DeliveryPort, Room, Taken } from "../exchange/delivery.ts";
import { afterAsking, afterPush } from "../exchange/settlement.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import { recutOf } from "./recut.ts";
import { leaseMs, renewMs, writingMs, type LeaseHolder } from "./lease.ts";
import type { PostingRow, Settlement, Store, Tx } from "./ports.ts";

export interface OutboxPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly session: ErpSession;
  readonly erp: string;
  /** Who we are as holder of the lease. */
  readonly holder: LeaseHolder;
  /** Without a word from the ERP for so long nothing is sent until it has answered. Left out: it is never lost. */
  readonly silentMs?: number;
  /** The role became ours; so many postings an earlier holder was sending, and they are in doubt now. */
  readonly onTaken?: (doubted: number) => void;
  /** Called each time that somebody else turns out to have the role: nothing is claimed or asked while it lives. */
  readonly onFenced?: () => void;
}

/** Yields, receipts and issues of an order wait in queues of their own, and one of them can go: so many are looked at for each. */
const queuesPerOrder = 3;
/** An ERP that was away when it should have said what it takes is asked for that with its orders, every few seconds. */
const undescribedMs = 5_000;
/** How long an asker has a doubtful posting to itself. */
const askLeaseMs = 60_000;

export function outboxPort(ports: OutboxPorts): DeliveryPort {
  const { store, clock, erp } = ports;
  const lease: Kept = { epoch: 0, saidAt: null, takenAt: 0, isFenced: false, turn: "" };
  return {
    renew: async () => void (await keepLease(ports, lease)),
    take: async (room) => {
      if (!(await keepLease(ports, lease))) return nothing;
      const taken = await store.transaction((tx) => take(tx, ports, lease, room));
      if (taken === null) lose(ports, lease);
      else if (taken.claimed.length > 0 && !isFresh(lease, clock.monotonicMs()))
        throw new Error("The right to deliver ran out while postings were taken; they are asked about.");
      return taken ?? nothing;
    },
    settle: (decisions) =>
      store.transaction(async (tx) => void (await tx.postings.settle(decisions, lease.epoch, clock.now()))),
    abandon: (inFlight) =>
      store.transaction(async (tx) => void (await tx.postings.doubtAbandoned(erp, lease.epoch, inFlight, clock.now()))),
    aloneSinceMs: () => lease.takenAt,
    mayLeave: (epoch) => lease.epoch === epoch && isFresh(lease, clock.monotonicMs()),
  };
}

const nothing: Taken = { epoch: 0, doubtful: [], claimed: [], waitMs: null };

/** The lease as we know it. */
interface Kept {
  /** The last one that was ours; 0 before the first. */
  epoch: number;
  /** By the monotonic clock, from before we last said that we live; null: it is not ours, or not yet. */
  saidAt: number | null;
  /** By the monotonic clock, from after that epoch became ours: nobody else has begun to send since. */
  takenAt: number;
  isFenced: boolean;
  /** The order whose turn was last: however much waits, each order comes to be sent. */
  turn: string;
}

function isFresh({ saidAt }: Kept, now: number): boolean {
  return saidAt !== null && now - saidAt < writingMs;
}

/**
 * Says now and then that we live. Who has not got the role stands by, and takes it from a holder that is silent: else
 * nobody would deliver any more. What an earlier holder was sending is in doubt from the moment that the role is ours.
 *
 * @returns whether the role is ours
 */
async function keepLease(ports: OutboxPorts, kept: Kept): Promise<boolean> {
  const { store, clock, erp, holder, onTaken } = ports;
  const now = clock.monotonicMs();
  if (kept.saidAt !== null && now - kept.saidAt < renewMs) return true;
  const role = roleOf(erp);
  const held = await store.transaction(async (tx) => {
    const epoch = (await tx.site.keepLeases([role], holder, leaseMs)).get(role);
    if (epoch === undefined) return null;
    return { epoch, doubted: epoch === kept.epoch ? 0 : await tx.postings.doubtOlder(erp, epoch, clock.now()) };
  });
  if (held === null) {
    lose(ports, kept);
    return false;
  }
  if (held.epoch !== kept.epoch) {
    kept.takenAt = clock.monotonicMs();
    onTaken?.(held.doubted);
  }
  Object.assign(kept, { epoch: held.epoch, saidAt: now, isFenced: false });
  return true;
}

/** From now on we stand by; said once for each time that somebody else has the role. */
function lose({ onFenced }: OutboxPorts, kept: Kept): void {
  if (!kept.isFenced) onFenced?.();
  Object.assign(kept, { saidAt: null, isFenced: true });
}

/** @returns null when somebody else has taken the role */
async function take(tx: Tx, ports: OutboxPorts, kept: Kept, { calls, questions }: Room): Promise<Taken | null> {
  const { erp, clock } = ports;
  if (!(await tx.site.holdsLease(roleOf(erp), kept.epoch))) return null;
  await tx.postings.doubtHeld(erp, kept.epoch, clock.now());
  const asked = questions > 0 ? await doubtful(tx, ports, kept, questions) : { postings: [], isAll: true };
  const free = calls - asked.postings.length;
  const sent = free > 0 ? await claim(tx, ports, kept, free) : { postings: [], isAll: false };
  return {
    epoch: kept.epoch,
    doubtful: asked.postings,
    claimed: sent.postings,
    waitMs:
      !asked.isAll || !sent.isAll ? 0 : asked.postings.length + sent.postings.length > 0 ? null : await untilDue(),
  };

  async function untilDue(): Promise<number | null> {
    const now = clock.now();
    const due = await tx.postings.nextDue(erp, now);
    return due === null ? null : due - now;
  }
}

interface Part {
  readonly postings: readonly ClaimedPosting[];
  /** Nothing else could be taken now. */
  readonly isAll: boolean;
}

async function claim(tx: Tx, ports: OutboxPorts, kept: Kept, limit: number): Promise<Part> {
  const { erp, clock, silentMs } = ports;
  const { epoch } = kept;
  const now = clock.now();
  const none = { postings: [], isAll: true };
  // What people keyed by hand meanwhile is looked for first.
  if (silentMs !== undefined && (await tx.outages.isLost(erp, now, silentMs))) return none;
  await tx.postings.unpark(erp, now);
  const found = await tx.postings.due(erp, now, queuesPerOrder * limit, kept.turn);
  const free = withoutSharedLanes(found);
  const due = free.slice(0, limit);
  if (due.length === 0) return none;
  kept.turn = due.at(-1)?.request ?? "";
  const got = new Set(await tx.postings.takeLanes(due));
  const mine = due.filter((p) => got.has(p.id));
  const composed = await compose(tx, ports, mine);
  const unsent = composed.flatMap(({ posting, envelope }) =>
    envelope.ok ? [] : [uncomposed(posting, envelope.fault, ports)],
  );
  const sending = composed.flatMap(({ posting, envelope }) =>
    envelope.ok ? [{ posting, envelope: envelope.value }] : [],
  );
  await tx.postings.settle(unsent, epoch, now);
  await tx.postings.beginSending(
    sending.map(({ posting, envelope }) => ({
      id: posting.id,
      envelope: envelope.bytes,
      attempt: posting.attempts + 1,
    })),
    epoch,
    now,
  );
  return {
    postings: sending.map(({ posting, envelope }) => ({
      ...posting,
      state: "sending",
      attempts: posting.attempts + 1,
      sentAt: now,
      envelope,
    })),
    // What is not sent gives its lanes back at once. Whose lanes somebody else took meanwhile is for the next look.
    isAll:
      unsent.length === 0 && (mine.length === 0 || (free.length <= limit && found.length < queuesPerOrder * limit)),
  };
}

async function doubtful(tx: Tx, ports: OutboxPorts, { epoch }: Kept, limit: number): Promise<Part> {
  const { clock, erp } = ports;
  const rows = await tx.postings.doubtful(erp, clock.now(), instant(clock.now() + askLeaseMs), limit, epoch);
  const composed = await compose(tx, ports, rows);
  const unasked = composed.flatMap(({ posting, envelope }) =>
    envelope.ok ? [] : [uncomposed(posting, envelope.fault, ports)],
  );
  await tx.postings.settle(unasked, epoch, clock.now());
  const repeatable = rows.filter(({ kind }) => kind !== "order-accepted" && ports.session.traits.idempotent.has(kind));
  const held: ReadonlySet<string> =
    repeatable.length > 0 ? await tx.outages.held(repeatable.map(({ request }) => request)) : new Set();
  const postings: ClaimedPosting[] = [];
  for (const { posting, request, envelope } of composed)
    if (envelope.ok)
      postings.push({
        ...posting,
        envelope: envelope.value,
        isHeld: posting.kind !== "order-accepted" && held.has(request.id),
        recut: await recutOf(tx, ports.session, request, posting),
      });
  return { postings, isAll: rows.length < limit };
}

interface Composed {
  readonly posting: PostingRow;
  readonly request: OperationsRequest;
  readonly envelope: Result<Envelope>;
}

/** The frozen bytes where there are some; what was never sent is composed now. */
async function compose(tx: Tx, ports: OutboxPorts, rows: readonly PostingRow[]): Promise<readonly Composed[]> {
  const requests = new Map<string, OperationsRequest>();
  for (const request of await tx.requests.get([...new Set(rows.map((r) => r.request))]))
    requests.set(request.id, request);
  return rows.flatMap((posting) => {
    const request = requests.get(posting.request);
    if (!request) return [];
    const frozen = posting.envelope;
    const envelope: Result<Envelope> = frozen
      ? { ok: true, value: { key: posting.key, kind: posting.kind, bytes: frozen } }
      : ports.session.compose(posting.key, request, posting.content);
    return [{ posting, request, envelope: traced(envelope, posting) }];
  });
}

/** The step of the trace follows from the key: every try of a posting is the same step. */
function traced(envelope: Result<Envelope>, { traceId, key }: PostingRow): Result<Envelope> {
  return envelope.ok ? ok({ ...envelope.value, traceparent: traceparentFor(traceId, key) }) : envelope;
}

/** Of several that share a lane, the first one goes now. */
function withoutSharedLanes(rows: readonly PostingRow[]): readonly PostingRow[] {
  const taken = new Set<string>();
  return rows.filter((row) => {
    if (row.lanes.some((lane) => taken.has(lane))) return false;
    for (const lane of row.lanes) taken.add(lane);
    return true;
  });
}

/** What cannot be composed now stays what it is, and is looked at again after a while; what never can be is refused. */
function uncomposed(posting: PostingRow, fault: Fault, { session, clock }: OutboxPorts): Settlement {
  if (fault.kind !== "transient") return refusal(posting, fault);
  const now = clock.now();
  return posting.state === "in-doubt"
    ? afterAsking(posting, { outcome: "unknown", fault }, session.traits, { now, waitedMs: 0 })
    : afterPush(posting, { outcome: "not-applied", fault, retryAfterMs: undescribedMs }, now);
}

function refusal(posting: PostingRow, fault: Fault): Settlement {
  const none = { document: null, dueAt: null, parked: false, askedAbsent: 0 };
  return {
    id: posting.id,
    from: posting.state,
    attempt: posting.attempts,
    to: "refused",
    fault,
    releasesLanes: true,
    ...none,
  };
}

/** Name of the lease under which one process delivers to an ERP. */
export function roleOf(erp: string): string {
  return `exchange/${erp}`;
}
