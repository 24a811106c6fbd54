/** Five real days, taken in as production does and replayed: equal byte by byte, and at more than 500 times real time. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { instant } from "../../../src/base/instant.ts";
import { unwrap } from "../../../src/base/result.ts";
import { startOfDay } from "../../../src/base/site-time.ts";
import { replayDay } from "../../../src/flows/replay.ts";
import { noRecordedDays, readRecordedDays } from "../../../src/operations/collection/testing/komax-days.ts";
import { openDatabase } from "../../../src/store/connection.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { postgresReplay } from "../../../src/store/view/replay-view.ts";
import { site, takeIn } from "../../contract/reconcile/recorded.ts";
import { openWorld, type World } from "../../contract/store/world.ts";

const skip = noRecordedDays || clusterUnavailable({ major: 18 });
const dayMs = 86_400_000;
const days = ["2025-02-03", "2025-02-04", "2025-02-05", "2025-02-06", "2025-02-07"] as const;

describe("five real days", { skip, timeout: 300_000 }, () => {
  let cluster: TestCluster;
  let world: World;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    world = await openWorld(cluster);
  });
  after(async () => {
    await world?.close();
    await cluster?.close();
  });

  test("are equal byte by byte when they are read again, and that is quick", async (t) => {
    const samples = await readRecordedDays();
    const made = await takeIn(world, samples, 1_000);
    t.diagnostic(`${samples.length} samples, ${made.facts} facts, ${made.postings} postings`);
    const database = openDatabase({ connectionString: world.connectionString, log: () => undefined, readOnly: true });
    let compared = 0;
    let coveredMs = 0;
    const began = performance.now();
    for (const day of days) {
      const from = startOfDay(day, site.zone);
      const { sources, orders } = unwrap(
        await replayDay(postgresReplay(database), site, { from, to: instant(from + dayMs) }),
      );
      for (const { facts, coveredMs: own } of sources) {
        coveredMs += own;
        assert.ok(facts.recorded > 0, `something was made on ${day}`);
        assert.deepEqual(facts.differences.slice(0, 2), []);
      }
      for (const { postings, bill, compared: again } of orders) {
        assert.deepEqual([...postings, ...bill], []);
        compared += again;
      }
    }
    const seconds = (performance.now() - began) / 1000;
    const times = coveredMs / 1000 / seconds;
    t.diagnostic(`${compared} postings planned again in ${seconds.toFixed(2)} s: ${Math.round(times)} times real time`);
    await database.close();
    assert.ok(compared > 100 && times >= 500, `${compared} postings, ${Math.round(times)} times real time`);
  });
});
