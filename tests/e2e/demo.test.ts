/** A stranger types `npm run demo -- --once`: the story is told, the table agrees, the exit code is 0. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const program = join(import.meta.dirname, "../../src/cli/millrace.ts");
/** Half a minute on two free cores. */
const limitMs = 180_000;

interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
}

function runDemo(args: readonly string[], temporary: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, "demo", ...args], {
      env: { ...process.env, TMPDIR: temporary },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const timer = setTimeout(() => child.kill("SIGTERM"), limitMs);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, lines: text.split("\n") });
    });
  });
}

test(
  "the demo tells its story and ends with a table in which everybody agrees",
  { timeout: limitMs + 10_000 },
  async () => {
    const temporary = await mkdtemp(join(tmpdir(), "millrace-e2e-"));
    try {
      const { code, lines } = await runDemo(["--once"], temporary);
      const text = lines.join("\n");
      const says = (wanted: RegExp): void => assert.match(text, wanted);
      says(/Order 1000001 arrives: 12 × CABLE-A/);
      says(/Order 1000010 arrives: 60 × CABLE-B, operations 0010, 0020 split over CRIMP-1 and CRIMP-2, 0030, 0040/);
      says(/CUT-\d is set: Recipe\/Length = 450/);
      says(/CUT-\d holds job 1000001-0010, read back and equal/);
      says(/CUT-1 counter Counters\/Good rolls over: 65535, then 0/);
      says(/CRIMP-\d alarm: Terminal strip is empty/);
      says(/ERP {3}confirmation order 1000001\/0010: 12 good/);
      says(/ERP {3}refuses issue order \d+\/0030: .*Deficit of SL Unrestricted-use .* SLEEVE-6.* It is parked/);
      says(/ASSY-1 starts job 1000001\/0030/);
      says(/PACK-1 ends job 1000001\/0040: 12 good/);
      says(/ERP {3}receipt order 1000001\/0040: 12 CABLE-A/);
      says(/The missing SLEEVE-6 arrives in the ERP/);
      says(/ERP {3}issue order \d+\/0030: .*SLEEVE-6.* \(after \d+ tries\)/);
      assert.deepEqual(
        lines.filter((line) => line.startsWith("Difference:")),
        [],
      );
      assert.equal(lines.filter((line) => /^10000(0[1-9]|10) .* 0$/.test(line)).length, 10, text);
      assert.equal(code, 0, text);
      assert.deepEqual(await readdir(temporary), [], "nothing is left behind");
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  },
);
