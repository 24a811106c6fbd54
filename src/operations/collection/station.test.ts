/** Stations one by one: what is asked and answered, what joins and leaves a run, what older checkpoints hold. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../base/instant.ts";
import type { CounterAnswer } from "../../record/counter-answer.ts";
import type { Fact } from "../../record/fact.ts";
import type { MachineMap, StationRule } from "../../record/machine-map.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import { foldSamples, type Collected } from "./fold.ts";
import { emptyState, type CollectorState } from "./state.ts";
import { contextOf } from "./testing/arrival.ts";
import { mouldMap } from "./testing/mould-machine.ts";

const start = Date.parse("2025-02-03T05:00:00Z");

/** One frame each second. */
function framesOf(...frames: readonly Readonly<Record<string, SampleValue>>[]): Sample[] {
  return frames.flatMap((values, second) =>
    Object.entries(values).map(([item, value]) => {
      const at = instant(start + second * 1000);
      return { item, at, receivedAt: at, status: 0, value, mark: "" };
    }),
  );
}

function read(
  samples: readonly Sample[],
  map: MachineMap = mouldMap(),
  before: CollectorState = emptyState,
  answers: readonly CounterAnswer[] = [],
): Collected {
  return foldSamples({ ...contextOf([map]), answers }, before, samples);
}

/** Counted pieces as `rule amount`, in order. */
function counted(facts: readonly Fact[]): readonly string[] {
  return facts.flatMap(({ rule, body }) =>
    body.kind === "UnitsCounted" ? [`${rule} ${Number(body.quantity.micro) / 1e6}`] : [],
  );
}

const two = {
  Strokes: 10,
  "Cavity1/Job": "A",
  "Cavity1/Article": "ART-A",
  "Cavity1/Open": 2,
  "Cavity2/Job": "B",
  "Cavity2/Article": "ART-B",
  "Cavity2/Open": 1,
} as const;

test("one stroke is one fact for each job, with the number of open cavities as evidence", () => {
  const { facts } = read(framesOf(two, { Strokes: 11 }));
  const made = facts.filter(({ body }) => body.kind === "UnitsCounted");
  assert.deepEqual(counted(facts), ["strokes@1 2", "strokes@2 1"]);
  assert.equal(new Set(made.map(({ id }) => id)).size, 2);
  assert.equal(new Set(made.map(({ run }) => run)).size, 2);
  assert.deepEqual(
    made.map(({ evidence }) => evidence.map(({ item }) => item)),
    [
      ["Strokes", "Cavity1/Open"],
      ["Strokes", "Cavity2/Open"],
    ],
  );
});

test("a blocked cavity counts nothing; true and false say open and blocked", () => {
  const { facts, questions } = read(
    framesOf({ ...two, "Cavity1/Open": true }, { Strokes: 11 }, { "Cavity1/Open": false }, { Strokes: 12 }),
  );
  assert.deepEqual(counted(facts), ["strokes@1 1", "strokes@2 1", "strokes@2 1"]);
  assert.deepEqual(questions, []);
});

test("an order in two cavities is one run; it ends when the last of them has left it", () => {
  const joined = { ...two, "Cavity2/Job": "A", "Cavity2/Article": "ART-A" };
  const { facts, state } = read(
    framesOf(joined, { Strokes: 11 }, { "Cavity1/Job": "" }, { Strokes: 12 }, { "Cavity2/Job": "" }),
  );
  assert.deepEqual(
    facts.map(({ rule }) => rule.split(":")[0]),
    // What cavity 1 makes without a job is kept, and is of no run.
    ["run/started@1", "strokes@1", "strokes@2", "strokes@1", "strokes@2", "run/ended"],
  );
  const [begun, , , orphan] = facts;
  assert.equal(orphan?.run, null);
  assert.ok(facts.every(({ run }, i) => i === 3 || run === begun?.run));
  assert.deepEqual(state.runs, {});
});

test("a jump of the unit's counter is asked of each job, and each is answered for itself", () => {
  const samples = framesOf(two, { Strokes: 150 }, { Strokes: 151 });
  const asked = read(samples);
  assert.deepEqual(counted(asked.facts), []);
  const firsts = asked.questions.slice(0, 2);
  assert.deepEqual(
    firsts.map(({ about }) => [about?.rule, about?.value]),
    [
      ["strokes@1", 150_000_000],
      ["strokes@2", 150_000_000],
    ],
  );
  assert.ok(firsts.every(({ about, subject }) => about?.run && subject === `m1/${about.rule}/${about.run}`));
  const [one] = firsts;
  assert.ok(one?.about);
  const { rule, run, at, value, uom } = one.about;
  const answered = read(samples, mouldMap(), emptyState, [{ rule, run, at, value, uom }]);
  assert.deepEqual(counted(answered.facts), ["strokes@1 2"]);
  assert.deepEqual([...new Set(answered.questions.map(({ about }) => about?.rule))], ["strokes@2"]);
});

