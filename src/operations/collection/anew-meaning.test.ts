/** Begun anew: what says what a count is of may have changed in what is lost, so it holds only once it is told again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../base/instant.ts";
import type { FactBody } from "../../record/fact.ts";
import type { ConsumptionRule, CounterType, MachineMap } from "../../record/machine-map.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import { beginAnew } from "./anew.ts";
import { rebuildMemory, startMemory, takeSamples, type MemoryLimits } from "./memory.ts";
import type { KeptSamples } from "./sieve.ts";
import { emptyState } from "./state.ts";
import { contextOf } from "./testing/arrival.ts";
import { named } from "./testing/gap-scene.ts";
import { mouldMap } from "./testing/mould-machine.ts";

const goesOn: CounterType = {
  modulus: null,
  reset: "never",
  baseline: "first",
  drop: "classify",
  stepMax: 1_000,
  because: "It counts for as long as it lives.",
};
const wire: ConsumptionRule = {
  rule: "wire",
  amount: "total",
  material: { from: "item", item: "material" },
  uom: { from: "item", item: "unit", uoms: { mm: "MMT", m: "MTR" } },
  snapshot: null,
  type: goesOn,
};
/** A machine that names the material that lies on it, and its unit. */
const listing: MachineMap = {
  ...named,
  items: Object.fromEntries(["job", "material", "unit", "total"].map((key) => [key, { path: key, history: false }])),
  counters: [],
  consumption: [wire],
};

type Values = Readonly<Record<string, SampleValue>>;
/** Second at which it is received; each value with the second that it bears, where that is another one. */
type Told = readonly [second: number, values: Values, since?: Readonly<Record<string, number>>];

function batchOf([second, values, since = {}]: Told, i: number): KeptSamples {
  const samples = Object.entries(values).map(([item, value]): Sample => ({
    item,
    at: instant((since[item] ?? second) * 1_000),
    receivedAt: instant(second * 1_000),
    status: 0,
    value,
    mark: "",
  }));
  return { seq: i + 1, samples };
}

interface Read {
  /** `what quantity`, of what was read after it was begun anew. */
  readonly counted: readonly string[];
  /** Subjects: whoever asks again asks nothing. */
  readonly asked: readonly string[];
  readonly unread: readonly string[];
}

const large: MemoryLimits = { samples: 1_000, lateMs: 10_000 };

/** Of the first, one cannot be read; the others are read by what is begun anew, and read again from what is kept. */
function readAnew(
  map: MachineMap | readonly MachineMap[],
  first: readonly Told[],
  lost: number,
  then: readonly Told[],
  limits = large,
): Read {
  const context = contextOf([map].flat());
  const all = [...first, ...then].map(batchOf);
  const memory = startMemory({ state: emptyState, seq: 0 });
  const read = all.slice(0, first.length);
  const before = read.flatMap((batch) => takeSamples(context, memory, batch, limits).facts);
  const runs = before.flatMap(({ run, body, eventAt }) =>
    body.kind === "JobStarted" && run !== null
      ? [{ id: run, job: body.job, article: body.article, outside: false, startedAt: eventAt }]
      : [],
  );
  const begun = beginAnew(
    context,
    {
      checkpoint: { state: emptyState, seq: 0 },
      batches: read.filter(({ seq }) => seq !== lost),
      doubtfulUpto: lost,
      position: memory.state.position,
      runs,
      ends: [],
      stations: new Map(),
      stated: before,
      areCountersAsked: false,
    },
    limits,
  );
  const checkpoint = { state: begun.state, seq: first.length };
  const anew = startMemory(checkpoint);
  const rest = all.slice(first.length);
  const taken = rest.map((batch) => takeSamples(context, anew, batch, limits));
  if (anew.older === checkpoint) {
    const again = rebuildMemory(context, checkpoint, rest, [], limits);
    assert.deepEqual(again.state, anew.state, "a restart reads the same");
  }
  return {
    counted: taken.flatMap((one) => one.facts.flatMap(({ body }) => inShort(body))),
    asked: [...new Set(taken.flatMap((one) => one.questions.map(({ subject }) => subject)))],
    unread: taken.flatMap((one) => [
      ...one.setAside.map((aside) => aside.sample.item),
      ...one.overtaken.map(({ sample }) => sample.item),
    ]),
  };
}

