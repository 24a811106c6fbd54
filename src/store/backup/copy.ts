/**
 * PostgreSQL's COPY over `pg`, both ways, in bounded memory. `pg` speaks the protocol but offers no stream for it; it
 * hands the messages of a query to whatever object was submitted, which is what these two do.
 */
import type { Duplex } from "node:stream";
import type { ClientBase, Submittable } from "pg";

/** What we use of pg's connection; its published type leaves these out. */
interface CopyConnection {
  readonly stream: Duplex;
  query(sql: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

const batchBytes = 1024 * 1024;

/**
 * Runs `copy … to stdout` and hands the rows over, each whole and with its line end, many at a time. The server waits
 * while `sink` works.
 *
 * @returns how many rows there were
 */
export function copyOut(
  client: ClientBase,
  sql: string,
  sink: (rows: readonly Buffer[]) => Promise<void>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const held: { rows: Buffer[]; bytes: number; failed: Error | null } = { rows: [], bytes: 0, failed: null };
    let rowCount = 0;
    let draining: Promise<void> | null = null;

    const flush = async (): Promise<void> => {
      const { rows } = held;
      held.rows = [];
      held.bytes = 0;
      if (rows.length > 0) await sink(rows);
    };
    const drain = async (stream: Duplex): Promise<void> => {
      stream.pause();
      try {
        while (held.bytes >= batchBytes) await flush();
        stream.resume();
      } catch (error) {
        // What cannot be kept need not be read: the connection ends, and with it the query.
        held.failed = asError(error);
        stream.destroy(held.failed);
      } finally {
        draining = null;
      }
    };
    const finish = async (): Promise<number> => {
      await draining;
      if (held.failed) throw held.failed;
      await flush();
      return rowCount;
    };
    const query: Submittable & Record<string, unknown> = {
      submit: (connection) => (connection as unknown as CopyConnection).query(sql), // see CopyConnection
      handleCopyData: ({ chunk }: { readonly chunk: Buffer }, { stream }: CopyConnection) => {
        held.rows.push(Buffer.from(chunk)); // the parser's buffer is used again
        held.bytes += chunk.length;
        rowCount += 1;
        if (held.bytes >= batchBytes && !held.failed) draining ??= drain(stream);
      },
      handleCommandComplete: () => undefined,
      handleReadyForQuery: () => resolve(finish()),
      handleError: (error: Error) => reject(held.failed ?? error),
    };
    client.query(query);
  });
}

/** Runs `copy … from stdin` with the bytes of `source`. A source that throws leaves nothing in the table. */
export function copyIn(client: ClientBase, sql: string, source: AsyncIterable<Buffer>): Promise<void> {
  return new Promise((resolve) => {
    const end: { failed: Error | null; pumping: Promise<void> } = { failed: null, pumping: Promise.resolve() };

    const pump = async (connection: CopyConnection): Promise<void> => {
      const { stream } = connection;
      try {
        for await (const chunk of source) {
          if (end.failed || stream.destroyed) return; // the server's error, or the connection's, has the word
          connection.sendCopyFromChunk(chunk);
          if (stream.writableNeedDrain) await drained(stream);
        }
        if (!end.failed) connection.endCopyFrom();
      } catch (error) {
        end.failed ??= asError(error);
        connection.sendCopyFail("the source failed");
      }
    };
    const finish = async (): Promise<void> => {
      await end.pumping;
      if (end.failed) throw end.failed;
    };
    const query: Submittable & Record<string, unknown> = {
      submit: (connection) => (connection as unknown as CopyConnection).query(sql), // see CopyConnection
      handleCopyInResponse: (connection: CopyConnection) => (end.pumping = pump(connection)),
      handleCommandComplete: () => undefined,
      handleReadyForQuery: () => resolve(finish()),
      handleError: (error: Error) => {
        end.failed ??= error;
        resolve(finish());
      },
    };
    client.query(query);
  });
}

/** Until the connection takes more, or is gone. */
function drained(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.on("drain", done).on("close", done);
  });
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
