import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  CreateMonitoredItemsRequest,
  CreateMonitoredItemsResponse,
  CreateSubscriptionRequest,
  CreateSubscriptionResponse,
  DataChangeNotification,
  DataType,
  NotificationMessage,
  PublishRequest,
  PublishResponse,
  type RepublishRequest,
  RepublishResponse,
  resolveNodeId,
} from "node-opcua";
import type { SampleValue } from "../../record/sample.ts";
import type { Link } from "./client.ts";
import { parseSettings } from "./config.ts";
import { badMessageNotAvailable, type Answer } from "./faults.ts";
import { Subscription } from "./subscription.ts";

type Request = CreateSubscriptionRequest | CreateMonitoredItemsRequest | PublishRequest | RepublishRequest;
type Reply = Answer<unknown> | Promise<Answer<unknown>>;

const parsed = parseSettings({ endpointUrl: "opc.tcp://127.0.0.1:4840", pkiFolder: "none" });
assert.ok(parsed.ok);
const settings = parsed.value;
const unsent = { ok: false, failure: { sent: false, status: null, text: "not connected" } } as const;
const notThere = { ok: false, failure: { sent: true, status: badMessageNotAvailable, text: "gone" } } as const;
const answers = (value: unknown): Answer<unknown> => ({ ok: true, value });
const waits = (): Reply => new Promise<never>(() => {});

/** A link as the subscription sees it: the subscription can be made, the rest the test answers. */
class FakeLink {
  readonly settings = settings;
  readonly limits = { read: 100, history: 100, browse: 100, monitor: 100 };
  readonly session = null;
  alive = true;
  published = 0;
  readonly republished: number[] = [];
  readonly #publish: (nth: number) => Reply;
  readonly #kept: ReadonlyMap<number, number>;

  /** `kept`: message → its value, which the machine can send again. */
  constructor(publish: (nth: number) => Reply, kept: ReadonlyMap<number, number> = new Map()) {
    this.#publish = publish;
    this.#kept = kept;
  }

  async request(request: Request): Promise<Answer<unknown>> {
    if (request instanceof CreateSubscriptionRequest) {
      const counts = { revisedPublishingInterval: 100, revisedMaxKeepAliveCount: 10 };
      return answers(new CreateSubscriptionResponse({ subscriptionId: 1, ...counts }));
    }
    if (request instanceof CreateMonitoredItemsRequest) {
      const results = (request.itemsToCreate ?? []).map((_, index) => ({ monitoredItemId: index + 1 }));
      return answers(new CreateMonitoredItemsResponse({ results }));
    }
    if (request instanceof PublishRequest) return this.#publish((this.published += 1));
    const number = request.retransmitSequenceNumber;
    this.republished.push(number);
    const value = this.#kept.get(number);
    if (value === undefined) return notThere;
    return answers(new RepublishResponse({ notificationMessage: message(number, value) }));
  }

  end(): void {
    this.alive = false;
  }

  /** As much of it as the subscription uses. */
  get asLink(): Link {
    return this as unknown as Link;
  }
}

function message(sequenceNumber: number, value: number): NotificationMessage {
  const monitoredItems = [{ clientHandle: 1, value: { value: { dataType: DataType.Int32, value } } }];
  return new NotificationMessage({
    sequenceNumber,
    notificationData: [new DataChangeNotification({ monitoredItems })],
  });
}

const published = (sequenceNumber: number, value: number): Reply =>
  answers(new PublishResponse({ subscriptionId: 1, notificationMessage: message(sequenceNumber, value) }));

/** One item is watched; its values, and what was lost, as they are told. */
async function subscribed(
  t: TestContext,
  link: FakeLink,
): Promise<{ subscription: Subscription; told: SampleValue[] }> {
  const told: SampleValue[] = [];
  const made = await Subscription.create(link.asLink, {
    content: ({ samples }) => told.push(...samples.map(({ value }) => value)),
    lost: () => told.push("lost"),
  });
  assert.ok(made.ok);
  t.after(() => made.value.pause());
  const added = await made.value.add([{ path: "A", node: resolveNodeId("ns=1;s=A"), isVariable: true }]);
  assert.ok(added.ok);
  return { subscription: made.value, told };
}

/** Everything that needs no timer and no socket has been done; more of it than any loop of these tests may need. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 1_000; turn += 1) await Promise.resolve();
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
