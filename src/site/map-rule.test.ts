/** Rules of a map that the example does not use: setpoints, runs by job, rollover, placeholders and fixed materials. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { unwrap } from "../base/result.ts";
import type { MachineMap } from "../record/machine-map.ts";
import { formatFinding } from "./finding.ts";
import { checkSite } from "./load.ts";
import { durationMs } from "./map-build.ts";
import { example, mapYaml, rules } from "./testing/example.ts";

const because = "because: This sentence is long enough to be one.";
const base = `
name: komax-alpha-565
version: 3
validFrom: "2025-01-01T00:00:00Z"
frame: sample
clock: { trust: gateway, late: 2min }
items:
  job: { path: Job }
  strokes: { path: Strokes }
  length: { path: "Axis{axis}/Length" }
  used: { path: "Feed/{material}/Used" }
  speed: { path: Recipe/Speed }
  mode: { path: Recipe/Mode }
run: { by: job, job: job }
counters:
  - { rule: strokes, item: strokes, grade: good, uom: C62, bits: 16, reset: manual, baseline: first, drop: classify, stepMax: 500, ${because} }
consumption:
  - { rule: feed, amount: used, material: { placeholder: material }, uom: { fixed: KGM }, max: 99999, reset: never, baseline: first, drop: classify, stepMax: 50, ${because} }
  - { rule: film, amount: length, material: { fixed: FILM-1 }, uom: { fixed: MTR }, reset: never, baseline: first, drop: stale, stepMax: 9, ${because} }
job:
  jobOrderId: request.reference.number
  job: segment.id
  setup:
    speed: { value: segment.parameters.speed, tolerance: 0.5 }
    mode: { value: '"auto"' }
  apply: { object: Recipe, method: Apply }
`;

function findingsOf(text: string): readonly string[] {
  return checkSite(new Map([...example, [mapYaml, text]]), rules).findings.map(formatFinding);
}

function mapOf(text: string): MachineMap {
  const map = unwrap(checkSite(new Map([...example, [mapYaml, text]]), rules).site).mapOf("A565-0026");
  assert.ok(map);
  return map;
}

test("a rule of consumption cannot have the name under which use by bill is stated", () => {
  for (const name of ["bill", "corrected"])
    assert.match(
      findingsOf(base.replace("rule: feed", `rule: ${name}`)).join("\n"),
      /use by an order's bill is stated/,
    );
});

test("every form of a rule becomes what collection reads", () => {
  const map = mapOf(base);
  assert.deepEqual(map.clock, { trust: "gateway", mode: "live", lateMs: 120_000 });
  assert.deepEqual(map.run, { by: "job", job: "job", article: null });
  assert.equal(map.counters[0]?.type.modulus, 65_536);
  const [feed, film] = map.consumption;
  assert.deepEqual(
    [feed?.material, feed?.uom, feed?.type.modulus],
    [{ from: "placeholder", placeholder: "material" }, { from: "fixed", uom: "KGM" }, 100_000],
  );
  assert.deepEqual(
    [film?.material, film?.snapshot, film?.type.modulus],
    [{ from: "fixed", material: "FILM-1" }, null, null],
  );
  assert.deepEqual([map.state, map.energy, map.alarm], [null, null, null]);
  assert.deepEqual(map.job, {
    jobOrderId: "request.reference.number",
    job: "segment.id",
    article: null,
    jobControl: null,
    setup: { speed: { value: "segment.parameters.speed", tolerance: 0.5 }, mode: { value: '"auto"', tolerance: 0 } },
    apply: { object: "Recipe", method: "Apply" },
  });
});

test("durations are read in every unit", () => {
  assert.deepEqual(["500ms", "10s", "5min", "2h", "1d"].map(durationMs), [500, 10_000, 300_000, 7_200_000, 86_400_000]);
});

const mistakes: readonly (readonly [from: string, to: string, message: RegExp])[] = [
  ["run: { by: job, job: job }\n", "", /`job` needs a `run`/],
  ["reset: manual, baseline: first", "reset: per-run, baseline: zero", /^$/],
  [
    "reset: manual, baseline: first",
    "reset: manual, baseline: zero",
    /with `reset: manual` the count does not start from zero/,
  ],
  ["bits: 16,", "bits: 16, max: 65535,", /write one of them/],
  ["bits: 16,", "bits: 65,", /`bits` is 65; write 4 to 64/],
  ["bits: 16,", "max: 9007199254740990,", /cannot be counted exactly; write at most 9007199253, or `bits`/],
  ["stepMax: 500", "stepMax: 9000000001", /write at most 9000000000/],
  ["stepMax: 500", "stepMax: 65536", /more than the whole range of 65536/],
  [
    "reset: manual, baseline: first, drop: classify",
    "reset: manual, baseline: first, drop: stale",
    /rolls over can fall by itself|taken for stale/,
  ],
  [
    "reset: never, baseline: first, drop: stale",
    "reset: manual, baseline: first, drop: stale",
    /every value would be taken for stale/,
  ],
  ["{ placeholder: material }", "{ item: length }", /placeholder \{axis\}, but amount used has only \{material\}/],
  ["{ fixed: FILM-1 }", "{ placeholder: feed }", /no placeholder \{feed\}; write axis/],
  ["{ fixed: MTR }", "{ item: mode, uoms: {} }", /`uoms` is empty/],
  ["{ fixed: MTR }", "{ fixed: SEC }", /SEC is a unit of time/],
  ["{ fixed: MTR }", "{ fixed: metre }", /did you mean MTR\?/],
  ["grade: good, uom: C62", "grade: good, uom: 4H0", /"4H0" is no known/],
  ["    speed: {", "    speeed: {", /no item speeed \(did you mean speed\?\)/],
  ["    speed: {", "    length: {", /a setpoint needs one item/],
  ["tolerance: 0.5", "tolerance: -1", /write 0 or more/],
  ["value: segment.parameters.speed", "value: segment.(parameters", /cannot be read at its end/],
  ["value: segment.parameters.speed", "value: ' '", /the expression is empty/],
  ["object: Recipe,", 'object: "Recipe{n}",', /has a placeholder; write one path/],
  [
    "  setup:\n    speed: { value: segment.parameters.speed, tolerance: 0.5 }\n    mode: { value: '\"auto\"' }\n",
    "",
    /nothing to apply/,
  ],
  ["  job: segment.id\n", "  job: segment.id\n  article: request.material\n", /the article is never compared/],
  ['"Axis{axis}/Length"', '"Axis{axis}{n}/Length"', /two placeholders side by side/],
  ['"Axis{axis}/Length"', '"Axis{axis}/{axis}"', /names a placeholder twice/],
  ['"Axis{axis}/Length"', '"Axis{}/Length"', /has the placeholder \{\}; write a name/],
  ["path: Job }", 'path: " Job" }', /has blanks around it/],
  ["path: Job }", 'path: "" }', /is empty/],
];

for (const [from, to, message] of mistakes) {
  test(`${from.trim().split("\n")[0]} → ${to.trim().split("\n")[0] || "nothing"}`, () => {
    assert.ok(base.includes(from), from);
    const found = findingsOf(base.replace(from, () => to));
    assert.match(found.join("\n"), message);
  });
}

test("items that are read together have the same history", () => {
  const text = base
    .replace("job: { path: Job }", "job: { path: Job, history: true }")
    .replace("run: { by: job, job: job }", "run: { by: job, job: job, article: mode }");
  assert.match(findingsOf(text).join(), /mode has no history and the others have.*rule run/);
});

test("packing is a counter with a handling unit; it stands beside the counters of pieces", () => {
  const packing = `packing: { item: strokes, handlingUnit: mode, uom: C62, bits: 16, reset: never, baseline: first, drop: classify, stepMax: 9, ${because} }\n`;
  const { packing: rule } = mapOf(base + packing);
  assert.deepEqual([rule?.rule, rule?.item, rule?.handlingUnit, rule?.uom], ["packing", "strokes", "mode", "C62"]);
  assert.equal(rule?.type.modulus, 65_536);
  const wrong: readonly (readonly [from: string, to: string, says: RegExp])[] = [
    ["item: strokes", "item: stroke", /stroke/],
    ["handlingUnit: mode", "handlingUnit: box", /box/],
    ["handlingUnit: mode", "handlingUnit: length", /placeholder/],
    ["uom: C62", "uom: KWH", /KWH is a unit of energy/],
    ["{ item", "{ rule: strokes, item", /another rule is called strokes/],
    ["drop: classify", "drop: stale", /drop/],
  ];
  for (const [from, to, says] of wrong) {
    const findings = findingsOf(base + packing.replace(from, to));
    assert.ok(
      findings.some((finding) => says.test(finding)),
      `${to}: ${findings.join("\n")}`,
    );
  }
});

const stationed = `
name: komax-alpha-565
version: 3
validFrom: "2025-01-01T00:00:00Z"
frame: source-time
clock: { trust: device, late: 2min }
items:
  job: { path: "Cavity{cavity}/Job" }
  article: { path: "Cavity{cavity}/Article" }
  open: { path: "Cavity{cavity}/Open", history: true }
  rejects: { path: "Cavity{cavity}/Rejects" }
  strokes: { path: Strokes, history: true }
  used: { path: Granulate, history: true }
  feed: { path: "Cavity{cavity}/Feed{material}/Used" }
  energy: { path: Energy, history: true }
  packed: { path: "Cavity{cavity}/Packed" }
  box: { path: Box }
  slot: { path: "Slot{slot}/Count" }
  print: { path: Print }
run: { by: job, job: job, article: article }
stations:
  pieces: { item: open }
  shares: { 1: "1/3", 2: "2/3" }
  because: The tool has two cavities, and the controller says how many of them are open.
counters:
  - { rule: strokes, item: strokes, grade: good, uom: C62, bits: 16, reset: manual, baseline: first, drop: classify, stepMax: 500, ${because} }
  - { rule: rejects, item: rejects, grade: scrap, uom: C62, reset: per-run, baseline: zero, drop: classify, stepMax: 500, ${because} }
consumption:
  - { rule: used, amount: used, material: { fixed: PA6 }, uom: { fixed: KGM }, reset: never, baseline: first, drop: classify, stepMax: 50, ${because} }
  - { rule: feed, amount: feed, material: { placeholder: material }, uom: { fixed: KGM }, reset: never, baseline: first, drop: classify, stepMax: 50, ${because} }
energy: { item: energy, uom: KWH, reset: never, baseline: first, drop: stale, stepMax: 9, ${because} }
packing: { item: packed, handlingUnit: box, uom: C62, reset: never, baseline: first, drop: classify, stepMax: 9, ${because} }
`;

test("stations: the placeholder of the job, and how what is counted for all of them is allotted", () => {
  const map = mapOf(stationed);
  assert.deepEqual(map.stations, {
    pieces: { from: "item", item: "open" },
    shares: { "1": { numerator: 1, denominator: 3 }, "2": { numerator: 2, denominator: 3 } },
    because: "The tool has two cavities, and the controller says how many of them are open.",
  });
  const fixed = mapOf(stationed.replace("{ item: open }", "{ fixed: 2 }").replace(/  shares:.*\n/, ""));
  assert.deepEqual([fixed.stations?.pieces, fixed.stations?.shares], [{ from: "fixed", pieces: 2 }, {}]);
});

const stationMistakes: readonly (readonly [from: string, to: string, message: RegExp])[] = [
  [
    '"Cavity{cavity}/Job"',
    '"Cavity{cavity}/Slot{slot}/Job"',
    /:20:22: the path of job has the placeholders \{cavity\}, \{slot\}; write one: its values are/,
  ],
  ['"Cavity{cavity}/Job"', "Job", /no station is named: write a placeholder in the path of the item in run.job/],
  [
    "run: { by: job, job: job, article: article }",
    "run: { by: number, number: box, none: 0, job: box, ended: { count: print, number: print, result: print } }",
    /runs with a number have no stations/,
  ],
  ['"Cavity{cavity}/Article"', "Article", /:20:36: item article has one value and the unit a job in each \{cavity\}/],
  ["  pieces: { item: open }", "  pieces: { item: opened }", /no item opened \(did you mean open\?\)/],
  ["  pieces: { item: open }", "  pieces: { item: print }", /print has one value; write an item with \{cavity\}/],
  ["  pieces: { item: open }", "  pieces: { fixed: 1.5 }", /whole number/],
  ["  pieces: { item: open }", "  pieces: { fixed: 0 }", /whole number|at least|pieces/],
  ['"Cavity{cavity}/Open", history: true', '"Cavity{cavity}/Open"', /open has no history and the others have/],
  ['1: "1/3"', '1: "4/3"', /4\/3 is more than all of a count/],
  ['1: "1/3"', '1: "1/0"', /write a share as whole number or fraction/],
  ['1: "1/3"', "1: 0.3", /write a share in quotes/],
  ['1: "1/3", 2: "2/3"', '1: "1/999983", 2: "1/999979"', /no common denominator/],
  ["  because: The tool", "  # because: The tool", /`because`/],
  [/stations:\n.*\n.*\n.*\n/.exec(stationed)?.[0] ?? "", "", /strokes is counted for the whole unit.*write `stations`/],
  [
    "reset: manual, baseline: first",
    "reset: per-run, baseline: zero",
    /cannot start again with the run of one \{cavity\}/,
  ],
  ["item: rejects", "item: slot", /an item with one value, or with one for each \{cavity\}/],
  ["{ item: packed", "{ item: print", /which job the packed pieces are of/],
  ["amount: used,", "amount: used, snapshot: rejects,", /rejects tells when one \{cavity\} is read, but amount used/],
  ["energy: { item: energy", "energy: { item: slot", /item slot has a placeholder/],
  [
    /counters:\n.*\n.*\n/.exec(stationed)?.[0] ?? "",
    "counting: person\n",
    /nobody can tell which of its jobs a person counts for/,
  ],
];

for (const [from, to, message] of stationMistakes) {
  test(`stations: ${from.trim().split("\n")[0]} → ${to.trim().split("\n")[0] || "nothing"}`, () => {
    assert.ok(from !== "" && stationed.includes(from), from);
    const found = findingsOf(stationed.replace(from, () => to));
    assert.match(found.join("\n"), message);
    assert.ok(
      found.every((finding) => /^maps\/\S+:\d+:\d+: /.test(finding)),
      found.join("\n"),
    );
  });
}

test("stations in which everything is counted by itself need no allotment, and must not have one", () => {
  const own = stationed
    .replace(/  - \{ rule: strokes.*\n/, "")
    .replace(/  - \{ rule: used.*\n/, "")
    .replace(/energy: \{ item.*\n/, "");
  assert.match(findingsOf(own).join("\n"), /nothing is left to be allotted; remove `stations`/);
  assert.deepEqual(findingsOf(own.replace(/stations:\n.*\n.*\n.*\n/, "")), []);
});
