/**
 * One transaction of the memory store, isolated as PostgreSQL isolates by default (read committed): each statement sees
 * what is committed when it begins and what its own transaction has written; what it writes is locked until the end, and
 * whoever comes second waits and then looks at the row again.
 */
import type { Instant } from "../../base/instant.ts";
import { IndexedRows, type Data, type TableData } from "./data.ts";
import { waitFor, type Holder, type LockMode } from "./lock.ts";
import { eachRow, rowsOf } from "./row-index.ts";
import { refusedBy, type Seen, type TableOf } from "./table.ts";

type AnyTable = TableOf<never>;

/** What all transactions share. */
export interface Shared {
  readonly data: Data;
  readonly onCommit: (changes: readonly Change[]) => void;
  readonly now: () => Instant;
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
  /** By the database's own clock. */
  now(): Instant;
  /** The next number of a table, given once. */
  nextNumber(table: AnyTable): number;
}

export class Transaction implements Holder {
  readonly ended: Promise<void>;
  waitsFor: Holder | null = null;
  readonly #shared: Shared;
  readonly #written = new Map<AnyTable, Written>();
  /** Tables of which it holds locks. */
  readonly #touched = new Set<TableData>();
  readonly #end: () => void;
  #isOver = false;

  constructor(shared: Shared) {
    this.#shared = shared;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
  }

  get hasWritten(): boolean {
    return this.#written.size > 0;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Everything that it has written is there, at once. */
  commit(): void {
    const changes: Change[] = [];
    for (const [table, rows] of this.#written) {
      const data = this.#shared.data.of(table);
      for (const [key, row] of rows.own.rows) {
        changes.push({ table, was: data.put(key, row) ?? null, is: row });
      }
      for (const key of rows.removed) changes.push({ table, was: data.remove(key) ?? null, is: null });
    }
    this.#shared.onCommit(changes);
    this.rollback();
  }

  rollback(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const [table, { claimed }] of this.#written) {
      const { claims } = this.#shared.data.of(table);
      for (const [name, value] of claimed) claims.get(name)?.delete(value);
    }
    for (const data of this.#touched) data.locks.release(this);
    this.#end();
  }

  readonly statement: Statement = {
    get: (table, key) => this.#get(table, key),
    find: (table, index, value) => this.#find(table, index, value),
    after: (table, sequence, of, place) => this.#after(table, sequence, of, place),
    all: (table) => this.#all(table),
    lock: async (table, key, mode) => {
      // What a statement does not see it does not wait for.
      if (this.#get(table, key) === undefined) return undefined;
      await this.#lock(table, key, mode);
      return this.#get(table, key);
    },
    lockFree: (table, key, mode) => (this.#take(table, key, mode) ? undefined : this.#get(table, key)),
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
      const was = this.#get<never>(table, key);
      if (was === undefined) return;
      this.#guard<never>(table, was, null);
      this.#claim(table, table.primary, key);
      const written = this.#writtenOf(table);
      written.own.remove(key);
      written.removed.add(key);
    },
    now: () => this.#shared.now(),
    nextNumber: (table) => (this.#data(table).lastNumber += 1),
  };

  #data(table: AnyTable): TableData {
    return this.#shared.data.of(table);
  }

  #get<R extends object>(table: TableOf<R>, key: string): R | undefined {
    const written = this.#written.get(table);
    if (written?.removed.has(key)) return undefined;
    // A table holds its own rows alone.
    return (written?.own.rows.get(key) ?? this.#data(table).rows.get(key)) as R | undefined;
  }

  #find<R extends object>(table: TableOf<R>, index: string, value: string): readonly R[] {
    const found: R[] = [];
    const written = this.#written.get(table);
    const committed = this.#data(table).with(index, value);
    if (!written) return rowsOf(committed) as readonly R[]; // see #get
    eachRow(committed, (row, key) => {
      if (!written.own.rows.has(key) && !written.removed.has(key)) found.push(row as R); // see #get
    });
    eachRow(written.own.with(index, value), (row) => found.push(row as R)); // see #get
    return found;
  }

  #after<R extends object>(table: TableOf<R>, sequence: string, of: string, place: number | null): readonly R[] {
    const committed = this.#data(table).after(sequence, of, place) as readonly R[]; // see #get
    const written = this.#written.get(table);
    if (!written) return committed;
    const standing = committed.filter((row) => {
      const key = table.key(row);
      return !written.own.rows.has(key) && !written.removed.has(key);
    });
    const own = written.own.after(sequence, of, place) as readonly R[]; // see #get
    const placeOf = table.sequences[sequence]?.place;
    return placeOf ? [...standing, ...own].toSorted((a, b) => placeOf(a) - placeOf(b)) : standing;
  }

