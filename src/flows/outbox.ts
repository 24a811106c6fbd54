/**
 * The outbox over the store: what delivery takes, and how its outcomes are committed. Two transactions per document,
 * none over a call.
 */
import type { Clock } from "../base/clock.ts";
import { instant } from "../base/instant.ts";
import { ok, type Result } from "../base/result.ts";
import { traceparentFor } from "../base/trace.ts";
import type { Envelope, ErpSession } from "../erp/connector.ts";
import type { ClaimedPosting, DeliveryPort } from "../exchange/delivery.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import type { PostingRow, Settlement, Store, Tx } from "./ports.ts";

export interface OutboxPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly session: ErpSession;
  readonly erp: string;
  /** Our name as holder of the lease. */
  readonly holder: string;
  /** The epoch of our lease: a write of a lower one changes nothing. */
  readonly epoch: number;
  /** Without a word from the ERP for so long nothing is sent until it has answered. Left out: it is never lost. */
  readonly silentMs?: number;
  /** Called each time that somebody else has taken the role: nothing is claimed or asked while it lives. */
  readonly onFenced?: () => void;
}

/** How long an asker has a doubtful posting to itself. */
const askLeaseMs = 60_000;
/** So often we say that we live; and so long another holder may be silent before we take the role from it. */
const renewEveryMs = 15_000;
const silentMsMax = 60_000;

export function outboxPort(ports: OutboxPorts): DeliveryPort {
  const { store, clock, erp } = ports;
  const lease: Lease = { epoch: ports.epoch, saidAt: clock.monotonicMs() };
  const own = (): OutboxPorts => ({ ...ports, epoch: lease.epoch });
  const underLease = async (
    work: (tx: Tx) => Promise<readonly ClaimedPosting[] | null>,
  ): Promise<readonly ClaimedPosting[]> => {
    const found = await store.transaction(work);
    if (found === null) lose(ports, lease);
    return found ?? [];
  };
  return {
    claim: async (limit) => ((await keepLease(ports, lease)) ? underLease((tx) => claim(tx, own(), limit)) : []),
    settle: (decisions) =>
      store.transaction(async (tx) => void (await tx.postings.settle(decisions, lease.epoch, clock.now()))),
    abandon: (inFlight) =>
      store.transaction(async (tx) => void (await tx.postings.doubtAbandoned(erp, lease.epoch, inFlight, clock.now()))),
    doubtful: (limit) => underLease((tx) => doubtful(tx, own(), limit)),
    waitMs: () =>
      store.transaction(async (tx) => {
        const now = clock.now();
        const due = await tx.postings.nextDue(erp, now);
        return due === null ? null : due - now;
      }),
  };
}

/** What an earlier holder of the role was sending is in doubt now. Called once, when the role is taken over. */
export async function takeOver(ports: OutboxPorts): Promise<number> {
  return ports.store.transaction((tx) => tx.postings.doubtOlder(ports.erp, ports.epoch, ports.clock.now()));
}

interface Lease {
  epoch: number;
  /** When we have said last that we live; null: somebody else has the role. */
  saidAt: number | null;
}

/**
 * Says now and then that we live. Who has lost the role stands by, and takes it back from a holder that has died: else
 * nobody would deliver any more.
 *
 * @returns whether the role is ours
 */
async function keepLease(ports: OutboxPorts, lease: Lease): Promise<boolean> {
  const { store, clock, erp, holder } = ports;
  const now = clock.monotonicMs();
  if (lease.saidAt !== null && now - lease.saidAt < renewEveryMs) return true;
  const role = roleOf(erp);
  const at = clock.now();
  const held = await store.transaction(async (tx) => {
    if (await tx.site.renewLease(role, lease.epoch, at)) return lease.epoch;
    const taken = await tx.site.takeSilentLease(role, holder, instant(at - silentMsMax), at);
    if (taken !== null) await tx.postings.doubtOlder(erp, taken, at);
    return taken;
  });
  if (held === null) lose(ports, lease);
  else Object.assign(lease, { epoch: held, saidAt: now });
  return held !== null;
}

/** From now on we stand by; said once for each time that the role is lost. */
function lose({ onFenced }: OutboxPorts, lease: Lease): void {
  if (lease.saidAt !== null) onFenced?.();
  lease.saidAt = null;
}

/** @returns null when somebody else has taken the role */
async function claim(tx: Tx, ports: OutboxPorts, limit: number): Promise<readonly ClaimedPosting[] | null> {
  const { erp, epoch, clock, silentMs } = ports;
  const now = clock.now();
  if (!(await tx.site.holdsLease(roleOf(erp), epoch))) return null;
  // What people keyed by hand meanwhile is looked for first.
  if (silentMs !== undefined && (await tx.outages.isLost(erp, now, silentMs))) return [];
  await tx.postings.unpark(erp, now);
  const due = withoutSharedLanes(await tx.postings.due(erp, now, limit));
  if (due.length === 0) return [];
  const got = new Set(await tx.postings.takeLanes(due));
  const mine = due.filter((p) => got.has(p.id));
  const composed = await compose(tx, ports, mine);
  const refused = composed.flatMap(({ posting, envelope }) => (envelope.ok ? [] : [refusal(posting, envelope.fault)]));
  const sending = composed.flatMap(({ posting, envelope }) =>
    envelope.ok ? [{ posting, envelope: envelope.value }] : [],
  );
  await tx.postings.settle(refused, epoch, now);
  await tx.postings.beginSending(
    sending.map(({ posting, envelope }) => ({
      id: posting.id,
      envelope: envelope.bytes,
      attempt: posting.attempts + 1,
    })),
    epoch,
    now,
  );
  return sending.map(({ posting, envelope }) => ({
    ...posting,
    state: "sending",
    attempts: posting.attempts + 1,
    sentAt: now,
    envelope,
  }));
}

/** @returns null when somebody else has taken the role */
async function doubtful(tx: Tx, ports: OutboxPorts, limit: number): Promise<readonly ClaimedPosting[] | null> {
  const { clock, erp, epoch } = ports;
  if (!(await tx.site.holdsLease(roleOf(erp), epoch))) return null;
  const rows = await tx.postings.doubtful(erp, clock.now(), instant(clock.now() + askLeaseMs), limit, epoch);
  const composed = await compose(tx, ports, rows);
  const impossible = composed.flatMap(({ posting, envelope }) =>
    envelope.ok ? [] : [refusal(posting, envelope.fault)],
  );
  await tx.postings.settle(impossible, epoch, clock.now());
  return composed.flatMap(({ posting, envelope }) => (envelope.ok ? [{ ...posting, envelope: envelope.value }] : []));
}

interface Composed {
  readonly posting: PostingRow;
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
    return [{ posting, envelope: traced(envelope, posting) }];
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

function refusal(posting: PostingRow, fault: Settlement["fault"]): Settlement {
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
