import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import { coerceLocalizedText, DataType, type StatusCode, StatusCodes, VariantArrayType } from "node-opcua";
import { instant } from "../../base/instant.ts";
import type { Sample } from "../../record/sample.ts";
import type { MachineSession, WatchOutcome } from "../connector.ts";
import { opcuaConnector } from "./index.ts";
import { Recorder } from "./testing/recorder.ts";
import { machineUri, TestServer } from "./testing/server.ts";

const signal = new AbortController().signal;
let machine: TestServer;

before(async () => {
  machine = await TestServer.start({ maxNodesPerBrowse: 3, maxMonitoredItemsPerCall: 2 });
});
after(async () => {
  await machine.stop();
});

async function open(t: TestContext, more: Record<string, unknown> = {}): Promise<MachineSession> {
  const opened = await opcuaConnector.open(machine.settings(more), signal);
  assert.ok(opened.ok, opened.ok ? "" : opened.fault.message);
  t.after(() => opened.value.close());
  return opened.value;
}

async function watch(session: MachineSession, paths: string[], recorder: Recorder): Promise<WatchOutcome> {
  const outcome = await session.watch(
    paths.map((path) => ({ path, history: true })),
    recorder,
    signal,
  );
  assert.ok(outcome.ok, outcome.ok ? "" : outcome.fault.message);
  return outcome.value;
}

test("values, their times and their status arrive as the machine has them", async (t) => {
  machine.add("Values", "Count", { value: 1 });
  machine.add("Values", "Big", { dataType: DataType.UInt64, value: [0x20_0000, 0] });
  machine.add("Values", "Real", { dataType: DataType.Double, value: 1.5 });
  machine.add("Values", "List", { dataType: DataType.String, arrayType: VariantArrayType.Array, value: ["a", "b"] });
  machine.add("Values", "Text", { dataType: DataType.LocalizedText, value: coerceLocalizedText("Praca") });
  const value = machine.structure("ISA95MaterialDataType", {
    materialDefinitionID: "07-006-0015",
    quantity: "12.5",
    engineeringUnits: { unitId: 5_067_858, displayName: { text: "MTR" } },
  });
  machine.add("Values", "Material", { dataType: DataType.ExtensionObject, value });
  const session = await open(t);
  const recorder = new Recorder();
  const outcome = await watch(session, ["Values/Count", "Values/{any}"], recorder);
  assert.equal(outcome.items.length, 6);
  await recorder.until(() => recorder.all().length >= 6, "first values");
  assert.deepEqual(recorder.values("Values/Big"), ["9007199254740992"]);
  assert.deepEqual(recorder.values("Values/List"), [["a", "b"]]);
  assert.deepEqual(recorder.values("Values/Text"), ["Praca"]);
  const [structure] = recorder.values("Values/Material");
  assert.ok(structure && typeof structure === "object" && !Array.isArray(structure));
  const fields = structure as Record<string, unknown>;
  assert.equal(fields["MaterialDefinitionID"], "07-006-0015");
  assert.equal(fields["Quantity"], "12.5");
  assert.equal("MaterialLotID" in fields, false, "an optional field that is not set is left out");

  const at = 1_738_561_253_123;
  machine.set("Values/Count", 2, at);
  machine.set("Values/Count", 3, at);
  machine.set("Values/Count", 4, at - 5_000, StatusCodes.UncertainLastUsableValue);
  machine.set("Values/Real", Number.NaN, at);
  await recorder.until(
    () => recorder.of("Values/Count").length === 4 && recorder.of("Values/Real").length === 2,
    "changes",
  );
  const counts = recorder.of("Values/Count").slice(1);
  assert.deepEqual(
    counts.map((sample) => [sample.value, sample.at, sample.status]),
    [
      [2, at, 0],
      [3, at, 0],
      [4, at - 5_000, StatusCodes.UncertainLastUsableValue.value],
    ],
  );
  assert.deepEqual(recorder.values("Values/Real").slice(1), ["NaN"]);
});

test("what one publishing brings is told in one call, and whether more of it follows", async (t) => {
  for (let i = 0; i < 30; i += 1) machine.add("Cycle", `N${i}`, { value: 0 });
  const session = await open(t, { publishingIntervalMs: 200 });
  const recorder = new Recorder();
  await watch(session, ["Cycle/{n}"], recorder);
  await recorder.until(() => recorder.all().length === 30, "first values");
  const before = recorder.told.length;
  // More than one message may carry: the machine has to say that more follows.
  for (let value = 1; value <= 500; value += 1) for (let i = 0; i < 30; i += 1) machine.set(`Cycle/N${i}`, value);
  await recorder.until(() => recorder.all().length === 30 * 501, "all values");
  const calls = recorder.told.slice(before).flatMap((told) => (told.what === "samples" ? [told] : []));
  assert.ok(calls.length < 40, `${calls.length} calls`);
  assert.equal(calls.at(-1)?.complete, true);
  assert.ok(
    calls.some((call) => !call.complete),
    "a message that is not the last of its cycle is not complete",
  );
});

