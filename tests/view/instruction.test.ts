/** A set-up told to a machine, parameter by parameter: kept by the database through a crash, and shown. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { terminalAnswer } from "../../src/api/handlers/terminal-answer.ts";
import type { Terminal } from "../../src/api/contract/terminal.ts";
import { instructionSteps } from "../../src/flows/dispatch.ts";
import { readTerminal } from "../../src/flows/view/terminal.ts";
import { carryOut } from "../../src/gateway/instruction-step.ts";
import { Killed } from "../../src/gateway/testing/fake-job-orders.ts";
import { bench, order, setup } from "../../src/gateway/testing/instruction-bench.ts";
import type { Instruction } from "../../src/record/instruction.ts";
import { markRecovering } from "../../src/store/schema.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../src/store/testing/cluster.ts";
import { ask, codeOf } from "./asking.ts";
import { at, callerOf, leaseOn, openScene, orderOf, type Scene } from "./scene.ts";

describe("a set-up as it was told and read back", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    scene = await openScene(cluster);
    await scene.accept(orderOf("1000001"));
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  const jobOrder = async (): Promise<string> =>
    String((await scene.sql("select id from job_order where segment = '0010'"))[0]?.["id"]);
  const plan = async (id: string): Promise<Instruction> => {
    const instruction: Instruction = {
      id,
      workUnit: "CUT-1",
      connection: "cutter-1",
      jobOrder: await jobOrder(),
      state: "planned",
      content: { kind: "store", order, setup },
      fault: null,
      readBack: null,
      createdAt: at(0),
      version: 0,
    };
    assert.ok(await scene.store.transaction((tx) => tx.instructions.plan(instruction)));
    return instruction;
  };
  /** A new process: nothing is known but what the database holds. */
  const drive = async (machine: ReturnType<typeof bench>): Promise<void> => {
    const lease = await leaseOn(scene, "cutter-1");
    const port = instructionSteps(scene, () => lease);
    for (const open of await port.open("cutter-1")) await carryOut({ ...machine.context, port }, open);
  };

  test("what was wanted, held before and read is shown, and of a mismatch it stays after the roll-back", async () => {
    const on = bench();
    await plan("good");
    await drive(on);
    assert.deepEqual(await shownOf(scene, "good"), {
      state: "armed",
      fault: null,
      values: [
        ["material", "07-006-0015", null, "07-006-0015"],
        ["quantity", "500 C62", null, "500 C62"],
        ["priority", "0", null, "0"],
        ["Order", "1000012", null, "1000012"],
        ["WireLength", "1250.5", "900", "1250.5"],
        ["Article", "07-006-0015", "before", "07-006-0015"],
      ],
    });
    assert.deepEqual(await terminalLines(scene), [
      ["WireLength", "1250.5", "1250.5", "verified"],
      ["Article", "07-006-0015", "07-006-0015", "verified"],
    ]);

    const other = bench();
    other.machine.take = (path, value) => (path === "Recipe/WireLength" && value === 1250.5 ? 0 : value);
    await plan("differs");
    await drive(other);
    const shown = await shownOf(scene, "differs");
    assert.deepEqual(
      [shown.state, shown.fault, shown.values.at(4)],
      ["rolled-back", "gateway/setup-mismatch", ["WireLength", "1250.5", "900", "0"]],
    );
    assert.equal(other.machine.values.get("Recipe/WireLength"), 900);
    assert.deepEqual((await terminalLines(scene))[0], ["WireLength", "1250.5", "0", "rolled-back"]);
    const stranger = { params: { instruction: "differs" }, caller: callerOf(["PACK"]) };
    assert.equal(await codeOf(scene, "GET /api/v1/instructions/:instruction", stranger), "api/not-found");
  });

  test("killed between writing and verified: the next process goes back to what the database says was held before", async () => {
    const on = bench();
    await plan("killed");
    on.machine.fate = (call) => (call === "apply" ? "killed-after" : "fine");
    await assert.rejects(drive(on), Killed);
    assert.equal(on.machine.values.get("Recipe/WireLength"), 1250.5);
    assert.deepEqual((await shownOf(scene, "killed")).values.at(4), ["WireLength", "1250.5", "900", null]);
    on.machine.fate = () => "fine";
    on.machine.capacity = 0;
    await drive(on);
    assert.equal((await shownOf(scene, "killed")).state, "refused");
    assert.deepEqual(Object.fromEntries(on.machine.values), { "Recipe/WireLength": 900, "Recipe/Article": "before" });
  });

  test("after a restore nothing goes back to what was held when the backup was made", async () => {
    const on = bench();
    await plan("restored");
    on.machine.fate = (call) => (call === "store" ? "killed-before" : "fine");
    await assert.rejects(drive(on), Killed);
    // What the command restore does in the transaction that loads a backup.
    const client = { query: (text: string) => scene.sql(text) } as unknown as Parameters<typeof markRecovering>[0]; // it asks nothing else
    assert.notEqual((await shownOf(scene, "restored")).values.at(4)?.[2], null);
    await markRecovering(client);
    on.machine.fate = () => "fine";
    on.machine.values.set("Recipe/WireLength", 1000);
    await drive(on);
    const shown = await shownOf(scene, "restored");
    assert.deepEqual([shown.state, shown.values.at(4)], ["armed", ["WireLength", "1250.5", "1000", "1250.5"]]);
  });

  test("who has seen a job, and the trace that a posting belongs to", async () => {
    const params = { order: "s4//1000001" };
    const seenBy = async (): Promise<unknown> =>
      (await ask(scene, "GET /api/v1/orders/:order", { params })).steps.map(({ jobs }) => jobs[0]?.acknowledgedBy);
    assert.deepEqual(await seenBy(), [null, null]);
    await scene.sql("insert into job_order_acknowledgement values ($1, 'p-7', now())", [await jobOrder()]);
    assert.deepEqual(await seenBy(), ["p-7", null]);
    await scene.say("cutter-1", at(1), {
      "Run/Job": "1000001-0010",
      "Run/Active": 1,
      "Pieces/Good": 5,
      "Pieces/Scrap": 0,
      "Wire/Used": 0,
      "Run/Ended": 0,
      "Run/LastEnded": 0,
      "Run/Result": "",
    });
    await scene.say("cutter-1", at(9), { "Run/Ended": 1, "Run/LastEnded": 1, "Run/Result": "Done", "Run/Active": 0 });
    const rows = await scene.sql("select id, trace_id from posting");
    assert.ok(rows.length > 0);
    for (const row of rows) {
      const posting = await ask(scene, "GET /api/v1/postings/:posting", { params: { posting: String(row["id"]) } });
      assert.equal(posting.traceId, row["trace_id"]);
      assert.match(posting.traceId ?? "", /^[0-9a-f]{32}$/);
    }
  });
});

async function shownOf(
  scene: Scene,
  instruction: string,
): Promise<{ state: string; fault: string | null; values: readonly (readonly (string | null)[])[] }> {
  const shown = await ask(scene, "GET /api/v1/instructions/:instruction", { params: { instruction } });
  const values = shown.values.map(({ item, wanted, before, read }) => [item, wanted, before, read]);
  return { state: shown.state, fault: shown.fault?.code ?? null, values };
}

async function terminalLines(scene: Scene): Promise<readonly (readonly (string | null)[])[]> {
  const unit = scene.site.workUnits.find(({ id }) => id === "CUT-1");
  assert.ok(unit);
  const terminal = await scene.store.transaction((tx) => readTerminal(tx, scene.site, unit, at(10)));
  const floor = { id: "CUT-1" } as Terminal["unit"]; // only passed on
  return terminalAnswer(terminal, { shown: floor, unit }, scene.site, at(10)).setup.map((line) => [
    line.item,
    line.wanted,
    line.read,
    line.state,
  ]);
}
