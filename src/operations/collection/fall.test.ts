/** A machine of which the good pieces stand just below the end of 16 bits: what is asked, and counted, when it is set to zero. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instant } from "../../base/instant.ts";
import type { CounterAnswer } from "../../record/counter-answer.ts";
import type { Fact, FactBody } from "../../record/fact.ts";
import type { CounterType, MachineMap } from "../../record/machine-map.ts";
import type { Sample } from "../../record/sample.ts";
import { readAgain, startMemory, takeSamples, type MemoryLimits } from "./memory.ts";
import { emptyState } from "./state.ts";
import { contextOf } from "./testing/arrival.ts";
import type { CounterQuestion } from "./work.ts";

const lateMs = 10_000;
const foldable: MemoryLimits = { samples: 1_000_000, lateMs };
const because = "The controller counts on over all runs, and nobody sets it back.";
const bits16: CounterType = {
  drop: "classify",
  modulus: 65_536,
  reset: "never",
  baseline: "first",
  stepMax: 1_000,
  because,
};

function mapOf(change: Partial<MachineMap> = {}): MachineMap {
  const paths = { job: "Job", good: "Good", scrap: "Scrap", meter: "Meter" };
  return {
    name: "m1",
    version: 1,
    validFrom: instant(0),
    items: Object.fromEntries(Object.entries(paths).map(([key, path]) => [key, { path, history: true }])),
    frame: "source-time",
    clock: { trust: "device", mode: "live", lateMs },
    run: { by: "job", job: "job", article: null },
    counters: [
      { rule: "good", item: "good", grade: "good", uom: "C62", type: bits16 },
      { rule: "scrap", item: "scrap", grade: "scrap", uom: "C62", type: bits16 },
    ],
    consumption: [],
    state: null,
    energy: { rule: "meter", item: "meter", uom: "KWH", type: { ...bits16, modulus: null } },
    alarm: null,
    job: null,
    ...change,
  };
}

/** A machine that lists what it has used of each material. */
function listing(snapshot: string | null): MachineMap {
  const paths = { job: "Job", snapshot: "List", amount: "Used/{m}" };
  return mapOf({
    items: Object.fromEntries(Object.entries(paths).map(([key, path]) => [key, { path, history: true }])),
    counters: [],
    consumption: [
      {
        rule: "use",
        amount: "amount",
        snapshot,
        material: { from: "placeholder", placeholder: "m" },
        uom: { from: "fixed", uom: "C62" },
        type: bits16,
      },
    ],
    energy: null,
  });
}

/** Seconds after the start; one statement. */
function frame(seconds: number, values: Readonly<Record<string, number | string>>): readonly Sample[] {
  const at = instant(1e12 + seconds * 1_000);
  return Object.entries(values).map(([item, value]) => ({ item, at, receivedAt: at, status: 0, value, mark: "" }));
}

interface Heard {
  readonly good: number;
  /** Of the material "a". */
  readonly used: number;
  readonly takenBack: number;
  readonly questions: readonly CounterQuestion[];
}

interface Course {
  readonly map?: MachineMap;
  /** Its versions, where there are several. */
  readonly maps?: readonly MachineMap[];
  readonly limits?: MemoryLimits;
  /** What people say of the good pieces when all batches have been read. */
  readonly answer?: "goes-on" | "closes";
}

function hear(batches: readonly (readonly Sample[])[], course: Course = {}, then: readonly Sample[] = []): Heard {
  const answers: CounterAnswer[] = [];
  const context = { ...contextOf(course.maps ?? [course.map ?? mapOf()]), answers };
  const memory = startMemory({ state: emptyState, seq: 0 });
  const facts: Fact[] = [];
  const questions = new Map<string, CounterQuestion>();
  const take = (read: { readonly facts: readonly Fact[]; readonly questions: readonly CounterQuestion[] }): void => {
    facts.push(...read.facts);
    for (const one of read.questions) if (!questions.has(one.subject)) questions.set(one.subject, one);
  };
  for (const [i, samples] of batches.entries())
    take(takeSamples(context, memory, { samples, seq: i + 1 }, course.limits ?? foldable));
  const about = [...questions.values()].find((one) => one.about?.rule === "good")?.about;
  if (course.answer && about) {
    answers.push({ ...about, ...(course.answer === "closes" && { closes: true }) });
    take(readAgain(context, memory));
  }
  if (then.length > 0) take(takeSamples(context, memory, { samples: then, seq: batches.length + 1 }, foldable));
  const sum = (isBack: boolean, isMeant: (body: FactBody) => boolean): number =>
    facts.reduce((so, { body: said }) => {
      const body = said.kind === "Corrected" ? said.was : said;
      const isCounted = (said.kind === "Corrected") === isBack && isMeant(body) && "quantity" in body;
      return isCounted && body.quantity ? so + Number(body.quantity.micro) / 1e6 : so;
    }, 0);
  const isGood = (body: FactBody): boolean => body.kind === "UnitsCounted" && body.grade === "good";
  const isUsed = (body: FactBody): boolean => body.kind === "MaterialConsumed" && body.material === "a";
  return {
    good: sum(false, isGood) - sum(true, isGood),
    used: sum(false, isUsed) - sum(true, isUsed),
    takenBack: sum(true, isGood),
    questions: [...questions.values()],
  };
}

