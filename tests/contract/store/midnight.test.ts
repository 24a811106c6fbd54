/**
 * A run that goes on over midnight: its days are planned when they are over, once, and a count afterwards looks at no fact of
 * the days before; what comes late of them, or is taken back, is planned all the same. Rows are counted, not times.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { instant, type Instant } from "../../../src/base/instant.ts";
import { whole } from "../../../src/base/quantity.ts";
import { applyFacts } from "../../../src/flows/apply-facts.ts";
import { correctionBy } from "../../../src/operations/collection/correction.ts";
import { factOf, units } from "../../../src/operations/testing/order.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import type { Fact } from "../../../src/record/fact.ts";
import { openDatabase } from "../../../src/store/connection.ts";
import { postgresStore } from "../../../src/store/store.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { oneOperation, openScene, orderNumber, type Scene } from "../final/scene.ts";
import { watched } from "./looked-at.ts";

const factsOfDay = 300;
const hourMs = 3_600_000;
/** Noon of the days at the site. */
const noon = (day: number): Instant => instant(Date.UTC(2025, 1, 3 + day, 11));

for (const major of [15, 18] as const) {
  describe(`PostgreSQL ${major}`, { skip: clusterUnavailable({ major }) }, () => {
    let cluster: TestCluster;
    before(async () => {
      cluster = await withCluster({ major });
    });
    after(() => cluster?.close());

    async function scened(play: (night: Night) => Promise<void>): Promise<void> {
      const scene = await openScene(cluster, oneOperation);
      const { connectionString } = scene.world;
      const database = watched(openDatabase({ connectionString, connectionsMax: 1, log: () => undefined }));
      try {
        await play(new Night(scene, database));
      } finally {
        await database.close();
        await scene.close();
      }
    }

    test("a count looks at its own day, however much was made before", () =>
      scened(async (night) => {
        await night.state(night.started(), ...night.counts(0, factsOfDay));
        await night.state(...night.counts(1, 1));
        assert.deepEqual(await night.days(), ["2025-02-03"]);
        const turned = await night.state(...night.counts(1, 1, 2));
        await night.state(...night.counts(1, factsOfDay, 3));
        const later = await night.state(...night.counts(1, 1, 1_000));
        assert.ok(turned < factsOfDay / 3 && later < factsOfDay / 3, `${turned}, then ${later} rows`);
        assert.deepEqual(await night.days(), ["2025-02-03"]);
        await night.state(...night.counts(2, 1));
        assert.deepEqual(await night.days(), ["2025-02-03", "2025-02-04"]);
      }));

    test("it is noticed when nobody keeps what is planned", () =>
      scened(async (night) => {
        await night.state(night.started(), ...night.counts(0, factsOfDay));
        await night.state(...night.counts(1, 1));
        await night.scene.world.sql("update run set planned_before = null");
        const rows = await night.state(...night.counts(1, 1, 2));
        assert.ok(rows > factsOfDay, `${rows} rows`);
      }));

    test("what comes late of a day that is planned is planned with the next count", () =>
      scened(async (night) => {
        await night.state(night.started(), ...night.counts(0, 3));
        await night.state(...night.counts(1, 3));
        await night.state(...night.counts(2, 1));
        await night.state(...night.counts(1, 1, 50));
        await night.state(...night.counts(2, 1, 2));
        const days = ["2025-02-03", "2025-02-04", "2025-02-04"];
        assert.deepEqual(await night.days(), days);
        // Of the day on which it began, alone in a batch, and then beside a count of today.
        await night.state(...night.counts(0, 1, 60));
        await night.state(...night.counts(2, 1, 3));
        await night.state(...night.counts(0, 1, 61), ...night.counts(2, 1, 4));
        assert.deepEqual(await night.days(), ["2025-02-03", "2025-02-03", ...days]);
        assert.equal(await night.owed(), 4, "of today alone");
      }));

    test("a count from a clock that was ahead for a moment moves nothing but itself", () =>
      scened(async (night) => {
        await night.state(night.started(), ...night.counts(0, 3));
        await night.state(...night.counts(1, 1));
        await night.state(...night.counts(9, 1));
        await night.state(...night.counts(1, 1, 2));
        await night.state(...night.counts(1, 1, 3));
        await night.state(...night.counts(1, 1, 4));
        assert.deepEqual(await night.days(), ["2025-02-03", "2025-02-04"]);
        assert.equal(await night.owed(), 4, "the one ahead, and those of today since");
      }));

    test("what a person takes back of a day that is planned is planned anew without it", () =>
      scened(async (night) => {
        // A key of the test.
        const byHand = {
          source: "manual:U1",
          saidBy: { by: "person", person: "p-1" as PersonKey, reason: "miscounted" },
        } as const;
        const [first, second] = night.counts(0, 2).map((fact): Fact => ({ ...fact, ...byHand }));
        assert.ok(first && second);
        await night.state(night.started(), first, second);
        await night.state(...night.counts(1, 1));
        await night.state(correctionBy(first, byHand.saidBy));
        assert.deepEqual(await night.days(), [], "it was withdrawn");
        await night.state(...night.counts(1, 1, 2));
        assert.deepEqual(await night.days(), ["2025-02-03"]);
        assert.equal(await night.owed(), 2, "of today alone");
      }));
  });
}

/** One run over several days, as it is told. */
class Night {
  readonly scene: Scene;
  readonly #database: ReturnType<typeof watched>;

  constructor(scene: Scene, database: ReturnType<typeof watched>) {
    this.scene = scene;
    this.#database = database;
  }

  /** In a transaction of its own. @returns rows that were looked at for it */
  async state(...facts: readonly Fact[]): Promise<number> {
    const { site } = this.scene;
    const ports = { site, dispatched: { whyNotStored: () => null } };
    const had = this.#database.rows();
    await postgresStore(this.#database).transaction((tx) => applyFacts(tx, ports, facts, noon(20)));
    return this.#database.rows() - had;
  }

  started(): Fact {
    const job = `${orderNumber}-0010`;
    const body = { kind: "JobStarted", job, article: "", outside: false } as const;
    return factOf("start", instant(noon(0) - hourMs), body, { run: "night", source: "m1", workUnit: "U1" });
  }

  /** So many pieces of a day, one a second; the nth of the day first. */
  counts(day: number, count: number, from = 1): readonly Fact[] {
    return Array.from({ length: count }, (_, n) => {
      const at = instant(noon(day) + (from + n) * 1_000);
      const own = { run: "night", source: "m1", workUnit: "U1" };
      return factOf(`${day}/${from + n}`, at, units("good", whole(1, "C62")), own);
    });
  }

  /** Posting dates of the confirmations that are planned. */
  async days(): Promise<readonly string[]> {
    const rows = await this.scene.world.sql(
      `select content #>> '{response,dates,postingDate}' as day from posting where kind = 'confirmation' and state <> 'dismissed' order by 1`,
    );
    return rows.map((row) => String(row["day"]));
  }

  /** Counts of which no confirmation speaks. */
  async owed(): Promise<number> {
    const rows = await this.scene.world.sql(
      `select f.id from fact f where f.kind = 'UnitsCounted' and not exists (
         select 1 from posting_line l where l.fact = f.id and l.kind = 'confirmation' and l.active)`,
    );
    return rows.length;
  }
}
