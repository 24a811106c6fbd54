/**
 * The line to the database, watched: a statement that has been silent for a while is asked about on a line of its own,
 * and when the server no longer works on it, or answers nobody, the line is given up. A statement that the server works
 * on is never cut, however long it takes. Why: docs/adr/0018-a-silent-line-is-asked-about.md
 */
import type { Socket } from "node:net";
import pg from "pg";
import { systemClock } from "../base/clock.ts";

export interface LineWatchOptions {
  readonly connectionString: string;
  /** A statement without a byte for so long is asked about; infinite: never. */
  readonly silenceMs: number;
  /** How long the server may take to answer that. */
  readonly answerMs: number;
  readonly log: (line: string) => void;
}

/** What the server says of a statement that we wait for. `no-answer`: it cannot be asked. */
type Answer = "works" | "does-not" | "no-answer";

/** Before a line is given up the server is asked again after so long: an answer may have been on its way. */
const againMs = 1_000;

/** Which process of the server a connection talks to; a number alone may be another one's later. */
const whoIAm = "select pid, backend_start::text as since from pg_stat_activity where pid = pg_backend_pid()";
/**
 * @source PostgreSQL documentation, pg_stat_activity: a process that waits for us has nothing to do, or cannot get rid of
 * its answer; without `track_activities` its state is not known, and it counts as working.
 */
const whatItDoes = `select pid, coalesce(state not like 'idle%' and wait_event_type is distinct from 'Client', true) as works
  from pg_stat_activity where pid = $1 and backend_start = $2::timestamptz`;
/** What it left open would hold its locks until the server notices by itself; our next try waits for them. */
const endUnlessItWorks = `select works, case when works then null else pg_terminate_backend(pid) end from (${whatItDoes}) as it`;

export class LineWatch {
  readonly #options: LineWatchOptions;
  readonly #lines = new Map<pg.ClientBase, Line>();
  readonly #timer: NodeJS.Timeout | null;
  /** Lines that are older than the last one that was lost go the same way: the next use makes new ones. */
  #trustedSince = 0;

  constructor(options: LineWatchOptions) {
    this.#options = options;
    const { silenceMs } = options;
    this.#timer = Number.isFinite(silenceMs) ? setInterval(() => this.#look(), Math.max(20, silenceMs / 4)) : null;
    this.#timer?.unref();
  }

  /** To be called with every connection, before its first use. */
  async meet(client: pg.ClientBase): Promise<void> {
    const since = systemClock.monotonicMs();
    // The driver honours the limit here and does not declare it.
    const asked = { text: whoIAm, query_timeout: this.#options.answerMs } as pg.QueryConfig;
    const { rows } = await client.query<{ pid: number; since: string }>(asked);
    this.#lines.set(client, new Line(socketOf(client), since, rows[0] ?? null));
  }

  lineOf(client: pg.ClientBase): Line {
    return this.#lines.get(client) ?? new Line(socketOf(client), Number.POSITIVE_INFINITY, null);
  }

  forget(client: pg.ClientBase): void {
    this.#lines.delete(client);
  }

  /** False: it stood when another one was lost without a word, and nobody has heard from it since. */
  isTrusted(client: pg.ClientBase): boolean {
    return this.lineOf(client).since >= this.#trustedSince;
  }

  /** Lines that have not ended. */
  get lines(): number {
    return this.#lines.size;
  }

  /** To be called when nobody waits any more; what has not ended breaks. */
  close(): void {
    if (this.#timer) clearInterval(this.#timer);
    for (const line of this.#lines.values()) line.break();
  }

  #look(): void {
    const now = systemClock.monotonicMs();
    for (const line of this.#lines.values())
      if (line.silentFor(now) >= this.#options.silenceMs && !line.isAskedAbout) void this.#ask(line);
  }

  async #ask(line: Line): Promise<void> {
    line.isAskedAbout = true;
    try {
      const first = await this.#answer(line, whatItDoes);
      if (first === "works") return line.hear();
      await systemClock.sleep(againMs);
      if (line.silentFor(systemClock.monotonicMs()) < this.#options.silenceMs) return;
      const second = await this.#answer(line, endUnlessItWorks);
      if (second === "works") return line.hear();
      this.#trustedSince = systemClock.monotonicMs();
      const why = second === "does-not" ? "the server does not work on it" : "the server answers nobody";
      this.#options.log(`A statement got no answer, and ${why}: its connection to the database is given up.`);
      line.break();
    } finally {
      line.isAskedAbout = false;
    }
  }

  /** On a connection of its own: the one that is asked about is no witness. */
  async #answer({ server }: Line, question: string): Promise<Answer> {
    if (!server) return "works";
    const { connectionString, answerMs } = this.#options;
    const client = new pg.Client({
      connectionString,
      connectionTimeoutMillis: answerMs,
      query_timeout: answerMs,
      application_name: "millrace line watch",
    });
    client.on("error", () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ works: boolean }>(question, [server.pid, server.since]);
      return rows[0]?.works === true ? "works" : "does-not";
    } catch (error) {
      // A refusal is an answer: a server that is full, or is starting, says nothing about the statement.
      return error instanceof pg.DatabaseError ? "works" : "no-answer";
    } finally {
      const socket = socketOf(client);
      await Promise.race([client.end().catch(() => undefined), systemClock.sleep(100)]);
      socket.destroy();
    }
  }
}

/** What is known of one connection while it lives. */
export class Line {
  readonly since: number;
  readonly server: { readonly pid: number; readonly since: string } | null;
  isAskedAbout = false;
  readonly #socket: Socket;
  #waiting = 0;
  #heardAt = 0;
  #seen = "";

  constructor(socket: Socket, since: number, server: Line["server"]) {
    this.#socket = socket;
    this.since = since;
    this.server = server;
  }

  /** Waits for the answer to a statement that was sent on this line. */
  async answerTo<T>(sent: Promise<T>): Promise<T> {
    if (this.#waiting === 0) this.hear();
    this.#waiting += 1;
    try {
      return await sent;
    } finally {
      this.#waiting -= 1;
    }
  }

  hear(): void {
    this.#heardAt = systemClock.monotonicMs();
  }

  /** For how long nothing has moved although an answer is due; 0 when none is. */
  silentFor(now: number): number {
    if (this.#waiting === 0) return 0;
    // Bytes that we still send are a sign of life as well: the server reads a long statement before it works on it.
    const moved = `${this.#socket.bytesRead}/${this.#socket.writableLength}`;
    if (moved !== this.#seen) this.#heardAt = now;
    this.#seen = moved;
    return now - this.#heardAt;
  }

  /** What waits on it fails at once; the system is not asked to deliver what nobody reads. */
  break(): void {
    this.#socket.destroy(new Error("The database did not answer on this connection, and it was given up."));
  }
}

function socketOf(client: pg.ClientBase): Socket {
  // `pg` has the socket there and does not declare it; it is the only witness of bytes.
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream;
}
