/** The cut of a set to its first days, and what it does to the orders at its edge. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { sharedFolder, withoutPeer } from "../peer.ts";
import { conclusive, cutToDays, readDaySet, type ExpectedOrder } from "./day-set.ts";

const expected = (
  order: string,
  firstStart: string | null,
  lastEnd: string | null,
  ambiguous: readonly string[] = [],
): ExpectedOrder => ({
  order,
  job: `job ${order}`,
  article: "A",
  good: 1,
  consumed: {},
  ambiguous,
  firstStart,
  lastEnd,
});
const erp = (order: string): { order: string; material: string; operations: [] } => ({
  order,
  material: "A",
  operations: [],
});

describe("a set cut to some of its days", () => {
  const all = [
    expected("inside", "2025-02-03T07:00:00", "2025-02-03T08:00:00"),
    expected("over the edge", "2025-02-03T23:00:00", "2025-02-04T01:00:00"),
    expected("outside", "2025-02-04T07:00:00", "2025-02-04T08:00:00"),
    expected("around", "2025-02-02T07:00:00", "2025-02-05T08:00:00"),
    expected("never ends", "2025-02-03T07:00:00", null, ["never ends"]),
    expected("never starts", null, null),
  ];
  const cut = cutToDays(
    all.map((one) => erp(one.order)),
    { orders: all, withoutErpOrder: all.slice(0, 3) },
    new Set(["2025-02-03"]),
  );

  test("orders that touch the days are released, the others do not exist", () => {
    assert.deepEqual(
      cut.orders.map((order) => order.order),
      ["inside", "over the edge", "around", "never ends"],
    );
    assert.deepEqual(
      cut.expected.withoutErpOrder.map((job) => job.order),
      ["inside", "over the edge"],
    );
  });

  test("nothing is concluded from an order that was also made on other days", () => {
    assert.deepEqual(
      conclusive(cut.expected.orders).map((order) => order.order),
      ["inside"],
    );
    assert.deepEqual(cut.expected.orders[1]?.ambiguous, ["runs outside the chosen days"]);
  });
});

describe("the days of the real machine", { skip: withoutPeer("sap") }, () => {
  test("all days are taken as they are; the first one is cut into files of its own", async () => {
    const shared = sharedFolder();
    if (shared.found === null) throw new Error(shared.reason);
    const scratch = await mkdtemp(join(tmpdir(), "millrace-days-"));
    after(() => rm(scratch, { recursive: true, force: true }));
    const folder = join(shared.found, "data/machines/komax-alpha-565");
    const whole = await readDaySet({ folder, days: null, scratch });
    assert.equal(whole.expectedFile, join(folder, "expected.json"));
    assert.equal(whole.days.length, 5);
    assert.ok(whole.machineSeconds > 4 * 86_400 && whole.machineSeconds < 5 * 86_400);
    const one = await readDaySet({ folder, days: 1, scratch });
    assert.deepEqual([one.orders.length, conclusive(one.expected).length], [44, 42]);
    assert.equal(JSON.parse(await readFile(one.ordersFile, "utf8")).length, 44);
    await assert.rejects(readDaySet({ folder: scratch, days: null, scratch }), /holds no day folder/);
  });
});
