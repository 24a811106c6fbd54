/**
 * The order's quantity changes after something was made, and its components follow, rounded by the ERP; then pieces are taken
 * back. What they had used by the old bill is not left in the ERP, nor asked about, because the new one says a thousandth more.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { whole } from "../../../src/base/quantity.ts";
import { sapConnector } from "../../../src/erp/sap/index.ts";
import { goOnCorrecting } from "../../../src/flows/correct.ts";
import { correctionOf, factOf, requirementOf, segmentOf, units } from "../../../src/operations/testing/order.ts";
import type { Fact } from "../../../src/record/fact.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { at, openScene, orderOf, type Scene } from "../../view/scene.ts";

const began = { kind: "JobStarted", job: "1000001-0010", article: "P-1", outside: false } as const;
const issuedText = `select coalesce(sum((m #>> '{stock,quantity,micro}')::bigint), 0)::text as micro
  from posting, jsonb_array_elements(content #> '{response,segment,materials}') m where kind = 'goods-issue' and state = 'confirmed'`;
const openText =
  "select subject as what from question union all select kind || ' ' || state from correction where state <> 'done'";

describe("use by bill of an order that changes", { skip: clusterUnavailable({ major: 18 }), timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  afterEach(() => scene?.close());

  const accept = async (pieces: number, oil: bigint, version: string): Promise<void> => {
    const quantity = whole(pieces, "C62");
    const materials = [requirementOf({ mode: "bill", material: "OIL", quantity: { micro: oil, uom: "KGM" } })];
    const segments = [segmentOf({ workCenter: "CUT", quantity, materials })];
    assert.equal(await scene.accept(orderOf("1000001", { version, quantity, segments })), "accepted");
  };
  const settle = async (): Promise<void> => {
    for (let looks = 0; looks < 6; looks += 1) {
      await scene.deliver();
      await goOnCorrecting(scene, "s4", sapConnector.corrections);
    }
  };
  /** @returns what is taken back with it */
  const made = async (run: string, s: number): Promise<Fact> => {
    const of = { run, source: "cutter-1", workUnit: "CUT-1" };
    const counted = factOf(`${run}-c`, at(s + 1), units("good", whole(50, "C62")), of);
    const ended = factOf(`${run}-e`, at(s + 2), { kind: "JobEnded", result: "finished" }, of);
    await scene.state(factOf(`${run}-b`, at(s), began, of), counted, ended);
    await settle();
    return counted;
  };
  const issued = async (): Promise<number> => Number((await scene.sql(issuedText))[0]?.["micro"]) / 1e6;

  const more = { was: 33_333_000n, is: 66_667_000n, what: "a thousandth more" };
  const less = { was: 33_335_000n, is: 66_667_000n, what: "a thousandth less" };
  for (const { was, is, what } of [more, less])
    test(`all of it is taken back, which by the new bill is ${what}`, async () => {
      scene = await openScene(cluster);
      await accept(100, was, "1");
      const [first, second] = [await made("ra", 1), await made("rb", 11)];
      assert.equal(await issued(), Number(was) / 1e6);
      await accept(200, is, "2");
      await scene.state(correctionOf(first), correctionOf(second));
      await settle();
      assert.equal(await issued(), 0);
      assert.deepEqual(await scene.sql(openText), []);
      await made("rc", 21);
      assert.equal(await issued(), 16.667, "what is made next is by the new bill");
    });

  test("of several runs each is taken back for itself", async () => {
    scene = await openScene(cluster);
    await accept(100, 33_333_000n, "1");
    const [first, second] = [await made("ra", 1), await made("rb", 11)];
    await accept(200, 66_667_000n, "2");
    await scene.state(correctionOf(second));
    await settle();
    assert.equal(await issued(), 16.667);
    await scene.state(correctionOf(first));
    await settle();
    assert.equal(await issued(), 0);
    assert.deepEqual(await scene.sql(openText), []);
  });
});
