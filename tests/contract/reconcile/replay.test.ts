/**
 * A recorded day read again: with the same maps facts and postings are equal byte by byte; with another map the difference
 * that it would have made is shown; nothing is written.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { instant } from "../../../src/base/instant.ts";
import { unwrap } from "../../../src/base/result.ts";
import { startOfDay } from "../../../src/base/site-time.ts";
import { replayDay, type ReplayResult } from "../../../src/flows/replay.ts";
import type { Window } from "../../../src/operations/collection/replay.ts";
import { live, stepNames, type Step } from "../../../src/operations/collection/testing/wire-machine.ts";
import type { Sample } from "../../../src/record/sample.ts";
import { checkSite } from "../../../src/site/load.ts";
import type { Site } from "../../../src/site/site.ts";
import { changed, mapYaml, rules } from "../../../src/site/testing/example.ts";
import { openDatabase, type Database } from "../../../src/store/connection.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { postgresReplay } from "../../../src/store/view/replay-view.ts";
import { openWorld, unguarded, type World } from "../store/world.ts";
import { site, takeIn } from "./recorded.ts";

const skip = clusterUnavailable({ major: 18 });
const dayMs = 86_400_000;

/** Three days of a machine, the same each time: what happens next follows from a multiplication. */
function threeDays(): readonly Sample[] {
  let chance = 12_345;
  const next = (below: number): number => {
    chance = (chance * 48_271) % 2_147_483_647;
    return chance % below;
  };
  const names = stepNames.filter((name) => name !== "sleep");
  const steps = Array.from({ length: 4_200 }, (): Step => {
    const what = names[next(names.length)] ?? "settle";
    return { what, a: next(1_000), b: next(1_000), afterMs: 1_000 + next(115_000) };
  });
  return live(steps, Date.parse("2025-02-03T00:00:00+01:00")).samples;
}

function windowOf(day: `${number}-${string}-${string}`): Window {
  const from = startOfDay(day, site.zone);
  return { from, to: instant(from + dayMs) };
}

describe("replay", { skip, timeout: 300_000 }, () => {
  let cluster: TestCluster;
  let world: World;
  let database: Database;
  let made: Awaited<ReturnType<typeof takeIn>>;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    world = await openWorld(cluster);
    database = openDatabase({ connectionString: world.connectionString, log: () => undefined, readOnly: true });
    made = await takeIn(world, threeDays());
  });
  after(async () => {
    await database?.close();
    await world?.close();
    await cluster?.close();
  });

  const replay = async (window: Window, with_: Site = site): Promise<ReplayResult> =>
    unwrap(await replayDay(postgresReplay(database), with_, window));

  /** What is in the tables that a replay must not touch. */
  const counts = (): Promise<readonly unknown[]> =>
    world.sql(
      `select (select count(*) from fact) as facts, (select count(*) from posting) as postings, (select count(*) from movement) as movements,
       (select max(xmin::text::bigint) from fact) as newest, (select count(*) from question) as questions`,
    );

  function assertIdentical({ sources, orders }: ReplayResult): number {
    for (const { facts } of sources) assert.deepEqual(facts.differences.slice(0, 2), []);
    assert.deepEqual(
      orders.flatMap(({ postings, bill }) => [...postings, ...bill]),
      [],
    );
    return orders.reduce((sum, { compared }) => sum + compared, 0);
  }

  test("with the same map facts and postings are equal byte by byte, from the beginning and from a kept state", async () => {
    assert.ok(made.facts > 300 && made.postings > 15, `${made.facts} facts and ${made.postings} postings were made`);
    const before = await counts();
    const read: number[] = [];
    for (const day of ["2025-02-03", "2025-02-04", "2025-02-05"] as const) {
      const result = await replay(windowOf(day));
      const [only] = result.sources;
      read.push(only?.samples ?? 0);
      assert.ok(only?.hasSpoken);
      assert.ok(only.facts.recorded > 100 && only.facts.isIdentical, JSON.stringify(only?.facts.recorded));
      assert.ok(assertIdentical(result) > 5, "postings were planned again");
    }
    const [quiet] = (await replay(windowOf("2025-02-20"))).sources;
    assert.equal(quiet?.hasSpoken, false, "what was said before the day is not of the day");
    assert.ok((read[2] ?? 0) < threeDays().length, "the last day was begun from a kept state");
    assert.deepEqual(await counts(), before);
  });

  test("another map shows what it would have made of the day", async () => {
    const other = changed([mapYaml, "grade: good", "grade: scrap"]);
    const result = await replay(windowOf("2025-02-04"), unwrap(checkSite(other, rules).site));
    const [only] = result.sources;
    assert.ok(only && !only.facts.isIdentical && !only.facts.holdsTheSame);
    const of = (what: string): bigint[] =>
      only.facts.sums.filter((sum) => sum.what === what).map(({ recorded, replayed }) => replayed - recorded);
    const moved = of("good").reduce((sum, micro) => sum + micro, 0n);
    assert.ok(moved < 0n);
    assert.equal(
      of("scrap").reduce((sum, micro) => sum + micro, 0n),
      -moved,
      "every good piece became scrap",
    );
    const receipts = result.orders.flatMap(({ postings }) => postings).filter(({ kind }) => kind === "goods-receipt");
    assert.ok(receipts.some(({ was, now }) => was !== null && now.length === 0));
    assert.ok(
      result.orders.some(({ bill }) => bill.length > 0),
      "less is used by bill",
    );
  });

  // From here on the record is changed.
  test("a fact that was changed behind our back is noticed", async () => {
    // Whoever may switch off what guards the record can do so.
    await unguarded(world, () =>
      world.sql(
        `update fact set body = jsonb_set(body, '{quantity,micro}', '"777000000"') where id =
         (select id from fact where kind = 'UnitsCounted' and event_at > '2025-02-04T10:00:00Z' order by event_at, id limit 1)`,
      ),
    );
    const { sources } = await replay(windowOf("2025-02-04"));
    assert.equal(sources[0]?.facts.differences.length, 1);
    assert.equal(sources[0]?.facts.sums.length, 1);
  });

  test("what is no longer kept cannot be begun, and says so", async () => {
    await world.sql("delete from collector_day");
    await world.sql("delete from sample_batch where to_at < '2025-02-04T00:00:00Z'");
    const refused = await replayDay(postgresReplay(database), site, windowOf("2025-02-04"));
    assert.equal(!refused.ok && refused.fault.code, "flows/replay-start");
  });
});
