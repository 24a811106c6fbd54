/**
 * The proof of the product on the wire-processing line: five days of a real machine, orders from an ERP, and afterwards
 * the ERP holds what the machine made and used, each document once. Plainly, through kills and lost replies, and through
 * a restore.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withoutPeer } from "../peer.ts";
import { killClasses } from "./kill-plan.ts";
import { plainProof, type ProofOptions } from "./proof-option.ts";
import { runUntilPlaced } from "./retry.ts";
import { forget, type ProofRun } from "./run.ts";
import { closingBlock, failuresOf } from "./verdict.ts";

const minute = 60_000;
const skip = withoutPeer("komax-opcua") || withoutPeer("sap");

describe("five days of the wire-processing line", { skip }, () => {
  test("come back to the ERP exactly", { timeout: 6 * minute }, async (t) => {
    const run = await prove(plainProof, (line) => t.diagnostic(line));
    assert.equal(run.evidence.check.isClean, true);
  });

  test("come back exactly through kills at every point and lost replies", { timeout: 16 * minute }, async (t) => {
    const options = { ...plainProof, kills: 4 * killClasses.length, lostReplies: 21, seed: 20_250_203 };
    const run = await prove(options, (line) => t.diagnostic(line));
    for (const killClass of killClasses) {
      const hit = run.lives.hits.filter((one) => one.class === killClass && one.whileRunning).length;
      assert.ok(hit >= 4, `${killClass}: ${hit} hits`);
    }
  });

  test("come back exactly through a restore that has forgotten documents", { timeout: 6 * minute }, async (t) => {
    const run = await prove({ ...plainProof, restore: true }, (line) => t.diagnostic(line));
    assert.ok((run.restore?.documentsAfter ?? 0) > 0);
  });
});

async function prove(options: ProofOptions, say: (line: string) => void): Promise<ProofRun> {
  const found = await runUntilPlaced(options, say);
  if (found.found === null) throw new Error(found.reason);
  assert.deepEqual(failuresOf(found.found), [], closingBlock(found.found).join("\n"));
  await forget(found.found);
  return found.found;
}
