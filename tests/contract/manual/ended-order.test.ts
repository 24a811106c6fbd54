/** The ERP ends an order while people make it: what is under way goes on, is counted and is corrected; nothing new begins. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { ok, unwrap } from "../../../src/base/result.ts";
import { takeUp } from "../../../src/flows/accept-order.ts";
import type { OperationsRequest } from "../../../src/isa95/schedule/operations-request.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { codeOf, good, minutes, morning, openBench, scrap, type Bench, type Saying } from "./bench.ts";

describe("an order that the ERP has ended", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let bench: Bench;
  let request: OperationsRequest;
  let jobOrder: string;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  beforeEach(async () => {
    bench = await openBench(cluster);
    request = await bench.order();
    jobOrder = await bench.jobOrder("1000001");
  });
  afterEach(() => bench.close());

  const start = (): ReturnType<Bench["say"]> => bench.say({ kind: "start", jobOrder, phase: "production" });
  const end = async (): Promise<void> => {
    const ended = { version: "2", request: ok({ ...request, state: "Closed", version: "2" } as const), places: ok([]) };
    const { number } = request.reference;
    const message = { idempotencyKey: "2", noun: "order", number, bytes: new Uint8Array(), mediaType: "" } as const;
    await bench.store.transaction((tx) => takeUp(tx, { site: bench.site, erp: "s4" }, ended, message, morning));
  };
  const counted = (): Promise<Record<string, unknown>[]> =>
    bench.sql("select good_micro::text as good, scrap_micro::text as scrap, state from job_order");
  const keptAt = (minute: number): Saying => ({
    with: { at: new Date(morning + minutes(minute)).toISOString(), terminal: "T-2" },
  });

  test("the run that is open is counted, and finished", async () => {
    unwrap(await start());
    bench.clock.pass(minutes(10));
    unwrap(await bench.say(good(5)));
    await end();
    bench.clock.pass(minutes(5));
    unwrap(await bench.say(good(20)));
    unwrap(await bench.say(scrap(1)));
    unwrap(await bench.say(good(7), keptAt(5)));
    assert.deepEqual(await counted(), [{ good: "32000000", scrap: "1000000", state: "cancelled" }]);
    unwrap(await bench.say({ kind: "finish" }));
    const posted = await bench.sql(
      "select sum((content #>> '{response,segment,good,micro}')::bigint)::text as good from posting where kind = 'confirmation'",
    );
    assert.deepEqual(posted, [{ good: "32000000" }], "the ERP refuses it, and a person decides");
  });

  test("a wrong count is corrected and taken back, before its run has ended and after", async () => {
    unwrap(await start());
    const wrong = unwrap(await bench.say(good(50)));
    const other = unwrap(await bench.say(good(3)));
    await end();
    unwrap(await bench.say(good(5), { with: { corrects: wrong.statement } }));
    unwrap(await bench.say({ kind: "finish" }));
    unwrap(await bench.say({ kind: "take-back" }, { with: { corrects: other.statement } }));
    assert.deepEqual(await counted(), [{ good: "5000000", scrap: "0", state: "cancelled" }]);
  });

  test("nothing begins: no start, and no run whose finish is taken back", async () => {
    unwrap(await start());
    unwrap(await bench.say(good(5)));
    const finish = unwrap(await bench.say({ kind: "finish" }));
    await end();
    const refused = await start();
    assert.equal(codeOf(refused), "reporting/closed-job");
    assert.match(
      refused.ok ? "" : refused.fault.message,
      /is cancelled: nothing new is begun for it\. Ask the planner/,
    );
    assert.equal(
      codeOf(await bench.say({ kind: "take-back" }, { with: { corrects: finish.statement } })),
      "reporting/closed-job",
    );
  });
});
