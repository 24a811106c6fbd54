/**
 * Every proof has been seen to fail: a process that is broken on purpose, in the smallest run in which its fault must
 * show, fails the proof for the reason that is its own. `line.test.ts` runs the same without sabotage, and that holds.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withoutPeer } from "../peer.ts";
import { plainProof, type ProofOptions } from "./proof-option.ts";
import { runUntilPlaced } from "./retry.ts";
import { forget } from "./run.ts";
import { closingBlock, failuresOf, type FailureCode } from "./verdict.ts";

const skip = withoutPeer("komax-opcua") || withoutPeer("sap");
const minute = 60_000;
const oneDay: ProofOptions = { ...plainProof, days: 1, restSeconds: 25 };
const lostReplies: ProofOptions = { ...oneDay, lostReplies: 6 };
const killedWhileSending: ProofOptions = { ...oneDay, kills: 3, killClasses: ["posting-sending"] };
const killedInBetween: ProofOptions = { ...oneDay, kills: 4, killClasses: ["buffer-durable", "history-slice"] };
interface Sabotage {
  readonly name: string;
  readonly options: ProofOptions;
  /** The failure that must be seen. Others may come with it. */
  readonly shows: FailureCode;
}

const sabotages: readonly Sabotage[] = [
  { name: "blind-resend", options: lostReplies, shows: "duplicates" },
  { name: "sending-not-committed", options: killedWhileSending, shows: "duplicates" },
  { name: "cursor-before-facts", options: killedInBetween, shows: "differences" },
  { name: "doubled-history", options: killedInBetween, shows: "differences" },
  { name: "dropped-sample", options: oneDay, shows: "differences" },
];

describe("a process that is broken on purpose fails the proof", { skip }, () => {
  for (const { name, options, shows } of sabotages) {
    test(name, { timeout: 5 * minute }, async () => {
      const { codes, block } = await prove({ ...options, sabotage: name });
      assert.ok(codes.has(shows), `${name} was not seen:\n${block}`);
    });
  }
});

async function prove(
  options: ProofOptions,
): Promise<{ readonly codes: ReadonlySet<FailureCode>; readonly block: string }> {
  const found = await runUntilPlaced(options, () => undefined);
  if (found.found === null) throw new Error(found.reason);
  const codes = new Set(failuresOf(found.found).map((failure) => failure.code));
  await forget(found.found);
  return { codes, block: closingBlock(found.found).join("\n") };
}
