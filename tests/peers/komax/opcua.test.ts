/** The OPC UA connector against a machine that replays five days of real production. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { DataType } from "node-opcua";
import { instant, type Instant } from "../../../src/base/instant.ts";
import type { MachineJobOrder } from "../../../src/record/instruction.ts";
import { sampleIdentity, type Sample } from "../../../src/record/sample.ts";
import type { MachineSession } from "../../../src/machine/connector.ts";
import { opcuaConnector } from "../../../src/machine/opcua/index.ts";
import { Recorder } from "../../../src/machine/opcua/testing/recorder.ts";
import { connectMachine } from "./machine-client.ts";
import { machineUser, peerMissing, startPeer, type KomaxPeer } from "./peer.ts";

const skip = peerMissing() ?? false;
const signal = new AbortController().signal;
const records = 8925;
/** The replayed days end long before. */
const replayEnd = instant(Date.UTC(2025, 11, 31));
const watchedPaths = [
  "Production/{item}",
  "Counters/Snapshot",
  "Counters/Slot{slot}/{item}",
  "Counters/Wire/{material}/{item}",
  "Counters/Terminal/{material}/{item}",
  "Energy/ActiveEnergy",
];
let peer: KomaxPeer;

before(async () => {
  if (!skip) peer = await startPeer();
});
after(async () => {
  if (!skip) await peer.stop();
});

async function open(t: TestContext, more: Record<string, unknown> = {}): Promise<MachineSession> {
  const settings = {
    endpointUrl: peer.endpointUrl,
    user: "mes",
    password: "mes",
    security: { mode: "None", policy: "None" },
    pkiFolder: join(peer.folder, "client-pki"),
    trust: "accept-unknown",
    root: "Objects/Machines/A565-0026",
    publishingIntervalMs: 20,
    reportRepeats: true,
    ...more,
  };
  const opened = await opcuaConnector.open(settings, signal);
  assert.ok(opened.ok, opened.ok ? "" : opened.fault.message);
  t.after(() => opened.value.close());
  return opened.value;
}

/** Each over a connection of its own: the faults break those that stand. */
async function command(method: string, ...inputs: readonly [dataType: DataType, value: unknown][]): Promise<void> {
  const client = await connectMachine({ url: peer.endpointUrl, user: machineUser });
  try {
    await client.call(
      "Replay",
      method,
      inputs.map(([dataType, value]) => ({ dataType, value })),
    );
  } finally {
    await client.close();
  }
}

const fault = (name: string, ms: number): Promise<void> =>
  command("Fault", [DataType.String, name], [DataType.UInt32, ms]);

async function remembered(session: MachineSession, items: readonly string[], from: Instant): Promise<Sample[]> {
  const samples: Sample[] = [];
  const outcome = await session.history(items, from, async (slice) => void samples.push(...slice.samples), signal);
  assert.ok(outcome.ok, outcome.ok ? "" : outcome.fault.message);
  assert.deepEqual(outcome.value.withoutHistory, []);
  return samples;
}

/** What a gateway does: keeps what comes, and reads back what may have been missed. */
class Follower extends Recorder {
  readonly items = new Set<string>();
  readonly kept = new Map<string, Sample>();
  readonly #live = new Set<string>();
  /** Live values that came more than once. */
  doubles = 0;
  #newest = instant(0);
  #reading: Promise<void> = Promise.resolve();
  readonly #session: MachineSession;

  constructor(session: MachineSession) {
    super();
    this.#session = session;
  }

  override samples(samples: readonly Sample[], complete: boolean): void {
    for (const sample of samples) this.#keep(sample, true);
    super.samples(samples, complete);
  }

  override resumed(): void {
    this.#readBack([...this.items], this.#newest);
    super.resumed();
  }

  override appeared(paths: readonly string[]): void {
    for (const path of paths) this.items.add(path);
    this.#readBack(paths, instant(0));
    super.appeared(paths);
  }

  /** Values of items of which nobody has said yet that they are there. */
  strangers(): number {
    const isStrange = ({ item }: Sample): boolean => !item.startsWith("Replay/") && !this.items.has(item);
    return [...this.kept.values()].filter(isStrange).length;
  }

  /** Everything that was asked of the history is there. */
  async settled(): Promise<void> {
    await this.#reading;
  }

