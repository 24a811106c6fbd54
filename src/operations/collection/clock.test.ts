import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instant } from "../../base/instant.ts";
import type { Sample } from "../../record/sample.ts";
import type { Taken } from "./memory.ts";
import { ClockScene, hour, samplesOf, start } from "./testing/clock-scene.ts";

/** What the other gateway has not heard, each received when it was said, or all of it when it was remembered. */
const unheard = (receivedS?: number): readonly Sample[] => [
  ...samplesOf(receivedS ?? 60, { good: 111 }, 60 - hour),
  ...samplesOf(receivedS ?? 90, { good: 117 }, 90 - hour),
  ...samplesOf(receivedS ?? 95, { job: "B" }, 95 - hour),
  ...samplesOf(receivedS ?? 110, { good: 119 }, 110 - hour),
  ...samplesOf(receivedS ?? 150, { good: 120 }, 150 - hour),
];

describe("a machine's clock that is set back", () => {
  test("a job that is named then has its own pieces, and people are told", () => {
    const scene = new ClockScene().begin();
    scene.off = -hour;
    scene.say(60, { job: "B" });
    for (let i = 1; i <= 6; i += 1) scene.say(60 + i * 5, { good: 110 + i });
    assert.deepEqual(scene.made(), { A: 10, B: 6 });
    assert.equal(scene.questions.length, 1);
    assert.match(scene.questions[0] ?? "", /was set back by about 60 min.*after 2026-11-30T08:00:50.*nothing is to be/);
    assert.deepEqual(
      scene.facts
        .filter(({ body }) => body.kind === "JobStarted")
        .map(({ eventAt }) => eventAt)
        .at(-1),
      start + 60_050,
      "the gateway's time",
    );
    assert.equal(
      scene.facts.at(-1)?.evidence[0]?.at,
      start + (90 - hour) * 1000,
      "evidence is found by what the clock showed",
    );
  });

  test("several values that it shows in one millisecond are read with each other, in their order", () => {
    for (const twice of [false, true]) {
      const scene = new ClockScene().begin();
      scene.off = -hour;
      scene.say(60, { job: "B" });
      for (let i = 1; i <= 6; i += 1) {
        const shown = [1, 2, 3].flatMap((n) => samplesOf(60 + i * 5, { good: 110 + 3 * i + n }, 60 + i * 5 - hour));
        scene.take(shown);
        if (twice) scene.take(shown);
      }
      assert.deepEqual(scene.made(), { A: 10, B: 21 });
      assert.equal(scene.memory.state.items["good"]?.value, 131);
      assert.deepEqual(scene.setAside, []);
    }
  });

  test("what is told again when a session begins is not counted again, and what was missed is", () => {
    const scene = new ClockScene().begin();
    scene.off = -hour;
    for (let i = 1; i <= 4; i += 1) scene.say(60 + i * 5, { good: 110 + i });
    // Away for ten minutes; meanwhile another job. The scrap has said nothing since the beginning.
    scene.take([
      ...samplesOf(700, { scrap: 7 }, 0),
      ...samplesOf(700, { good: 130 }, 690 - hour),
      ...samplesOf(700, { job: "B" }, 400 - hour),
    ]);
    scene.say(705, { good: 131 });
    assert.deepEqual(scene.made(), { A: 14, B: 17 }, "what nobody heard counts for the job that is named by then");
    assert.deepEqual(scene.setAside, []);
  });

  test("a session that begins after it was set tells what was missed", () => {
    const scene = new ClockScene().begin();
    scene.off = -hour;
    scene.take([
      ...samplesOf(700, { scrap: 7 }, 0),
      ...samplesOf(700, { good: 112 }, 650 - hour),
      ...samplesOf(700, { job: "B" }, 600 - hour),
    ]);
    for (let i = 1; i <= 4; i += 1) scene.say(700 + i * 5, { good: 112 + i });
    assert.deepEqual(scene.made(), { A: 10, B: 6 });
  });

  test("a session that begins after it was set tells a job of before, and pieces of since: they are that job's", () => {
    const scene = new ClockScene().begin();
    const back = 300;
    scene.take([
      ...samplesOf(700, { job: "B" }, 600),
      ...samplesOf(700, { good: 113 }, 650 - back),
      ...samplesOf(700, { scrap: 7 }, 0),
    ]);
    scene.restart();
    scene.off = -back;
    for (let i = 1; i <= 4; i += 1) scene.say(700 + i * 5, { good: 113 + i });
    assert.deepEqual(scene.made(), { A: 10, B: 7 });
  });

  test("what the machine remembers of that time is kept and not read", () => {
    const scene = new ClockScene().begin();
    scene.off = -hour;
    for (let i = 1; i <= 4; i += 1) scene.say(60 + i * 5, { good: 110 + i });
    scene.take(samplesOf(100, { good: 3 }, 85 - hour), true);
    assert.match(scene.setAside.join(), /^good: .*what it remembers of a time that it showed twice/);
    scene.say(105, { good: 115 });
    assert.deepEqual(scene.made(), { A: 15 });
  });

  test("what it remembers proves nothing, and is told live again", () => {
    const scene = new ClockScene().begin();
    scene.off = -hour;
    scene.say(60, { job: "B" });
    // The line was cut before anybody could know; then its memory is read, and the session tells the last values once more.
    const good = samplesOf(200, { good: 113 }, 150 - hour);
    scene.take([...samplesOf(200, { good: 112 }, 100 - hour), ...good], true);
    scene.take(good);
    for (let i = 1; i <= 4; i += 1) scene.say(200 + i * 5, { good: 113 + i });
    assert.deepEqual(scene.made(), { A: 10, B: 7 });
    assert.deepEqual(
      scene.setAside.filter((why) => why.startsWith("good: The machine's clock")).length,
      1,
      "what was not told live again",
    );
  });

  test("the last values of a session, in no order of time, are each read at their own", () => {
    const scene = new ClockScene().begin();
    scene.off = -hour;
    for (let i = 1; i <= 4; i += 1) scene.say(60 + i * 5, { good: 110 + i });
    scene.take([
      ...samplesOf(700, { job: "" }, 600 - hour),
      ...samplesOf(700, { good: 130 }, 500 - hour),
      ...samplesOf(700, { scrap: 12 }, 300 - hour),
    ]);
    scene.say(705, { good: 131 });
    assert.deepEqual(scene.made(), { A: 30, none: 1 });
    assert.deepEqual(scene.made("scrap"), { A: 5 });
  });

  test("an old snapshot that comes again meanwhile is not counted", () => {
    const scene = new ClockScene();
    scene.say(-2 * hour, { job: "A", good: 20, scrap: 7 });
    scene.say(0, { good: 100 });
    scene.off = -hour;
    for (let i = 1; i <= 4; i += 1) scene.say(60 + i * 5, { good: 100 + i });
    scene.take(samplesOf(84, { good: 20 }, -2 * hour));
    scene.say(85, { good: 105 });
    assert.deepEqual(scene.made(), { A: 85 });
  });

  test("what another gateway received until it was set, and can tell only now, is not what the clock says", () => {
    const scene = new ClockScene(10).begin();
    const before = { job: "A", good: 110, scrap: 7 };
    scene.say(600, before);
    scene.off = -600;
    const stillShown = samplesOf(660, { job: "A" }, 610);
    scene.take([...stillShown, ...samplesOf(660, { job: "B" }, 60)]);
    for (let i = 1; i <= 30; i += 1) scene.say(660 + i * 9, { good: 110 + i });
    scene.take(stillShown);
    // All that it was told before is settled, and the clock is where it was then.
    for (let i = 31; i <= 60; i += 1) scene.say(660 + i * 9, { good: 110 + i });
    scene.take(samplesOf(600, before, 600));
    for (let i = 61; i <= 65; i += 1) scene.say(660 + i * 9, { good: 110 + i });
    assert.deepEqual(scene.made(), { A: 10, B: 65 });
    assert.deepEqual(scene.setAside, [], "all of it was read when it came first");
  });

  test("what one gateway received meanwhile, and can tell only after another one, is read where it was said", () => {
    const scene = new ClockScene().begin();
    scene.off = -hour;
    for (let i = 1; i <= 4; i += 1) scene.say(60 + i * 5, { good: 110 + i });
    // The database took nothing from the first one. The other one reads what the machine remembers, then what it shows.
    scene.take(unheard(200).slice(1), true);
    scene.take([...samplesOf(200, { job: "B" }, 95 - hour), ...samplesOf(200, { good: 120 }, 150 - hour)]);
    scene.say(205, { good: 121 });
    assert.deepEqual(scene.made(), { A: 14, B: 7 }, "as long as nothing else is known");
    for (const sample of unheard().slice(1)) scene.take([sample]);
    assert.deepEqual(scene.made(), { A: 17, B: 4 });
    scene.restart();
    scene.say(210, { good: 122 });
    assert.deepEqual(scene.made(), { A: 17, B: 5 });
  });

  for (const samples of [10, 1_000])
    test(`also what it received before the other one knew of the clock; ${samples} are read again`, () => {
      const scene = new ClockScene(samples).begin();
      scene.off = -hour;
      scene.take(unheard(200), true);
      scene.take([...samplesOf(200, { job: "B" }, 95 - hour), ...samplesOf(200, { good: 120 }, 150 - hour)]);
      for (let i = 1; i <= 6; i += 1) scene.say(200 + i * 5, { good: 120 + i });
      for (const sample of unheard()) scene.take([sample]);
      assert.deepEqual(scene.made(), { A: 17, B: 9 });
      assert.equal(scene.questions.length, 1);
    });

  test("a frame of which two gateways tell a part each is read at one time, however late the second part is told", () => {
    const scene = new ClockScene().begin();
    scene.off = -hour;
    scene.say(60, { job: "B" });
    for (let i = 1; i <= 4; i += 1) scene.say(60 + i * 5, { good: 110 + i });
    const [good, job] = samplesOf(90, { good: 115, job: "C" }, 90 - hour);
    assert.ok(good && job);
    scene.take([job]);
    // From now on what the machine says is there sooner.
    for (const one of samplesOf(100, { scrap: 8 }, 100 - hour))
      scene.take([{ ...one, receivedAt: instant(one.receivedAt - 30) }]);
    for (let i = 1; i <= 3; i += 1) scene.say(100 + i * 10, { scrap: 8 + i });
    scene.take([good]);
    assert.deepEqual(scene.made(), { A: 10, B: 4, C: 1 });
  });

  /** A clock that was an hour ahead is put right. The last that is heard of it was said in the 90th second. */
  const putRight = (): ClockScene => {
    const scene = new ClockScene();
    scene.off = hour;
    scene.begin();
    scene.off = 0;
    scene.say(60, { job: "B" });
    for (let i = 1; i <= 6; i += 1) scene.say(60 + i * 5, { good: 110 + i });
    return scene;
  };

  test("what another gateway tells where little room is left is read in its order", () => {
    const scene = putRight();
    // Half a minute is read within twenty milliseconds.
    scene.say(120, { good: 120 });
    for (const said of [
      samplesOf(91, { good: 117 }, 91),
      samplesOf(91.2, { job: "C" }, 91.2),
      samplesOf(119.8, { good: 119 }, 119.8),
      samplesOf(119.9, { job: "D" }, 119.9),
    ])
      scene.take(said);
    assert.deepEqual(scene.made(), { A: 10, B: 7, C: 2, D: 1 });
  });

  test("what it tells where none is left is named, and not read", () => {
    const scene = putRight();
    scene.say(120, { good: 160 });
    const read = Array.from({ length: 40 }, (_, i) =>
      scene.take(samplesOf(91 + i / 2, i < 39 ? { good: 117 + i } : { job: "C" }, 91 + i / 2)),
    ).filter(({ overtaken }) => overtaken.length === 0);
    assert.equal(read.length, 19, "as many as there are milliseconds between both");
    assert.deepEqual(scene.made(), { A: 10, B: 50 });
  });

  test("put right while nobody listened, what it showed before that was said before that", () => {
    const scene = new ClockScene().begin();
    scene.off = -hour;
    scene.say(60, { job: "B" });
    for (let i = 1; i <= 4; i += 1) scene.say(60 + i * 5, { good: 110 + i });
    // Two pieces, then its clock is put right; then another job. What it remembers comes before what it shows.
    const now = samplesOf(700, { job: "C" }, 600);
    scene.take([...samplesOf(700, { good: 116 }, 100 - hour), ...now], true);
    scene.take([...now, ...samplesOf(700, { good: 116 }, 100 - hour), ...samplesOf(700, { scrap: 7 }, 0)]);
    scene.off = 0;
    scene.say(705, { good: 117 });
    assert.deepEqual(scene.made(), { A: 10, B: 6, C: 1 });
    assert.deepEqual(
      scene.facts.find(({ body }) => body.kind === "UnitsCounted" && body.quantity.micro === 2_000_000n)?.eventAt,
      start + 100_050,
    );
  });

  test("one that had been ahead goes on in the order in which things happened", () => {
    const scene = putRight();
    assert.deepEqual(scene.made(), { A: 10, B: 6 });
    scene.say(hour + 51, { job: "C" });
    scene.say(hour + 52, { good: 118 });
    assert.deepEqual(scene.made(), { A: 10, B: 6, C: 2 });
    assert.equal(scene.memory.state.position, start + (hour + 52) * 1000, "its own time again");
  });

  test("set on again, it is read by its own time", () => {
    const scene = new ClockScene().begin();
    scene.off = -hour;
    for (let i = 1; i <= 4; i += 1) scene.say(60 + i * 5, { good: 110 + i });
    scene.off = 0;
    scene.say(90, { good: 115 });
    scene.say(95, { good: 116 });
    assert.equal(scene.memory.state.position, start + 95_000);
    assert.deepEqual(scene.made(), { A: 16 });
    assert.equal(scene.memory.clock.setBack, null);
  });
});

