/** How a simulated machine works, on a clock that the test moves. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { random } from "../random.ts";
import { JobList, jobState, returnStatus, type JobContent } from "./job-list.ts";
import { Machine, type Frame } from "./machine.ts";
import type { MachineProfile } from "./profile.ts";
import { Setpoints } from "./setpoints.ts";

const profile: MachineProfile = {
  name: "M-1",
  description: "A machine",
  counters: { kind: "rolling-16", good: 65_530, scrap: 7 },
  cycleMs: 1000,
  setupMs: 5000,
  reactionMs: 2000,
  scrapRate: 0.2,
  capacity: 2,
  start: "automatic",
  materialUnit: "MMT",
  steps: ["0010"],
  articles: [{ article: "A", step: "0010", material: "WIRE", perPiece: 400 }],
  setpoints: [
    { name: "Length", type: "UInt32", initial: 0, lowest: 20, highest: 1000, role: "per-piece", description: "" },
    { name: "Program", type: "String", initial: "none", lowest: 1, highest: 8, role: "none", description: "" },
  ],
  powerKw: { idle: 1, running: 3.6 },
  script: [],
};

const job = (id: string, quantity = 12, priority = 0): JobContent => ({
  id,
  article: "A",
  quantity,
  priority,
  parameters: {},
  received: null,
});

function setUp(change: Partial<MachineProfile> = {}, seed = 1, speed = 1): { machine: Machine; jobs: JobList } {
  const jobs = new JobList({ ...profile, ...change }.capacity);
  return { jobs, machine: new Machine({ ...profile, ...change }, jobs, { random: random(seed), speed, startAt: 0 }) };
}

function allow(jobs: JobList, content: JobContent, at: number, setpoints: Record<string, number | string> = {}): void {
  assert.equal(jobs.store(content), returnStatus.noError);
  assert.equal(jobs.apply("Start", content.id, { allowedAt: at, setpoints }), returnStatus.noError);
}

/** Values as they stand after the frames. */
function last(frames: readonly Frame[], path: string): number | string | undefined {
  return frames.findLast((frame) => path in frame.values)?.values[path];
}

/** What counting the rises of a counter gives, with the rollover of 16 bits. */
function counted(frames: readonly Frame[], path: string, from: number): number {
  let before = from;
  let sum = 0;
  for (const frame of frames) {
    const value = frame.values[path];
    if (typeof value !== "number") continue;
    sum += (value - before + 65_536) % 65_536;
    before = value;
  }
  return sum;
}

