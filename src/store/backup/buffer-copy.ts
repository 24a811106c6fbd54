/**
 * A consistent copy of a SQLite file while others write to it. The store reads a gateway's buffer for this alone; what
 * is in it is the gateway's business.
 */
import { backup, DatabaseSync } from "node:sqlite";

/** All pages in one step: in smaller ones, SQLite begins again whenever somebody writes in between. */
const pagesPerStep = 2 ** 31 - 1;

/** Copies what is committed, the write-ahead log included, and does not hold the writers up. */
export async function copyBuffer(path: string, copy: string): Promise<void> {
  const source = new DatabaseSync(path, { readOnly: true });
  try {
    await backup(source, copy, { rate: pagesPerStep });
  } finally {
    source.close();
  }
}
