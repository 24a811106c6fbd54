import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../base/clock.ts";
import type { Store, Tx } from "../flows/ports.ts";
import { watchRecovery } from "./recovery.ts";
import type { StatusSources } from "./status.ts";

interface Told {
  /** Of the ERP, since the start. */
  readonly isPulled: boolean;
  /** Of the ERP, now. */
  readonly isReached: boolean;
  readonly isConnected: boolean;
  readonly buffered: number;
}

/** Whether recovery ends within so many looks, of which three are enough. */
async function endsWhile({ isPulled, isReached, isConnected, buffered }: Told): Promise<boolean> {
  let isOver = false;
  const tx = {
    status: {
      outbox: async () => ({ pending: 0, inDoubt: 0, refused: 0, parked: 0 }),
      attention: async () => ({ quarantine: 0, questions: 0, instructions: 0 }),
      finals: async () => [],
    },
    site: { isRecovering: async () => !isOver, endRecovery: async () => void (isOver = true) },
    reconciliations: { newest: async () => null },
  } as unknown as Tx; // nothing else is asked
  const store: Store = { transaction: (work) => work(tx) };
  const stopped = Promise.withResolvers<void>();
  let looks = 0;
  const sleep = async (): Promise<void> => {
    looks += 1;
    if (looks >= 10) stopped.resolve();
    await systemClock.sleep(1);
  };
  const silent = {
    lastSampleAt: null,
    samplesPerSecond: 0,
    backfilling: null,
    waitingSamples: 0,
    gaps: { unfilled: 0 },
    lostSamples: 0,
  };
  const feed = { source: "komax", connected: isConnected, ...silent };
  // Each part is asked for what is given here.
  const sources = {
    site: { erps: [{ id: "s4" }] },
    store,
    buffer: { head: () => 7, damage: () => null },
    gateway: { feeds: () => [feed] },
    operations: { consumed: () => 7 - buffered, fault: () => null },
    exchanges: [{ erp: "s4", isReady: () => isPulled, isReached: () => isReached, fault: () => null }],
  } as unknown as StatusSources;
  const log = { info: () => stopped.resolve(), warn: () => undefined, error: () => undefined };
  const recovery = watchRecovery({ ...sources, clock: { ...systemClock, sleep }, log });
  await stopped.promise;
  recovery.close();
  return isOver;
}

const quiet: Told = { isPulled: true, isReached: true, isConnected: true, buffered: 0 };

test("recovery ends when orders were pulled once and everything was read, though the last pull was at fault", async () => {
  assert.equal(await endsWhile(quiet), true);
  assert.equal(await endsWhile({ ...quiet, isReached: false }), true);
});

test("it goes on before the first pull, while a machine is away, and while samples wait, those of a held machine too", async () => {
  for (const told of [{ isPulled: false, isReached: false }, { isConnected: false }, { buffered: 1 }])
    assert.equal(await endsWhile({ ...quiet, ...told }), false, JSON.stringify(told));
});
