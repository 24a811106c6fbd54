import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../base/clock.ts";
import { instant } from "../base/instant.ts";
import type { Store, Tx } from "../flows/ports.ts";
import { keepMachineLeases, type MachineLeases } from "./machine-lease.ts";

/** A database with one lease table, a clock that moves by hand, and a process that keeps leases on it. */
function bench(): {
  readonly leases: MachineLeases;
  readonly said: string[];
  readonly gained: string[];
  readonly ended: string[];
  database: { taken: ReadonlyMap<string, number>; away: boolean; answerMs: number };
  /** Lets time pass; whoever waits for it goes on. */
  pass(ms: number): Promise<void>;
} {
  let now = 0;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  const clock: Clock = {
    now: () => instant(now),
    monotonicMs: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", () => resolve(), { once: true });
      }),
  };
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 10; i += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const database = { taken: new Map([["machine/a", 1]]) as ReadonlyMap<string, number>, away: false, answerMs: 0 };
  const ended: string[] = [];
  const site = {
    keepLeases: async (roles: readonly string[]) =>
      new Map([...database.taken].filter(([role]) => roles.includes(role))),
    endLeases: async (roles: readonly string[]) => void ended.push(...roles),
  };
  const store: Store = {
    transaction: async (work) => {
      if (database.away) throw new Error("the database is away");
      const done = await work({ site } as unknown as Tx); // leases ask nothing else
      now += database.answerMs;
      return done;
    },
  };
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const gained: string[] = [];
  const leases = keepMachineLeases({
    store,
    clock,
    log: { info: say, warn: say, error: say },
    holder: { installation: "i", process: "p" },
    connections: ["a", "b"],
    onGained: (connection) => gained.push(connection),
  });
  return {
    leases,
    said,
    gained,
    ended,
    database,
    pass: async (ms) => {
      await settle();
      for (const end = now + ms; now < end;) {
        now = Math.min(end, now + 1_000);
        for (const sleeper of sleepers) if (sleeper.at <= now && sleepers.delete(sleeper)) sleeper.wake();
        await settle();
      }
    },
  };
}

test("nothing is written before the database has said so, nor to a machine that another process has", async () => {
  const on = bench();
  assert.equal(on.leases.held("a"), null);
  await on.pass(0);
  const { role, epoch } = on.leases.held("a") ?? assert.fail("held");
  assert.deepEqual([role, epoch, on.leases.held("b"), on.gained], ["machine/a", 1, null, ["a"]]);
  await on.pass(60_000);
  assert.equal(on.leases.held("a")?.epoch, 1, "renewed");
  assert.deepEqual(on.gained, ["a"]);
  assert.deepEqual(on.said, ["b: another process writes to this machine; this one only reads it."]);
  await on.leases.close();
  assert.equal(on.leases.held("a"), null);
  assert.deepEqual(on.ended, ["machine/a"]);
});

test("a database that is away ends the right to write well before anybody else may begin, and it comes back", async () => {
  const on = bench();
  await on.pass(0);
  on.database.away = true;
  await on.pass(10_000);
  assert.notEqual(on.leases.held("a"), null);
  await on.pass(5_000);
  assert.equal(on.leases.held("a"), null, "others begin 30 s after the last renewal at the earliest");
  assert.match(on.said.at(-1) ?? "", /could not be renewed/);
  on.database.away = false;
  on.database.taken = new Map([["machine/a", 3]]);
  await on.pass(5_000);
  assert.equal(on.leases.held("a")?.epoch, 3);
  assert.deepEqual(on.gained, ["a", "a"], "somebody had it in between: the machine is looked at anew");
  await on.leases.close();
});

test("a lease that somebody else has taken is lost at once, and an answer that took long counts from when it was asked", async () => {
  const on = bench();
  await on.pass(0);
  on.database.taken = new Map();
  await on.pass(5_000);
  assert.equal(on.leases.held("a"), null);
  on.database.taken = new Map([["machine/a", 5]]);
  on.database.answerMs = 20_000;
  await on.pass(5_000);
  assert.equal(on.leases.held("a"), null, "it may be over already");
  await on.leases.close();
});
