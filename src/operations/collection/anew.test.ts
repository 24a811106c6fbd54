/** What is begun anew keeps what was read of the ends of runs; what nobody can tell of them is asked. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../base/instant.ts";
import type { Fact } from "../../record/fact.ts";
import type { SampleValue } from "../../record/sample.ts";
import { beginAnew, type BegunAnew } from "./anew.ts";
import { startMemory, takeSamples } from "./memory.ts";
import type { KeptSamples } from "./sieve.ts";
import { emptyState } from "./state.ts";
import { contextOf } from "./testing/arrival.ts";
import { numbered, samplesOf } from "./testing/gap-scene.ts";
import { heldPieces } from "./testing/held-pieces.ts";

const context = contextOf([numbered]);
const limits = { samples: 1_000, lateMs: 10_000 };
type Batch = Omit<KeptSamples, "seq">;

function said(second: number, values: Readonly<Record<string, SampleValue>>): Batch {
  return { samples: samplesOf(second, values) };
}

interface Read {
  readonly begun: BegunAnew;
  readonly before: readonly Fact[];
  /** Before it was begun anew. */
  readonly askedBefore: readonly string[];
  readonly facts: readonly Fact[];
  readonly asked: readonly string[];
  readonly texts: readonly string[];
  /** Of runs about whose last counts somebody is asked. */
  readonly about: readonly (string | null | undefined)[];
  /** Items of which a value is named as not read. */
  readonly unread: readonly string[];
  /** Items of which a value is named as not read, unless it is found in what is kept. */
  readonly overtaken: readonly string[];
}

/** Reads the first batches, loses some of them, begins anew and reads the others. */
function readAnew(first: readonly Batch[], lost: readonly number[], then: readonly Batch[], isAsked = false): Read {
  const kept = first.map((batch, i) => ({ ...batch, seq: i + 1 }));
  const memory = startMemory({ state: emptyState, seq: 0 });
  const known = kept.map((batch) => takeSamples(context, memory, batch, limits));
  const before = known.flatMap(({ facts }) => facts);
  const ended = new Set(before.flatMap(({ run, body }) => (body.kind === "JobEnded" ? [run] : [])));
  const runs = before.flatMap(({ run, body, eventAt }) =>
    body.kind === "JobStarted" && run !== null && !ended.has(run)
      ? [{ id: run, job: body.job, article: body.article, outside: body.outside, startedAt: eventAt }]
      : [],
  );
  const jobs = new Map(before.flatMap(({ run, body }) => (body.kind === "JobStarted" ? [[run, body.job]] : [])));
  const ends = before.flatMap(({ run, body, eventAt }) =>
    body.kind === "JobEnded" && run !== null ? [{ id: run, job: jobs.get(run) ?? "", endedAt: eventAt }] : [],
  );
  const begun = beginAnew(
    context,
    {
      checkpoint: { state: emptyState, seq: 0 },
      batches: kept.filter(({ seq }) => !lost.includes(seq)),
      doubtfulUpto: Math.max(...lost),
      position: memory.state.position,
      runs,
      ends,
      stations: new Map(),
      stated: before,
      areCountersAsked: isAsked,
    },
    limits,
  );
  const anew = startMemory({ state: begun.state, seq: kept.length });
  const taken = then.map((batch, i) => takeSamples(context, anew, { ...batch, seq: kept.length + i + 1 }, limits));
  const questions = taken.flatMap((one) => one.questions);
  return {
    begun,
    before,
    askedBefore: known.flatMap((one) => one.questions.map(({ subject }) => subject)),
    facts: taken.flatMap((one) => one.facts),
    asked: questions.map(({ subject }) => subject),
    texts: questions.map(({ text }) => text),
    about: questions.map(({ about }) => about?.run),
    unread: taken.flatMap((one) => one.setAside.map(({ sample }) => sample.item)),
    overtaken: taken.flatMap((one) => one.overtaken.map(({ sample }) => sample.item)),
  };
}

/** The machine is in its first run, which it says at last to have ended. */
const first = [
  said(1, { run: 1, job: "A", good: 1, ended: 0, endedRun: 0 }),
  said(5, { good: 2 }),
  said(8, { good: 3 }),
  said(10, { ended: 1, endedRun: 1, result: "done" }),
];
const next = [said(90, { run: 2, job: "B", good: 0 }), said(100, { good: 3 })];

