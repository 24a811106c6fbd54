/**
 * What is told because time goes by: a stop that nobody has explained, a machine that has gone silent, a notice that nobody
 * has acknowledged; and what is over. One process at a time does it, under a lease, and nothing is told twice when two do.
 */
import type { Clock } from "../base/clock.ts";
import type { Instant } from "../base/instant.ts";
import { instant } from "../base/instant.ts";
import { afterMs } from "../notice/cause.ts";
import type { Site } from "../site/site.ts";
import { leaseMs, type LeaseHolder } from "./lease.ts";
import { noticeScope, planDeliveries, tell, type AnnounceNotices } from "./notify.ts";
import type { NoticeChange, Stop } from "../notice/ports.ts";
import type { Store, Tx } from "./ports.ts";

/** How one connection to a machine is doing. */
export interface MachineHealth {
  readonly connection: string;
  readonly connected: boolean;
  /** Since when `connected` is as it is. */
  readonly since: Instant;
}

export interface SweepPorts {
  readonly store: Store;
  readonly site: Site;
  readonly clock: Clock;
  readonly holder: LeaseHolder;
  readonly machines: () => readonly MachineHealth[];
  readonly announce: AnnounceNotices;
}

export interface SweepReport {
  readonly raised: number;
  readonly resolved: number;
  readonly escalated: number;
}

export const sweepRole = "notice";
const escalationsMax = 500;

/** @returns null when another process looks after it */
export async function sweepNotices(ports: SweepPorts): Promise<SweepReport | null> {
  const { store, clock, holder, announce } = ports;
  const done = await store.transaction(async (tx) => {
    const now = clock.now();
    if (!(await tx.site.keepLeases([sweepRole], holder, leaseMs)).has(sweepRole)) return null;
    const resolved = [...(await tx.notices.resolveGone(now))];
    const raised: NoticeChange[] = [];
    await lookAtStops(tx, ports, now, raised, resolved);
    await lookAtMachines(tx, ports, now, raised, resolved);
    return { raised, resolved, escalated: await escalate(tx, ports, now) };
  });
  if (!done) return null;
  const { raised, resolved, escalated } = done;
  const changed = [...raised, ...resolved, ...escalated];
  if (changed.length > 0) announce(changed);
  return { raised: raised.length, resolved: resolved.length, escalated: escalated.length };
}

async function lookAtStops(
  tx: Tx,
  { site }: SweepPorts,
  now: Instant,
  raised: NoticeChange[],
  resolved: NoticeChange[],
): Promise<void> {
  const stops = (await tx.notices.stops(now)).filter(({ workUnit }) => isLive(site, workUnit));
  resolved.push(...(await tx.notices.resolveOthers("stop-without-reason", stops.map(subjectOf), now)));
  for (const stop of stops) {
    if (now - stop.since < afterMs(noticeScope(site), "stop-without-reason", stop.workUnit)) continue;
    raised.push(...(await tell(tx, site, { cause: "stop", ...stop }, now)));
  }
}

/** As `notice/cause.ts` calls it. */
function subjectOf({ workUnit, since }: Stop): string {
  return `${workUnit}/${since}`;
}

/** A machine that replays recorded days stands where its record stands, not now. */
function isLive(site: Site, workUnit: string): boolean {
  return site.mapOf(workUnit)?.clock.mode !== "replay";
}

async function lookAtMachines(
  tx: Tx,
  { site, machines }: SweepPorts,
  now: Instant,
  raised: NoticeChange[],
  resolved: NoticeChange[],
): Promise<void> {
  const silent = machines().filter(({ connected }) => !connected);
  const still = silent.map(({ connection }) => connection);
  resolved.push(...(await tx.notices.resolveOthers("machine-stale", still, now)));
  for (const { connection, since } of silent) {
    const workUnit = site.workUnitByConnection(connection)?.id;
    if (workUnit === undefined) continue;
    if (now - since < afterMs(noticeScope(site), "machine-stale", workUnit)) continue;
    raised.push(...(await tell(tx, site, { cause: "stale", connection, workUnit, since }, now)));
  }
}

/** Goes to the second role as well, for as long as nobody has acknowledged. */
async function escalate(tx: Tx, { site }: SweepPorts, now: Instant): Promise<readonly NoticeChange[]> {
  const due = await tx.notices.escalatable(now, escalationsMax);
  for (const notice of due) {
    if (!notice.escalate) continue;
    await tx.notices.escalate(notice.id, instant(now));
    const { role, by } = notice.escalate;
    // Channels that the site no longer has are not written to.
    const known = by.filter((id) => site.notices.channels.some((channel) => channel.id === id));
    await planDeliveries(tx, site, { id: notice.id, notice, stage: "escalated", role, by: known }, now);
  }
  return due;
}
