/** Screens are built when there are none or when they are old, and not otherwise. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { buildScreens, isStale } from "./demo-screen.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "millrace-screen-"));
});
after(() => rm(root, { recursive: true, force: true }));

async function write(path: string, second: number, text = ""): Promise<void> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  await utimes(file, second, second);
}

test("nothing to build, not built, built, older than a screen, older than the contract", async () => {
  const place = { root, built: join(root, "dist/web") };
  assert.equal(await isStale(place), false);
  await write("src/web/vite.config.ts", 1_000);
  assert.equal(await isStale(place), true);
  await write("dist/web/index.html", 2_000);
  assert.equal(await isStale(place), false);
  await write("src/web/screens/floor/row.tsx", 3_000);
  assert.equal(await isStale(place), true);
  await write("dist/web/index.html", 4_000);
  assert.equal(await isStale(place), false);
  await write("src/api/contract/floor.ts", 5_000);
  assert.equal(await isStale(place), true);
});

test("a builder that fails is a fault that says what to do, with its words for an engineer", async () => {
  const place = { root, built: join(root, "dist/web") };
  await write("node_modules/vite/bin/vite.js", 1_000, 'console.error("no such plugin"); process.exitCode = 3;');
  const failed = await buildScreens(place);
  assert.equal(!failed.ok && failed.fault.code, "app/demo-screens");
  assert.match(String(!failed.ok && failed.fault.cause), /no such plugin/);
  await write("node_modules/vite/bin/vite.js", 1_000, "");
  assert.equal((await buildScreens(place)).ok, true);
});
