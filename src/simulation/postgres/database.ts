/**
 * A world's database on a real PostgreSQL: the production store and its connections, whose every statement waits in the
 * schedule first as one of the memory store does, and is then really made. What was committed is shown in the shapes of
 * the memory store. Who is connected loses the connection by the server, and rolls back there.
 */
import { isDeepStrictEqual } from "node:util";
import { int, openDatabase, text, type Database, type Query } from "../../store/connection.ts";
import { postgresStore } from "../../store/store.ts";
import { MemoryDatabase } from "../store/database.ts";
import { Data } from "../store/data.ts";
import { DatabaseError, type TableOf } from "../store/table.ts";
import type { Change } from "../store/transaction.ts";
import type { Connection, DatabasePorts, WorldDatabase } from "../world/database.ts";
import { chooseDamage, damagedBytes, damagedState, type Damage } from "../world/kept-damage.ts";
import type { Actor } from "../world/schedule.ts";
import { keepCopy, putCopyBack } from "./copy.ts";
import { outside } from "./outside.ts";
import { beginning, meanwhile, written } from "./prepare.ts";
import { rowReader, shown, type AnyTable, type ReadRow } from "./row.ts";

/** @param connectionString  of a database that `prepareSimulation` has prepared, for one world, as a superuser */
export async function openPostgres(
  connectionString: string,
): Promise<{ readonly open: (ports: DatabasePorts) => WorldDatabase; close(): Promise<void> }> {
  const server = connected(connectionString, "world", 4);
  const read = await server.transaction(rowReader);
  return {
    open: (ports) => new PostgresDatabase(connectionString, server, read, ports),
    close: async () => {
      await end(server, "millrace%");
      await server.close();
    },
  };
}

function connected(connectionString: string, name: string, connectionsMax: number): Database {
  return openDatabase({
    connectionString: `${connectionString}?application_name=${encodeURIComponent(name)}`,
    connectionsMax,
    // The line is this computer's own; time that passes here means nothing in the world.
    silenceMs: Number.POSITIVE_INFINITY,
    log: () => undefined,
  });
}

