/** What is committed: the rows of each table with their indexes and locks. Rows are never changed, only replaced. */
import { RowLocks, type Holder } from "./lock.ts";
import { add, drop, type Found, type RowsByValue } from "./row-index.ts";
import { RowSequence } from "./row-sequence.ts";
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
  readonly #table: AnyTable;
  readonly #valuesOf: ValuesOf;
  readonly #built: Index[] = [];
  readonly #byName = new Map<string, Index>();
  readonly #sequences = new Map<string, RowSequence>();

  constructor(table: AnyTable) {
    this.#table = table;
    this.#valuesOf = valuesOf(table);
  }

  /** The rows with this value, in the order in which they came to it; undefined for none. */
  with(index: string, value: string): Found {
    return this.#index(index).rows.get(value);
  }

  /** The rows of a sequence after a place, in its order. */
  after(sequence: string, of: string, place: number | null): readonly object[] {
    return this.#sequence(sequence).after(of, place);
  }

  /** @returns what was there before */
  put(key: string, row: object): object | undefined {
    const before = this.rows.get(key);
    for (const sequence of this.#sequences.values()) sequence.replace(before, row);
    for (const { valueOf, rows } of this.#built) {
      const was = before === undefined ? null : valueOf(before);
      const is = valueOf(row);
      if (was !== null && was !== is) drop(rows, was, key);
      if (is !== null) add(rows, is, key, row);
    }
    this.rows.set(key, row);
    return before;
  }

  /** @returns what was there before */
  remove(key: string): object | undefined {
    const before = this.rows.get(key);
    if (before === undefined) return undefined;
    for (const sequence of this.#sequences.values()) sequence.replace(before, undefined);
    for (const { valueOf, rows } of this.#built) {
      const was = valueOf(before);
      if (was !== null) drop(rows, was, key);
    }
    this.rows.delete(key);
    return before;
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

  #sequence(name: string): RowSequence {
    const known = this.#sequences.get(name);
    if (known) return known;
    const declared = this.#table.sequences[name];
    if (!declared) throw new Error(`There is no sequence ${name}.`);
    const made = new RowSequence(declared);
    for (const row of this.rows.values()) made.replace(undefined, row);
    this.#sequences.set(name, made);
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
  readonly rows: RowsByValue;
}

const known = new WeakMap<AnyTable, ValuesOf>();

function valuesOf(table: AnyTable): ValuesOf {
  let values = known.get(table);
  // A table's functions are given its own rows alone.
  if (!values) known.set(table, (values = { ...table.unique, ...table.indexes } as ValuesOf));
  return values;
}