describe("no clock that was set back:", () => {
  test("a word that comes an hour late, while the counters go on", () => {
    const scene = new ClockScene().begin();
    for (let i = 1; i <= 60; i += 1) scene.say(60 + i * 5, { good: 110 + i });
    scene.say(361, { job: "B" }, 52);
    for (let i = 1; i <= 6; i += 1) scene.say(362 + i * 5, { good: 170 + i });
    assert.deepEqual(scene.made(), { A: 10, B: 66 });
    assert.deepEqual(scene.questions, []);
  });

  test("an old snapshot that comes twice while the machine stands still", () => {
    const scene = new ClockScene(1).begin();
    scene.say(300, { good: 110, scrap: 8 });
    for (const trueS of [600, 615, 1_200]) {
      for (const s of [5, 10, 20]) scene.take(samplesOf(trueS, { good: 100 + s / 5, scrap: 7 }, s));
    }
    scene.say(1_300, { good: 111 });
    assert.deepEqual(scene.made(), { A: 11 });
    assert.deepEqual(scene.questions, []);
  });

  test("what another gateway received long before, however often collection begins anew", () => {
    const scene = new ClockScene(10).begin();
    const early = Array.from({ length: 10 }, (_, i) => samplesOf(5 + i * 5, { good: 101 + i }, 5 + i * 5));
    let pieces = 10;
    const minute = (): Taken => {
      pieces += 1;
      return scene.say(pieces * 60, { good: 100 + pieces });
    };
    const untilSettled = (): void => {
      while (!minute().checkpoint);
    };
    for (let n = 0; n < 2; n += 1) untilSettled();
    // They are the first that is read again when it begins anew.
    for (const samples of early) scene.take(samples);
    untilSettled();
    scene.restart();
    scene.take(samplesOf(pieces * 60 + 10, { scrap: 8 }, pieces * 60 - 5), true);
    for (let n = 0; n < 5; n += 1) minute();
    assert.deepEqual([scene.made(), scene.made("scrap")], [{ A: pieces }, { A: 1 }]);
    assert.deepEqual([scene.questions, scene.setAside], [[], []]);
  });

  test("what another gateway received before one that was set back, all of it settled by then", () => {
    const scene = new ClockScene(1).begin();
    const early = Array.from({ length: 6 }, (_, i) => samplesOf(60 + i * 5, { good: 111 + i }, 60 + i * 5));
    // One gateway can tell nothing more. The other one reads what the machine remembers, then hears a clock that was set back.
    scene.take(
      early.flatMap((_, i) => samplesOf(200, { good: 111 + i }, 60 + i * 5)),
      true,
    );
    scene.off = -hour;
    for (let i = 1; i <= 4; i += 1) scene.say(200 + i * 5, { good: 116 + i });
    for (const said of early) scene.take(said);
    scene.say(230, { good: 121 });
    assert.deepEqual(scene.made(), { A: 21 });
    assert.equal(scene.questions.length, 1);
  });

  test("what sessions told of long before, in the same distance by chance", () => {
    const scene = new ClockScene(10).begin();
    scene.say(800, { job: "C" });
    for (let i = 1; i <= 40; i += 1) scene.say(800 + i * 5, { good: 110 + i });
    // Another gateway tells of a session of its own, which was long before; then its own session begins, after a silence.
    scene.take(samplesOf(270, { scrap: 7 }, 40));
    scene.take(samplesOf(1_030, { job: "C" }, 800));
    scene.say(1_035, { good: 151 });
    assert.deepEqual(scene.made(), { A: 10, C: 41 });
    assert.deepEqual(scene.questions, []);
  });

  test("what was read from the machine's history and is told by each session, to whoever begins anew in between", () => {
    const scene = new ClockScene(10).begin();
    /** Ten seconds after each other, from a time on. */
    const pieces = (receivedS: number, counts: readonly number[], fromS: number): readonly Sample[] =>
      counts.flatMap((good, i) => samplesOf(receivedS, { good }, fromS + i * 10));
    const words = (receivedS: number): readonly Sample[] => [
      ...samplesOf(receivedS, { job: "B" }, 165),
      ...samplesOf(receivedS, { scrap: 8 }, 200),
    ];
    const remembered = [111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125];
    scene.take(
      [...pieces(204, remembered, 60), ...words(204)].toSorted((a, b) => a.at - b.at),
      true,
    );
    scene.take([...words(205), ...pieces(205, [125], 200)]);
    // The process dies, and as long after that as the pieces since then began after the job it tells all that again.
    scene.take(pieces(239, [126, 127, 128, 129], 210), true);
    scene.take([...words(240), ...pieces(240, [129], 240)]);
    scene.restart();
    scene.take(pieces(280, [130], 245), true);
    assert.equal(scene.memory.clock.setBack, null);
    assert.deepEqual([scene.made(), scene.questions, scene.setAside], [{ A: 21, B: 9 }, [], []]);
  });

  test("two parts of a machine, one of which is always behind: while the other is silent it counts on by the gateway's time", () => {
    const scene = new ClockScene();
    scene.say(0, { job: "A", good: 100 });
    scene.say(0, { scrap: 7 }, -300);
    let scrap = 0;
    for (let i = 1; i <= 100; i += 1) {
      if (i < 30 || i > 70) scene.say(i * 2, { good: 100 + i });
      scene.say(i * 2, { scrap: 7 + i }, i * 2 - 300);
      scrap = i;
    }
    assert.deepEqual(scene.made(), { A: 100 });
    assert.equal(
      Object.values(scene.made("scrap")).reduce((sum, n) => sum + n, 0),
      scrap,
    );
  });
});
