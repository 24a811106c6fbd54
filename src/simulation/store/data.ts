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

/** The rows of a table, or those of them that a transaction has written. */
export class TableData {
  readonly locks = new RowLocks();
  /** Constraint to the values of it that an open transaction has written or taken away. */
  readonly claims: ReadonlyMap<string, Map<string, Holder>>;
  readonly rows = new Map<string, object>();
  /** The last number that was given to a row; numbers of transactions that were taken back are lost, as sequences do. */
  lastNumber = 0;
  readonly #indexes = new Map<string, Map<string, Set<string>>>();
  readonly #values: readonly (readonly [string, (row: object) => string | null])[];

  constructor(table: AnyTable) {
    // A table's functions are given its own rows alone.
    const values = { ...table.unique, ...table.indexes } as Readonly<Record<string, (row: object) => string | null>>;
    this.#values = Object.entries(values);
    this.claims = new Map([table.primary, ...Object.keys(table.unique)].map((name) => [name, new Map()]));
    for (const [name] of this.#values) this.#indexes.set(name, new Map());
  }

  /** Keys of the rows with this value. */
  keys(index: string, value: string): ReadonlySet<string> {
    return this.#indexes.get(index)?.get(value) ?? none;
  }

  put(key: string, row: object): void {
    const before = this.rows.get(key);
    for (const [name, valueOf] of this.#values) {
      const was = before === undefined ? null : valueOf(before);
      const is = valueOf(row);
      if (was === is) continue;
      if (was !== null) this.#drop(name, was, key);
      if (is !== null) this.#add(name, is, key);
    }
    this.rows.set(key, row);
  }

  remove(key: string): void {
    const before = this.rows.get(key);
    if (before === undefined) return;
    for (const [name, valueOf] of this.#values) {
      const was = valueOf(before);
      if (was !== null) this.#drop(name, was, key);
    }
    this.rows.delete(key);
  }

  #add(index: string, value: string, key: string): void {
    const values = this.#indexes.get(index);
    const keys = values?.get(value);
    if (keys) keys.add(key);
    else values?.set(value, new Set([key]));
  }

  #drop(index: string, value: string, key: string): void {
    const values = this.#indexes.get(index);
    const keys = values?.get(value);
    keys?.delete(key);
    if (keys?.size === 0) values?.delete(value);
  }
}

const none: ReadonlySet<string> = new Set();
