/** The hub alone, on a clock of its own: how often a unit is said, what is kept, and who is let go. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOfPerson } from "../../access/grant.ts";
import type { Clock } from "../../base/clock.ts";
import { instant } from "../../base/instant.ts";
import type { PersonKey } from "../../isa95/resource/person.ts";
import type { FloorUnit } from "../contract/floor.ts";
import { streamHub, type StreamClient, type StreamHub, type StreamLimits } from "./stream.ts";

const hierarchy = {
  equipment: [
    { id: "top", partOf: null },
    { id: "unit", partOf: "top" },
  ],
  upwards: (id: string) => (id === "unit" ? ["unit", "top"] : [id]),
};
const caller = callerOfPerson("p" as PersonKey, [{ role: "administrator", equipment: "top" }], hierarchy);

/** Time passes when the test says so. */
function handClock(): Clock & { pass(ms: number): Promise<void> } {
  let at = 1_000;
  const sleepers: { until: number; wake: () => void }[] = [];
  return {
    now: () => instant(at),
    monotonicMs: () => at,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        sleepers.push({ until: at + ms, wake: resolve });
        signal?.addEventListener("abort", () => resolve(), { once: true });
      }),
    async pass(ms) {
      at += ms;
      for (const sleeper of sleepers) if (sleeper.until <= at) sleeper.wake();
      await settled();
    },
  };
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function open(limits: Partial<StreamLimits> = {}): {
  hub: StreamHub;
  clock: ReturnType<typeof handClock>;
  reads: () => number;
  hold: (until: Promise<void>) => void;
  join: (client?: Partial<StreamClient>) => { said: string[]; dropped: () => boolean };
} {
  const clock = handClock();
  let reads = 0;
  let held: Promise<void> = Promise.resolve();
  const readUnit = async (id: string): Promise<FloorUnit> => {
    const number = ++reads;
    await held;
    // Only its id and its place in the order of readings matter here.
    return { id, people: number } as FloorUnit;
  };
  const hub = streamHub({ clock, readUnit, upwards: hierarchy.upwards, onFailure: () => undefined, limits });
  return {
    hub,
    clock,
    reads: () => reads,
    hold: (until) => void (held = until),
    join: (client = {}) => {
      const said: string[] = [];
      let isDropped = false;
      hub.connect({
        caller,
        kinds: null,
        under: null,
        lastEventId: null,
        write: (text) => void said.push(text),
        waiting: () => 0,
        drop: () => void (isDropped = true),
        ...client,
      });
      return { said, dropped: () => isDropped };
    },
  };
}

function numbersIn(said: readonly string[]): number[] {
  return said.flatMap((text) => /"people":(\d+)/.exec(text)?.[1] ?? []).map(Number);
}

test("a unit is said four times a second at most, and the last word is always said", async () => {
  const { hub, clock, join } = open();
  const { said } = join();
  for (let ms = 0; ms < 1_000; ms += 10) {
    hub.announce({ kind: "unit", unit: "unit", isNewState: false });
    await clock.pass(10);
  }
  const within = numbersIn(said).length;
  assert.ok(within >= 4 && within <= 5, `${within} in a second`);
  hub.announce({ kind: "unit", unit: "unit", isNewState: false });
  await clock.pass(250);
  assert.ok(numbersIn(said).length > within);
  hub.close();
});

test("a new state does not wait", async () => {
  const { hub, clock, join } = open();
  const { said } = join();
  hub.announce({ kind: "unit", unit: "unit", isNewState: false });
  await settled();
  hub.announce({ kind: "unit", unit: "unit", isNewState: false });
  await settled();
  assert.equal(numbersIn(said).length, 1, "a count waits for its turn");
  hub.announce({ kind: "unit", unit: "unit", isNewState: true });
  await clock.pass(0);
  assert.equal(numbersIn(said).length, 2);
  hub.close();
});

test("no reading overtakes a later one, and what came while it was read is read again", async () => {
  const { hub, clock, join, hold } = open();
  const { said } = join();
  let release: () => void = () => undefined;
  hold(new Promise((resolve) => (release = resolve)));
  hub.announce({ kind: "unit", unit: "unit", isNewState: true });
  await settled();
  hub.announce({ kind: "unit", unit: "unit", isNewState: true });
  hub.announce({ kind: "unit", unit: "unit", isNewState: true });
  release();
  await clock.pass(0);
  await settled();
  assert.deepEqual(numbersIn(said), [1, 2]);
  hub.close();
});

test("a client that does not read is let go, and the others hear on", () => {
  const { hub, join } = open({ waitingBytes: 100 });
  let waiting = 0;
  const slow = join({ waiting: () => waiting });
  const quick = join();
  waiting = 101;
  hub.announce({ kind: "mend" });
  hub.announce({ kind: "mend" });
  assert.equal(slow.dropped(), true);
  assert.equal(quick.said.length, 3);
  assert.equal(hub.clients(), 1);
});

test("only so many events are kept; before them there is a reset", () => {
  const { hub, join } = open({ kept: 3 });
  const first = join();
  const id = /id: (.*)/.exec(first.said[0]!)![1]!;
  for (let n = 0; n < 3; n++) hub.announce({ kind: "mend" });
  assert.equal(join({ lastEventId: id }).said.length, 4, "hello and all three");
  hub.announce({ kind: "mend" });
  assert.match(join({ lastEventId: id }).said[1]!, /"reset"/);
});
