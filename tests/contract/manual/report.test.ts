/** A person reports at a work unit without a controller; what follows is what a machine's facts would bring about. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { unwrap } from "../../../src/base/result.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { codeOf, good, minutes, openBench, scrap, type Bench } from "./bench.ts";

describe("reports at a work unit without a controller", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let bench: Bench;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    bench = await openBench(cluster);
  });
  after(async () => {
    await bench?.close();
    await cluster?.close();
  });

  test("start, count, finish: confirmation, receipt and issue are owed, each once", async () => {
    await bench.order();
    const jobOrder = await bench.jobOrder("1000001");
    unwrap(await bench.say({ kind: "start", jobOrder, phase: "production" }));
    bench.clock.pass(minutes(30));
    unwrap(await bench.say(good(40)));
    unwrap(await bench.say(scrap(2)));
    bench.clock.pass(minutes(30));
    unwrap(await bench.say({ kind: "hold", reason: "paper jam" }));
    unwrap(await bench.say({ kind: "resume" }));
    unwrap(await bench.say(good(10)));
    unwrap(await bench.say({ kind: "finish" }));
    const [row] = await bench.sql("select state, good_micro, scrap_micro, runs_ended from job_order");
    assert.deepEqual(row, { state: "ready", good_micro: "50000000", scrap_micro: "2000000", runs_ended: 1 });
    const [run] = await bench.sql("select source, work_unit, job, article, result, job_order from run");
    assert.deepEqual(run, {
      source: "manual:PACK-1",
      work_unit: "PACK-1",
      job: "1000001/0010",
      article: "P-1",
      result: "finished",
      job_order: jobOrder,
    });
    const postings = await bench.sql(
      "select kind, content #>> '{response,segment}' as segment from posting order by kind",
    );
    assert.deepEqual(
      postings.map(({ kind }) => kind),
      ["confirmation", "goods-issue", "goods-receipt"],
    );
    assert.match(String(postings[0]?.["segment"]), /"good": \{"uom": "C62", "micro": "50000000"\}/);
    assert.match(String(postings[1]?.["segment"]), /"micro": "500000000"/, "50 pieces of 10 each");
    const kinds = await bench.sql(
      "select kind, said_by ->> 'by' as by, said_by ->> 'person' as person from fact group by 1, 2, 3 order by 1",
    );
    assert.ok(kinds.every(({ by, person }) => by === "person" && person === "p-ann"));
    assert.deepEqual(
      kinds.map(({ kind }) => kind),
      [
        "JobEnded",
        "JobHeld",
        "JobResumed",
        "JobStarted",
        "MaterialConsumed",
        "StateEntered",
        "StopExplained",
        "UnitsCounted",
      ],
    );
  });

  test("what does not fit the state is refused in business words, and stays refused", async () => {
    const first = await bench.say({ kind: "finish" }, { command: "no-job" });
    assert.equal(codeOf(first), "reporting/no-job");
    assert.deepEqual(await bench.say({ kind: "finish" }, { command: "no-job" }), first);
    assert.equal(
      codeOf(await bench.say({ kind: "start", jobOrder: "nobody-knows", phase: "production" })),
      "reporting/unknown-job",
    );
  });
});