  #all<R extends object>(table: TableOf<R>): readonly R[] {
    const written = this.#written.get(table);
    const found: R[] = [];
    for (const [key, row] of this.#data(table).rows) {
      if (!written?.own.rows.has(key) && !written?.removed.has(key)) found.push(row as R); // see #get
    }
    for (const row of written?.own.rows.values() ?? []) found.push(row as R); // see #get
    return found;
  }

  #take(table: AnyTable, key: string, mode: LockMode): Holder | null {
    const data = this.#data(table);
    this.#touched.add(data);
    return data.locks.take(key, mode, this);
  }

  async #lock(table: AnyTable, key: string, mode: LockMode): Promise<void> {
    for (;;) {
      const other = this.#take(table, key, mode);
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
      const there = this.#conflict(table, key, row);
      if (there) return there;
      break;
    }
    this.#claim(table, table.primary, key);
    for (const [name, valueOf] of table.each.unique) {
      const value = valueOf(row);
      if (value !== null) this.#claim(table, name, value);
    }
    this.#put(table, key, row);
    await this.#refer(table, row, null);
    return null;
  }

  async #replace<R extends object>(table: TableOf<R>, key: string, was: R, row: R): Promise<void> {
    this.#guard(table, was, row);
    this.#check(table, row, was);
    for (const [name, valueOf] of table.each.unique) {
      const [before, after] = [valueOf(was), valueOf(row)];
      if (before === after) continue;
      if (before !== null) this.#claim(table, name, before);
      if (after === null) continue;
      for (;;) {
        const busy = this.#claimant(table, name, after);
        if (!busy) break;
        await waitFor(this, busy);
      }
      const there = this.#find(table, name, after).find((other) => table.key(other) !== key);
      if (there) throw refusedBy.unique(name);
      this.#claim(table, name, after);
    }
    this.#put(table, key, row);
    await this.#refer(table, row, was);
  }

  /** Somebody else who has written, and not yet committed, what this row would be in the way of. */
  #others<R extends object>(table: TableOf<R>, key: string, row: R): Holder | null {
    const holder = this.#claimant(table, table.primary, key);
    if (holder) return holder;
    for (const [name, valueOf] of table.each.unique) {
      const value = valueOf(row);
      const other = value === null ? null : this.#claimant(table, name, value);
      if (other) return other;
    }
    return null;
  }

  #conflict<R extends object>(
    table: TableOf<R>,
    key: string,
    row: R,
  ): { readonly constraint: string; readonly row: R } | null {
    const same = this.#get(table, key);
    if (same) return { constraint: table.primary, row: same };
    for (const [name, valueOf] of table.each.unique) {
      const value = valueOf(row);
      const [there] = value === null ? [] : this.#find(table, name, value);
      if (there) return { constraint: name, row: there };
    }
    return null;
  }

  #check<R extends object>(table: TableOf<R>, row: R, was: R | null): void {
    for (const [name, holds] of table.each.triggers) {
      if (!holds(this.statement, row, was)) throw refusedBy.check(table.name, name);
    }
    for (const [name, holds] of table.each.checks) {
      if (!holds(row)) throw refusedBy.check(table.name, name);
    }
  }

  #guard<R extends object>(table: TableOf<R>, was: R, row: R | null): void {
    for (const [name, allows] of table.each.guards) {
      if (!allows(this.statement, was, row)) throw refusedBy.guard(table.name, name);
    }
  }

  /** What a row refers to must be there, and stays so. */
  async #refer<R extends object>(table: TableOf<R>, row: R, was: R | null): Promise<void> {
    for (const { to, of, name, fits } of table.references) {
      const key = of(row);
      if (key === null || (was !== null && of(was) === key)) continue;
      if (this.#get<never>(to, key) === undefined) throw refusedBy.reference(table.name, to.name, name);
      // What it has written itself nobody else can take away.
      if (!this.#written.get(to)?.own.rows.has(key)) await this.#lock(to, key, "key-share");
      const other = this.#get<never>(to, key);
      if (other === undefined || fits?.(row, other) === false) throw refusedBy.reference(table.name, to.name, name);
    }
  }

  /** Somebody else who has written the value, or taken it away, and has not ended. */
  #claimant(table: AnyTable, constraint: string, value: string): Holder | null {
    const holder = this.#data(table).claims.get(constraint)?.get(value);
    return holder && holder !== this ? holder : null;
  }

  #claim(table: AnyTable, constraint: string, value: string): void {
    this.#data(table).claims.get(constraint)?.set(value, this);
    this.#writtenOf(table).claimed.push([constraint, value]);
  }

  #writtenOf(table: AnyTable): Written {
    const known = this.#written.get(table);
    if (known) return known;
    const made: Written = { own: new IndexedRows(table), removed: new Set(), claimed: [] };
    this.#written.set(table, made);
    return made;
  }

  #put(table: AnyTable, key: string, row: object): void {
    const written = this.#writtenOf(table);
    written.own.put(key, row);
    written.removed.delete(key);
  }
}

/** What a transaction has done to a table. */
interface Written {
  readonly own: IndexedRows;
  readonly removed: Set<string>;
  readonly claimed: (readonly [constraint: string, value: string])[];
}
