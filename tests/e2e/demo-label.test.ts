/** What can be typed or scanned at the demo's benches: its own labels, a material number alone, and operations. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { readScan, type ScanPattern } from "../../src/operations/reporting/scan.ts";

test("a material with a dash and a digit is no operation", async () => {
  const text = await readFile(join(import.meta.dirname, "../../examples/demo/site.yaml"), "utf8");
  const site = parse(text) as { terminal: { scans: { pattern: string }[] } };
  const patterns = site.terminal.scans.map(({ pattern }): ScanPattern => ({ pattern, uom: null }));
  const read = (typed: string): string => {
    const scanned = readScan(typed, patterns);
    if (scanned.says === "operation") return `operation ${scanned.order} ${scanned.operation}`;
    return scanned.says === "material" ? `${scanned.material} lot ${scanned.lot ?? "any"}` : "nothing";
  };
  assert.equal(read("SLEEVE-6"), "SLEEVE-6 lot any");
  assert.equal(read("HOUSING-4|H4-01"), "HOUSING-4 lot H4-01");
  assert.equal(read("1000001/0030"), "operation 1000001 0030");
  assert.equal(read("1000001-0030"), "operation 1000001 0030");
});
