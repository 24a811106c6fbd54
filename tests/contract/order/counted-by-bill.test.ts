/**
 * A machine counts a component of which the order's bill speaks. The bill's share alone is posted, moves in the ledger and is
 * used; what the machine has counted stays to be seen, and moves nothing.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { whole } from "../../../src/base/quantity.ts";
import { assignRun, dismissRun, reassignRun } from "../../../src/flows/decide-run.ts";
import { dismissPosting } from "../../../src/flows/decide-posting.ts";
import type { MendPorts } from "../../../src/flows/mend-ports.ts";
import type { ConsumptionMode } from "../../../src/isa95/definition/operation.ts";
import type { MaterialRequirement } from "../../../src/isa95/schedule/operations-request.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import { pageOrder } from "../../../src/app/evidence-page.ts";
import { evidenceOf } from "../../../src/flows/reconcile-evidence.ts";
import { booksOf } from "../../../src/operations/reconciliation/books.ts";
import { compareBooks } from "../../../src/operations/reconciliation/comparison.ts";
import { plainReconcile } from "../../../src/site/reconcile-schema.ts";
import { consumed, correctionOf, factOf, requirementOf, units } from "../../../src/operations/testing/order.ts";
import type { Fact } from "../../../src/record/fact.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { postgresBooks } from "../../../src/store/view/books-view.ts";
import { ask } from "../../view/asking.ts";
import { at, openScene, orderOf, type Scene } from "../../view/scene.ts";

const order = "s4//500";
const place = { plant: "PL01", location: "101C" } as const;

describe(
  "a component that the bill speaks for and that a machine counts",
  { skip: clusterUnavailable({ major: 18 }) },
  () => {
    let cluster: TestCluster;
    let scene: Scene;
    before(async () => void (cluster = await withCluster({ major: 18 })));
    after(() => cluster?.close());
    beforeEach(async () => void (scene = await openScene(cluster)));
    afterEach(() => scene?.close());

    /** 100 pieces use 900 MMT of wire. */
    const line = (mode: ConsumptionMode, change: Partial<MaterialRequirement> = {}): MaterialRequirement =>
      requirementOf({ id: "500/1", mode, at: place, quantity: whole(900, "MMT"), ...change });
    const accept = async (...materials: readonly MaterialRequirement[]): Promise<void> => {
      const segments = orderOf("500").segments.map((one, i) => ({ ...one, materials: i === 0 ? materials : [] }));
      await scene.accept(orderOf("500", { segments }));
    };
    const of = (run: string): Partial<Fact> => ({ run, source: "cutter-1", workUnit: "CUT-1" });
    const counted = (run: string, s: number, amount = 100): Fact =>
      factOf(`${run}-wire-${s}`, at(s), consumed("W-1", whole(amount, "MMT")), { ...of(run), rule: "wire" });
    /** Ten pieces, for which the machine has counted 100 MMT of wire. */
    const make = async (run: string, job: string, s = 0): Promise<void> => {
      await scene.state(
        factOf(`${run}-began`, at(s), { kind: "JobStarted", job, article: "P-1", outside: false }, of(run)),
        factOf(`${run}-good`, at(s + 1), units("good", whole(10, "C62")), { ...of(run), rule: "good" }),
        counted(run, s + 1),
        factOf(`${run}-ended`, at(s + 2), { kind: "JobEnded", result: "finished" }, of(run)),
      );
      await scene.deliver();
    };
    /** What has gone into production of the wire, after all that was taken back. */
    const moved = async (): Promise<number> => {
      const rows = await scene.sql("select micro from balance where account = 'world:production' and material = 'W-1'");
      return rows.reduce((sum, row) => sum + Number(row["micro"]) / 1e6, 0);
    };
    const lines = async (): Promise<readonly string[]> =>
      (await ask(scene, "GET /api/v1/orders/:order", { params: { order } })).steps.flatMap(({ materials }) =>
        materials.map(
          (one) =>
            `${one.id} used ${one.used.value} posted ${one.posted.value} counted ${one.counted.map(({ value }) => value).join(" and ") || "-"}`,
        ),
      );
    const sums = async (run: string): Promise<readonly string[]> =>
      (await ask(scene, "GET /api/v1/runs/:run", { params: { run } })).sums
        .filter(({ material }) => material === "W-1")
        .map(({ what, amount, facts }) => `${what} ${amount.value} of ${facts}`);
    const opened = async (run: string, what: "used" | "counted"): Promise<readonly string[]> =>
      (
        await ask(scene, "GET /api/v1/runs/:run/facts", {
          params: { run },
          query: { what, material: "W-1", uom: "MMT" },
        })
      ).items.map((fact) => `${fact.what} ${fact.amount?.value}`);
    /** Where the facts of the order and the ledger say something else of one another. */
    const differences = async (): Promise<readonly unknown[]> => {
      const read = await postgresBooks(scene.database).read((view) => view.books(order));
      assert.ok(read);
      const { ledger } = booksOf({ request: read.request, receipt: true }, read.record, []);
      return ledger.filter((one) => one.counted !== one.ledger);
    };
    const ports = (): MendPorts => scene;
    const actor = { person: "p-1" as PersonKey, reason: "looked at" }; // a key of the test
    const decide = async <C extends object>(
      how: (
        ports: MendPorts,
        command: C & { id: string; run: string; version: number; actor: typeof actor },
      ) => Promise<{ ok: boolean }>,
      run: string,
      more: C,
    ): Promise<void> => {
      const [row] = await scene.sql("select version from run where id = $1", [run]);
      const version = Number(row?.["version"]);
      const done = await how(ports(), { ...more, id: `${how.name} ${run} ${version}`, run, version, actor });
      assert.ok(
        done.ok,
        JSON.stringify(done, (_, held: unknown) => (typeof held === "bigint" ? String(held) : held)),
      );
    };
    const jobOrder = async (): Promise<string> =>
      String((await scene.sql("select id from job_order where request = $1 and segment = '0010'", [order]))[0]?.["id"]);

    test("the bill's share alone is posted, moves and is used; both can be seen and opened", async () => {
      await accept(line("bill"));
      await make("r", "500-0010");
      assert.deepEqual(await lines(), ["500/1 used 90 posted 90 counted 100"]);
      assert.equal(await moved(), 90);
      assert.deepEqual(await sums("r"), ["counted 100 of 1", "used 90 of 1"]);
      assert.deepEqual(await opened("r", "used"), ["used 90"]);
      assert.deepEqual(await opened("r", "counted"), ["counted 100"]);
      const [fact] = await scene.sql("select id from fact where run = 'r' and rule = 'wire'");
      const shown = await ask(scene, "GET /api/v1/facts/:fact", { params: { fact: String(fact?.["id"]) } });
      assert.deepEqual([shown.movements, shown.postings], [[], []]);
      assert.deepEqual(await differences(), []);
      const told = await ask(scene, "GET /api/v1/orders/:order/timeline", {
        params: { order },
        query: { kinds: "material" },
      });
      assert.deepEqual(told.items.map(({ code }) => code).toSorted(), ["MaterialConsumed", "MaterialCounted"]);
    });

    test("the comparison tells both, explained, and opens them down to their facts", async () => {
      await accept(line("bill"));
      await make("r", "500-0010");
      const { request, record, facts } = await postgresBooks(scene.database).read(async (view) => {
        const kept = await view.books(order);
        assert.ok(kept);
        return { ...kept, facts: await view.facts(order, 10) };
      });
      const books = booksOf({ request, receipt: true }, record, []);
      const comparison = compareBooks(books, plainReconcile.limits, at(100));
      const evidence = evidenceOf({ request, comparison, books, facts, fault: null });
      const { aspect, counted, erp, difference, differences } = evidence.lines.at(-1) ?? {};
      assert.deepEqual([aspect, counted, erp, difference], ["counted", "100", "90", "10"]);
      assert.deepEqual(
        differences?.map((one) => one.class),
        ["beside-bill"],
      );
      const { besideBill } = evidence;
      assert.deepEqual(
        [besideBill.counted, besideBill.bill].map((side) => side.map(({ amount }) => amount)),
        [["100"], ["90"]],
      );
      assert.ok(
        !evidence.unspoken.some(({ amount, what }) => what === "W-1" && amount === "100"),
        "no document is missing",
      );
      const page = pageOrder(evidence);
      for (const one of [...besideBill.counted, ...besideBill.bill]) assert.ok(page.includes(one.fact), one.fact);
      assert.match(page, /counted W-1<\/td><td>MMT<\/td><td class="n">100<\/td><td class="n">90</);
    });

    test("where much is counted the time line has both sums", async () => {
      await accept(line("bill"));
      await scene.state(
        factOf("r-began", at(0), { kind: "JobStarted", job: "500-0010", article: "P-1", outside: false }, of("r")),
        factOf("r-good", at(1), units("good", whole(10, "C62")), { ...of("r"), rule: "good" }),
        ...Array.from({ length: 60 }, (_, n) => counted("r", n + 1, 2)),
      );
      const query = { kinds: "material" };
      const { items } = await ask(scene, "GET /api/v1/orders/:order/timeline", { params: { order }, query });
      assert.deepEqual(items.map(({ code, values }) => `${code} ${values["value"]}`).toSorted(), [
        "sum/counted 120",
        "sum/used 90",
      ]);
    });

    for (const mode of ["erp", "issued", "measured"] as const) {
      test(`of a line that is ${mode} the counter alone speaks, and moves`, async () => {
        await accept(line(mode));
        await make("r", "500-0010");
        const posted = mode === "measured" ? 100 : 0;
        assert.deepEqual(await lines(), [`500/1 used 100 posted ${posted} counted -`]);
        assert.equal(await moved(), 100);
        assert.deepEqual(await sums("r"), ["used 100 of 1"]);
        assert.deepEqual(await opened("r", "used"), ["used 100"]);
        assert.deepEqual(await differences(), []);
      });
    }

    test("of two lines, one by bill and one measured, each has what its own source says", async () => {
      await accept(line("bill"), line("measured", { id: "500/2", quantity: whole(300, "MMT") }));
      await make("r", "500-0010");
      assert.deepEqual(await lines(), ["500/1 used 90 posted 90 counted -", "500/2 used 100 posted 100 counted -"]);
      assert.equal(await moved(), 190);
      assert.deepEqual(await sums("r"), ["used 190 of 2"]);
      assert.deepEqual(await differences(), []);
    });

    test("a line by bill of another operation speaks for what this one counts, too", async () => {
      const segments = orderOf("500").segments.map((one, i) => ({ ...one, materials: i === 1 ? [line("bill")] : [] }));
      await scene.accept(orderOf("500", { segments }));
      await make("r", "500-0010");
      assert.deepEqual(await lines(), ["500/1 used 0 posted 0 counted 100"]);
      assert.equal(await moved(), 0);
      assert.deepEqual(await sums("r"), ["counted 100 of 1"]);
      assert.deepEqual(await differences(), []);
    });

    test("material that no line asks for moves as the machine counts it", async () => {
      await accept();
      await make("r", "500-0010");
      assert.deepEqual(await lines(), [" used 100 posted 100 counted -"]);
      assert.equal(await moved(), 100);
      assert.deepEqual(await differences(), []);
    });

    test("what the machine takes back, and says anew, moves nothing either", async () => {
      await accept(line("bill"));
      await make("r", "500-0010");
      await scene.state(correctionOf(counted("r", 1)), counted("r", 2, 120));
      assert.deepEqual(await lines(), ["500/1 used 90 posted 90 counted 120"]);
      assert.equal(await moved(), 90);
      assert.deepEqual(await sums("r"), ["counted 120 of 3", "used 90 of 1"]);
      const query = { kinds: "material" };
      const { items } = await ask(scene, "GET /api/v1/orders/:order/timeline", { params: { order }, query });
      assert.deepEqual(items.map(({ code, values }) => `${code} ${values["value"]}`).toSorted(), [
        "CountCorrected 100",
        "MaterialConsumed 90",
        "MaterialCounted 100",
        "MaterialCounted 120",
      ]);
      assert.deepEqual(await differences(), []);
    });

    test("what is counted in two units without a factor stands in both", async () => {
      await accept(line("bill"));
      await make("r", "500-0010");
      await scene.state(
        factOf("r-weighed", at(2), consumed("W-1", whole(3, "KGM")), { ...of("r"), rule: "scale" }),
        factOf("r-drawn", at(3), consumed("W-1", whole(2, "MTR")), { ...of("r"), rule: "metres" }),
      );
      assert.deepEqual(await lines(), ["500/1 used 90 posted 90 counted 2100 and 3"]);
    });

    test("a run gets its order late, another one, and none: it is booked by the rule of the order that it has", async () => {
      await accept(line("bill"));
      const measured = orderOf("600").segments.map((one, i) => ({
        ...one,
        materials: i === 0 ? [line("measured", { id: "600/1" })] : [],
      }));
      await scene.accept(orderOf("600", { segments: measured }));
      await make("r", "nobody's");
      assert.equal(await moved(), 100);
      assert.deepEqual(await sums("r"), ["used 100 of 1"]);
      await decide(assignRun, "r", { jobOrder: await jobOrder() });
      assert.equal(await moved(), 90);
      assert.deepEqual(await sums("r"), ["counted 100 of 1", "used 90 of 1"]);
      const [other] = await scene.sql("select id from job_order where request = 's4//600' and segment = '0010'");
      await unplan();
      await decide(reassignRun, "r", { jobOrder: String(other?.["id"]) });
      assert.equal(await moved(), 100);
      assert.deepEqual((await sums("r")).at(-1), "used 100 of 3");
      await unplan();
      await decide(reassignRun, "r", { jobOrder: await jobOrder() });
      assert.equal(await moved(), 90);
      assert.deepEqual(await differences(), []);
      await unplan();
      await decide(dismissRun, "r", {});
      assert.equal(await moved(), 100);
      assert.deepEqual((await sums("r")).at(-1)?.split(" of ")[0], "used 100");
    });

    /** What waits to be sent lets go of its facts, so that the run can get another order. */
    const unplan = async (): Promise<void> => {
      for (const row of await scene.sql(
        "select id, version from posting where run = 'r' and state = 'planned' order by ordinal",
      )) {
        const [posting, version] = [String(row["id"]), Number(row["version"])];
        await dismissPosting(ports(), { id: `dismiss ${posting} ${version}`, posting, version, actor });
      }
    };
  },
);
