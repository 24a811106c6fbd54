/** What a counter of each run showed last lies in a gap: somebody is asked; where nothing can be missing nobody is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../base/instant.ts";
import { forgetGaps } from "./gap.ts";
import { GapScene, named, numbered } from "./testing/gap-scene.ts";

test("the run has ended while nobody heard the machine, and the next one has begun", () => {
  const scene = new GapScene(numbered).say(1, { run: 1, job: "A", good: 0 }).say(2, { good: 7 });
  scene.open(2).say(60, { run: 2, job: "B", good: 3, ended: 5, endedRun: 1 });
  assert.deepEqual(scene.asked(), [], "it may still be read back");
  scene.close(60, { run: 60, job: 60, good: 60, ended: 60, endedRun: 60 });
  assert.deepEqual(scene.asked(), ["A"]);
  const [question] = scene.questions;
  assert.match(question?.text ?? "", /run 1 of job "A"/);
  assert.match(question?.text ?? "", /good showed 7, heard last at \S+02\.000Z/);
  assert.match(question?.text ?? "", /58 s/);
  const { about } = question ?? {};
  assert.deepEqual([about?.grade, about?.uom, about?.value, about?.at], ["good", "C62", 7_000_000, instant(60_000)]);
  assert.equal(about?.run, scene.runOf("A"));
});

test("a machine that names its jobs: the same", () => {
  const scene = new GapScene(named).say(1, { job: "A", good: 0 }).say(2, { good: 7 }).open(2);
  scene.say(60, { job: "B", good: 3 }).close(60, { job: 60, good: 60 });
  assert.deepEqual(scene.asked(), ["A"]);
});

test("nobody is asked where the counter was heard after the gap, within the run", () => {
  const scene = new GapScene(numbered).say(1, { run: 1, job: "A", good: 0 }).say(2, { good: 7 }).open(2);
  scene.say(30, { good: 9 }).say(60, { run: 0, job: "", ended: 5, endedRun: 1 });
  scene.close(60, { run: 60, job: 60, good: 30, ended: 60, endedRun: 60 });
  assert.deepEqual(scene.asked(), []);
});

test("nor where the run goes on after the gap", () => {
  const scene = new GapScene(named).say(1, { job: "A", good: 0 }).open(1).say(40, { good: 9 }).close(40, { good: 40 });
  assert.deepEqual(scene.say(60, { job: "B", good: 0 }).asked(), []);
});

test("nor where the gap did not touch its item", () => {
  const ended = { run: 0, job: "", ended: 5, endedRun: 1 };
  const scene = new GapScene(numbered).say(1, { run: 1, job: "A", good: 0 }).open(1);
  assert.deepEqual(scene.say(60, ended).close(60, { run: 60, job: 60, ended: 60, endedRun: 60 }).asked(), []);
});

test("nor where the gap was filled, or is over before the run has begun, or begins when it has ended", () => {
  const over = new GapScene(named).open(0).close(1, { good: 1 }).say(2, { job: "A", good: 1 });
  over.say(3, { job: "B", good: 0 }).open(3).say(9, { good: 1 }).close(9, { good: 9 });
  assert.deepEqual(over.asked(), []);
  const filled = new GapScene(named).say(1, { job: "A", good: 0 }).open(1).say(9, { job: "B", good: 2 }).fill(9);
  assert.deepEqual(filled.asked(), []);
});

test("nor where the counter goes on over the runs", () => {
  const goesOn = {
    ...named,
    counters: named.counters.map((one) => ({ ...one, type: { ...one.type, reset: "never" } })),
  };
  const scene = new GapScene(goesOn as typeof named).say(1, { job: "A", good: 0 }).open(1);
  assert.deepEqual(scene.say(9, { job: "B", good: 3 }).close(9, { job: 9, good: 9 }).asked(), []);
});

test("what is read from history after the gap was marked takes the question back, and is counted", () => {
  const scene = new GapScene(named).say(1, { job: "A", good: 0 }).open(1).say(9, { job: "B", good: 3 });
  scene.close(9, { job: 9, good: 9 });
  assert.deepEqual(scene.asked(), ["A"]);
  scene.say(8, { good: 40 }, "history");
  assert.deepEqual(scene.asked(), []);
  assert.deepEqual(scene.made(), { A: 40, B: 3 });
  // It broke off: what is missing behind is marked anew.
  scene.open(8).close(9, { good: 9 });
  assert.deepEqual(scene.asked(), ["A"]);
});

test("what comes too late to be read takes no question back", () => {
  const scene = new GapScene(named, 1).say(1, { job: "A", good: 0 }).open(1).say(9, { job: "B", good: 3 });
  scene.close(9, { job: 9, good: 9 });
  for (const second of [30, 60, 90]) scene.say(second, { good: second });
  assert.deepEqual(scene.say(8, { good: 40 }, "history").asked(), ["A"]);
  assert.deepEqual(scene.made(), { B: 90 });
});

test("a counter that fell in the gap was that of a run of which nobody has heard: somebody is asked", () => {
  const scene = new GapScene(named).say(1, { job: "A", good: 7 }).open(1).say(50, { good: 3 }).say(60, { job: "" });
  assert.deepEqual(scene.close(60, { job: 60, good: 50 }).asked(), ["A"]);
});

test("a counter that was never heard in the run is asked about, too", () => {
  const scene = new GapScene(named).say(1, { job: "", good: 0 }).say(2, { job: "A" }).open(2);
  scene.say(60, { job: "B", good: 3 }).close(60, { job: 60, good: 60 });
  assert.deepEqual(scene.asked(), ["A"]);
  assert.match(scene.questions[0]?.text ?? "", /good was not heard in it/);
});

test("a run that the machine has stepped aside from may have been taken up again in the gap", () => {
  const begun = new GapScene(numbered).say(1, { run: 1, job: "A", good: 9 }).say(2, { run: 2, job: "B", good: 1 });
  begun.open(2).say(60, { run: 3, job: "C", good: 0, ended: 5, endedRun: 1 });
  assert.deepEqual(begun.close(60, { run: 60, job: 60, good: 60, ended: 60, endedRun: 60 }).asked(), ["A"]);
  const aside = new GapScene(numbered).say(1, { run: 1, job: "A", good: 9 }).say(2, { run: 2, job: "B", good: 1 });
  aside.open(2).say(60, { ended: 5, endedRun: 1, good: 4 }).close(60, { good: 60, ended: 60, endedRun: 60 });
  assert.deepEqual(aside.asked(), [], "it stayed in the other one");
});

test("an answer stands when the run is read to have begun at another time", () => {
  const scene = new GapScene(named).say(2, { job: "A", good: 0 }).open(2).say(60, { job: "B", good: 3 });
  scene.close(60, { job: 60, good: 60 });
  assert.deepEqual(scene.asked(), ["A"]);
  scene.answer().say(1, { job: "A" });
  assert.deepEqual(scene.asked(), []);
});

const twoCounters: typeof named = {
  ...named,
  items: { ...named.items, scrap: { path: "scrap", history: false } },
  counters: named.counters.flatMap((one) => [one, { ...one, rule: "scrap", item: "scrap", grade: "scrap" as const }]),
};

test("of a counter that somebody has decided nobody is asked again: another one that is missing then is named alone", () => {
  const scene = new GapScene(twoCounters).say(1, { job: "A", good: 0, scrap: 0 }).say(40, { good: 5 }).open(40);
  scene.say(60, { job: "B", good: 0 }).close(60, { job: 60, good: 60 });
  assert.deepEqual(scene.asked(), ["A"]);
  assert.deepEqual(scene.answer().asked(), []);
  scene.open(10).close(100, { good: 100 });
  assert.deepEqual(scene.asked(), [], "where its gap began is told anew");
  scene.open(10).close(100, { scrap: 100 });
  assert.deepEqual(scene.asked(), ["A"]);
  const { text, about } = scene.questions.at(-1) ?? {};
  assert.match(text ?? "", /scrap showed 0/);
  assert.doesNotMatch(text ?? "", /good/);
  assert.deepEqual([about?.grade, about?.items], ["scrap", ["scrap"]]);
  assert.equal(new Set(scene.questions.map(({ subject }) => subject)).size, 2);
  assert.deepEqual(scene.answer().asked(), []);
});

test("a question names the grades that other counters of the machine count: their pieces are not said with it", () => {
  const scene = new GapScene(twoCounters).say(1, { job: "A", good: 0, scrap: 0 }).say(40, { good: 5 }).open(40);
  scene.say(60, { job: "B", good: 0 }).close(60, { job: 60, good: 60 });
  assert.deepEqual(scene.questions.at(-1)?.about?.elsewhere, ["scrap"]);
  scene.open(10).close(100, { scrap: 100 });
  assert.deepEqual(scene.questions.at(-1)?.about?.elsewhere, [], "both are asked about");
  const alone = new GapScene(named).say(1, { job: "A", good: 0 }).open(1).say(9, { job: "B", good: 3 });
  assert.deepEqual(alone.close(9, { job: 9, good: 9 }).questions[0]?.about?.elsewhere, [], "no other one counts scrap");
});

test("what is asked has one name, wherever the gap is told to have begun", () => {
  const scene = new GapScene(named).say(1, { job: "A", good: 0 }).say(40, { good: 5 }).open(40);
  scene.say(60, { job: "B", good: 0 }).close(60, { job: 60, good: 60 }).open(10).close(100, { good: 100 });
  assert.equal(scene.questions.length, 1);
});

test("a question that somebody has closed stands, too, when the run is read to have begun at another time", () => {
  const scene = new GapScene(named).say(2, { job: "A", good: 0 }).open(2).say(60, { job: "B", good: 3 });
  scene.close(60, { job: 60, good: 60 });
  scene.answer({ closes: true }).say(1, { job: "A" });
  assert.deepEqual(scene.asked(), []);
});

test("one that was taken back decides nothing", () => {
  const scene = new GapScene(named).say(2, { job: "A", good: 0 }).open(2).say(60, { job: "B", good: 3 });
  scene.close(60, { job: 60, good: 60 });
  scene.answer({ closes: true, isTakenBack: true });
  assert.deepEqual(scene.say(1, { job: "A" }).asked(), ["A"]);
});

test("a gap of which an older version does not say whose it is touches all items up to its end", () => {
  const scene = new GapScene(named).say(1, { job: "A", good: 0 }).open(1).say(9, { job: "B", good: 3 });
  assert.deepEqual(scene.close(9).asked(), ["A"]);
});

test("gaps do not pile up, nor what is read again after a restart, while a machine only comes and goes", () => {
  const scene = new GapScene(numbered, 100).say(1, { run: 1, job: "A", good: 1 }).say(2, { run: 2, job: "B", good: 0 });
  for (let second = 10; second < 2_010; second += 2) scene.open(second).close(second + 1, { good: second + 1 });
  const { gaps, batches } = scene.kept();
  assert.ok(gaps <= 300, `${gaps} gaps are kept`);
  assert.ok(batches <= 600, `${batches} batches are read again`);
});

test("of many gaps those are kept in which something is doubtful, then the newest", () => {
  const unfilled = Array.from({ length: 300 }, (_, i) => ({ from: instant(i * 10), to: instant(i * 10 + 5) }));
  const times = { left: [instant(33)], lower: [instant(52)] };
  const kept = forgetGaps({ open: null, unfilled }, instant(0), times).unfilled.map(({ from }) => from / 10);
  assert.deepEqual(kept, [3, 5, ...Array.from({ length: 98 }, (_, i) => 202 + i)]);
});

test("a counter that fell in a gap is asked about, too, when the run goes on for long", () => {
  const scene = new GapScene(named, 1).say(1, { job: "A", good: 7 }).open(1).say(50, { good: 3 });
  scene.close(50, { job: 50, good: 50 });
  for (const second of [80, 100, 120, 140]) scene.say(second, { job: "A" });
  assert.deepEqual(scene.say(160, { job: "" }).asked(), ["A"]);
});

test("what is read back between two checkpoints fills the gap also for whoever begins with the newer one", () => {
  const scene = new GapScene(numbered, 8).say(1, { run: 1, job: "A", good: 1 }).open(1);
  scene.say(60, { run: 2, job: "B", good: 0 }).close(60, { run: 60, job: 60, good: 60 }).say(80, { good: 1, run: 2 });
  scene.say(50, { good: 9 }, "history");
  for (let second = 100; second <= 220; second += 20) scene.say(second, { good: second / 10 });
  assert.deepEqual([scene.kept().batches, scene.asked()], [8, []]);
  scene.restart().say(230, { ended: 5, endedRun: 1, good: 40 });
  assert.deepEqual(scene.asked(), []);
});

test("so it does where the gap is told after the newer one", () => {
  const scene = new GapScene(numbered, 8).say(1, { run: 1, job: "A", good: 1 }).open(1);
  scene.say(60, { run: 2, job: "B", good: 0 }).say(80, { good: 1, run: 2 });
  scene.close(60, { run: 60, job: 60, good: 60 }).say(50, { good: 9 }, "history");
  for (let second = 100; second <= 220; second += 20) scene.say(second, { good: second / 10 });
  assert.deepEqual([scene.kept().batches, scene.asked()], [9, []]);
  scene.restart().say(230, { ended: 5, endedRun: 1, good: 40 });
  assert.deepEqual(scene.asked(), []);
});

test("a gap that is told again, after it was read back, is the same one", () => {
  const scene = new GapScene(named).say(1, { job: "A", good: 0 }).open(1).say(9, { job: "B", good: 3 });
  scene.close(9, { job: 9, good: 9 }).say(8, { good: 40 }, "history");
  assert.deepEqual(scene.open(1).close(9, { job: 9, good: 9 }).asked(), []);
});
