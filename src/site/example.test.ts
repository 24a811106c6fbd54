/** The example in `examples/komax-565` is right, and is the plant that it describes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instant } from "../base/instant.ts";
import { toJson } from "../base/json.ts";
import { unwrap } from "../base/result.ts";
import { formatFinding } from "./finding.ts";
import { checkSite, loadSite } from "./load.ts";
import { example, folder, lookup, rules } from "./testing/example.ts";

describe("the example", () => {
  test("has no findings, with and without an environment", async () => {
    assert.deepEqual(checkSite(example, rules).findings.map(formatFinding), []);
    const { site, findings } = await loadSite(folder, rules, lookup);
    assert.deepEqual(findings.map(formatFinding), []);
    assert.ok(site.ok);
  });

  test("is the plant that it describes", async () => {
    const site = unwrap((await loadSite(folder, rules, lookup)).site);
    assert.equal(site.id, "PL01");
    assert.equal(site.zone, "Europe/Warsaw");
    assert.equal(site.workCenterByErpCode("s4", "A565-26")?.id, "A565");
    assert.deepEqual(site.workCenter("A565")?.workUnits, ["A565-0026"]);
    assert.equal(site.workUnitByConnection("komax")?.id, "A565-0026");
    assert.equal(site.posting("s4").receipt, true);
    assert.equal(site.policies.dispatch.keepStored, "capacity");
    // 3 February 2025, 01:30 in Warsaw: the night shift that began the evening before.
    const calendar = site.calendarFor("A565-0026", instant(Date.parse("2025-02-03T00:30:00Z")));
    assert.deepEqual([calendar.id, calendar.zone, calendar.shifts.length], ["three-shifts", "Europe/Warsaw", 3]);
  });

  test("gives each connector its settings, and nobody else a secret", async () => {
    const site = unwrap((await loadSite(folder, rules, lookup)).site);
    const settings = site.erp("s4")?.settings;
    assert.ok(typeof settings === "object" && settings !== null && "password" in settings);
    assert.equal(settings.password, "not shown");
    assert.doesNotMatch(toJson(site), /not shown/);
    assert.doesNotMatch(JSON.stringify({ ...site.erp("s4") }), /not shown/);
  });

  test("reads the machine as it behaves", () => {
    const map = unwrap(checkSite(example, rules).site).mapOf("A565-0026");
    assert.equal(map?.frame, "source-time");
    assert.equal(map.clock.lateMs, 10_000);
    assert.equal(map.validFrom, Date.parse("2025-01-01T00:00:00+01:00"));
    const [good] = map.counters;
    assert.deepEqual(
      [good?.type.drop, good?.type.reset, good?.type.baseline, good?.type.modulus],
      ["stale", "per-run", "zero", null],
    );
    const [slots] = map.consumption;
    assert.deepEqual(slots?.uom, {
      from: "item",
      item: "slotKind",
      uoms: { Wire: "MMT", Terminal: "C62", Seal: "C62" },
    });
    assert.deepEqual([slots?.type.baseline, slots?.snapshot], ["first", "snapshot"]);
    assert.deepEqual(map.state?.states, { "0": "idle", "1": "setup", "2": "production", "3": "held", "4": "fault" });
    const withoutHistory = Object.entries(map.items).filter(([, item]) => !item.history);
    assert.ok(withoutHistory.every(([, { path }]) => path.startsWith("Alarms/")));
    const paths = Object.values(map.items).map(({ path }) => path);
    assert.ok(!paths.some((path) => /Operator|Scrap/.test(path)), "neither people nor remade pieces are mapped");
  });
});
