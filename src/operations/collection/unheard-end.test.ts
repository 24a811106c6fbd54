/** Ends of runs that nobody heard, because the line was cut and the machine remembers nothing: somebody is asked. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../base/instant.ts";
import type { MachineMap } from "../../record/machine-map.ts";
import type { SampleValue } from "../../record/sample.ts";
import { startMemory, takeSamples } from "./memory.ts";
import { emptyState } from "./state.ts";
import { collectAs, contextOf, inOrder } from "./testing/arrival.ts";
import { numbered, samplesOf } from "./testing/gap-scene.ts";

const map: MachineMap = {
  ...numbered,
  counters: numbered.counters.map((rule) => ({ ...rule, type: { ...rule.type, stepMax: 1_000 } })),
};

type Frame = Readonly<Record<string, SampleValue>>;

interface Said {
  readonly asked: readonly string[];
  readonly ended: readonly string[];
  /** Pieces, by job. */
  readonly made: Readonly<Record<string, number>>;
}

function readAll(...frames: readonly Frame[]): Said {
  return readLate(frames, []);
}

/**
 * What is asked, and which runs are stated to have ended, of frames a second apart.
 *
 * @param late  places of those that come when all the others have been read
 */
function readLate(frames: readonly Frame[], late: readonly number[]): Said {
  const samples = frames.flatMap((frame, i) =>
    samplesOf(i + 1, frame).map((one) => {
      const receivedAt = late.includes(i) ? one.at + 1_000 * frames.length : one.at;
      return { ...one, receivedAt: instant(receivedAt) };
    }),
  );
  const inTime = samples.filter(({ at, receivedAt }) => at === receivedAt).length;
  const { stated, questions } = collectAs(contextOf([map]), samples, { ...inOrder, sizes: [inTime, samples.length] });
  const jobs = new Map(stated.map(({ run, body }) => [run, body.kind === "JobStarted" ? body.job : null] as const));
  for (const { run, body } of stated) if (body.kind === "JobStarted") jobs.set(run, body.job);
  const made: Record<string, number> = {};
  for (const { run, body } of stated) {
    const job = jobs.get(run) ?? "";
    if (body.kind === "UnitsCounted") made[job] = (made[job] ?? 0) + Number(body.quantity.micro) / 1e6;
  }
  return {
    made,
    asked: questions.map((subject) => jobs.get(subject.split("/")[2] ?? "") ?? subject.split("/")[1] ?? ""),
    ended: stated.flatMap(({ run, body }) => (body.kind === "JobEnded" ? [jobs.get(run) ?? ""] : [])),
  };
}

const begun: Frame = { run: 0, job: "", good: 0, ended: 4, endedRun: 0, result: "" };
const a: Frame = { run: 1, job: "A", good: 7 };
const b: Frame = { run: 2, job: "B", good: 3 };

test("of a run that is open while the machine is in another one somebody is asked at once", () => {
  const { asked, ended } = readAll(begun, a, b, { good: 5 }, { ended: 6, endedRun: 3 }, { good: 6 });
  assert.deepEqual(asked, ["unheard-run", "A"]);
  assert.deepEqual(ended, []);
});

test("of the run that the machine was in it is asked when it leaves it", () => {
  const unheard: Frame = { ended: 6, endedRun: 2 };
  assert.deepEqual(readAll(begun, a, unheard, { good: 9 }).asked, ["unheard-run"]);
  assert.deepEqual(readAll(begun, a, unheard, { run: 0, job: "" }).asked, ["unheard-run", "A"]);
});

test("it is over when its end is heard after all", () => {
  const { asked, ended } = readAll(begun, a, { ended: 6, endedRun: 2 }, { ended: 7, endedRun: 1 }, { run: 0, job: "" });
  assert.deepEqual(asked, ["unheard-run"]);
  assert.deepEqual(ended, ["A"]);
});

test("ends that are heard, and a count that begins anew, are no doubt", () => {
  const heard = [begun, a, b, { ended: 5, endedRun: 2 }, a, { ended: 6, endedRun: 1 }, { run: 0, job: "" }];
  assert.deepEqual(readAll(...heard), { asked: [], ended: ["B", "A"], made: { A: 7, B: 3 } });
  assert.deepEqual(readAll(begun, a, b, { ended: 0 }, { ended: 1, endedRun: 2 }).asked, []);
});

test("of a run that nobody has heard at all somebody is asked, and outside every run nothing of it is counted", () => {
  const left: Frame = { run: 0, job: "", ended: 5, endedRun: 1 };
  // All of it in a gap: what a session tells then is read at the times at which it was said.
  const told: readonly Frame[] = [{ job: "B" }, { ended: 6, endedRun: 2 }, { run: 0 }, { good: 23 }];
  const { asked, made } = readAll(begun, a, left, ...told, { good: 25 }, { job: "" });
  assert.deepEqual(asked, ["unheard-run"]);
  assert.deepEqual(made, { A: 7, B: 2 });
});

test("what the machine remembers of it, and tells late, takes the question back", () => {
  const then: readonly Frame[] = [{ ended: 5, endedRun: 2 }, { run: 1, job: "A", good: 7 }, { good: 9 }];
  assert.deepEqual(readAll(begun, a, ...then).asked, ["unheard-run"]);
  const { asked, made } = readLate([begun, a, b, ...then], [2]);
  assert.deepEqual([asked, made], [[], { A: 9, B: 3 }]);
});