for (const isAsked of [false, true]) {
  test(`an end that was announced is one, counters asked about: ${isAsked}`, () => {
    const { before, facts, begun } = readAnew(first, [2], next, isAsked);
    const ends = facts.filter(({ body }) => body.kind === "JobEnded").map(({ run }) => run);
    assert.deepEqual(ends, [before[0]?.run]);
    assert.equal(begun.state.runs["1"]?.counters["good"] === undefined, isAsked, "what was counted is given up");
  });
}

test("an end that may have been announced in what is lost is asked about, once the machine goes on", () => {
  const { before, asked } = readAnew(first, [1, 2, 3, 4], next);
  assert.ok(asked.some((subject) => subject.endsWith(`run/${before[0]?.run}/unheard-end`)));
  const heard = readAnew(first, [1, 2, 3], next);
  assert.deepEqual(
    heard.asked.filter((subject) => subject.endsWith("unheard-end")),
    [],
    "nobody where it was heard",
  );
});

test("a machine that says only what is another than before goes on with the job of the run in which it was", () => {
  const all = [...first, ...next];
  const begun = (then: Batch): readonly string[] =>
    readAnew(all, [1, 2, 3, 4, 5, 6], [then]).facts.flatMap(({ body }) =>
      body.kind === "JobStarted" ? [`${body.job} ${body.outside}`] : [],
    );
  assert.deepEqual(begun(said(110, { run: 3, good: 0 })), ["B false"]);
  assert.deepEqual(begun(said(110, { run: 0 })), ["B true"]);
  assert.deepEqual(begun(said(110, { run: 3, job: "C", good: 0 })), ["C false"]);
  assert.deepEqual(begun(said(110, { run: 0, job: "" })), []);
});

test("so it does where only its last count was given up, and it was in that run before", () => {
  const outside = readAnew([...first, ...next], [6], [said(110, { run: 0 }), said(120, { good: 4 })]);
  assert.deepEqual(
    outside.facts.flatMap(({ body }) => (body.kind === "JobStarted" ? [`${body.job} ${body.outside}`] : [])),
    ["B true"],
  );
});

test("what it had named before the damage is not the job of the next run, where it was in none any more", () => {
  const left = [...first, said(20, { run: 0, job: "" })];
  const begun = ({ facts }: Read): readonly string[] =>
    facts.flatMap(({ body }) => (body.kind === "JobStarted" ? [body.job] : []));
  assert.deepEqual(begun(readAnew(left, [5], [said(110, { run: 2, good: 0 })])), [""]);
  assert.deepEqual(begun(readAnew(left, [5], [said(105, { job: "C" }), said(110, { run: 2, good: 0 })])), ["C"]);
  assert.deepEqual(
    begun(readAnew(left, [4], [said(110, { run: 2, good: 0 })])),
    [""],
    "it has said so behind the damage",
  );
});

test("work outside every run goes on until the machine names something else", () => {
  const left = [...first, said(20, { run: 0 }), said(25, { good: 4 })];
  const heard = [said(26, { run: 0 }), said(110, { good: 6 }), said(111, { good: 8 })];
  for (const then of [[said(120, { job: "" })], [said(120, { job: "B" })]]) {
    const { before, facts } = readAnew([...left, ...heard.slice(0, 1)], [6], [...heard.slice(1), ...then]);
    const outside = before.findLast(({ body }) => body.kind === "JobStarted")?.run;
    const ends = facts.filter(({ body }) => body.kind === "JobEnded");
    assert.deepEqual(
      ends.map(({ run, eventAt }) => [run, eventAt]),
      [[outside, instant(120_000)]],
    );
    assert.equal(piecesOf(facts.filter(({ run }) => run === outside)), 2);
  }
});

test("a run that a session tells again behind the damage is the one that was begun last", () => {
  const session = said(9, { ended: 0, endedRun: 0 });
  const again = said(1, { run: 1, job: "A" });
  const told = { samples: [...again.samples, ...session.samples] };
  const { before, facts, asked } = readAnew(
    [...first.slice(0, 3), told],
    [3],
    [said(11, { good: 6 }), said(12, { good: 8 })],
  );
  const counted = facts.filter(({ body }) => body.kind === "UnitsCounted");
  assert.deepEqual(
    counted.map(({ run }) => run),
    [before[0]?.run],
  );
  assert.equal(asked.filter((subject) => subject.startsWith("m1/good/")).length, 1);
});

function piecesOf(facts: readonly Fact[]): number {
  return Number(heldPieces(facts)) / 1e6;
}

