/**
 * The one file that a backup is. What goes into it is decided by `backup.ts` and `restore.ts`.
 *
 * Layout: 16 bytes of magic · gzip of the entries · manifest as JSON · its length (4 bytes, big endian) · SHA-256 of
 * everything before. The digest at the end makes every cut and every flipped byte show before anything is used. Inside
 * the gzip an entry is its name (4 bytes of length, then UTF-8), its bytes in pieces of 4 bytes of length and as many
 * bytes, and a length of zero.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip, createGzip } from "node:zlib";
import { fail, ok, type Result } from "../../base/result.ts";

const magic = Buffer.from("millrace-backup\n");
const digestBytes = 32;
const lengthBytes = 4;
const nameMaxBytes = 64 * 1024;

export interface ArchiveWriter {
  /** Begins the next entry; the one before is closed. */
  entry(name: string): Promise<void>;
  write(chunk: Buffer): Promise<void>;
  /** Closes the entry, appends the manifest and makes the file last. Returns its size in bytes. */
  finish(manifest: unknown): Promise<number>;
  /** Gives everything up; the file is left for the caller to remove. */
  abort(): Promise<void>;
}

/** Makes a new file, readable for its owner alone; one that is there already is an error. */
export async function createArchive(file: string): Promise<ArchiveWriter> {
  const handle = await open(file, "wx", 0o600);
  const digest = createHash("sha256");
  let size = 0;
  const put = async (chunk: Buffer): Promise<void> => {
    digest.update(chunk);
    size += chunk.length;
    await handle.writeFile(chunk);
  };
  await put(magic);
  // Level 3: a third of the time of level 6 for a tenth more bytes.
  const gzip = createGzip({ level: 3 });
  const written = (async () => {
    for await (const chunk of gzip) await put(chunk as Buffer); // a zlib stream yields buffers
  })().catch((error: Error) => {
    gzip.destroy(error);
    throw error;
  });
  written.catch(() => undefined); // told by `finish`, or by the write that waits for it
  const send = async (chunk: Buffer): Promise<void> => {
    if (gzip.destroyed) await written;
    if (!gzip.write(chunk)) await once(gzip, "drain");
  };
  const closeEntry = async (): Promise<void> => {
    if (isOpen) await send(lengthOf(0));
    isOpen = false;
  };
  let isOpen = false;
  return {
    entry: async (name) => {
      await closeEntry();
      const bytes = Buffer.from(name);
      await send(Buffer.concat([lengthOf(bytes.length), bytes]));
      isOpen = true;
    },
    write: async (chunk) => {
      if (chunk.length === 0) return; // a length of zero would end the entry
      await send(lengthOf(chunk.length));
      await send(chunk);
    },
    finish: async (manifest) => {
      await closeEntry();
      gzip.end();
      await written;
      const json = Buffer.from(JSON.stringify(manifest));
      await put(json);
      await put(lengthOf(json.length));
      await handle.writeFile(digest.digest());
      await handle.sync();
      await handle.close();
      return size + digestBytes;
    },
    abort: async () => {
      gzip.destroy();
      await written.catch(() => undefined);
      await handle.close().catch(() => undefined);
    },
  };
}

export interface ArchiveEntry {
  readonly name: string;
  /** To be read to its end before the next entry is asked for. */
  readonly bytes: AsyncIterable<Buffer>;
}

export interface CheckedArchive {
  /** Parsed JSON, not yet looked at. */
  readonly manifest: unknown;
  /** Reads from the start; may be called again. */
  entries(): AsyncIterable<ArchiveEntry>;
}

/**
 * Reads a whole file once and compares its digest, before anything in it is used.
 *
 * @fault invalid store/backup-unreadable   not there, or no rights
 * @fault invalid store/backup-damaged      cut off, changed, or no backup at all
 */
