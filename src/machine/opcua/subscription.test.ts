import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { resolveNodeId } from "node-opcua";
import type { SampleValue } from "../../record/sample.ts";
import { Subscription } from "./subscription.ts";
import { FakeLink, published, settled, unsent, waits, type Reply } from "./testing/fake-link.ts";

/** One item is watched; its values, and what was lost, as they are told. */
async function subscribed(
  t: TestContext,
  link: FakeLink,
): Promise<{ subscription: Subscription; told: SampleValue[] }> {
  const told: SampleValue[] = [];
  const made = await Subscription.create(link.asLink, {
    content: ({ samples }) => told.push(...samples.map(({ value }) => value)),
    lost: () => told.push("lost"),
    quiet: () => undefined,
  });
  assert.ok(made.ok);
  t.after(() => made.value.pause());
  const added = await made.value.add([{ path: "A", node: resolveNodeId("ns=1;s=A"), isVariable: true }]);
  assert.ok(added.ok);
  return { subscription: made.value, told };
}

test("a link that is dead is not asked", async (t) => {
  const link = new FakeLink((nth) => (nth > 100 ? waits() : unsent));
  const { subscription } = await subscribed(t, link);
  link.end();
  subscription.start();
  await settled();
  assert.equal(link.published, 0);
});

test("a link that dies while it is asked is not asked again: whoever watches it gets its turn", async (t) => {
  const link = new FakeLink((nth) => {
    if (nth > 3) link.end();
    return nth > 100 ? waits() : nth > 3 ? unsent : published(nth, nth);
  });
  const { subscription } = await subscribed(t, link);
  subscription.start();
  await settled();
  assert.ok(link.published <= 6, `asked ${link.published} times`);
});

test("a request that does not leave is made again soon, when others have had their turn", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
  const link = new FakeLink((nth) => (nth > 100 || nth === 4 ? waits() : unsent));
  const { subscription } = await subscribed(t, link);
  subscription.start();
  await settled();
  assert.equal(link.published, 3, "as many as wait at a machine");
  t.mock.timers.tick(100);
  await settled();
  assert.equal(link.published, 6);
});

test("the first message, lost with the line, is fetched over the next line before anything else", async (t) => {
  const { subscription, told } = await subscribed(t, new FakeLink(waits));
  subscription.start();
  const next = new FakeLink(
    (nth) => (nth === 1 ? published(3, 30) : waits()),
    new Map([
      [1, 10],
      [2, 20],
    ]),
  );
  await subscription.resume(next.asLink);
  await settled();
  assert.deepEqual(told, [10, 20, 30]);
});

test("the first message, lost on the way, comes before the second, and is told as lost where it is gone", async (t) => {
  const second = (nth: number): Reply => (nth === 1 ? published(2, 20) : waits());
  const kept = await subscribed(t, new FakeLink(second, new Map([[1, 10]])));
  const gone = await subscribed(t, new FakeLink(second));
  for (const { subscription } of [kept, gone]) subscription.start();
  await settled();
  assert.deepEqual(kept.told, [10, 20]);
  assert.deepEqual(gone.told, ["lost", 20]);
});
