/** The machine's own word on its job orders: seen from outside by the observer, and from inside by the journal. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { coerceNodeId, DataType, Variant, VariantArrayType } from "node-opcua";
import { sharedFolder, withoutPeer } from "../peer.ts";
import { jobState, readJournal } from "./journal-line.ts";
import { connectMachine, type MachineClient } from "./machine-client.ts";
import { changesOf, difference, observe } from "./observer.ts";
import { machineUser, startKomax } from "./peer.ts";
import { connectReplay } from "./replay.ts";

const ended = "ZSK/00099/11/2024/695180"; // first job of the first day: started, paused, restarted, terminated
const never = "NOT/IN/THESE/DAYS";

describe("the machine's own word on its job orders", { skip: withoutPeer("komax-opcua"), timeout: 400_000 }, () => {
  test("stores, starts, ends and removals are seen from outside; refusals and unheralded starts from inside", async () => {
    const shared = sharedFolder();
    if (shared.found === null) throw new Error(shared.reason);
    const logs = await mkdtemp(join(tmpdir(), "millrace-observer-"));
    after(() => rm(logs, { recursive: true, force: true }));
    const journal = join(logs, "journal.jsonl");
    const days = [join(shared.found, "data/machines/komax-alpha-565/2025-02-03")];
    const komax = await startKomax({ days, logs, journal });
    if (komax.found === null) throw new Error(komax.reason);
    after(() => komax.found.child.stop());
    const observer = await observe(komax.found.endpointUrl);
    after(() => observer.close());
    const machine = await connectMachine({ url: komax.found.endpointUrl, user: machineUser });
    after(() => machine.close());
    const replay = await connectReplay(komax.found.endpointUrl);
    after(() => replay.close());

    const jobs = await jobControl(machine);
    assert.equal(await jobs.store(ended, { ErpOrder: "1000001" }), 1);
    assert.equal(await jobs.store(ended, { ErpOrder: "1000002" }), 16, "the machine takes an id once");
    assert.equal(await jobs.store(never, {}), 1);
    assert.equal(await jobs.command("Start", ended), 1);
    assert.equal(await jobs.command("Cancel", never), 1);
    assert.deepEqual(await replay.progress().then(({ index, done }) => ({ index, done })), { index: 0, done: false });
    await replay.run(0);
    for (let waited = 0; !(await replay.progress()).done; waited += 1) {
      assert.ok(waited < 1500, "one day is over in five minutes");
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.equal(await jobs.command("Clear", ended), 1);
    for (let waited = 0; observer.count("cleared") === 0 && waited < 600; waited += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }

    const seen = observer.changes().map((change) => `${change.id === ended ? "E" : "N"} ${change.what}`);
    assert.deepEqual(seen, [
      "E stored",
      "N stored",
      "E allowed",
      "N cancelled",
      "E started",
      "E paused",
      "E resumed",
      "E ended",
      "E cleared",
    ]);
    assert.equal(observer.hasGaps(), false);

    const lines = await readJournal(journal);
    const stores = lines.filter((line) => line.call === "store");
    assert.deepEqual(
      stores.map((line) => [line.id, line.parameters, line.verdict]),
      [
        [ended, { ErpOrder: "1000001" }, "stored"],
        [ended, { ErpOrder: "1000002" }, "id known"],
        [never, {}, "stored"],
      ],
    );
    const runs = lines.filter((line) => line.call === "run");
    assert.equal(runs[0]?.article, "10-51-000593-REV00_G05");
    assert.equal(runs[0].state, jobState.allowedToStart);
    // The second article of the same order number starts while the first one's job order has ended but is not cleared.
    assert.deepEqual([runs[1]?.id, runs[1]?.state], [ended, jobState.ended]);
    assert.ok(
      runs.some((run) => run.state === null),
      "most jobs of the day were never stored",
    );
  });
});

describe("difference of two looks at the list", () => {
  const at = (entries: Readonly<Record<string, number>>): ReadonlyMap<string, number> =>
    new Map(Object.entries(entries));
  const told = (before: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>): readonly string[] =>
    difference(at(before), at(now)).map(({ id, what }) => `${id} ${what}`);

  test("an order stored and allowed at once counts as both; removal is named by what it was", () => {
    assert.deepEqual(told({}, { A: jobState.allowedToStart }), ["A stored", "A allowed"]);
    assert.deepEqual(told({ A: jobState.ended, B: jobState.notAllowedToStart }, {}), ["A cleared", "B cancelled"]);
    assert.deepEqual(told({ A: jobState.allowedToStart }, { A: jobState.notAllowedToStart }), ["A revoked"]);
    assert.deepEqual(told({ A: jobState.interrupted }, { A: jobState.running }), ["A resumed"]);
    assert.deepEqual(told({ A: jobState.running }, { A: jobState.aborted }), ["A aborted"]);
    assert.deepEqual(told({ A: jobState.running }, { A: jobState.running }), []);
  });

  test("a look that was overtaken on its way still counts at its own time", () => {
    const stored = { ms: 1, picoseconds: 500, list: at({ A: jobState.notAllowedToStart }) };
    const allowed = { ms: 1, picoseconds: 900, list: at({ A: jobState.allowedToStart }) };
    const started = { ms: 2, picoseconds: 0, list: at({ A: jobState.running }) };
    assert.deepEqual(
      changesOf([started, stored, allowed]).map((change) => change.what),
      ["stored", "allowed", "started"],
    );
  });
});

interface JobControl {
  store(id: string, parameters: Readonly<Record<string, string>>): Promise<number>;
  command(name: string, id: string): Promise<number>;
}

/** ReturnStatus of OPC 10031-4: 1 done, 16 not accepted. Only what this test needs. */
async function jobControl({ session }: MachineClient): Promise<JobControl> {
  const names = await session.readNamespaceArray();
  const jobs = names.indexOf("http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/");
  const receiver = `ns=${names.indexOf("urn:komax-peer:machine")};s=JobOrderControl`;
  const methods = (await session.browse({ nodeId: receiver, resultMask: 63 })).references ?? [];
  const comment = new Variant({ dataType: DataType.LocalizedText, arrayType: VariantArrayType.Array, value: [] });
  const call = async (name: string, input: Variant): Promise<number> => {
    const methodId = methods.find((reference) => reference.browseName.name === name)?.nodeId;
    if (methodId === undefined) throw new Error(`no method ${name}`);
    const { outputArguments } = await session.call({ objectId: receiver, methodId, inputArguments: [input, comment] });
    return Number(outputArguments?.[0]?.value[1]); // UInt64 as [high, low]; the codes used here are low
  };
  const make = async (type: number, fields: Record<string, unknown>): Promise<unknown> =>
    session.constructExtensionObject(coerceNodeId(`ns=${jobs};i=${type}`), fields);
  return {
    store: async (id, parameters) => {
      const jobOrderParameters = await Promise.all(
        Object.entries(parameters).map(([ID, value]) =>
          make(3003, { ID, value: new Variant({ dataType: DataType.String, value }) }),
        ),
      );
      const order = await make(3008, { jobOrderID: id, jobOrderParameters });
      return call("Store", new Variant({ dataType: DataType.ExtensionObject, value: order }));
    },
    command: (name, id) => call(name, new Variant({ dataType: DataType.String, value: id })),
  };
}
