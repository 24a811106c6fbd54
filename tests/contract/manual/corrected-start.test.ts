/** A start that is put right: what was counted stays with the job for which it was said. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { whole } from "../../../src/base/quantity.ts";
import { unwrap } from "../../../src/base/result.ts";
import { requirementOf, segmentOf } from "../../../src/operations/testing/order.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import {
  codeOf,
  good,
  minutes,
  morning,
  noCall,
  openBench,
  supervisor,
  type Bench,
  type Said,
  type Saying,
} from "./bench.ts";

describe("a start that is corrected", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let bench: Bench;
  let [one, two] = ["", ""];
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  beforeEach(async () => {
    bench = await openBench(cluster);
    await order("1000001", "W-A", 1000);
    await order("1000002", "W-B", 200);
    [one, two] = [await bench.jobOrder("1000001"), await bench.jobOrder("1000002")];
  });
  afterEach(() => bench.close());

  const order = (number: string, material: string, millimetres: number): Promise<unknown> => {
    const materials = [requirementOf({ id: material, material, mode: "bill", quantity: whole(millimetres, "MMT") })];
    const reference = { erp: "s4", company: "", number };
    return bench.order({ id: `s4//${number}`, reference, segments: [segmentOf({ workCenter: "PACK", materials })] });
  };
  const start = (jobOrder: string, on: Saying = {}): Promise<Said> =>
    bench.say({ kind: "start", jobOrder, phase: "production" }, on);
  const takeBack = (corrects: string): Promise<Said> => bench.say({ kind: "take-back" }, { with: { corrects } });
  const issued = (): Promise<Record<string, unknown>[]> =>
    bench.sql(`select request, m #>> '{stock,material}' as material, m #>> '{stock,quantity,micro}' as micro
      from posting, jsonb_array_elements(content #> '{response,segment,materials}') m
      where kind = 'goods-issue' and state = 'planned' order by request`);
  const pieces = (): Promise<Record<string, unknown>[]> =>
    bench.sql("select request, good_micro::text as good from job_order order by request");

  test("the wrong job was scanned: what was counted is taken back first, and counted anew for the right one", async () => {
    const wrong = unwrap(await start(one));
    bench.clock.pass(minutes(5));
    const counted = unwrap(await bench.say(good(50)));
    bench.clock.pass(minutes(5));
    const refused = await start(two, { with: { corrects: wrong.statement } });
    assert.equal(codeOf(refused), "reporting/contradicts");
    assert.match(
      refused.ok ? "" : refused.fault.message,
      /"count" at 2025-02-03T07:05.* It was said of 1000001\/0010\. Take that back first/,
    );
    unwrap(await takeBack(counted.statement));
    unwrap(await start(two, { with: { corrects: wrong.statement } }));
    unwrap(await bench.say(good(50)));
    unwrap(await bench.say({ kind: "finish" }));
    assert.deepEqual(await pieces(), [
      { request: "s4//1000001", good: "0" },
      { request: "s4//1000002", good: "50000000" },
    ]);
    assert.deepEqual(await issued(), [{ request: "s4//1000002", material: "W-B", micro: "100000000" }]);
  });

  test("a shift on paper that ends the job and starts another before a count does not take it along", async () => {
    unwrap(await start(one));
    bench.clock.pass(minutes(30));
    unwrap(await bench.say(good(50)));
    bench.clock.pass(minutes(30));
    const csv = "time;statement;operation\n2025-02-03 08:10;finish;\n2025-02-03 08:20;start;1000002/0010\n";
    const entered = await bench.handlers["POST /api/v1/units/:unit/paper-shift"]({
      ...noCall,
      params: { unit: "PACK-1" },
      body: { csv, because: "no network" },
      caller: supervisor,
      command: "paper",
    });
    assert.equal(codeOf(entered), "reporting/paper-lines");
    const [line] = entered.ok ? [] : (entered.fault.errors ?? []);
    assert.match(`${line?.at}: ${line?.message}`, /^line 3: .*"count".*It was said of 1000001\/0010\./);
  });

  test("it stays when the operation is final", async () => {
    const wrong = unwrap(await start(one));
    unwrap(await bench.say({ kind: "finish" }));
    await bench.sql("update job_order set state = 'completed', version = version + 1 where id = $1", [one]);
    for (const said of [await start(two, { with: { corrects: wrong.statement } }), await takeBack(wrong.statement)])
      assert.equal(codeOf(said), "reporting/closed-job");
  });

  test("in its time alone: its counts are corrected and taken back as before", async () => {
    bench.clock.pass(minutes(30));
    const late = unwrap(await start(one));
    bench.clock.pass(minutes(5));
    const first = unwrap(await bench.say(good(50)));
    const second = unwrap(await bench.say(good(3)));
    const at = new Date(morning + minutes(20)).toISOString();
    const backDated = { because: "wrong time" };
    unwrap(await start(one, { caller: supervisor, with: { corrects: late.statement, at, backDated } }));
    unwrap(await bench.say(good(5), { with: { corrects: first.statement } }));
    unwrap(await takeBack(second.statement));
    unwrap(await bench.say({ kind: "finish" }));
    assert.deepEqual((await pieces())[0], { request: "s4//1000001", good: "5000000" });
    assert.deepEqual(await issued(), [{ request: "s4//1000001", material: "W-A", micro: "50000000" }]);
    assert.deepEqual(await bench.sql("select 1 from question"), []);
  });
});
