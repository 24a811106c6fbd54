/** One order from its message to its documents, as every screen shows it, down to the samples. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { formatInstant, instant } from "../../src/base/instant.ts";
import { factOf } from "../../src/operations/testing/order.ts";
import type { PersonKey } from "../../src/isa95/resource/person.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../src/store/testing/cluster.ts";
import { allPages, ask, codeOf } from "./asking.ts";
import { at, callerOf, openScene, orderOf, refused, type Scene } from "./scene.ts";

const order = "s4//1000001";
const packer = callerOf(["PL01", "PACK", "PACK-1"]);
const cutter = callerOf(["PL01", "CUT", "CUT-1", "CUT-2"]);
const stranger = callerOf([]);
const cutOnly = orderOf("1000002", { segments: orderOf("1000002").segments.slice(0, 1) });

/** 60 good, 3 scrap, 600 mm of wire; then the run ends. The receipt of the second order is refused. */
async function work(scene: Scene): Promise<void> {
  await scene.accept(orderOf("1000001"));
  await scene.accept(cutOnly);
  await scene.state(
    factOf(
      "on",
      at(0),
      { kind: "PersonSignedOn", person: "p-1" as PersonKey },
      { run: null, workUnit: "CUT-1", source: "cutter-1" },
    ),
  );
  await scene.say("cutter-1", at(1), {
    "Run/Job": "1000001-0010",
    "Run/Active": 1,
    "Pieces/Good": 0,
    "Pieces/Scrap": 0,
    "Wire/Used": 0,
    "Run/Ended": 0,
    "Run/LastEnded": 0,
    "Run/Result": "",
    State: "run",
  });
  for (let n = 1; n <= 60; n += 1) {
    await scene.say("cutter-1", at(10 + n), {
      "Pieces/Good": n,
      "Wire/Used": 10 * n,
      ...(n % 20 === 0 ? { "Pieces/Scrap": n / 20 } : {}),
    });
  }
  await scene.say("cutter-1", at(100), { State: "jam" });
  await scene.state(
    factOf(
      "off",
      at(110),
      { kind: "PersonSignedOff", person: "p-1" as PersonKey },
      { run: null, workUnit: "CUT-1", source: "cutter-1" },
    ),
  );
  await scene.say("cutter-1", at(120), {
    "Run/Ended": 1,
    "Run/LastEnded": 1,
    "Run/Result": "Done",
    "Run/Active": 0,
    "Run/Job": "",
  });
  await scene.deliver((kind) =>
    kind === "goods-issue"
      ? refused
      : { outcome: "confirmed", document: { number: `D-${kind}`, kind: "confirmation" } },
  );
  await scene.say("cutter-2", at(200), {
    "Run/Job": "1000002-0010",
    "Run/Active": 7,
    "Pieces/Good": 0,
    "Pieces/Scrap": 0,
    "Wire/Used": 0,
    "Run/Ended": 0,
    "Run/LastEnded": 0,
    "Run/Result": "",
    State: "run",
  });
  for (let n = 1; n <= 4; n += 1) await scene.say("cutter-2", at(200 + n), { "Pieces/Good": n });
}