test("a run whose number was held up over the damage is not begun by its job alone: somebody is asked about it", () => {
  const heard = [
    said(1, { run: 1, job: "A", good: 1, ended: 0, endedRun: 0, result: "" }),
    said(5, { ended: 1, endedRun: 1, result: "done" }),
    said(6, { run: 0, job: "" }),
    said(30, { good: 2 }),
  ];
  const ended = { ended: 2, endedRun: 2, result: "done" };
  const began = [...samplesOf(20, { run: 2, job: "B" }), ...samplesOf(50, { good: 5 })];
  const session = { samples: [...began, ...samplesOf(40, ended)] };
  const then = [said(60, { run: 0 }), said(70, { good: 8 }), said(80, { job: "" })];
  const outside = [
    ["JobStarted", 60_000],
    ["UnitsCounted", 70_000],
    ["JobEnded", 80_000],
  ];
  const inLost = readAnew([...heard, said(40, ended)], [5], [session, ...then]);
  assert.deepEqual(
    inLost.facts.map(({ body, eventAt }) => [body.kind, eventAt]),
    outside,
    "outside every run, from when the machine has said that it is in none",
  );
  assert.ok(inLost.overtaken.includes("run"), "its number is named");
  assert.deepEqual(inLost.askedBefore, ["m1/unheard-run/40000"]);
  const unended = { samples: [...began, ...samplesOf(5, { ended: 1, endedRun: 1, result: "done" })] };
  const later = readAnew(heard, [4], [unended, said(55, ended), ...then]);
  assert.deepEqual(
    later.facts.map(({ body, eventAt }) => [body.kind, eventAt]),
    outside,
  );
  assert.ok(later.asked.includes("m1/unheard-run/55000"));
});

test("a value that came late behind the damage is not what its counter was counted up to in what is lost", () => {
  const all = [
    said(1, { run: 1, job: "A", good: 1, ended: 0, endedRun: 0 }),
    said(20, { good: 8 }),
    said(10, { good: 5 }),
  ];
  const then = [said(100, { good: 10 }), said(110, { good: 12 })];
  const { before, facts, asked } = readAnew(all, [2], then);
  assert.deepEqual([piecesOf(before), piecesOf(facts)], [8, 2]);
  assert.equal(asked.filter((subject) => subject.startsWith("m1/good/")).length, 1);
  // Nothing later was counted in what is lost: it goes on from there.
  const known = readAnew([...all, said(25, { good: 9 })], [2], then);
  assert.deepEqual([piecesOf(known.before), piecesOf(known.facts), known.asked], [9, 3, []]);
});

test("nor of a run that was begun after it in what is lost", () => {
  const all = [
    said(1, { run: 1, job: "A", good: 1, ended: 0, endedRun: 0 }),
    said(20, { run: 2, job: "B", good: 0, ended: 1, endedRun: 1 }),
    said(10, { good: 5 }),
  ];
  const { facts, asked } = readAnew(all, [2], [said(100, { good: 8 }), said(110, { good: 9 })]);
  assert.equal(piecesOf(facts), 1);
  assert.equal(asked.filter((subject) => subject.startsWith("m1/good/")).length, 1);
});

const farOff = 7_000_001;
const unnumbered = [
  said(1, { run: farOff, job: "A", good: 1, ended: 3, endedRun: 7_000_000 }),
  said(5, { good: 5 }),
  said(8, { good: 8 }),
];

test("a run whose number nobody can tell is the one that the machine names: it is not begun once more", () => {
  const then = [
    said(90, { good: 10 }),
    said(100, { run: farOff, job: "A", good: 12 }),
    said(110, { good: 14 }),
    said(120, { run: farOff + 1, job: "B", good: 0, ended: 4, endedRun: farOff }),
  ];
  const { begun, before, facts, asked } = readAnew(unnumbered, [1, 2, 3], then);
  const run = before[0]?.run;
  assert.deepEqual(
    begun.unnamed.map(({ id }) => id),
    [run],
  );
  const said_ = facts.map(({ run: of, body }) => [body.kind, of === run]);
  assert.deepEqual(said_, [
    ["UnitsCounted", true],
    ["JobStarted", false],
    ["JobEnded", true],
  ]);
  assert.deepEqual([piecesOf(before), piecesOf(facts)], [8, 2]);
  assert.deepEqual(
    asked.map((subject) => subject.split("/").slice(0, 3).join("/")),
    [`m1/good/${run}`],
    "what its counter shows first there is asked about",
  );
});

