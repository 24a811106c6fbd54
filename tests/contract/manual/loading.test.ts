/** Material is loaded by scan; what was loaded first is used first, with its lot in the ERP's goods issue. */
import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, describe, test } from "node:test";
import type { Statement } from "../../../src/api/contract/terminal.ts";
import { whole } from "../../../src/base/quantity.ts";
import { unwrap } from "../../../src/base/result.ts";
import { requirementOf, segmentOf } from "../../../src/operations/testing/order.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { codeOf, good, minutes, openBench, supervisor, type Bench, type Saying } from "./bench.ts";

const load = (
  lot: string | null,
  quantity: number | null,
  change: Partial<Extract<Statement, { kind: "load" }>> = {},
): Statement => ({
  kind: "load",
  material: "W-1",
  lot,
  handlingUnit: null,
  position: "spool-a",
  quantity: quantity === null ? null : { value: String(quantity), uom: "MMT" },
  substitutes: null,
  ...change,
});

const at: Saying = { unit: "MIX-1" };

describe("loading material", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let bench: Bench;
  let jobOrder: string;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  beforeEach(async () => {
    bench = await openBench(cluster, { lotControlled: ["W-"] });
    // 100 pieces, 10 mm of W-1 each.
    const materials = [requirementOf({ mode: "bill", quantity: whole(1000, "MMT") })];
    await bench.order({ segments: [segmentOf({ workCenter: "MIX", materials })] });
    jobOrder = await bench.jobOrder("1000001");
  });
  afterEach(() => bench.close());

  const start = (): Promise<unknown> => bench.say({ kind: "start", jobOrder, phase: "production" }, at);
  const used = async (): Promise<Record<string, unknown>[]> => {
    const rows = await bench.sql(`
      select coalesce(lot, '-') as lot, account, sum(micro)::text as micro from (
        select lot, from_account as account, micro from movement where to_account = 'world:production' and uom = 'MMT'
        union all select lot, to_account, -micro from movement where from_account = 'world:production' and uom = 'MMT') m
      group by 1, 2 order by 1, 2`);
    return rows.filter((row) => row["micro"] !== "0");
  };
  const issued = async (): Promise<unknown> => {
    const rows =
      await bench.sql(`select m ->> 'requirement' as requirement, m #>> '{stock,material}' as material, m #>> '{stock,lot}' as lot, m #>> '{stock,quantity,micro}' as micro
      from posting, jsonb_array_elements(content #> '{response,segment,materials}') m where kind = 'goods-issue' order by lot nulls first`);
    return rows.map((r) => [r["requirement"], r["material"], r["lot"], r["micro"]]);
  };

  test("production cannot begin before everything is loaded; set-up can", async () => {
    assert.equal(
      codeOf(await bench.say({ kind: "start", jobOrder, phase: "production" }, at)),
      "reporting/material-missing",
    );
    unwrap(await bench.say({ kind: "start", jobOrder, phase: "setup" }, at));
    assert.equal(codeOf(await bench.say({ kind: "phase", phase: "production" }, at)), "reporting/material-missing");
    assert.equal(codeOf(await bench.say(good(1), at)), "reporting/count-in-setup");
    unwrap(await bench.say(load("L1", 500), at));
    unwrap(await bench.say({ kind: "phase", phase: "production" }, at));
  });

  test("the wrong material, lot, place or unit is refused with what is wanted", async () => {
    const wrong = await bench.say(load("L1", 5, { material: "W-9" }), at);
    assert.equal(codeOf(wrong), "reporting/wrong-material");
    assert.match(wrong.ok ? "" : wrong.fault.message, /Wanted: W-1\./);
    assert.equal(codeOf(await bench.say(load(null, 5), at)), "reporting/lot-required");
    assert.equal(codeOf(await bench.say(load("L1", 5, { position: "cellar" }), at)), "reporting/unknown-position");
    assert.equal(codeOf(await bench.say(load("L1", 0), at)), "reporting/count");
    const kilos = load("L1", 1, { quantity: { value: "1", uom: "KGM" } });
    assert.equal(codeOf(await bench.say(kilos, at)), "reporting/unit");
    unwrap(await bench.say(load("L1", 5), at));
    assert.equal(codeOf(await bench.say(load("L2", 5), at)), "reporting/position-taken");
    assert.equal(
      codeOf(await bench.say({ kind: "unload", position: "spool-b", returned: null }, at)),
      "reporting/nothing-loaded",
    );
    assert.equal(codeOf(await bench.say(load("L1", 5), { unit: "PACK-1" })), "reporting/unknown-position");
  });

  const orderWith = (number: string, line: Parameters<typeof requirementOf>[0]): Promise<unknown> =>
    bench.order({
      id: `s4//${number}`,
      reference: { erp: "s4", company: "", number },
      segments: [segmentOf({ workCenter: "MIX", materials: [requirementOf({ mode: "bill", ...line })] })],
    });
  const say = async (statement: Statement): Promise<string> => {
    bench.clock.pass(minutes(1));
    const said = await bench.say(statement, { ...at, caller: supervisor });
    return said.ok ? "" : `${said.fault.code}: ${said.fault.message}`;
  };
  const begin = async (number: string, phase: "setup" | "production"): Promise<string> =>
    say({ kind: "start", jobOrder: await bench.jobOrder(number), phase });

  test("a stand-in is for the order for which it was loaded, though another order names its line likewise", async () => {
    await orderWith("1000002", { id: "R1", material: "W-STEEL" });
    await orderWith("1000003", { id: "R1", material: "W-PAINT" });
    assert.equal(await begin("1000002", "setup"), "");
    assert.equal(await say(load("L1", 5000, { material: "W-STEEL-B", substitutes: "R1" })), "");
    assert.equal(await say({ kind: "phase", phase: "production" }), "");
    assert.equal(await say(good(10)), "");
    assert.equal(await say({ kind: "finish" }), "");
    assert.match(await begin("1000003", "production"), /^reporting\/material-missing: .* load W-PAINT first\.$/);
    assert.deepEqual(
      ((await issued()) as readonly (readonly unknown[])[]).map(([, material, lot]) => [material, lot]),
      [["W-STEEL-B", "L1"]],
    );
  });

  test("what is kept in another unit than that of the next order's line is taken away and loaded anew first", async () => {
    await orderWith("1000002", { id: "2/1", material: "W-RESIN", quantity: whole(10, "KGM") });
    await orderWith("1000003", { id: "3/1", material: "W-RESIN", quantity: whole(10_000, "GRM") });
    const kilos = load("L1", 25, { material: "W-RESIN", quantity: { value: "25", uom: "KGM" } });
    assert.equal(await begin("1000002", "setup"), "");
    assert.equal(await say(kilos), "");
    assert.equal(await say({ kind: "phase", phase: "production" }), "");
    assert.equal(await say(good(10)), "");
    assert.equal(await say({ kind: "finish" }), "");
    assert.match(
      await begin("1000003", "production"),
      /^reporting\/material-missing: .* load W-RESIN first\. What is at spool-a is kept in KGM: take it away and load it anew\.$/,
    );
    assert.equal(await say({ kind: "unload", position: "spool-a", returned: null }), "");
    assert.equal(await begin("1000003", "setup"), "");
    assert.equal(await say({ ...kilos, quantity: { value: "24", uom: "KGM" } } as Statement), "");
    assert.equal(await say({ kind: "phase", phase: "production" }), "");
    assert.equal(await say(good(10)), "");
    assert.equal(await say({ kind: "finish" }), "");
    assert.deepEqual(await issued(), [
      ["2/1", "W-RESIN", "L1", "1000000"],
      ["3/1", "W-RESIN", "L1", "1000000000"],
    ]);
    assert.deepEqual(await bench.sql("select text from question"), []);
  });

  test("what was loaded first is used first; the lots stand in the goods issue", async () => {
    unwrap(await bench.say(load("L2", 150), at));
    bench.clock.pass(minutes(1));
    unwrap(await bench.say(load("L1", 1000, { position: "spool-b" }), at));
    await start();
    unwrap(await bench.say(good(10), at));
    unwrap(await bench.say(good(10), at));
    unwrap(await bench.say({ kind: "finish" }, at));
    assert.deepEqual(await issued(), [
      ["R1", "W-1", "L1", "50000000"],
      ["R1", "W-1", "L2", "150000000"],
    ]);
    const left = await bench.sql("select lot, micro::text from balance where account like 'unit:%' order by lot");
    assert.deepEqual(left, [
      { lot: "L1", micro: "950000000" },
      { lot: "L2", micro: "0" },
    ]);
  });

  test("a shortage is drawn from what is unexplained, with a question, and never refused", async () => {
    unwrap(await bench.say(load("L1", 60), at));
    await start();
    unwrap(await bench.say(good(10), at));
    assert.deepEqual(
      (await used()).map(({ lot, account, micro }) => [lot, String(account).split("/")[0], micro]),
      [
        ["-", "world:unexplained@PL01", "40000000"],
        ["L1", "unit:MIX-1", "60000000"],
      ],
    );
    const [question] = await bench.sql("select text from question where subject like 'shortage/%'");
    assert.match(String(question?.["text"]), /W-1 was used at PL01\/101C although/);
  });

  test("what goes back and what is missing then are booked, as a difference with a name", async () => {
    unwrap(await bench.say(load("L1", 500), at));
    await start();
    unwrap(await bench.say(good(10), at));
    const unloaded = unwrap(
      await bench.say({ kind: "unload", position: "spool-a", returned: { value: "390", uom: "MMT" } }, at),
    );
    assert.match(unloaded.message, /390 MMT go back\. Difference to the books: 10 MMT/);
    const balances = await bench.sql("select account, micro::text from balance where lot = 'L1' order by account");
    assert.deepEqual(
      balances.map(({ account, micro }) => [String(account).slice(0, 20), micro]),
      [
        ["unit:MIX-1/" + String(balances[0]?.["account"]).slice(11, 20), "0"],
        ["world:difference", "10000000"],
        ["world:erp@PL01/101C", "-110000000"],
        ["world:production", "100000000"],
      ],
    );
  });

  test("material that nobody has weighed is drawn from without an end", async () => {
    unwrap(await bench.say(load("L1", null), at));
    await start();
    unwrap(await bench.say(good(100), at));
    unwrap(await bench.say({ kind: "finish" }, at));
    assert.deepEqual(await issued(), [["R1", "W-1", "L1", "1000000000"]]);
    unwrap(await bench.say({ kind: "unload", position: "spool-a", returned: null }, at));
    assert.deepEqual(await bench.sql("select 1 from balance where account like 'unit:%'"), []);
  });

  test("a substitute needs the right, names the requirement, and is no withdrawal of that line", async () => {
    const substitute = load("S1", 1000, { material: "W-1-ALT", substitutes: "R1" });
    assert.equal(codeOf(await bench.say(substitute, at)), "reporting/not-allowed");
    assert.equal(
      codeOf(await bench.say({ ...substitute, substitutes: "R7" } as Statement, { ...at, caller: supervisor })),
      "reporting/wrong-material",
    );
    unwrap(await bench.say(substitute, { ...at, caller: supervisor }));
    await start();
    unwrap(await bench.say(good(10), at));
    unwrap(await bench.say({ kind: "finish" }, at));
    assert.deepEqual(await issued(), [[null, "W-1-ALT", "S1", "100000000"]]);
  });

  test("a load that is entered late covers what was drawn without it", async () => {
    unwrap(await bench.say(load("L1", 60), at));
    await start();
    bench.clock.pass(minutes(10));
    unwrap(await bench.say(good(10), at));
    bench.clock.pass(minutes(10));
    const late = new Date(bench.clock.now() - minutes(15)).toISOString();
    const entered = await bench.say(load("L2", 500, { position: "spool-b" }), {
      ...at,
      caller: supervisor,
      with: { at: late, backDated: { because: "forgot to scan" } },
    });
    unwrap(entered);
    assert.deepEqual(
      (await used()).map(({ lot, account, micro }) => [lot, String(account).split("/")[0], micro]),
      [
        ["L1", "unit:MIX-1", "60000000"],
        ["L2", "unit:MIX-1", "40000000"],
      ],
    );
    unwrap(await bench.say({ kind: "finish" }, at));
    assert.deepEqual(await issued(), [
      ["R1", "W-1", "L1", "60000000"],
      ["R1", "W-1", "L2", "40000000"],
    ]);
  });

  test("a wrong lot is corrected: what was drawn from it is drawn from the right one", async () => {
    const wrong = unwrap(await bench.say(load("L-WRONG", 500), at));
    await start();
    unwrap(await bench.say(good(10), at));
    unwrap(await bench.say(load("L-RIGHT", 500), { ...at, with: { corrects: wrong.statement } }));
    assert.deepEqual(
      (await used()).map(({ lot, micro }) => [lot, micro]),
      [["L-RIGHT", "100000000"]],
    );
    assert.deepEqual(
      await bench.sql("select lot, micro::text from balance where account like 'unit:%' and micro <> 0"),
      [{ lot: "L-RIGHT", micro: "400000000" }],
    );
    unwrap(await bench.say({ kind: "finish" }, at));
    assert.deepEqual(await issued(), [["R1", "W-1", "L-RIGHT", "100000000"]]);
  });

  test("what an order uses once stays used when the first count is taken back", async () => {
    const fixed = [requirementOf({ mode: "bill", quantity: whole(1050, "MMT"), fixed: whole(50, "MMT") })];
    await bench.order({
      reference: { erp: "s4", company: "", number: "2" },
      id: "s4//2",
      segments: [segmentOf({ workCenter: "MIX", materials: fixed })],
    });
    unwrap(await bench.say(load("L1", 5000), at));
    unwrap(await bench.say({ kind: "start", jobOrder: await bench.jobOrder("2"), phase: "production" }, at));
    const first = unwrap(await bench.say(good(10), at));
    unwrap(await bench.say(good(20), at));
    unwrap(await bench.say({ kind: "take-back" }, { ...at, with: { corrects: first.statement } }));
    assert.deepEqual(
      (await used()).map(({ lot, micro }) => [lot, micro]),
      [["L1", "250000000"]],
      "50 once and 20 × 10",
    );
    unwrap(await bench.say({ kind: "finish" }, at));
    assert.deepEqual(await issued(), [["R1", "W-1", "L1", "250000000"]]);
  });

  test("a thousandth of rounding that a count had, and that is not used any more, goes back to its lot", async () => {
    const materials = [requirementOf({ mode: "bill", quantity: { micro: 33_333_000n, uom: "MMT" } })];
    await bench.order({
      reference: { erp: "s4", company: "", number: "2" },
      id: "s4//2",
      segments: [segmentOf({ workCenter: "MIX", materials })],
    });
    unwrap(await bench.say(load("L1", 100), at));
    unwrap(await bench.say({ kind: "start", jobOrder: await bench.jobOrder("2"), phase: "production" }, at));
    const first = unwrap(await bench.say(good(10), at));
    unwrap(await bench.say(good(10), at));
    unwrap(await bench.say({ kind: "take-back" }, { ...at, with: { corrects: first.statement } }));
    unwrap(await bench.say({ kind: "finish" }, at));
    assert.deepEqual(await issued(), [["R1", "W-1", "L1", "3333000"]]);
    const balances = await bench.sql("select lot, micro::text from balance where account like 'unit:%'");
    assert.deepEqual(balances, [{ lot: "L1", micro: "96667000" }]);
    assert.deepEqual(await bench.sql("select kind from correction"), []);
  });
});
