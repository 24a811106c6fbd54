/** Pieces are counted in a unit that the order's unit cannot say exactly: what is counted one by one is the whole all the same. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { instant } from "../../../src/base/instant.ts";
import { whole } from "../../../src/base/quantity.ts";
import { dismissRun } from "../../../src/flows/decide-run.ts";
import { correctionOf, factOf, requirementOf, segmentOf, units } from "../../../src/operations/testing/order.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import type { Fact } from "../../../src/record/fact.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { at, openScene, orderOf, type Scene } from "../../view/scene.ts";

const runs = {
  ra: { run: "ra", source: "cutter-1", workUnit: "CUT-1" },
  rb: { run: "rb", source: "cutter-2", workUnit: "CUT-2" },
};

function made(of: keyof typeof runs, pieces: number): readonly Fact[] {
  const began = { kind: "JobStarted", job: "1000001-0010", article: "P-1", outside: false } as const;
  const counted = Array.from({ length: pieces }, (_, n) =>
    factOf(`${of}-${n}`, at(2 + n), units("good", whole(1, "C62")), runs[of]),
  );
  return [
    factOf(`${of}-began`, at(1), began, runs[of]),
    ...counted,
    factOf(`${of}-ended`, at(3 + pieces), { kind: "JobEnded", result: "finished" }, runs[of]),
  ];
}

const goodText =
  "select work_unit, good_micro::text, quantity_micro::text from job_order where segment = '0010' order by 1";
const usedText = `select coalesce(sum(case when kind = 'Corrected' then -(body #>> '{was,quantity,micro}')::bigint
  else (body #>> '{quantity,micro}')::bigint end), 0)::text as micro from fact where rule like '%bill:%'`;
const documentsText = `select kind, work_unit, coalesce(content #>> '{response,segment,good,micro}', '') as good, content #>> '{response,segment,good,uom}' as uom,
  content #>> '{response,segment,materials,0,stock,quantity,micro}' as material from posting p join run r on r.id = p.run
  where p.kind in ('confirmation', 'goods-issue') order by 1, 2`;

describe("counted in pieces, ordered in dozens", { skip: clusterUnavailable({ major: 18 }), timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  afterEach(() => scene?.close());

  /** 24 dozen on two cutters, twelve each; one cap for each piece. */
  const accept = async (): Promise<void> => {
    scene = await openScene(cluster, undefined, undefined, 20);
    const quantity = whole(24, "DZN");
    const materials = [requirementOf({ mode: "bill", material: "CAP", quantity: whole(288, "C62") })];
    const segments = [segmentOf({ workCenter: "CUT", quantity, materials })];
    await scene.accept(orderOf("1000001", { quantity, segments }));
  };
  const isMade = async (): Promise<boolean> =>
    (await scene.store.transaction((tx) => tx.finalities.made("s4", instant(Date.now() + 1e12), 10))).length > 0;
  const used = async (): Promise<unknown> => (await scene.sql(usedText))[0]?.["micro"];

  test("a part is made when its last piece is counted, and so is the operation, and each piece has used its cap", async () => {
    await accept();
    await scene.state(...made("ra", 144));
    assert.deepEqual((await scene.sql(goodText))[0], {
      work_unit: "CUT-1",
      good_micro: "12000000",
      quantity_micro: "12000000",
    });
    assert.equal(await used(), "144000000");
    assert.equal(await isMade(), false);
    await scene.state(...made("rb", 144));
    assert.equal(await used(), "288000000");
    assert.ok(await isMade(), "the rule that makes operations final finds it");
    assert.deepEqual(await scene.sql(documentsText), [
      { kind: "confirmation", work_unit: "CUT-1", good: "12000000", uom: "DZN", material: null },
      { kind: "confirmation", work_unit: "CUT-2", good: "12000000", uom: "DZN", material: null },
      { kind: "goods-issue", work_unit: "CUT-1", good: "0", uom: "DZN", material: "144000000" },
      { kind: "goods-issue", work_unit: "CUT-2", good: "0", uom: "DZN", material: "144000000" },
    ]);
  });

  test("what no part can say exactly, the parts together say", async () => {
    await accept();
    await scene.state(...made("ra", 145), ...made("rb", 143));
    assert.deepEqual(
      (await scene.sql(goodText)).map((row) => row["good_micro"]),
      ["12083333", "11916666"],
    );
    assert.ok(await isMade());
    assert.equal(await used(), "288000000");
  });

  test("all of it taken back leaves nothing", async () => {
    await accept();
    const [began, ...facts] = made("ra", 7);
    assert.ok(began);
    await scene.state(began, ...facts);
    await scene.state(...facts.slice(0, 7).map(correctionOf));
    assert.deepEqual((await scene.sql(goodText))[0]?.["good_micro"], "0");
    assert.equal(await used(), "0");
    await scene.state(...made("rb", 12));
    assert.deepEqual((await scene.sql(goodText))[1]?.["good_micro"], "1000000");
    assert.equal(await used(), "12000000");
  });

  test("a run that leaves the order takes with it what it had counted, to the last", async () => {
    await accept();
    await scene.state(...made("ra", 7), ...made("rb", 12));
    const [run] = await scene.sql("select version from run where id = 'ra'");
    const actor = { person: "s" as PersonKey, reason: "A trial" };
    const command = { id: "1", actor, run: "ra", version: Number(run?.["version"]) };
    assert.ok((await dismissRun(scene, command)).ok);
    assert.deepEqual(
      (await scene.sql(goodText)).map((row) => row["good_micro"]),
      ["0", "1000000"],
    );
    assert.equal(await used(), "12000000");
  });
});
