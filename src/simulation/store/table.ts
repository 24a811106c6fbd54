/**
 * How a table of the memory store is declared: its key, what is unique, what must hold of each row, and what it refers
 * to. Each rule is stated here once, under the name that the constraint has in PostgreSQL. Which tables there are is in
 * `schema/`; who keeps the rules is `transaction.ts`.
 */

/** Declared over the rows that the table holds; `TableOf<never>` is any table. */
export interface TableOf<R extends object> {
  readonly name: string;
  /** Name of the primary key's constraint. */
  readonly primary: string;
  readonly key: (row: R) => string;
  /** Constraint name to the value that may be there once; null: the row does not take part. */
  readonly unique: Readonly<Record<string, (row: R) => string | null>>;
  /** Constraint name to what must hold of each row. */
  readonly checks: Readonly<Record<string, (row: R) => boolean>>;
  /** What stays as it was: constraint name to whether a row may become another one, or go (null). */
  readonly guards: Readonly<Record<string, (seen: Seen, was: R, row: R | null) => boolean>>;
  readonly references: readonly Reference<R>[];
  /** For look-ups; null: the row is not in it. */
  readonly indexes: Readonly<Record<string, (row: R) => string | null>>;
  /** For what comes after a place: whose rows they are, and where among them a row stands. */
  readonly sequences: Readonly<Record<string, Sequence<R>>>;
  /** What the database refuses by looking at other rows: constraint name to what must hold. `was` is null for a new row. */
  readonly triggers: Readonly<Record<string, (seen: Seen, row: R, was: R | null) => boolean>>;
  /** The same as lists, which are gone through for each row that is written. */
  readonly each: {
    readonly unique: readonly (readonly [string, (row: R) => string | null])[];
    readonly checks: readonly (readonly [string, (row: R) => boolean])[];
    readonly triggers: readonly (readonly [string, (seen: Seen, row: R, was: R | null) => boolean])[];
    readonly guards: readonly (readonly [string, (seen: Seen, was: R, row: R | null) => boolean])[];
  };
}

export interface Sequence<R> {
  /** Null: the row is in none. */
  readonly of: (row: R) => string | null;
  readonly place: (row: R) => number;
}

export interface Reference<R> {
  readonly to: TableOf<never>;
  readonly of: (row: R) => string | null;
  /** Name of the constraint, where it says more than that the other row is there. */
  readonly name?: string;
  /** What the other row must be like. */
  readonly fits?: (row: R, other: never) => boolean;
}

/** The rows that a statement sees: what was committed when it began, and what its own transaction has written. */
export interface Seen {
  get<R extends object>(table: TableOf<R>, key: string): R | undefined;
  /** By an index or a unique constraint; in no order. */
  find<R extends object>(table: TableOf<R>, index: string, value: string): readonly R[];
  /** Those of a sequence that stand after a place, in its order; null: all of them. */
  after<R extends object>(table: TableOf<R>, sequence: string, of: string, place: number | null): readonly R[];
  all<R extends object>(table: TableOf<R>): readonly R[];
}

type Declared<R extends object> = Pick<TableOf<R>, "name" | "key"> & Partial<Omit<TableOf<R>, "each">>;

export function table<R extends object>(declared: Declared<R>): TableOf<R> {
  const { unique = {}, checks = {}, triggers = {}, guards = {} } = declared;
  return {
    primary: `${declared.name}_pkey`,
    references: [],
    indexes: {},
    sequences: {},
    ...declared,
    unique,
    checks,
    triggers,
    guards,
    each: {
      unique: Object.entries(unique),
      checks: Object.entries(checks),
      triggers: Object.entries(triggers),
      guards: Object.entries(guards),
    },
  };
}

/** A key of several columns. */
export function keyOf(...parts: readonly (string | number | null)[]): string {
  return parts.join("\u001f");
}

/** As PostgreSQL says it: the SQLSTATE as `code`, and which constraint refused. */
export class DatabaseError extends Error {
  readonly code: string;
  readonly constraint: string | undefined;

  constructor(code: string, message: string, constraint?: string) {
    super(message);
    this.name = "DatabaseError";
    this.code = code;
    this.constraint = constraint;
  }
}

export const refusedBy = {
  unique: (name: string): DatabaseError =>
    new DatabaseError("23505", `duplicate key value violates unique constraint "${name}"`, name),
  check: (of: string, name: string): DatabaseError =>
    new DatabaseError("23514", `new row for relation "${of}" violates check constraint "${name}"`, name),
  guard: (of: string, name: string): DatabaseError =>
    new DatabaseError("23001", `a row of "${of}" stays as it was: "${name}"`, name),
  reference: (of: string, to: string, name?: string): DatabaseError =>
    new DatabaseError("23503", `insert or update on table "${of}" names a row of "${to}" that is not there`, name),
  turn: (why: string): DatabaseError => new DatabaseError("40001", why),
  deadlock: (): DatabaseError => new DatabaseError("40P01", "deadlock detected"),
} as const;
