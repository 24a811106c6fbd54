/**
 * A document that is sent again because a repeat does nothing, of an order for which something was keyed by hand meanwhile:
 * it is not sent while somebody decides about that, so the ERP is asked what became of it; else nobody could ever decide.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { systemClock } from "../../../src/base/clock.ts";
import { makeFault, unwrap } from "../../../src/base/result.ts";
import { startDelivery, type ClaimedPosting, type DeliveryPort } from "../../../src/exchange/delivery.ts";
import { afterPush, resendDecision } from "../../../src/exchange/settlement.ts";
import { outboxPort } from "../../../src/flows/outbox.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { takingOnce } from "../correction/taking-once.ts";
import { yields, type Scene } from "../final/scene.ts";
import { confirmByHand } from "./hand.ts";
import { erp, openOutage, type Outage } from "./outage-scene.ts";

const skip = clusterUnavailable({ major: 18 });
const never = new AbortController().signal;

describe("sent again, and keyed by hand meanwhile", { skip, timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let outage: Outage;
  let scene: Scene;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  afterEach(() => outage?.close());

  /** Five pieces, sent in mid-outage: their answer was lost. */
  async function sent({ hasArrived }: { readonly hasArrived: boolean }): Promise<DeliveryPort> {
    outage = await openOutage(cluster, 8);
    ({ scene } = outage);
    // The wire is what the order is looked at for while the pieces are in doubt.
    await scene.run("r1", { good: 5, wire: 4 });
    const port = portOf(scene);
    const posting = await next(port, "claimed");
    assert.equal(posting.kind, "confirmation");
    if (hasArrived) await scene.session.push(posting.envelope, never);
    const lost = makeFault("ambiguous", "erp/test", "Its answer was lost.");
    await port.settle([afterPush(posting, { outcome: "in-doubt", fault: lost }, systemClock.now())]);
    return port;
  }

  async function sendAgain(port: DeliveryPort): Promise<void> {
    await port.settle([resendDecision(await next(port, "doubtful"), systemClock.now())]);
  }

  async function found(): Promise<void> {
    confirmByHand(scene.erp.books, 5);
    await outage.heard();
    assert.deepEqual(await outage.look(), { orders: 1, questions: 1 });
  }

  const posting = async (): Promise<string> => {
    const [row] = await scene.world.sql(
      "select state, fault ->> 'code' as code from posting where kind = 'confirmation'",
    );
    return [row?.["state"], row?.["code"]].filter((word) => word !== null).join(" ");
  };

  /** Delivery goes on until the posting is in this state. */
  async function deliverUntil(state: string): Promise<void> {
    const stop = new AbortController();
    const session = takingOnce(scene.session);
    const port = portOf(scene);
    const delivery = startDelivery(
      { session, port, clock: systemClock, log: () => undefined, idleMs: 50 },
      stop.signal,
    );
    try {
      const limit = systemClock.monotonicMs() + 10_000;
      while ((await posting()) !== state) {
        assert.ok(systemClock.monotonicMs() < limit, `it is ${await posting()}, and not ${state}`);
        await systemClock.sleep(15);
      }
    } finally {
      stop.abort();
      await delivery.ended;
    }
  }

  for (const { when, begin } of [
    { when: "when it is found", begin: async (port: DeliveryPort) => (await sendAgain(port), await found()) },
    {
      when: "only after it was found",
      begin: async (port: DeliveryPort) => {
        const doubtful = await next(port, "doubtful");
        await found();
        await port.settle([resendDecision(doubtful, systemClock.now())]);
      },
    },
    { when: "no more: it is in doubt", begin: async () => found() },
  ])
    test(`planned ${when}: the ERP has nothing, and ours stands back`, async () => {
      await begin(await sent({ hasArrived: false }));
      await deliverUntil("planned");
      unwrap(await outage.standBack());
      await scene.deliver();
      assert.deepEqual([yields(scene), await posting()], [["5"], "dismissed"]);
    });

  test("the ERP has it: it is confirmed, although the question is open", async () => {
    await sendAgain(await sent({ hasArrived: true }));
    await found();
    await deliverUntil("confirmed");
    const decided = await outage.standBack({ postings: ["any"] });
    assert.equal(decided.ok ? "" : decided.fault.code, "decision/nothing-waits");
  });

  test("it is something else: ours is sent again", async () => {
    await sendAgain(await sent({ hasArrived: false }));
    await found();
    unwrap(await outage.somethingElse());
    await deliverUntil("confirmed");
    assert.deepEqual(yields(scene), ["5", "5"]);
  });
});

function portOf(scene: Scene): DeliveryPort {
  return outboxPort({
    store: scene.world.store,
    clock: systemClock,
    session: takingOnce(scene.session),
    erp,
    holder: { installation: "test", process: "sends-again" },
  });
}

async function next(port: DeliveryPort, part: "claimed" | "doubtful"): Promise<ClaimedPosting> {
  const [posting] = (await port.take({ calls: 1, questions: part === "doubtful" ? 1 : 0 }))[part];
  assert.ok(posting, `one is ${part}`);
  return posting;
}
