/**
 * Two `millrace serve` on one database, each with a data directory of its own: both read the machines, one delivers and
 * one writes to each machine. The one that delivers is killed in the middle of a call; the other one goes on.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { clusterUnavailable } from "../../src/store/testing/cluster.ts";
import { release } from "./plant.ts";
import type { Sabotage } from "./sabotage.ts";
import { OwnServer } from "./server.ts";
import { openStage, patienceMs, until, untilPosted } from "./stage.ts";
import { failuresOf, judge } from "./verdict.ts";

const skip = clusterUnavailable({ major: 15 });
const timeout = 900_000;

test(
  "one dies in the middle of a call, the other goes on, and everything is posted once",
  { skip, timeout },
  async (t) => {
    assert.deepEqual(await oneDies(t), []);
  },
);

test("sabotage: who takes over and sends again without asking posts twice", { skip, timeout }, async (t) => {
  const failures = await oneDies(t, "blind-resend");
  assert.ok(
    failures.some((failure) => failure.startsWith("twice:")),
    failures.join("\n") || "it was not seen",
  );
});

async function oneDies(t: TestContext, sabotage?: Sabotage): Promise<readonly string[]> {
  const { plant, ends, millrace: make } = await openStage(t);
  const server = await OwnServer.in();
  ends.defer(() => server.close());
  await server.start();
  const environment = { DATABASE_URL: server.url };
  const one = await make("one", { environment });
  const other = await make("other", { environment, ...(sabotage ? { sabotage } : {}) });
  await one.start();
  await untilPosted(plant, 1, 3);
  await other.start();
  const [before] = await server.query("select holder, epoch from millrace.lease where role = 'exchange/s4'");
  await untilPosted(plant, 2, 4);
  // The ERP has it, and the answer does not find its way before the process is dead.
  const held = (): number => plant.erp.faults.counts.get("delay") ?? 0;
  plant.erp.faults.add({ fault: { kind: "delay", ms: 1_500 }, calls: "write", path: /ProdnOrdConf2$/ });
  release(plant, 3);
  await until(
    () => held() > 0,
    patienceMs,
    () => "nothing was posted",
  );
  // At once: whatever is asked before takes a while, and the answer may be there.
  await one.kill();
  const [then] = await server.query("select holder, epoch from millrace.lease where role = 'exchange/s4'");
  assert.deepEqual(then, before, "who comes second stands by");
  const failures = failuresOf(await judge(plant, other));
  const [after] = await server.query("select holder, epoch from millrace.lease where role = 'exchange/s4'");
  assert.equal(Number(after?.["epoch"]), Number(before?.["epoch"]) + 1, "delivery was taken over, once");
  return failures;
}
