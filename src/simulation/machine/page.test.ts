/** The controls of the machines do to a machine over OPC UA what they say. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect } from "node:net";
import { systemClock, type Clock } from "../../base/clock.ts";
import { unwrap } from "../../base/result.ts";
import { timeZone } from "../../base/site-time.ts";
import { startPages, type PageServer } from "../page/server.ts";
import { visitor, type Visitor } from "../page/testing/visitor.ts";
import { machinePage, type MachinePage } from "./page.ts";
import type { MachineProfile } from "./profile.ts";
import { startMachines, type MachineServer } from "./server.ts";

const profile: MachineProfile = {
  name: "CUT-1",
  description: "Cutter",
  counters: { kind: "rolling-16", good: 500, scrap: 3 },
  cycleMs: 20,
  setupMs: 10,
  reactionMs: 10,
  scrapRate: 0,
  capacity: 2,
  start: "automatic",
  materialUnit: "MMT",
  steps: ["0010"],
  articles: [{ article: "CABLE-A", step: "0010", material: "WIRE", perPiece: 500 }],
  setpoints: [
    { name: "Length", type: "UInt32", initial: 100, lowest: 20, highest: 10_000, role: "per-piece", description: "mm" },
  ],
  powerKw: { idle: 0.4, running: 2 },
  script: [],
};

let line: MachineServer;
let page: MachinePage;
let pages: PageServer;
let at: Visitor;
let passTime: () => void = () => undefined;

const clock: Clock = {
  ...systemClock,
  sleep: (_ms, signal) =>
    new Promise((resolve) => {
      passTime = resolve;
      signal?.addEventListener("abort", () => resolve());
    }),
};

before(async () => {
  line = await startMachines({ machines: [profile], speed: 1, seed: 5 });
  page = machinePage([line], clock);
  pages = await startPages({ pages: [page], clock, zone: unwrap(timeZone("Europe/Berlin")) });
  at = visitor(pages.url);
});
after(async () => {
  await page.close();
  await pages.close();
  await line.close();
});

const cut = { machine: "CUT-1" };

async function until(what: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    if (what()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail("it did not happen within 10 s");
}

function isReached(): Promise<boolean> {
  const { port } = new URL(line.endpointUrl.replace("opc.tcp:", "http:"));
  return new Promise((resolve) => {
    const socket = connect(Number(port), "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

test("a machine is stopped in its run, makes nothing, and goes on", async () => {
  const { machine, value } = line.machine("CUT-1");
  const { jobs } = machine;
  jobs.store({ id: "1-0010", article: "CABLE-A", quantity: 500, priority: 0, parameters: {}, received: null });
  jobs.apply("Start", "1-0010", { allowedAt: Date.now() });
  await until(() => (machine.runs[0]?.good ?? 0) > 2);
  const shown = await at.press("/machines/stop", cut);
  assert.match(shown, /CUT-1 stands still/);
  assert.equal(value("Production/State"), 4);
  assert.equal(value("Alarm/Count"), 0, "it says nothing about why");
  const good = machine.runs[0]?.good;
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(machine.runs[0]?.good, good);
  await at.press("/machines/go-on", cut);
  assert.equal(value("Production/State"), 2);
  await until(() => (machine.runs[0]?.good ?? 0) > (good ?? 0));
});

test("the next set-up drifts, or is refused, once", async () => {
  await at.press("/machines/drift-setup", cut);
  assert.match(await at.press("/machines/refuse-setup", cut), /is refused by the machine, once/);
  assert.match(await at.press("/machines/refuse-setup", { machine: "X" }), /There is no machine X/);
});

test("counters are set to zero while the truth stays what it is", async () => {
  const { machine, value } = line.machine("CUT-1");
  const good = machine.runs[0]?.good ?? 0;
  assert.ok(Number(value("Counters/Good")) > 500);
  await at.press("/machines/zero-counters", cut);
  assert.ok(Number(value("Counters/Good")) < 500);
  assert.ok((machine.runs[0]?.good ?? 0) >= good);
});

test("a pulled cable refuses connections; the machine works on, and is found at the same address", async () => {
  assert.equal(await isReached(), true);
  assert.match(await at.press("/machines/unplug", { line: "0" }), /The cable of CUT-1 is out for 10 s/);
  assert.equal(await isReached(), false);
  assert.match(await at.press("/machines/unplug", { line: "0" }), /out already/);
  assert.match(await at.press("/machines/unplug", { line: "7" }), /no such cable/);
  const good = line.machine("CUT-1").machine.runs[0]?.good ?? 0;
  await until(() => (line.machine("CUT-1").machine.runs[0]?.good ?? 0) > good);
  passTime();
  await until(() => line.isPluggedIn);
  await until(() => line.isPluggedIn);
  let reached = false;
  for (const end = Date.now() + 5_000; !reached && Date.now() < end;) reached = await isReached();
  assert.equal(reached, true);
});
