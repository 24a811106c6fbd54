/** `audit verify` names places whose balance is not what was moved, and what the guide says mends them. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client } from "pg";
import { checkAudit } from "../../../src/app/access.ts";
import { unwrap } from "../../../src/base/result.ts";
import { clusterUnavailable, withCluster } from "../../../src/store/testing/cluster.ts";
import { preparedDatabase } from "../../../src/store/testing/prepared.ts";

test("a balance that is off is named, and summed up again", { skip: clusterUnavailable({ major: 18 }) }, async (t) => {
  const cluster = await withCluster({ major: 18 });
  const connectionString = await preparedDatabase(cluster);
  const client = new Client({ connectionString, options: "-c search_path=millrace" });
  await client.connect();
  const data = await mkdtemp(join(tmpdir(), "millrace-balance-"));
  const known = process.env["DATABASE_URL"];
  process.env["DATABASE_URL"] = connectionString;
  t.after(async () => {
    if (known === undefined) delete process.env["DATABASE_URL"];
    else process.env["DATABASE_URL"] = known;
    await rm(data, { recursive: true, force: true });
    await client.end();
    await cluster.close();
  });
  const balances = async (): Promise<unknown> => unwrap(await checkAudit(data, null)).balances;
  const move = (id: string, lot: string | null, micro: number): Promise<unknown> =>
    client.query(
      `insert into movement (id, fact, material, lot, micro, uom, from_account, to_account, event_at, recorded_at)
       values ($1, 'f1', 'WIRE', $2, $3, 'MTR', 'world:supplier', 'stock:A', now(), now())`,
      [id, lot, micro],
    );
  await client.query(`
    insert into fact (id, source, work_unit, run, kind, event_at, recorded_at, rule, map_version, revision, said_by, evidence, body)
    values ('f1', 'komax', 'CUT-1', null, 'StateEntered', now(), now(), 'state', 1, 0, '{"by": "machine", "source": "komax"}', '[]', '{}')`);
  await move("m1", null, 5_000_000);
  assert.deepEqual(await balances(), []);
  await client.query("alter table movement disable trigger movements_are_booked");
  await move("m2", null, 500_000);
  await move("m3", "L1", 1_000_000);
  await client.query("alter table movement enable trigger movements_are_booked");
  assert.deepEqual(await balances(), [
    "WIRE at stock:A: the balance is 5 MTR, movements add up to 5.5",
    "WIRE, lot L1 at stock:A: the balance is 0 MTR, movements add up to 1",
    "WIRE at world:supplier: the balance is -5 MTR, movements add up to -5.5",
    "WIRE, lot L1 at world:supplier: the balance is 0 MTR, movements add up to -1",
  ]);
  const guide = await readFile(join(import.meta.dirname, "../../../docs/guide/access.md"), "utf8");
  const mend = /```sql\n(.*?)```/s.exec(guide.slice(guide.indexOf("### Balances that are off")))?.[1];
  assert.ok(mend);
  await client.query(mend);
  assert.deepEqual(await balances(), []);
  await assert.rejects(client.query("update balance set micro = 1"), { constraint: "balance_is_booked" });
});