describe("what screens show", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    scene = await openScene(cluster);
    await emptiness(scene);
    await work(scene);
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  test("the floor shows what runs and since when; a unit of nobody's says nothing", async () => {
    const { units } = await ask(scene, "GET /api/v1/floor");
    assert.deepEqual(
      units.map((unit) => [unit.id, unit.state?.state ?? null, unit.jobs.map((job) => [job.number, job.good?.value])]),
      [
        ["CUT-1", "fault", []],
        ["CUT-2", "production", [["1000002", "4"]]],
        ["PACK-1", null, []],
      ],
    );
    assert.equal(units[0]?.state?.since, "2025-02-03T07:01:40.000Z");
    assert.equal(units[0].people, 0, "who has signed off is not there");
    assert.equal(units[0].lastEventAt, "2025-02-03T07:02:00.000Z");
    assert.equal(units[1]?.connection?.fault, "Cutter 2 does not answer.");
    const under = await ask(scene, "GET /api/v1/floor", { query: { under: "PACK" } });
    assert.deepEqual(
      [under.units.map((u) => u.id), under.equipment.map((e) => e.id)],
      [["PACK-1"], ["PL01", "PACK", "PACK-1"]],
    );
    assert.equal((await ask(scene, "GET /api/v1/units/:unit", { params: { unit: "CUT-2" } })).jobs.length, 1);
  });

  test("an order: operations, jobs, material used and posted", async () => {
    const shown = await ask(scene, "GET /api/v1/orders/:order", { params: { order } });
    const [cut, pack] = shown.steps;
    assert.deepEqual(
      cut?.jobs.map((job) => [job.good.value, job.scrap.value, job.runs, job.state]),
      [["60", "3", 1, "ready"]],
    );
    assert.deepEqual(
      cut.materials.map((m) => [m.material, m.used.value, m.posted.value]),
      [
        ["W-1", "600", "0"], // the ERP has refused the goods issue: nothing is posted
        ["T-1", "120", "0"],
      ],
    );
    assert.deepEqual([pack?.jobs.length, shown.good.value, shown.progress, shown.toMend], [1, "0", "running", 1]);
  });

  test("the time line is one list in order of event time, and what is much is rolled up with the way down", async () => {
    const entries = await allPages(
      scene,
      "GET /api/v1/orders/:order/timeline",
      { params: { order }, query: { limit: 3 } },
      (page) => page,
    );
    const whole_ = await ask(scene, "GET /api/v1/orders/:order/timeline", { params: { order }, query: { limit: 500 } });
    assert.deepEqual(entries, whole_.items, "pages of three are the whole");
    assert.equal(new Set(entries.map((entry) => entry.id)).size, entries.length, "nothing twice");
    assert.deepEqual(
      entries.map((entry) => entry.at),
      entries.map((entry) => entry.at).toSorted(),
    );
    const sums = entries.filter((entry) => entry.code.startsWith("sum/"));
    assert.deepEqual(sums.map((s) => [s.code, s.values["value"], s.values["facts"]].join(" ")).toSorted(), [
      "sum/good 60 60",
      "sum/scrap 3 3",
      "sum/used 120 60",
      "sum/used 600 60",
    ]);
    const kinds = new Set(entries.map((entry) => entry.kind));
    assert.deepEqual([...kinds].toSorted(), [
      "document",
      "fact",
      "material",
      "order",
      "person",
      "posting",
      "run",
      "state",
    ]);
    assert.ok(entries.some((entry) => entry.kind === "posting" && entry.code === "refused" && entry.level === "bad"));
    const states = await ask(scene, "GET /api/v1/orders/:order/timeline", {
      params: { order },
      query: { kinds: "state,person" },
    });
    assert.deepEqual(
      states.items.map((entry) => entry.values["state"] ?? entry.code),
      ["production", "fault", "PersonSignedOff"],
    );
  });

  test("a document stands where the ERP has confirmed it, also when it is taken back later", async () => {
    const documents = async (): Promise<readonly string[]> => {
      const query = { kinds: "document" };
      const shown = await ask(scene, "GET /api/v1/orders/:order/timeline", { params: { order }, query });
      return shown.items.map((entry) => `${entry.at} ${entry.values["document"]}`);
    };
    const before = await documents();
    assert.ok(before.length > 0);
    await scene.store.transaction(async (tx) => {
      const rows = await scene.sql("select id from posting where request = $1 and state = 'confirmed'", [order]);
      for (const { id } of rows) {
        const posting = await tx.postings.lock(String(id));
        if (posting) await tx.postings.move(posting, "reversing", at(90_000));
      }
    });
    assert.deepEqual(await documents(), before);
    await scene.sql("update posting set state = 'confirmed' where state = 'reversing'");
  });

  test("every sum opens to exactly its facts, each fact to its samples, each posting to its facts", async () => {
    const { items } = await ask(scene, "GET /api/v1/orders/:order/timeline", {
      params: { order },
      query: { limit: 500 },
    });
    const opened = items.find((entry) => entry.opens?.kind === "run")?.opens?.id ?? "";
    const run = await ask(scene, "GET /api/v1/runs/:run", { params: { run: opened } });
    for (const sum of run.sums) {
      const query = { what: sum.what, limit: 7, ...(sum.material === null ? {} : { material: sum.material }) };
      const facts = await allPages(
        scene,
        "GET /api/v1/runs/:run/facts",
        { params: { run: opened }, query },
        (page) => page,
      );
      assert.equal(facts.length, sum.facts);
      assert.equal(
        facts.reduce((total, fact) => total + Number(fact.amount?.value), 0),
        Number(sum.amount.value),
      );
    }
    const [first] = (
      await ask(scene, "GET /api/v1/runs/:run/facts", { params: { run: opened }, query: { what: "good" } })
    ).items;
    const fact = await ask(scene, "GET /api/v1/facts/:fact", { params: { fact: first?.id ?? "" } });
    assert.deepEqual(
      fact.evidence.map((s) => [s.item, s.value, s.status]),
      [["Pieces/Good", 1, "good"]],
    );
    assert.deepEqual(
      fact.postings.map((p) => p.kind),
      ["confirmation"],
    );
    const posting = await ask(scene, "GET /api/v1/postings/:posting", {
      params: { posting: fact.postings[0]?.id ?? "" },
    });
    assert.ok(posting.facts.includes(fact.id));
    assert.deepEqual(
      posting.lines.map((l) => [l.what, l.amount.value]),
      [
        ["good", "60"],
        ["scrap", "3"],
      ],
    );
    assert.deepEqual(
      [posting.document, posting.request, posting.attempts.length],
      ["D-confirmation", "<confirmation 1000001>", 1],
    );
    const message = items.find((entry) => entry.kind === "order")?.opens?.id ?? "";
    assert.equal((await ask(scene, "GET /api/v1/messages/:message", { params: { message } })).text, "1000001 1");
  });

  test("samples past their retention are named without value", async () => {
    const [row] = await scene.sql(
      "select id, evidence from fact where kind = 'StateEntered' order by event_at limit 1",
    );
    await scene.sql("begin");
    await scene.sql("create table kept as select * from sample_batch");
    await scene.sql("delete from sample_batch");
    await scene.sql("commit");
    const fact = await ask(scene, "GET /api/v1/facts/:fact", { params: { fact: String(row?.["id"]) } });
    assert.deepEqual(
      fact.evidence.map((s) => [s.item, s.value, s.status]),
      [["State", undefined, "past-retention"]],
    );
    await scene.sql("insert into sample_batch select * from kept");
    await scene.sql("drop table kept");
  });

  test("who sees a part of the plant sees its part, and anything else is as if it were not there", async () => {
    assert.deepEqual(
      (await ask(scene, "GET /api/v1/floor", { caller: packer })).units.map((u) => u.id),
      ["PACK-1"],
    );
    assert.equal(
      await codeOf(scene, "GET /api/v1/floor", { caller: packer, query: { under: "CUT" } }),
      "api/not-found",
    );
    assert.equal(
      await codeOf(scene, "GET /api/v1/units/:unit", { caller: packer, params: { unit: "CUT-1" } }),
      "api/not-found",
    );
    const lists = await Promise.all(
      [packer, cutter, stranger].map((caller) => ask(scene, "GET /api/v1/orders", { caller })),
    );
    assert.deepEqual(
      lists.map(({ items, total }) => [items.map((row) => row.number), total]),
      [
        [["1000001"], 1],
        [["1000001", "1000002"], 2],
        [[], 0],
      ],
    );
    for (const [sql, route, param] of hidden) {
      const [row] = await scene.sql(sql);
      const asked = { params: { [param]: String(row?.["id"]) } };
      assert.equal(await codeOf(scene, route, { ...asked, caller: packer }), "api/not-found", route);
      assert.equal(await codeOf(scene, route, { ...asked, caller: cutter }), "ok", route);
      assert.equal(await codeOf(scene, route, { params: { [param]: "4711" } }), "api/not-found", route);
    }
  });

  test("the ledger: balances, their movements, and what of it a part of the plant sees", async () => {
    const all = await allPages(scene, "GET /api/v1/materials", { query: { limit: 1 } }, (page) => page);
    assert.deepEqual(
      all.map((b) => [b.material, b.account, b.amount.value]),
      [
        ["P-1", "world:erp@PL01/101C", "4"],
        ["P-1", "world:production", "-7"],
        ["P-1", "world:scrap", "3"],
        ["T-1", "world:erp@PL01/101C", "-128"],
        ["T-1", "world:production", "128"],
        ["W-1", "world:erp@PL01/101C", "-600"],
        ["W-1", "world:production", "600"],
      ],
    );
    const query = { account: "world:production", limit: 25 };
    const moved = await allPages(
      scene,
      "GET /api/v1/materials/:material/movements",
      { params: { material: "W-1" }, query },
      (page) => page,
    );
    assert.equal(
      moved.reduce((sum, m) => sum + (m.to === "world:production" ? 1 : -1) * Number(m.amount.value), 0),
      600,
    );
    assert.deepEqual([moved.length, moved[0]?.number, new Set(moved.map((m) => m.id)).size], [60, "1000001", 60]);
    assert.equal(
      (await ask(scene, "GET /api/v1/materials/:material/movements", { params: { material: "W-1" }, caller: packer }))
        .items.length,
      0,
    );
    assert.equal((await ask(scene, "GET /api/v1/materials", { caller: stranger })).items.length, 0);
    assert.ok(
      (await ask(scene, "GET /api/v1/materials", { caller: cutter })).items.every(
        (b) => b.account === "world:erp@PL01/101C",
      ),
    );
  });

  test("connections: what the process knows beside what waits", async () => {
    const all = await ask(scene, "GET /api/v1/connections");
    assert.deepEqual(
      all.machines.map((m) => [m.id, m.connected, m.fault?.code ?? null]),
      [
        ["cutter-1", true, null],
        ["cutter-2", false, "gateway/for-a-test"],
      ],
    );
    assert.deepEqual(
      all.erps.map((e) => [e.id, e.ready, e.pending, e.refused]),
      [["s4", true, 0, 1]],
    );
    assert.equal((await ask(scene, "GET /api/v1/connections", { caller: packer })).machines.length, 0);
  });

  test("connections: what a machine said in the last day and was not read, with the newest of it", async () => {
    const now = scene.clock.now();
    const unread = async (): Promise<unknown[]> =>
      (await ask(scene, "GET /api/v1/connections")).machines.map((machine) => machine.unread);
    assert.deepEqual(await unread(), [null, null]);
    const hoursAgo = [30, 3, 2] as const;
    for (const hours of hoursAgo)
      await scene.store.transaction((tx) =>
        tx.collectors.setAside(
          "cutter-1",
          [{ sample: { id: `s${hours}`, item: `Item/${hours}`, at: at(5) }, why: `Not read ${hours}` }],
          instant(now - hours * 3_600_000),
        ),
      );
    const newest = { count: 2, at: formatInstant(instant(now - 2 * 3_600_000)), item: "Item/2", why: "Not read 2" };
    assert.deepEqual(await unread(), [newest, null]);
  });
});

