/** Sabotage, loaded before Millrace: its buffer answers before the disk has what it was given. */
import { DatabaseSync } from "node:sqlite";

const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function unsynced(sql: string): void {
  exec.call(this, sql.replace("synchronous = full", "synchronous = off"));
};
