/** Collection by example: what the map's rules say about one situation each. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instant } from "../../base/instant.ts";
import { contentId } from "../../base/id.ts";
import { factId, type Fact } from "../../record/fact.ts";
import type { MachineMap } from "../../record/machine-map.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import { rebuildMemory, startMemory, takeSamples, type Taken } from "./memory.ts";
import { emptyState } from "./state.ts";
import { collectAs, contextOf, effective, inOrder } from "./testing/arrival.ts";
import { wireMap } from "./testing/map.ts";

const map = wireMap();
const context = contextOf([map]);
const origin = Date.parse("2025-02-03T08:00:00Z");
const limits = { samples: 1_000_000, lateMs: 10_000 };

/** Samples of one frame, `ms` after the start. */
function frame(ms: number, values: Readonly<Record<string, SampleValue>>): Sample[] {
  return Object.entries(values).map(([item, value]) => {
    const at = instant(origin + ms);
    return { item, at, receivedAt: at, status: 0, value, mark: "" };
  });
}

function started(ms: number, number: number, job: string, article = "A"): Sample[] {
  return frame(ms, {
    "Production/ActiveRun": number,
    "Production/JobNumber": job,
    "Production/Article": article,
    "Production/GoodPieces": 0,
  });
}

function ended(ms: number, number: number, count: number, result = "Terminated"): Sample[] {
  return frame(ms, {
    "Production/LastEndedRun": number,
    "Production/RunsEnded": count,
    "Production/LastJobResult": result,
  });
}

const idle = (ms: number): Sample[] =>
  frame(ms, { "Production/ActiveRun": 0, "Production/JobNumber": "", "Production/Article": "" });
const good = (ms: number, pieces: SampleValue): Sample[] => frame(ms, { "Production/GoodPieces": pieces });

function take(...batches: readonly (readonly Sample[])[]): Taken[] {
  const memory = startMemory({ state: emptyState, seq: 0 });
  return batches.map((samples, i) => takeSamples(context, memory, { samples, seq: i + 1 }, limits));
}

/** What is said, in short. */
function words(facts: readonly Fact[]): string[] {
  return facts.map(({ body }) => {
    if (body.kind === "Corrected") return `not ${words([{ ...(facts[0] as Fact), body: body.was }])[0] ?? ""}`; // any fact will do
    if (body.kind === "JobStarted") return `start ${body.job}${body.outside ? " outside" : ""}`;
    if (body.kind === "JobEnded") return `end ${body.result}`;
    if (body.kind === "UnitsCounted") return `${body.grade} ${Number(body.quantity.micro) / 1e6}`;
    if (body.kind === "MaterialConsumed") return `use ${body.material} ${Number(body.quantity.micro) / 1e6}`;
    if (body.kind === "StateEntered") return `state ${body.state}`;
    return body.kind;
  });
}

