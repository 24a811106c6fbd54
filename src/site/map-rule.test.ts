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
  ["bits: 16,", "bits: 64,", /`bits` is 64; write 4 to 48/],
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
