/** Ends of runs that nobody heard, because the line was cut and the machine remembers nothing: somebody is asked. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../base/instant.ts";
import type { MachineMap } from "../../record/machine-map.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import { collectAs, contextOf, inOrder } from "./testing/arrival.ts";
import { numbered } from "./testing/gap-scene.ts";

const map: MachineMap = {
  ...numbered,
  counters: numbered.counters.map((rule) => ({ ...rule, type: { ...rule.type, stepMax: 1_000 } })),
};

type Frame = Readonly<Record<string, SampleValue>>;

/** What is asked, and which runs are stated to have ended, of frames a second apart. */
function readAll(...frames: readonly Frame[]): {
  readonly asked: readonly string[];
  readonly ended: readonly string[];
} {
  const samples = frames.flatMap((frame, i) =>
    Object.entries(frame).map(([item, value]): Sample => {
      const at = instant(1_000 * (i + 1));
      return { item, at, receivedAt: at, status: 0, value, mark: "" };
    }),
  );
  const { stated, questions } = collectAs(contextOf([map]), samples, inOrder);
  const jobs = new Map(stated.map(({ run, body }) => [run, body.kind === "JobStarted" ? body.job : null] as const));
  for (const { run, body } of stated) if (body.kind === "JobStarted") jobs.set(run, body.job);
  return {
    asked: questions.map((subject) => jobs.get(subject.split("/")[2] ?? "") ?? subject),
    ended: stated.flatMap(({ run, body }) => (body.kind === "JobEnded" ? [jobs.get(run) ?? ""] : [])),
  };
}

const begun: Frame = { run: 0, job: "", good: 0, ended: 4, endedRun: 0, result: "" };
const a: Frame = { run: 1, job: "A", good: 7 };
const b: Frame = { run: 2, job: "B", good: 3 };

test("of a run that is open while the machine is in another one somebody is asked at once", () => {
  const { asked, ended } = readAll(begun, a, b, { good: 5 }, { ended: 6, endedRun: 3 }, { good: 6 });
  assert.deepEqual(asked, ["A"]);
  assert.deepEqual(ended, []);
});

test("of the run that the machine was in it is asked when it leaves it", () => {
  const unheard: Frame = { ended: 6, endedRun: 2 };
  assert.deepEqual(readAll(begun, a, unheard, { good: 9 }).asked, []);
  assert.deepEqual(readAll(begun, a, unheard, { run: 0, job: "" }).asked, ["A"]);
});

test("it is over when its end is heard after all", () => {
  const { asked, ended } = readAll(begun, a, { ended: 6, endedRun: 2 }, { ended: 7, endedRun: 1 }, { run: 0, job: "" });
  assert.deepEqual(asked, []);
  assert.deepEqual(ended, ["A"]);
});

test("ends that are heard, and a count that begins anew, are no doubt", () => {
  const heard = [begun, a, b, { ended: 5, endedRun: 2 }, a, { ended: 6, endedRun: 1 }, { run: 0, job: "" }];
  assert.deepEqual(readAll(...heard), { asked: [], ended: ["B", "A"] });
  assert.deepEqual(readAll(begun, a, b, { ended: 0 }, { ended: 1, endedRun: 2 }).asked, []);
});