describe("runs", () => {
  test("an inner run is counted for itself, and the outer one goes on where it was", () => {
    const [taken] = take([
      ...started(0, 1, "outer"),
      ...good(1000, 5),
      ...started(2000, 2, "inner"),
      ...good(3000, 2),
      ...ended(4000, 2, 1, "Aborted"),
      ...frame(4001, { "Production/ActiveRun": 1, "Production/JobNumber": "outer", "Production/GoodPieces": 5 }),
      ...good(5000, 9),
      ...ended(6000, 1, 2),
      ...idle(6001),
    ]);
    assert.deepEqual(words(taken?.facts ?? []), [
      "start outer",
      "good 5",
      "start inner",
      "good 2",
      "end Aborted",
      "good 4",
      "end Terminated",
    ]);
    const runs = (taken?.facts ?? []).map((f) => f.run);
    assert.deepEqual(new Set(runs).size, 2);
    assert.equal(runs[5], runs[0]);
    assert.equal(taken?.facts[4]?.eventAt, instant(origin + 4001), "an end counts when the machine has gone on");
  });

  test("closing values between the announced end and going on belong to the run that ended", () => {
    const [taken] = take([
      ...started(0, 1, "j"),
      ...good(1000, 5),
      ...ended(2000, 1, 1),
      ...good(2500, 6),
      ...idle(2501),
    ]);
    assert.deepEqual(words(taken?.facts ?? []), ["start j", "good 5", "good 1", "end Terminated"]);
  });

  test("outside every run only what rises above the frozen counter was made there", () => {
    const [taken] = take([
      ...frame(0, { "Production/ActiveRun": 0, "Production/JobNumber": "old", "Production/GoodPieces": 40 }),
      ...good(1000, 43),
      ...good(2000, 41),
      ...good(3000, 44),
      ...idle(4000),
    ]);
    assert.deepEqual(words(taken?.facts ?? []), ["start old outside", "good 3", "good 1", "end outside"]);
  });

  test("a counter that did not change when the machine left its runs is where the outside starts from", () => {
    const [taken] = take(
      [...started(0, 1, "j"), ...good(1000, 40), ...ended(2000, 1, 1), ...idle(2001)].concat(
        frame(3000, { "Production/ActiveRun": 0, "Production/JobNumber": "old" }),
        good(4000, 42),
        idle(5000),
      ),
    );
    assert.deepEqual(words(taken?.facts ?? []).slice(3), ["start old outside", "good 2", "end outside"]);
  });

  test("a job's name that comes late gives another run: what was counted moves there", () => {
    const taken = take(
      [...started(0, 1, "first"), ...good(1000, 5), ...ended(2000, 1, 1), ...idle(2001), ...good(2002, 0)],
      [...frame(3000, { "Production/ActiveRun": 2, "Production/JobNumber": "first" }), ...good(4000, 7)],
      frame(3000, { "Production/JobNumber": "second" }),
    );
    assert.deepEqual(words(taken[1]?.facts ?? []), ["start first", "good 7"]);
    assert.deepEqual(words(taken[2]?.facts ?? []), ["not good 7", "not start first", "start second", "good 7"]);
    const [backwards, , forward, moved] = taken[2]?.facts ?? [];
    assert.notEqual(backwards?.run, moved?.run);
    assert.equal(moved?.run, forward?.run);
    assert.equal(moved?.revision, 1);
  });
});

describe("what is not read", () => {
  test("a bad value is set aside and changes nothing", () => {
    const bad = good(1000, 99).map((s) => ({ ...s, status: 0x80000000 }));
    const [taken] = take([...started(0, 1, "j"), ...bad, ...good(2000, 4)]);
    assert.deepEqual(words(taken?.facts ?? []), ["start j", "good 4"]);
    assert.deepEqual(
      taken?.setAside.map((s) => s.why),
      ["The machine marks this value as bad (status 0x80000000)."],
    );
  });

  for (const value of ["ten", "", " ", null, true, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, { pieces: 3 }]) {
    test(`${JSON.stringify(value)} (${typeof value}) is no count`, () => {
      const [taken] = take([...started(0, 1, "j"), ...good(1000, value), ...good(2000, 4)]);
      assert.deepEqual(words(taken?.facts ?? []), ["start j", "good 4"]);
      assert.equal(taken?.setAside.length, 1);
    });
  }

  test("a number as text is a count", () => {
    const [taken] = take([...started(0, 1, "j"), ...good(1000, "12")]);
    assert.deepEqual(words(taken?.facts ?? []), ["start j", "good 12"]);
  });

  for (const value of [Number.NaN, Number.NEGATIVE_INFINITY, null, "x"]) {
    test(`an energy meter that shows ${String(value)} goes on afterwards`, () => {
      const energy = (ms: number, kwh: SampleValue): Sample[] => frame(ms, { "Energy/ActiveEnergy": kwh });
      const [taken] = take([
        ...energy(0, value),
        ...energy(1000, 1.5),
        ...energy(2000, value),
        ...energy(3000, 1.75),
        ...frame(4000, { "Production/State": 2 }),
      ]);
      const used = (taken?.facts ?? []).flatMap((f) => (f.body.kind === "EnergyUsed" ? [f.body.quantity.micro] : []));
      assert.deepEqual(used, [250_000n]);
      assert.equal(taken?.setAside.length, 2);
    });
  }

  test("an item that the map does not name means nothing", () => {
    const [taken] = take(frame(0, { Heartbeat: 1 }));
    assert.deepEqual([taken?.facts, taken?.setAside], [[], []]);
  });

  test("material without a unit, and a state without a name, become questions", () => {
    const [taken] = take([
      ...started(0, 1, "j"),
      ...frame(1000, {
        "Counters/Slot1/Material": "M",
        "Counters/Slot1/Kind": "Glue",
        "Counters/Slot1/Total": 4,
        "Counters/Snapshot": 1,
        "Production/State": 77,
      }),
    ]);
    assert.deepEqual(
      taken?.questions.map((q) => q.subject),
      ["m1/slot-use/unit/M", "m1/machine-state/77"],
    );
    assert.deepEqual(words(taken?.facts ?? []), ["start j"]);
  });
});

