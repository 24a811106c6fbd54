/**
 * A database in memory: transactions that run again when they lock each other out, statements in the order in which they
 * were sent, and a commit that may be lost on the way. What happens between two statements is decided by whoever opened it.
 */
import type { Instant } from "../../base/instant.ts";
import { Data } from "./data.ts";
import { rowsOf } from "./row-index.ts";
import type { TableOf } from "./table.ts";
import { Transaction, type Change, type Shared, type Statement } from "./transaction.ts";

/** Where a client of the database waits: time passes there, others go on, and the connection may be lost. */
export type DatabaseStep = "begin" | "statement" | "commit" | "committed";

export interface DatabaseOptions {
  /**
   * Called before each step and waited for. A throw is a lost connection: before `committed` nothing of the transaction
   * is there, at `committed` all of it is and its client does not know.
   *
   * @param writes  whether the transaction has written something so far
   */
  readonly step?: (at: DatabaseStep, writes: boolean) => Promise<void>;
}

/** One connection of a transaction; see `store/connection.ts`, whose words these are. */
export interface Query {
  /** Runs after everything that was sent before it. */
  run<T>(work: (statement: Statement) => T | Promise<T>): Promise<T>;
  /** The same, and nobody waits for it: when it fails, so does everything after it. */
  post(work: (statement: Statement) => void | Promise<void>): void;
}

export interface Client {
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** The client is gone: what it had not committed is taken back. */
  kill(): void;
}

/** As in `store/connection.ts`: after these the same work, run again, can succeed. */
const again: ReadonlySet<string> = new Set(["40001", "40P01", "55P03", "57P01", "08006", "ECONNRESET"]);
const triesMax = 4;

export interface MemoryDatabaseOptions {
  /** The database's own clock. */
  readonly now: () => Instant;
  /** Told what each commit has changed, before anybody else sees it. */
  readonly onCommit?: (changes: readonly Change[]) => void;
}

export class MemoryDatabase {
  #shared: Shared;
  readonly #open = new Set<Connection>();

  constructor({ now, onCommit = () => undefined }: MemoryDatabaseOptions) {
    this.#shared = { data: new Data(), now, onCommit };
  }