test("an idle station asks nothing and does not hold up what comes after", () => {
  const samples = framesOf(
    { Strokes: 10, "Cavity1/Job": "", "Cavity1/Open": 0, "Cavity2/Job": "B", "Cavity2/Open": 1 },
    { Strokes: 150 },
    { "Cavity1/Job": "A", "Cavity1/Open": 2 },
    { Strokes: 152 },
  );
  const { facts, questions } = read(samples);
  assert.ok(questions.every(({ about }) => about?.rule === "strokes@2"));
  assert.deepEqual(counted(facts), ["strokes@1 4"]);
});

test("an answer that has served before its station was idle does not serve again", () => {
  const samples = framesOf(
    two,
    { Strokes: 150 },
    { Strokes: 11, "Cavity1/Job": "", "Cavity1/Open": 0 },
    { Strokes: 12 },
    { "Cavity1/Job": "A", "Cavity1/Open": 2 },
    { Strokes: 200 },
    { Strokes: 13 },
  );
  const [first] = read(samples).questions.flatMap(({ about }) => (about?.rule === "strokes@1" ? [about] : []));
  assert.ok(first);
  const { facts, questions } = read(samples, mouldMap(), emptyState, [first]);
  assert.deepEqual(
    counted(facts).filter((one) => one.startsWith("strokes@1")),
    ["strokes@1 2"],
  );
  const asked = questions.filter(({ about }) => about?.rule === "strokes@1");
  assert.deepEqual(
    asked.map(({ about }) => about?.value),
    [200_000_000],
  );
  assert.ok(
    asked.every(({ subject }) => subject.endsWith(`/${first.at}`)),
    "a question of its own",
  );
});

test("what neither machine nor map says is asked, not guessed", () => {
  const { "Cavity1/Open": _, ...unsaid } = two;
  const { facts, questions } = read(framesOf(unsaid, { Strokes: 11 }, { "Cavity2/Open": "many" }, { Strokes: 12 }));
  assert.deepEqual(counted(facts), ["strokes@2 1"]);
  assert.deepEqual(
    questions.map(({ about }) => about?.rule),
    ["strokes@1/pieces", "strokes@1/pieces", "strokes@2/pieces"],
  );
  const shares: StationRule["shares"] = { "1": { numerator: 1, denominator: 2 } };
  const shared = read(framesOf(two, { Strokes: 11 }), mouldMap({ pieces: { from: "item", item: "open" }, shares }));
  assert.deepEqual(counted(shared.facts), ["strokes@1 1"]);
  assert.deepEqual(
    shared.questions.map(({ about }) => about?.rule),
    ["strokes@2/pieces"],
  );
  const blocked = read(
    framesOf({ ...two, "Cavity2/Open": 0 }, { Strokes: 11 }),
    mouldMap({ pieces: { from: "item", item: "open" }, shares }),
  );
  assert.deepEqual(blocked.questions, []);
});

test("while it cannot be told who has used it, an amount of the whole unit is kept without a run", () => {
  const { facts } = read(framesOf({ ...two, "Cavity2/Open": "many", Granulate: 5 }, { Granulate: 6 }));
  const used = facts.filter(({ body }) => body.kind === "MaterialConsumed");
  assert.deepEqual(
    used.map(({ rule, run }) => [rule, run]),
    [["granulate:PA6", null]],
  );
});

test("a job that comes back to a cavity is counted anew there, and an older answer does not serve", () => {
  const stay = { "Cavity2/Job": "A", "Cavity2/Article": "ART-A" };
  const samples = framesOf(
    { ...two, ...stay, "Cavity2/Inserts": 0 },
    { "Cavity2/Inserts": 500 },
    { "Cavity2/Job": "B", "Cavity2/Inserts": 0 },
    { ...stay, "Cavity2/Inserts": 0 },
    { "Cavity2/Inserts": 700 },
    { "Cavity2/Inserts": 701 },
  );
  const about = read(samples).questions.flatMap((q) => (q.about?.rule === "inserts@2:INSERT" ? [q.about] : []));
  const [first] = about;
  assert.ok(first);
  const answered = read(samples, mouldMap(), emptyState, [first]);
  const again = answered.questions.filter((q) => q.about?.rule === "inserts@2:INSERT");
  assert.deepEqual([...new Set(again.map(({ about: doubt }) => doubt?.value))], [700_000_000, 701_000_000]);
  assert.ok(again.every(({ subject }) => subject !== `m1/inserts@2:INSERT/${first.run}`));
});

