/**
 * Connections to PostgreSQL: the pool, transactions that re-run when the database asks for it, and how values travel.
 * Statements are named, so each is planned once per connection.
 */
import pg from "pg";
import { instant, type Instant } from "../base/instant.ts";
import { systemClock } from "../base/clock.ts";
import { keptText } from "../base/text.ts";
import { currentTrace } from "../base/trace.ts";
import { LineWatch, type Line } from "./line.ts";
import { defaultSchema } from "./migration.ts";

/** A row as `pg` gives it; each repository names the columns that it asked for. */
export type Row = Readonly<Record<string, unknown>>;

export interface Query {
  /** @param name unique for the text: the server keeps the plan under it */
  run(name: string, text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /**
   * Sends a statement whose answer nobody needs, and does not wait for it. Statements arrive in the order in which they
   * were called; one that fails makes the whole transaction fail, at the latest when it commits.
   */
  post(name: string, text: string, values?: readonly unknown[]): void;
}

export interface Database {
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly connectionString: string;
  readonly connectionsMax?: number;
  /** Whatever would write is refused by the database. */
  readonly readOnly?: boolean;
  /** A statement without a byte for so long is asked about on another line; five seconds when left out. */
  readonly silenceMs?: number;
  readonly log: (line: string) => void;
}

const silenceMsUsual = 5_000;
/** How long the server may take to let us in, or to say what it works on. */
const answerMs = 5_000;
/** How long we wait for the end of lines in good order, when we stop. */
const closeMs = 2_000;

/**
 * What the server shall do when we are gone without a word: roll back what we left open, and notice within a minute that
 * nobody reads its answers. The last ones mean nothing on a Unix socket. Times come in UTC: near the ends of what can be
 * kept, another zone would write years that nobody reads.
 */
const serverSettings: Readonly<Record<string, string>> = {
  timezone: "UTC",
  // What is committed is on the disk, whatever the server would do otherwise: `sending` is, before the first byte leaves.
  synchronous_commit: "on",
  default_transaction_isolation: "read\\ committed",
  idle_in_transaction_session_timeout: "60s",
  tcp_keepalives_idle: "15",
  tcp_keepalives_interval: "5",
  tcp_keepalives_count: "3",
  tcp_user_timeout: "30s",
};

/** SQLSTATEs after which the same work, run again, can succeed. */
const again: ReadonlySet<string> = new Set([
  "40001",
  "40P01",
  "55P03",
  "57P01",
  "57P02",
  "57P03",
  "25P03",
  "08006",
  "08003",
  "08001",
]);
const triesMax = 4;

export function openDatabase(options: DatabaseOptions): Database {
  const { connectionString, log } = options;
  const watch = new LineWatch({ connectionString, silenceMs: options.silenceMs ?? silenceMsUsual, answerMs, log });
  // The pool waits for what this returns; its types do not say so.
  const hooks = { onConnect: (client: pg.ClientBase): Promise<void> => watch.meet(client) };
  const pool = new pg.Pool({
    connectionString,
    max: options.connectionsMax ?? 8,
    options: startOptions(options.readOnly === true),
    types: { getTypeParser },
    idleTimeoutMillis: 0,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    Client: PunctualClient,
    ...hooks,
    // Statements are sent as they come, not one by one after the answer to the last.
    pipeline: true,
  });
  // An idle connection that dies is replaced at the next use; without a listener it would end the process.
  let isClosed = false;
  pool.on("error", (error) => void (isClosed || log(`A connection to the database was lost: ${error.message}`)));
  pool.on("remove", (client) => watch.forget(client));
  return {
    async transaction(work) {
      for (let attempt = 1; ; attempt += 1) {
        const ended = await once(pool, watch, work);
        if (ended.committed) return ended.value;
        if (attempt >= triesMax || !ended.again) throw ended.error;
      }
    },
    async close() {
      await pool.end();
      // The goodbyes are on their way; a line on which nobody answers is not waited for.
      for (const end = systemClock.monotonicMs() + closeMs; watch.lines > 0 && systemClock.monotonicMs() < end;)
        await systemClock.sleep(5);
      isClosed = true;
      watch.close();
    },
  };
}

function startOptions(isReadOnly: boolean): string {
  const readOnly = isReadOnly ? { default_transaction_read_only: "on" } : {};
  const all = { search_path: defaultSchema, ...serverSettings, ...readOnly };
  return Object.entries(all)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(" ");
}

/** The pool would count the wait for a free connection as well: only a new one has so long to be there. */
class PunctualClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super({ ...config, connectionTimeoutMillis: answerMs });
  }
}