  #keep(sample: Sample, live: boolean): void {
    const identity = sampleIdentity(sample);
    if (live && this.#live.has(identity)) this.doubles += 1;
    if (live) this.#live.add(identity);
    this.kept.set(identity, sample);
    // The first values of all have the time of the peer's start, which is far ahead of the replay.
    if (sample.at < replayEnd && sample.at > this.#newest) this.#newest = sample.at;
  }

  #readBack(paths: readonly string[], from: Instant): void {
    this.#reading = this.#reading.then(async () => {
      for (let tries = 0; tries < 600; tries += 1) {
        const samples: Sample[] = [];
        const outcome = await this.#session.history(
          paths,
          from,
          async (slice) => void samples.push(...slice.samples),
          signal,
        );
        if (!outcome.ok) {
          await new Promise((done) => setTimeout(done, 100));
          continue;
        }
        for (const sample of samples) this.#keep(sample, false);
        return;
      }
      throw new Error("the history could not be read");
    });
  }
}

async function follow(session: MachineSession): Promise<Follower> {
  const follower = new Follower(session);
  const paths = [...watchedPaths, "Replay/Index", "Replay/Done"].map((path) => ({ path, history: true }));
  const outcome = await session.watch(paths, follower, signal);
  assert.ok(outcome.ok, outcome.ok ? "" : outcome.fault.message);
  for (const item of outcome.value.items) if (!item.startsWith("Replay/")) follower.items.add(item);
  await follower.until(() => follower.of("Replay/Index").length > 0, "the first values");
  return follower;
}

async function nothingLost(session: MachineSession, follower: Follower): Promise<number> {
  let all: readonly Sample[] = [];
  let asked = 0;
  // On a busy computer the last of what appears may be noticed while this reads.
  while (asked < follower.items.size || follower.strangers() > 0) {
    // Its first values may come before it is told that it has appeared.
    await follower.until(() => follower.strangers() === 0, "what has appeared");
    await follower.settled();
    asked = follower.items.size;
    all = await remembered(session, [...follower.items], instant(0));
  }
  // What was before the watch began has the time of the peer's start.
  const lost = all.filter((sample) => sample.at < replayEnd && !follower.kept.has(sampleIdentity(sample)));
  assert.deepEqual(
    lost.slice(0, 3).map((sample) => `${sample.item} ${sample.at} ${JSON.stringify(sample.value)}`),
    [],
    `${lost.length} of ${all.length} values are lost`,
  );
  const known = new Set(all.map(sampleIdentity));
  const invented = [...follower.kept.values()].filter(
    (sample) => !sample.item.startsWith("Replay/") && !known.has(sampleIdentity(sample)),
  );
  assert.deepEqual(invented.slice(0, 3), [], "nothing is told that the machine did not say");
  return all.length;
}

test("five days at full speed: every value arrives, none twice", { skip }, async (t) => {
  const session = await open(t);
  const follower = await follow(session);
  await command("Run", [DataType.Double, 0]);
  await follower.until(() => follower.of("Replay/Done").at(-1)?.value === true, "the end of the replay", 60_000);
  await follower.until(() => follower.of("Replay/Index").at(-1)?.value === records, "the last record");
  assert.equal(follower.count("interrupted"), 0, follower.faults().join());
  const count = await nothingLost(session, follower);
  assert.ok(count > 35_000, `${count} values`);
  assert.equal(follower.doubles, 0);
  assert.ok(follower.items.size > 200, "materials appeared while it ran");
  const last = follower.told.findLast((told) => told.what === "samples");
  assert.ok(last?.what === "samples" && last.complete);
});

test("every fault of the machine heals, and with its history nothing is lost", { skip }, async (t) => {
  await command("Reset");
  const session = await open(t, { watchdogMs: 1_000, requestTimeoutMs: 2_000 });
  const follower = await follow(session);
  // After a reset the machine's history still holds the runs before: the follower reads all of it once.
  follower.resumed();
  // The replay goes on while nobody listens, as a machine would.
  await command("Run", [DataType.Double, 3_000]);
  const faults: [name: string, ms: number][] = [
    ["drop-sessions", 300],
    ["drop-connections", 300],
    ["restart-socket", 700],
    ["freeze", 700],
    ["freeze", 2_500],
    ["bad-quality", 300],
    ["duplicate-time", 300],
    ["time-disorder", 300],
    ["drop-sessions", 100],
  ];
  for (const [name, ms] of faults) {
    const before = follower.told.length;
    await fault(name, ms);
    await new Promise((done) => setTimeout(done, ms + 300));
    await follower.until(
      () => follower.told.slice(before).some((told) => told.what === "samples"),
      `values after ${name}`,
      60_000,
    );
  }
  await command("Pause");
  const shown = await session.read(["Replay/Index"], signal);
  assert.ok(shown.ok);
  const index = Number(shown.value[0]?.value);
  await follower.until(() => Number(follower.of("Replay/Index").at(-1)?.value) >= index, "the last record", 60_000);
  await new Promise((done) => setTimeout(done, 200));
  await follower.settled();
  assert.ok(index > 500, `${index} records`);
  const told = new Set(follower.faults());
  assert.ok(told.has("machine/session-lost"), "drop-sessions was noticed");
  assert.ok(told.has("machine/connection-lost"), "drop-connections was noticed");
  assert.ok(told.has("machine/silent"), "the long freeze was noticed");
  assert.ok(
    follower.all().some((sample) => sample.status !== 0),
    "bad quality was told",
  );
  const all = await remembered(session, [...follower.items], instant(0));
  const lost = all.filter((sample) => !follower.kept.has(sampleIdentity(sample)));
  assert.deepEqual(lost.slice(0, 3), [], `${lost.length} of ${all.length} values are lost`);
});

