/** An order that is split over two units: what it uses by bill is that of all its parts, whatever becomes of their amounts. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { whole } from "../../../src/base/quantity.ts";
import { dismissRun } from "../../../src/flows/decide-run.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import { correctionOf, factOf, requirementOf, segmentOf, units } from "../../../src/operations/testing/order.ts";
import type { Fact } from "../../../src/record/fact.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { at, openScene, orderOf, type Scene } from "../../view/scene.ts";

const began = { kind: "JobStarted", job: "1000001-0010", article: "P-1", outside: false } as const;
const runs = {
  ra: { run: "ra", source: "cutter-1", workUnit: "CUT-1" },
  rb: { run: "rb", source: "cutter-2", workUnit: "CUT-2" },
};
const usedText = `select coalesce(sum(case when kind = 'Corrected' then -(body #>> '{was,quantity,micro}')::bigint
  else (body #>> '{quantity,micro}')::bigint end), 0)::text as micro from fact where rule like '%bill:%'`;

describe("a split order that is made smaller", { skip: clusterUnavailable({ major: 18 }), timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  afterEach(() => scene?.close());

  const accept = async (pieces: number, version: string): Promise<void> => {
    const quantity = whole(pieces, "C62");
    // One cap for each piece and ten for the order.
    const caps = { quantity: whole(pieces + 10, "C62"), fixed: whole(10, "C62") };
    const materials = [requirementOf({ mode: "bill", material: "CAP", ...caps })];
    const segments = [segmentOf({ workCenter: "CUT", quantity, materials })];
    assert.equal(await scene.accept(orderOf("1000001", { version, quantity, segments })), "accepted");
  };
  const made = async (of: keyof typeof runs, pieces: number): Promise<Fact> => {
    const counted = factOf(`${of}-counted`, at(2), units("good", whole(pieces, "C62")), runs[of]);
    const ended = factOf(`${of}-ended`, at(3), { kind: "JobEnded", result: "finished" }, runs[of]);
    await scene.state(factOf(`${of}-began`, at(1), began, runs[of]), counted, ended);
    return counted;
  };
  /** 50 of 100 pieces at one unit, ten at the other; then the order asks for 50, as the first part alone did. */
  const shrunk = async (): Promise<Fact> => {
    scene = await openScene(cluster, undefined, undefined, 20);
    await accept(100, "1");
    const first = await made("ra", 50);
    await made("rb", 10);
    assert.equal(await used(), "70000000");
    await accept(50, "2");
    return first;
  };
  const used = async (): Promise<unknown> => (await scene.sql(usedText))[0]?.["micro"];

  test("what one part takes back leaves what the pieces of the other have used", async () => {
    const first = await shrunk();
    await scene.state(correctionOf(first));
    assert.equal(await used(), "20000000");
  });

  test("and so does a run that leaves the order", async () => {
    await shrunk();
    const [run] = await scene.sql("select version from run where id = 'ra'");
    const actor = { person: "s" as PersonKey, reason: "A trial" };
    assert.ok((await dismissRun(scene, { id: "1", actor, run: "ra", version: Number(run?.["version"]) })).ok);
    assert.equal(await used(), "20000000");
  });
});
