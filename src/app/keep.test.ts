/** A backup says what it does not hold, and a restore whether evidence goes on with the key of before. */
import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemClock } from "../base/clock.ts";
import { unwrap } from "../base/result.ts";
import { prepareSchema } from "../store/schema.ts";
import { clusterUnavailable, freshDatabase, withCluster, type TestCluster } from "../store/testing/cluster.ts";
import { EvidenceFile } from "./evidence-file.ts";
import { evidenceSigner } from "./evidence-key.ts";
import { checkEvidence } from "./evidence.ts";
import { backupTo, restoreFrom } from "./keep.ts";
import { jsonLog } from "./log.ts";

const skip = clusterUnavailable({ major: 18 });
const log = jsonLog(systemClock, () => undefined);
const quiet = { log, progress: () => undefined };
const given = process.env["DATABASE_URL"];

let cluster: TestCluster;
let folder: string;
before(async () => {
  if (skip !== false) return;
  cluster = await withCluster({ major: 18 });
  folder = await mkdtemp(join(tmpdir(), "millrace-keep-"));
});
after(async () => {
  if (given === undefined) delete process.env["DATABASE_URL"];
  else process.env["DATABASE_URL"] = given;
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  await cluster?.close();
});

async function dataDir(name: string): Promise<string> {
  process.env["DATABASE_URL"] = await freshDatabase(cluster);
  await mkdir(join(folder, name));
  return join(folder, name);
}

test("what must be kept beside a backup is named, and the key of evidence is known again", { skip }, async () => {
  const data = await dataDir("data");
  unwrap(await prepareSchema(process.env["DATABASE_URL"] ?? "", () => undefined));
  const plain = unwrap(await backupTo({ data, out: join(folder, "plain.backup"), ...quiet }));
  assert.deepEqual([plain.evidenceKey, plain.beside.filter(({ path }) => path !== null)], [null, []]);

  const first = unwrap(await evidenceSigner(data));
  assert.deepEqual([first.isNew, unwrap(await evidenceSigner(data)).isNew], [true, false]);
  await mkdir(join(data, "pki", "press"), { recursive: true });
  await mkdir(join(data, "evidence"));
  const file = join(folder, "kept.backup");
  const made = unwrap(await backupTo({ data, out: file, ...quiet }));
  assert.equal(made.evidenceKey, first.fingerprint);
  assert.deepEqual(
    made.beside.flatMap(({ path }) => path ?? []),
    ["evidence-key.pem", "evidence", "pki"].map((name) => join(data, name)),
  );

  const without = await dataDir("without");
  const restored = unwrap(await restoreFrom({ file, data: without, ...quiet }));
  assert.deepEqual(restored.evidenceKey, { before: first.fingerprint, now: null });
  const again = await dataDir("again");
  await copyFile(join(data, "evidence-key.pem"), join(again, "evidence-key.pem"));
  const whole = unwrap(await restoreFrom({ file, data: again, ...quiet }));
  assert.deepEqual(whole.evidenceKey, { before: first.fingerprint, now: first.fingerprint });
  const none = unwrap(await restoreFrom({ file: plain.file, data: await dataDir("none"), ...quiet }));
  assert.deepEqual(none.evidenceKey, { before: null, now: null });
});

test("a key that cannot be read keeps nobody from a backup", { skip }, async () => {
  const data = await dataDir("broken");
  unwrap(await prepareSchema(process.env["DATABASE_URL"] ?? "", () => undefined));
  await writeFile(join(data, "evidence-key.pem"), "no key");
  const made = unwrap(await backupTo({ data, out: join(folder, "broken.backup"), ...quiet }));
  assert.deepEqual([made.evidenceKey, made.beside[0]?.path], [null, join(data, "evidence-key.pem")]);
});

test("evidence is not said to be another installation's where there is no key to compare", { skip }, async () => {
  const data = await dataDir("keyless");
  const other = join(folder, "other");
  await mkdir(other);
  const signer = unwrap(await evidenceSigner(other));
  const evidence = unwrap(await EvidenceFile.create(join(folder, "evidence.json")));
  await evidence.write("{");
  await evidence.end(signer, "json");
  const judged = async (of: string | null): Promise<string> =>
    unwrap(await checkEvidence(join(folder, "evidence.json"), of)).key;
  assert.deepEqual([await judged(null), await judged(data), await judged(other)], ["not-asked", "none", "own"]);
  await evidenceSigner(data);
  assert.equal(await judged(data), "another");
});
