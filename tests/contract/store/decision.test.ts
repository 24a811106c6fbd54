/** Decisions of people over the store: each once, two people at once, and what a machine says meanwhile. */
import { after, before, describe } from "node:test";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { mendListSuite } from "./decision-list.ts";
import { orderDecisionSuite } from "./decision-order.ts";
import { personDecisionSuite } from "./decision-person.ts";
import { postingDecisionSuite } from "./decision-posting.ts";
import { questionDecisionSuite } from "./decision-question.ts";
import { runDecisionSuite } from "./decision-run.ts";
import { openWorld, type World } from "./world.ts";

for (const major of [15, 18] as const) {
  describe(`PostgreSQL ${major}`, { skip: clusterUnavailable({ major }) }, () => {
    let cluster: TestCluster;
    let world: World;
    before(async () => {
      cluster = await withCluster({ major });
      world = await openWorld(cluster);
    });
    after(async () => {
      await world?.close();
      await cluster?.close();
    });

    describe("about runs", () => runDecisionSuite(() => world));
    describe("about runs that people count", () => personDecisionSuite(() => world));
    describe("about postings", () => postingDecisionSuite(() => world));
    describe("about orders", () => orderDecisionSuite(() => world));
    describe("about questions", () => questionDecisionSuite(() => world));
    describe("what is to be mended", () =>
      mendListSuite(
        () => world,
        () => cluster,
      ));
  });
}
