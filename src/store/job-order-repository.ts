/** Job orders: what is dispatched, and how much of it was counted. */
import { toJson, withExactNumbers } from "../base/json.ts";
import type { JobOrderRepository, JobOrderRow } from "../flows/ports.ts";
import { jobOrderStates, type JobOrder, type JobOrderState } from "../isa95/schedule/job-order.ts";
import { at, exact, int, text, textOrNull, whenOrNull, type Query, type Row } from "./connection.ts";
import { projectOrders, projectProgress } from "./view/order-projection.ts";

export const jobOrderColumns = `id, request, segment, work_center, work_unit, material, quantity_micro, uom, state, dispatch_key, earliest_start,
  machine_order, machine_job, machine_article, setup, good_micro, scrap_micro, rework_micro, count_parts, runs_ended, version`;

export function jobOrderRepository(query: Query): JobOrderRepository {
  return {
    async insert(jobOrders) {
      for (const jobOrder of jobOrders) query.post("job-order.insert", insertText, valuesOf(jobOrder));
      projectOrders(query, [...new Set(jobOrders.map((jobOrder) => jobOrder.request))].toSorted());
    },

    async ofRequest(request) {
      const rows = await query.run(
        "job-order.of-request",
        `select ${jobOrderColumns} from job_order where request = $1 order by id for no key update`,
        [request],
      );
      return rows.map(jobOrderRowOf);
    },

    async readRequest(request) {
      const rows = await query.run(
        "job-order.read-request",
        `select ${jobOrderColumns} from job_order where request = $1 order by id`,
        [request],
      );
      return rows.map(jobOrderRowOf);
    },

    ofOperations: (operations) => ofOperations(query, operations),

    async named(workCenter, job, article) {
      const rows = await query.run(
        "job-order.named",
        `select ${jobOrderColumns} from job_order where machine_job = $2 and work_center = $1
         and (machine_article is null or machine_article = $3) order by dispatch_key`,
        [workCenter, job, article],
      );
      return rows.map(jobOrderRowOf);
    },

    async lock(ids) {
      if (ids.length === 0) return [];
      const rows = await query.run(
        "job-order.lock",
        `select ${jobOrderColumns} from job_order where id in (select * from unnest($1::text[])) order by id for no key update`,
        [ids],
      );
      return rows.map(jobOrderRowOf);
    },

    save: (rows) => save(query, rows),

    async dispatchable(workCenter, workUnit, limit, also) {
      const rows = await query.run(
        "job-order.dispatchable",
        // A union is in no order of its own.
        `select * from (
           (select ${jobOrderColumns} from job_order where work_center = $1 and state = 'ready' and (work_unit is null or work_unit = $2)
              and good_micro < quantity_micro order by (runs_ended > 0), dispatch_key limit $3)
           union
           select ${jobOrderColumns} from job_order where id = any ($4::text[])
         ) as found order by id = any ($4::text[]), (runs_ended > 0), dispatch_key`,
        [workCenter, workUnit, limit, also],
      );
      return rows.map(jobOrderRowOf);
    },
  };
}

async function ofOperations(
  query: Query,
  ...[operations]: Parameters<JobOrderRepository["ofOperations"]>
): Promise<readonly JobOrderRow[]> {
  if (operations.length === 0) return [];
  const rows = await query.run(
    "job-order.of-operations",
    `select ${jobOrderColumns} from job_order
     where (request, segment) in (select * from unnest($1::text[], $2::text[])) order by id for no key update`,
    [operations.map(({ request }) => request), operations.map(({ segment }) => segment)],
  );
  return rows.map(jobOrderRowOf);
}

