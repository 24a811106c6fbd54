/** Look-ups of a site, and maps and calendars that change with time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../base/instant.ts";
import { unwrap } from "../base/result.ts";
import { formatFinding } from "./finding.ts";
import { isWithin } from "./hierarchy.ts";
import { checkSite } from "./load.ts";
import type { Site } from "./site.ts";
import { changed, example, mapYaml, rules, siteYaml } from "./testing/example.ts";

const at = (text: string): ReturnType<typeof instant> => instant(Date.parse(text));
const newMapFile = "maps/komax-2.yaml";

function newMap(version: number, validFrom: string): string {
  return (example.get(mapYaml) ?? "")
    .replace("version: 1", `version: ${version}`)
    .replace("2025-01-01T00:00:00+01:00", validFrom);
}

function siteWith(files: Parameters<typeof checkSite>[0]): Site {
  return unwrap(checkSite(files, rules).site);
}

test("whatever a site does not have is null, and nothing comes from a prototype", () => {
  const site = siteWith(example);
  for (const id of ["nothing", "constructor", "__proto__", ""]) {
    assert.deepEqual(
      [
        site.equipmentById(id),
        site.workCenter(id),
        site.workUnit(id),
        site.erp(id),
        site.machine(id),
        site.mapOf(id),
        site.workUnitByConnection(id),
      ],
      [null, null, null, null, null, null, null],
    );
    assert.equal(site.workCenterByErpCode("s4", id), null);
    assert.equal(site.posting(id).unplannedConsumption, "ask");
  }
});

test("a site cannot be changed", () => {
  const site = siteWith(example);
  assert.throws(() => Object.assign(site, { name: "x" }), TypeError);
  assert.throws(() => Object.assign(site.maps[0]?.items ?? {}, { more: 1 }), TypeError);
  assert.throws(() => Object.assign(site.policies.dispatch, { keepStored: 1 }), TypeError);
});

test("the map of a work unit is the one that is valid at the event's time", () => {
  const site = siteWith(new Map([...example, [newMapFile, newMap(2, "2025-02-05T00:00:00+01:00")]]));
  const versionAt = (time: string): number | undefined => site.mapOf("A565-0026", at(time))?.version;
  assert.equal(site.mapOf("A565-0026")?.version, 2);
  assert.deepEqual(
    [
      versionAt("2024-12-31T22:59:59Z"),
      versionAt("2024-12-31T23:00:00Z"),
      versionAt("2025-02-04T22:59:59.999Z"),
      versionAt("2025-02-04T23:00:00Z"),
    ],
    [undefined, 1, 1, 2],
  );
  assert.deepEqual(
    site.mapsOf("A565-0026").map(({ version }) => version),
    [1, 2],
  );
});

test("two versions of a map must differ in number, and the later must be valid later", () => {
  const messages = (version: number, validFrom: string): string =>
    checkSite(new Map([...example, [newMapFile, newMap(version, validFrom)]]), rules)
      .findings.map(formatFinding)
      .join();
  assert.match(messages(1, "2026-01-01T00:00:00Z"), /version 1 is there twice/);
  assert.match(messages(2, "2024-01-01T00:00:00Z"), /must be valid/);
  assert.match(messages(2, "2024-12-31T23:00:00Z"), /must be valid/, "the same instant is not later");
  assert.equal(messages(2, "2026-01-01T00:00:00Z"), "");
});

test("a calendar holds for everything below, from its instant on", () => {
  const second = `
  - id: three-shifts
    version: 2
    validFrom: "2025-03-01T00:00:00+01:00"
    shifts: [{ id: day, start: "07:00", end: "15:00" }]
\nerps:`;
  const site = siteWith(changed([siteYaml, "\nerps:", second]));
  assert.equal(site.calendarFor("A565-0026", at("2025-02-28T22:59:59Z")).version, 1);
  assert.equal(site.calendarFor("A565-0026", at("2025-02-28T23:00:00Z")).version, 2);
  assert.equal(site.calendarFor("PL01", at("2020-01-01T00:00:00Z")).version, 1);
  const without = siteWith(changed([siteYaml, "    calendar: three-shifts\n", ""]));
  assert.deepEqual(without.calendarFor("A565-0026", at("2025-02-28T23:00:00Z")).shifts, []);
});

test("the hierarchy answers who stands above and below", () => {
  const site = siteWith(example);
  assert.deepEqual(site.upwards("A565-0026"), ["A565-0026", "A565", "CUTTING", "PL01"]);
  assert.ok(isWithin(site.equipment, "A565-0026", "CUTTING"));
  assert.ok(isWithin(site.equipment, "CUTTING", "CUTTING"));
  assert.ok(!isWithin(site.equipment, "CUTTING", "A565"));
});

test("names that must be unique, and connections that serve two, are found", () => {
  const twin = `  - { id: A565-0027, level: WorkUnit, partOf: A565, description: second, connection: komax, map: komax-alpha-565 }
  - { id: A566, level: WorkCenter, partOf: CUTTING, description: twin, erpCodes: { s4: A565-26 } }
  - { id: A565, level: WorkCenter, partOf: CUTTING, description: again }
  - { id: OTHER, level: Site, partOf: PL01, description: second site }
  - { id: LOOSE, level: WorkUnit, description: loose, erpCodes: { s4: L }, splitAbove: 3 }
\ncalendars:`;
  const { findings } = checkSite(changed([siteYaml, "\ncalendars:", twin]), rules);
  const expected = [
    /connection komax already serves A565-0026/,
    /A565-26 of s4 is already A565/,
    /A565 is already there/,
    /OTHER is a second site/,
    /a Site cannot be part of PL01/,
    /LOOSE has no `partOf`/,
    /`erpCodes` belongs to a work center, and LOOSE is of level WorkUnit/,
    /`splitAbove` belongs to a work center/,
  ];
  const text = findings.map(formatFinding).join("\n");
  for (const pattern of expected) assert.match(text, pattern);
  assert.equal(findings.length, expected.length, text);
});