/** Resolves when they are gone, and everything of theirs that was not committed is. */
async function end(server: Database, names: string): Promise<void> {
  await server.transaction((query) =>
    query.run(
      "simulation.end",
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
       where datname = current_database() and application_name like $1`,
      [names],
    ),
  );
}

class PostgresDatabase implements WorldDatabase {
  readonly committed: Mirror;
  hasBackup = false;
  readonly #connectionString: string;
  readonly #server: Database;
  readonly #read: ReadRow;
  readonly #ports: DatabasePorts;
  readonly #outside;
  #connections = 0;

  constructor(connectionString: string, server: Database, read: ReadRow, ports: DatabasePorts) {
    this.#connectionString = connectionString;
    this.#server = server;
    this.#read = read;
    this.#ports = ports;
    this.#outside = outside(() => this.#waiting());
    this.committed = new Mirror({ now: ports.now, onCommit: ports.onCommit });
  }

  connect(actor: Actor): Connection {
    this.#connections += 1;
    const name = `millrace ${this.#connections} ${actor.name}`;
    const database = connected(this.#connectionString, name, 8);
    const own = new Set<Passage>();
    const transaction = <T>(work: (query: Query) => Promise<T>): Promise<T> =>
      this.#transaction(actor, database, own, work);
    return {
      store: postgresStore({ transaction, close: () => database.close() }),
      kill: () => {
        for (const passage of own) passage.end();
        this.#meanwhile(() => end(this.#server, name));
      },
    };
  }

  away(): void {
    this.#meanwhile(() => end(this.#server, "millrace%"));
  }

  backup(): void {
    this.#meanwhile(async () => {
      await this.#server.transaction(keepCopy);
      this.hasBackup = true;
    });
  }

  restore(restored: () => void): void {
    this.#meanwhile(async () => {
      await end(this.#server, "millrace%");
      await this.#server.transaction(async (query) => {
        query.post("", beginning(this.#ports.now(), false));
        await putCopyBack(query);
      });
      const lost = new DatabaseError("57P01", "the database is put back from a backup");
      this.committed.restore(await this.#everything(), lost);
      restored();
    });
  }

  damage(machine: string, size: number, told: (damage: Damage) => void): void {
    this.#meanwhile(() =>
      this.#server.transaction(async (query) => {
        query.post("", beginning(this.#ports.now(), false));
        const [kept] = await query.run("", "select ordinal from collector_checkpoint where source = $1", [machine]);
        const after = "select ordinal, bytes from sample_batch where source = $1 and ordinal > $2 order by ordinal";
        const rows = await query.run("", after, [machine, kept ? int(kept["ordinal"]) : 0]);
        // The column is bytea.
        const batches = rows.map((row) => ({ ordinal: int(row["ordinal"]), bytes: row["bytes"] as Uint8Array }));
        const damage = chooseDamage({ hasCheckpoint: kept !== undefined, batches }, size);
        if (!damage) return;
        const of = [machine, damage.batches];
        await query.run(
          "",
          `update sample_batch set bytes = '${damagedBytes}' where source = $1 and ordinal = any ($2)`,
          of,
        );
        const spoil = `update collector_checkpoint set state = '${damagedState}' where source = $1`;
        if (damage.isOfCheckpoint) await query.run("", spoil, [machine]);
        told(damage);
      }),
    );
  }

  outside(): Promise<void> | null {
    return this.#outside.wait();
  }

  async compare(): Promise<void> {
    const there = await this.#everything();
    for (const table of shown) {
      const { rows } = there.of(table);
      const seen = [...this.committed.rows<never>(table)];
      const isSame =
        seen.length === rows.size && seen.every((row) => isDeepStrictEqual(row, rows.get(table.key(row)) ?? null));
      if (!isSame) throw new Error(`What was seen of table ${table.name} is not what the database holds.`);
    }
  }

  async #transaction<T>(
    actor: Actor,
    database: Database,
    own: Set<Passage>,
    work: (query: Query) => Promise<T>,
  ): Promise<T> {
    const passage = new Passage(() => this.#outside.begin());
    const { step, now, isFull } = this.#ports;
    own.add(passage);
    let lines: readonly Written[] = [];
    passage.out();
    try {
      const value = await database.transaction(async (query) => {
        await passage.home();
        lines = [];
        try {
          await step(actor, "begin", false);
          query.post("", beginning(now(), isFull()));
          const stepped = new SteppedQuery(query, this.#ports, passage, () => step(actor, "statement", false));
          const result = await work(stepped);
          await stepped.rest();
          await step(actor, "commit", false);
          lines = await stepped.last(() => this.#written(query));
          return result;
        } finally {
          // Whatever follows, the server is asked: to commit, or to roll back.
          passage.out();
        }
      });
      this.committed.take(this.#changes(lines));
      await passage.home();
      await step(actor, "committed", lines.length > 0);
      return value;
    } finally {
      await passage.home();
      own.delete(passage);
    }
  }

  /** What the open transaction makes of each row, once. */
  async #written(query: Query): Promise<readonly Written[]> {
    const last = new Map<string, Written>();
    for (const line of await query.run("simulation.written", written)) {
      const table = tableOf(text(line["name"]));
      const row = this.#read(table.name, text(line["line"]));
      const key = table.key(row as never); // the line is of this table
      last.set(`${table.name} ${key}`, { table, key, is: line["gone"] === true ? null : row });
    }
    return [...last.values()];
  }

  #changes(lines: readonly Written[]): readonly Change[] {
    return lines.flatMap(({ table, key, is }) => {
      const was = this.committed.row<never>(table, key) ?? null;
      return was === null && is === null ? [] : [{ table, was, is }];
    });
  }

  async #everything(): Promise<Data> {
    const data = new Data();
    await this.#server.transaction(async (query) => {
      for (const table of shown) {
        const lines = await query.run("", `select to_jsonb(l)::text as line from millrace.${table.name} l`);
        for (const line of lines) {
          const row = this.#read(table.name, text(line["line"]));
          data.of(table).put(table.key(row as never), row); // it was read from this table
        }
      }
    });
    return data;
  }

  async #waiting(): Promise<number> {
    const rows = await this.#server.transaction((query) =>
      query.run("simulation.waiting", "select distinct pid from pg_locks where not granted"),
    );
    return rows.length;
  }

  /** The world stands still as long as it takes. */
  #meanwhile(work: () => Promise<void>): void {
    const over = this.#outside.begin();
    // A server that cannot do this is none to simulate on: the failure ends the test.
    void work().finally(over);
  }
}

