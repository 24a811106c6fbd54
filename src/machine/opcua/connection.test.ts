import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import { sampleIdentity } from "../../record/sample.ts";
import type { MachineSession } from "../connector.ts";
import { opcuaConnector } from "./index.ts";
import { Proxy } from "./testing/proxy.ts";
import { Recorder } from "./testing/recorder.ts";
import { TestServer } from "./testing/server.ts";

const signal = new AbortController().signal;
let machine: TestServer;

before(async () => {
  machine = await TestServer.start();
});
after(async () => {
  await machine.stop();
});

interface Watched {
  readonly session: MachineSession;
  readonly recorder: Recorder;
  readonly proxy: Proxy;
  readonly item: string;
}

/** One item over a line that can be disturbed, its first value told. */
async function watched(t: TestContext, name: string, more: Record<string, unknown> = {}): Promise<Watched> {
  machine.add("Heal", name, { value: 0 });
  const proxy = await Proxy.start(machine.port);
  const settings = machine.settings({ endpointUrl: proxy.url, watchdogMs: 600, requestTimeoutMs: 1_000, ...more });
  const opened = await opcuaConnector.open(settings, signal);
  assert.ok(opened.ok, opened.ok ? "" : opened.fault.message);
  t.after(async () => {
    await opened.value.close();
    await proxy.close();
    assert.equal(machine.sessions, 0, "no session is left at the machine");
  });
  const recorder = new Recorder();
  const item = `Heal/${name}`;
  const outcome = await opened.value.watch([{ path: item, history: false }], recorder, signal);
  assert.ok(outcome.ok);
  await recorder.until(() => recorder.values(item).includes(0), "the first value");
  return { session: opened.value, recorder, proxy, item };
}

async function flows({ recorder, item }: Watched, value: number): Promise<void> {
  machine.set(item, value);
  await recorder.until(() => recorder.values(item).includes(value), `value ${value}`);
}

/** Between interrupted and resumed nothing is told, and each interruption ends. */
function wellFormed(recorder: Recorder): void {
  let open = false;
  for (const told of recorder.told) {
    if (told.what === "interrupted") open = true;
    else if (told.what === "resumed") open = false;
    else if (told.what === "samples") assert.equal(open, false, "no values between interrupted and resumed");
  }
  assert.equal(open, false);
}

test("a cut line is made anew, and the machine's queue is not lost with it", async (t) => {
  const w = await watched(t, "Cut");
  for (let round = 1; round <= 3; round += 1) {
    const sessions = machine.sessions;
    w.proxy.cut();
    for (let i = 0; i < 50; i += 1) machine.set(w.item, round * 100 + i);
    await w.recorder.until(() => w.recorder.values(w.item).includes(round * 100 + 49), "values of the break");
    assert.equal(machine.sessions, sessions, "the session lives on");
    assert.equal(machine.subscriptions, 1, "and so does its subscription");
  }
  // The machine may send its latest value once more; the gateway knows the double by its identity.
  const values = [...new Map(w.recorder.of(w.item).map((sample) => [sampleIdentity(sample), sample.value])).values()];
  const wanted = [1, 2, 3].flatMap((round) => Array.from({ length: 50 }, (_, i) => round * 100 + i));
  assert.deepEqual(
    values.filter((value) => value !== 0),
    wanted,
    "every value of the breaks, once and in order",
  );
  assert.equal(w.recorder.count("interrupted"), 3);
  assert.equal(w.recorder.count("resumed"), 3);
  wellFormed(w.recorder);
});

test("a cable that is pulled is noticed by silence, and the queue comes when it is back", async (t) => {
  const w = await watched(t, "Cable");
  w.proxy.stop();
  for (let value = 1; value <= 20; value += 1) machine.set(w.item, value);
  await w.recorder.until(() => w.recorder.count("interrupted") === 1, "the silence");
  assert.deepEqual(w.recorder.faults(), ["machine/silent"]);
  w.proxy.go();
  await w.recorder.until(() => w.recorder.values(w.item).includes(20), "the values of the silence");
  assert.deepEqual(
    w.recorder.values(w.item),
    Array.from({ length: 21 }, (_, value) => value),
  );
  wellFormed(w.recorder);
});

