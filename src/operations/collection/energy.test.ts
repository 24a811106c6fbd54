/** Energy belongs to what the machine showed while it was used: to a run, or to none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../base/instant.ts";
import type { Fact } from "../../record/fact.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import { foldSamples } from "./fold.ts";
import { emptyState } from "./state.ts";
import { collectAs, contextOf, inOrder } from "./testing/arrival.ts";
import { wireMap } from "./testing/map.ts";

const context = contextOf([wireMap()]);
const origin = Date.parse("2025-02-03T08:00:00Z");
const idleState = 0;
const production = 2;

type Shown = Readonly<Record<string, SampleValue>>;

const state = (value: number): Shown => ({ "Production/State": value });
const meter = (kwh: number): Shown => ({ "Energy/ActiveEnergy": kwh });
const run = (number: number, job: string): Shown => ({
  "Production/ActiveRun": number,
  "Production/JobNumber": job,
  "Production/Article": job === "" ? "" : "A",
});
const nothing = run(0, "");

for (const [what, frames, expected] of [
  [
    "a night without a job is nobody's, when the machine begins to produce with the job",
    [{ ...nothing, ...state(idleState), ...meter(0) }, meter(50), { ...run(1, "J"), ...state(production) }],
    ["none 50"],
  ],
  [
    "and when it begins to produce after that",
    [
      { ...nothing, ...state(idleState), ...meter(0) },
      meter(50),
      run(1, "J"),
      meter(51),
      state(production),
      meter(53),
      nothing,
    ],
    ["none 50", "J 1", "J 2"],
  ],
  [
    "what is used between two jobs is neither's",
    [
      { ...run(1, "J"), ...state(production), ...meter(10) },
      meter(12),
      nothing,
      meter(15),
      run(2, "K"),
      meter(19),
      nothing,
      meter(20),
      state(idleState),
    ],
    ["J 2", "none 3", "K 4", "none 1"],
  ],
  [
    "work outside every run keeps its own",
    [
      { ...run(0, "OLD"), ...state(production), ...meter(10) },
      meter(11),
      run(0, "OLDER"),
      meter(13),
      run(1, "J"),
      meter(17),
      run(0, "OLD"),
      meter(25),
      nothing,
    ],
    ["OLD 1", "OLDER 2", "J 4", "OLD 8"],
  ],
  [
    "what the meter shows in the frame in which a job changes was used before",
    [
      { ...nothing, ...state(idleState), ...meter(1) },
      { ...run(1, "J"), ...meter(2) },
      { ...nothing, ...meter(4) },
    ],
    ["none 1", "J 2"],
  ],
] as const satisfies readonly (readonly [string, readonly Shown[], readonly string[]])[])
  test(what, () => {
    const { stated } = collectAs(context, frames.flatMap(frame), inOrder);
    assert.deepEqual(usedBy(stated), expected);
  });

for (const drop of ["stale", "classify"] as const)
  test(`a step that is not plausible is asked, and energy goes on from it once a person has said so (${drop})`, () => {
    const map = wireMap();
    assert.ok(map.energy);
    const { type } = map.energy;
    const asking = contextOf([
      { ...map, energy: { ...map.energy, type: { ...type, drop, stepMax: 50 } as typeof type } },
    ]);
    const samples = [
      { ...run(1, "J"), ...state(production), ...meter(100) },
      meter(110),
      meter(1000),
      meter(1004),
      state(idleState),
      { ...meter(1005), ...state(production) },
    ].flatMap(frame);
    const unanswered = foldSamples(asking, emptyState, samples);
    assert.deepEqual(usedBy(unanswered.facts), ["J 10"]);
    const [question] = unanswered.questions;
    assert.ok(question?.about);
    assert.match(
      question.text,
      /rose by 890 KWH in one step, more than the 50 KWH .*goes on from 1000 KWH, or from 110 KWH if/,
    );
    const { rule, at, value, uom } = question.about;
    const answer = { rule, run: null, at, value, uom };
    const answered = { ...asking, answers: [answer] };
    assert.deepEqual(usedBy(foldSamples(answered, emptyState, samples).facts), ["J 14", "J 1"]);
    // What was asked about is settled when the answer comes.
    const settled = foldSamples(asking, emptyState, samples.slice(0, -2));
    const since = foldSamples(answered, settled.state, samples.slice(-2));
    assert.deepEqual(usedBy([...settled.facts, ...since.facts]), ["J 10", "J 5"]);
    // Closed without that: it is asked anew.
    const closed = foldSamples({ ...asking, answers: [{ ...answer, closes: true }] }, emptyState, samples);
    assert.deepEqual(new Set(closed.questions.map(({ subject }) => subject)).size, 2);
  });

function frame(values: Shown, minute: number): Sample[] {
  const at = instant(origin + minute * 60_000);
  return Object.entries(values).map(([item, value]) => ({ item, at, receivedAt: at, status: 0, value, mark: "" }));
}

function usedBy(facts: readonly Fact[]): readonly string[] {
  const jobs = new Map(facts.flatMap(({ run: of, body }) => (body.kind === "JobStarted" ? [[of, body.job]] : [])));
  return facts.flatMap(({ run: of, body }) =>
    body.kind === "EnergyUsed"
      ? [`${of === null ? "none" : jobs.get(of)} ${Number(body.quantity.micro) / 1_000_000}`]
      : [],
  );
}
