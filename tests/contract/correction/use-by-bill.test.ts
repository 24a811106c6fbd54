/**
 * A count is taken back after its goods issue was posted, and what the bill says for it is not what its run was issued:
 * because of rounding, or of what an order uses once. In the end the ERP has the rounded total of the pieces that stand.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { Quantity } from "../../../src/base/quantity.ts";
import { whole } from "../../../src/base/quantity.ts";
import { unwrap } from "../../../src/base/result.ts";
import { sapConnector } from "../../../src/erp/sap/index.ts";
import { goOnCorrecting } from "../../../src/flows/correct.ts";
import { correctionOf, factOf, requirementOf, segmentOf, units } from "../../../src/operations/testing/order.ts";
import type { Fact } from "../../../src/record/fact.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { good, minutes, openBench, type Bench } from "../manual/bench.ts";
import { at, openScene, orderOf, type Scene } from "../../view/scene.ts";

/** For 100 pieces: 0.33333 m each, so 10 use 3.333 and 20 use 6.667. */
const uneven: Quantity = { micro: 33_333_000n, uom: "MTR" };

const issuedText = `select coalesce(sum((m #>> '{stock,quantity,micro}')::bigint), 0)::text as micro
  from posting, jsonb_array_elements(content #> '{response,segment,materials}') m where kind = 'goods-issue' and state = 'confirmed'`;
const openText =
  "select subject as what from question union all select kind || ' ' || state from correction where state <> 'done'";

describe("use by bill, after it was posted", { skip: clusterUnavailable({ major: 18 }), timeout: 120_000 }, () => {
  let cluster: TestCluster;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());

  describe("counted by a machine", () => {
    let scene: Scene;
    afterEach(() => scene?.close());

    const accept = async (quantity: Quantity): Promise<void> => {
      scene = await openScene(cluster);
      const materials = [requirementOf({ mode: "bill", quantity })];
      const segments = orderOf("1000001").segments.map((one, i) => ({ ...one, materials: i === 0 ? materials : [] }));
      await scene.accept(orderOf("1000001", { segments }));
    };
    const of = (run: string): Partial<Fact> => ({ run, source: "cutter-1", workUnit: "CUT-1" });
    const began = (run: string, s: number): Fact =>
      factOf(
        `${run}-began`,
        at(s),
        { kind: "JobStarted", job: "1000001-0010", article: "P-1", outside: false },
        of(run),
      );
    const ended = (run: string, s: number): Fact =>
      factOf(`${run}-ended`, at(s), { kind: "JobEnded", result: "finished" }, of(run));
    const counted = (run: string, s: number): Fact =>
      factOf(`${run}-${s}`, at(s), units("good", whole(10, "C62")), of(run));
    const settle = async (): Promise<void> => {
      for (let looks = 0; looks < 6; looks += 1) {
        await scene.deliver();
        await goOnCorrecting(scene, "s4", sapConnector.corrections);
      }
    };
    const issued = async (): Promise<number> => Number((await scene.sql(issuedText))[0]?.["micro"]) / 1e6;

    test("an earlier run is taken back, whose share of rounding was less: the newer run makes it up", async () => {
      await accept(uneven);
      const first = counted("ra", 2);
      await scene.state(began("ra", 1), first, ended("ra", 3));
      await scene.state(began("rb", 4), counted("rb", 5), ended("rb", 6));
      await settle();
      assert.equal(await issued(), 6.667);
      await scene.state(correctionOf(first));
      await settle();
      assert.equal(await issued(), 3.333);
      assert.deepEqual(await scene.sql(openText), []);
    });

    test("a day of a run that goes over midnight is taken back: the other day makes it up", async () => {
      await accept(uneven);
      const [first, second] = [counted("ra", 2), counted("ra", 80_000)];
      await scene.state(began("ra", 1), first, second, ended("ra", 80_001));
      await settle();
      await scene.state(correctionOf(first));
      await settle();
      assert.equal(await issued(), 3.333);
      await scene.state(correctionOf(second));
      await settle();
      assert.equal(await issued(), 0);
      assert.deepEqual(await scene.sql(openText), []);
    });

    test("a run that goes on makes it up with what it counts next", async () => {
      await accept(uneven);
      const first = counted("ra", 2);
      await scene.state(began("ra", 1), first, ended("ra", 3));
      await settle();
      await scene.state(began("rb", 4), counted("rb", 5));
      await scene.state(correctionOf(first));
      await scene.state(ended("rb", 6));
      await settle();
      assert.equal(await issued(), 3.333);
      assert.equal((await scene.sql("select 1 from posting where run = 'rb' and kind = 'goods-issue'")).length, 1);
      assert.deepEqual(await scene.sql(openText), []);
    });
  });

  describe("counted by people", () => {
    let bench: Bench;
    afterEach(() => bench?.close());

    const open = async (line: Parameters<typeof requirementOf>[0]): Promise<string> => {
      bench = await openBench(cluster);
      const materials = [requirementOf({ mode: "bill", ...line })];
      await bench.order({ segments: [segmentOf({ workCenter: "PACK", materials })] });
      return bench.jobOrder("1000001");
    };
    const settle = async (): Promise<void> => {
      for (let looks = 0; looks < 6; looks += 1) {
        await bench.sql("update posting set state = 'in-doubt' where state = 'planned'");
        await bench.sql(
          "update posting set state = 'confirmed', document = ordinal, attempts = 1 where state = 'in-doubt'",
        );
        await goOnCorrecting(bench, "s4", sapConnector.corrections);
      }
    };
    /** @returns the statement that counted them */
    const made = async (jobOrder: string): Promise<string> => {
      unwrap(await bench.say({ kind: "start", jobOrder, phase: "production" }));
      bench.clock.pass(minutes(5));
      const said = unwrap(await bench.say(good(10)));
      bench.clock.pass(minutes(5));
      unwrap(await bench.say({ kind: "finish" }));
      await settle();
      return said.statement;
    };
    const takeBack = async (corrects: string): Promise<void> => {
      unwrap(await bench.say({ kind: "take-back" }, { with: { corrects } }));
      await settle();
    };
    const issued = async (): Promise<number> => Number((await bench.sql(issuedText))[0]?.["micro"]) / 1e6;

    test("an earlier run is taken back, whose share of rounding was less: the newer run makes it up", async () => {
      const jobOrder = await open({ quantity: uneven });
      const first = await made(jobOrder);
      await made(jobOrder);
      await takeBack(first);
      assert.equal(await issued(), 3.333);
      assert.deepEqual(await bench.sql(openText), []);
    });

    test("what an order uses once stays with the run that had it, until no piece stands at all", async () => {
      const jobOrder = await open({ quantity: whole(110, "MTR"), fixed: whole(10, "MTR") });
      const [first, second] = [await made(jobOrder), await made(jobOrder)];
      assert.equal(await issued(), 30);
      await takeBack(first);
      assert.equal(await issued(), 20);
      await takeBack(second);
      assert.equal(await issued(), 0);
      assert.deepEqual(await bench.sql(openText), []);
    });
  });
});
