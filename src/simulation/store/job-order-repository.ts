/** Job orders: what is dispatched, and how much of it was counted; see `store/job-order-repository`. */
import type { JobOrderRepository, JobOrderRow } from "../../flows/ports.ts";
import type { JobOrder } from "../../isa95/schedule/job-order.ts";
import { jobOrderRowOf } from "../../store/job-order-repository.ts";
import { byText, kept } from "./copy.ts";
import type { Query } from "./database.ts";
import { jobOrder as table, type JobOrderColumns } from "./schema/order.ts";
import type { Statement } from "./transaction.ts";

export function jobOrderRepository(query: Query): JobOrderRepository {
  return {
    async insert(jobOrders) {
      for (const jobOrder of jobOrders) query.post((s) => insert(s, jobOrder));
    },

    ofRequest: (request) =>
      query.run((s) =>
        locked(
          s,
          s.find(table, "request", request).map((row) => row.id),
        ),
      ),

    readRequest: (request) => query.run((s) => s.find(table, "request", request).toSorted(byId).map(jobOrderRowOf)),

    async ofOperations(operations) {
      if (operations.length === 0) return [];
      return query.run((s) => {
        const ids = operations.flatMap(({ request, segment }) =>
          s.find(table, "request", request).flatMap((row) => (row.segment === segment ? [row.id] : [])),
        );
        return locked(s, ids);
      });
    },

    named: (workCenter, job, article) =>
      query.run((s) =>
        s
          .find(table, "machine_job", job)
          .filter((row) => row.work_center === workCenter && [null, article].includes(row.machine_article))
          .toSorted(byDispatch)
          .map(jobOrderRowOf),
      ),

    async lock(ids) {
      return ids.length === 0 ? [] : query.run((s) => locked(s, ids));
    },

    async save(rows) {
      if (rows.length === 0) return;
      await query.run(async (s) => {
        for (const row of rows) await save(s, row);
      });
    },

    dispatchable: (workCenter, workUnit, limit, also) =>
      query.run((s) => {
        const ready = s
          .find(table, "ready", workCenter)
          .filter((row) => [null, workUnit].includes(row.work_unit) && row.good_micro < row.quantity_micro)
          .toSorted(byTurn)
          .slice(0, limit)
          .filter(({ id }) => !also.includes(id));
        const more = [...new Set(also)].flatMap((id) => s.get(table, id) ?? []).toSorted(byTurn);
        return [...ready, ...more].map(jobOrderRowOf);
      }),
  };
}

const byId = byText((row: JobOrderColumns) => row.id);
const byDispatch = byText((row: JobOrderColumns) => row.dispatch_key);
/** What has run already comes after all that has not. */
const byTurn = (a: JobOrderColumns, b: JobOrderColumns): number =>
  Number(a.runs_ended > 0) - Number(b.runs_ended > 0) || byDispatch(a, b);

async function locked(s: Statement, ids: readonly string[]): Promise<readonly JobOrderRow[]> {
  const rows: JobOrderRow[] = [];
  for (const id of [...new Set(ids)].toSorted()) {
    const row = await s.lock(table, id, "no-key-update");
    if (row) rows.push(jobOrderRowOf(row));
  }
  return rows;
}

async function insert(s: Statement, jobOrder: JobOrder): Promise<void> {
  const asked = {
    work_center: jobOrder.workCenter,
    work_unit: jobOrder.workUnit,
    material: jobOrder.material,
    quantity_micro: jobOrder.quantity.micro,
    uom: jobOrder.quantity.uom,
    state: jobOrder.state,
    dispatch_key: jobOrder.dispatchKey,
    earliest_start: jobOrder.earliestStart,
    machine_order: jobOrder.machineName?.jobOrderId ?? null,
    machine_job: jobOrder.machineName?.job ?? null,
    machine_article: jobOrder.machineName?.article ?? null,
    setup: kept(jobOrder.setup),
  };
  const { id, request, segment } = jobOrder;
  const counted = { good_micro: 0n, scrap_micro: 0n, rework_micro: 0n, count_parts: {}, runs_ended: 0, version: 0 };
  const there = await s.insertOrFind(table, { id, request, segment, ...asked, ...counted });
  if (!there) return;
  await s.update(table, id, (row) => {
    const stays = row.work_center === asked.work_center ? row.work_unit : null;
    return { ...asked, work_unit: asked.work_unit ?? stays, version: row.version + 1 };
  });
}

async function save(s: Statement, saved: JobOrderRow): Promise<void> {
  const { jobOrder, goodMicro, scrapMicro, reworkMicro, countParts, runsEnded } = saved;
  const written = await s.update(table, jobOrder.id, (row) =>
    row.version === jobOrder.version
      ? {
          state: jobOrder.state,
          work_unit: jobOrder.workUnit,
          quantity_micro: jobOrder.quantity.micro,
          dispatch_key: jobOrder.dispatchKey,
          good_micro: goodMicro,
          scrap_micro: scrapMicro,
          rework_micro: reworkMicro,
          count_parts: kept(countParts),
          runs_ended: runsEnded,
          setup: kept(jobOrder.setup),
          version: row.version + 1,
        }
      : null,
  );
  if (!written) throw new Error(`Job order ${jobOrder.id} was changed by somebody else meanwhile.`);
}
