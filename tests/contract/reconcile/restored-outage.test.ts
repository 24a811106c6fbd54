/**
 * After a restore nothing goes out of an order while the ERP has documents of ours that nobody here knows: what they say may
 * be planned again under another key. See docs/spec/exactly-once.md, "After a restore".
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { Client } from "pg";
import { postingKey } from "../../../src/base/id.ts";
import { unwrap } from "../../../src/base/result.ts";
import { lookAfterOutage } from "../../../src/flows/look-after-outage.ts";
import { markRecovering } from "../../../src/store/schema.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { yields, type Scene } from "../final/scene.ts";
import { confirmByHand } from "./hand.ts";
import { openOutage, type Outage } from "./outage-scene.ts";

const skip = clusterUnavailable({ major: 18 });
const never = new AbortController().signal;
/** Of a run that was read with another begin than now. */
const otherKey = postingKey("run that began otherwise");

describe("what was posted after the backup under a key that is not known now", { skip, timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let outage: Outage;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
  });
  after(() => cluster?.close());
  afterEach(() => outage?.close());

  /** The record is put back; what the machine remembers is stated again. @param hours since the ERP was heard of; null: never */
  async function restore(hours: number | null): Promise<void> {
    outage = await openOutage(cluster, hours);
    ({ scene } = outage);
    const client = new Client({ connectionString: scene.world.connectionString, options: "-c search_path=millrace" });
    await client.connect();
    await markRecovering(client);
    await client.end();
    await scene.run("r1", { good: 5 });
  }

  /** Each posting is asked about, is not there, and waits for the look. */
  async function deliver(): Promise<void> {
    const isSettled = async (): Promise<boolean> => {
      const [row] = await scene.world
        .sql(`select count(*)::int as n from posting p where state in ('sending', 'in-doubt')
        or state = 'planned' and exists (select 1 from order_look k where k.request = p.request)
          and not exists (select 1 from hand_document h where h.state = 'open')`);
      return row?.["n"] === 0;
    };
    await scene.deliver({ until: isSettled });
  }

  const endRecovery = (): Promise<void> => scene.world.store.transaction((tx) => tx.site.endRecovery());

  for (const { heard, hours } of [
    { heard: "a moment before the restore", hours: 0.01 },
    { heard: "by the backup not at all", hours: null },
  ]) {
    test(`is asked about, once, when all history was read, and is not posted again (ERP heard of ${heard})`, async () => {
      await restore(hours);
      const document = confirmByHand(scene.erp.books, 5, otherKey);
      await outage.heard();
      await deliver();
      assert.deepEqual(yields(scene), ["5"], "it is not sent before the order was looked at");
      const early = await lookAfterOutage(outage.ports, never);
      assert.equal(early.ok ? null : early.fault.code, "outage/unread-history", "what is read now may tell of it");
      await endRecovery();
      assert.deepEqual(await outage.look(), { orders: 1, questions: 1 });
      const { text } = await outage.question();
      for (const part of [document, otherKey, "5 C62 good", "backup"]) assert.ok(text.includes(part), text);
      await deliver();
      assert.deepEqual(yields(scene), ["5"]);
      unwrap(await outage.standBack());
      await scene.run("r2", { good: 3 });
      await deliver();
      assert.deepEqual(yields(scene), ["5", "3"]);
    });
  }

  test("it is posted twice by a look that does not know of the restore", async () => {
    await restore(0.01);
    await scene.world.sql("update erp_outage set restored = false");
    confirmByHand(scene.erp.books, 5, otherKey);
    await deliver();
    await endRecovery();
    assert.deepEqual(await outage.look(), { orders: 1, questions: 0 });
    await deliver();
    assert.deepEqual(yields(scene), ["5", "5"], "the proof sees it");
  });

  test("what history tells of is no question, and the order goes on", async () => {
    await restore(0.01);
    const [own] = await scene.world.sql("select key from posting where kind = 'confirmation'");
    confirmByHand(scene.erp.books, 5, String(own?.["key"]));
    await deliver();
    await scene.run("r2", { good: 3 });
    await deliver();
    assert.deepEqual(await outage.look(), { orders: 1, questions: 0 }, "also while recovery lasts");
    await deliver();
    assert.deepEqual(yields(scene), ["5", "3"]);
  });

  test("without a restore it is left to the comparison", async () => {
    outage = await openOutage(cluster, 8);
    ({ scene } = outage);
    await scene.run("r1", { good: 5 });
    confirmByHand(scene.erp.books, 5, otherKey);
    await outage.heard();
    assert.deepEqual(await outage.look(), { orders: 1, questions: 0 });
  });
});
