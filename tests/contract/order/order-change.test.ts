/**
 * What the ERP changes while an order is waiting, stored in a machine, running, made, final or ended: through the flow
 * that takes messages over, on PostgreSQL.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { whole } from "../../../src/base/quantity.ts";
import { sapConnector } from "../../../src/erp/sap/index.ts";
import { goOnCorrecting } from "../../../src/flows/correct.ts";
import { dispatchTo, instructionSteps, type MachineList } from "../../../src/flows/dispatch.ts";
import { finalise } from "../../../src/flows/finalise.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import type { OperationsRequest } from "../../../src/isa95/schedule/operations-request.ts";
import { correctionOf, factOf, requirementOf, units } from "../../../src/operations/testing/order.ts";
import type { Fact } from "../../../src/record/fact.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { at, leaseOn, openScene, orderOf, type Scene } from "../../view/scene.ts";

const skip = clusterUnavailable({ major: 18 });
const number = "1000001";

/** A later version of the order; what is not named is as it was. */
function versionOf(version: number, change: Partial<OperationsRequest> = {}): OperationsRequest {
  return orderOf(number, { version: String(version), ...change });
}

/** The order and its operations ask for so many. */
function asksFor(pieces: number): Partial<OperationsRequest> {
  const quantity = whole(pieces, "C62");
  const segments = orderOf(number).segments.map((segment) => ({
    ...segment,
    quantity,
    materials: segment.materials.map((m) => (m.mode === "bill" ? { ...m, quantity: whole(pieces * 2, "C62") } : m)),
  }));
  return { quantity, segments };
}

/** So much by bill for all hundred pieces. */
function withBill(amount: number): Partial<OperationsRequest> {
  const segments = orderOf(number).segments.map((segment) => ({
    ...segment,
    materials: segment.materials.map((m) => (m.mode === "bill" ? { ...m, quantity: whole(amount, "C62") } : m)),
  }));
  return { segments };
}

function withComponent(): Partial<OperationsRequest> {
  const [cut, ...others] = orderOf(number).segments;
  assert.ok(cut);
  return { segments: [{ ...cut, materials: [...cut.materials, requirementOf({ id: `${number}/9` })] }, ...others] };
}

