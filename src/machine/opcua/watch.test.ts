/** When it is told that nothing is under way any more: a gap ends with that word, and a source is complete up to there. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Answer } from "./faults.ts";
import { FakeLink, keptAlive, published, settled, waits, type Reply } from "./testing/fake-link.ts";
import { Watch } from "./watch.ts";

interface Watched {
  readonly watch: Watch;
  /** How many samples came with each call, and `.` behind it where nothing was under way; `gap`. */
  readonly told: string[];
}

/** Item A has handle 1; that of a node of which only changes matter follows on those of the items. */
async function watched(t: TestContext, link: FakeLink, items: readonly string[] = ["A"]): Promise<Watched> {
  const told: string[] = [];
  const watch = new Watch(
    items.map((path) => ({ path, history: false })),
    {
      samples: (samples, complete) => told.push(`${samples.length}${complete ? "." : ""}`),
      interrupted: () => told.push("gap"),
      resumed: () => undefined,
      appeared: () => undefined,
    },
    new Map([["Jobs", new Set([() => undefined])]]),
  );
  t.after(() => watch.abandon());
  const started = await watch.start(link.asLink);
  assert.ok(started.ok, started.ok ? "" : started.fault.message);
  watch.begin();
  await settled();
  return { watch, told };
}

const script = (...replies: readonly Reply[]): FakeLink => new FakeLink((nth) => replies[nth - 1] ?? waits());

test("the last message of a cycle tells that nothing is under way, though it has no value of an item", async (t) => {
  const link = script(published(1, 10, { moreFollows: true }), published(2, 7, { handle: 2 }));
  assert.deepEqual((await watched(t, link)).told, ["1", "0."]);
});

test("nothing is told of a cycle in which nothing was said of an item, when all was complete before", async (t) => {
  const link = script(published(1, 10), published(2, 7, { handle: 2 }), keptAlive(3), keptAlive(3));
  assert.deepEqual((await watched(t, link)).told, ["1."]);
});

test("where messages were lost the word comes with the next message, whatever it is about", async (t) => {
  const { told } = await watched(t, script(published(1, 10), published(3, 7, { handle: 2 })));
  assert.deepEqual(told, ["1.", "gap", "0."]);
});

test("what is fetched over a new line is complete when the machine has nothing more to say", async (t) => {
  const { watch, told } = await watched(t, script(published(1, 10)));
  watch.pause();
  const next = new FakeLink((nth) => (nth === 1 ? keptAlive(3) : waits()), new Map([[2, 20]]));
  await watch.resume(next.asLink);
  await settled();
  assert.deepEqual(told, ["1.", "1", "0."]);
});

test("a sign of life says nothing of messages that are missing before it", async (t) => {
  const link = script(published(1, 10, { moreFollows: true }), keptAlive(3));
  assert.deepEqual((await watched(t, link)).told, ["1"]);
});

test("a search that ends in the middle of a cycle does not tell that nothing is under way", async (t) => {
  const second = Promise.withResolvers<Answer<unknown>>();
  const link = new FakeLink((nth) =>
    nth === 1 ? published(1, 10, { event: true, moreFollows: true }) : nth === 4 ? second.promise : waits(),
  );
  link.refuses = "Gone";
  const { told } = await watched(t, link, ["A", "Gone"]);
  assert.deepEqual(told, ["1"]);
  second.resolve(await published(2, 20));
  await settled();
  assert.deepEqual(told, ["1", "1."]);
});