test("nodes that appear at run time are announced and watched, whatever they are called", async (t) => {
  machine.add("Wires/07-006-0015", "Total", { value: 10 });
  machine.folderAt("Slot1");
  machine.add("Slot1", "Total", { value: 1 });
  const session = await open(t, { rebrowseIntervalMs: 0 });
  const recorder = new Recorder();
  const outcome = await watch(session, ["Wires/{material}/Total", "Slot{slot}/Total", "Later/Value"], recorder);
  assert.deepEqual([...outcome.items].toSorted(), ["Slot1/Total", "Wires/07-006-0015/Total"]);
  assert.deepEqual(outcome.missing, ["Later/Value"]);

  machine.add("Wires/PW nie wolno (a+b) ż", "Total", { value: 20 });
  await recorder.until(() => recorder.count("appeared") === 1, "a material");
  machine.add("Slot2", "Total", { value: 2 });
  machine.add("Later", "Value", { value: 3 });
  await recorder.until(
    () => recorder.of("Later/Value").length > 0 && recorder.of("Slot2/Total").length > 0,
    "more nodes",
  );
  await recorder.until(() => recorder.of("Wires/PW nie wolno (a+b) ż/Total").length > 0, "the first value");
  machine.set("Wires/PW nie wolno (a+b) ż/Total", 21);
  await recorder.until(() => recorder.values("Wires/PW nie wolno (a+b) ż/Total").includes(21), "its next value");
  const appeared = recorder.told.flatMap((told) => (told.what === "appeared" ? told.paths : []));
  assert.deepEqual(appeared.toSorted(), ["Later/Value", "Slot2/Total", "Wires/PW nie wolno (a+b) ż/Total"]);
});

test("a name with a slash or a brace is found again under the path that was announced", async (t) => {
  machine.folderAt("Odd");
  const session = await open(t);
  const recorder = new Recorder();
  await watch(session, ["Odd/{name}"], recorder);
  machine.add("Odd", "a/b&{c}", { value: 7 });
  await recorder.until(() => recorder.all().length > 0, "the odd one");
  const [sample] = recorder.all();
  assert.ok(sample);
  const read = await session.read([sample.item], signal);
  assert.ok(read.ok);
  assert.equal(read.value[0]?.value, 7);
});

test("where the machine does not tell of new nodes they are found by looking again", async (t) => {
  machine.folderAt("Quiet");
  const session = await open(t, { rebrowseIntervalMs: 100 });
  const recorder = new Recorder();
  await watch(session, ["Quiet/{name}"], recorder);
  machine.addSilently("Quiet", "One", { value: 1 });
  await recorder.until(() => recorder.of("Quiet/One").length > 0, "the quiet node");
});

test("values are not complete while a node of the same moment is still being looked up", async (t) => {
  machine.add("Moment/A", "Total", { value: 1 });
  const session = await open(t);
  const recorder = new Recorder();
  await watch(session, ["Moment/{m}/Total"], recorder);
  await recorder.until(() => recorder.all().length === 1, "the first value");
  const before = recorder.told.length;
  machine.add("Moment/B", "Total", { value: 5 });
  machine.set("Moment/A/Total", 2);
  const told = (): { samples: readonly Sample[]; complete: boolean }[] =>
    recorder.told.slice(before).flatMap((one) => (one.what === "samples" ? [one] : []));
  // Its value may be there before the word that it is watched: that word ends it then.
  const isThere = (): boolean => recorder.of("Moment/B/Total").length > 0 && told().some(({ complete }) => complete);
  await recorder.until(isThere, "the new node");
  const calls = told();
  const firstComplete = calls.findIndex((call) => call.complete);
  const holdsNew = calls.findIndex((call) => call.samples.some((sample) => sample.item === "Moment/B/Total"));
  assert.ok(firstComplete >= holdsNew, "nothing is complete before the new node's value");
  // A node that nobody watches also ends in a complete call.
  machine.add("Elsewhere", "X", { value: 1 });
  machine.set("Moment/A/Total", 3);
  await recorder.until(() => {
    const last = recorder.told.at(-1);
    return recorder.values("Moment/A/Total").includes(3) && last?.what === "samples" && last.complete;
  }, "a complete call");
});

