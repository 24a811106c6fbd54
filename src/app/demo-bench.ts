/** A bench of the demo: what stands there by the database, and what is said there through the same flow as at a terminal. */
import { systemClock } from "../base/clock.ts";
import { contentId } from "../base/id.ts";
import { instant, type Instant } from "../base/instant.ts";
import { whole } from "../base/quantity.ts";
import { reportAtUnit, type ReportPorts } from "../flows/report.ts";
import { stateOf } from "../flows/report-scene.ts";
import type { JobOrderRow, Store, Tx } from "../flows/ports.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import type { Said } from "../record/statement.ts";
import type { Bench, BenchJob, WorkerSays } from "../simulation/demo/worker.ts";
import type { Site, SiteWorkUnit } from "../site/site.ts";

/** The pseudonymous key under which the simulated worker of a bench reports. */
export function workerAt(unit: string): PersonKey {
  return contentId("person", "demo", "worker", unit) as PersonKey; // a key of its own; nobody stands behind it
}

const pieceUnit = "C62";
const million = 1_000_000n;
const nextMax = 20;

export function demoBench(of: {
  readonly unit: SiteWorkUnit;
  readonly site: Site;
  readonly store: Store;
  readonly onReported: ReportPorts["onReported"];
}): Bench {
  const { unit, site, store, onReported } = of;
  const worker = workerAt(unit.id);
  const ports: ReportPorts = { store, site, clock: systemClock, onReported };
  const since = systemClock.now();
  let said = 0;
  let seenTo: Instant = since;
  let visitedAt: number | null = null;
  return {
    unit: unit.id,
    current: () =>
      store.transaction(async (tx) => {
        const { run } = stateOf(await tx.statements.stateBefore(unit.id, null));
        if (!run) return null;
        const [row] = await tx.jobOrders.lock([run.jobOrder]);
        return row ? jobOf(row) : null;
      }),
    next: () =>
      store.transaction(async (tx) => {
        const rows = await tx.jobOrders.dispatchable(unit.partOf, unit.id, nextMax, []);
        const row = rows.find(({ goodMicro, jobOrder }) => goodMicro < jobOrder.quantity.micro);
        return row ? jobOf(row) : null;
      }),
    say: async (what) => {
      const before = what.kind === "start" ? await store.transaction((tx) => preparing(tx, unit, what.jobOrder)) : [];
      for (const words of [...before, inWords(what)]) {
        said += 1;
        const command = contentId("demo-worker", unit.id, since, said);
        const done = await reportAtUnit(ports, command, { ...plainly, unit: unit.id, person: worker, said: words });
        if (!done.ok) return done.fault.message;
      }
      return null;
    },
    visitedAt: async () => {
      const last = await store.transaction((tx) => lastVisit(tx, unit.id, worker, seenTo));
      // What was said in the same millisecond may still come.
      seenTo = instant(systemClock.now() - 1_000);
      if (last !== null) visitedAt = Math.max(visitedAt ?? 0, last);
      return visitedAt;
    },
  };
}

const plainly = {
  at: null,
  way: "terminal",
  because: null,
  corrects: null,
  terminal: null,
  mayBackDate: false,
  maySubstitute: false,
} as const;

function inWords(what: WorkerSays): Said {
  switch (what.kind) {
    case "start":
      return { kind: "start", jobOrder: what.jobOrder, phase: "production" };
    case "count":
      return { kind: "count", grade: what.grade, quantity: whole(what.pieces, pieceUnit), reason: what.reason };
    case "finish":
      return { kind: "finish" };
  }
}

/** What lies at a place and is not wanted is taken away; what the job needs there is loaded, from the lot it names. */
async function preparing(tx: Tx, unit: SiteWorkUnit, jobOrder: string): Promise<readonly Said[]> {
  const [row] = await tx.jobOrders.lock([jobOrder]);
  const [request] = row ? await tx.requests.get([row.jobOrder.request]) : [];
  const needs = request?.segments.find(({ id }) => id === row?.jobOrder.segment)?.materials ?? [];
  const { loads } = stateOf(await tx.statements.stateBefore(unit.id, null));
  return (unit.positions ?? []).flatMap(({ id: position, materialPrefix }): Said[] => {
    const need = needs.find(({ material }) => material.startsWith(materialPrefix));
    const there = loads.find((load) => load.position === position);
    if (!need || (there?.material === need.material && there.lot === need.lot)) return [];
    const { material, lot } = need;
    const load = {
      kind: "load",
      material,
      lot,
      position,
      handlingUnit: null,
      quantity: null,
      substitutes: null,
    } as const;
    return there ? [{ kind: "unload", position, returned: null }, load] : [load];
  });
}

async function lastVisit(tx: Tx, unit: string, worker: PersonKey, from: Instant): Promise<number | null> {
  const newer = await tx.statements.standingFrom(unit, { at: from, ordinal: 0 });
  return newer.findLast(({ person }) => person !== worker)?.eventAt ?? null;
}

function jobOf({ jobOrder, goodMicro }: JobOrderRow): BenchJob {
  return {
    jobOrder: jobOrder.id,
    order: jobOrder.request.slice(jobOrder.request.lastIndexOf("/") + 1),
    operation: jobOrder.segment,
    asked: Number(jobOrder.quantity.micro / million),
    good: Number(goodMicro / million),
  };
}
