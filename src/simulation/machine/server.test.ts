/** The simulated machines over OPC UA, as a client that knows nothing of them meets them. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  AttributeIds,
  ClientMonitoredItem,
  ClientSubscription,
  DataType,
  HistoryData,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
  StatusCodes,
  TimestampsToReturn,
  UserTokenType,
  Variant,
  VariantArrayType,
  type ClientSession,
  type DataValue,
  type ExtensionObject,
  type NodeId,
} from "node-opcua";
import { jobState, returnStatus } from "./job-list.ts";
import type { MachineProfile } from "./profile.ts";
import { startMachines, type MachineServer } from "./server.ts";

const profile = (name: string, counters: MachineProfile["counters"]): MachineProfile => ({
  name,
  description: name,
  counters,
  cycleMs: 1000,
  setupMs: 500,
  reactionMs: 100,
  scrapRate: 0.1,
  capacity: 2,
  start: "automatic",
  materialUnit: "MMT",
  steps: ["0010"],
  articles: [{ article: "CABLE-A", step: "0010", material: "WIRE", perPiece: 500 }],
  setpoints: [
    { name: "Length", type: "UInt32", initial: 0, lowest: 20, highest: 10_000, role: "per-piece", description: "mm" },
  ],
  powerKw: { idle: 0.4, running: 2 },
  script: [],
});

let folder: string;
let server: MachineServer;
let client: OPCUAClient;
let session: ClientSession;
let index: number;
let jobIndex: number;

before(async () => {
  const machines = [
    profile("CUT-1", { kind: "rolling-16", good: 65_530, scrap: 3 }),
    profile("CELL-1", { kind: "per-run" }),
  ];
  server = await startMachines({ machines, speed: 50, seed: 5 });
  folder = await mkdtemp(join(tmpdir(), "millrace-client-"));
  const clientCertificateManager = new OPCUACertificateManager({ rootFolder: folder });
  await clientCertificateManager.initialize();
  client = OPCUAClient.create({
    applicationUri: "urn:millrace:simulation:test",
    clientCertificateManager,
    endpointMustExist: false,
    securityMode: MessageSecurityMode.None,
    securityPolicy: SecurityPolicy.None,
    connectionStrategy: { maxRetry: 0 },
  });
  await client.connect(server.endpointUrl);
  session = await client.createSession({ type: UserTokenType.UserName, userName: "mes", password: "mes" });
  const namespaces: string[] = (await session.readNamespaceArray()) ?? [];
  index = namespaces.indexOf("urn:millrace:simulation:machine");
  jobIndex = namespaces.indexOf("http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/");
});

after(async () => {
  await session?.close();
  await client?.disconnect();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

const node = (path: string): string => `ns=${index};s=${path}`;

async function read(path: string): Promise<unknown> {
  const value: DataValue = await session.read({ nodeId: node(path), attributeId: AttributeIds.Value });
  assert.equal(value.statusCode, StatusCodes.Good, path);
  return value.value.value;
}

/** Node id of a component of a node, by its name. */
async function child(of: string, name: string): Promise<string> {
  const found = await session.browse({ nodeId: of, resultMask: 63 });
  const reference = found.references?.find((r) => r.browseName.name === name);
  assert.ok(reference, `${of} has ${name}`);
  return reference.nodeId.toString();
}

async function orderOf(id: string, quantity: number): Promise<ExtensionObject> {
  const method = await child(node("CUT-1/JobOrderControl"), "Store");
  const inputs = await session.read({ nodeId: await child(method, "InputArguments"), attributeId: AttributeIds.Value });
  const [first]: { dataType: NodeId }[] = inputs.value.value;
  assert.ok(first, "Store says what it takes");
  return session.constructExtensionObject(first.dataType, {
    jobOrderID: id,
    materialRequirements: [{ materialDefinitionID: "CABLE-A", materialUse: "Produced", quantity: String(quantity) }],
  });
}

/** @returns ReturnStatus */
async function call(machine: string, method: string, input: Variant): Promise<bigint> {
  const comment = new Variant({ dataType: DataType.LocalizedText, arrayType: VariantArrayType.Array, value: [] });
  const object = node(`${machine}/JobOrderControl`);
  const methodId = await child(object, method);
  const result = await session.call({ objectId: object, methodId, inputArguments: [input, comment] });
  assert.equal(result.statusCode, StatusCodes.Good, `${method}: ${result.statusCode.name}`);
  const [high, low]: [number, number] = result.outputArguments?.[0]?.value ?? [0, 0];
  return (BigInt(high) << 32n) | BigInt(low);
}

