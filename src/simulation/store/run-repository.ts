/** Runs: what the shop floor did, whoever started it; see `store/run-repository`. */
import type { Instant } from "../../base/instant.ts";
import type { HeldRun, RunRepository } from "../../flows/ports.ts";
import { manualSourcePrefix } from "./fact-rule.ts";
import { runOf } from "../../store/run-repository.ts";
import type { Query } from "./database.ts";
import { jobOrder } from "./schema/order.ts";
import { posting } from "./schema/posting.ts";
import { fact, run as table, type RunColumns } from "./schema/shop-floor.ts";
import { keyOf, type Seen } from "./table.ts";
import type { Statement } from "./transaction.ts";

export function runRepository(query: Query): RunRepository {
  const change = (id: string, by: (row: RunColumns) => Partial<RunColumns>) => async (s: Statement) =>
    void (await s.update(table, id, (row) => ({ ...by(row), version: row.version + 1 })));
  return {
    async begin(run, stored) {
      query.post((s) => begin(s, run, stored));
    },

    async end(id, at, result) {
      query.post(change(id, () => ({ ended_at: at, result })));
    },

    async reopen(id) {
      query.post(change(id, () => ({ ended_at: null, result: null, planned_before: null })));
    },

    async lock(ids) {
      return ids.length === 0 ? [] : query.run((s) => locked(s, ids));
    },

    openCount: (id) => query.run((s) => s.find(table, "job_order", id).filter((row) => row.ended_at === null).length),

    openOf: (source) =>
      query.run((s) =>
        s
          .all(table)
          .filter((row) => row.source === source && row.ended_at === null)
          .map(runOf)
          .toSorted((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1)),
      ),

    decide: (id, { jobOrder: order, decided, assignment }) =>
      query.run(change(id, () => ({ job_order: order, decided, assignment }))),

    forsaken: ({ source, job, article }) =>
      query.run(async (s) => {
        const found = s.find(table, "forsaken", keyOf(source, job, article)).filter((row) => isSpokenOf(s, row));
        const rows = await locked(
          s,
          found.map((row) => row.id),
        );
        return rows.map((run) => ({ run, lastEventAt: lastEventAt(s, run) }));
      }),

    putInPlace: (id, heir) => query.run(change(id, () => ({ heir }))),

    async planned(id, before) {
      query.post(async (s) => void (await s.update(table, id, () => ({ planned_before: before }))));
    },

    ofRequest: (request) =>
      query.run((s) =>
        locked(
          s,
          s.find(jobOrder, "request", request).flatMap((o) => s.find(table, "job_order", o.id).map((row) => row.id)),
        ),
      ),
  };
}

async function begin(s: Statement, ...[run, stored]: Parameters<RunRepository["begin"]>): Promise<void> {
  const now = {
    job_order: run.jobOrder,
    ended_at: run.endedAt,
    result: run.result,
    was_stored: stored.was,
    unstored_because: stored.because,
    decided: null,
    heir: null,
    planned_before: null,
  };
  const there = await s.insertOrFind(table, {
    id: run.id,
    source: run.source,
    work_unit: run.workUnit,
    job: run.job,
    article: run.article,
    outside: run.outside,
    started_at: run.startedAt,
    ...now,
    assignment: 0,
    version: 0,
  });
  if (!there) return;
  await s.update(table, run.id, (row) => (row.result === "corrected" ? { ...now, version: row.version + 1 } : null));
}

async function locked(s: Statement, ids: readonly string[]): Promise<readonly HeldRun[]> {
  const rows: HeldRun[] = [];
  for (const id of [...new Set(ids)].toSorted()) {
    const row = await s.lock(table, id, "update");
    if (row) rows.push(runOf(row));
  }
  return rows;
}

/** Something was decided, said or posted about it. */
function isSpokenOf(seen: Seen, row: RunColumns): boolean {
  return (
    row.decided !== null ||
    seen.find(posting, "run", row.id).length > 0 ||
    seen.find(fact, "run", row.id).some((f) => f.rule === "decision/units" || f.source.startsWith(manualSourcePrefix))
  );
}

function lastEventAt(seen: Seen, run: HeldRun): Instant {
  let last: Instant | null = null;
  for (const { said_by: saidBy, event_at: at } of seen.find(fact, "run", run.id)) {
    if (saidBy.by === "machine" && (last === null || at > last)) last = at;
  }
  return last ?? run.startedAt;
}

/** The run and all in whose place it stands. */
export function lineOf(seen: Seen, run: string): readonly string[] {
  const line = [run];
  for (const id of line)
    for (const before of seen.find(table, "heir", id)) if (!line.includes(before.id)) line.push(before.id);
  return line;
}
