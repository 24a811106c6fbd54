/** Tables of what people said about work units. Columns and rules as in `store/migrations`. */
import type { Instant } from "../../../base/instant.ts";
import { statementWays, type Statement } from "../../../record/statement.ts";
import { keyOf, table, type TableOf } from "../table.ts";
import { command, jobOrder } from "./order.ts";

/** The lock under which a statement is judged. */
export const unitTerminal = table<{ readonly unit: string }>({ name: "unit_terminal", key: (row) => row.unit });

export type StatementColumns = {
  readonly id: string;
  readonly ordinal: number;
  readonly unit: string;
  readonly kind: Statement["said"]["kind"];
  readonly said: Statement["said"];
  readonly meaning: Statement["meaning"];
  readonly person: Statement["person"];
  readonly because: string | null;
  readonly way: Statement["way"];
  readonly event_at: Instant;
  readonly said_at: Instant | null;
  readonly terminal: string | null;
  readonly recorded_at: Instant;
  readonly command: string;
  readonly corrects: string | null;
  readonly effective: boolean;
};

export const statement: TableOf<StatementColumns> = table<StatementColumns>({
  name: "statement",
  key: (row) => row.id,
  unique: { statement_corrects_key: (row) => row.corrects },
  checks: {
    statement_way_check: (row) => statementWays.includes(row.way),
    afterwards_has_reason: (row) => row.way === "live" || row.way === "offline" || row.because !== null,
  },
  guards: { statement_is_append_only: () => false },
  references: [
    { to: unitTerminal, of: (row) => row.unit },
    { to: command, of: (row) => row.command },
    {
      // The table itself, which is not there yet while it is declared.
      get to() {
        return statement;
      },
      of: (row) => row.corrects,
    },
  ],
  indexes: { unit: (row) => row.unit, person: (row) => row.person },
});

/** What was known of the unit after each statement that stands. */
export const statementState = table<{
  readonly statement: string;
  /** JSON text: it is given out anew each time. */
  readonly state: string;
}>({
  name: "statement_state",
  key: (row) => row.statement,
  references: [{ to: statement, of: (row) => row.statement }],
});

export const paperShift = table<{ readonly unit: string; readonly digest: string; readonly command: string }>({
  name: "paper_shift",
  key: (row) => keyOf(row.unit, row.digest),
  references: [{ to: command, of: (row) => row.command }],
});

export const acknowledgement = table<{
  readonly job_order: string;
  readonly person: string;
  readonly at: Instant;
}>({
  name: "job_order_acknowledgement",
  key: (row) => row.job_order,
  references: [{ to: jobOrder, of: (row) => row.job_order }],
});
