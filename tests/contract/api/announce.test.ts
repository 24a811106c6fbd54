/** What a transaction has changed is announced when it has committed, once, and never when it has not. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Announcement } from "../../../src/flows/announce.ts";
import { announcingStore } from "../../../src/flows/announcing-store.ts";
import type { Store } from "../../../src/flows/ports.ts";
import { factOf } from "../../../src/operations/testing/order.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { now, openWorld, postingOf, seedRun, type World } from "../store/world.ts";

describe("announcements", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let world: World;
  let store: Store;
  const said: Announcement[] = [];
  before(async () => {
    cluster = await withCluster({ major: 18 });
    world = await openWorld(cluster);
    const site = { workCenterByErpCode: (_erp: string, code: string) => ({ id: `center ${code}` }) as never };
    store = announcingStore(world.store, site, (one) => said.push(one));
  });
  after(async () => {
    await world?.close();
    await cluster?.close();
  });

  test("an order, its job order and its posting are said once each, with where they belong", async () => {
    said.length = 0;
    const { request, run } = await store.transaction((tx) => seedRun(tx, "said"));
    const orders = said.filter((one) => one.kind === "order");
    assert.equal(orders.length, 1);
    assert.equal(orders[0]!.order, request);
    assert.ok(orders[0]!.equipment.length > 0);
    said.length = 0;
    await store.transaction((tx) => tx.postings.plan([postingOf("said", { request, run })], now, false));
    assert.equal(said.length, 1);
    assert.ok(
      said[0]!.kind === "posting" && said[0]!.order === request && said[0]!.equipment[0]!.startsWith("center "),
    );
  });

  test("a new state among counts makes the unit's word urgent", async () => {
    said.length = 0;
    const counted = factOf("held", now, { kind: "JobHeld" });
    const entered = factOf("state", now, { kind: "StateEntered", state: "production", raw: "RUN" });
    await store.transaction((tx) => tx.facts.append([entered, counted], now));
    assert.deepEqual(said, [{ kind: "unit", unit: counted.workUnit, isNewState: true }]);
  });

  test("what is undone is not said", async () => {
    said.length = 0;
    await assert.rejects(
      store.transaction(async (tx) => {
        await tx.facts.append([factOf("undone", now, { kind: "JobHeld" })], now);
        throw new Error("undone");
      }),
      /undone/,
    );
    assert.deepEqual(said, []);
  });
});