test("job orders: stored, refused, started, run, ended and taken away, encrypted", { skip }, async (t) => {
  await command("Reset");
  const session = await open(t, { security: { mode: "SignAndEncrypt", policy: "Basic256Sha256" } });
  const found = await session.jobOrders({ receiver: "JobOrderControl", provider: "JobOrderResults" }, signal);
  assert.ok(found.ok, found.ok ? "" : found.fault.message);
  const jobs = found.value;
  let changes = 0;
  t.after(jobs.onChange(() => void (changes += 1)));
  assert.deepEqual(await jobs.capacity(signal), { ok: true, value: 50 });
  const wanted = Array.from({ length: 50 }, (_, index) => orderOf(`ORDER/${index}`, index));
  for (const order of wanted) assert.ok((await jobs.store(order, signal)).ok);
  const list = await jobs.list(signal);
  assert.ok(list.ok);
  assert.deepEqual(
    list.value,
    wanted.map((order) => ({ order, state: "not-allowed-to-start" })),
  );
  const codes = async (...calls: Promise<{ ok: boolean; fault?: { code: string } }>[]): Promise<string[]> =>
    (await Promise.all(calls)).map((result) => result.fault?.code ?? "ok");
  assert.deepEqual(await codes(jobs.store(orderOf("ORDER/50", 50), signal)), ["machine/job-capacity"]);
  assert.deepEqual(await codes(jobs.store(orderOf("", 0), signal)), ["machine/job-request"]);
  assert.deepEqual(
    await codes(jobs.clear("ORDER/0", signal), jobs.revokeStart("ORDER/0", signal), jobs.cancel("NONE", signal)),
    ["machine/job-state", "machine/job-state", "machine/job-unknown"],
  );
  assert.deepEqual(await codes(jobs.allowStart("ORDER/0", signal)), ["ok"]);
  assert.deepEqual(await codes(jobs.revokeStart("ORDER/0", signal)), ["ok"]);
  for (const { jobOrderId } of wanted) assert.ok((await jobs.cancel(jobOrderId, signal)).ok);

  // The first job of the first day: the replay starts, pauses, restarts and ends it.
  const id = "ZSK/00099/11/2024/695180";
  assert.deepEqual(await codes(jobs.store(orderOf(id, 1), signal)), ["ok"]);
  assert.deepEqual(await codes(jobs.allowStart(id, signal)), ["ok"]);
  const states: string[] = [];
  const stepper = await connectMachine({ url: peer.endpointUrl, user: machineUser });
  t.after(() => stepper.close());
  for (let records = 0; records < 600 && states.at(-1) !== "ended"; records += 1) {
    await stepper.call("Replay", "Step", [{ dataType: DataType.UInt32, value: 1 }]);
    const now = await jobs.list(signal);
    assert.ok(now.ok);
    const state = now.value.find(({ order }) => order.jobOrderId === id)?.state ?? "";
    if (state !== states.at(-1)) states.push(state);
  }
  assert.deepEqual(states, ["allowed-to-start", "running", "interrupted", "running", "ended"]);
  assert.deepEqual(await codes(jobs.cancel(id, signal), jobs.clear(id, signal)), ["machine/job-state", "ok"]);
  assert.deepEqual(await jobs.list(signal), { ok: true, value: [] });
  assert.ok(changes > 50, `${changes} changes were told`);
});

function orderOf(jobOrderId: string, index: number): MachineJobOrder {
  return {
    jobOrderId,
    description: `Wiązka ${index}`,
    material: "07-006-0015",
    quantity: { micro: BigInt(index) * 1_500_000n, uom: "C62" },
    priority: index,
    startTime: index % 2 ? instant(1_738_561_253_000 + index) : null,
    parameters: index % 3 ? { erpOrder: `10000${index}` } : {},
  };
}