test("a subscription that is silently dead is torn down and built anew", async (t) => {
  const w = await watched(t, "Silent");
  machine.goSilent();
  const startedAt = performance.now();
  machine.set(w.item, 1);
  await w.recorder.until(() => w.recorder.values(w.item).includes(1), "the value after the silence");
  assert.deepEqual(w.recorder.faults(), ["machine/subscription-silent"]);
  assert.ok(performance.now() - startedAt < 5_000);
  assert.equal(machine.subscriptions, 1);
  assert.equal(machine.sessions, 1, "the dead session is closed");
  await flows(w, 2);
  wellFormed(w.recorder);
});

test("a quiet machine is not mistaken for a dead one", async (t) => {
  const w = await watched(t, "Quiet");
  await new Promise((done) => setTimeout(done, 2_000));
  assert.equal(w.recorder.count("interrupted"), 0);
  await flows(w, 1);
});

test("sessions that the machine drops are made anew", async (t) => {
  const w = await watched(t, "Dropped");
  for (let round = 1; round <= 3; round += 1) {
    machine.dropSessions();
    await w.recorder.until(() => w.recorder.count("resumed") === round, "the return");
    await flows(w, round);
  }
  assert.ok(
    w.recorder.faults().every((code) => code === "machine/session-lost"),
    w.recorder.faults().join(),
  );
  assert.equal(machine.subscriptions, 1);
  wellFormed(w.recorder);
});

test("whoever hears that values flow again can ask at once", async (t) => {
  const w = await watched(t, "Ask");
  const asked: Promise<boolean>[] = [];
  const resumed = w.recorder.resumed.bind(w.recorder);
  w.recorder.resumed = () => {
    resumed();
    asked.push(w.session.read([w.item], signal).then((read) => read.ok));
  };
  w.proxy.cut();
  await w.recorder.until(() => asked.length === 1, "the return of the line");
  await asked[0];
  machine.dropSessions();
  await w.recorder.until(() => asked.length === 2, "the return of the session");
  assert.deepEqual(await Promise.all(asked), [true, true]);
});

test("closing while a line is just being made leaves nothing behind", async (t) => {
  const w = await watched(t, "Race");
  for (const waitMs of [0, 5, 20, 60, 120, 200]) {
    const opened = await opcuaConnector.open(machine.settings({ endpointUrl: w.proxy.url }), signal);
    assert.ok(opened.ok);
    assert.ok((await opened.value.watch([{ path: w.item, history: false }], new Recorder(), signal)).ok);
    w.proxy.cut();
    await new Promise((done) => setTimeout(done, waitMs));
    await opened.value.close();
  }
  await w.recorder.until(() => w.recorder.count("resumed") >= 1, "the return of the other session");
  // A session whose line was cut when it was closed is the machine's to end; its line is gone.
  machine.dropSessions();
  await flows(w, 1);
  assert.equal(w.proxy.open, 1);
});

test("a subscription that the machine deletes is made anew", async (t) => {
  const w = await watched(t, "Deleted");
  machine.deleteSubscriptions();
  await w.recorder.until(() => w.recorder.count("resumed") === 1, "the return");
  await flows(w, 1);
  assert.equal(machine.subscriptions, 1);
});

test("messages that got lost are fetched again, and what is gone is told as a gap", async (t) => {
  const w = await watched(t, "Lost");
  machine.loseMessages(1, true);
  machine.set(w.item, 1);
  await new Promise((done) => setTimeout(done, 100));
  await flows(w, 2);
  assert.deepEqual(w.recorder.values(w.item), [0, 1, 2], "the lost one comes first");
  assert.equal(w.recorder.count("interrupted"), 0);
  machine.loseMessages(1, false);
  machine.set(w.item, 3);
  await new Promise((done) => setTimeout(done, 100));
  await flows(w, 4);
  assert.deepEqual(w.recorder.values(w.item), [0, 1, 2, 4]);
  assert.deepEqual(w.recorder.faults(), ["machine/message-lost"]);
  assert.equal(w.recorder.count("resumed"), 1);
});

