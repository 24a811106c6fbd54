/** What machines have counted of components that the bill speaks for: the database says so as the code does, and settles what was booked twice. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { forAll } from "../base/testing/chance.ts";
import { Client } from "pg";
import { toJson } from "../base/json.ts";
import { unwrap } from "../base/result.ts";
import type { ConsumptionMode } from "../isa95/definition/operation.ts";
import { isUse } from "../operations/execution/issue-line.ts";
import { requestOf, requirementOf, segmentOf } from "../operations/testing/order.ts";
import { differentText } from "./ledger-repository.ts";
import { migrate } from "./migration.ts";
import { migrationsDirectory } from "./schema.ts";
import { clusterUnavailable, freshDatabase, withCluster, type TestCluster } from "./testing/cluster.ts";

const modes = ["measured", "bill", "issued", "erp"] as const;

/** A run of an order with one line for each mode; of each material the machine has counted 100, and the ledger has booked it. */
const bookedTwice = `
  insert into operations_request (id, erp, company, number, state, body, accepted_at) values ('s4//1', 's4', '', '1', 'Released',
    '{"material": "P-1", "priority": 1, "earliestStart": null, "latestEnd": null, "segments": [{"id": "0010", "quantity": {"micro": "10000000", "uom": "C62"}, "materials": [
      ${modes.map((mode) => `{"id": "${mode}", "material": "${mode}", "mode": "${mode}", "quantity": {"micro": "90000000", "uom": "MTR"}}`).join(", ")}]}]}', now());
  insert into job_order (id, request, segment, work_center, material, quantity_micro, uom, state, dispatch_key)
    values ('jo-1', 's4//1', '0010', 'CUT', 'P-1', 10000000, 'C62', 'running', 'a');
  insert into run (id, source, work_unit, job, article, outside, job_order, started_at) values
    ('r1', 'komax', 'CUT-1', 'J', 'P-1', false, 'jo-1', now()), ('r2', 'komax', 'CUT-1', 'J', 'P-1', false, null, now());
  insert into fact (id, source, work_unit, run, kind, event_at, recorded_at, rule, map_version, revision, said_by, evidence, body)
    select f.id, 'komax', 'CUT-1', f.run, 'MaterialConsumed', '2025-02-03', now(), f.rule, 1, 0, '{"by": "machine", "source": "komax"}', '[]',
      jsonb_build_object('kind', 'MaterialConsumed', 'material', f.material, 'lot', null, 'quantity', jsonb_build_object('micro', f.micro, 'uom', 'MTR'))
    from (values ${modes.map((mode) => `('${mode}', 'r1', 'wire', '${mode}', '100000000')`).join(", ")},
      ('by bill', 'r1', 'bill:bill', 'bill', '90000000'), ('posted', 'r1', 'wire', 'bill', '7000000'), ('back', 'r1', 'wire', 'bill', '5000000'),
      ('t67a0098012345678901234567890123', 'r1', 'wire', 'bill', '1000000'), ('of no order', 'r2', 'wire', 'bill', '3000000')) as f (id, run, rule, material, micro);
  insert into run_sum (run, what, material, uom, micro, facts, first_at, last_at)
    select run, 'used', body ->> 'material', 'MTR', sum((body #>> '{quantity,micro}')::bigint), count(*), '2025-02-03', '2025-02-03' from fact group by 1, 3;
  insert into movement (id, fact, material, lot, micro, uom, from_account, to_account, event_at, recorded_at)
    select case when id ~ '^t6' then id else 'm ' || id end, id, body ->> 'material', null, (body #>> '{quantity,micro}')::bigint, 'MTR', 'world:erp@PL01/101C', 'world:production', event_at, now() from fact;
  insert into movement (id, fact, material, lot, micro, uom, from_account, to_account, event_at, recorded_at, corrects)
    values ('m back again', 'of no order', 'bill', null, 5000000, 'MTR', 'world:production', 'world:erp@PL01/101C', now(), now(), 'm back');
  insert into posting (id, key, erp, kind, request, segment, run, state, lanes, content, due_at, planned_at, trace_id)
    values ('p1', 'k1', 's4', 'goods-issue', 's4//1', '0010', 'r1', 'planned', '{}', '{"kind": "goods-issue"}', now(), now(), 't');
  insert into posting_line (posting, fact, kind) values ('p1', 'posted', 'goods-issue');
`;