test("a node that is replaced is watched anew", async (t) => {
  machine.add("Swap", "X", { value: 1 });
  const session = await open(t);
  const recorder = new Recorder();
  await watch(session, ["Swap/{n}"], recorder);
  await recorder.until(() => recorder.values("Swap/X").includes(1), "the first node");
  machine.remove("Swap/X");
  await recorder.until(() => recorder.of("Swap/X").some((sample) => sample.status !== 0), "its end");
  machine.add("Swap", "X", { value: 2 });
  await recorder.until(() => recorder.values("Swap/X").includes(2), "the second node");
  machine.set("Swap/X", 3);
  await recorder.until(() => recorder.values("Swap/X").includes(3), "its next value");
});

test("a node that comes back is told to have appeared: what it said before it was found is asked for", async (t) => {
  machine.add("Back", "Job", { value: 1 });
  machine.add("Back", "Other", { value: 1 });
  const session = await open(t, { rebrowseIntervalMs: 200 });
  const recorder = new Recorder();
  await watch(session, ["Back/Job", "Back/Other"], recorder);
  await recorder.until(() => recorder.all().length === 2, "the first values");
  machine.remove("Back/Job");
  await recorder.until(() => recorder.of("Back/Job").some((sample) => sample.status !== 0), "its end");
  machine.addSilently("Back", "Job", { value: 2 });
  await recorder.until(() => recorder.values("Back/Job").includes(2), "the second node");
  const order = recorder.told.flatMap((told) => (told.what === "appeared" ? told.paths : [told.what]));
  assert.ok(order.includes("Back/Job") && order.indexOf("Back/Job") < order.lastIndexOf("samples"), order.join());
});

test("an overflow at the machine is told as a gap, and its value as good", async (t) => {
  machine.add("Burst", "X", { value: 0 });
  const session = await open(t, { queueSize: 1000, publishingIntervalMs: 300 });
  const recorder = new Recorder();
  await watch(session, ["Burst/X"], recorder);
  await recorder.until(() => recorder.all().length === 1, "the first value");
  for (let value = 1; value <= 3_000; value += 1) machine.set("Burst/X", value);
  await recorder.until(() => recorder.values("Burst/X").includes(3_000), "the last value");
  assert.deepEqual(recorder.faults(), ["machine/overflow"]);
  assert.equal(recorder.count("resumed"), 1);
  assert.ok(recorder.of("Burst/X").length < 3_000);
  assert.ok(recorder.all().every((sample) => sample.status === 0));
  const order = recorder.told.map((told) => told.what);
  assert.ok(order.lastIndexOf("resumed") < order.lastIndexOf("samples"), "the gap is told before the values after it");
});

test("items of which the machine keeps one value only, whatever was asked, are named", async (t) => {
  machine.add("Small", "X", { value: 0 });
  const session = await open(t);
  assert.deepEqual((await watch(session, ["Small/X"], new Recorder())).unqueued, []);
  t.after(machine.queueNothing());
  assert.deepEqual((await watch(session, ["Small/X"], new Recorder())).unqueued, ["Small/X"]);
});

test("items at which the machine looks less often than asked are named, with how often it does", async (t) => {
  machine.add("Looked", "Quick", { value: 0 });
  machine.add("Looked", "Slow", { value: 0, samplingMs: 500 });
  const paths = ["Looked/Quick", "Looked/Slow"];
  const session = await open(t);
  assert.deepEqual((await watch(session, paths, new Recorder())).slower, [{ path: "Looked/Slow", everyMs: 500 }]);
  const patient = await open(t, { samplingIntervalMs: 500 });
  assert.deepEqual((await watch(patient, paths, new Recorder())).slower, []);
});

test("items are read, written and called by path; what is wrong is told in plain words", async (t) => {
  machine.add("Recipe", "LotSize", { dataType: DataType.UInt32, value: 1, writable: true });
  machine.add("Recipe", "Active", { dataType: DataType.UInt32, value: 1 });
  let applied = 0;
  machine.addMethod("Recipe", "Apply", () => {
    applied += 1;
    return applied > 1 ? StatusCodes.BadInvalidState : StatusCodes.Good;
  });
  const session = await open(t);
  assert.equal(await session.check(signal), null);
  assert.ok((await session.write("Recipe/LotSize", 250, signal)).ok);
  const read = await session.read(["Recipe/LotSize", "Recipe/Active"], signal);
  assert.ok(read.ok);
  assert.deepEqual(
    read.value.map((sample) => sample.value),
    [250, 1],
  );
  assert.ok((await session.call("Recipe", "Apply", signal)).ok);
  const faults = [
    await session.call("Recipe", "Apply", signal),
    await session.write("Recipe/Active", 2, signal),
    await session.write("Recipe/LotSize", 2.5, signal),
    await session.write("Recipe/Nothing", 2, signal),
    await session.read(["Recipe/Nothing"], signal),
  ].map((result) => (result.ok ? "" : result.fault.code));
  assert.deepEqual(faults, [
    "machine/method-refused",
    "machine/write-refused",
    "machine/value",
    "machine/unknown-item",
    "machine/unknown-item",
  ]);
  assert.equal(applied, 2);
});