/** All with one statement: a batch moves as many as there are machines. */
async function save(query: Query, rows: readonly JobOrderRow[]): Promise<void> {
  if (rows.length === 0) return;
  const jobOrders = rows.map((row) => row.jobOrder);
  const saved = await query.run("job-order.save", saveText, [
    jobOrders.map((j) => j.id),
    jobOrders.map((j) => j.version),
    jobOrders.map((j) => j.state),
    jobOrders.map((j) => j.workUnit),
    jobOrders.map((j) => j.quantity.micro),
    jobOrders.map((j) => j.dispatchKey),
    rows.map((row) => row.goodMicro),
    rows.map((row) => row.scrapMicro),
    rows.map((row) => row.reworkMicro),
    rows.map((row) => row.runsEnded),
    jobOrders.map((j) => j.material),
    jobOrders.map((j) => at(j.earliestStart)),
    jobOrders.map((j) => j.machineName?.jobOrderId ?? null),
    jobOrders.map((j) => j.machineName?.job ?? null),
    jobOrders.map((j) => j.machineName?.article ?? null),
    jobOrders.map((j) => toJson(j.setup)),
    rows.map((row) => toJson(row.countParts)),
  ]);
  if (saved.length !== rows.length) {
    const written = new Set(saved.map((row) => text(row["id"])));
    const moved = jobOrders.filter((j) => !written.has(j.id)).map((j) => j.id);
    throw new Error(`Job order ${moved.join(", ")} was changed by somebody else meanwhile.`);
  }
  projectProgress(query, ...new Set(jobOrders.map((j) => j.request)));
}

const saveText = `update job_order j set state = s.state, work_unit = s.unit, quantity_micro = s.micro, dispatch_key = s.key, good_micro = s.good,
  scrap_micro = s.scrap, rework_micro = s.rework, runs_ended = s.runs, material = s.material, earliest_start = s.start,
  machine_order = s.machine_order, machine_job = s.machine_job, machine_article = s.machine_article, setup = s.setup::jsonb,
  count_parts = s.parts::jsonb, version = j.version + 1
  from unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::integer[],
    $11::text[], $12::timestamptz[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[])
    as s (id, version, state, unit, micro, key, good, scrap, rework, runs, material, start, machine_order, machine_job, machine_article, setup, parts)
  where j.id = s.id and j.version = s.version returning j.id`;

const insertText = `insert into job_order (id, request, segment, work_center, work_unit, material, quantity_micro, uom, state,
  dispatch_key, earliest_start, machine_order, machine_job, machine_article, setup)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
  on conflict (id) do update set work_center = $4,
  work_unit = case when job_order.work_center = $4 then coalesce($5, job_order.work_unit) else $5 end, material = $6, quantity_micro = $7, uom = $8, state = $9,
  dispatch_key = $10, earliest_start = $11, machine_order = $12, machine_job = $13, machine_article = $14, setup = $15,
  version = job_order.version + 1`;

function valuesOf(jobOrder: JobOrder): readonly unknown[] {
  const { machineName: name } = jobOrder;
  return [
    jobOrder.id,
    jobOrder.request,
    jobOrder.segment,
    jobOrder.workCenter,
    jobOrder.workUnit,
    jobOrder.material,
    jobOrder.quantity.micro,
    jobOrder.quantity.uom,
    jobOrder.state,
    jobOrder.dispatchKey,
    at(jobOrder.earliestStart),
    name?.jobOrderId ?? null,
    name?.job ?? null,
    name?.article ?? null,
    toJson(jobOrder.setup),
  ];
}

export function jobOrderRowOf(row: Row): JobOrderRow {
  const machineOrder = textOrNull(row["machine_order"]);
  const jobOrder: JobOrder = {
    id: text(row["id"]),
    request: text(row["request"]),
    segment: text(row["segment"]),
    workCenter: text(row["work_center"]),
    workUnit: textOrNull(row["work_unit"]),
    material: text(row["material"]),
    quantity: { micro: exact(row["quantity_micro"]), uom: text(row["uom"]) },
    state: stateOf(text(row["state"])),
    dispatchKey: text(row["dispatch_key"]),
    earliestStart: whenOrNull(row["earliest_start"]),
    machineName:
      machineOrder === null
        ? null
        : { jobOrderId: machineOrder, job: text(row["machine_job"]), article: textOrNull(row["machine_article"]) },
    setup: withExactNumbers<JobOrder["setup"]>(row["setup"]),
    version: int(row["version"]),
  };
  return {
    jobOrder,
    goodMicro: exact(row["good_micro"]),
    scrapMicro: exact(row["scrap_micro"]),
    reworkMicro: exact(row["rework_micro"]),
    countParts: withExactNumbers<JobOrderRow["countParts"]>(row["count_parts"]),
    runsEnded: int(row["runs_ended"]),
  };
}

function stateOf(value: string): JobOrderState {
  const state = jobOrderStates.find((known) => known === value);
  if (!state) throw new Error(`The database holds the job order state "${value}", which this program does not know.`);
  return state;
}