/** What the packer must not see, and the cutter may. */
const hidden = [
  ["select id from fact where work_unit = 'CUT-2' limit 1", "GET /api/v1/facts/:fact", "fact"],
  ["select id from run where work_unit = 'CUT-2'", "GET /api/v1/runs/:run", "run"],
  ["select id from run where work_unit = 'CUT-2'", "GET /api/v1/runs/:run/facts", "run"],
  ["select id from posting where request = 's4//1000002'", "GET /api/v1/postings/:posting", "posting"],
  ["select id from erp_message where number = '1000002'", "GET /api/v1/messages/:message", "message"],
  ["select id from operations_request where number = '1000002'", "GET /api/v1/orders/:order", "order"],
  ["select id from operations_request where number = '1000002'", "GET /api/v1/orders/:order/timeline", "order"],
] as const;

/** Nothing was ever said: every list is there, and empty. */
async function emptiness(scene: Scene): Promise<void> {
  assert.deepEqual(
    (await ask(scene, "GET /api/v1/floor")).units.map((u) => [u.state, u.jobs, u.people, u.lastEventAt]),
    Array.from({ length: 3 }, () => [null, [], 0, null]),
  );
  assert.deepEqual(await ask(scene, "GET /api/v1/orders"), { items: [], next: null, total: 0, totalIsCapped: false });
  assert.deepEqual(await ask(scene, "GET /api/v1/materials"), { items: [], next: null });
  assert.equal(await codeOf(scene, "GET /api/v1/orders/:order/timeline", { params: { order } }), "api/not-found");
  assert.deepEqual(
    (await ask(scene, "GET /api/v1/connections")).erps.map((e) => [e.pending, e.lastPullAt]),
    [[0, null]],
  );
}
