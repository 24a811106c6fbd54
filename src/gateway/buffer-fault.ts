/** What SQLite's result codes mean for the buffer and what a person does about them. */
import { fail, makeFault, type Fault } from "../base/result.ts";
import type { StorageError } from "./buffer-message.ts";

/** @source https://www.sqlite.org/rescode.html, primary result codes */
const codes = { busy: 5, readOnly: 8, io: 10, corrupt: 11, full: 13, cantOpen: 14, notDatabase: 26 } as const;

/**
 * @fault transient gateway/buffer-full     no room: on the disk, or up to the buffer's own limit
 * @fault transient gateway/buffer-io       the disk reports an error
 * @fault invalid   gateway/buffer-damaged  the file is no longer a sound database
 * @fault conflict  gateway/buffer-locked   another process has the file open
 * @fault invalid   gateway/buffer-file     the file cannot be opened or is of another format
 * @fault transient gateway/buffer-failed   anything else that SQLite reports
 */
export function bufferFault(file: string, error: StorageError): Fault {
  switch (error.code & 0xff) {
    case codes.full:
      return makeFault(
        "transient",
        "gateway/buffer-full",
        `The gateway's buffer ${file} has no room left. Free space on its disk, raise its limit, or see why samples are not taken out; machine values go on being read and are fetched again where the machine remembers them.`,
        error,
      );
    case codes.io:
      return makeFault(
        "transient",
        "gateway/buffer-io",
        `The disk under the gateway's buffer ${file} reports an error. Check disk and file system; writing is tried again.`,
        error,
      );
    case codes.corrupt:
    case codes.notDatabase:
      return damaged(file, error);
    case codes.busy:
      return makeFault(
        "conflict",
        "gateway/buffer-locked",
        `The gateway's buffer ${file} is in use by another process. One file serves one gateway: stop the other one or give this one its own file.`,
        error,
      );
    case codes.cantOpen:
    case codes.readOnly:
      return makeFault(
        "invalid",
        "gateway/buffer-file",
        `The gateway's buffer ${file} cannot be opened for writing. Check that its folder exists, who owns it, and that no newer Millrace wrote it.`,
        error,
      );
    default:
      return makeFault(
        "transient",
        "gateway/buffer-failed",
        `The gateway's buffer ${file} refused an operation (${error.message}). It is tried again; if this stays, report it with the log.`,
        error,
      );
  }
}

function damaged(file: string, error: StorageError): Fault {
  return makeFault(
    "invalid",
    "gateway/buffer-damaged",
    `The gateway's buffer ${file} is damaged and was left as it is. Move it together with its -wal file to another folder, check the disk, and start again: a new one is begun, and what the machines remember is read again.`,
    error,
  );
}

/** Collection goes on, and the file should not: it cannot give up the rows around the damage either. */
export function rowsLostFault(file: string): Fault {
  return makeFault(
    "invalid",
    "gateway/buffer-damaged",
    `Rows of the gateway's buffer ${file} could not be read; what they held is marked as a gap, and everything else was taken. Check the disk. When nothing waits in the buffer, stop, move it together with its -wal file to another folder, and start again: a new one is begun.`,
  );
}

/** @fault transient gateway/buffer-held  the room for what waits of sources that are held is used up; others have theirs */
export function heldFault(file: string, source: string): { ok: false; fault: Fault } {
  return fail(
    "transient",
    "gateway/buffer-held",
    `The database takes nothing of machine ${source}, and three quarters of the gateway's buffer ${file} are full of what waits of all machines, however little of it is its own: the rest is for machines that are not held. See its question, and put back what is damaged or begin it anew; its values go on being read and are fetched again where the machine remembers them.`,
  );
}

/** @fault transient gateway/buffer-stopped  the buffer was closed or its thread died; the gateway must be started again */
export function stoppedFault(file: string, cause?: unknown): Fault {
  return makeFault(
    "transient",
    "gateway/buffer-stopped",
    `The gateway's buffer ${file} is not running. Start the gateway again; nothing that was acknowledged is lost.`,
    cause,
  );
}

/** @fault transient gateway/buffer-busy  more samples wait for the disk than may be held in memory */
export function busyFault(file: string, waiting: number): { ok: false; fault: Fault } {
  return fail(
    "transient",
    "gateway/buffer-busy",
    `${waiting} samples already wait for the disk under the gateway's buffer ${file}. It is too slow or stands still: check the disk.`,
  );
}
