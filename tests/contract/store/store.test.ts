/**
 * One suite for every store: PostgreSQL 15, the oldest that we run on, 18, the one that comes with the product, and the
 * one in memory on which the simulation runs, as far as that goes.
 */
import { after, before, describe } from "node:test";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { commandSuite } from "./command.ts";
import { constraintSuite } from "./constraint.ts";
import { correctionSuite } from "./correction.ts";
import { cutOtherwiseSuite } from "./cut-otherwise.ts";
import { dispatchableSuite } from "./dispatchable.ts";
import { doubtSuite } from "./doubt.ts";
import { guardSuite, emptyingSuite } from "./guard.ts";
import { handGuardSuite } from "./hand-guard.ts";
import { historySuite } from "./history.ts";
import { issuedSuite, keptSumSuite } from "./issued.ts";
import { keptSamplesSuite } from "./kept-samples.ts";
import { leaseSuite } from "./lease.ts";
import { lifeCycleSuite, lifeCycleTextSuite } from "./life-cycle.ts";
import { openMemoryWorld } from "./memory-world.ts";
import { noticeOutboxSuite } from "./notice-outbox.ts";
import { noticeSuite } from "./notice.ts";
import { outboxSuite } from "./outbox.ts";
import { outboxGuardSuite } from "./outbox-guard.ts";
import { outboxLeaseSuite } from "./outbox-lease.ts";
import { repositorySuite } from "./repository.ts";
import { statementSuite } from "./statement.ts";
import { transactionSuite } from "./transaction.ts";
import { openWorld, type StoreWorld, type World } from "./world.ts";

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

    suiteOf(() => world);
    describe("notices", () => noticeSuite(() => world));
    describe("messages and lists of notices", () => noticeOutboxSuite(() => world));
    describe("the sum of what was issued", () => keptSumSuite(() => world));
    describe("what nobody empties", () => emptyingSuite(() => world));
    describe("the life cycle as it is written down", () => lifeCycleTextSuite(() => world));
    describe("what was keyed by hand", () => handGuardSuite(() => world));
  });
}

describe("in memory", () => {
  const world = openMemoryWorld();
  suiteOf(() => world);
});

function suiteOf(world: () => StoreWorld): void {
  describe("what the database refuses", () => constraintSuite(world));
  describe("what stays as it was", () => guardSuite(world));
  describe("the life cycle of postings", () => lifeCycleSuite(world));
  describe("what nobody writes past the flows", () => outboxGuardSuite(world));
  describe("what is written comes back", () => repositorySuite(world));
  describe("what may be begun", () => dispatchableSuite(world));
  describe("samples that are kept", () => keptSamplesSuite(world));
  describe("what is corrected", () => correctionSuite(world));
  describe("what the ERP may have", () => doubtSuite(world));
  describe("what people said", () => statementSuite(world));
  describe("commands", () => commandSuite(world));
  describe("what was issued", () => issuedSuite(world));
  describe("the outbox", () => outboxSuite(world));
  describe("what a restore may have cut otherwise", () => cutOtherwiseSuite(world));
  describe("the lease of the outbox", () => outboxLeaseSuite(world));
  describe("leases", () => leaseSuite(world));
  describe("transactions", () => transactionSuite(world));
  describe("concurrent histories", () => historySuite(world));
}
