/**
 * The server's log file: kept small, followed line by line, and its end for the cause of a fault. The server writes to
 * the file itself, not to a pipe of ours, so that it goes on when we are killed.
 */
import { open, stat, truncate, type FileHandle } from "node:fs/promises";

const sizeMaxBytes = 16 * 1024 * 1024;
const tailBytes = 8 * 1024;
const readMaxBytes = 256 * 1024;

export interface ServerLog {
  readonly file: string;
  /** Hands over the lines that came since the last call, and empties a file that has grown too large. */
  follow(): Promise<void>;
  /** The last lines, for a fault's cause. */
  tail(): Promise<string>;
  /** A descriptor for the server to write to, always at the end of the file. */
  openForServer(): Promise<FileHandle>;
}

/** Follows from the present end of the file: old lines were told by an earlier run. */
export async function openServerLog(file: string, line: (text: string) => void): Promise<ServerLog> {
  let offset = (await stat(file).catch(() => null))?.size ?? 0;
  let rest = "";
  const log: ServerLog = {
    file,
    follow: async () => {
      const size = (await stat(file).catch(() => null))?.size ?? 0;
      if (size < offset) offset = 0;
      if (size > offset) {
        const from = Math.max(offset, size - readMaxBytes);
        const lines = (rest + (await readRange(file, from, size))).split("\n");
        offset = size;
        rest = lines.pop() ?? "";
        for (const text of lines) line(text);
      }
      if (size > sizeMaxBytes) {
        await truncate(file, 0);
        offset = 0;
      }
    },
    tail: async () => {
      const size = (await stat(file).catch(() => null))?.size ?? 0;
      return readRange(file, Math.max(0, size - tailBytes), size);
    },
    openForServer: () => open(file, "a", 0o600),
  };
  return log;
}

async function readRange(file: string, from: number, to: number): Promise<string> {
  const handle = await open(file, "r").catch(() => null);
  if (!handle) return "";
  try {
    const buffer = Buffer.alloc(to - from);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}
