/** Instructions to machines, with at most one open per job order id of a machine. */
import { toJson, withExactNumbers } from "../base/json.ts";
import type { Tx } from "../flows/ports.ts";
import { instructionStates, type Instruction } from "../record/instruction.ts";
import { at, int, text, when, type Query, type Row } from "./connection.ts";

type InstructionRepository = Tx["instructions"];

export const instructionColumns =
  "id, connection, work_unit, job_order, state, content, fault, read_back, created_at, version";

export function instructionRepository(query: Query): InstructionRepository {
  return {
    plan: (instruction) => plan(query, instruction),

    async open(connection) {
      const rows = await query.run(
        "instruction.open",
        `select ${instructionColumns} from instruction where connection = $1 and state in ('planned', 'writing', 'verified', 'in-doubt') order by ordinal`,
        [connection],
      );
      return rows.map(instructionOf);
    },

    async lock(id) {
      const [row] = await query.run(
        "instruction.lock",
        `select ${instructionColumns} from instruction where id = $1 for update`,
        [id],
      );
      return row ? instructionOf(row) : null;
    },

    async save(instruction, to, fault, changedAt) {
      const kept = fault && { kind: fault.kind, code: fault.code, message: fault.message };
      const rows = await query.run(
        "instruction.save",
        "update instruction set state = $3, fault = $4, changed_at = $5, read_back = $6, version = version + 1 where id = $1 and version = $2 returning id",
        [
          instruction.id,
          instruction.version,
          to,
          kept && toJson(kept),
          at(changedAt),
          instruction.readBack && toJson(instruction.readBack),
        ],
      );
      if (rows.length !== 1) throw new Error(`Instruction ${instruction.id} was changed by somebody else meanwhile.`);
    },

    async resting(connection, now) {
      const rows = await query.run(
        "instruction.resting",
        `select job_order from instruction where connection = $1 and kind = 'store' and state in ('rolled-back', 'refused')
         group by job_order having max(changed_at) > $2::timestamptz - interval '1 second' * least(300, 2 ^ least(count(*), 9))
           and max(changed_at) <= $2::timestamptz + interval '300 seconds' -- later: a clock was set back, and the rest is over
         union
         select s.job_order from instruction s join job_order j on j.id = s.job_order
         where s.connection = $1 and s.kind = 'store' and s.state = 'armed' and (s.content ->> 'runsEnded')::integer >= j.runs_ended
         and exists (select 1 from instruction r where r.connection = s.connection and r.machine_order = s.machine_order
           and r.kind = 'remove' and r.state = 'armed' and r.ordinal > s.ordinal and r.changed_at > $2::timestamptz - interval '30 seconds'
             and r.changed_at <= $2::timestamptz + interval '30 seconds')`,
        [connection, at(now)],
      );
      return rows.map((row) => text(row["job_order"]));
    },

    armed: (connection) => armed(query, connection),

    toldElsewhere: (jobOrder, connection) => toldElsewhere(query, jobOrder, connection),

    told: (request) => told(query, request),
  };
}

async function armed(query: Query, connection: string): ReturnType<InstructionRepository["armed"]> {
  const rows = await query.run(
    "instruction.armed",
    `select job_order, content from (
       select distinct on (machine_order) job_order, kind, content from instruction
       where connection = $1 and state = 'armed' order by machine_order, ordinal desc) last
     where kind = 'store'`,
    [connection],
  );
  return rows.map((row) => ({ jobOrder: text(row["job_order"]), content: contentOf(row) }));
}

async function toldElsewhere(query: Query, jobOrder: string, connection: string): Promise<readonly string[]> {
  const rows = await query.run(
    "instruction.told-elsewhere",
    `select distinct s.connection from instruction s
     where s.job_order = $1 and s.connection <> $2 and s.kind = 'store'
     and (s.state in ('planned', 'writing', 'verified', 'in-doubt') or (s.state = 'armed' and not exists (
       select 1 from instruction r where r.connection = s.connection and r.machine_order = s.machine_order
       and r.state = 'armed' and r.ordinal > s.ordinal)))
     order by 1`,
    [jobOrder, connection],
  );
  return rows.map((row) => text(row["connection"]));
}

async function told(query: Query, request: string): ReturnType<InstructionRepository["told"]> {
  const [row] = await query.run(
    "instruction.told",
    `select bool_or(i.state in ('planned', 'writing', 'verified', 'in-doubt')) as planned,
         bool_or(i.state = 'armed' and not exists (select 1 from instruction later where later.connection = i.connection
           and later.machine_order = i.machine_order and later.state = 'armed' and later.ordinal > i.ordinal)) as stored
       from instruction i join job_order j on j.id = i.job_order where j.request = $1 and i.kind = 'store'`,
    [request],
  );
  if (row?.["stored"] === true) return "stored";
  return row?.["planned"] === true ? "planned" : "nothing";
}

async function plan(query: Query, instruction: Instruction): Promise<boolean> {
  const { content } = instruction;
  const machineOrder = content.kind === "store" ? content.order.jobOrderId : content.jobOrderId;
  const rows = await query.run(
    "instruction.plan",
    `insert into instruction (id, connection, work_unit, job_order, kind, machine_order, state, content, created_at, changed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) on conflict do nothing returning id`,
    [
      instruction.id,
      instruction.connection,
      instruction.workUnit,
      instruction.jobOrder,
      content.kind,
      machineOrder,
      instruction.state,
      toJson(content),
      at(instruction.createdAt),
    ],
  );
  return rows.length === 1;
}

export function instructionOf(row: Row): Instruction {
  const state = instructionStates.find((known) => known === row["state"]);
  if (!state)
    throw new Error(
      `The database holds the instruction state "${String(row["state"])}", which this program does not know.`,
    );
  return {
    id: text(row["id"]),
    connection: text(row["connection"]),
    workUnit: text(row["work_unit"]),
    jobOrder: text(row["job_order"]),
    state,
    content: contentOf(row),
    fault: withExactNumbers<Instruction["fault"]>(row["fault"]),
    readBack: withExactNumbers<Instruction["readBack"]>(row["read_back"]),
    createdAt: when(row["created_at"]),
    version: int(row["version"]),
  };
}

function contentOf(row: Row): Instruction["content"] {
  return withExactNumbers<Instruction["content"]>(row["content"]);
}
