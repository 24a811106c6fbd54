/** Statements of people about work units, the states between them, shifts on paper; see `store/statement-repository`. */
import { fromJson, toJson } from "../../base/json.ts";
import type { StatementPlace } from "../../flows/statement-ports.ts";
import type { Tx } from "../../flows/ports.ts";
import type { Statement as Said } from "../../record/statement.ts";
import { kept } from "./copy.ts";
import type { Query } from "./database.ts";
import { fact, run } from "./schema/shop-floor.ts";
import {
  acknowledgement,
  paperShift,
  statement as table,
  statementState,
  unitTerminal,
  type StatementColumns,
} from "./schema/statement.ts";
import type { Seen } from "./table.ts";

type StatementRepository = Tx["statements"];

export function statementRepository(query: Query): StatementRepository {
  return {
    ...stateQueries(query),
    ...machineQueries(query),
    ...once(query),

    lockUnit: (unit) =>
      query.run(async (s) => {
        await s.insertOrFind(unitTerminal, { unit });
        await s.lock(unitTerminal, unit, "update");
      }),

    get: (id) =>
      query.run((s) => {
        const row = s.get(table, id);
        return row ? { statement: statementOf(row), isTakenBack: isTakenBack(s, row) } : null;
      }),

    stateBefore: (unit, place) =>
      query.run((s) => {
        const before = standing(s, unit)
          .filter((row) => place === null || isBefore(row, place))
          .filter((row) => s.get(statementState, row.id) !== undefined);
        const last = before.at(-1);
        const state = last && s.get(statementState, last.id)?.state;
        return last && state !== undefined ? { eventAt: last.event_at, state: fromJson<unknown>(state) } : null;
      }),

    standingFrom: (unit, place) =>
      query.run((s) =>
        standing(s, unit)
          .filter((row) => !isBefore(row, place))
          .map(statementOf),
      ),

    add: (said, isEffective, recordedAt) =>
      query.run((s) =>
        s.insert(table, {
          id: said.id,
          ordinal: s.nextNumber(table),
          unit: said.unit,
          kind: said.said.kind,
          said: kept(said.said),
          meaning: kept(said.meaning),
          person: said.person,
          because: said.because,
          way: said.way,
          event_at: said.eventAt,
          said_at: said.saidAt,
          terminal: said.terminal,
          recorded_at: recordedAt,
          command: said.command,
          corrects: said.corrects,
          effective: isEffective,
        }),
      ),
  };
}

function stateQueries(query: Query): Pick<StatementRepository, "keepStates" | "dropState"> {
  return {
    async keepStates(states) {
      if (states.length === 0) return;
      await query.run(async (s) => {
        for (const { statement, state } of states) {
          const row = { statement, state: toJson(state) };
          if (await s.insertOrFind(statementState, row)) await s.update(statementState, statement, () => row);
        }
      });
    },

    dropState: (statement) =>
      query.run(async (s) => {
        if (s.get(statementState, statement)) await s.remove(statementState, statement);
      }),
  };
}

function machineQueries(query: Query): Pick<StatementRepository, "machineRuns" | "machineStop"> {
  return {
    machineRuns: (workUnit, at) =>
      query.run((s) =>
        s
          .find(run, "work_unit", workUnit)
          .filter((one) => one.started_at <= at && (one.ended_at === null || one.ended_at > at) && !one.outside)
          .toSorted((a, b) => b.started_at - a.started_at || (a.id < b.id ? -1 : 1))
          .map((row) => ({ id: row.id, jobOrder: row.job_order })),
      ),

    machineStop: (workUnit) =>
      query.run((s) => {
        const [row] = s
          .find(fact, "state", workUnit)
          .filter(
            (one) =>
              !s
                .find(fact, "corrects", one.id)
                .some((other) => other.source === one.source && other.event_at === one.event_at),
          )
          .toSorted((a, b) => b.event_at - a.event_at || b.revision - a.revision);
        const isStopped = row?.body.kind === "StateEntered" && ["held", "fault"].includes(row.body.state);
        return row && isStopped ? row.event_at : null;
      }),
  };
}

function once(query: Query): Pick<StatementRepository, "claimShift" | "acknowledge"> {
  return {
    claimShift: (unit, digest, command) =>
      query.run(async (s) => (await s.insertOrFind(paperShift, { unit, digest, command })) === null),

    acknowledge: (jobOrder, person, at) =>
      query.run(async (s) => (await s.insertOrFind(acknowledgement, { job_order: jobOrder, person, at }))?.at ?? at),
  };
}

/** Had an effect, and nobody has taken it back; in order. */
function standing(seen: Seen, unit: string): readonly StatementColumns[] {
  return seen
    .find(table, "unit", unit)
    .filter((row) => row.effective && !isTakenBack(seen, row))
    .toSorted((a, b) => a.event_at - b.event_at || a.ordinal - b.ordinal);
}

function isTakenBack(seen: Seen, { id }: StatementColumns): boolean {
  return seen.find(table, "statement_corrects_key", id).length > 0;
}

function isBefore({ event_at: at, ordinal }: StatementColumns, place: StatementPlace): boolean {
  return at < place.at || (at === place.at && ordinal < place.ordinal);
}

function statementOf(row: StatementColumns): Said {
  const { id, unit, ordinal, said, meaning, person, because, way, terminal, command, corrects } = row;
  const words = { said: kept(said), meaning: kept(meaning) };
  return {
    id,
    unit,
    ordinal,
    ...words,
    person,
    because,
    way,
    eventAt: row.event_at,
    saidAt: row.said_at,
    terminal,
    command,
    corrects,
  };
}
