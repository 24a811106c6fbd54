/** What is entered late, kept offline or taken back: read at its own time, and refused where it contradicts the rest. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { unwrap } from "../../../src/base/result.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import {
  codeOf,
  colleague,
  good,
  minutes,
  morning,
  openBench,
  scrap,
  supervisor,
  type Bench,
  type Saying,
  iso,
} from "./bench.ts";

describe("late entries and corrections", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let bench: Bench;
  let jobOrder: string;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  beforeEach(async () => {
    bench = await openBench(cluster);
    await bench.order();
    jobOrder = await bench.jobOrder("1000001");
  });
  afterEach(() => bench.close());

  const time = (minute: number): string => new Date(morning + minutes(minute)).toISOString();
  const afterwards = (minute: number): { at: string; backDated: { because: string } } => ({
    at: time(minute),
    backDated: { because: "was on paper" },
  });
  const counts = (): Promise<Record<string, unknown>[]> =>
    bench.sql("select good_micro::text as good, scrap_micro::text as scrap, state from job_order");

  test("a supervisor enters what happened earlier, with a reason; an operator may not", async () => {
    bench.clock.pass(minutes(60));
    const start = { kind: "start", jobOrder, phase: "production" } as const;
    assert.equal(codeOf(await bench.say(start, { with: afterwards(0) })), "reporting/not-allowed");
    unwrap(await bench.say(start, { caller: supervisor, with: afterwards(0) }));
    unwrap(await bench.say(good(5), { caller: supervisor, with: afterwards(10) }));
    const [fact] = await bench.sql(
      "select event_at, recorded_at, said_by ->> 'reason' as why from fact where kind = 'UnitsCounted'",
    );
    assert.equal(String(fact?.["why"]), "was on paper");
    assert.equal(iso(fact?.["event_at"]), time(10));
    assert.equal(iso(fact?.["recorded_at"]), time(60));
    const [run] = await bench.sql("select started_at from run");
    assert.equal(iso(run?.["started_at"]), time(0));
  });

  test("what contradicts later statements is refused, and names them", async () => {
    unwrap(await bench.say({ kind: "start", jobOrder, phase: "production" }));
    bench.clock.pass(minutes(30));
    unwrap(await bench.say(good(5)));
    bench.clock.pass(minutes(30));
    const refused = await bench.say({ kind: "finish" }, { caller: supervisor, with: afterwards(10) });
    assert.equal(codeOf(refused), "reporting/contradicts");
    assert.match(refused.ok ? "" : refused.fault.message, /"count" at 2025-02-03T07:30/);
    // Nothing of it is there.
    assert.deepEqual(await bench.sql("select 1 from fact where kind = 'JobEnded'"), []);
    assert.deepEqual(await bench.sql("select result from run"), [{ result: null }]);
  });

  test("entered late between two others: the run ends earlier, what follows stays", async () => {
    unwrap(await bench.say({ kind: "start", jobOrder, phase: "production" }));
    unwrap(await bench.say(good(5)));
    bench.clock.pass(minutes(60));
    unwrap(await bench.say({ kind: "finish" }));
    unwrap(await bench.say(scrap(2), { caller: supervisor, with: afterwards(30) }));
    assert.deepEqual(await counts(), [{ good: "5000000", scrap: "2000000", state: "ready" }]);
    const posted = await bench.sql(
      "select content #>> '{response,segment,scrap,micro}' as scrap from posting where kind = 'confirmation' and state = 'planned' order by ordinal",
    );
    assert.equal(
      posted.reduce((sum, row) => sum + Number(row["scrap"]), 0),
      2_000_000,
      "the late scrap is owed too, once",
    );
  });

  test("a count is taken back by whoever said it, or by a supervisor; twice is refused", async () => {
    unwrap(await bench.say({ kind: "start", jobOrder, phase: "production" }));
    const wrong = unwrap(await bench.say(good(50)));
    unwrap(await bench.say(good(3)));
    const back = { with: { corrects: wrong.statement } };
    assert.equal(codeOf(await bench.say({ kind: "take-back" }, { ...back, caller: colleague })), "reporting/not-yours");
    assert.equal(codeOf(await bench.say({ kind: "finish" }, back)), "reporting/other-kind");
    unwrap(await bench.say({ kind: "take-back" }, back));
    assert.deepEqual(await counts(), [{ good: "3000000", scrap: "0", state: "running" }]);
    assert.equal(
      codeOf(await bench.say({ kind: "take-back" }, { ...back, caller: supervisor })),
      "reporting/taken-back",
    );
    const [facts] = await bench.sql("select count(*)::int as n from fact where kind = 'Corrected'");
    assert.deepEqual(facts, { n: 2 }, "the count and its use by bill; nothing is deleted");
    unwrap(await bench.say({ kind: "finish" }));
    const [issue] = await bench.sql(
      "select content #>> '{response,segment,materials,0,stock,quantity,micro}' as micro from posting where kind = 'goods-issue'",
    );
    assert.equal(issue?.["micro"], "30000000");
  });

  test("a correction with an amount takes the place of the wrong one, at its time", async () => {
    unwrap(await bench.say({ kind: "start", jobOrder, phase: "production" }));
    const wrong = unwrap(await bench.say(good(50)));
    bench.clock.pass(minutes(20));
    unwrap(await bench.say(good(5), { with: { corrects: wrong.statement } }));
    assert.deepEqual(await counts(), [{ good: "5000000", scrap: "0", state: "running" }]);
    const times = await bench.sql("select event_at from statement where kind = 'count' order by ordinal");
    assert.deepEqual(times[0], times[1]);
  });

  test("a finish that is taken back opens the run again; a start that others build on stays", async () => {
    const start = unwrap(await bench.say({ kind: "start", jobOrder, phase: "production" }));
    unwrap(await bench.say(good(5)));
    const finish = unwrap(await bench.say({ kind: "finish" }));
    unwrap(await bench.say({ kind: "take-back" }, { with: { corrects: finish.statement } }));
    assert.deepEqual(await bench.sql("select result, ended_at from run"), [{ result: null, ended_at: null }]);
    assert.equal((await counts())[0]?.["state"], "running");
    unwrap(await bench.say(good(5)));
    const refused = await bench.say({ kind: "take-back" }, { with: { corrects: start.statement } });
    assert.equal(codeOf(refused), "reporting/contradicts");
  });

  test("a finish is not taken back when the operation is final: its run would be open again", async () => {
    unwrap(await bench.say({ kind: "start", jobOrder, phase: "production" }));
    unwrap(await bench.say(good(5)));
    const end = unwrap(await bench.say({ kind: "finish" }));
    await bench.sql("update job_order set state = 'completed', version = version + 1");
    const back = await bench.say({ kind: "take-back" }, { with: { corrects: end.statement } });
    assert.equal(codeOf(back), "reporting/closed-job");
    assert.equal((await bench.sql("select 1 from run where ended_at is null")).length, 0);
  });

  test("what was not sent yet is planned anew; what was is to be corrected in the ERP", async () => {
    unwrap(await bench.say({ kind: "start", jobOrder, phase: "production" }));
    const wrong = unwrap(await bench.say(good(50)));
    unwrap(await bench.say(good(3)));
    unwrap(await bench.say({ kind: "finish" }));
    unwrap(await bench.say({ kind: "take-back" }, { with: { corrects: wrong.statement } }));
    const planned = await bench.sql(
      `select kind, content #>> '{response,segment,good,micro}' as good from posting where state = 'planned' order by kind`,
    );
    assert.deepEqual(
      planned.map(({ kind, good: sum }) => [kind, sum]),
      [
        ["confirmation", "3000000"],
        ["goods-issue", "0"],
        ["goods-receipt", "3000000"],
      ],
    );
    assert.deepEqual(await bench.sql("select subject from question"), []);
    await bench.sql("update posting set state = 'in-doubt' where state = 'planned'");
    await bench.sql("update posting set state = 'confirmed', document = '1', attempts = 1 where state = 'in-doubt'");
    const [three] = await bench.sql("select id from statement where kind = 'count' order by ordinal desc limit 1");
    unwrap(await bench.say({ kind: "take-back" }, { with: { corrects: String(three?.["id"]) } }));
    const corrections = await bench.sql("select kind, cause, state from correction order by kind");
    assert.deepEqual(
      corrections.map(({ kind, cause, state }) => [kind, cause, state]),
      [
        ["confirmation", "fewer pieces", "open"],
        ["goods-issue", "less used", "open"],
        ["goods-receipt", "fewer pieces", "open"],
      ],
      "confirmation, receipt and issue are in the ERP already",
    );
  });

  test("two tablets started one job, one of them without a network: its start counts, and its pieces", async () => {
    bench.clock.pass(minutes(30));
    unwrap(await bench.say({ kind: "start", jobOrder, phase: "production" }, { caller: colleague }));
    unwrap(await bench.say(good(5), { caller: colleague }));
    bench.clock.pass(minutes(30));
    unwrap(await bench.say({ kind: "finish" }, { caller: colleague }));
    await bench.sql("update posting set state = 'in-doubt'");
    await bench.sql("update posting set state = 'confirmed', document = '1', attempts = 1");
    const kept = (minute: number): Saying => ({ with: { at: time(minute), terminal: "T-2" } });
    const runs = (): Promise<Record<string, unknown>[]> =>
      bench.sql("select started_at, ended_at from run where result <> 'corrected' order by started_at");
    unwrap(await bench.say({ kind: "start", jobOrder, phase: "production" }, kept(10)));
    unwrap(await bench.say(good(20), kept(20)));
    assert.deepEqual(
      (await runs()).map((run) => Object.values(run).map(iso)),
      [[time(10), time(60)]],
    );
    assert.deepEqual(await counts(), [{ good: "25000000", scrap: "0", state: "ready" }]);
    const posted = await bench.sql(
      "select state, content #>> '{response,segment,good,micro}' as good from posting where kind = 'confirmation' order by ordinal",
    );
    assert.deepEqual(
      posted.map(({ state, good: pieces }) => [state, pieces]),
      [
        ["confirmed", "5000000"],
        ["planned", "20000000"],
      ],
      "what is posted stands, what came late is owed",
    );
    assert.deepEqual(await bench.sql("select 1 from correction union all select 1 from question"), []);
    unwrap(await bench.say({ kind: "finish" }, kept(25)));
    assert.deepEqual(
      (await runs()).map((run) => Object.values(run).map(iso)),
      [
        [time(10), time(25)],
        [time(30), time(60)],
      ],
      "the colleague's start is one of its own again",
    );
    assert.deepEqual(await counts(), [{ good: "25000000", scrap: "0", state: "ready" }]);
  });

  test("a terminal's own time: kept in order, judged against ours, marked", async () => {
    bench.clock.pass(minutes(60));
    unwrap(
      await bench.say({ kind: "start", jobOrder, phase: "production" }, { with: { at: time(10), terminal: "T-7" } }),
    );
    unwrap(await bench.say(good(5), { with: { at: time(20), terminal: "T-7" } }));
    unwrap(await bench.say(good(6), { with: { at: time(20), terminal: "T-7" } }));
    unwrap(await bench.say(good(1), { with: { at: time(61) } }));
    assert.equal(codeOf(await bench.say(good(1), { with: { at: time(63) } })), "reporting/clock-ahead");
    bench.clock.pass(minutes(25 * 60));
    assert.equal(codeOf(await bench.say(good(1), { with: { at: time(30) } })), "reporting/too-old");
    const rows = await bench.sql("select way, terminal, event_at from statement order by event_at, ordinal");
    assert.deepEqual(
      rows.map(({ way, terminal }) => [way, terminal]),
      [
        ["offline", "T-7"],
        ["offline", "T-7"],
        ["offline", "T-7"],
        ["live", null],
      ],
    );
    assert.equal(iso(rows[3]?.["event_at"]), time(60), "nothing happens in the future");
    assert.equal(
      new Set(rows.map((r) => String((r["event_at"] as Date).getTime()))).size,
      4,
      "each has a time of its own",
    );
  });
});
