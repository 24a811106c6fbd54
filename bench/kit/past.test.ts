/** The bench's past: copied days are as written ones, and every way of being different shows. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { clusterUnavailable } from "../../src/store/testing/cluster.ts";
import { withConnections, withoutIndexes } from "./bulk.ts";
import { openBenchDatabase, type BenchDatabase } from "./database.ts";
import { differences, unkept } from "./past-proof.ts";
import { Past } from "./past.ts";

/** Of day 32 the third order has a number that ends as day 2's do: `2032002`. */
const shape = { machines: 3, runs: 2, pieces: 300 } as const;
const days = 32;
const skip = clusterUnavailable({ major: 18 });

/** What is done to day 4, which is a copy, and where it shows. */
const sabotages: readonly (readonly [what: string, shows: string, statement: string])[] = [
  [
    "a fact that counts more",
    "fact",
    `update fact set body = jsonb_set(body, '{quantity,micro}', '"2000000"') where id = (
       select f.id from fact f join run r on r.id = f.run where r.job = '2004001-0010' and f.kind = 'UnitsCounted' limit 1)`,
  ],
  [
    "evidence of another time",
    "fact",
    `update fact set evidence = jsonb_set(evidence, '{0,at}', '1735689700000') where id = (
       select f.id from fact f join run r on r.id = f.run where r.job = '2004001-0010' limit 1)`,
  ],
  [
    "a movement to another place",
    "movement",
    `update movement set to_account = 'world:scrap' where fact = (
       select f.id from fact f join run r on r.id = f.run where r.job = '2004000-0010' and f.kind = 'UnitsCounted' limit 1)`,
  ],
  [
    "a fact for which no document speaks",
    "posting_line",
    `delete from posting_line where (posting, fact) = (
       select l.posting, l.fact from posting_line l join posting p on p.id = l.posting where p.request = 's4//2004000' limit 1)`,
  ],
  [
    "a document of another day",
    "posting",
    `update posting set content = jsonb_set(content, '{response,dates,postingDate}', '"2025-01-05"') where id = (
       select id from posting where request = 's4//2004001' limit 1)`,
  ],
  [
    "bytes of another document",
    "posting",
    `update posting p set envelope = o.envelope from posting o where p.request = 's4//2004001' and o.request = 's4//2003001'
       and p.kind = o.kind and p.run = (select id from run where job = '2004001-0010' limit 1)`,
  ],
  [
    "an order that is not done",
    "operations_request",
    "update operations_request set state = 'Released' where number = '2004000'",
  ],
  [
    "a run that began later",
    "run",
    "update run set started_at = started_at + interval '1 ms' where job = '2004000-0010'",
  ],
  [
    "samples that were not kept",
    "sample_batch",
    "delete from sample_batch where source = 'past-1' and from_at >= '2025-01-04 12:00Z' and from_at < '2025-01-05 00:00Z'",
  ],
  [
    "a balance that no movement made",
    "balance",
    "update balance set micro = micro + 1 where (account, material) = (select account, material from balance limit 1)",
  ],
  ["more issued than was posted", "issued", "update issued set micro = micro + 1 where request = 's4//2004000'"],
  ["a material that nobody posted", "posted_material", "insert into posted_material values ('OTHER', 's4//2004000')"],
  [
    "a sum of a run that is not that of its facts",
    "run_sum",
    "update run_sum set facts = facts + 1 where run = (select id from run where job = '2004000-0010' limit 1)",
  ],
  [
    "a row of an order that does not follow from it",
    "order_row",
    "update order_row set progress = 'open' where request = 's4//2004001'",
  ],
  [
    "a unit that was last heard of earlier",
    "unit_state",
    "update unit_state set last_event_at = last_event_at - interval '24 hours'",
  ],
];

describe("the past of a bench", { skip }, () => {
  let database: BenchDatabase;
  let past: Past;
  before(async () => {
    database = await openBenchDatabase();
    past = await Past.open(database, shape);
  });
  after(async () => {
    await past.close();
    await database.close();
  });

  test("copied days have what days have that production code writes, and go on after others", async () => {
    assert.deepEqual(await past.growTo(1), []);
    assert.deepEqual(await past.growTo(4), []);
  });

  for (const [what, shows, statement] of sabotages) {
    test(`${what} is found`, async () => {
      const { ask } = database;
      await ask("begin");
      try {
        // What production code may not do to the record.
        await ask("set local session_replication_role = replica");
        await ask(statement);
        const found = [...(await differences(ask, 2, 4)), ...(await unkept(ask))];
        assert.ok(
          found.some((words) => words.startsWith(`${shows}:`)),
          found.join("\n"),
        );
      } finally {
        await ask("rollback");
      }
    });
  }

  test("further days are as written ones when some have numbers that look like theirs", async () => {
    assert.deepEqual(await past.growTo(days), []);
    assert.equal(
      await database.count("select count(*) from fact where kind in ('UnitsCounted', 'MaterialConsumed')"),
      days * shape.machines * shape.runs * shape.pieces * 2,
    );
  });

  test("what was written without keys is checked when they are made anew", async () => {
    const twice = (): Promise<void> =>
      withConnections(database, 2, (asks) =>
        withoutIndexes(asks, ["movement"], new Map(), async () => {
          await database.ask("insert into movement select * from movement limit 1");
        }),
      );
    await assert.rejects(twice, /could not create unique index/);
  });
});