function inShort(body: FactBody): readonly string[] {
  if (body.kind !== "UnitsCounted" && body.kind !== "MaterialConsumed") return [];
  const { micro, uom } = body.quantity;
  return [`${body.kind === "UnitsCounted" ? "pieces" : body.material} ${Number(micro) / 1e6} ${uom}`];
}

const cavities = { "Cavity1/Job": "A", "Cavity1/Article": "X", "Cavity1/Open": 2 };
const others = { Granulate: 5, Energy: 7, State: 1 };
const strokes: readonly Told[] = [
  [1, { Strokes: 10, ...others, ...cavities }],
  [2, { Strokes: 12 }],
  [3, { "Cavity1/Open": 1 }],
  [4, { Strokes: 13 }],
];
const more: readonly Told[] = [
  [5, { Strokes: 15 }],
  [6, { Strokes: 18 }],
  [7, { Strokes: 19 }],
];

test("a cavity that was shut in what is lost makes no piece that nobody made: nothing is counted there, and somebody is asked", () => {
  const { counted, asked } = readAnew(mouldMap(), strokes, 3, more);
  assert.deepEqual(counted, []);
  assert.equal(asked.filter((subject) => subject.includes("strokes@1/pieces/")).length, 1);
});

test("it counts again from when the machine says how many are open", () => {
  const { counted } = readAnew(mouldMap(), strokes, 3, [...more, [8, { "Cavity1/Open": 1 }], [9, { Strokes: 24 }]]);
  assert.deepEqual(counted, ["pieces 5 C62"]);
});

/** A session that begins tells of each item what it shows, with the time since when. */
const session: Told = [
  20,
  { Strokes: 19, ...others, ...cavities, "Cavity1/Open": 1 },
  { ...since(1, others), ...since(1, cavities), Strokes: 7, "Cavity1/Open": 3 },
];

function since(second: number, values: Values): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.keys(values).map((item) => [item, second]));
}

const last: Told = [21, { Strokes: 24 }];
/** What a session told when it began long ago, and another gateway tells only now. */
const stale: Told = [20, { Strokes: 10, ...others, ...cavities }, since(1, { Strokes: 10, ...others, ...cavities })];

test("so it does from when a session tells it again, with the time at which it came to be so", () => {
  const { counted, unread } = readAnew(mouldMap(), strokes, 3, [...more, session, last]);
  assert.deepEqual(counted, ["pieces 5 C62"]);
  assert.deepEqual(
    unread.filter((item) => item === "Cavity1/Open"),
    [],
  );
  const [twice, restarted] = [
    readAnew(mouldMap(), strokes, 3, [...more, session, session, last]),
    readAnew(mouldMap(), strokes, 3, [...more, session, last], { samples: 2, lateMs: 1_000 }),
  ];
  assert.deepEqual([twice.counted, restarted.counted], [counted, counted]);
});

test("anything else that old need not be what it shows now: a late value, what another gateway tells again", () => {
  const late: Told = [20, { "Cavity1/Open": 2, "Cavity1/Job": "A" }, since(1, cavities)];
  for (const told of [late, stale]) {
    for (const then of [
      [...more, told, last],
      [told, ...more, last],
    ]) {
      const { counted, unread } = readAnew(mouldMap(), strokes, 3, then);
      assert.deepEqual(counted, []);
      assert.ok(unread.includes("Cavity1/Open"), "it is named");
    }
  }
  assert.deepEqual(readAnew(mouldMap(), strokes, 3, [...more, session, stale, last]).counted, ["pieces 5 C62"]);
});

test("a session that another gateway saw begin before the machine said what holds now says nothing", () => {
  const shut: Told = [8, { "Cavity1/Open": 0 }];
  const before: Told = [20, session[1], { ...session[2] }];
  assert.deepEqual(readAnew(mouldMap(), strokes, 3, [...more, shut, before, last]).counted, []);
});

test("what is read behind the damage, and is older than the newest that was read, may have been overtaken in it", () => {
  const late: Told = [4, { "Cavity1/Open": 3 }, { "Cavity1/Open": 2 }];
  const { counted, asked } = readAnew(mouldMap(), [...strokes.slice(0, 3), late, [4.5, { Strokes: 13 }]], 3, more);
  assert.deepEqual(counted, []);
  assert.ok(asked.some((subject) => subject.includes("strokes@1/pieces/")));
});

test("an item that the next version of the map names otherwise is given up by the name that it has now", () => {
  const now = mouldMap();
  const open = now.items["open"];
  assert.ok(open);
  const next = {
    ...now,
    version: 2,
    validFrom: instant(1e12),
    items: { ...now.items, open: { ...open, path: "Cavity{cavity}/Mounted" } },
  };
  assert.deepEqual(readAnew([now, next], strokes, 3, more).counted, []);
});

