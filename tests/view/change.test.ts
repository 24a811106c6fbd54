/** Cursors while orders come and go, what a commit announces, and since when a fault stands. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { announcementsOf, joined } from "../../src/api/handlers/announce.ts";
import { streamEvent } from "../../src/api/contract/stream.ts";
import { watchHealth } from "../../src/app/health.ts";
import { instant } from "../../src/base/instant.ts";
import { makeFault, type Fault } from "../../src/base/result.ts";
import { watchedStore, type Changes } from "../../src/flows/view/change-watch.ts";
import { newFeedState } from "../../src/gateway/feed-status.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../src/store/testing/cluster.ts";
import { ask, codeOf } from "./asking.ts";
import { at, openScene, orderOf, refused, type Scene } from "./scene.ts";

describe("what changes", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await withCluster({ major: 18 });
  });
  after(() => cluster?.close());

  test("a list that grows while it is read: nothing twice, and nothing that was there is left out", async () => {
    const scene = await openScene(cluster);
    const there = Array.from({ length: 30 }, (_, n) => String(2000 + n * 10));
    for (const number of there) await scene.accept(orderOf(number));
    for (const sort of ["dispatch", "latestEnd", "number"] as const) {
      const seen: string[] = [];
      for (let cursor: string | undefined, round = 0; ; round += 1) {
        const page = await ask(scene, "GET /api/v1/orders", { query: { sort, limit: 4, ...(cursor && { cursor }) } });
        seen.push(...page.items.map((row) => row.number));
        // before the cursor, behind it, and a change of one that was shown
        await scene.accept(orderOf(String(1000 + round)));
        await scene.accept(orderOf(String(9000 + round)));
        await scene.accept(orderOf(there[0] ?? "", { version: `2-${sort}-${round}` }));
        if (page.next === null || round > 20) break;
        cursor = page.next;
      }
      assert.equal(new Set(seen).size, seen.length, sort);
      assert.deepEqual(
        there.filter((number) => !seen.includes(number)),
        [],
        sort,
      );
    }
    await scene.close();
  });

  test("a cursor of another list, or none at all, is refused in words", async () => {
    const scene = await openScene(cluster);
    await scene.accept(orderOf("1"));
    await scene.accept(orderOf("2"));
    const { next } = await ask(scene, "GET /api/v1/orders", { query: { limit: 1, sort: "number" } });
    assert.equal(
      await codeOf(scene, "GET /api/v1/orders", { query: { cursor: next ?? "", sort: "dispatch" } }),
      "api/cursor",
    );
    for (const cursor of ["", "x", "W10", "bnVsbA", "eyJhIjoxfQ"]) {
      assert.equal(await codeOf(scene, "GET /api/v1/orders", { query: { cursor } }), "api/cursor", cursor);
      assert.equal(await codeOf(scene, "GET /api/v1/materials", { query: { cursor } }), "api/cursor", cursor);
    }
    await scene.close();
  });

  test("filters: progress, work center, material, text with signs of patterns, what waits", async () => {
    const scene = await openScene(cluster);
    await scene.accept(orderOf("100", { material: "A_1" }));
    await scene.accept(orderOf("200", { material: "AX1", state: "Released" }));
    await scene.accept(orderOf("300", { segments: orderOf("300").segments.slice(1) }));
    await scene.accept(
      orderOf("300", { version: "2", state: "Cancelled", segments: orderOf("300").segments.slice(1) }),
    );
    await start(scene, "200");
    await scene.deliver((kind) =>
      kind === "order-accepted" ? refused : { outcome: "confirmed", document: { number: "1", kind: "confirmation" } },
    );
    const numbers = async (query: Record<string, string>): Promise<readonly string[]> =>
      (await ask(scene, "GET /api/v1/orders", { query })).items.map((row) => row.number);
    assert.deepEqual(await numbers({ progress: "open" }), ["100"]);
    assert.deepEqual(await numbers({ progress: "running" }), ["200"]);
    assert.deepEqual(await numbers({ progress: "cancelled" }), ["300"]);
    assert.deepEqual(await numbers({ workCenter: "CUT" }), ["100", "200"]);
    assert.deepEqual(await numbers({ text: "a_" }), ["100"]);
    assert.deepEqual(await numbers({ text: "%" }), []);
    assert.deepEqual(await numbers({ material: "AX1" }), ["200"]);
    assert.deepEqual(await numbers({ toMend: "true" }), ["100", "200", "300"]);
    assert.deepEqual(await numbers({ toMend: "false", progress: "open" }), []);
    await scene.close();
  });

  test("each commit tells what it has touched, and a transaction that fails tells nothing", async () => {
    const told: Changes[] = [];
    const scene = await openScene(cluster, (store) => watchedStore(store, (changes) => told.push(changes)));
    const ports = { ...scene, openNotices: async () => new Map<string, number>() };
    const events = async (): Promise<readonly string[]> => {
      const all = await announcementsOf(ports, joined(told.splice(0)));
      return all.map((event) => {
        assert.deepEqual(streamEvent.parse(event), event);
        return event.kind === "unit"
          ? `unit ${event.unit.id}`
          : event.kind === "order"
            ? `order ${event.order}`
            : event.kind;
      });
    };
    await scene.accept(orderOf("100"));
    assert.deepEqual((await events()).toSorted(), ["mend", "order s4//100", "posting"]);
    await start(scene, "100");
    assert.deepEqual(await events(), ["unit CUT-1", "order s4//100"]);
    await scene.say("cutter-1", at(9), {
      "Run/Ended": 1,
      "Run/LastEnded": 1,
      "Run/Result": "x",
      "Run/Active": 0,
      "Run/Job": "",
    });
    assert.deepEqual(await events(), ["unit CUT-1", "order s4//100", "posting", "posting"]);
    await scene.deliver();
    assert.deepEqual(await events(), ["order s4//100", "posting", "posting", "posting", "mend"]);
    await assert.rejects(
      scene.store.transaction(async (tx) => {
        await tx.requests.save(orderOf("200"), null, at(0));
        throw new Error("taken back");
      }),
    );
    assert.deepEqual(told, []);
    await scene.close();
  });

  test("health: the median lag of a minute, and since when a fault stands", async () => {
    let now = at(0);
    const sleeps: (() => void)[] = [];
    const clock = {
      now: () => now,
      monotonicMs: () => 0,
      sleep: () => new Promise<void>((resolve) => sleeps.push(resolve)),
    };
    const feed = newFeedState("cutter-1", now);
    let fault: Fault | null = null;
    const erps = [{ erp: "s4", isReady: () => true, fault: () => fault }];
    const health = watchHealth({ clock, feeds: () => [feed], exchanges: () => erps, waitingBatches: () => 2 });
    const look = async (): Promise<void> => {
      now = instant(now + 1000);
      sleeps.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    };
    assert.equal(health.machines()[0]?.lagMs, null);
    for (const lag of [10, 30, 20]) {
      feed.lastSampleAt = now;
      feed.lastSourceAt = instant(now - lag);
      await look();
    }
    assert.equal(health.machines()[0]?.lagMs, 20);
    for (let n = 0; n < 60; n += 1) await look();
    assert.equal(health.machines()[0]?.lagMs, null, "a minute without samples");
    fault = makeFault("transient", "erp/away", "It does not answer.");
    await look();
    const since = now;
    await look();
    assert.equal(health.erps()[0]?.fault?.at, since);
    fault = null;
    assert.equal(health.erps()[0]?.fault, null);
    const closed = health.close();
    sleeps.shift()?.();
    await closed;
  });
});

async function start(scene: Scene, number: string): Promise<void> {
  await scene.say("cutter-1", at(1), {
    "Run/Job": `${number}-0010`,
    "Run/Active": 1,
    "Pieces/Good": 0,
    "Run/Ended": 0,
    "Run/LastEnded": 0,
    "Run/Result": "",
  });
  await scene.say("cutter-1", at(2), { "Pieces/Good": 3 });
}