for (const major of [15, 18] as const) {
  describe(`PostgreSQL ${major}`, { skip: clusterUnavailable({ major }) }, () => {
    let cluster: TestCluster;
    let client: Client;
    const rows = async (text: string): Promise<string[]> =>
      (await client.query<Record<string, unknown>>(text)).rows.map((row) => Object.values(row).join(" "));
    before(async () => {
      cluster = await withCluster({ major });
      client = new Client({ connectionString: await freshDatabase(cluster), options: "-c search_path=millrace" });
      await client.connect();
      unwrap(await migrate(client, { directory: migrationsDirectory, upTo: 35 }));
      await client.query(bookedTwice);
      unwrap(await migrate(client, { directory: migrationsDirectory }));
    });
    after(async () => {
      await client?.end();
      await cluster?.close();
    });

    test("what was booked twice is taken back as it was booked, and nothing else", async () => {
      assert.deepEqual(
        await rows(
          "select corrects, fact, micro / 1000000, from_account, to_account, event_at::date::text from movement where corrects <> 'm back' order by 1",
        ),
        [
          "m bill bill 100 world:production world:erp@PL01/101C 2025-02-03",
          "t67a0098012345678901234567890123 t67a0098012345678901234567890123 1 world:production world:erp@PL01/101C 2025-02-03",
        ],
      );
      assert.deepEqual(
        await rows("select material, micro / 1000000 from balance where account = 'world:production' order by 1"),
        [
          // The bill's 90, what was posted as it was counted, and what was made without an order.
          "bill 100",
          "erp 100",
          "issued 100",
          "measured 100",
        ],
      );
      assert.deepEqual(await rows(differentText), []);
      assert.deepEqual(await rows("select length(id), left(id, 9) from movement where corrects like 't6%'"), [
        "32 t67a00980",
      ]);
    });

    test("the sums of runs tell what was counted from what is used", async () => {
      assert.deepEqual(
        await rows("select run, what, material, micro / 1000000, facts from run_amount order by run, what, material"),
        [
          "r1 counted bill 113 4",
          "r1 used bill 90 1",
          "r1 used erp 100 1",
          "r1 used issued 100 1",
          "r1 used measured 100 1",
          "r2 used bill 3 1",
        ],
      );
    });

    test("it is not booked again", async () => {
      const book = (fact: string, material: string): Promise<unknown> =>
        client.query(
          `insert into movement (id, fact, material, lot, micro, uom, from_account, to_account, event_at, recorded_at)
           values ('again ' || $1, $1, $2, null, 1, 'MTR', 'world:erp', 'world:production', now(), now())`,
          [fact, material],
        );
      await assert.rejects(book("bill", "bill"), { constraint: "one_source_moves", code: "55000" });
      for (const [fact, material] of [
        ["by bill", "bill"],
        ["measured", "measured"],
        ["erp", "erp"],
        ["of no order", "bill"],
      ] as const)
        await book(fact, material);
    });

    test("the database and the code say the same of every order", async () => {
      const line = fc.record({
        material: fc.constantFrom("W-1", "W-2"),
        mode: fc.constantFrom<ConsumptionMode>(...modes),
      });
      const operation = fc.array(line, { maxLength: 3 });
      await forAll(
        fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 3 }), async (operations) => {
          const segments = operations.map((lines, i) =>
            segmentOf({ id: `00${i}0`, materials: lines.map((one, n) => requirementOf({ ...one, id: `R${n}` })) }),
          );
          const request = requestOf({ segments });
          const { rows: said } = await client.query<{ id: string; is: boolean }>(
            "select s ->> 'id' as id, is_use($1, s ->> 'id', 'W-1') as is from jsonb_array_elements($1::jsonb -> 'segments') s",
            [toJson(request)],
          );
          assert.deepEqual(
            said.map(({ is }) => is),
            segments.map((segment) => isUse(request, segment, { material: "W-1", named: null })),
          );
        }),
        { numRuns: 200 },
      );
    });
  });
}