/** One of the pool that was not lost already without a word. */
async function connect(pool: pg.Pool, watch: LineWatch): Promise<pg.PoolClient> {
  for (;;) {
    const client = await pool.connect();
    if (watch.isTrusted(client)) return client;
    watch.lineOf(client).break();
    client.release(true);
  }
}

type Ended<T> =
  | { readonly committed: true; readonly value: T }
  /** `again`: nothing of it was committed, and the same work can succeed when it is run again. */
  | { readonly committed: false; readonly error: unknown; readonly again: boolean };

async function once<T>(pool: pg.Pool, watch: LineWatch, work: (query: Query) => Promise<T>): Promise<Ended<T>> {
  let client: pg.PoolClient;
  try {
    client = await connect(pool, watch);
  } catch (unnamed) {
    // Of a connection that was not there in time `pg` gives no code: nothing has begun on it.
    const error = named(unnamed);
    return { committed: false, error, again: isWorthAnother(error) };
  }
  const line = watch.lineOf(client);
  let lost: Error | undefined;
  let isCommitting = false;
  // A connection that dies between two statements says so here; without a listener it would end the process.
  const onLost = (error: Error): void => void (lost ??= error);
  client.on("error", onLost);
  try {
    const posted = new Posted();
    posted.add(line.answerTo(client.query("begin")));
    const trace = currentTrace();
    // What is planned within belongs to the call that somebody has made; the setting ends with the transaction. It is no
    // query, so that the work may still say how isolated it is; and the id is digits, so that it may stand in the text.
    if (trace) posted.add(line.answerTo(client.query(`set local millrace.trace = '${trace.traceId}'`)));
    const value = await work(queryOf(client, line, posted));
    isCommitting = true;
    await posted.commit(() => line.answerTo(client.query("commit")));
    return { committed: true, value };
  } catch (error) {
    const isRefused = hasState(error);
    if (!lost) {
      await line.answerTo(client.query("rollback")).catch((failed: unknown) => {
        lost = failed instanceof Error ? failed : new Error(String(failed));
      });
    }
    // A connection that was lost while it committed may have committed: whoever asked must look.
    const isAgain = isCommitting && !isRefused ? false : isWorthAnother(error) || !!lost;
    return { committed: false, error: lost ? named(error) : error, again: isAgain };
  } finally {
    client.off("error", onLost);
    client.release(lost);
  }
}

/** What befalls a connection, under the SQLSTATE for it where `pg` gives none: whoever asks can tell it from a refusal. */
export function named(error: unknown): unknown {
  if (error instanceof Error && "code" in error) return error;
  const text = error instanceof Error ? error.message : String(error);
  return Object.assign(new Error(text, { cause: error }), { code: "08006" });
}

/** The database itself said no: a SQLSTATE, which for a commit means that nothing was committed. */
function hasState(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(?!08|57P0)[0-9A-Z]{5}$/.test(String(error.code));
}

/** What was sent without waiting. The first that failed is why everything after it failed. */
class Posted {
  readonly #sent: Promise<unknown>[] = [];
  #failed: { readonly error: unknown } | null = null;

