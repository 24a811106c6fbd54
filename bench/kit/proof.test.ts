/** What the proof of a bench lets pass, and what it tells. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startOperations } from "../../src/app/operations.ts";
import { systemClock } from "../../src/base/clock.ts";
import { unwrap } from "../../src/base/result.ts";
import { collectorBook } from "../../src/flows/collector-book.ts";
import { openBuffer } from "../../src/gateway/buffer.ts";
import type { Sample } from "../../src/record/sample.ts";
import { clusterUnavailable } from "../../src/store/testing/cluster.ts";
import { openBenchDatabase, type BenchDatabase } from "./database.ts";
import { silent } from "./intake.ts";
import { MachineLoad, type Said } from "./load.ts";
import { judge, type Judgement, type SaidAt } from "./missing.ts";
import { benchRequest, benchSite, seedOrders } from "./plant.ts";
import { compare } from "./proof.ts";

const source = "machine-0";

describe("the proof of a bench", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let database: BenchDatabase;
  let said: Said;
  before(async () => {
    database = await openBenchDatabase();
    ({ said } = await countersBehind(database));
  });
  after(() => database.close());

  test("values that come after the end of their run, and what is stated anew because of them, count once", async () => {
    assert.ok((await database.count("select count(*) from fact where kind = 'Corrected'")) > 0);
    assert.ok((await database.count("select count(*) from posting where kind = 'confirmation'")) > said.runs);
    assert.deepEqual(await compare(database, [said]), []);
  });

  test("a piece, a value or a run that is not there is told", async () => {
    for (const more of ["good", "samples", "wattHours", "runsThatMade"] as const)
      assert.notDeepEqual(await compare(database, [{ ...said, [more]: said[more] + 1 }]), [], more);
  });

  test("a piece that no posting speaks for is told", async () => {
    await database.ask("begin");
    // The database itself would refuse it.
    await database.ask("set local session_replication_role = replica");
    await database.ask(`update posting_line set active = false
      where (posting, fact) = (select posting, fact from posting_line where kind = 'confirmation' limit 1)`);
    const wrong = await compare(database, [said]);
    await database.ask("rollback");
    assert.deepEqual(wrong, [
      `pieces that postings speak for (confirmation): ${said.good} were offered, the database holds ${said.good - 1}`,
    ]);
  });
});

describe("what is missing", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let database: BenchDatabase;
  let said: Said;
  let times: readonly SaidAt[];
  let at: number;
  before(async () => {
    database = await openBenchDatabase();
    ({ said, times } = await countersBehind(database));
    at = times.at(-1)?.[0] ?? 0;
  });
  after(() => database.close());

  /** Five values more were said a second after all others, and one piece. */
  const judged = (): Promise<Judgement> =>
    judge(database, {
      source,
      said: { ...said, samples: said.samples + 5, good: said.good + 1 },
      times: [...times, [at + 1_000, 5]],
    });

  async function withGap(until: number | null): Promise<Judgement> {
    await database.ask("begin");
    for (const [kind, when, body] of [
      ["GapOpened", at, { kind: "GapOpened", cause: "a full queue" }],
      ["GapClosed", until, { kind: "GapClosed", filled: false }],
    ] as const)
      if (when !== null)
        await database.ask(
          `insert into fact (id, source, work_unit, kind, event_at, recorded_at, rule, map_version, revision, said_by, evidence, body)
         select $1, $2, 'UNIT', $1, to_timestamp($3::float8 / 1000), now(), 'gap', 1, 0, '{}', '[]', $4`,
          [kind, source, when, body],
        );
    const judgement = await judged();
    await database.ask("rollback");
    return judgement;
  }

  test("nothing is, of what was taken", async () => {
    assert.deepEqual(await judge(database, { source, said, times }), { wrong: [], named: [] });
  });

  test("without a gap it is lost, and wrong", async () => {
    const { wrong, named } = await judged();
    assert.equal(wrong[0], "samples: 5 are missing, and no gap says so");
    assert.ok(wrong.some((words) => words.startsWith("pieces:")));
    assert.deepEqual(named, []);
  });

  test("outside of the gap it is lost, and wrong", async () => {
    const { wrong } = await withGap(at + 999);
    assert.equal(wrong[0], "samples: 5 are missing, and no gap says so");
  });

  test("in a gap it is named, and what follows from it is told", async () => {
    const { wrong, named } = await withGap(at + 1_000);
    assert.deepEqual(wrong, []);
    assert.equal(named[0], `samples: 5 of ${said.samples + 5} lie in a gap of 1000 ms that is marked`);
    assert.equal(named[1], "a full queue");
    assert.ok(named.some((words) => words.startsWith("pieces:")));
  });

  test("a gap that does not end is wrong", async () => {
    assert.deepEqual((await withGap(null)).wrong, ["a gap is still open: not all was heard"]);
  });

  test("what is kept more often than it was said is wrong", async () => {
    const [[first, samples] = [0, 0], ...others] = times;
    const less = { ...said, samples: said.samples - 1 };
    const { wrong } = await judge(database, { source, said: less, times: [[first, samples - 1], ...others] });
    assert.deepEqual(wrong, ["samples: 1 are kept and were not said"]);
  });
});

/** Runs of 50 pieces whose counter and meter come a batch after all else, so that ends are read before the last pieces. */
async function countersBehind(database: BenchDatabase): Promise<{ said: Said; times: readonly SaidAt[] }> {
  const site = benchSite({ machines: [{ id: source, settings: {} }], erp: { settings: {} } });
  await seedOrders(database.store, [benchRequest(0)]);
  const buffer = unwrap(await openBuffer({ file: join(database.folder, "buffer.sqlite"), log: silent }));
  const operations = startOperations({
    site,
    store: database.store,
    clock: systemClock,
    log: silent,
    buffer,
    book: collectorBook(site),
    dispatched: { whyNotStored: () => "the machine keeps no job orders" },
    after: 0,
    onCollected: () => undefined,
  });
  const times: SaidAt[] = [];
  const append = async (samples: readonly Sample[]): Promise<void> => {
    for (const { at } of samples) times.push([at, 1]);
    unwrap(await buffer.append(source, { samples, complete: true, gaps: [] }));
    while (operations.consumed() < buffer.head()) await systemClock.sleep(2);
  };
  const load = new MachineLoad({ machine: 0, startAt: Date.now() - 60_000, piecesPerRun: 50 });
  await append([...load.first(), ...load.begin()]);
  const isBehind = ({ item }: Sample): boolean => item === "Pieces/Good" || item === "Energy/Total";
  for (let n = 0; n < 3; n += 1) {
    const frames = load.next(60);
    await append(frames.filter((sample) => !isBehind(sample)));
    await append(frames.filter(isBehind));
  }
  await append(load.last());
  await operations.close();
  await buffer.close();
  return { said: load.said(), times };
}
