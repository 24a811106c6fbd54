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

  /** Key of the row with this value, or keys of several; undefined for none. */
  keys(index: string, value: string): string | ReadonlySet<string> | undefined {
    return this.#index(index).keys.get(value);
  }

  put(key: string, row: object): void {
    if (this.#built.length > 0) {
      const before = this.rows.get(key);
      for (const { valueOf, keys } of this.#built) {
        const was = before === undefined ? null : valueOf(before);
        const is = valueOf(row);
        if (was === is) continue;
        if (was !== null) drop(keys, was, key);
        if (is !== null) add(keys, is, key);
      }
    }
    this.rows.set(key, row);
  }

  remove(key: string): void {
    const before = this.rows.get(key);
    if (before === undefined) return;
    for (const { valueOf, keys } of this.#built) {
      const was = valueOf(before);
      if (was !== null) drop(keys, was, key);
    }
    this.rows.delete(key);
  }

  #index(name: string): Index {
    const known = this.#byName.get(name);
    if (known) return known;
    const valueOf = this.#valuesOf[name];
    if (!valueOf) throw new Error(`There is no index ${name}.`);
    const made: Index = { valueOf, keys: new Map() };
    for (const [key, row] of this.rows) {
      const value = valueOf(row);
      if (value !== null) add(made.keys, value, key);
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

interface Index {
  readonly valueOf: (row: object) => string | null;
  readonly keys: Keys;
}

/** Value to the keys of its rows: most values have one. */
type Keys = Map<string, string | Set<string>>;

const known = new WeakMap<AnyTable, ValuesOf>();

function valuesOf(table: AnyTable): ValuesOf {
  let values = known.get(table);
  // A table's functions are given its own rows alone.
  if (!values) known.set(table, (values = { ...table.unique, ...table.indexes } as ValuesOf));
  return values;
}

function add(keys: Keys, value: string, key: string): void {
  const there = keys.get(value);
  if (there === undefined) keys.set(value, key);
  else if (typeof there !== "string") there.add(key);
  else if (there !== key) keys.set(value, new Set([there, key]));
}

function drop(keys: Keys, value: string, key: string): void {
  const there = keys.get(value);
  if (there === key) keys.delete(value);
  else if (there instanceof Set && there.delete(key) && there.size === 0) keys.delete(value);
}

/** Of keys that an index gives. */
export function eachKey(keys: string | ReadonlySet<string> | undefined, take: (key: string) => void): void {
  if (typeof keys === "string") take(keys);
  else if (keys) for (const key of keys) take(key);
}
