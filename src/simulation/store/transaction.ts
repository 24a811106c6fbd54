/**
 * One transaction of the memory store, isolated as PostgreSQL isolates by default (read committed): each statement sees
 * what is committed when it begins and what its own transaction has written; what it writes is locked until the end, and
 * whoever comes second waits and then looks at the row again.
 */
import type { Data, TableData } from "./data.ts";
import { waitFor, type Holder, type LockMode, type RowLocks } from "./lock.ts";
import { keyOf, refusedBy, type Seen, type TableOf } from "./table.ts";

type AnyTable = TableOf<never>;

/** What all transactions share. */
export interface Shared {
  readonly data: Data;
  readonly locks: RowLocks;
  /** Values of keys and unique constraints that an open transaction has written or taken away. */
  readonly claims: Map<string, Holder>;
  readonly onCommit: (changes: readonly Change[]) => void;
}

/** What a commit does to one row; null for none. */
export interface Change {
  readonly table: AnyTable;
  readonly was: object | null;
  readonly is: object | null;
}

/** One statement: what it sees, and what it does to rows. */
export interface Statement extends Seen {
  /** The newest version of a row, locked; undefined when it is not there any more. */
  lock<R extends object>(table: TableOf<R>, key: string, mode: LockMode): Promise<R | undefined>;
  /** The same without waiting: undefined too when somebody else holds it. */
  lockFree<R extends object>(table: TableOf<R>, key: string, mode: LockMode): R | undefined;
  /** @throws when a key or a unique value is there already */
  insert<R extends object>(table: TableOf<R>, row: R): Promise<void>;
  /** @returns the row that is there already with the key or a unique value; null when it was written */
  insertOrFind<R extends object>(table: TableOf<R>, row: R): Promise<R | null>;
  /**
   * Locks the row and changes the columns that `change` names for its newest version; null leaves it as it is.
   *
   * @returns the new row; null when nothing was changed
   */
  update<R extends object>(table: TableOf<R>, key: string, change: (row: R) => Partial<R> | null): Promise<R | null>;
  remove(table: AnyTable, key: string): Promise<void>;
  /** The next number of a table, given once. */
  nextNumber(table: AnyTable): number;
}

export class Transaction implements Holder {
  readonly ended: Promise<void>;
  waitsFor: Holder | null = null;
  readonly #shared: Shared;
  readonly #written = new Map<AnyTable, Map<string, object | null>>();
  readonly #claimed = new Set<string>();
  readonly #end: () => void;
  #isOver = false;

