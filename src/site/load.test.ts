/** All findings at once, at their places, whatever the files hold. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../base/testing/chance.ts";
import { formatFinding } from "./finding.ts";
import type { SiteFiles } from "./folder.ts";
import { checkSite, loadSite } from "./load.ts";
import { changed, example, folder, lineOf, mapYaml, rules, siteYaml } from "./testing/example.ts";

test("several mistakes at once are all found, in the order of the files", () => {
  const files = changed(
    [siteYaml, "connection: komax", "connection: comax"],
    [siteYaml, "receipt: true", "receipts: true"],
    [siteYaml, "s4: A565-26", "s5: A565-26"],
    [siteYaml, "publishingIntervalMs: 50", "publishingintervalMs: 50"],
    [mapYaml, "uom: C62\n", "uomm: PCS\n"],
    [mapYaml, "snapshot: snapshot\n", "snapshot: snapshots\n"],
    [mapYaml, "3: held", "3: paused"],
    [mapYaml, "trigger: alarmTime", "trigger: alarmTimes"],
    [mapYaml, "receiver: JobOrderControl", "receiver: /JobOrderControl"],
  );
  const { findings } = checkSite(files, rules);
  const expected = [
    /no ERP s5/,
    /no connection comax/,
    /write publishingIntervalMs/,
    /write receipt/,
    /write uom/,
    /"PCS" is no known/,
    /no item snapshots/,
    /"paused"/,
    /no item alarmTimes/,
    /empty element/,
  ];
  assert.equal(findings.length, expected.length, findings.map(formatFinding).join("\n"));
  for (const [index, pattern] of expected.entries()) assert.match(findings[index]?.message ?? "", pattern);
});

test("a wrong entry does not move the findings behind it to other lines", () => {
  const counter = `  - rule: second
    item: goodPieces
    grade: good
    uom: PCS
    reset: per-run
    baseline: zero
    drop: stale
    stepMax: 1
    because: This counter is only here to be wrong in one more place.
`;
  const text = (example.get(mapYaml) ?? "")
    .replace("grade: good", "grade: ok")
    .replace("\nconsumption:\n", `${counter}\nconsumption:\n`);
  const { findings } = checkSite(new Map([...example, [mapYaml, text]]), rules);
  assert.deepEqual(
    findings.map(({ line }) => line),
    [lineOf(text, "grade: ok"), lineOf(text, "uom: PCS")],
    findings.map(formatFinding).join("\n"),
  );
});

test("at the start, whatever the environment does not hold is a finding where it is referred to", async () => {
  const { findings } = await loadSite(folder, rules, {
    environment: (name) => (name === "SAP_URL" ? "sap" : null),
    file: () => null,
  });
  const text = example.get(siteYaml) ?? "";
  assert.deepEqual(
    findings.map(({ line }) => line),
    ["SAP_URL", "SAP_USER", "SAP_PASSWORD", "OPCUA_URL", "OPCUA_USER", "OPCUA_PASSWORD"].map((name) =>
      lineOf(text, name),
    ),
  );
  assert.match(findings[0]?.message ?? "", /what SAP_URL holds does not fit; write the address/);
  assert.match(findings[1]?.message ?? "", /SAP_USER is not set/);
});

test("a file that is missing, empty, no YAML or no site is a finding and no crash", () => {
  for (const text of ["", "---\n", "[]", "just words", "a: [1, 2", "a: &x [*x, *x]", "\t", "a: 1\na: 2", "- 1\n- 2"]) {
    const { findings, site } = checkSite(new Map([...example, [siteYaml, text]]), rules);
    assert.ok(findings.length > 0 && !site.ok, JSON.stringify(text));
    assert.ok(findings.every(({ line, column }) => line >= 1 && column >= 1));
  }
  const without: SiteFiles = new Map([...example].filter(([file]) => file !== siteYaml));
  assert.match(checkSite(without, rules).findings.map(formatFinding).join(), /site.yaml:1:1: the file is missing/);
});

test("whatever happens to the text, the check ends with places inside the file", () => {
  const files = [siteYaml, mapYaml];
  const slip = fc.record({
    file: fc.constantFrom(...files),
    at: fc.nat(),
    length: fc.nat({ max: 30 }),
    insert: fc.constantFrom("", " ", "  ", "\n", ":", "- ", "{", "'", "x", "0", "~", "&a ", "*a"),
  });
  forAll(
    fc.property(fc.array(slip, { minLength: 1, maxLength: 3 }), (slips) => {
      const broken = new Map(example);
      for (const { file, at, length, insert } of slips) {
        const text = broken.get(file) ?? "";
        const from = at % (text.length + 1);
        broken.set(file, text.slice(0, from) + insert + text.slice(from + length));
      }
      const { findings, site } = checkSite(broken, rules);
      assert.equal(site.ok, findings.length === 0);
      for (const { file, line, column, message } of findings) {
        const lines = (broken.get(file) ?? "").split("\n");
        assert.ok(line >= 1 && line <= lines.length, `${file}:${line}`);
        assert.ok(column >= 1 && column <= (lines[line - 1] ?? "").length + 1, `${file}:${line}:${column}`);
        assert.ok(message.length > 10);
      }
    }),
    { numRuns: 300 },
  );
});
