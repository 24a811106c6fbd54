/** What only reads makes nothing: neither a database nor a folder for one. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemClock } from "../base/clock.ts";
import type { Result } from "../base/result.ts";
import { checkAudit } from "./access.ts";
import { databaseAddress, reachKept } from "./database.ts";
import { backupTo } from "./keep.ts";
import { jsonLog } from "./log.ts";
import { replayRecorded } from "./replay.ts";

const log = jsonLog(systemClock, () => undefined);
let folder: string;
before(async () => void (folder = await mkdtemp(join(tmpdir(), "millrace-kept-"))));
after(() => rm(folder, { recursive: true, force: true }));

const readers: Readonly<Record<string, (data: string) => Promise<Result<unknown>>>> = {
  "audit verify": (data) => checkAudit(data, null),
  replay: (data) => replayRecorded({ data, day: "2025-02-03", site: null, map: null }),
  backup: (data) => backupTo({ data, out: join(folder, "backup"), log, progress: () => undefined }),
};

for (const [name, read] of Object.entries(readers))
  test(
    `${name} where nothing was ever kept says so`,
    { skip: Boolean(process.env["DATABASE_URL"]) && "DATABASE_URL names a database" },
    async () => {
      for (const data of [folder, join(folder, "mistyped")]) {
        const done = await read(data);
        assert.equal(!done.ok && done.fault.code, "app/no-data");
      }
      assert.deepEqual([await readdir(folder), existsSync(join(folder, "mistyped"))], [[], false]);
    },
  );

test("a database of one's own needs no files", async () => {
  const environment = { DATABASE_URL: "postgres://db.example/millrace" };
  const place = { dataDir: folder, environment, clock: systemClock, log, onFault: () => undefined };
  const reached = await reachKept(place);
  assert.deepEqual(reached.ok && reached.value.connectionString, environment.DATABASE_URL);
});

test("what is no address is told without repeating it; every form that pg understands is one", () => {
  for (const url of [
    "postgres://u:p@h:5432/d",
    "postgresql://u@/d?host=/run/x",
    "postgres://u@%2Frun%2Fx/d",
    "/run/x d",
  ])
    assert.deepEqual(databaseAddress({ DATABASE_URL: url }), { ok: true, value: url });
  for (const none of [undefined, ""])
    assert.deepEqual(databaseAddress({ DATABASE_URL: none }), { ok: true, value: null });
  for (const url of ["nonsense", "mysql://u:p@h/d", "host=h dbname=d", "postgres://u:p@h:port/d"]) {
    const wrong = databaseAddress({ DATABASE_URL: url });
    assert.equal(!wrong.ok && wrong.fault.code, "app/database-address");
    assert.ok(!wrong.ok && !wrong.fault.message.includes(url));
  }
});
