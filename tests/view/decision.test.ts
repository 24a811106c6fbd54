/** "To mend" and "final" as the handlers answer: lists by cause and place, decisions once, and never on what is not theirs. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { clusterUnavailable, withCluster, type TestCluster } from "../../src/store/testing/cluster.ts";
import { ask, codeOf, tryAsk } from "./asking.ts";
import { unguarded } from "../contract/store/world.ts";
import { at, callerOf, everything, openScene, orderOf, refused, type Scene } from "./scene.ts";
import { makeFault } from "../../src/base/result.ts";

const because = "as seen at the machine";
const cutter = callerOf(["PL01", "CUT", "CUT-1", "CUT-2"]);
const packer = callerOf(["PL01", "PACK", "PACK-1"]);

describe("decisions", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    scene = await openScene(cluster);
    await scene.accept(orderOf("100"));
    // Nobody knows the job: three good pieces without an order.
    await run(scene, "cutter-1", "unknown", 3);
    await run(scene, "cutter-2", "100-0010", 5);
    // A work center that is not there.
    const [segment] = orderOf("300").segments;
    await scene.accept(orderOf("300", { segments: segment ? [{ ...segment, workCenter: "NOWHERE" }] : [] }));
    await scene.deliver((kind) =>
      kind === "goods-issue" ? refused : { outcome: "confirmed", document: { number: "1", kind: "confirmation" } },
    );
    await scene.accept(orderOf("200"));
    await scene.deliver(() => ({ outcome: "in-doubt", fault: makeFault("ambiguous", "erp/lost-for-a-test", "Lost.") }));
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  test("what waits, by cause, for all and for a part of the plant", async () => {
    const { causes } = await ask(scene, "GET /api/v1/mend");
    assert.deepEqual(causes.map((c) => `${c.list} ${c.code} ${c.count}`).toSorted(), [
      "orders order/work-center 1",
      "postings erp/lost-for-a-test 1",
      "postings erp/refused-for-a-test 1",
      "production execution/unknown-job 1",
    ]);
    for (const caller of [everything, cutter, packer]) {
      const counted = (await ask(scene, "GET /api/v1/mend", { caller })).causes;
      for (const list of ["production", "orders", "postings", "questions"] as const) {
        const { items } = await ask(scene, `GET /api/v1/mend/${list}`, { caller });
        const sum = counted.filter((c) => c.list === list).reduce((n, c) => n + c.count, 0);
        assert.equal(items.length, sum, `${list}: the head says what the list holds`);
        for (const { code } of counted.filter((c) => c.list === list))
          assert.ok((await ask(scene, `GET /api/v1/mend/${list}`, { caller, query: { code } })).items.length > 0, code);
      }
    }
    assert.equal((await ask(scene, "GET /api/v1/mend/production", { query: { under: "PACK" } })).items.length, 0);
    assert.equal(await codeOf(scene, "GET /api/v1/mend", { caller: packer, query: { under: "CUT" } }), "api/not-found");
  });

  test("production is assigned to what could be meant, once, and not by somebody elsewhere", async () => {
    const [item] = (await ask(scene, "GET /api/v1/mend/production")).items;
    assert.deepEqual(
      [item?.good?.value, item?.candidates.map((c) => [c.number, c.operation])],
      [
        "3",
        [
          ["100", "0010"],
          ["200", "0010"],
        ],
      ],
    );
    const jobOrder = item?.candidates[0]?.jobOrder ?? "";
    const asked = {
      params: { run: item?.id ?? "" },
      body: { jobOrder, because },
      version: item?.version ?? "",
      command: "assign-1",
    };
    assert.equal(
      await codeOf(scene, "POST /api/v1/mend/production/:run/assign", { ...asked, caller: packer }),
      "api/not-found",
    );
    assert.equal(
      await codeOf(scene, "POST /api/v1/mend/production/:run/assign", {
        ...asked,
        version: "999",
        command: "assign-0",
      }),
      "decision/changed",
    );
    // To an order of another part of the plant it is assigned by somebody who decides there too.
    const [elsewhere] = await scene.sql("select id from job_order where request = 's4//100' and segment = '0020'");
    assert.equal(
      await codeOf(scene, "POST /api/v1/mend/production/:run/assign", {
        ...asked,
        body: { jobOrder: String(elsewhere?.["id"]), because },
        command: "assign-elsewhere",
        caller: cutter,
      }),
      "api/not-found",
    );
    const first = await ask(scene, "POST /api/v1/mend/production/:run/assign", asked);
    const again = await ask(scene, "POST /api/v1/mend/production/:run/assign", asked);
    assert.deepEqual([first.isNew, again.isNew, first.message === again.message], [true, false, true]);
    const shown = await ask(scene, "GET /api/v1/orders/:order", { params: { order: "s4//100" } });
    assert.equal(shown.steps[0]?.jobs[0]?.good.value, "8");
    const line = await ask(scene, "GET /api/v1/orders/:order/timeline", {
      params: { order: "s4//100" },
      query: { kinds: "decision" },
    });
    assert.deepEqual(
      line.items.map((entry) => entry.code),
      ["RunAssigned"],
    );
    assert.equal((await ask(scene, "GET /api/v1/mend/production")).items.length, 0);
  });

  test("an order that was not taken over is read again, by somebody who decides for the site", async () => {
    const [item] = (await ask(scene, "GET /api/v1/mend/orders")).items;
    const asked = {
      params: { quarantine: item?.id ?? "" },
      body: { because },
      version: item?.version ?? "",
      command: "retry-1",
    };
    assert.equal(
      await codeOf(scene, "POST /api/v1/mend/orders/:quarantine/retry", { ...asked, caller: cutter }),
      "api/not-found",
    );
    assert.equal((await ask(scene, "POST /api/v1/mend/orders/:quarantine/retry", asked)).message, "Taken over.");
    assert.equal((await ask(scene, "GET /api/v1/orders", { query: { text: "300" } })).items.length, 1);
    assert.equal(
      await codeOf(scene, "POST /api/v1/mend/orders/:quarantine/dismiss", { ...asked, params: { quarantine: "x" } }),
      "api/not-found",
    );
    assert.equal(
      (await ask(scene, "GET /api/v1/messages/:message", { params: { message: item?.inbound ?? "" } })).text,
      "300 1",
    );
  });

  test("postings: found with the ERP's number, put right, dismissed", async () => {
    const { items } = await ask(scene, "GET /api/v1/mend/postings");
    const lost = items.find((item) => item.state === "in-doubt");
    const found = { params: { posting: lost?.id ?? "" }, version: lost?.version ?? "" };
    const wrong = await tryAsk(scene, "POST /api/v1/mend/postings/:posting/found", {
      ...found,
      body: { because, document: "X" },
      command: "found-0",
    });
    assert.equal(wrong.ok ? "" : wrong.fault.code, "decision/other-document");
    const shown = await ask(scene, "GET /api/v1/postings/:posting", { params: found.params });
    const body = { because, document: `ERP-${shown.key}` };
    assert.equal(
      await codeOf(scene, "POST /api/v1/mend/postings/:posting/found", {
        ...found,
        body,
        command: "found-1",
        caller: callerOf([]),
      }),
      "api/not-found",
    );
    await ask(scene, "POST /api/v1/mend/postings/:posting/found", { ...found, body, command: "found-2" });
    const issue = items.find((item) => item.state === "refused");
    const edited = await ask(scene, "POST /api/v1/mend/postings/:posting/edit", {
      params: { posting: issue?.id ?? "" },
      version: issue?.version ?? "",
      body: { because, lines: [{ line: 0, location: "102C", lot: null }] },
      command: "edit-1",
    });
    assert.equal(edited.isNew, true);
    const [next] = await scene.sql("select id from posting where supersedes = $1", [issue?.id]);
    const posting = await ask(scene, "GET /api/v1/postings/:posting", { params: { posting: String(next?.["id"]) } });
    assert.deepEqual([posting.supersedes, posting.lines[0]?.location], [issue?.id, "102C"]);
  });

  test("an operation is final once; who sees only another operation of the order cannot decide", async () => {
    await scene.deliver();
    const asked = { params: { order: "s4//100", operation: "0010" }, body: { because } };
    const route = "POST /api/v1/orders/:order/operations/:operation/final";
    assert.equal(await codeOf(scene, route, { ...asked, caller: packer, command: "f-0" }), "api/not-found");
    const outcomes = [];
    for (const command of ["f-1", "f-1", "f-2"])
      outcomes.push((await ask(scene, route, { ...asked, caller: cutter, command })).isNew);
    assert.deepEqual(outcomes, [true, false, false]);
    const final = (await ask(scene, "GET /api/v1/orders/:order", { params: { order: "s4//100" } })).steps[0]?.final;
    assert.deepEqual([final?.because, final?.by, final?.confirmed], [because, "key:test", false]);
    await scene.deliver();
    assert.equal(
      (await ask(scene, "GET /api/v1/orders/:order", { params: { order: "s4//100" } })).steps[0]?.final?.confirmed,
      true,
    );
    await ask(scene, route, { params: { order: "s4//100", operation: "0020" }, body: { because }, command: "f-3" });
    assert.equal((await ask(scene, "GET /api/v1/orders", { query: { progress: "done" } })).items[0]?.number, "100");
    const older =
      "update posting set state = 'refused' where request = 's4//100' and segment = '0020' and kind = 'final-confirmation' returning id, version";
    const [final20] = await unguarded(scene, () => scene.sql(older));
    assert.equal(
      await codeOf(scene, "POST /api/v1/mend/postings/:posting/retry", {
        params: { posting: String(final20?.["id"]) },
        version: String(final20?.["version"]),
        body: { because },
        command: "final-elsewhere",
        caller: cutter,
      }),
      "api/not-found",
      "who does not see it in the list does not decide about it",
    );
    await ask(scene, "POST /api/v1/orders/:order/operations/:operation/reopen", {
      params: { order: "s4//100", operation: "0020" },
      body: { because },
      command: "f-4",
    });
    assert.equal((await ask(scene, "GET /api/v1/orders", { query: { progress: "running" } })).items[0]?.number, "100");
  });

  test("what is parked is as old as what is owed: another attempt makes it no younger", async (t) => {
    const other = await openScene(cluster);
    t.after(() => other.close());
    await other.accept(orderOf("100"));
    await run(other, "cutter-1", "100-0010", 5);
    await run(other, "cutter-2", "100-0010", 3);
    const isParked = () => ({ ...refused, parked: true });
    const seen = async () => {
      const { items } = await ask(other, "GET /api/v1/mend/postings");
      const { causes } = await ask(other, "GET /api/v1/mend");
      return [items.map(({ id, plannedAt }) => `${id} ${plannedAt}`), causes.map(({ oldestAt }) => oldestAt)];
    };
    await other.deliver(isParked);
    const before = await seen();
    assert.ok((before[0]?.length ?? 0) > 1, "several are parked");
    assert.ok((await other.deliver(isParked, at(90_000))) > 0, "they are tried again");
    assert.deepEqual(await seen(), before);
  });
});

async function run(scene: Scene, source: string, job: string, good: number): Promise<void> {
  await scene.say(source, at(1), {
    "Run/Job": job,
    "Run/Active": 1,
    "Pieces/Good": 0,
    "Wire/Used": 0,
    "Run/Ended": 0,
    "Run/LastEnded": 0,
    "Run/Result": "",
  });
  await scene.say(source, at(2), { "Pieces/Good": good });
  await scene.say(source, at(3), {
    "Run/Ended": 1,
    "Run/LastEnded": 1,
    "Run/Result": "Done",
    "Run/Active": 0,
    "Run/Job": "",
  });
}
