/** Statements of people about work units, the states between them, shifts on paper, and who has seen a job order. */
import { toJson, withExactNumbers } from "../base/json.ts";
import type { Tx } from "../flows/ports.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import { statementWays, type Statement, type StatementWay } from "../record/statement.ts";
import { at, int, text, textOrNull, when, whenOrNull, type Query, type Row } from "./connection.ts";

type StatementRepository = Tx["statements"];

const columns =
  "s.id, s.ordinal, s.unit, s.said, s.meaning, s.person, s.because, s.way, s.event_at, s.said_at, s.terminal, s.command, s.corrects";
/** It had an effect, and nobody has taken it back. */
const stands = "s.effective and not exists (select 1 from statement c where c.corrects = s.id)";
/** After every ordinal of its time. */
const lastOrdinal = "9223372036854775807";

export function statementRepository(query: Query): StatementRepository {
  return {
    ...stateQueries(query),
    ...machineQueries(query),
    ...once(query),

    async lockUnit(unit) {
      await query.run("statement.unit", "insert into unit_terminal (unit) values ($1) on conflict do nothing", [unit]);
      await query.run("statement.lock-unit", "select 1 from unit_terminal where unit = $1 for update", [unit]);
    },

    async get(id) {
      const [row] = await query.run(
        "statement.get",
        `select ${columns}, exists (select 1 from statement c where c.corrects = s.id) as taken_back
         from statement s where s.id = $1`,
        [id],
      );
      return row ? { statement: statementOf(row), isTakenBack: row["taken_back"] === true } : null;
    },

    async stateBefore(unit, place) {
      const [row] = await query.run(
        "statement.state-before",
        `select s.event_at, k.state from statement s join statement_state k on k.statement = s.id
         where s.unit = $1 and ${stands} and ($2::timestamptz is null or (s.event_at, s.ordinal) < ($2, $3::bigint))
         order by s.event_at desc, s.ordinal desc limit 1`,
        [unit, at(place?.at ?? null), place?.ordinal ?? lastOrdinal],
      );
      return row ? { eventAt: when(row["event_at"]), state: withExactNumbers<unknown>(row["state"]) } : null;
    },

    async standingFrom(unit, place) {
      const rows = await query.run(
        "statement.standing",
        `select ${columns} from statement s where s.unit = $1 and ${stands} and (s.event_at, s.ordinal) >= ($2, $3::bigint)
         order by s.event_at, s.ordinal`,
        [unit, at(place.at), place.ordinal],
      );
      return rows.map(statementOf);
    },

    async add(statement, isEffective, recordedAt) {
      await query.run("statement.add", addText, [
        statement.id,
        statement.unit,
        statement.said.kind,
        toJson(statement.said),
        toJson(statement.meaning),
        statement.person,
        statement.because,
        statement.way,
        at(statement.eventAt),
        at(statement.saidAt),
        statement.terminal,
        at(recordedAt),
        statement.command,
        statement.corrects,
        isEffective,
      ]);
    },
  };
}

/** What was known after each statement that stands. */
function stateQueries(query: Query): Pick<StatementRepository, "keepStates" | "dropState"> {
  return {
    async keepStates(states) {
      if (states.length === 0) return;
      await query.run(
        "statement.keep-states",
        `insert into statement_state (statement, state) select s, k::jsonb from unnest($1::text[], $2::text[]) as x (s, k)
         on conflict (statement) do update set state = excluded.state`,
        [states.map((s) => s.statement), states.map((s) => toJson(s.state))],
      );
    },

    async dropState(statement) {
      await query.run("statement.drop-state", "delete from statement_state where statement = $1", [statement]);
    },
  };
}

/** What a machine says about the unit that people report at. */
function machineQueries(query: Query): Pick<StatementRepository, "machineRuns" | "machineStop"> {
  return {
    async machineRuns(workUnit, eventAt) {
      const rows = await query.run(
        "statement.machine-runs",
        `select id, job_order from run where work_unit = $1 and started_at <= $2 and (ended_at is null or ended_at > $2)
         and not outside order by started_at desc, id`,
        [workUnit, at(eventAt)],
      );
      return rows.map((row) => ({ id: text(row["id"]), jobOrder: textOrNull(row["job_order"]) }));
    },

    async machineStop(workUnit) {
      const [row] = await query.run("statement.machine-stop", machineStopText, [workUnit]);
      return row ? whenOrNull(row["since"]) : null;
    },
  };
}

/** What is written once, whoever says it again. */
function once(query: Query): Pick<StatementRepository, "claimShift" | "acknowledge"> {
  return {
    async claimShift(unit, digest, command) {
      const rows = await query.run(
        "statement.claim-shift",
        "insert into paper_shift (unit, digest, command) values ($1, $2, $3) on conflict do nothing returning unit",
        [unit, digest, command],
      );
      return rows.length === 1;
    },

    async acknowledge(jobOrder, person, acknowledgedAt) {
      const [row] = await query.run(
        "statement.acknowledge",
        `insert into job_order_acknowledgement as a (job_order, person, at) values ($1, $2, $3)
         on conflict (job_order) do update set job_order = a.job_order returning at`,
        [jobOrder, person, at(acknowledgedAt)],
      );
      return when(row?.["at"]);
    },
  };
}

const addText = `insert into statement (id, unit, kind, said, meaning, person, because, way, event_at, said_at, terminal,
  recorded_at, command, corrects, effective)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`;

/** The state that the machine entered last, when it is one in which it stands still, and was not corrected. */
const machineStopText = `
  select case when f.body ->> 'state' in ('held', 'fault') then f.event_at end as since from fact f
  where f.work_unit = $1 and f.kind = 'StateEntered' and not exists (
    select 1 from fact c where c.source = f.source and c.event_at = f.event_at and c.kind = 'Corrected'
      and c.body ->> 'corrects' = f.id)
  order by f.event_at desc, f.revision desc limit 1`;

function statementOf(row: Row): Statement {
  return {
    id: text(row["id"]),
    unit: text(row["unit"]),
    ordinal: int(row["ordinal"]),
    said: withExactNumbers<Statement["said"]>(row["said"]),
    meaning: withExactNumbers<Statement["meaning"]>(row["meaning"]),
    // Written by ourselves from a PersonKey.
    person: text(row["person"]) as PersonKey,
    because: textOrNull(row["because"]),
    way: wayOf(text(row["way"])),
    eventAt: when(row["event_at"]),
    saidAt: whenOrNull(row["said_at"]),
    terminal: textOrNull(row["terminal"]),
    command: text(row["command"]),
    corrects: textOrNull(row["corrects"]),
  };
}

function wayOf(value: string): StatementWay {
  const way = statementWays.find((known) => known === value);
  if (!way) throw new Error(`The database holds the way "${value}" of a statement, which this program does not know.`);
  return way;
}