const subjects = ({ questions }: Heard): string[] => questions.map(({ about }) => about?.rule ?? "");
const started = frame(0, { Job: "J-1", Good: 65_500, Scrap: 1_203, Meter: 700 });
const made = frame(60, { Good: 65_530 });
const zeroed = frame(120, { Good: 0, Scrap: 0 });
const goesOn = frame(180, { Good: 7 });
const listed = frame(0, { Job: "J-1", "Used/a": 65_500, "Used/b": 30_000, List: 1 });
const used = frame(60, { "Used/a": 65_530, "Used/b": 30_001, List: 2 });

describe("the counters of a machine are set to zero, one of them just below its end", () => {
  test("both are asked about, with what each answer comes to, and nothing is counted", () => {
    const heard = hear([started, made, zeroed, goesOn]);
    assert.deepEqual([heard.good, subjects(heard)], [30, ["good", "scrap"]]);
    assert.match(heard.questions[0]?.text ?? "", /fell from 65530 to 0 as another counter .* would have counted 6\./);
    assert.match(heard.questions[0]?.text ?? "", /goes on from 0, or from 65530 if/);
  });

  test("answered, counting goes on from zero, whether it is answered before that or after", () => {
    for (const batches of [
      [started, made, zeroed],
      [started, made, zeroed, goesOn],
    ])
      assert.equal(hear(batches, { answer: "goes-on" }, frame(240, { Good: 9 })).good, 39);
  });

  test("closed without a value, it is not taken for a rollover, and asked about again", () => {
    const heard = hear([started, made, zeroed], { answer: "closes" }, goesOn);
    assert.deepEqual([heard.good, subjects(heard)], [30, ["good", "scrap", "good"]]);
  });

  test("in whatever order they are said: what was counted as rolled over is taken back", () => {
    const good = frame(120, { Good: 0 });
    for (const seconds of [120, 121, 129]) {
      const heard = hear([started, made, good, frame(seconds, { Scrap: 0 }), goesOn]);
      assert.deepEqual([heard.good, heard.takenBack, subjects(heard)], [30, 6, ["good", "scrap"]]);
      const apart = hear([started, made, good, frame(seconds, { Scrap: 0 })], { map: mapOf({ frame: "sample" }) });
      assert.deepEqual([apart.good, apart.takenBack], [30, 6]);
    }
    const before = hear([started, made, frame(112, { Scrap: 0 }), good, goesOn]);
    assert.deepEqual([before.good, before.takenBack, subjects(before)], [30, 0, ["scrap", "good"]]);
  });

  test("one that was set to zero with it tells it, though a third one fell apart before them", () => {
    const [good, scrap] = mapOf().counters;
    assert.ok(good && scrap && scrap.grade === "scrap");
    const manual: CounterType = { ...bits16, reset: "manual" };
    const counters = [
      { ...good, type: manual },
      { ...scrap, type: manual },
    ];
    const orders: Readonly<Record<string, number>>[] = [
      { Good: 3, Scrap: 0 },
      { Scrap: 0, Good: 3 },
    ];
    for (const values of orders)
      for (const how of ["source-time", "sample"] as const) {
        const map = mapOf({ counters, frame: how });
        const heard = hear([started, made, frame(112, { Meter: 0 }), frame(120, values)], { map });
        assert.deepEqual([heard.good, heard.takenBack, subjects(heard)], [33, 0, ["meter/meter"]], how);
      }
  });

  test("its meter tells it too", () => {
    const heard = hear([started, made, frame(120, { Good: 0, Meter: 0 })]);
    assert.deepEqual([heard.good, subjects(heard)], [30, ["good", "meter/meter"]]);
  });

  test("where the rollover is settled, somebody is told how much was counted for it", () => {
    const limits = { samples: 1, lateMs: 0 };
    const batches = [started, made, frame(120, { Good: 0 }), frame(121, { Good: 1 }), frame(122, { Good: 2 })];
    const heard = hear([...batches, frame(123, { Scrap: 0 })], { limits });
    assert.equal(heard.good, 38);
    const [told] = heard.questions.filter(({ about }) => !about);
    assert.match(told?.text ?? "", /^Counter Good began again at .*, and 6 were counted as if it had rolled over/);
  });

  test("so it is where an earlier version of the map reads it, by which values are less late: nothing is settled", () => {
    const [earlier, later] = [1_000, lateMs].map((late, i) =>
      mapOf({ version: i + 1, validFrom: instant(i * (1e12 + 125_000)), clock: { ...mapOf().clock, lateMs: late } }),
    );
    assert.ok(earlier && later);
    const heard = hear([started, made, frame(120, { Good: 0 }), frame(127, { Scrap: 0 })], { maps: [earlier, later] });
    assert.deepEqual([heard.good, heard.takenBack], [36, 0]);
    const [told] = heard.questions.filter(({ about }) => !about);
    assert.match(told?.text ?? "", /^Counter Good began again at .*, and 6 were counted as if it had rolled over/);
    assert.doesNotMatch(told?.text ?? "", /settled/);
  });

  test("materials that one item says are to be read tell each other", () => {
    for (const snapshot of [null, "snapshot"]) {
      const map = listing(snapshot);
      const heard = hear([listed, used, frame(120, { "Used/a": 0, "Used/b": 0, List: 3 })], { map });
      assert.deepEqual([heard.used, subjects(heard)], [30, ["use:a", "use:b"]]);
    }
  });
});