  constructor(shared: Shared) {
    this.#shared = shared;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Everything that it has written is there, at once. */
  commit(): void {
    const changes: Change[] = [];
    for (const [table, rows] of this.#written) {
      const data = this.#shared.data.of(table);
      for (const [key, row] of rows) {
        changes.push({ table, was: data.rows.get(key) ?? null, is: row });
        if (row === null) data.remove(key);
        else data.put(key, row);
      }
    }
    this.#shared.onCommit(changes);
    this.rollback();
  }

  rollback(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const claim of this.#claimed) this.#shared.claims.delete(claim);
    this.#shared.locks.release(this);
    this.#end();
  }

  readonly statement: Statement = {
    get: (table, key) => this.#get(table, key),
    find: (table, index, value) => this.#find(table, index, value),
    all: (table) => this.#all(table),
    lock: async (table, key, mode) => {
      // What a statement does not see it does not wait for.
      if (this.#get(table, key) === undefined) return undefined;
      await this.#lock(table, key, mode);
      return this.#get(table, key);
    },
    lockFree: (table, key, mode) =>
      this.#shared.locks.take(rowOf(table, key), mode, this) ? undefined : this.#get(table, key),
    insert: async (table, row) => {
      const there = await this.#insert(table, row);
      if (there) throw refusedBy.unique(there.constraint);
    },
    insertOrFind: async (table, row) => (await this.#insert(table, row))?.row ?? null,
    update: async (table, key, change) => {
      if (this.#get(table, key) === undefined) return null;
      await this.#lock(table, key, "no-key-update");
      const was = this.#get(table, key);
      const changed = was === undefined ? null : change(was);
      if (was === undefined || changed === null) return null;
      const row = { ...was, ...changed };
      await this.#replace(table, key, was, row);
      return row;
    },
    remove: async (table, key) => {
      if (this.#get(table, key) === undefined) return;
      await this.#lock(table, key, "update");
      this.#claim(keyOf(table.primary, key));
      this.#put(table, key, null);
    },
    nextNumber: (table) => (this.#data(table).lastNumber += 1),
  };

  #data(table: AnyTable): TableData {
    return this.#shared.data.of(table);
  }

  #get<R extends object>(table: TableOf<R>, key: string): R | undefined {
    const own = this.#written.get(table)?.get(key);
    if (own === null) return undefined;
    // A table holds its own rows alone.
    return (own ?? this.#data(table).rows.get(key)) as R | undefined;
  }

  #find<R extends object>(table: TableOf<R>, index: string, value: string): readonly R[] {
    const found: R[] = [];
    const own = this.#written.get(table);
    const data = this.#data(table);
    for (const key of data.keys(index, value)) {
      if (own?.has(key)) continue;
      const row = data.rows.get(key) as R | undefined; // see #get
      if (row) found.push(row);
    }
    const valueOf = table.indexes[index] ?? table.unique[index];
    if (!valueOf) throw new Error(`Table ${table.name} has no index ${index}.`);
    for (const row of own?.values() ?? []) if (row !== null && valueOf(row as R) === value) found.push(row as R); // see #get
    return found;
  }

  #all<R extends object>(table: TableOf<R>): readonly R[] {
    const own = this.#written.get(table);
    const found: R[] = [];
    for (const [key, row] of this.#data(table).rows) if (!own?.has(key)) found.push(row as R); // see #get
    for (const row of own?.values() ?? []) if (row !== null) found.push(row as R); // see #get
    return found;
  }

  async #lock(table: AnyTable, key: string, mode: LockMode): Promise<void> {
    for (;;) {
      const other = this.#shared.locks.take(rowOf(table, key), mode, this);
      if (!other) return;
      await waitFor(this, other);
    }
  }

  async #insert<R extends object>(
    table: TableOf<R>,
    row: R,
  ): Promise<{ readonly constraint: string; readonly row: R } | null> {
    this.#check(table, row, null);
    const key = table.key(row);
    for (;;) {
      const busy = this.#others(table, key, row);
      if (busy) {
        await waitFor(this, busy);
        continue;
      }
      const there = this.#conflict(table, key, row, null);
      if (there) return there;
      break;
    }
    this.#claim(keyOf(table.primary, key));
    for (const [name, value] of valuesOf(table, row)) this.#claim(keyOf(name, value));
    this.#put(table, key, row);
    await this.#refer(table, row, null);
    return null;
  }

  async #replace<R extends object>(table: TableOf<R>, key: string, was: R, row: R): Promise<void> {
    this.#check(table, row, was);
    for (const [name, valueOf] of Object.entries(table.unique)) {
      const [before, after] = [valueOf(was), valueOf(row)];
      if (before === after) continue;
      if (before !== null) this.#claim(keyOf(name, before));
      if (after === null) continue;
      for (;;) {
        const busy = this.#shared.claims.get(keyOf(name, after));
        if (!busy || busy === this) break;
        await waitFor(this, busy);
      }
      const there = this.#find(table, name, after).find((other) => table.key(other) !== key);
      if (there) throw refusedBy.unique(name);
      this.#claim(keyOf(name, after));
    }
    this.#put(table, key, row);
    await this.#refer(table, row, was);
  }

  /** Somebody else who has written, and not yet committed, what this row would be in the way of. */
  #others<R extends object>(table: TableOf<R>, key: string, row: R): Holder | null {
    const own = this.#shared.claims.get(keyOf(table.primary, key));
    if (own && own !== this) return own;
    for (const [name, value] of valuesOf(table, row)) {
      const holder = this.#shared.claims.get(keyOf(name, value));
      if (holder && holder !== this) return holder;
    }
    return null;
  }

  #conflict<R extends object>(
    table: TableOf<R>,
    key: string,
    row: R,
    except: string | null,
  ): { readonly constraint: string; readonly row: R } | null {
    const same = this.#get(table, key);
    if (same) return { constraint: table.primary, row: same };
    for (const [name, value] of valuesOf(table, row)) {
      const there = this.#find(table, name, value).find((other) => table.key(other) !== except);
      if (there) return { constraint: name, row: there };
    }
    return null;
  }

  #check<R extends object>(table: TableOf<R>, row: R, was: R | null): void {
    for (const [name, holds] of Object.entries(table.triggers)) {
      if (!holds(this.statement, row, was)) throw refusedBy.check(table.name, name);
    }
    for (const [name, holds] of Object.entries(table.checks)) {
      if (!holds(row)) throw refusedBy.check(table.name, name);
    }
  }

  /** What a row refers to must be there, and stays so. */
  async #refer<R extends object>(table: TableOf<R>, row: R, was: R | null): Promise<void> {
    for (const { to, of } of table.references) {
      const key = of(row);
      if (key === null || (was !== null && of(was) === key)) continue;
      if (this.#get<never>(to, key) === undefined) throw refusedBy.reference(table.name, to.name);
      await this.#lock(to, key, "key-share");
      if (this.#get<never>(to, key) === undefined) throw refusedBy.reference(table.name, to.name);
    }
  }

  #claim(claim: string): void {
    this.#shared.claims.set(claim, this);
    this.#claimed.add(claim);
  }

  #put(table: AnyTable, key: string, row: object | null): void {
    const rows = this.#written.get(table);
    if (rows) rows.set(key, row);
    else this.#written.set(table, new Map([[key, row]]));
    // What we have written is ours until the end.
    this.#shared.locks.take(rowOf(table, key), "no-key-update", this);
  }
}

function rowOf(table: AnyTable, key: string): string {
  return keyOf(table.name, key);
}

function valuesOf<R extends object>(table: TableOf<R>, row: R): (readonly [string, string])[] {
  const values: (readonly [string, string])[] = [];
  for (const [name, valueOf] of Object.entries(table.unique)) {
    const value = valueOf(row);
    if (value !== null) values.push([name, value]);
  }
  return values;
}
