/**
 * An ERP that takes a document once, whatever comes twice, is sent one again whose answer was lost. Until it has answered nobody
 * knows whether it has it, although the posting waits to be sent: nothing is planned in its place.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { systemClock } from "../../../src/base/clock.ts";
import { sapConnector } from "../../../src/erp/sap/index.ts";
import type { ClaimedPosting, DeliveryPort } from "../../../src/exchange/delivery.ts";
import { afterPush, resendDecision } from "../../../src/exchange/settlement.ts";
import { goOnCorrecting } from "../../../src/flows/correct.ts";
import { dismissPosting, releasePosting } from "../../../src/flows/decide-posting.ts";
import { outboxPort } from "../../../src/flows/outbox.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { oneOperation, openScene, yields, type Scene } from "../final/scene.ts";
import { by } from "../store/mend-scene.ts";
import { codeOf, deskOf } from "./desk.ts";
import { takingOnce } from "./taking-once.ts";

const skip = clusterUnavailable({ major: 18 });
const never = new AbortController().signal;

describe("a document that is sent again because a repeat does nothing", { skip, timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  afterEach(() => scene?.close());
  const { made, again, takenBack, postings } = deskOf(() => scene);

  /** The ERP has ten pieces, its answer was lost, and they are to be sent again. */
  async function sentAgain(): Promise<{
    readonly first: Awaited<ReturnType<typeof made>>;
    readonly send: () => Promise<void>;
  }> {
    scene = await openScene(cluster, oneOperation);
    const first = await made("r1", { good: 10 });
    const port = outboxPort({
      store: scene.world.store,
      clock: systemClock,
      session: takingOnce(scene.session),
      erp: "s4",
      holder: { installation: "test", process: "sends-again" },
    });
    scene.erp.faults.add({ fault: { kind: "reply-lost" }, calls: "write", path: /ProdnOrdConf2/ });
    const send = async (): Promise<void> => {
      const posting = await next(port, "claimed");
      const outcome = await takingOnce(scene.session).push(posting.envelope, never);
      await port.settle([afterPush(posting, outcome, systemClock.now())]);
    };
    await send();
    await port.settle([resendDecision(await next(port, "doubtful"), systemClock.now())]);
    assert.deepEqual([await postings(), yields(scene)], [["confirmation planned 1"], ["10"]]);
    await scene.world.sql("update posting set due_at = now()");
    return { first, send };
  }

  test("is not planned anew when it is corrected meanwhile", async () => {
    const { first, send } = await sentAgain();
    await scene.state([takenBack(first.get("UnitsCounted")), again(first.get("UnitsCounted"), 4)]);
    assert.equal(await goOnCorrecting(scene.ports, "s4", sapConnector.corrections), 0, "it is settled first");
    await send();
    await scene.deliver();
    assert.deepEqual(yields(scene), ["-10", "reverses 10", "4"]);
  });

  test("may be dismissed, and keeps its facts", async () => {
    await sentAgain();
    const seen = async (): Promise<{ readonly id: string; readonly version: number }> => {
      const [row] = await scene.world.sql("select id, version from posting");
      return { id: String(row?.["id"]), version: Number(row?.["version"]) };
    };
    await assert.rejects(
      scene.world.sql("update posting set state = 'dismissed'"),
      (error: Error & { constraint?: string }) => error.constraint === "doubt_is_kept",
    );
    const planned = await seen();
    assert.equal(
      codeOf(await dismissPosting(scene.ports, { ...by(planned.version), posting: planned.id })),
      "dismissed",
    );
    const { version } = await seen();
    const released = await releasePosting(scene.ports, { ...by(version), posting: planned.id });
    assert.equal(codeOf(released), "decision/may-be-posted");
  });
});

async function next(port: DeliveryPort, part: "claimed" | "doubtful"): Promise<ClaimedPosting> {
  const [posting] = (await port.take({ calls: 1, questions: part === "doubtful" ? 1 : 0 }))[part];
  assert.ok(posting, `one is ${part}`);
  return posting;
}
