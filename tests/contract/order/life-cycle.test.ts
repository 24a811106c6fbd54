/** What the ERP's state of an order means for its job orders, over a real database, and orders that make no sense. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { whole } from "../../../src/base/quantity.ts";
import { instant } from "../../../src/base/instant.ts";
import { toJson } from "../../../src/base/json.ts";
import { fail, ok } from "../../../src/base/result.ts";
import type { ErpSession } from "../../../src/erp/connector.ts";
import { acceptMessage, type Verdict } from "../../../src/flows/accept-order.ts";
import type { OperationsRequest } from "../../../src/isa95/schedule/operations-request.ts";
import type { Site } from "../../../src/site/site.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { at, openScene, orderOf, type Scene } from "../../view/scene.ts";

describe("an order's life", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  let seconds = 0;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    scene = await openScene(cluster);
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  const statesOf = async (number: string): Promise<unknown> => {
    const rows = await scene.sql("select state from job_order where request = $1 order by segment", [`s4//${number}`]);
    return rows.map((row) => row["state"]);
  };
  let versions = 1;
  const changed = (number: string, change: Partial<OperationsRequest>): ReturnType<Scene["accept"]> => {
    versions += 1;
    return scene.accept(orderOf(number, { version: `2-${String(versions).padStart(6, "0")}`, ...change }));
  };
  let runs = 0;
  /** The first cutter begins a run of the first operation, and has made so much. */
  const begin = async (number: string, good: number): Promise<void> => {
    runs += 1;
    seconds += 10;
    const [work] = [`${number}-0010`];
    await scene.say("cutter-1", at(seconds), { "Run/Job": work ?? "", "Run/Active": runs, "Pieces/Good": good });
  };
  const end = async (): Promise<void> => {
    seconds += 10;
    await scene.say("cutter-1", at(seconds), {
      "Run/Ended": runs,
      "Run/LastEnded": runs,
      "Run/Result": "done",
      "Run/Active": 0,
    });
  };

  test("held before work has begun, and released: every operation is where it was", async () => {
    await scene.accept(orderOf("2000001"));
    assert.deepEqual(await statesOf("2000001"), ["ready", "waiting"]);
    await changed("2000001", { state: "Held" });
    assert.deepEqual(await statesOf("2000001"), ["held", "held"]);
    await changed("2000001", { state: "Released" });
    assert.deepEqual(await statesOf("2000001"), ["ready", "waiting"]);
  });

  test("held while its first operation runs: released it runs on, and the next one still waits for pieces", async () => {
    await scene.accept(orderOf("2000002"));
    await begin("2000002", 0);
    assert.deepEqual(await statesOf("2000002"), ["running", "waiting"]);
    await changed("2000002", { state: "Held" });
    await changed("2000002", { state: "Released" });
    assert.deepEqual(await statesOf("2000002"), ["running", "waiting"]);
    await end();
    assert.deepEqual(await statesOf("2000002"), ["ready", "waiting"], "nothing was made");
    await begin("2000002", 4);
    await end();
    assert.deepEqual(await statesOf("2000002"), ["ready", "ready"]);
    await changed("2000002", { state: "Held" });
    assert.deepEqual(await statesOf("2000002"), ["held", "held"]);
    await changed("2000002", { state: "Released" });
    assert.deepEqual(await statesOf("2000002"), ["ready", "ready"]);
  });

  test("a machine that begins a held order does not take its hold away", async () => {
    await scene.accept(orderOf("2000003"));
    await changed("2000003", { state: "Held" });
    await begin("2000003", 3);
    assert.deepEqual(await statesOf("2000003"), ["running", "held"], "what it does is a fact");
    await end();
    assert.deepEqual(await statesOf("2000003"), ["held", "held"], "and nothing more is dispatched");
    await changed("2000003", { state: "Released" });
    assert.deepEqual(await statesOf("2000003"), ["ready", "ready"]);
  });

  test("pieces of an earlier operation do not release what the ERP holds", async () => {
    await scene.accept(orderOf("2000004"));
    await begin("2000004", 0);
    await changed("2000004", { state: "Held" });
    seconds += 1;
    await scene.say("cutter-1", at(seconds), { "Pieces/Good": 5 });
    await end();
    assert.deepEqual(await statesOf("2000004"), ["held", "held"]);
  });

  test("technically complete, and taken back by the ERP: the work goes on", async () => {
    await scene.accept(orderOf("2000005"));
    await begin("2000005", 6);
    await end();
    await changed("2000005", { state: "Closed" });
    assert.deepEqual(await statesOf("2000005"), ["cancelled", "cancelled"]);
    await changed("2000005", { state: "Released" });
    assert.deepEqual(await statesOf("2000005"), ["ready", "ready"]);
    const [jobOrder] = await scene.sql(
      "select good_micro::text as good, runs_ended from job_order where request = 's4//2000005' and segment = '0010'",
    );
    assert.deepEqual(jobOrder, { good: "6000000", runs_ended: 1 }, "with what was made of it");
    await scene.accept(orderOf("2000006"));
    await changed("2000006", { state: "Cancelled" });
    assert.deepEqual(await statesOf("2000006"), ["cancelled", "cancelled"]);
    await changed("2000006", {});
    assert.deepEqual(await statesOf("2000006"), ["ready", "waiting"]);
  });

  /** Takes an order in at a site whose first work center splits above 30 pieces, with a set-up value of the machine. */
  const acceptSplit = (number: string, pieces: number, version: string): Promise<Verdict> => {
    const { site, store, clock } = scene;
    const center = site.workCenter("CUT");
    const map = site.mapOf("CUT-1");
    assert.ok(center && map?.job);
    const job = { ...map.job, setup: { Length: { value: "length", tolerance: 0 } } };
    const splitting: Site = {
      ...site,
      workCenterByErpCode: (erp, code) =>
        code === "CUT" ? { ...center, splitAbove: 30 } : site.workCenterByErpCode(erp, code),
      mapOf: () => ({ ...map, job }),
    };
    const [cut, pack] = orderOf(number).segments;
    assert.ok(cut && pack);
    const quantity = whole(pieces, "C62");
    // As an ERP does it, what is used by bill follows the quantity.
    const materials = cut.materials.map((m) => (m.mode === "bill" ? { ...m, quantity: whole(pieces * 2, "C62") } : m));
    const request = orderOf(number, { version, quantity, segments: [{ ...cut, quantity, materials }, pack] });
    const session = { interpret: () => ok(request) } as unknown as ErpSession; // acceptance calls nothing else
    const bytes = new TextEncoder().encode(version);
    const message = { idempotencyKey: `${number}@${version}`, noun: "order", number, bytes, mediaType: "" } as const;
    const evaluate = (text: string): ReturnType<Parameters<typeof acceptMessage>[0]["evaluate"]> =>
      Promise.resolve(ok(text === "length" ? pieces : `${number}-0010`));
    return acceptMessage({ store, site: splitting, clock, erp: "s4", session, evaluate }, message);
  };
  const partsOf = (number: string): ReturnType<Scene["sql"]> =>
    scene.sql(
      `select work_unit, state, (quantity_micro / 1000000)::int as asks, setup -> 0 ->> 'value' as setup
       from job_order where request = $1 and segment = '0010' order by work_unit`,
      [`s4//${number}`],
    );

  test("a split order whose quantity changes while a part runs asks for no more than it says, and the set-up follows", async () => {
    const part = (unit: string, state: string, asks: number, setup: number): unknown => ({
      work_unit: unit,
      state,
      asks,
      setup: String(setup),
    });
    assert.equal(await acceptSplit("5000001", 100, "1"), "accepted");
    assert.deepEqual(await partsOf("5000001"), [part("CUT-1", "ready", 50, 100), part("CUT-2", "ready", 50, 100)]);
    await begin("5000001", 8);
    await acceptSplit("5000001", 120, "2");
    assert.deepEqual(await partsOf("5000001"), [part("CUT-1", "running", 70, 120), part("CUT-2", "ready", 50, 120)]);
    await acceptSplit("5000001", 40, "3");
    assert.deepEqual(await partsOf("5000001"), [part("CUT-1", "running", 8, 40), part("CUT-2", "ready", 32, 40)]);
    await acceptSplit("5000001", 8, "4");
    const [, second] = await partsOf("5000001");
    assert.equal(second?.["state"], "cancelled", "nothing is left for it");
    await end();
  });

  test("an order that cannot be read stands in quarantine in the connector's words, and the others go on", async () => {
    const { store, site, clock } = scene;
    const words = 'Order 6000001: SAP names the unit "XYZ", which Millrace does not know.';
    const session = { interpret: () => fail("invalid", "erp/sap-unit-unknown", words) } as unknown as ErpSession;
    const bytes = new TextEncoder().encode("{}");
    const message = { idempotencyKey: "6000001", noun: "order", number: "6000001", bytes, mediaType: "" } as const;
    const evaluate = (): never => assert.fail("there is nothing to evaluate");
    assert.equal(await acceptMessage({ store, site, clock, erp: "s4", session, evaluate }, message), "quarantined");
    const [row] = await scene.sql("select code, message from quarantine where subject = 's4/6000001'");
    assert.deepEqual(row, { code: "erp/sap-unit-unknown", message: words });
    assert.equal(await scene.accept(orderOf("6000002")), "accepted");
  });

  test("orders that make no sense stand in quarantine with a reason, and the others go on", async () => {
    const [cut, pack] = orderOf("3000000").segments;
    assert.ok(cut && pack);
    const [wire, terminal] = cut.materials;
    assert.ok(wire && terminal);
    const cutAs = (change: Partial<typeof cut>): Partial<OperationsRequest> => ({
      segments: [{ ...cut, ...change }, pack],
    });
    const cases: readonly (readonly [code: string, words: RegExp, Partial<OperationsRequest>])[] = [
      ["order/quantity", /3000000 asks for 0 C62: an order needs a positive/, { quantity: whole(0, "C62") }],
      ["order/quantity", /asks for -5 C62/, { quantity: whole(-5, "C62") }],
      ["order/quantity", /operation 0010 asks for 0 C62/, cutAs({ quantity: whole(0, "C62") })],
      ["order/dates", /ends before it starts/, { earliestStart: instant(2_000), latestEnd: instant(1_000) }],
      [
        "order/dates",
        /operation 0010 ends before/,
        cutAs({ earliestStart: instant(2_000), latestEnd: instant(1_000) }),
      ],
      ["order/work-center", /work centre "LATHE", which this site does not have/, cutAs({ workCenter: "LATHE" })],
      ["order/work-center", /names no work centre/, cutAs({ workCenter: "" })],
      ["order/material", /names no material to make/, { material: " " }],
      ["order/material", /has a component without a material/, cutAs({ materials: [{ ...wire, material: "" }] })],
      ["order/component", /negative amount of W-1/, cutAs({ materials: [{ ...wire, quantity: whole(-1, "MMT") }] })],
      [
        "order/component-twice",
        /operation 0010 has two components under line 1: W-1 and T-1\. Give each/,
        cutAs({ materials: [wire, terminal].map((one) => ({ ...one, id: "1" })) }),
      ],
      ["order/no-operations", /has no operation/, { segments: [] }],
      ["order/operation-twice", /has operation 0010 twice/, { segments: [cut, { ...pack, id: "0010" }] }],
    ];
    for (const [i, [code, words, change]] of cases.entries()) {
      const number = String(3_000_000 + i);
      assert.equal(await scene.accept(orderOf(number, change)), "quarantined", `${code} ${number}`);
      const [row] = await scene.sql("select code, message, state from quarantine where subject = $1", [`s4/${number}`]);
      assert.deepEqual([row?.["code"], row?.["state"]], [code, "open"]);
      assert.match(String(row?.["message"]).replaceAll(number, "3000000"), words);
      assert.deepEqual(await statesOf(number), [], "nothing of it is dispatched");
    }
    const next = "3000100";
    assert.equal(await scene.accept(orderOf(next)), "accepted");
    assert.equal(await changed("3000000", {}), "accepted", "put right in the ERP");
    const [row] = await scene.sql("select state from quarantine where subject = 's4/3000000'");
    assert.equal(row?.["state"], "resolved");
  });

  test("lines of which the bill says nothing may share a number", async () => {
    const [cut, pack] = orderOf("3100000").segments;
    assert.ok(cut && pack);
    const [wire, terminal] = cut.materials;
    assert.ok(wire && terminal);
    const modes = ["measured", "issued", "erp", "bill"] as const;
    const outcomes: string[] = [];
    for (const [i, mode] of modes.entries()) {
      for (const [j, other] of modes.slice(i).entries()) {
        const materials = [
          { ...wire, id: "1", mode },
          { ...terminal, id: "1", mode: other },
        ];
        const order = orderOf(String(3_100_000 + i * 10 + j), { segments: [{ ...cut, materials }, pack] });
        outcomes.push(`${mode} ${other} ${await scene.accept(order)}`);
      }
    }
    assert.deepEqual(
      outcomes.filter((one) => !one.endsWith("accepted")),
      ["measured bill", "issued bill", "erp bill", "bill bill"].map((pair) => `${pair} quarantined`),
    );
  });

  test("an order that was taken over with two lines of one number can be held and taken back by the ERP", async () => {
    const number = "3200000";
    await scene.accept(orderOf(number));
    const [cut, pack] = orderOf(number).segments;
    assert.ok(cut && pack);
    const twice = { ...cut, materials: cut.materials.map((one) => ({ ...one, id: "1", mode: "bill" as const })) };
    // As releases before the rule have kept it.
    const body = toJson({ ...orderOf(number), segments: [twice, pack] });
    await scene.sql("update operations_request set body = $2::jsonb where number = $1", [number, body]);
    for (const state of ["Held", "Suspended", "Waiting"] as const) {
      assert.equal(await changed(number, { state, segments: [twice, pack] }), "accepted", state);
      assert.deepEqual(await statesOf(number), ["held", "held"]);
    }
    assert.equal(await changed(number, { segments: [twice, pack] }), "quarantined");
  });

  test("a wrong change of an order that is known is refused, and the order stays as it was", async () => {
    await scene.accept(orderOf("4000001"));
    assert.equal(await changed("4000001", { quantity: whole(0, "C62") }), "quarantined");
    assert.deepEqual(await statesOf("4000001"), ["ready", "waiting"]);
    await begin("4000001", 2);
    assert.equal(await changed("4000001", { material: "P-2" }), "quarantined");
    const [row] = await scene.sql("select code, message from quarantine where subject = 's4/4000001'");
    assert.equal(row?.["code"], "order/change-refused");
    assert.match(String(row?.["message"]), /Its material changed after work had begun/);
    const [request] = await scene.sql(
      "select body ->> 'material' as material from operations_request where number = '4000001'",
    );
    assert.equal(request?.["material"], "P-1");
    await end();
  });
});