const store = async (machine: string, id: string, quantity: number): Promise<bigint> =>
  call(machine, "Store", new Variant({ dataType: DataType.ExtensionObject, value: await orderOf(id, quantity) }));
const command = (machine: string, method: string, id: string): Promise<bigint> =>
  call(machine, method, new Variant({ dataType: DataType.String, value: id }));

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail("it did not happen within 10 s");
}

async function listed(machine: string): Promise<readonly { id: string; state: number }[]> {
  const nodeId = await child(node(`${machine}/JobOrderControl`), "JobOrderList");
  const value = await session.read({ nodeId, attributeId: AttributeIds.Value });
  const entries: { jobOrder: { jobOrderID: string }; state: { stateNumber: number }[] }[] = value.value.value ?? [];
  return entries.map((entry) => ({ id: entry.jobOrder.jobOrderID, state: entry.state[0]?.stateNumber ?? 0 }));
}

test("its certificate began long ago, as a machine's does: a clock that is behind is no reason to refuse it", async () => {
  const [endpoint] = await client.getEndpoints();
  assert.ok(endpoint, "it has an endpoint");
  const { validFromDate } = new X509Certificate(endpoint.serverCertificate);
  assert.ok(validFromDate.getTime() < Date.now() - 30 * 86_400_000, validFromDate.toISOString());
});

describe("a job order over OPC UA", () => {
  test("is stored, allowed, run to its end and cleared; a subscriber sees every piece", async () => {
    const subscription = ClientSubscription.create(session, {
      requestedPublishingInterval: 50,
      publishingEnabled: true,
    });
    const seen: { readonly value: number; readonly at: number }[] = [];
    const item = ClientMonitoredItem.create(
      subscription,
      { nodeId: node("CUT-1/Counters/Good"), attributeId: AttributeIds.Value },
      { samplingInterval: 0, queueSize: 1000, discardOldest: false },
      TimestampsToReturn.Both,
    );
    item.on("changed", (value: DataValue) =>
      seen.push({ value: value.value.value as number, at: value.sourceTimestamp?.getTime() ?? 0 }),
    );
    await until(() => seen.length === 1);
    assert.equal(await store("CUT-1", "1000001-0010", 12), returnStatus.noError);
    assert.deepEqual(await listed("CUT-1"), [{ id: "1000001-0010", state: jobState.notAllowedToStart }]);
    assert.equal(await command("CUT-1", "Start", "1000001-0010"), returnStatus.noError);
    await until(() => (server.machine("CUT-1").machine.runs[0]?.endedAt ?? null) !== null);
    const run = server.machine("CUT-1").machine.runs[0];
    assert.equal(run?.good, 12);
    await until(() => seen.length === 13);
    assert.deepEqual(
      seen.map((s) => s.value),
      [65_530, 65_531, 65_532, 65_533, 65_534, 65_535, 0, 1, 2, 3, 4, 5, 6],
    );
    assert.ok(seen.every((s, i) => i === 0 || s.at > (seen[i - 1]?.at ?? 0)));
    assert.equal(await read("CUT-1/Counters/Amount"), run?.used);
    assert.equal(await read("CUT-1/Production/LastResult"), "Completed");
    assert.deepEqual(await listed("CUT-1"), [{ id: "1000001-0010", state: jobState.ended }]);
    assert.equal(await command("CUT-1", "Clear", "1000001-0010"), returnStatus.noError);
    assert.deepEqual(await listed("CUT-1"), []);
    await subscription.terminate();
  });

  test("what the machine made while nobody watched stands in its history", async () => {
    const answer = await session.readHistoryValue(
      { nodeId: node("CUT-1/Counters/Good") },
      new Date(0),
      new Date(Date.now() + 60_000),
    );
    assert.ok(answer.historyData instanceof HistoryData);
    const values = (answer.historyData.dataValues ?? []).map((value) => value.value.value as number);
    assert.deepEqual(values.slice(-12), [65_531, 65_532, 65_533, 65_534, 65_535, 0, 1, 2, 3, 4, 5, 6]);
  });

  test("the list is full at its capacity, knows each id once, and says so in the return status", async () => {
    assert.equal(await store("CELL-1", "1-0010", 1000), returnStatus.noError);
    assert.equal(await store("CELL-1", "1-0010", 1000), returnStatus.unableToAccept);
    assert.equal(await store("CELL-1", "2-0010", 1000), returnStatus.noError);
    assert.equal(await store("CELL-1", "3-0010", 1000), returnStatus.unableToAccept);
    assert.equal(await command("CELL-1", "Clear", "1-0010"), returnStatus.invalidState);
    assert.equal(await command("CELL-1", "Start", "9-0010"), returnStatus.unknownJobOrder);
    assert.equal(await command("CELL-1", "Cancel", "2-0010"), returnStatus.noError);
    assert.equal(await command("CELL-1", "Start", "1-0010"), returnStatus.noError);
    await until(() => server.machine("CELL-1").machine.runs.length === 1);
    assert.equal(await command("CELL-1", "Cancel", "1-0010"), returnStatus.invalidState);
    assert.equal(await command("CELL-1", "Pause", "1-0010"), returnStatus.noError);
    assert.equal(await read("CELL-1/Production/State"), 3);
    assert.equal(await command("CELL-1", "Resume", "1-0010"), returnStatus.noError);
    assert.equal(await command("CELL-1", "Abort", "1-0010"), returnStatus.noError);
    assert.equal(await read("CELL-1/Production/LastResult"), "Aborted");
    assert.deepEqual(await listed("CELL-1"), [{ id: "1-0010", state: jobState.aborted }]);
  });
});