test("a node that the machine made anew under another id is found for reading, writing, calling and history", async (t) => {
  let made = 0;
  const makeAnew = (): void => {
    if (made > 0) machine.remove("Anew/Total");
    machine.add("Anew", "Total", { value: (made += 1), history: true, writable: true, id: `Anew/Total#${made}` });
  };
  let applied = 0;
  const apply = (): StatusCode => ((applied += 1), StatusCodes.Good);
  makeAnew();
  const first = machine.addMethod("Anew", "Apply", apply);
  const session = await open(t);
  assert.ok((await session.read(["Anew/Total"], signal)).ok);
  assert.ok((await session.call("Anew", "Apply", signal)).ok);
  makeAnew();
  const written = await session.write("Anew/Total", 50, signal);
  assert.ok(written.ok, written.ok ? "" : written.fault.message);
  makeAnew();
  const outcome = await session.history(["Anew/Total"], instant(0), async () => {}, signal);
  assert.deepEqual(outcome.ok && outcome.value.withoutHistory, []);
  makeAnew();
  const read = await session.read(["Anew/Total"], signal);
  assert.deepEqual(read.ok && read.value.map(({ value, status }) => [value, status]), [[4, 0]]);
  machine.namespace.deleteNode(first);
  machine.addMethod("Anew", "Apply", apply, "Anew/Apply#2");
  const called = await session.call("Anew", "Apply", signal);
  assert.ok(called.ok, called.ok ? "" : called.fault.message);
  assert.equal(applied, 2);
});

test("a node that is gone is told as such, and what a method itself answers does not call it again", async (t) => {
  machine.add("Gone", "Total", { value: 1, writable: true });
  let called = 0;
  machine.addMethod("Gone", "Apply", () => ((called += 1), StatusCodes.BadNodeIdUnknown));
  const session = await open(t);
  assert.ok((await session.read(["Gone/Total"], signal)).ok);
  machine.remove("Gone/Total");
  const faults = [
    await session.read(["Gone/Total"], signal),
    await session.write("Gone/Total", 2, signal),
    await session.call("Gone", "Apply", signal),
  ].map((result) => (result.ok ? "" : result.fault.code));
  assert.deepEqual(faults, ["machine/unknown-item", "machine/unknown-item", "machine/method-refused"]);
  assert.equal(called, 1);
});

test("items can be addressed by node id instead of by browsing", async (t) => {
  machine.add("Direct", "X", { value: 9 });
  const session = await open(t, { addressing: `nsu=${machineUri};s={path}`, root: `nsu=${machineUri};s=M1` });
  const recorder = new Recorder();
  const outcome = await watch(session, ["Direct/X", "Direct/{any}"], recorder);
  assert.deepEqual(outcome.items, ["Direct/X"]);
  await recorder.until(() => recorder.values("Direct/X").includes(9), "the value");
});

test("a root that does not exist is told with what is there instead", async (t) => {
  const session = await open(t, { root: "Objects/Plant/M2" });
  const fault = await session.check(signal);
  assert.equal(fault?.code, "machine/config");
  assert.match(fault?.message ?? "", /Objects\/Plant has no "M2"\. It has: M1/);
  const unknown = await session.watch([{ path: "X", history: false }], new Recorder(), signal);
  assert.equal(unknown.ok, false);
  const other = await open(t, { root: "nsu=urn:nobody;s=M1" });
  assert.match((await other.check(signal))?.message ?? "", /no namespace urn:nobody/);
});

test("a second watch takes the place of the first and leaves nothing behind", async (t) => {
  machine.add("Twice", "X", { value: 1 });
  const session = await open(t);
  const first = new Recorder();
  const second = new Recorder();
  await watch(session, ["Twice/X"], first);
  await first.until(() => first.all().length === 1, "the first watch");
  await watch(session, ["Twice/X"], second);
  await second.until(() => second.all().length === 1, "the second watch");
  machine.set("Twice/X", 2);
  await second.until(() => second.values("Twice/X").includes(2), "the change");
  assert.deepEqual(first.values("Twice/X"), [1]);
  assert.equal(machine.subscriptions, 1);
  await session.close();
  assert.equal(machine.sessions, 0);
  assert.equal(machine.subscriptions, 0);
});
