/**
 * What a world asks of its database, and the one in memory. The one on a real PostgreSQL is `simulation/postgres`: both
 * show what is committed in the same shapes, so that people and checkers see no difference.
 */
import type { Instant } from "../../base/instant.ts";
import type { Store } from "../../flows/ports.ts";
import { MemoryDatabase, type DatabaseStep } from "../store/database.ts";
import { markRecovering } from "../store/recovery.ts";
import { collectorCheckpoint, sampleBatch } from "../store/schema/shop-floor.ts";
import { memoryStore } from "../store/store.ts";
import { DatabaseError } from "../store/table.ts";
import type { Change } from "../store/transaction.ts";
import { chooseDamage, damagedBytes, damagedState, type Damage } from "./kept-damage.ts";
import type { Actor } from "./schedule.ts";

/** What somebody of the world has of the database. */
export interface Connection {
  readonly store: Store;
  /** They are gone: what they had not committed is taken back. */
  kill(): void;
}

/** What the world gives to its database. */
export interface DatabasePorts {
  readonly now: () => Instant;
  /** Waited for before each step; a throw is a fault of the world's, see `DatabaseOptions.step`. */
  readonly step: (actor: Actor, at: DatabaseStep, writes: boolean) => Promise<void>;
  /** There is no room on its disk. */
  readonly isFull: () => boolean;
  /** Told what each commit has changed, before anybody else sees it. */
  readonly onCommit: (changes: readonly Change[]) => void;
}

export interface WorldDatabase {
  /** What is committed: nothing is written to it. */
  readonly committed: MemoryDatabase;
  connect(actor: Actor): Connection;
  /** The database goes away: whoever is connected loses the connection, or notices at the next step. */
  away(): void;
  backup(): void;
  readonly hasBackup: boolean;
  /** Everything is as it was at the backup, and marked as recovering; whoever is connected loses the connection. */
  restore(restored: () => void): void;
  /**
   * Some of what is kept of a machine is on the disk no more as it was written.
   *
   * @param size  which of it, as a share from 0 up to 1
   * @param told  of what; not where nothing is kept
   */
  damage(machine: string, size: number, told: (damage: Damage) => void): void;
  /** Null when nothing is under way that takes real time; else the world waits for it. */
  outside(): Promise<void> | null;
  /** At rest. @throws when `committed` is not what the database itself holds */
  compare(): Promise<void>;
}

export type OpenDatabase = (ports: DatabasePorts) => WorldDatabase;

export const inMemory: OpenDatabase = ({ now, step, onCommit }) => {
  const committed = new MemoryDatabase({ now, onCommit });
  let backup: ReturnType<MemoryDatabase["backup"]> | null = null;
  return {
    committed,
    connect: (actor) => {
      const client = committed.client({ step: (at, writes) => step(actor, at, writes) });
      return { store: memoryStore(client), kill: () => client.kill() };
    },
    away: () => undefined,
    backup: () => void (backup = committed.backup()),
    get hasBackup() {
      return backup !== null;
    },
    restore: (restored) => {
      if (!backup) return;
      markRecovering(backup, now());
      committed.restore(backup, new DatabaseError("57P01", "the database is put back from a backup"));
      restored();
    },
    damage: (machine, size, told) => {
      const checkpoint = committed.row(collectorCheckpoint, machine);
      const batches = [...committed.rows(sampleBatch)]
        .filter(({ source, ordinal }) => source === machine && ordinal > (checkpoint?.ordinal ?? 0))
        .toSorted((a, b) => a.ordinal - b.ordinal);
      const damage = chooseDamage({ hasCheckpoint: checkpoint !== undefined, batches }, size);
      if (!damage) return;
      const bytes = new TextEncoder().encode(damagedBytes);
      committed.take([
        ...batches
          .filter(({ ordinal }) => damage.batches.includes(ordinal))
          .map((was) => ({ table: sampleBatch, was, is: { ...was, bytes } })),
        ...(checkpoint && damage.isOfCheckpoint
          ? [{ table: collectorCheckpoint, was: checkpoint, is: { ...checkpoint, state: damagedState } }]
          : []),
      ]);
      told(damage);
    },
    outside: () => null,
    compare: () => Promise.resolve(),
  };
};