  add(sent: Promise<unknown>): void {
    this.#sent.push(
      sent.catch((error: unknown) => {
        this.#failed ??= { error };
      }),
    );
  }

  /** The first cause, for a statement that failed only because one before it had. */
  causeOf(error: unknown): unknown {
    return this.#failed ? this.#failed.error : error;
  }

  /** After a failed statement the server rolls back instead, and says so. */
  async commit(send: () => Promise<pg.QueryResult>): Promise<void> {
    const committed = send().catch((error: unknown) => Promise.reject(this.causeOf(error)));
    const [{ command }] = await Promise.all([committed, ...this.#sent]);
    if (this.#failed) throw this.#failed.error;
    if (command !== "COMMIT") throw new Error(`The database answered ${command} instead of committing.`);
  }
}

function queryOf(client: pg.PoolClient, line: Line, posted: Posted): Query {
  const send = (
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<pg.QueryResult<Record<string, unknown>>> =>
    line
      .answerTo(client.query<Record<string, unknown>>({ name, text, values: values.map(storable) }))
      .catch((error: unknown) => Promise.reject(ofStatement(name, error)));
  return {
    async run(name, text, values = []) {
      try {
        return (await send(name, text, values)).rows;
      } catch (error) {
        throw posted.causeOf(error);
      }
    },
    post(name, text, values = []) {
      posted.add(send(name, text, values));
    },
  };
}

/** An error that says which statement failed: of those that nobody waits for, whoever gets it could not tell. */
function ofStatement(statement: string, error: unknown): unknown {
  return error instanceof Error ? Object.assign(error, { statement }) : error;
}

/** The last line of `keptText`: a sign that the database refuses must not take with it what else is in the transaction. */
function storable(value: unknown): unknown {
  if (typeof value === "string") return keptText(value);
  return Array.isArray(value) ? value.map(storable) : value;
}

function isWorthAnother(error: unknown): boolean {
  // pg's errors carry the SQLSTATE as `code`; sockets carry an errno name.
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return again.has(code) || code === "ECONNRESET" || code === "EPIPE";
}

const int8 = 20;
const timestamptz = 1184;

/** 64-bit integers stay exact, instants come as milliseconds; everything else as `pg` does it. */
const getTypeParser: typeof pg.types.getTypeParser = ((oid: number, format?: "text" | "binary") => {
  if (oid === int8) return (text: string) => BigInt(text);
  if (oid === timestamptz)
    return (text: string) => instant(Date.parse(text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00")));
  return pg.types.getTypeParser(oid, format);
}) as typeof pg.types.getTypeParser; // pg's own declaration is overloaded per format

/** Somebody else was first with what only one can do; the same work, run again, finds it done. */
export class Outrun extends Error {
  /** As the database says it where it notices by itself. */
  readonly code = "40001";
}

/** An instant as a parameter. */
export function at(value: Instant): string;
export function at(value: Instant | null): string | null;
export function at(value: Instant | null): string | null {
  return value === null ? null : new Date(value).toISOString();
}

/** What stands in the database is not what this program has put there. It has a code: no sample that is being written is its cause. */
export class UnreadableColumn extends TypeError {
  readonly code = "UNREADABLE_COLUMN";
}

export function text(value: unknown): string {
  if (typeof value !== "string")
    throw new UnreadableColumn(`A text was expected from the database, not ${typeof value}.`);
  return value;
}

export function textOrNull(value: unknown): string | null {
  return value === null ? null : text(value);
}

export function int(value: unknown): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isSafeInteger(number))
    throw new UnreadableColumn(`A whole number was expected from the database, not ${String(value)}.`);
  return number;
}

export function exact(value: unknown): bigint {
  if (typeof value !== "bigint")
    throw new UnreadableColumn(`A 64-bit integer was expected from the database, not ${typeof value}.`);
  return value;
}

export function when(value: unknown): Instant {
  return instant(int(value));
}

export function whenOrNull(value: unknown): Instant | null {
  return value === null ? null : when(value);
}
