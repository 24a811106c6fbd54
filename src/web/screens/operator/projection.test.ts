/** A terminal with what waits on the device: which keys there are, and what is shown as not booked yet. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Statement, Terminal, TerminalJob } from "../../../api/contract/terminal.ts";
import { actionsIn, project, type Projection } from "./projection.ts";
import type { QueuedReport } from "./queue.ts";

const at = "2026-03-02T08:00:00.000Z";
const pieces = (value: string): { value: string; uom: string } => ({ value, uom: "C62" });

const job = (jobOrder: string, state: TerminalJob["state"]): TerminalJob => ({
  jobOrder,
  order: "o",
  number: "4711",
  operation: "0010",
  description: "",
  material: "M",
  quantity: pieces("100"),
  good: pieces("10"),
  scrap: pieces("0"),
  rework: pieces("0"),
  state,
  priority: 1,
  latestEnd: null,
  acknowledgedAt: null,
});

const terminal = (change: Partial<Terminal> = {}): Terminal => ({
  asOf: at,
  unit: {
    id: "BENCH",
    description: "Bench",
    workCenter: "ASM",
    kind: "manual",
    state: null,
    jobs: [],
    people: 0,
    connection: null,
    lastEventAt: null,
    lastSampleAt: null,
  },
  current: [],
  next: [job("next", "ready")],
  setup: [],
  materials: [],
  positions: [],
  signedOn: [],
  openStop: null,
  reasons: { stop: [], scrap: [] },
  phase: "none",
  ...change,
});

const entry = (statement: Statement, person = "p1"): QueuedReport => ({
  intent: "k",
  person,
  unit: "BENCH",
  report: { statement, at, backDated: null, corrects: null, terminal: null },
  state: "waiting",
  refusal: null,
});

const after = (start: Terminal, ...said: Statement[]): Projection =>
  project(
    start,
    said.map((one) => entry(one)),
    "p1",
  );
const start: Statement = { kind: "start", jobOrder: "next", phase: "production" };
const count = (value: string, grade: "good" | "scrap" = "good"): Statement => ({
  kind: "count",
  grade,
  quantity: pieces(value),
  reason: null,
});

test("what the server says, without anything that waits", () => {
  assert.equal(after(terminal()).situation, "idle");
  assert.equal(after(terminal({ current: [job("a", "running")], phase: "setup" })).situation, "setup");
  assert.equal(after(terminal({ current: [job("a", "held")], phase: "production" })).situation, "held");
  assert.equal(after(terminal({ current: [job("a", "running")], control: "counted" })).situation, "counted");
  const machine = { ...terminal().unit, kind: "machine" as const };
  assert.equal(after(terminal({ unit: machine, current: [job("a", "running")] })).situation, "controlled");
});

test("jobs that a machine runs beside the first are shown, each once", () => {
  const both = terminal({ current: [job("a", "running"), job("b", "running")], control: "controlled" });
  const { job: first, others } = after(both);
  assert.deepEqual([first?.jobOrder, others.map(({ jobOrder }) => jobOrder)], ["a", ["b"]]);
  assert.deepEqual(after(terminal({ current: [job("a", "running")] })).others, []);
});

test("a whole shift without a network can be said in order", () => {
  const setup: Statement = { kind: "start", jobOrder: "next", phase: "setup" };
  assert.deepEqual(actionsIn[after(terminal(), setup).situation], ["scrap", "rework", "hold", "finish"]);
  const counted = after(terminal(), start, count("5"), count("0.5"), count("2", "scrap"));
  assert.equal(counted.job?.jobOrder, "next");
  assert.deepEqual(counted.waiting, { good: "5.5", scrap: "2", rework: "0" });
  const held = after(terminal(), start, { kind: "hold", reason: null });
  assert.deepEqual([held.situation, held.openStopSince], ["held", at]);
  const why = after(
    terminal(),
    start,
    { kind: "hold", reason: null },
    { kind: "stop-reason", reason: "jam", since: null },
  );
  assert.equal(why.openStopSince, null);
  assert.equal(after(terminal(), setup, { kind: "hold", reason: "jam" }, { kind: "resume" }).situation, "setup");
  const finished = after(terminal(), start, count("5"), { kind: "finish" });
  assert.deepEqual([finished.situation, finished.job, finished.waiting.good], ["idle", null, "0"]);
});

test("presence is one's own; material that is on its way is named", () => {
  assert.equal(project(terminal(), [entry({ kind: "sign-on" }, "p2")], "p1").presence, "off");
  assert.equal(after(terminal(), { kind: "sign-on" }, { kind: "break-begin" }).presence, "break");
  const load: Statement = {
    kind: "load",
    material: "T",
    lot: "L",
    handlingUnit: null,
    position: "B1",
    quantity: null,
    substitutes: "c1",
  };
  const loading = after(terminal(), load, { kind: "unload", position: "A1", returned: null });
  assert.deepEqual([[...loading.loading], [...loading.unloading]], [["T", "c1"], ["A1"]]);
});