  client(options: DatabaseOptions = {}): Client {
    const own = new Set<Connection>();
    return {
      transaction: async (work) => {
        for (let attempt = 1; ; attempt += 1) {
          const connection = new Connection(this.#shared, options.step ?? (() => Promise.resolve()));
          for (const all of [own, this.#open]) all.add(connection);
          const ended = await connection.transaction(work);
          for (const all of [own, this.#open]) all.delete(connection);
          if (ended.committed) return ended.value;
          if (attempt >= triesMax || !ended.again) throw ended.error;
        }
      },
      kill: () => {
        for (const connection of own) this.#end(connection);
        own.clear();
      },
    };
  }

  /** How many transactions wait for another one to end. */
  get waiting(): number {
    return [...this.#open].filter((connection) => connection.isWaiting).length;
  }

  /** Whoever has a transaction open and says nothing at the moment loses the connection. */
  endIdle(error: Error): void {
    for (const connection of this.#open) if (connection.isIdle) connection.lose(error);
  }

  /** A committed row by its key. */
  row<R extends object>(table: TableOf<R>, key: string): R | undefined {
    return this.#shared.data.of(table).rows.get(key) as R | undefined; // see `rows`
  }

  /** Committed rows by an index. */
  find<R extends object>(table: TableOf<R>, index: string, value: string): readonly R[] {
    return rowsOf(this.#shared.data.of(table).with(index, value)) as readonly R[]; // see `rows`
  }

  /** All committed rows of a table. */
  rows<R extends object>(table: TableOf<R>): Iterable<R> {
    return this.#shared.data.of(table).rows.values() as Iterable<R>; // a table holds its own rows alone
  }

  /** What another database has committed, where this one only shows it. */
  take(changes: readonly Change[]): void {
    for (const { table, is, was } of changes) {
      const data = this.#shared.data.of(table);
      if (is) data.put(keyOfRow(table, is), is);
      else if (was) data.remove(keyOfRow(table, was));
    }
    this.#shared.onCommit(changes);
  }

  backup(): Data {
    return this.#shared.data.copy();
  }

  /** The database is as it was at the backup; who is connected loses the connection. */
  restore(backup: Data, error: Error): void {
    for (const connection of this.#open) connection.lose(error);
    this.#shared = { ...this.#shared, data: backup.copy() };
  }

  #end(connection: Connection): void {
    connection.drop();
    this.#open.delete(connection);
  }
}

function keyOfRow(table: Change["table"], row: object): string {
  return table.key(row as never); // a change names the table whose row it is
}

type Ended<T> =
  | { readonly committed: true; readonly value: T }
  | { readonly committed: false; readonly error: unknown; readonly again: boolean };

class Connection {
  readonly #transaction: Transaction;
  readonly #step: (at: DatabaseStep, writes: boolean) => Promise<void>;
  /** Ends when everything that was sent is done; never rejects. */
  #sent: Promise<void> = Promise.resolve();
  #running = 0;
  #failed: { readonly error: unknown } | null = null;

  constructor(shared: Shared, step: (at: DatabaseStep, writes: boolean) => Promise<void>) {
    this.#transaction = new Transaction(shared);
    this.#step = step;
  }

  get isWaiting(): boolean {
    return this.#transaction.waitsFor !== null;
  }

  get isIdle(): boolean {
    return this.#running === 0;
  }

  async transaction<T>(work: (query: Query) => Promise<T>): Promise<Ended<T>> {
    let isCommitting = false;
    try {
      await this.#step("begin", false);
      const value = await work({ run: (one) => this.#run(one), post: (one) => this.#post(one) });
      await this.#sent;
      isCommitting = true;
      await this.#step("commit", this.#transaction.hasWritten);
      this.#goOn();
      this.#transaction.commit();
      await this.#step("committed", this.#transaction.hasWritten);
      return { committed: true, value };
    } catch (error) {
      const cause = this.#causeOf(error);
      this.#transaction.rollback();
      // A connection that was lost while it committed may have committed: whoever asked must look.
      const mayBeThere = isCommitting && codeOf(cause) !== null && /^(08|ECONN)/.test(codeOf(cause) ?? "");
      return { committed: false, error: cause, again: !mayBeThere && again.has(codeOf(cause) ?? "") };
    }
  }

  lose(error: Error): void {
    this.#failed ??= { error };
    this.#transaction.rollback();
  }

  drop(): void {
    this.#transaction.rollback();
  }

  /** The first cause, for what failed only because something before it had. */
  #causeOf(error: unknown): unknown {
    return this.#failed ? this.#failed.error : error;
  }

  #goOn(): void {
    if (this.#failed) throw this.#failed.error;
  }

  async #run<T>(work: (statement: Statement) => T | Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#send(async () => {
      try {
        await this.#step("statement", this.#transaction.hasWritten);
        this.#goOn();
        const value = await work(this.#transaction.statement);
        // It may have been lost while it waited.
        this.#goOn();
        this.#running -= 1;
        resolve(value);
      } catch (error) {
        this.lose(error instanceof Error ? error : new Error(String(error)));
        this.#running -= 1;
        reject(this.#causeOf(error));
      }
    });
    return promise;
  }

  #post(work: (statement: Statement) => void | Promise<void>): void {
    this.#send(async () => {
      try {
        if (!this.#failed) await work(this.#transaction.statement);
      } catch (error) {
        this.lose(error instanceof Error ? error : new Error(String(error)));
      }
      this.#running -= 1;
    });
  }

  /** @param work  never rejects, and takes itself off what is running before anybody hears of its outcome */
  #send(work: () => Promise<void>): void {
    this.#running += 1;
    this.#sent = this.#sent.then(work);
  }
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && "code" in error ? String(error.code) : null;
}
