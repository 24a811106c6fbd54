/** What a number opens to is what it is made of: the balance of a lot or of none, and a sum in one unit. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { whole } from "../../src/base/quantity.ts";
import { factOf, units } from "../../src/operations/testing/order.ts";
import type { FactBody } from "../../src/record/fact.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../src/store/testing/cluster.ts";
import { allPages, ask } from "./asking.ts";
import { at, openScene, type Scene } from "./scene.ts";

const run = "run-of-two-units";
const used = (lot: string | null, count: number, uom: string): FactBody => ({
  kind: "MaterialConsumed",
  material: "W-1",
  lot,
  quantity: whole(count, uom),
});

describe("what a number opens to", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    scene = await openScene(cluster);
    const bodies: readonly FactBody[] = [
      { kind: "JobStarted", job: "", article: "", outside: false },
      units("good", whole(5, "C62")),
      units("good", whole(2, "DZN")),
      used(null, 40, "MMT"),
      used("LOT-1", 30, "MMT"),
      used(null, 3, "MTR"),
      { kind: "EnergyUsed", quantity: whole(2, "KWH") },
      { kind: "EnergyUsed", quantity: whole(700, "WHR") },
    ];
    const place = { run, workUnit: "CUT-1", source: "cutter-1" };
    await scene.state(...bodies.map((body, n) => factOf(`opened-${n}`, at(n), body, place)));
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  test("a balance opens to its own movements: of its lot, or of what has none, in its unit", async () => {
    const { items } = await ask(scene, "GET /api/v1/materials");
    assert.equal(items.length, 6, "three amounts that went from one place to another");
    for (const { material, account, lot, amount } of items) {
      const query = { account, lot: lot ?? "", uom: amount.uom, limit: 1 };
      const asked = { params: { material }, query };
      const moved = await allPages(scene, "GET /api/v1/materials/:material/movements", asked, (page) => page);
      const sum = moved.reduce((total, m) => total + (m.to === account ? 1 : -1) * Number(m.amount.value), 0);
      assert.equal(sum, Number(amount.value), JSON.stringify([account, lot, amount]));
      assert.ok(moved.every((m) => m.lot === lot && m.amount.uom === amount.uom));
    }
  });

  test("the last movement of a balance is one of its own", async () => {
    const { items } = await ask(scene, "GET /api/v1/materials", { query: { account: "world:production" } });
    assert.deepEqual(
      items.map(({ lot, amount, lastMovementAt }) => [lot, amount.uom, lastMovementAt]),
      [
        [null, "MMT", "2025-02-03T07:00:03.000Z"],
        [null, "MTR", "2025-02-03T07:00:05.000Z"],
        ["LOT-1", "MMT", "2025-02-03T07:00:04.000Z"],
      ],
    );
  });

  test("balances are found by a kind of place, and by the material or the lot", async () => {
    const found = async (query: { account?: string; text?: string }): Promise<readonly string[]> =>
      (await ask(scene, "GET /api/v1/materials", { query })).items.map(
        ({ account, lot, amount }) => `${account} ${lot ?? "-"} ${amount.value} ${amount.uom}`,
      );
    const production = ["world:production - 40 MMT", "world:production - 3 MTR", "world:production LOT-1 30 MMT"];
    const erp = "world:erp@PL01/101C";
    const [mmt, mtr, lot] = [`${erp} - -40 MMT`, `${erp} - -3 MTR`, `${erp} LOT-1 -30 MMT`];
    assert.deepEqual(await found({ account: "world:" }), [mmt, mtr, lot, ...production]);
    assert.deepEqual(await found({ account: "world:erp@" }), [mmt, mtr, lot]);
    assert.deepEqual(await found({ account: "world:prod" }), [], "neither a kind of place nor an account");
    assert.deepEqual(await found({ account: "stock:" }), []);
    assert.deepEqual(await found({ text: "lot-1" }), [lot, "world:production LOT-1 30 MMT"]);
  });

  test("pieces of two units are one number on the floor, and in what is to be mended", async () => {
    const { jobs } = await ask(scene, "GET /api/v1/units/:unit", { params: { unit: "CUT-1" } });
    assert.deepEqual(
      jobs.map(({ good }) => good),
      [{ value: "29", uom: "C62" }],
    );
    const { items } = await ask(scene, "GET /api/v1/mend/production");
    assert.deepEqual(
      items.map(({ good }) => good),
      [{ value: "29", uom: "C62" }],
    );
  });

  test("a sum of a run opens to its own facts: in its unit", async () => {
    const { sums } = await ask(scene, "GET /api/v1/runs/:run", { params: { run } });
    assert.deepEqual(
      sums.map(({ what, amount, facts }) => [what, amount.value, amount.uom, facts]),
      [
        ["energy", "2", "KWH", 1],
        ["energy", "700", "WHR", 1],
        ["good", "5", "C62", 1],
        ["good", "2", "DZN", 1],
        ["used", "70", "MMT", 2],
        ["used", "3", "MTR", 1],
      ],
    );
    for (const { what, material, amount, facts } of sums) {
      const query = { what, uom: amount.uom, ...(material === null ? {} : { material }) };
      const asked = { params: { run }, query };
      const opened = await allPages(scene, "GET /api/v1/runs/:run/facts", asked, (page) => page);
      assert.equal(opened.length, facts, `${what} ${amount.uom}`);
      assert.equal(
        opened.reduce((total, fact) => total + Number(fact.amount?.value), 0),
        Number(amount.value),
      );
    }
  });
});
