/**
 * A share of the seeds on a real PostgreSQL, with the production store: no law is broken there either, mistakes are
 * noticed there too, and what a constraint of the database stops never reaches a law.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { FaultKind } from "../../src/simulation/world/plan.ts";
import { planOf } from "../../src/simulation/world/planner.ts";
import { commandOf, everythingOf } from "../../src/simulation/world/shrink.ts";
import { instant } from "../../src/base/instant.ts";
import { beginning, meanwhile } from "../../src/simulation/postgres/prepare.ts";
import { question } from "../../src/simulation/store/schema/shop-floor.ts";
import { openDatabase } from "../../src/store/connection.ts";
import { clusterUnavailable, type TestedMajor } from "../../src/store/testing/cluster.ts";
import { postgresWorlds, type PostgresWorlds } from "./postgres-worlds.ts";
import { sabotages } from "./sabotage.ts";

/** Short worlds: people, a restore, and every fault of the database and of processes are among them. */
const seeds: Readonly<Record<TestedMajor, readonly number[]>> = { 18: [10, 28], 15: [4] };
const ofTheDatabase: readonly FaultKind[] = [
  "process-crash",
  "second-process",
  "database-away",
  "commit-lost",
  "disk-full",
  "restored",
];
/** Seeds in which a mistake shows, the surest first. */
const noticedIn: Readonly<Record<string, readonly number[]>> = {
  "blind resend": [4, 2],
  "missing lane lock": [4, 3, 2],
  "cursor before facts": [79],
  "restore that sends without asking": [10, 53],
};

for (const major of [18, 15] as const) {
  describe(`on PostgreSQL ${major}`, { skip: clusterUnavailable({ major }) }, () => {
    let worlds: PostgresWorlds;
    before(async () => {
      worlds = await postgresWorlds({ major });
    });
    after(() => worlds.close());

    for (const seed of seeds[major]) {
      test(`world ${seed} breaks no law`, async () => {
        const plan = planOf(seed);
        const report = await worlds.simulate(plan);
        assert.deepEqual(report.violations, [], `${commandOf(seed, everythingOf(plan))} --postgres ${major}`);
        assert.ok(report.documents > 10, `${report.documents} documents were made`);
      });
    }

    if (major !== 18) return;
    test("the database's clock is the world's, and its disk can be full", async () => {
      const { connectionString, close } = await worlds.fresh();
      const database = openDatabase({ connectionString, log: () => undefined });
      const now = Date.parse("2026-11-02T04:00:00Z");
      const write = "insert into lease (role, epoch, holder, renewed_at) values ('r', 1, 'h', clock_timestamp())";
      const shown = database.transaction(async (query) => {
        query.post("", beginning(now, false));
        query.post("", meanwhile(now + 1_000, false));
        return query.run("", "select now() as began, clock_timestamp() as now");
      });
      assert.deepEqual(await shown, [{ began: now, now: now + 1_000 }]);
      const full = database.transaction(async (query) => {
        query.post("", beginning(now, true));
        return query.run("", write);
      });
      await assert.rejects(full, { code: "53100" });
      await database.close();
      await close();
    });

    test("what was written past the book is noticed at rest", async () => {
      const { connectionString, open, close } = await worlds.fresh();
      const world = open({
        now: () => instant(0),
        step: () => Promise.resolve(),
        isFull: () => false,
        onCommit: () => undefined,
      });
      const { store } = world.connect({ name: "somebody", isAlive: true });
      const ask = (subject: string) =>
        store.transaction((tx) => tx.attention.ask([{ subject, text: "?", evidence: [] }], instant(0)));
      await ask("first");
      assert.deepEqual(
        [...world.committed.rows(question)].map(({ subject }) => subject),
        ["first"],
      );
      await world.compare();
      const byHand = openDatabase({ connectionString, log: () => undefined });
      await byHand.transaction((query) => query.run("", "alter table question disable trigger user"));
      await byHand.close();
      await ask("second");
      await assert.rejects(world.compare(), /question is not what the database holds/);
      await close();
    });

    for (const [name, where] of Object.entries(noticedIn)) {
      test(`it is noticed: ${name}`, async () => {
        const parts = sabotages[name];
        assert.ok(parts, "there is such a mistake");
        for (const seed of where) if ((await worlds.simulate(planOf(seed), parts())).violations.length > 0) return;
        assert.fail(`nothing was noticed in the seeds ${where.join(", ")}`);
      });
    }

    test("what would be posted twice a unique key refuses: no law about it is broken, and it is noticed that something is wrong", async () => {
      const { violations, log } = await worlds.simulate(planOf(7), sabotages["posted fact owed again"]?.());
      assert.ok(log.some((line) => line.includes("posting_line_once")));
      const broken = new Set(violations.map(({ law }) => law));
      assert.ok(broken.size > 0, "what follows from it is noticed");
      assert.ok(!broken.has("facts-posted-once") && !broken.has("documents-once"), [...broken].join(", "));
    });
  });
}

test("every fault of the database is in one of these worlds", () => {
  const planned = new Set([...seeds[18], ...seeds[15]].flatMap((seed) => planOf(seed).faults.map(({ kind }) => kind)));
  assert.deepEqual(
    ofTheDatabase.filter((kind) => !planned.has(kind)),
    [],
  );
});