const list: readonly Told[] = [
  [1, { job: "A", material: "RED", unit: "m", total: 5 }],
  [2, { total: 7 }],
  [3, { material: "BLUE" }],
  [4, { total: 8 }],
];
/** So many places, each with a material of its own. */
const placesMap: MachineMap = {
  ...listing,
  items: {
    ...listing.items,
    placed: { path: "Place{place}/Material", history: false },
    shown: { path: "Place{place}/Total", history: false },
  },
  consumption: [
    wire,
    {
      ...wire,
      rule: "placed",
      amount: "shown",
      material: { from: "item", item: "placed" },
      uom: { from: "fixed", uom: "MTR" },
    },
  ],
};

const used: readonly Told[] = [
  [5, { total: 9 }],
  [6, { total: 12 }],
];

test("places that are told again at once hold from one time on: what changes just after that holds", () => {
  const places = Array.from({ length: 60 }, (_, i) => i + 1);
  const whole = Object.fromEntries(
    places.flatMap((place) => [[`Place${place}/Material`, "RED"] as const, [`Place${place}/Total`, 1] as const]),
  );
  const first: Told = [1, { ...list[0]?.[1], ...whole }];
  const again: Told = [20, { ...first[1], total: 7 }, { ...since(1, first[1]), total: 20 }];
  const then: readonly Told[] = [
    again,
    [20.03, { "Place60/Material": "BLUE" }],
    [21, { "Place60/Total": 3 }],
    [22, { "Place60/Total": 5 }],
  ];
  assert.deepEqual(readAnew(placesMap, [first, [2, { total: 6 }], [3, { total: 7 }]], 3, then).counted, ["BLUE 2 MTR"]);
});

test("a material that was changed in what is lost is not counted as the one before, and somebody is asked", () => {
  const { counted, asked } = readAnew(listing, list, 3, used);
  assert.deepEqual(counted, []);
  assert.deepEqual(asked, ["m1/wire/material/4000"]);
});

test("nor in the unit of before, and it is counted from when a session tells both again", () => {
  const told: Told = [
    20,
    { job: "A", material: "BLUE", unit: "mm", total: 12 },
    { job: 1, material: 3, unit: 3, total: 6 },
  ];
  const then: readonly Told[] = [...used, told, [21, { total: 13 }], [22, { total: 20 }]];
  const changed: readonly Told[] = [...list.slice(0, 2), [3, { material: "BLUE", unit: "mm" }], ...list.slice(3)];
  const { counted, asked } = readAnew(listing, changed, 3, then);
  assert.deepEqual(counted, ["BLUE 7 MMT"]);
  const [first, second, ...others] = asked;
  assert.deepEqual([first, second?.startsWith("m1/wire:BLUE/"), others], ["m1/wire/material/4000", true, []]);
});

test("an amount that had not changed when the run began is where its counter stood, not what the run has used", () => {
  const map: MachineMap = {
    ...placesMap,
    items: { ...placesMap.items, list: { path: "list", history: false } },
    consumption: [
      {
        ...wire,
        amount: "shown",
        material: { from: "item", item: "placed" },
        uom: { from: "fixed", uom: "MTR" },
        snapshot: "list",
        type: { ...goesOn, reset: "per-run", drop: "stale" },
      },
    ],
  };
  const first: readonly Told[] = [
    [
      1,
      { job: "A", list: 1, "Place1/Material": "RED", "Place1/Total": 5, "Place2/Material": "BLUE", "Place2/Total": 7 },
    ],
    [2, { list: 2, "Place1/Total": 6 }],
    [3, { list: 3, "Place1/Total": 7 }],
  ];
  const then: readonly Told[] = [
    [4, { "Place1/Material": "RED", "Place2/Material": "BLUE" }],
    [5, { job: "B", list: 4, "Place1/Total": 3 }],
    [6, { list: 5, "Place1/Total": 5, "Place2/Total": 9 }],
    [7, { list: 6, "Place2/Total": 12 }],
  ];
  const { counted, asked } = readAnew(map, first, 3, then);
  assert.deepEqual(counted, ["RED 2 MTR", "BLUE 3 MTR"]);
  assert.equal(asked.filter((subject) => subject.startsWith("m1/wire:BLUE/")).length, 1);
});