test("so does the end of a run that was open", () => {
  const ends: readonly Frame[] = [
    { run: 1, ended: 5, endedRun: 2 },
    { run: 0, job: "", ended: 6, endedRun: 1 },
  ];
  const left: Frame = { ended: 6, endedRun: 3, run: 3, job: "C" };
  assert.deepEqual(readAll(begun, a, b, left).asked, ["unheard-run", "A", "B"]);
  assert.deepEqual(readLate([begun, a, b, ...ends, left], [3, 4]).asked, []);
});

test("work outside every run of which the end is counted, as some machines do, is no run that nobody heard", () => {
  const outside: Frame = { run: 0, job: "B", good: 0 };
  const { asked, made } = readAll(begun, outside, { good: 2 }, { ended: 5, endedRun: 0 }, { run: 5, job: "C" });
  assert.deepEqual(asked, []);
  assert.deepEqual(made, { B: 2 });
});

test("of more ends than runs were open somebody is asked as well", () => {
  const ends: Frame = { run: 0, job: "", ended: 7, endedRun: 1 };
  assert.deepEqual(readAll(begun, a, ends).asked, ["unheard-run"]);
  assert.deepEqual(readAll(begun, { ended: 5, endedRun: 1 }).asked, ["unheard-run"]);
  assert.deepEqual(readAll({ ended: 5, endedRun: 1 }, a, { ended: 6, endedRun: 1 }, { run: 0, job: "" }).asked, []);
});

/** The texts of what is asked, of frames a second apart. */
function textsOf(...frames: readonly Frame[]): readonly string[] {
  const memory = startMemory({ state: emptyState, seq: 0 });
  const samples = frames.flatMap((frame, i) => samplesOf(i + 1, frame));
  const limits = { samples: 1_000, lateMs: 100_000 };
  return takeSamples(contextOf([map]), memory, { samples, seq: 1 }, limits).questions.map(({ text }) => text);
}

test("what was heard of it before its end, while the machine seemed to be in no run, is said to be counted as made outside", () => {
  const left: Frame = { run: 0, job: "", ended: 5, endedRun: 1 };
  const [outside] = textsOf(begun, a, left, { job: "B" }, { good: 23 }, { ended: 6, endedRun: 2 }, { run: 0 });
  assert.match(outside ?? "", /not counted, but for what is stated as made outside every run of job "B"/);
  const [none] = textsOf(begun, a, left, { ended: 6, endedRun: 2 });
  assert.match(none ?? "", /what was made there is not counted, nor/);
});

test("what was heard of it while the machine seemed to be in another run is said to be counted there", () => {
  // All but the words that say that it has left run 1 and gone over to run 2.
  const heard: readonly Frame[] = [{ ended: 5, endedRun: 1 }, { good: 3 }, { good: 9 }];
  const left: Frame = { run: 0, job: "" };
  assert.deepEqual(readAll(begun, a, ...heard, { ended: 6, endedRun: 2 }, left).made, { A: 9 });
  const [asked] = textsOf(begun, a, ...heard, { ended: 6, endedRun: 2 }, left);
  assert.match(asked ?? "", /not counted, but for what is stated as made in run 1 of job "A" and was made there, nor/);
});

/** What is asked and taken back, of frames that come in this order, each in a batch of its own; so many samples are read again at least. */
function readSettled(samplesMost: number, ...said: readonly (readonly [second: number, frame: Frame])[]): string[] {
  const context = contextOf([map]);
  const memory = startMemory({ state: emptyState, seq: 0 });
  return said.flatMap(([second, frame], i) => {
    const batch = { samples: samplesOf(second, frame), seq: i + 1 };
    const taken = takeSamples(context, memory, batch, { samples: samplesMost, lateMs: 5_000 });
    const asked = taken.questions.map(({ subject }) => ["asked", subject] as const);
    const told = [...asked, ...taken.withdrawn.map(({ subject }) => ["taken back", subject] as const)];
    return told.map(([what, subject]) => `${second} ${what}: ${jobAbout(subject, memory.state.runs)}`);
  });
}

function jobAbout(
  subject: string,
  runs: Readonly<Record<string, { readonly id: string; readonly job: string }>>,
): string {
  return Object.values(runs).find(({ id }) => subject.includes(id))?.job ?? subject;
}

test("what is settled about a run that is open is not taken back with a later doubt about it", () => {
  const told = readSettled(
    3,
    [1, begun],
    [2, a],
    [3, b],
    [4, { ended: 6, endedRun: 2 }],
    [10, { good: 4 }],
    [20, { good: 5 }],
    [30, { good: 6 }],
    [40, { run: 3, job: "C", good: 6 }],
    [44, { run: 2, job: "B", good: 6, ended: 8, endedRun: 3 }],
    // Told late: all of the later ones were heard.
    [41, { run: 4, job: "D", good: 1 }],
    [42, { run: 3, ended: 7, endedRun: 4 }],
    [60, { good: 8 }],
  );
  assert.deepEqual(
    told.filter((one) => one.endsWith("A")),
    ["4 asked: A"],
  );
});