describe("setpoints over OPC UA", () => {
  const length = (value: number) => ({
    nodeId: node("CUT-1/Recipe/Length"),
    attributeId: AttributeIds.Value,
    value: { value: new Variant({ dataType: DataType.UInt32, value }) },
  });
  const apply = () =>
    session.call({ objectId: node("CUT-1/Recipe"), methodId: node("CUT-1/Recipe/Apply"), inputArguments: [] });

  test("are written, read back, and become active by Apply alone; out of range is refused", async () => {
    assert.equal(await session.write(length(250)), StatusCodes.Good);
    assert.equal(await read("CUT-1/Recipe/Length"), 250);
    assert.equal(await read("CUT-1/Recipe/Active/Length"), 0);
    assert.equal((await apply()).statusCode, StatusCodes.Good);
    assert.equal(await read("CUT-1/Recipe/Active/Length"), 250);
    await session.write(length(5));
    assert.equal((await apply()).statusCode, StatusCodes.BadOutOfRange);
    assert.equal(await read("CUT-1/Recipe/Active/Length"), 250);
    assert.match(String(await read("CUT-1/Recipe/LastResult")), /Length is outside/);
  });

  test("what drifts reads back other than it was written, once; written again it holds", async () => {
    await session.write(length(300));
    server.machine("CUT-1").breakNextSetup("drifts");
    assert.equal((await apply()).statusCode, StatusCodes.Good);
    assert.equal(await read("CUT-1/Recipe/Length"), 301);
    assert.equal(await read("CUT-1/Recipe/Active/Length"), 301);
    await session.write(length(300));
    assert.equal((await apply()).statusCode, StatusCodes.Good);
    assert.equal(await read("CUT-1/Recipe/Length"), 300);
    server.machine("CUT-1").breakNextSetup("refuses");
    assert.equal((await apply()).statusCode, StatusCodes.BadOutOfRange);
    assert.equal(await read("CUT-1/Recipe/Active/Length"), 300);
  });

  test("anonymous reads, and may neither write nor call", async () => {
    const other = await client.createSession();
    try {
      const value = await other.read({ nodeId: node("CUT-1/Recipe/Length"), attributeId: AttributeIds.Value });
      assert.equal(value.statusCode, StatusCodes.Good);
      assert.equal(await other.write(length(100)), StatusCodes.BadUserAccessDenied);
      const called = await other.call({
        objectId: node("CUT-1/Recipe"),
        methodId: node("CUT-1/Recipe/Apply"),
        inputArguments: [],
      });
      assert.equal(called.statusCode, StatusCodes.BadUserAccessDenied);
    } finally {
      await other.close();
    }
  });

  test("job control belongs to version 2 of the standard", () => assert.ok(jobIndex > 0));
});
