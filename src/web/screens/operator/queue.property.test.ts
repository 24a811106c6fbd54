/** Reports of a tablet: each is booked once and in order, whatever the network does and however often the page is opened. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../../../base/testing/chance.ts";
import type { Report } from "../../../api/contract/terminal.ts";
import { ReportQueue, type QueuedReport, type QueueParts, type SendOutcome } from "./queue.ts";

const report = (quantity: number): Report => ({
  statement: { kind: "count", grade: "good", quantity: { value: String(quantity), uom: "C62" }, reason: null },
  at: "2026-03-02T08:00:00.000Z",
  backDated: null,
  corrects: null,
  terminal: null,
});

/** A server that books each key once, and a device that keeps texts. */
class World {
  kept = "[]";
  readonly booked: string[] = [];
  readonly #contents = new Map<string, string>();
  /** What the network does to the tries, one after the other; fine when it has run out. */
  readonly weather: string[];

  constructor(weather: readonly string[]) {
    this.weather = [...weather];
  }

  receive(entry: QueuedReport): SendOutcome {
    const content = JSON.stringify(entry.report);
    const known = this.#contents.get(entry.intent);
    assert.ok(known === undefined || known === content, "one key, one content");
    if (known === undefined) {
      this.#contents.set(entry.intent, content);
      this.booked.push(entry.intent);
    }
    return { is: "booked", outcome: { isNew: known === undefined, message: "", statement: entry.intent, facts: [] } };
  }

  parts(): QueueParts {
    return {
      load: () => JSON.parse(this.kept) as QueuedReport[], // written by save alone
      save: (entries) => void (this.kept = JSON.stringify(entries)),
      send: async (entry) => {
        await Promise.resolve();
        const weather = this.weather.shift();
        if (weather === "lost request") return { is: "later" };
        if (weather === "lost reply") {
          this.receive(entry);
          return { is: "later" };
        }
        if (weather === "refused") return { is: "refused", code: "flows/closed", detail: "The job is finished." };
        return this.receive(entry);
      },
      alone: (work) => work(),
      wait: () => Promise.resolve(),
      changed: () => undefined,
      booked: () => undefined,
    };
  }
}

test("each report is booked once, in order, through lost requests, lost replies and reloads", async () => {
  const weather = fc.array(fc.constantFrom("lost request", "lost reply", "fine"), { maxLength: 30 });
  await forAll(
    fc.asyncProperty(weather, fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }), async (tries, reloads) => {
      const world = new World(tries);
      let queue = new ReportQueue("p1", world.parts());
      const said: string[] = [];
      for (const [n, isReloaded] of reloads.entries()) {
        said.push(`k${n}`);
        queue.add({ intent: `k${n}`, unit: "BENCH", report: report(n) });
        if (isReloaded) {
          queue.close();
          queue = new ReportQueue("p1", world.parts());
        }
      }
      await queue.run();
      for (let turn = 0; turn < 500 && queue.entries.length > 0; turn += 1) {
        await new Promise((resolve) => setImmediate(resolve));
        queue.wake();
      }
      assert.deepEqual(queue.entries, []);
      assert.deepEqual(world.booked, said);
    }),
    { numRuns: 200 },
  );
});

test("what is refused stays until it was seen, and holds nothing up", async () => {
  const world = new World(["refused"]);
  const queue = new ReportQueue("p1", world.parts());
  queue.add({ intent: "a", unit: "BENCH", report: report(1) });
  queue.add({ intent: "b", unit: "BENCH", report: report(2) });
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(world.booked, ["b"]);
  assert.deepEqual(
    queue.entries.map(({ intent, state, refusal }) => [intent, state, refusal?.detail]),
    [["a", "refused", "The job is finished."]],
  );
  queue.dismiss("a");
  assert.deepEqual(queue.entries, []);
});

test("nobody's report goes out under another name", async () => {
  const world = new World(["lost request"]);
  const first = new ReportQueue("p1", world.parts());
  first.add({ intent: "a", unit: "BENCH", report: report(1) });
  first.close();
  const second = new ReportQueue("p2", world.parts());
  await second.run();
  assert.deepEqual(world.booked, []);
  const back = new ReportQueue("p1", world.parts());
  await back.run();
  assert.deepEqual(world.booked, ["a"]);
});

test("what is said while the last sending ends goes out too", async () => {
  const world = new World([]);
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  let turns = 0;
  const parts: QueueParts = {
    ...world.parts(),
    alone: async (work) => {
      const done = await work();
      turns += 1;
      if (turns === 2) await held; // nothing was left, and the lock is still being given back
      return done;
    },
  };
  const queue = new ReportQueue("p1", parts);
  queue.add({ intent: "a", unit: "BENCH", report: report(1) });
  await new Promise((resolve) => setTimeout(resolve, 10));
  queue.add({ intent: "b", unit: "BENCH", report: report(2) });
  letGo();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(world.booked, ["a", "b"]);
});

test("a refused report is sent again under its own key, by the one who said it alone", async () => {
  const world = new World(["refused"]);
  const queue = new ReportQueue("p1", world.parts());
  queue.add({ intent: "a", unit: "BENCH", report: report(1) });
  await new Promise((resolve) => setTimeout(resolve, 10));
  new ReportQueue("p2", world.parts()).again("a");
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(world.booked, []);
  queue.again("a");
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(world.booked, ["a"]);
  assert.deepEqual(queue.entries, []);
});

test("a start that is refused again and again is one to be seen; counts are each their own", async () => {
  const world = new World(Array(6).fill("refused"));
  const queue = new ReportQueue("p1", world.parts());
  const start = (jobOrder: string): Report => ({
    ...report(1),
    statement: { kind: "start", jobOrder, phase: "production" },
  });
  for (const [n, one] of [start("a"), start("a"), start("b"), start("a"), report(5), report(5)].entries()) {
    queue.add({ intent: `k${n}`, unit: "U-1", report: one });
    await queue.run();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(
    queue.entries.map(({ intent, state }) => `${intent} ${state}`),
    ["k2 refused", "k3 refused", "k4 refused", "k5 refused"],
  );
});