describe("a run", () => {
  test("begins after the reaction, makes the ordered good pieces and ends; its counters say what was made", () => {
    const { machine, jobs } = setUp();
    allow(jobs, job("7-0010"), 100);
    assert.equal(machine.nextAt(), 2100);
    const frames = machine.advance(3_600_000);
    const [run] = machine.runs;
    assert.ok(run);
    assert.equal(run.good, 12);
    assert.ok(run.scrap > 0, "with one in five, some are scrap");
    assert.equal(run.result, "Completed");
    assert.equal(counted(frames, "Counters/Good", 65_530), run.good);
    assert.equal(counted(frames, "Counters/Scrap", 7), run.scrap);
    assert.equal(last(frames, "Counters/Good"), 6, "65530 + 12 rolls over");
    assert.equal(last(frames, "Counters/Amount"), run.used);
    assert.equal(last(frames, "Production/ActiveRun"), 0);
    assert.equal(last(frames, "Production/LastEndedRun"), 1);
    assert.equal(jobs.get("7-0010")?.state, jobState.ended);
  });

  test("never says two things at one time, and counts before it leaves the run", () => {
    const { machine, jobs } = setUp({ cycleMs: 0.01, setupMs: 0, reactionMs: 0 });
    allow(jobs, job("7-0010", 50), 0);
    const frames = machine.advance(10_000);
    for (const [i, frame] of frames.entries()) assert.ok(i === 0 || frame.at > (frames[i - 1]?.at ?? 0));
    const end = frames.at(-1);
    assert.equal(end?.values["Production/ActiveRun"], 0);
    assert.equal(end?.values["Counters/Good"], undefined);
  });

  test("per-run counters start at zero with each run; the others never do", () => {
    const { machine, jobs } = setUp({ counters: { kind: "per-run" }, scrapRate: 0 });
    allow(jobs, job("7-0010", 3), 0);
    assert.equal(last(machine.advance(60_000), "Counters/Good"), 3);
    allow(jobs, job("8-0010", 2), 60_000);
    const frames = machine.advance(120_000);
    assert.equal(frames[0]?.values["Counters/Good"], 0);
    assert.equal(last(frames, "Counters/Good"), 2);
  });

  test("the same seed makes the same pieces, whatever the speed and however time is cut", () => {
    const made = (seed: number, speed: number, stepMs: number): unknown => {
      const { machine, jobs } = setUp({}, seed, speed);
      allow(jobs, job("7-0010", 40), 0);
      for (let at = stepMs; at < 200_000 + stepMs; at += stepMs) machine.advance(at);
      return machine.runs.map(({ good, scrap, used }) => ({ good, scrap, used }));
    };
    assert.deepEqual(made(3, 1, 200_000), made(3, 1, 37));
    assert.deepEqual(made(3, 1, 199_999), made(3, 50, 199_999));
    assert.notDeepEqual(made(3, 50, 199_999), made(4, 50, 199_999));
  });

  test("uses what the setpoint says that was active when the order was allowed to start", () => {
    const { machine, jobs } = setUp({ scrapRate: 0 });
    allow(jobs, job("7-0010", 10), 0, { Length: 100 });
    machine.advance(60_000);
    const used = machine.runs[0]?.used ?? 0;
    assert.ok(used >= 980 && used <= 1020, String(used));
  });

  test("an article or step it does not know is made, and nothing is counted as used", () => {
    const { machine, jobs } = setUp();
    allow(jobs, { ...job("7-0020"), article: "A" }, 0);
    machine.advance(60_000);
    assert.equal(machine.runs[0]?.used, 0);
    assert.equal(machine.runs[0]?.material, "");
  });

  test("a script holds it with an alarm, goes on, and ends it short", () => {
    const hold = { kind: "hold", ms: 30_000, alarm: { code: 9, text: "Empty" } } as const;
    const script = [
      { job: "7-0010", afterGood: 3, does: hold },
      { job: "7-0010", afterGood: 5, does: { kind: "stop" } as const },
    ];
    const { machine, jobs } = setUp({ script, scrapRate: 0 });
    allow(jobs, job("7-0010"), 0);
    const frames = machine.advance(120_000);
    assert.deepEqual(
      frames.flatMap((f) => f.values["Production/State"] ?? []),
      [1, 2, 4, 2, 0],
    );
    assert.equal(last(frames, "Alarm/Text"), "Empty");
    assert.equal(last(frames, "Production/LastResult"), "Stopped");
    assert.equal(machine.runs[0]?.good, 5);
    assert.equal(jobs.get("7-0010")?.state, jobState.ended);
  });

  test("waits for its operator when it does not start by itself", () => {
    const { machine, jobs } = setUp({ start: "operator" });
    allow(jobs, job("7-0010"), 0);
    assert.equal(machine.nextAt(), null);
    assert.equal(machine.startByOperator("8-0010", 10), null);
    assert.equal(machine.startByOperator("7-0010", 10)?.length, 1);
    assert.equal(machine.startByOperator("7-0010", 20), null, "it is busy");
  });

  test("the energy meter only rises, and faster while it works", () => {
    const { machine, jobs } = setUp();
    allow(jobs, job("7-0010"), 0);
    const meter = machine.advance(3_600_000).map((frame) => Number(frame.values["Energy/Active"]));
    for (const [i, value] of meter.entries()) assert.ok(i === 0 || value >= (meter[i - 1] ?? 0));
    assert.ok((meter.at(-1) ?? 0) > 0);
  });
});

describe("the list of job orders", () => {
  test("takes as many as fit, each once, and refuses what is malformed", () => {
    const { jobs } = setUp();
    assert.equal(jobs.store(job("")), returnStatus.invalidRequest);
    assert.equal(jobs.store(job("1-0010", 0)), returnStatus.invalidRequest);
    assert.equal(jobs.store(job("1-0010")), returnStatus.noError);
    assert.equal(jobs.store(job("1-0010")), returnStatus.unableToAccept);
    assert.equal(jobs.store(job("2-0010")), returnStatus.noError);
    assert.equal(jobs.store(job("3-0010")), returnStatus.unableToAccept);
  });

  test("follows the transitions of the standard and refuses all others", () => {
    const { jobs } = setUp();
    jobs.store(job("1-0010"));
    const say = (command: Parameters<JobList["apply"]>[0]): bigint => jobs.apply(command, "1-0010", {});
    assert.equal(say("Clear"), returnStatus.invalidState);
    assert.equal(say("RevokeStart"), returnStatus.invalidState);
    assert.equal(say("Start"), returnStatus.noError);
    assert.equal(say("Start"), returnStatus.invalidState);
    assert.equal(say("RevokeStart"), returnStatus.noError);
    assert.equal(say("Start"), returnStatus.noError);
    assert.equal(say("began"), returnStatus.noError);
    assert.equal(say("Cancel"), returnStatus.invalidState);
    assert.equal(say("Stop"), returnStatus.noError);
    assert.equal(say("Clear"), returnStatus.noError);
    assert.equal(say("Start"), returnStatus.unknownJobOrder);
    assert.equal(jobs.all.length, 0);
  });

  test("higher priority goes first, then who was allowed first", () => {
    const { jobs, machine } = setUp({ capacity: 3 });
    allow(jobs, job("1-0010"), 30);
    allow(jobs, job("2-0010"), 20);
    allow(jobs, job("3-0010", 12, 5), 40);
    machine.advance(10_000_000);
    assert.deepEqual(
      machine.runs.map((run) => run.job),
      ["3-0010", "2-0010", "1-0010"],
    );
  });
});

