/** The table of situations and statements is total, and says what the spec says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { statementKinds } from "../../record/statement.ts";
import { refusals, situations, unitTable } from "./unit-table.ts";

test("every situation decides every statement", () => {
  for (const situation of situations) {
    assert.deepEqual(Object.keys(unitTable[situation]).toSorted(), [...statementKinds].toSorted(), situation);
    for (const entry of Object.values(unitTable[situation])) {
      assert.ok(entry === "do" || entry === "ignore" || entry in refusals, `${situation}: ${entry}`);
    }
  }
});

test("without a job nothing is reported for one; where a controller reports, people do not", () => {
  const ofJob = ["phase", "hold", "resume", "finish", "count"] as const;
  for (const kind of ofJob) assert.equal(unitTable.idle[kind], "no-job");
  for (const kind of ["start", ...ofJob] as const) assert.equal(unitTable.controlled[kind], "controlled");
  assert.equal(unitTable.counted.count, "do", "one counting source: here it is a person");
  assert.equal(unitTable.held.hold, "ignore");
  assert.equal(unitTable.held.start, "held");
});