test("the state of a unit without stations is what it always was, and is read by a map with stations", () => {
  const { stations: _, ...plain } = mouldMap();
  const { job, article, ...items } = plain.items;
  assert.ok(job && article);
  const map: MachineMap = {
    ...plain,
    items: { ...items, job: { ...job, path: "Job" }, article: { ...article, path: "Article" } },
    counters: plain.counters.slice(0, 1),
    consumption: [],
    energy: null,
  };
  const before = read(framesOf({ Strokes: 10, Job: "Z", Article: "ART-Z" }, { Strokes: 12 }), map);
  assert.deepEqual(Object.keys(before.state), ["position", "items", "runs", "current", "counters", "state", "energy"]);
  assert.deepEqual(
    before.facts.map(({ rule }) => rule),
    ["run/started", "strokes"],
  );
  // As the database gives it back.
  const kept = JSON.parse(JSON.stringify(before.state)) as CollectorState; // our own state, as text and back
  const { Strokes: __, ...named } = two;
  const after = read(framesOf({}, {}, named, { Strokes: 13 }), mouldMap(), kept);
  assert.deepEqual(counted(after.facts), ["strokes@1 2", "strokes@2 1"]);
  assert.equal(after.facts.filter(({ body }) => body.kind === "JobEnded").length, 1, "the run of before is over");
});

test("an alarm is stated for each run that is open, and without one for the unit", () => {
  const map: MachineMap = {
    ...mouldMap(),
    items: { ...mouldMap().items, code: { path: "Code", history: false }, text: { path: "Text", history: false } },
    alarm: { rule: "alarm", code: "code", text: "text", trigger: "code" },
  };
  const { facts } = read(framesOf({ Code: 3, Text: "Door" }, two, { Code: 4, Text: "Core pull" }), map);
  const alarms = facts.filter(({ body }) => body.kind === "AlarmRaised");
  assert.equal(new Set(alarms.map(({ id }) => id)).size, 3);
  assert.deepEqual(
    alarms.map(({ run, rule }) => [run === null, rule === (run === null ? "alarm" : `alarm:${run}`)]),
    [
      [true, true],
      [false, true],
      [false, true],
    ],
  );
});

test("a meter and a packer of each station speak for the run that is there", () => {
  const type = { ...(mouldMap().counters[1]?.type ?? assert.fail("the map counts rejects")) };
  const map: MachineMap = {
    ...mouldMap(),
    items: {
      ...mouldMap().items,
      energy: { path: "Cavity{cavity}/Energy", history: false },
      packed: { path: "Cavity{cavity}/Packed", history: false },
      box: { path: "Cavity{cavity}/Box", history: false },
    },
    packing: { rule: "packing", item: "packed", handlingUnit: "box", uom: "C62", type },
  };
  const { facts } = read(
    framesOf(
      { ...two, State: 1, "Cavity1/Energy": 10, "Cavity2/Energy": 20, "Cavity1/Packed": 0, "Cavity2/Packed": 0 },
      { "Cavity1/Energy": 13, "Cavity2/Energy": 21 },
      { "Cavity1/Box": "BOX-1", "Cavity1/Packed": 4, "Cavity2/Box": "BOX-2", "Cavity2/Packed": 2 },
      { "Cavity2/Job": "C", "Cavity2/Article": "ART-C", "Cavity2/Energy": 26 },
      { "Cavity2/Energy": 27 },
      { State: 2 },
    ),
    map,
  );
  const jobOf = new Map(facts.flatMap(({ run, body }) => (body.kind === "JobStarted" ? [[run, body.job]] : [])));
  const said = facts.flatMap(({ rule, run, body }) => {
    if (body.kind === "EnergyUsed") return [`${rule} ${jobOf.get(run)} ${Number(body.quantity.micro) / 1e6}`];
    if (body.kind !== "UnitPacked") return [];
    return [`${rule} ${jobOf.get(run)} ${body.handlingUnit} ${Number(body.quantity.micro) / 1e6}`];
  });
  assert.deepEqual(said, [
    "packing@1 A BOX-1 4",
    "packing@2 B BOX-2 2",
    // What the meter shows with the new job was used for the old one.
    "energy@2 B 6",
    "energy@1 A 3",
    "energy@2 C 1",
  ]);
});