/** What is committed. A table that is not shown would be empty by mistake. */
class Mirror extends MemoryDatabase {
  override row<R extends object>(table: TableOf<R>, key: string): R | undefined {
    return super.row(shownOne(table), key);
  }

  override find<R extends object>(table: TableOf<R>, index: string, value: string): readonly R[] {
    return super.find(shownOne(table), index, value);
  }

  override rows<R extends object>(table: TableOf<R>): Iterable<R> {
    return super.rows(shownOne(table));
  }
}

function shownOne<R extends object>(table: TableOf<R>): TableOf<R> {
  tableOf(table.name);
  return table;
}

function tableOf(name: string): AnyTable {
  const found = shown.find((table) => table.name === name);
  if (!found) throw new Error(`Table ${name} is not shown: add it to simulation/postgres/row.ts.`);
  return found;
}

/** What a transaction makes of a row; null: it is gone. */
interface Written {
  readonly table: AnyTable;
  readonly key: string;
  readonly is: object | null;
}

/** Where a transaction is: at home, where the schedule has it wait, or outside, where the world waits for it. */
class Passage {
  readonly #begin: () => () => void;
  #over: (() => void) | null = null;
  #isEnded = false;

  constructor(begin: () => () => void) {
    this.#begin = begin;
  }

  out(): void {
    if (!this.#isEnded) this.#over ??= this.#begin();
  }

  /** Never resolves for somebody who is gone: nothing more of theirs runs. */
  home(): Promise<void> {
    this.#over?.();
    this.#over = null;
    return this.#isEnded ? new Promise(() => undefined) : Promise.resolve();
  }

  end(): void {
    void this.home();
    this.#isEnded = true;
  }
}

/** Most transactions write nothing that is shown. One that did and is not seen to is noticed when all is compared. */
const writesShown = new RegExp(
  `(insert into|update|delete from)\\s+(${shown.map(({ name }) => name).join("|")})\\b`,
  "i",
);

/** Statements one after the other, each when it is chosen; those that nobody waits for go with the next one. */
class SteppedQuery implements Query {
  readonly #query: Query;
  readonly #ports: DatabasePorts;
  readonly #passage: Passage;
  readonly #step: () => Promise<void>;
  #sent: Promise<unknown> = Promise.resolve();
  #posted: (() => void)[] = [];
  #said: string;
  #writes = false;

  constructor(query: Query, ports: DatabasePorts, passage: Passage, step: () => Promise<void>) {
    this.#query = query;
    this.#ports = ports;
    this.#passage = passage;
    this.#step = step;
    this.#said = meanwhile(ports.now(), ports.isFull());
  }

  run(...statement: Parameters<Query["run"]>): ReturnType<Query["run"]> {
    const posted = this.#posted;
    this.#posted = [];
    this.#writes ||= writesShown.test(statement[1]);
    const done = this.#sent.then(async () => {
      await this.#step();
      this.#passage.out();
      try {
        this.#post(posted);
        return await this.#query.run(...statement);
      } finally {
        await this.#passage.home();
      }
    });
    this.#sent = done.catch(() => undefined);
    return done;
  }

  post(...statement: Parameters<Query["post"]>): void {
    this.#writes ||= writesShown.test(statement[1]);
    this.#posted.push(() => this.#query.post(...statement));
  }

  /** Resolves when everything that was sent is answered. */
  async rest(): Promise<void> {
    await this.#sent;
  }

  /** With what was posted last; then what was written is read, if anything that is shown was. The passage stays outside. */
  async last<T>(read: () => Promise<readonly T[]>): Promise<readonly T[]> {
    this.#passage.out();
    this.#post(this.#posted);
    return this.#writes ? read() : [];
  }

  #post(posted: readonly (() => void)[]): void {
    const saying = meanwhile(this.#ports.now(), this.#ports.isFull());
    if (saying !== this.#said) this.#query.post("", saying);
    this.#said = saying;
    for (const send of posted) send();
  }
}
