/** The harness of the proof, with a clerk in Millrace's place whose faults are known: it has to see each of them. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startChild } from "../child.ts";
import { sharedFolder, withoutPeer } from "../peer.ts";
import { readDaySet, type DaySet } from "./day-set.ts";
import { lineProcess, type LineStatus } from "./line-process.ts";
import { plainProof, type ProofOptions } from "./proof-option.ts";
import { forget, runProof, type ProofRun, type UnderTest } from "./run.ts";
import { closingBlock, failuresOf } from "./verdict.ts";

const skip = withoutPeer("komax-opcua") || withoutPeer("sap");
const oneDay: ProofOptions = { ...plainProof, days: 1, restSeconds: 20 };

describe("the harness of the proof", { skip, timeout: 600_000 }, () => {
  let scratch = "";
  let set: DaySet;
  before(async () => {
    const shared = sharedFolder();
    if (shared.found === null) throw new Error(shared.reason);
    scratch = await mkdtemp(join(tmpdir(), "millrace-clerk-"));
    set = await readDaySet({ folder: join(shared.found, "data/machines/komax-alpha-565"), days: 1, scratch });
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  const proveWith = async (fault: string, options: ProofOptions): Promise<{ run: ProofRun; codes: string[] }> => {
    const found = await runProof(options, () => undefined, clerk(fault, set.expectedFile));
    if (found.found === null) throw new Error(found.reason);
    after(() => forget(found.found));
    return { run: found.found, codes: failuresOf(found.found).map((failure) => failure.code) };
  };

  test("an honest clerk holds, with every kill and lost reply accounted for", async () => {
    const { run, codes } = await proveWith("none", { ...oneDay, restSeconds: 120, kills: 5, lostReplies: 9, seed: 3 });
    const block = closingBlock(run).join("\n");
    assert.deepEqual(codes, [], block);
    assert.match(run.evidence.check.lastLine, /^44 orders \(2 ambiguous, not compared\).*: 0 differences$/);
    assert.match(block, /kill -9 while the machine ran: 5 of 5 planned/);
    assert.match(
      block,
      /replies lost after the ERP had committed: 9 of 9 \(3 confirmation, 3 goods-receipt, 3 goods-issue\)/,
    );
    assert.match(block, /the machine's own order list: 0 stored, 0 started/);
    assert.match(block, /it was never sent to the machine: 10\d+/);
  });

  test("a forgotten document is a difference", async () => {
    const { codes } = await proveWith("forgets", oneDay);
    assert.deepEqual(codes, ["differences"]);
  });

  test("a document posted twice is a duplicate", async () => {
    const { codes } = await proveWith("posts-twice", oneDay);
    assert.deepEqual(codes, ["differences", "duplicates"]);
  });

  test("a blind resend after a lost reply is a duplicate", async () => {
    const { run, codes } = await proveWith("resends-blind", { ...oneDay, lostReplies: 3 });
    assert.deepEqual(codes, ["differences", "duplicates", "duplicates", "duplicates"]);
    assert.equal(run.evidence.doubles.sameKey.length, 3);
  });

  test("a process that ends by itself fails the proof, though it was started again and all is right in the end", async () => {
    const { codes } = await proveWith("dies-once", oneDay);
    assert.deepEqual(codes, ["surprise"]);
  });

  test("a restore in the middle is made with documents at stake, and told", async () => {
    const { run, codes } = await proveWith("none", { ...oneDay, restore: true, speed: 4_000 });
    assert.deepEqual(codes, [], closingBlock(run).join("\n"));
    assert.ok((run.restore?.documentsAfter ?? 0) >= 10);
    assert.ok((run.restore?.backedUpAt ?? 0) < (run.restore?.killedAt ?? 0));
    assert.match(closingBlock(run).join("\n"), /restored from a backup at record \d+/);
  });

  test("kills that could not be placed fail the proof", async () => {
    const { codes } = await proveWith("none", { ...oneDay, kills: 5, speed: 0 });
    assert.deepEqual(new Set(codes), new Set(["kills-missed"]));
  });
});

function clerk(fault: string, expectedFile: string): UnderTest {
  return (options) => ({
    ...lineProcess(options),
    start: (data, probe) =>
      startChild({
        name: "clerk",
        command: process.execPath,
        args: [
          join(import.meta.dirname, "testing/clerk.ts"),
          `--data=${data}`,
          ...(probe === null ? [] : [`--kill=${probe.point}:${probe.nth}`]),
        ],
        env: {
          SAP_URL: options.sapUrl,
          SAP_USER: "MES_COMM",
          SAP_PASSWORD: "secret",
          OPCUA_URL: options.machineUrl,
          CLERK_FAULT: fault,
          CLERK_EXPECTED: expectedFile,
        },
        logFile: join(options.logs, "millrace.log"),
      }),
    // He keeps no books: what he has posted he asks the ERP.
    backup: async (_data, file) => writeFile(file, ""),
    restore: async (_file, data) => mkdir(data),
    status: async (data) => {
      const text = await readFile(join(data, "status.json"), "utf8").catch(() => "");
      return text === "" ? null : (JSON.parse(text) as LineStatus); // the clerk writes this shape
    },
  });
}