describe("what is no reset", () => {
  test("what is only asked about says of no other one that it was set back: what that made up to its end is asked about", () => {
    const manual: CounterType = { ...bits16, reset: "manual" };
    const [good, scrap] = mapOf().counters;
    assert.ok(good && scrap);
    for (const counters of [
      [{ ...good, type: manual }, scrap],
      [scrap, { ...good, type: manual }],
    ]) {
      const course = { map: mapOf({ counters }) };
      const heard = hear([started, made, frame(120, { Good: 4, Scrap: 0 }), goesOn], { ...course, answer: "goes-on" });
      assert.deepEqual([heard.good, subjects(heard).toSorted()], [33, ["good", "scrap"]]);
    }
  });

  test("a material's own fall just behind its rollover, where another item says that it is to be read", () => {
    const again = [frame(120, { "Used/a": 4, List: 3 }), frame(125, { "Used/a": 0, List: 4 })];
    const heard = hear([listed, used, ...again], { map: listing("snapshot") });
    assert.deepEqual([heard.used, subjects(heard)], [40, ["use:a"]]);
  });

  test("one that rolls over beside others that stand, or rise, is counted", () => {
    const heard = hear([started, made, frame(120, { Good: 4, Scrap: 1_205, Meter: 701 })]);
    assert.deepEqual([heard.good, heard.questions], [40, []]);
  });

  test("its own fall just behind it says nothing of the rollover", () => {
    const heard = hear([started, made, frame(120, { Good: 4 }), frame(125, { Good: 0 })]);
    assert.deepEqual([heard.good, heard.takenBack, subjects(heard)], [40, 0, ["good"]]);
  });

  test("nor is another one that began again long before", () => {
    const heard = hear([started, made, frame(100, { Scrap: 0 }), frame(120, { Good: 4 })]);
    assert.deepEqual([heard.good, subjects(heard)], [40, ["scrap"]]);
  });

  test("a controller that shows zeros once while it starts: it goes on where it stood, and nothing is counted for it", () => {
    const heard = hear([started, made, zeroed, frame(125, { Good: 65_533, Scrap: 1_203 }), frame(180, { Good: 2 })]);
    assert.deepEqual([heard.good, subjects(heard)], [38, ["good", "scrap"]]);
  });

  test("a counter that starts with each run says nothing of one that goes on", () => {
    const perRun: CounterType = { ...bits16, modulus: null, reset: "per-run" };
    const [good] = mapOf().counters;
    assert.ok(good);
    const scrap = { rule: "scrap", item: "scrap", grade: "scrap", uom: "C62", type: perRun } as const;
    const heard = hear([started, made, zeroed], { map: mapOf({ counters: [good, scrap] }) });
    assert.deepEqual([heard.good, heard.questions], [36, []]);
  });
});