export async function openArchive(file: string): Promise<Result<CheckedArchive>> {
  let handle: FileHandle;
  try {
    handle = await open(file, "r");
  } catch (error) {
    return fail(
      "invalid",
      "store/backup-unreadable",
      `The backup ${file} cannot be read. Check path and rights.`,
      error,
    );
  }
  try {
    const damaged = (why: string): Result<never> =>
      fail(
        "invalid",
        "store/backup-damaged",
        `${file} is no complete backup: ${why}. Use another copy of it. Nothing was changed.`,
      );
    const { size } = await handle.stat();
    const start = Buffer.alloc(magic.length);
    await handle.read(start, 0, magic.length, 0);
    if (!start.equals(magic)) return damaged("it does not begin like one");
    if (size < magic.length + lengthBytes + digestBytes) return damaged("it is cut off");
    const tail = Buffer.alloc(lengthBytes + digestBytes);
    await handle.read(tail, 0, tail.length, size - tail.length);
    const digest = createHash("sha256");
    const covered = { start: 0, end: size - digestBytes - 1 };
    for await (const chunk of createReadStream(file, covered)) digest.update(chunk as Buffer); // no encoding: buffers
    if (!digest.digest().equals(tail.subarray(lengthBytes)))
      return damaged("its digest does not fit, so it was cut off or changed");
    const manifestStart = size - tail.length - tail.readUInt32BE(0);
    const json = Buffer.alloc(tail.readUInt32BE(0));
    await handle.read(json, 0, json.length, manifestStart);
    const manifest: unknown = JSON.parse(json.toString("utf8"));
    return ok({ manifest, entries: () => readEntries(file, manifestStart) });
  } finally {
    await handle.close();
  }
}

async function* readEntries(file: string, end: number): AsyncGenerator<ArchiveEntry> {
  const gunzip = createGunzip();
  pipeline(createReadStream(file, { start: magic.length, end: end - 1 }), gunzip, () => undefined); // errors reach the reader
  const reader = byteReader(gunzip);
  try {
    for (;;) {
      const length = await reader.length();
      if (length === null) return;
      if (length > nameMaxBytes) throw new Error(`The name of an entry has ${length} bytes`);
      const name: Buffer[] = [];
      for await (const piece of reader.pieces(length)) name.push(piece);
      yield { name: Buffer.concat(name).toString("utf8"), bytes: entryBytes(reader) };
    }
  } finally {
    gunzip.destroy();
  }
}

async function* entryBytes(reader: ByteReader): AsyncGenerator<Buffer> {
  for (;;) {
    const length = await reader.length();
    if (length === null) throw new Error("An entry has no end");
    if (length === 0) return;
    yield* reader.pieces(length);
  }
}

interface ByteReader {
  /** The next four bytes as a number; null at the end. */
  length(): Promise<number | null>;
  /** Exactly so many bytes, in whatever pieces they come. */
  pieces(count: number): AsyncGenerator<Buffer>;
}

function byteReader(source: AsyncIterable<unknown>): ByteReader {
  const chunks = source[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  const more = async (): Promise<boolean> => {
    const next = await chunks.next();
    if (next.done) return false;
    held = held.length === 0 ? (next.value as Buffer) : Buffer.concat([held, next.value as Buffer]); // zlib yields buffers
    return true;
  };
  return {
    length: async () => {
      while (held.length < lengthBytes) {
        if (await more()) continue;
        if (held.length === 0) return null;
        throw new Error("A length is cut off");
      }
      const length = held.readUInt32BE(0);
      held = held.subarray(lengthBytes);
      return length;
    },
    pieces: async function* (count) {
      for (let left = count; left > 0;) {
        if (held.length === 0 && !(await more())) throw new Error("An entry is cut off");
        const piece = held.subarray(0, left);
        held = held.subarray(piece.length);
        left -= piece.length;
        yield piece;
      }
    },
  };
}

function lengthOf(count: number): Buffer {
  const bytes = Buffer.alloc(lengthBytes);
  bytes.writeUInt32BE(count);
  return bytes;
}