describe("material", () => {
  const slots = (ms: number, snapshot: number, lines: readonly (readonly [string, number])[]): Sample[] =>
    frame(ms, {
      ...Object.fromEntries(
        lines.flatMap(([material, total], i) => [
          [`Counters/Slot${i + 1}/Material`, material],
          [`Counters/Slot${i + 1}/Kind`, material === "" ? "" : "Wire"],
          [`Counters/Slot${i + 1}/Total`, total],
        ]),
      ),
      "Counters/Snapshot": snapshot,
    });

  test("counting starts with the first list of a run; what comes into a later list started from zero", () => {
    const [taken] = take([
      ...started(0, 1, "j"),
      ...slots(1000, 1, [["W", 500]]),
      ...slots(2000, 2, [
        ["W", 700],
        ["X", 40],
      ]),
      ...slots(3000, 3, [
        ["X", 90],
        ["W", 650],
      ]),
      ...slots(4000, 4, [
        ["X", 90],
        ["W", 800],
      ]),
    ]);
    assert.deepEqual(words(taken?.facts ?? []), ["start j", "use W 200", "use X 40", "use X 50", "use W 100"]);
  });

  test("without a new list nothing is used", () => {
    const [taken] = take([
      ...started(0, 1, "j"),
      ...slots(1000, 1, [["W", 500]]),
      ...frame(2000, { "Counters/Slot1/Total": 900 }),
    ]);
    assert.deepEqual(words(taken?.facts ?? []), ["start j"]);
  });
});

describe("maps of different times", () => {
  const later: MachineMap = {
    ...map,
    version: 2,
    validFrom: instant(origin + 2000),
    counters: map.counters.map((c) => ({ ...c, rule: "pieces-2", grade: "rework" })),
  };

  test("each frame is read by the map of its own time, a late one too", () => {
    const both = contextOf([map, later]);
    const memory = startMemory({ state: emptyState, seq: 0 });
    const first = takeSamples(both, memory, { samples: [...started(0, 1, "j"), ...good(2500, 8)], seq: 1 }, limits);
    assert.deepEqual(words(first.facts), ["start j", "rework 8"]);
    const second = takeSamples(both, memory, { samples: good(1500, 3), seq: 2 }, limits);
    assert.deepEqual(
      second.facts.map((f) => [f.rule, f.mapVersion]),
      [["good-pieces", 1]],
    );
  });

  test("a map that turns out to hold earlier is stated as a correction, under ids that no version enters", () => {
    const memory = startMemory({ state: emptyState, seq: 0 });
    const samples = [...started(0, 1, "j"), ...good(2500, 8)];
    const { facts } = takeSamples(context, memory, { samples, seq: 1 }, limits);
    const both = contextOf([map, later]);
    const rebuilt = rebuildMemory(both, { state: emptyState, seq: 0 }, [{ seq: 1, samples }], facts, limits);
    const taken = takeSamples(both, rebuilt, { samples: good(1500, 3), seq: 2 }, limits);
    assert.deepEqual(words(taken.facts), ["not good 8", "good 3", "rework 8"]);
  });
});

