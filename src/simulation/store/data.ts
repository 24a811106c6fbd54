/** What is committed: the rows of each table with their indexes and locks. Rows are never changed, only replaced. */
import { RowLocks, type Holder } from "./lock.ts";
import type { TableOf } from "./table.ts";

type AnyTable = TableOf<never>;

export class Data {
  readonly #tables = new Map<AnyTable, TableData>();

  of(table: AnyTable): TableData {
    const known = this.#tables.get(table);
    if (known) return known;
    const made = new TableData(table);
    this.#tables.set(table, made);
    return made;
  }

  /** A copy that later writes do not touch: a backup. */
  copy(): Data {
    const copy = new Data();
    for (const [table, data] of this.#tables) {
      for (const [key, row] of data.rows) copy.of(table).put(key, row);
      copy.of(table).lastNumber = data.lastNumber;
    }
    return copy;
  }
}

/** Rows by their key, and by what a table declares as unique or indexed. An index is built when it is first asked. */
export class IndexedRows {
  readonly rows = new Map<string, object>();
  readonly #valuesOf: ValuesOf;
  readonly #built: Index[] = [];
  readonly #byName = new Map<string, Index>();

  constructor(table: AnyTable) {
    this.#valuesOf = valuesOf(table);
  }

  /** The rows with this value, in the order in which they came to it; undefined for none. */
  with(index: string, value: string): Found {
    return this.#index(index).rows.get(value);
  }

  put(key: string, row: object): void {
    if (this.#built.length > 0) {
      const before = this.rows.get(key);
      for (const { valueOf, rows } of this.#built) {
        const was = before === undefined ? null : valueOf(before);
        const is = valueOf(row);
        if (was !== null && was !== is) drop(rows, was, key);
        if (is !== null) add(rows, is, key, row);
      }
    }
    this.rows.set(key, row);
  }

  remove(key: string): void {
    const before = this.rows.get(key);
    if (before === undefined) return;
    for (const { valueOf, rows } of this.#built) {
      const was = valueOf(before);
      if (was !== null) drop(rows, was, key);
    }
    this.rows.delete(key);
  }

  #index(name: string): Index {
    const known = this.#byName.get(name);
    if (known) return known;
    const valueOf = this.#valuesOf[name];
    if (!valueOf) throw new Error(`There is no index ${name}.`);
    const made: Index = { valueOf, rows: new Map() };
    for (const [key, row] of this.rows) {
      const value = valueOf(row);
      if (value !== null) add(made.rows, value, key, row);
    }
    this.#built.push(made);
    this.#byName.set(name, made);
    return made;
  }
}

/** The rows of a table that are committed, with what holds for all who write it. */
export class TableData extends IndexedRows {
  readonly locks = new RowLocks();
  /** Constraint to the values of it that an open transaction has written or taken away. */
  readonly claims: ReadonlyMap<string, Map<string, Holder>>;
  /** The last number that was given to a row; numbers of transactions that were taken back are lost, as sequences do. */
  lastNumber = 0;

  constructor(table: AnyTable) {
    super(table);
    this.claims = new Map([table.primary, ...Object.keys(table.unique)].map((name) => [name, new Map()]));
  }
}

type ValuesOf = Readonly<Record<string, (row: object) => string | null>>;

/** Holds the rows themselves: to look each of them up by its key costs more than all else that is done with it. */
interface Index {
  readonly valueOf: (row: object) => string | null;
  readonly rows: ByValue;
}

type ByValue = Map<string, One | Map<string, object>>;

/** Most values have one row. */
interface One {
  readonly key: string;
  row: object;
}

const known = new WeakMap<AnyTable, ValuesOf>();

function valuesOf(table: AnyTable): ValuesOf {
  let values = known.get(table);
  // A table's functions are given its own rows alone.
  if (!values) known.set(table, (values = { ...table.unique, ...table.indexes } as ValuesOf));
  return values;
}

function add(rows: ByValue, value: string, key: string, row: object): void {
  const there = rows.get(value);
  if (there === undefined) rows.set(value, { key, row });
  else if (there instanceof Map) there.set(key, row);
  else if (there.key === key) there.row = row;
  else {
    const several = new Map([[there.key, there.row]]);
    rows.set(value, several.set(key, row));
  }
}

function drop(rows: ByValue, value: string, key: string): void {
  const there = rows.get(value);
  if (there instanceof Map) {
    if (there.delete(key) && there.size === 0) rows.delete(value);
  } else if (there?.key === key) rows.delete(value);
}

/** What an index gives: a row with its key, or rows by their keys. */
export type Found = Readonly<One> | Map<string, object> | undefined;

export function eachRow(found: Found, take: (row: object, key: string) => void): void {
  if (found instanceof Map) found.forEach(take);
  else if (found) take(found.row, found.key);
}
