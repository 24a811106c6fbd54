/** Whatever a machine calls its nodes and holds in them: the draft of its map is one that `check` accepts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../base/testing/chance.ts";
import { draftMap, type DraftItem } from "./draft-map.ts";
import { formatFinding } from "./finding.ts";
import { checkSite } from "./load.ts";
import { readYaml } from "./reader.ts";
import { example, mapYaml, rules } from "./testing/example.ts";

const awkward = fc.constantFrom(
  "true",
  "null",
  "on",
  "12",
  "~",
  "a: b",
  "#",
  "- x",
  "{x}",
  "&",
  "''",
  '"',
  "\u0000",
  "\n",
  "ä",
  "—",
);
const name = fc.oneof(fc.string({ minLength: 1, maxLength: 12 }), fc.string({ unit: "binary", maxLength: 8 }), awkward);
const item: fc.Arbitrary<DraftItem> = fc.record({
  path: fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/")),
  type: fc.constantFrom("UInt32", "String", "ns=3;i=4"),
  shown: fc.string({ maxLength: 20, unit: "binary" }),
  hasHistory: fc.boolean(),
  isWritable: fc.boolean(),
  description: fc.string({ maxLength: 20, unit: "binary" }),
});

function draftOf(items: readonly DraftItem[]): string {
  return draftMap({ name: "drafted", validFrom: "2026-11-22T19:00:00.000Z", source: "opc.tcp://m:4840\nx: y", items });
}

test("a draft has no findings, and every item that a map can name", () => {
  forAll(
    fc.property(fc.array(item, { maxLength: 12 }), (items) => {
      const text = draftOf(items);
      const { findings } = checkSite(new Map([...example, ["maps/drafted.yaml", text]]), rules);
      assert.deepEqual(findings.map(formatFinding), [], text);
      const content = readYaml("maps/drafted.yaml", text).source?.content;
      const known = Object.values((content as { items: Record<string, { path: string }> }).items).map((i) => i.path);
      assert.equal(new Set(known).size, known.length);
      const plain = items.filter(({ path }) => /^[A-Za-z]+(\/[A-Za-z]+)*$/.test(path)).map(({ path }) => path);
      assert.deepEqual(new Set(plain.filter((path) => !known.includes(path))), new Set());
    }),
    { numRuns: 300 },
  );
});

test("the example's map is still checked beside it: a wrong draft would be found", () => {
  const text = draftOf([]).replace("frame: sample", "frame: something");
  const { findings } = checkSite(new Map([...example, ["maps/drafted.yaml", text]]), rules);
  assert.equal(findings.length, 1);
  assert.ok(example.has(mapYaml));
});

test("keys are made of the last two names, and suggestions name items that look as if they were meant", () => {
  const of = (path: string): DraftItem => ({
    path, type: "UInt32", shown: "12", hasHistory: true, isWritable: false, description: "Pieces",
  }); // prettier-ignore
  const text = draftOf([of("Line/Counters/Good"), of("Other/Counters/Good"), of("Production/State"), of("a/{b}/c")]);
  assert.match(text, /# Pieces; UInt32, now 12\n {2}countersGood: \{ path: "Line\/Counters\/Good", history: true \}/);
  assert.match(text, /countersGood2: \{ path: "Other\/Counters\/Good"/);
  assert.match(text, /# {5}item: countersGood\n/);
  assert.match(text, /# {3}item: productionState\n/);
  assert.match(text, /# left out: a\/\{b\}\/c/);
});
