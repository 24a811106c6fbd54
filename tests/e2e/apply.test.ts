/** Somebody looks at a machine, drafts a map, checks and applies it, and goes back: through the command line. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { applyFolder, rollbackFolder } from "../../src/app/apply.ts";
import { unwrap } from "../../src/base/result.ts";
import { lines } from "../../src/simulation/demo/machine.ts";
import { startMachines, type MachineServer } from "../../src/simulation/machine/server.ts";

const program = join(import.meta.dirname, "../../src/cli/millrace.ts");
const limitMs = 180_000;

let folder: string;
let server: MachineServer;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-apply-"));
  server = await startMachines({ machines: lines[0]?.machines ?? [] });
  await cp(join(import.meta.dirname, "../../examples/demo"), join(folder, "site"), { recursive: true });
});
after(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

function millrace(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const { DATABASE_URL: _, ...environment } = process.env;
    const child = spawn(process.execPath, [program, ...args], {
      cwd: folder,
      env: { ...environment, OPCUA_USER: server.login.user, OPCUA_PASSWORD: server.login.password },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let error = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (error += chunk.toString()));
    const timer = setTimeout(() => child.kill("SIGTERM"), limitMs);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, out, error });
    });
  });
}

describe("browse", () => {
  test("a certificate that nobody trusts is refused, and the message says what to do", async () => {
    const refused = await millrace("browse", server.endpointUrl);
    assert.equal(refused.code, 1);
    assert.match(refused.error, /is not trusted[\s\S]*machine\/certificate/);
  });

  test("lists variables with types and values, and drafts a map that check accepts; never over a file", async () => {
    const args = ["browse", server.endpointUrl, "--under", "Objects/Machines/CUT-1", "--accept-unknown"];
    const { code, out, error } = await millrace(...args, "--draft", "site/maps/new-cutter.yaml");
    assert.equal(code, 0, error);
    assert.match(out, /^Counters\/Good +UInt16 {2}65480$/m);
    assert.match(out, /^Recipe\/Length +UInt32 {2}100$/m);
    assert.match(out, /\d+ variables below Objects\/Machines\/CUT-1/);
    assert.doesNotMatch(out, /CUT-2|ServerStatus|EngineeringUnits/);
    const draft = await readFile(join(folder, "site/maps/new-cutter.yaml"), "utf8");
    assert.match(draft, /countersGood: \{ path: "Counters\/Good", history: true \}/);
    assert.match(draft, /UInt32, now 100; may be written\n {2}recipeLength/);
    const checked = await millrace("check", "site");
    assert.deepEqual([checked.code, checked.out.trim()], [0, "The site is in order."]);
    const again = await millrace(...args, "--draft", "site/maps/new-cutter.yaml");
    assert.match(again.error, /is there already[\s\S]*app\/draft-exists/);
    assert.equal(await readFile(join(folder, "site/maps/new-cutter.yaml"), "utf8"), draft);
  });

  test("a place that does not exist is answered with what there is; --json is for programs", async () => {
    const wrong = await millrace("browse", server.endpointUrl, "--under", "Objects/Nothing", "--accept-unknown");
    assert.equal(wrong.code, 1);
    assert.match(wrong.error, /has no "Nothing"\. It has: .*Machines/);
    const json = await millrace(
      "browse",
      server.endpointUrl,
      "--insecure",
      "--under",
      "Objects/Machines/CUT-2",
      "--json",
    );
    const { items, isCut } = JSON.parse(json.out) as { items: { path: string }[]; isCut: boolean };
    assert.ok(items.some(({ path }) => path === "Production/State"));
    assert.equal(isCut, false);
  });
});

describe("apply", () => {
  test("first version, nothing new, a change in words, the way back; the folder is never robbed", async () => {
    const site = join(folder, "site", "site.yaml");
    const place = { data: join(folder, "data"), dryRun: false };
    const first = await millrace("apply", "site");
    assert.match(first.out, /^site\.yaml: added\n[\s\S]*Applied as version 1\./m, first.error);
    assert.match(first.error, /^Making a new database for .*data …$/m, "it takes a while, and says so");
    const same = unwrap(await applyFolder(join(folder, "site"), place));
    assert.ok("version" in same && !same.isNew);

    const text = await readFile(site, "utf8");
    await writeFile(site, text.replace("splitAbove: 30", "splitAbove: 50"));
    const second = await millrace("apply", "site");
    assert.equal(second.error, "", "there is one now");
    assert.match(second.out, /^site\.yaml: changed equipment\[CRIMP\]\.splitAbove from 30 to 50$/m);

    await writeFile(site, text.replace("splitAbove: 30", "splitAbove: many"));
    const wrong = await applyFolder(join(folder, "site"), place);
    assert.match(wrong.ok ? "" : `${wrong.fault.code} ${wrong.fault.message}`, /^app\/site [\s\S]*site\.yaml:\d+:\d+/);
    const robbed = await rollbackFolder(join(folder, "site"), 1, place);
    assert.equal(!robbed.ok && robbed.fault.code, "config/not-applied");
    assert.match(await readFile(site, "utf8"), /splitAbove: many/);

    await writeFile(site, text.replace("splitAbove: 30", "splitAbove: 50"));
    const back = await millrace("config", "rollback", "1", "--site", "site");
    assert.match(back.out, /The files of version 1 are back in site, as version 3\./, back.error);
    assert.equal(await readFile(site, "utf8"), text);
    const history = await millrace("config", "history");
    assert.match(history.out, /^3 .* 1 change, back to version 1\n.*from 50 to 30\n2 .*\n.*from 30 to 50\n1 /m);
  });

  test("what makes no sense is answered with the usage", async () => {
    for (const args of [["apply"], ["config", "rollback", "x"]]) {
      const { code, error } = await millrace(...args);
      assert.equal(code, 2, args.join(" "));
      assert.match(error, /^Usage: millrace/m);
    }
  });
});

describe("backup and restore", () => {
  test("what was restored is started by the words that restore ends with; a table without rows is not told", async () => {
    const kept = await millrace("backup", "--data", "data", "--out", "kept.backup");
    assert.equal(kept.code, 0, kept.error);
    assert.match(kept.out, /^\d+ rows of \d\d tables are in .*kept\.backup\.$/m);
    assert.match(kept.error, /^table config_version: 3$/m);
    assert.doesNotMatch(kept.error, /: 0$/m);
    const restored = await millrace("restore", "kept.backup", "--data", "restored");
    assert.equal(restored.code, 0, restored.error);
    assert.match(restored.out, /Start it with: millrace serve --site DIR --data restored$/m);
    assert.match(restored.error, /^Making a new database for .*restored …$/m);
    assert.match(restored.error, /^check config_version: 3$/m);
    assert.doesNotMatch(restored.error, /: 0$/m);
  });
});