test("a machine that restarts is watched again, its nodes numbered anew", async (t) => {
  let other = await TestServer.start();
  other.add("Restart", "X", { value: 1 });
  const { port, folder } = other;
  const opened = await opcuaConnector.open(other.settings({ watchdogMs: 600, requestTimeoutMs: 1_000 }), signal);
  assert.ok(opened.ok);
  const recorder = new Recorder();
  t.after(async () => {
    await opened.value.close();
    await other.stop();
  });
  assert.ok((await opened.value.watch([{ path: "Restart/{n}", history: false }], recorder, signal)).ok);
  await recorder.until(() => recorder.values("Restart/X").includes(1), "the first value");
  await other.stop(true);
  await recorder.until(() => recorder.count("interrupted") >= 1, "the break");
  const away = await opened.value.read(["Restart/X"], signal);
  assert.equal(away.ok, false);
  other = await TestServer.start({ port, folder });
  other.add("Restart", "Y", { value: 2 });
  other.add("Restart", "X", { value: 3 });
  await recorder.until(() => recorder.values("Restart/X").includes(3), "the value after the restart", 20_000);
  await recorder.until(() => recorder.values("Restart/Y").includes(2), "the node that is new", 20_000);
  const appeared = recorder.told.flatMap((told) => (told.what === "appeared" ? told.paths : []));
  assert.deepEqual(appeared, ["Restart/Y"]);
  const read = await opened.value.read(["Restart/X"], signal);
  assert.ok(read.ok);
  wellFormed(recorder);
});

test("a host that does not answer, or takes the call and stays silent, is told within the time", async (t) => {
  const mute = await Proxy.start(null);
  t.after(() => mute.close());
  const settings = machine.settings({ requestTimeoutMs: 800 });
  const hosts = [
    { endpointUrl: "opc.tcp://127.0.0.1:9", why: /ECONNREFUSED/ },
    { endpointUrl: mute.url, why: /no answer within 800 ms/ },
    { endpointUrl: "opc.tcp://no-such-host.invalid:4840", why: /ENOTFOUND|EAI_AGAIN/ },
  ];
  const modes = [
    { mode: "None", policy: "None" },
    { mode: "SignAndEncrypt", policy: "Basic256Sha256" },
  ];
  const cases = hosts.flatMap((host) => modes.map((security) => ({ ...host, security })));
  for (const { endpointUrl, why, security } of cases) {
    const startedAt = performance.now();
    const opened = await opcuaConnector.open({ ...settings, endpointUrl, security }, signal);
    assert.equal(opened.ok, false);
    if (opened.ok) continue;
    assert.equal(opened.fault.code, "machine/unreachable");
    assert.equal(opened.fault.kind, "transient");
    assert.match(opened.fault.message, new RegExp(`cannot be reached \\((?:${why.source})\\)`));
    assert.ok(performance.now() - startedAt < 4_000, `${endpointUrl} took too long`);
  }
  assert.equal(mute.open, 0, "no line is left open");
});

test("opening can be given up at any time", async (t) => {
  const mute = await Proxy.start(null);
  t.after(() => mute.close());
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 100);
  const opened = await opcuaConnector.open(machine.settings({ endpointUrl: mute.url }), stop.signal);
  assert.equal(opened.ok, false);
  assert.equal(mute.open, 0);
});

test("a machine that takes the call and is silent for as long as the caller waits is told in those words", async (t) => {
  const mute = await Proxy.start(null);
  t.after(() => mute.close());
  const opened = await opcuaConnector.open(machine.settings({ endpointUrl: mute.url }), AbortSignal.timeout(200));
  assert.equal(opened.ok, false);
  if (!opened.ok) assert.match(opened.fault.message, /\(no answer in the time there was\)/);
});

test("closing ends everything, in the middle of a break too", async (t) => {
  const w = await watched(t, "Closing");
  w.proxy.stop();
  await w.recorder.until(() => w.recorder.count("interrupted") === 1, "the silence");
  const startedAt = performance.now();
  await w.session.close();
  await w.session.close();
  assert.ok(performance.now() - startedAt < 4_000);
  w.proxy.go();
  // The session that could not be closed over a dead line is the machine's to end.
  machine.dropSessions();
});

test("a call whose answer is lost is ambiguous, one that never left is not", async (t) => {
  const w = await watched(t, "Ambiguous", { watchdogMs: 5_000 });
  machine.add("Ambiguous", "X", { value: 1, writable: true });
  assert.ok((await w.session.read(["Ambiguous/X"], signal)).ok);
  const types = await w.session.write("Ambiguous/X", 5, signal);
  assert.ok(types.ok);
  machine.answerNoWrites();
  const written = await w.session.write("Ambiguous/X", 6, signal);
  assert.equal(written.ok, false);
  if (!written.ok) assert.deepEqual([written.fault.kind, written.fault.code], ["ambiguous", "machine/call-unanswered"]);
  w.proxy.cut();
  const unsent = await w.session.write("Ambiguous/X", 7, signal);
  assert.equal(unsent.ok, false);
  if (!unsent.ok) assert.equal(unsent.fault.kind, "transient");
  await w.recorder.until(() => w.recorder.count("resumed") === 1, "the return");
});