test("it has ended when the machine says so, and another number is another run", () => {
  const then = [
    said(100, { run: farOff + 2, job: "A", good: 3 }),
    said(110, { ended: 5, endedRun: farOff }),
    said(120, { ended: 6, endedRun: farOff + 2 }),
  ];
  const { before, facts, asked } = readAnew(unnumbered, [1, 2, 3], then);
  assert.deepEqual(
    facts.map(({ run, body }) => [body.kind, run === before[0]?.run]),
    [
      ["JobStarted", false],
      ["UnitsCounted", false],
      ["JobEnded", true],
    ],
  );
  assert.deepEqual(asked, [], "nobody has to be asked about a run that is heard to end");
});

test("where counters stood when work outside every run begins was given up: what they show first there is asked about", () => {
  const outside = [said(110, { run: 0 }), said(111, { good: 4 }), said(112, { good: 6 })];
  const { facts, asked } = readAnew([...first, ...next], [1, 2, 3, 4, 5, 6], outside);
  const counted = facts.flatMap(({ body }) =>
    body.kind === "UnitsCounted" ? [Number(body.quantity.micro) / 1e6] : [],
  );
  assert.deepEqual(counted, [2]);
  assert.equal(asked.filter((subject) => subject.startsWith("m1/good/")).length, 1);
});

test("no question about last counts names a run that is not on record", () => {
  const marked = (mark: Batch["gaps"]): Batch => ({ samples: [], ...(mark && { gaps: mark }) });
  const cut = { cause: "cut", filled: false } as const;
  const all = [
    said(1, { run: 1, job: "A", good: 1 }),
    said(5, { run: 2, job: "B", good: 0, ended: 1, endedRun: 1 }),
    said(6, { run: 2, job: "B", good: 4 }),
    marked([{ state: "opened", at: instant(6_000), ...cut }]),
    said(60, { run: 3, job: "C", good: 0, ended: 2, endedRun: 2 }),
    said(61, { good: 1 }),
  ];
  const until = instant(60_000);
  const missing = { from: instant(6_000), items: { run: until, job: until, good: until } };
  const closed = [marked([{ state: "closed", at: until, ...cut, missing }])];
  for (const lost of [[2], [1, 2]]) {
    const { before, about } = readAnew(all, lost, closed);
    const known = new Set(before.map(({ run }) => run));
    assert.equal(about.length, 1);
    assert.ok(
      about.every((run) => typeof run === "string" && known.has(run)),
      `lost ${lost.join()}`,
    );
  }
});

test("what was read before, and is told again, is not named as unread, whatever was given up", () => {
  const told = first.flatMap(({ samples }) => samples);
  for (const lost of [[2], [3], [4]]) assert.deepEqual(readAnew(first, lost, [{ samples: told }]).unread, []);
});

test("ends that are missed only because they were heard in what is lost are asked about no more, and hide no later doubt", () => {
  const all = [
    said(1, { run: 1, job: "A", good: 1, ended: 0, endedRun: 0 }),
    said(10, { run: 2, job: "B", good: 0 }),
    said(20, { ended: 1, endedRun: 2, run: 3, job: "C" }),
    said(22, { ended: 2, endedRun: 3, run: 4, job: "D" }),
    said(40, { good: 3 }),
    said(41, { good: 4 }),
  ];
  const { begun, asked } = readAnew(all, [3, 5], [said(100, { good: 8 })]);
  assert.deepEqual([begun.state.passing, asked.filter((subject) => subject.includes("unheard"))], [undefined, []]);
});

test("of runs that may have been heard to end in what is lost it is said that they may be stated", () => {
  const all = [
    said(1, { run: 1, job: "A", good: 1, ended: 0, endedRun: 0 }),
    said(10, { run: 2, job: "B", good: 0, ended: 1, endedRun: 1 }),
    said(20, { run: 3, job: "C", good: 0, ended: 2, endedRun: 2 }),
    said(30, { good: 3 }),
  ];
  const end = (second: number, number: number): Batch =>
    said(second, { run: number + 1, job: "D", good: 0, ended: number, endedRun: number });
  const unheard = ({ texts }: Read): readonly string[] => texts.filter((text) => text.includes("nobody has heard"));
  const [first_] = unheard(readAnew(all, [2, 3], [end(100, 3)]));
  assert.match(first_ ?? "", /given up/);
  const [, later] = unheard(readAnew(all, [2, 3], [end(100, 3), said(110, { ended: 5, endedRun: 7 })]));
  assert.doesNotMatch(later ?? "given up", /given up/, "what it has said since is known");
});