describe("late samples", () => {
  test("what no longer holds is taken back first, the newest first; then what holds now, in order of time", () => {
    const taken = take(
      [...started(0, 1, "a"), ...good(1000, 5), ...ended(2000, 1, 1), ...idle(2001)],
      frame(0, { "Production/JobNumber": "b" }),
    );
    assert.deepEqual(words(taken[1]?.facts ?? []), [
      "not end Terminated",
      "not good 5",
      "not start a",
      "start b",
      "good 5",
      "end Terminated",
    ]);
  });

  test("a statement that comes back is a new revision each time", () => {
    const [first, second, third] = take(
      [...started(0, 1, "a"), ...good(3000, 5)],
      good(1000, 2),
      frame(500, { "Production/ActiveRun": 9 }),
    );
    assert.deepEqual(words(first?.facts ?? []), ["start a", "good 5"]);
    assert.deepEqual(words(second?.facts ?? []), ["not good 5", "good 2", "good 3"]);
    const moved = words(third?.facts ?? []);
    assert.deepEqual(moved, ["not good 3", "not good 2", "start a", "good 2", "good 3"]);
    const all = [first, second, third].flatMap((t) => t?.facts ?? []);
    assert.deepEqual(
      all.filter((f) => f.body.kind === "UnitsCounted").map((f) => f.revision),
      [0, 0, 1, 1, 2],
    );
  });

  test("a sample older than what can be read again is kept and marked, and a double of an old one is not", () => {
    const memory = startMemory({ state: emptyState, seq: 0 });
    const tight = { samples: 1, lateMs: 100 };
    for (const [i, samples] of [started(0, 1, "j"), good(1000, 1), good(2000, 2), good(3000, 3)].entries()) {
      takeSamples(context, memory, { samples, seq: i + 1 }, tight);
    }
    const alarm = takeSamples(context, memory, { samples: frame(500, { "Alarms/Last/Code": 4 }), seq: 9 }, tight);
    assert.deepEqual([alarm.facts.length, alarm.setAside.length, alarm.doubles], [0, 1, 0]);
    const double = takeSamples(context, memory, { samples: good(1000, 1), seq: 10 }, tight);
    assert.deepEqual([double.facts.length, double.setAside.length, double.doubles], [0, 0, 1]);
    // Whether it is one, what was kept before has to tell.
    assert.deepEqual(double.overtaken[0]?.sample, good(1000, 1)[0]);
  });
});

describe("after a restart", () => {
  const before = [...started(0, 1, "j"), ...good(1000, 5)];

  /** A fact that others derived from collection's: a gap, or use worked out from the bill. */
  function others(facts: readonly Fact[]): Fact[] {
    const counted = facts.find((f) => f.body.kind === "UnitsCounted");
    assert.ok(counted);
    const quantity = { micro: 7n, uom: "MTR" };
    return [
      {
        ...counted,
        id: contentId("gap", "m1", 1),
        rule: "gap/opened",
        run: null,
        evidence: [],
        body: { kind: "GapOpened", cause: "x" },
      },
      {
        ...counted,
        id: factId(counted.id, "bill:1", 0),
        rule: "bill:1",
        body: { kind: "MaterialConsumed", material: "M", lot: null, quantity },
      },
    ];
  }

  test("statements of others about the same source are not collection's to take back", () => {
    const [taken] = take(before);
    const facts = taken?.facts ?? [];
    const memory = rebuildMemory(
      context,
      { state: emptyState, seq: 0 },
      [{ seq: 1, samples: before }],
      [...facts, ...others(facts)],
      limits,
    );
    const late = takeSamples(context, memory, { samples: good(500, 2), seq: 2 }, limits);
    assert.deepEqual(words(late.facts), ["not good 5", "good 2", "good 3"]);
  });

  test("the revision goes on from what is kept, also when the statement does not hold now", () => {
    const [first, second] = take(before, good(500, 5));
    const kept = [...(first?.facts ?? []), ...(second?.facts ?? [])];
    assert.deepEqual(words(second?.facts ?? []), ["not good 5", "good 5"]);
    const batches = [before, good(500, 5)].map((samples, i) => ({ seq: i + 1, samples }));
    const memory = rebuildMemory(context, { state: emptyState, seq: 0 }, batches, kept, limits);
    const third = takeSamples(context, memory, { samples: frame(700, { "Production/ActiveRun": 2 }), seq: 3 }, limits);
    assert.deepEqual(words(third.facts), ["start j", "good 5"]);
    assert.equal(third.facts[1]?.revision, 1);
  });
});

describe("a machine whose samples stand for themselves", () => {
  const single: MachineMap = { ...map, frame: "sample" };
  const own = contextOf([single]);

  test("values of one time that come after a checkpoint was taken at that time are not lost", () => {
    const samples = [
      ...started(0, 1, "j"),
      ...good(1000, 1),
      ...good(1000, 2),
      ...good(1000, 3),
      ...good(1500, 3),
      ...good(2000, 4),
      ...good(3000, 5),
    ];
    const late = samples.map((s) => (s.at === instant(origin + 1500) ? 600 : 0));
    const cut = { ...inOrder, sizes: [1], delays: late, limits: { samples: 1, lateMs: 900 } };
    const expected = effective(collectAs(own, samples, inOrder).stated);
    assert.deepEqual(effective(collectAs(own, samples, cut).stated), expected);
    assert.deepEqual(effective(collectAs(own, samples, { ...cut, restarts: [1] }).stated), expected);
  });
});
