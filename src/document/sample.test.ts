import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { sharedFolder } from "../../tests/peers/peer.ts";
import { openB2mml } from "./b2mml.ts";
import { roundTrip } from "./testing/round-trip.ts";
import { invalidByXmllint, withoutXmllint } from "./testing/xmllint.ts";

const shared = sharedFolder();
const folder = shared.found === null ? null : join(shared.found, "data", "b2mml", "samples");
const skip =
  shared.found === null
    ? shared.reason
    : folder !== null && existsSync(folder)
      ? false
      : `no samples in ${shared.found}`;

const b2mml = await openB2mml();

/** Why each of those that are no good must be refused. */
const wrong: Readonly<Record<string, RegExp>> = {
  "Neg_ProcessProductionSchedule_EndBeforeStart.xml": /^b2mml\/end-before-start .*:45: .* is before EarliestStartTime/,
  "Neg_ProcessProductionSchedule_InvalidCreationTime.xml": /^b2mml\/schema .*:36: Element 'CreationDateTime'/,
  "Neg_ProcessProductionSchedule_InvalidDate.xml": /^b2mml\/schema .*:47: Element 'EarliestStartTime'/,
  "Neg_ProcessProductionSchedule_InvalidEqElemLevel.xml": /^b2mml\/schema .*:47: Element 'EquipmentElementLevel'/,
  "Neg_ProcessProductionSchedule_InvalidMatUse.xml": /^b2mml\/schema .*:56: Element 'MaterialUse'/,
  "Neg_ProcessProductionSchedule_InvalidQuantityDataType.xml": /^b2mml\/schema .*:51: Element 'DataType'/,
  "Neg_ProcessProductionSchedule_InvalidQuantityValue.xml": /^b2mml\/quantity .*:50: "41fs\.9" is no quantity/,
  "neg_SegmentRequirement_without_OperationsSegmentID.xml": /^b2mml\/schema .*:2: Element 'SegmentRequirement'/,
};

test(
  "samples of others: the good are read and become valid, the bad are refused for the right reason",
  { skip },
  (t) => {
    const files = globSync("**/*.xml", { cwd: folder ?? "" });
    assert.ok(files.length >= 22);
    const written = new Map<string, string>();
    for (const file of files) {
      const name = basename(file);
      const text = readFileSync(join(folder ?? "", file));
      const reason = wrong[name];
      if (reason === undefined) {
        written.set(name, roundTrip(b2mml, text.toString("utf8"), name, "xml and json").xml);
        continue;
      }
      const result = b2mml.read(text, name);
      const fault = result.ok ? result.value.refused[0]?.fault : result.fault;
      assert.ok(fault, `${name} is refused`);
      assert.match(`${fault.code} ${fault.message}`, reason);
    }
    const missing = withoutXmllint();
    if (missing === false) assert.deepEqual(invalidByXmllint(written), []);
    else t.diagnostic(missing);
  },
);