describe("an order that changes", { skip, timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  afterEach(() => scene?.close());

  /** State, quantity and good pieces of the job order of the first operation. */
  const jobOrder = async (): Promise<string> => {
    const [row] = await scene.sql(
      "select state, work_unit, quantity_micro / 1000000 as asked, good_micro / 1000000 as good from job_order where segment = '0010'",
    );
    return `${String(row?.["state"])} ${String(row?.["good"])}/${String(row?.["asked"])} at ${String(row?.["work_unit"])}`;
  };
  /** What was decided about each message, in order. */
  const decided = async (): Promise<string[]> => {
    const rows = await scene.sql("select verdict, decision from erp_message order by id");
    return rows.map(({ verdict, decision }) => {
      const { decision: what, stage } = decision as { decision: string; stage: string }; // as the flow kept it
      return `${String(verdict)}: ${what} (${stage})`;
    });
  };
  const counted = (name: string, good: number): Fact =>
    factOf(`${name}-2`, at(2), units("good", whole(good, "C62")), { run: name, source: "komax", workUnit: "CUT-1" });
  const run = async (name: string, parts: "all" | "begin" | "end", good = 0): Promise<void> => {
    const of = { run: name, source: "komax", workUnit: "CUT-1" };
    const job = `${number}-0010`;
    const facts = [
      factOf(`${name}-1`, at(1), { kind: "JobStarted", job, article: "P-1", outside: false }, of),
      ...(good > 0 ? [counted(name, good)] : []),
      factOf(`${name}-3`, at(3), { kind: "JobEnded", result: "finished" }, of),
    ];
    const cut = { all: facts, begin: facts.slice(0, -1), end: facts.slice(-1) };
    await scene.state(...cut[parts]);
  };

  test("a version that asks for nothing stands in quarantine, also one that holds the order, and its machine is read on", async () => {
    scene = await openScene(cluster);
    await scene.accept(versionOf(1));
    await scene.say("cutter-1", at(1), { "Run/Job": `${number}-0010`, "Run/Active": 1, "Pieces/Good": 1 });
    const [cut, pack] = orderOf(number).segments;
    assert.ok(cut && pack);
    const [wire] = cut.materials;
    assert.ok(wire);
    const none = whole(0, "C62");
    const wrong: readonly (readonly [code: string, change: Partial<OperationsRequest>])[] = [
      ["order/quantity", { state: "Held", ...asksFor(0) }],
      ["order/quantity", { state: "Waiting", quantity: none }],
      ["order/quantity", { state: "Suspended", segments: [cut, { ...pack, quantity: none }] }],
      [
        "order/component",
        { state: "Forecast", segments: [{ ...cut, materials: [{ ...wire, quantity: whole(-1, "MMT") }] }, pack] },
      ],
    ];
    for (const [i, [code, change]] of wrong.entries()) {
      assert.equal(await scene.accept(versionOf(2 + i, change)), "quarantined", `${change.state}`);
      assert.deepEqual(await scene.sql("select code from quarantine where subject = $1", [`s4/${number}`]), [{ code }]);
      await scene.say("cutter-1", at(2 + i), { "Pieces/Good": 2 + i });
    }
    assert.match(await jobOrder(), /^running 5\/100 /);
    assert.equal(
      await scene.accept(versionOf(9, { state: "Closed", ...asksFor(0) })),
      "accepted",
      "it ends all the same",
    );
  });

  test("quantity: what has not begun is replaced, the run goes on, and what was made keeps its counts", async () => {
    scene = await openScene(cluster);
    await scene.accept(versionOf(1));
    await scene.accept(versionOf(2, asksFor(120)));
    assert.match(await jobOrder(), /^ready 0\/120/);
    await run("r1", "begin", 30);
    await scene.accept(versionOf(3, asksFor(150)));
    assert.match(await jobOrder(), /^running 30\/150/);
    await run("r1", "end");
    await scene.accept(versionOf(4, asksFor(20)));
    assert.match(await jobOrder(), /^ready 30\/30/, "what was made stays asked for");
    assert.deepEqual(await decided(), [
      "accepted: accept (unknown)",
      "accepted: replace (waiting)",
      "accepted: next-batch (running)",
      "accepted: apply-now (made)",
    ]);
  });

  test("another component after work has begun: refused as a whole, with what changed", async () => {
    scene = await openScene(cluster);
    await scene.accept(versionOf(1));
    await run("r1", "all", 5);
    assert.equal(await scene.accept(versionOf(2, { ...withComponent(), priority: 900 })), "quarantined");
    assert.match(await jobOrder(), /^ready 5\/100/);
    const [held] = await scene.sql("select message from quarantine where kind = 'order' and state = 'open'");
    assert.match(String(held?.["message"]), /component added changed after work had begun/);
    assert.deepEqual(await scene.sql("select body ->> 'priority' as p from operations_request"), [{ p: "0" }]);
  });

  test("what an older version says that comes late is not said of the newer one that was refused", async () => {
    const refused = async (): Promise<unknown> => {
      const [row] = await scene.sql(
        "select state, message, detail ->> 'message' as read_again from quarantine where kind = 'order'",
      );
      return row;
    };
    scene = await openScene(cluster);
    await scene.accept(versionOf(1));
    await run("r1", "all", 5);
    assert.equal(await scene.accept(versionOf(10, withComponent())), "quarantined");
    const said = await refused();
    assert.equal(await scene.accept(versionOf(2, { priority: 5 })), "accepted");
    assert.equal(await scene.accept(versionOf(3, { material: "P-2" })), "quarantined");
    assert.deepEqual(await refused(), said, "version 10 is not taken over yet");
    assert.equal(await scene.accept(versionOf(11, { material: "P-2" })), "quarantined");
    assert.notDeepEqual(await refused(), said);
    assert.equal(await scene.accept(versionOf(12, { priority: 5 })), "unchanged");
    assert.deepEqual(await scene.sql("select state from quarantine"), [{ state: "resolved" }]);
  });

  test("an order that is locked in mid-run, before anything was counted, is not written anew", async () => {
    scene = await openScene(cluster);
    await scene.accept(versionOf(1));
    await run("r1", "begin");
    await scene.accept(versionOf(2, { state: "Held" }));
    assert.match(await jobOrder(), /^held 0\/100/);
    assert.equal(await scene.accept(versionOf(3, { state: "Held", ...withComponent() })), "quarantined");
    await scene.accept(versionOf(4));
    await run("r2", "all", 7);
    await run("r1", "end");
    assert.match(await jobOrder(), /^ready 7\/100/);
  });

  test("ended by mistake and released again it can be made: what had run, what had not, and what was final", async () => {
    scene = await openScene(cluster);
    await scene.accept(versionOf(1));
    await run("r1", "all", 40);
    await scene.accept(versionOf(2, { state: "Closed" }));
    assert.match(await jobOrder(), /^cancelled 40\/100/);
    await scene.accept(versionOf(3, asksFor(110)));
    assert.match(await jobOrder(), /^ready 40\/110/);
    const others = await scene.sql("select state from job_order where segment = '0020'");
    assert.deepEqual(others, [{ state: "ready" }], "the operation before it has made something");
    await run("r2", "all", 2);
    assert.match(await jobOrder(), /^ready 42\/110/);
    assert.deepEqual((await decided()).slice(1), ["accepted: cancel (made)", "accepted: reinstate (closed)"]);
  });

  test("ended before anything was made and released again it is as good as new; locked, it is held", async () => {
    scene = await openScene(cluster);
    await scene.accept(versionOf(1));
    await scene.accept(versionOf(2, { state: "Cancelled" }));
    await scene.accept(versionOf(3, { state: "Held", ...withComponent() }));
    assert.match(await jobOrder(), /^held 0\/100/);
    await scene.accept(versionOf(4, withComponent()));
    assert.match(await jobOrder(), /^ready 0\/100/);
    assert.deepEqual(await scene.sql("select state from job_order where segment = '0020'"), [{ state: "waiting" }]);
  });

  /** What the ERP has of the component by bill, when all that is owed to it was told. */
  const issued = async (): Promise<number> => {
    const ports = { store: scene.store, site: scene.site, clock: scene.clock };
    do await scene.deliver();
    while ((await goOnCorrecting(ports, "s4", sapConnector.corrections)) > 0);
    const [row] = await scene.sql(
      `select coalesce(sum((content #>> '{response,segment,materials,0,stock,quantity,micro}')::bigint), 0)::bigint / 1000000 as sum
       from posting where kind = 'goods-issue' and state = 'confirmed'`,
    );
    return Number(row?.["sum"]);
  };

  test("ended with another bill and released with it: refused, and what is taken back is what was issued", async () => {
    scene = await openScene(cluster);
    await scene.accept(versionOf(1));
    await run("r1", "all", 50);
    assert.equal(await issued(), 100);
    assert.equal(await scene.accept(versionOf(2, { ...withBill(300), state: "Closed" })), "accepted");
    assert.equal(await scene.accept(versionOf(3, withBill(300))), "quarantined");
    assert.match(await jobOrder(), /^cancelled 50\/100/);
    assert.equal(await scene.accept(versionOf(4)), "accepted");
    await scene.state(correctionOf(counted("r1", 50)));
    assert.equal(await issued(), 0, "nothing was made after all");
    assert.deepEqual(await scene.sql("select text from question"), []);
  });

  test("ended in mid-run, with its operation deleted: what is counted is posted all the same", async () => {
    scene = await openScene(cluster);
    await scene.accept(versionOf(1));
    await run("r1", "begin");
    const [, pack] = orderOf(number).segments;
    assert.ok(pack);
    assert.equal(await scene.accept(versionOf(2, { state: "Closed", segments: [pack] })), "accepted");
    await scene.state(counted("r1", 50));
    await run("r1", "end");
    assert.match(await jobOrder(), /^cancelled 50\/100/);
    assert.equal(await issued(), 100);
  });

  test("ended while it runs and released again, the run is still its own", async () => {
    scene = await openScene(cluster);
    await scene.accept(versionOf(1));
    await run("r1", "begin", 3);
    await scene.accept(versionOf(2, { state: "Closed" }));
    await scene.accept(versionOf(3));
    assert.match(await jobOrder(), /^running 3\/100/);
    await run("r1", "end");
    assert.match(await jobOrder(), /^ready 3\/100/);
  });

  test("more is wanted after an operation was final: taken over, and a person is asked, once", async () => {
    scene = await openScene(cluster);
    await scene.accept(versionOf(1));
    await run("r1", "all", 100);
    const actor = { person: "p-1" as PersonKey, reason: "done" }; // a key of the test
    const command = { id: "c1", request: `s4//${number}`, segment: "0010", actor };
    assert.ok((await finalise({ store: scene.store, site: scene.site, clock: scene.clock }, command)).ok);
    await scene.accept(versionOf(2, asksFor(130)));
    await scene.accept(versionOf(2, asksFor(130)));
    assert.match(await jobOrder(), /^completed 100\/130/);
    const questions = await scene.sql("select text from question");
    assert.equal(questions.length, 1);
    assert.match(
      String(questions[0]?.["text"]),
      /^Order 1000001 changed .*quantity up came after an operation of it was final/,
    );
  });

  test("a changed order stays with its machine, which is told anew", async () => {
    scene = await openScene(cluster);
    await scene.accept(versionOf(1));
    const ports = { store: scene.store, site: scene.site, clock: scene.clock };
    const empty: MachineList = { stored: [], capacity: 1 };
    const connection = scene.site.workUnit("CUT-1")?.connection ?? "";
    assert.equal((await dispatchTo(ports, connection, empty)).planned, 1);
    await scene.accept(versionOf(2, asksFor(120)));
    assert.match(await jobOrder(), /^ready 0\/120 at CUT-1$/);
    const lease = await leaseOn(scene, connection);
    const steps = instructionSteps(ports, () => lease);
    const [store] = await steps.open(connection);
    assert.ok(store?.content.kind === "store");
    for (const step of ["write", "verify", "arm"] as const)
      assert.ok((await steps.advance(store.id, step, null, null)).ok);
    const list: MachineList = { stored: [{ order: store.content.order, state: "allowed-to-start" }], capacity: 1 };
    assert.equal((await dispatchTo(ports, connection, list)).planned, 1);
    const [removal] = await steps.open(connection);
    assert.deepEqual(removal?.content, {
      kind: "remove",
      jobOrderId: store.content.order.jobOrderId,
      because: "The order has changed since the machine was told it.",
    });
    await scene.accept(versionOf(3, asksFor(130)));
    assert.match(await jobOrder(), /^ready 0\/130 at CUT-1$/);
    assert.deepEqual((await decided()).slice(1), ["accepted: replace (planned)", "accepted: replace (stored)"]);
  });
});
