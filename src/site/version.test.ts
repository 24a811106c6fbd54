import assert from "node:assert/strict";
import { test } from "node:test";
import { differences, formatChange, siteVersion } from "./version.ts";
import { changed, example, mapYaml, siteYaml } from "./testing/example.ts";

const words = (...changes: readonly (readonly [string, string, string])[]): readonly string[] =>
  differences(example, changed(...changes)).map(formatChange);

test("the same files have the same version, whatever their order and line ends", () => {
  const other = new Map(
    [...example].toReversed().map(([path, text]) => [path, `\uFEFF${text.replaceAll("\n", "\r\n")}`]),
  );
  assert.equal(siteVersion(other), siteVersion(example));
  assert.deepEqual(differences(example, other), []);
  assert.notEqual(siteVersion(changed([siteYaml, "keepStored: capacity", "keepStored: 5"])), siteVersion(example));
  assert.notEqual(siteVersion(new Map([["a", "bc"]])), siteVersion(new Map([["ab", "c"]])));
});

test("a change names its place by the ids of entries, with both values", () => {
  assert.deepEqual(
    words(
      [siteYaml, "publishingIntervalMs: 50", "publishingIntervalMs: 500"],
      [siteYaml, "      root: Objects/Machines/A565-0026\n", ""],
      [siteYaml, "receipt: true", "receipt: false"],
      [mapYaml, "stepMax: 10000000 ", "stepMax: 10 "],
      [mapYaml, "Wire: MMT", "Wire: MTR, Tape: MTR"],
    ),
    [
      'site.yaml: removed machines[komax].settings.root: "Objects/Machines/A565-0026"',
      "site.yaml: changed machines[komax].settings.publishingIntervalMs from 50 to 500",
      "site.yaml: changed policies.posting[s4].receipt from true to false",
      `${mapYaml}: changed consumption[slot-use].uom.uoms.Wire from "MMT" to "MTR"`,
      `${mapYaml}: added consumption[slot-use].uom.uoms.Tape: "MTR"`,
      `${mapYaml}: changed consumption[slot-use].stepMax from 10000000 to 10`,
    ],
  );
});

test("the order of named entries does not matter, that of others does", () => {
  const before = new Map([[siteYaml, "equipment: [{id: A, n: 1}, {id: B}]\nplants: [x, y]\n"]]);
  const after = new Map([[siteYaml, "equipment: [{id: B}, {id: A, n: 2}]\nplants: [y, x]\n"]]);
  assert.deepEqual(differences(before, after).map(formatChange), [
    "site.yaml: changed equipment[A].n from 1 to 2",
    'site.yaml: changed plants[1] from "x" to "y"',
    'site.yaml: changed plants[2] from "y" to "x"',
  ]);
});

test("entries that share a name are compared by position, so that none is lost", () => {
  const before = new Map([[siteYaml, "calendars: [{id: A, version: 1}, {id: A, version: 2}]"]]);
  const after = new Map([[siteYaml, "calendars: [{id: A, version: 1}]"]]);
  assert.deepEqual(differences(before, after).map(formatChange), [
    'site.yaml: removed calendars[2]: {"id":"A","version":2}',
  ]);
});

test("whole files, comments and unreadable files are said too", () => {
  const other = new Map([...example].filter(([path]) => path !== mapYaml));
  assert.deepEqual(differences(example, other).map(formatChange), [`${mapYaml}: removed`]);
  assert.deepEqual(differences(other, example).map(formatChange), [`${mapYaml}: added`]);
  assert.match(
    words([siteYaml, "# The hierarchy of", "# A hierarchy of"])[0] ?? "",
    /changed from its old comments or layout/,
  );
  assert.match(words([siteYaml, "site:\n", "site: [\n"])[0] ?? "", /to a file that cannot be read/);
});