test("setpoints become active together or not at all", () => {
  const setpoints = new Setpoints(profile.setpoints);
  setpoints.write("Length", 250);
  setpoints.write("Program", "much too long");
  assert.match(setpoints.apply() ?? "", /Program is outside 1 to 8/);
  assert.deepEqual(setpoints.active, { Length: 0, Program: "none" });
  setpoints.write("Program", "P1");
  assert.equal(setpoints.apply(), null);
  assert.deepEqual(setpoints.active, { Length: 250, Program: "P1" });
});

describe("stops", () => {
  test("a machine that stops now and then says no reason, goes on by itself, and makes the same pieces", () => {
    const bare = setUp();
    const stopping = setUp({ halts: { perPiece: 0.3, ms: 30_000 } });
    for (const { jobs } of [bare, stopping]) allow(jobs, job("7-0010", 40), 100);
    bare.machine.advance(3_600_000);
    const frames = stopping.machine.advance(3_600_000);
    const states = frames.map((frame) => frame.values["Production/State"]);
    assert.ok(states.filter((state) => state === 4).length > 3, "it stops now and then");
    assert.equal(last(frames, "Alarm/Count"), undefined);
    const { good, scrap, used } = stopping.machine.runs[0] ?? {};
    assert.deepEqual([good, scrap, used], [40, bare.machine.runs[0]?.scrap, bare.machine.runs[0]?.used]);
    assert.ok((stopping.machine.runs[0]?.endedAt ?? 0) > (bare.machine.runs[0]?.endedAt ?? 0) + 90_000);
  });

  test("stopped between two runs it begins nothing until somebody lets it go on", () => {
    const { machine, jobs } = setUp();
    assert.equal(machine.halt(50).length, 1);
    assert.equal(machine.halt(60).length, 0);
    allow(jobs, job("7-0010"), 100);
    assert.equal(machine.nextAt(), null);
    assert.equal(machine.advance(50_000).length, 0);
    assert.equal(last(machine.goOn(60_000), "Production/State"), 0);
    machine.advance(3_600_000);
    assert.equal(machine.runs[0]?.good, 12);
  });

  test("stopped in a run it makes nothing more until it goes on; stopped by itself it can be sent on", () => {
    const { machine, jobs } = setUp({ halts: { perPiece: 1, ms: 3_000_000 } });
    allow(jobs, job("7-0010"), 100);
    machine.advance(100_000);
    assert.ok(machine.isHalted);
    const made = machine.runs[0]?.good ?? 0;
    machine.goOn(100_000);
    machine.advance(101_000);
    assert.equal((machine.runs[0]?.good ?? 0) + (machine.runs[0]?.scrap ?? 0) > made, true);
    machine.halt(101_500);
    assert.equal(machine.advance(3_600_000_000).length, 0);
  });
});

describe("a set-up that goes wrong", () => {
  test("is refused once, or takes over something else than was written, once", () => {
    const setpoints = new Setpoints(profile.setpoints);
    setpoints.write("Length", 500);
    setpoints.write("Program", "P7");
    setpoints.breakNext("refuses");
    assert.match(setpoints.apply() ?? "", /Length cannot be set/);
    assert.equal(setpoints.active["Length"], 0);
    setpoints.breakNext("drifts");
    assert.equal(setpoints.apply(), null);
    assert.deepEqual(setpoints.active, { Length: 501, Program: "P7" });
    setpoints.write("Length", 500);
    assert.equal(setpoints.apply(), null);
    assert.equal(setpoints.active["Length"], 500);
    setpoints.write("Length", 1000);
    setpoints.breakNext("drifts");
    setpoints.apply();
    assert.equal(setpoints.active["Length"], 999);
  });
});
