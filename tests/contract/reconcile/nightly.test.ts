/** The comparison by schedule: due once a day, kept, asked about when something is unexplained, answered when nothing is. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { dueDay } from "../../../src/app/nightly.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { instant, parseInstant, type Instant } from "../../../src/base/instant.ts";
import { ok, unwrap } from "../../../src/base/result.ts";
import { reconcileNight, type NightlyPorts } from "../../../src/flows/reconcile-nightly.ts";
import { openDatabase, type Database } from "../../../src/store/connection.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { postgresBooks } from "../../../src/store/view/books-view.ts";
import { oneOperation, openScene, type Scene } from "../final/scene.ts";
import { unguarded } from "../store/world.ts";
import { issueByHand, reverseMovement } from "./hand.ts";

const skip = clusterUnavailable({ major: 18 });
const never = new AbortController().signal;

describe("the comparison by schedule", { skip, timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  let database: Database;
  let ports: NightlyPorts;
  before(async () => {
    cluster = await withCluster({ major: 18 });
  });
  after(() => cluster?.close());
  beforeEach(async () => {
    scene = await openScene(cluster, oneOperation);
    database = openDatabase({ connectionString: scene.world.connectionString, log: () => undefined });
    ports = {
      store: scene.world.store,
      books: postgresBooks(database),
      clock: systemClock,
      policy: scene.site.reconcile,
      days: scene.site.reconcile.days,
      receipt: () => false,
      packs: () => false,
      documents: (request, signal) => scene.session.documents(request, signal),
    };
  });
  afterEach(async () => {
    await database.close();
    await scene.close();
  });

  const questions = (): Promise<readonly Record<string, unknown>[]> =>
    scene.world.sql("select subject, state from question order by id");

  test("what is unexplained is kept and asked about once; explained the next night, the question is answered", async () => {
    issueByHand(scene.erp.books, 2, "AAAABBBBCCCCDDDD");
    const both = await Promise.all([
      reconcileNight(ports, "2026-01-02", never),
      reconcileNight({ ...ports, store: scene.world.other }, "2026-01-02", never),
    ]);
    assert.deepEqual(new Set(both.map(unwrap)), new Set([1, null]), "of two processes one keeps it");
    assert.deepEqual(await questions(), [{ subject: "reconcile/2026-01-02", state: "open" }]);
    const newest = await ports.store.transaction((tx) => tx.reconciliations.newest());
    assert.deepEqual([newest?.day, newest?.unexplained], ["2026-01-02", 1]);
    const [kept] = await scene.world.sql("select findings, counts from reconciliation");
    assert.match(JSON.stringify(kept), /a key like ours/);
    reverseMovement(scene.erp.books);
    assert.deepEqual(unwrap(await reconcileNight(ports, "2026-01-03", never)), 0);
    assert.deepEqual(await questions(), [{ subject: "reconcile/2026-01-02", state: "answered" }]);
  });

  test("a question about an order that has become old stays open until its difference is explained", async () => {
    issueByHand(scene.erp.books, 2, "AAAABBBBCCCCDDDD");
    unwrap(await reconcileNight(ports, "2026-01-02", never));
    const later = { ...ports, clock: { ...systemClock, now: () => instant(systemClock.now() + 36 * 86_400_000) } };
    assert.equal(unwrap(await reconcileNight(later, "2026-02-07", never)), 1);
    const open = (day: string, state = "open"): Record<string, unknown> => ({ subject: `reconcile/${day}`, state });
    assert.deepEqual(await questions(), [open("2026-01-02"), open("2026-02-07")]);
    const fault = { kind: "invalid", code: "erp/sap-unit-unknown", message: "KAR is no unit." } as const;
    const unread = { ...later, documents: () => Promise.resolve({ ok: false, fault } as const) };
    assert.equal(unwrap(await reconcileNight(unread, "2026-02-08", never)), 1, "what cannot be read is not explained");
    const [asked] = await scene.world.sql("select text from question where subject = 'reconcile/2026-02-08'");
    assert.match(String(asked?.["text"]), /The first: order 1000001, not compared: KAR is no unit\. See/);
    assert.equal((await questions()).filter(({ state }) => state === "open").length, 3);
    reverseMovement(scene.erp.books);
    assert.equal(unwrap(await reconcileNight(later, "2026-02-09", never)), 0);
    assert.deepEqual(
      await questions(),
      ["2026-01-02", "2026-02-07", "2026-02-08"].map((day) => open(day, "answered")),
    );
  });

  test("a question whose findings were too many to be kept is answered by a person alone", async () => {
    issueByHand(scene.erp.books, 2, "AAAABBBBCCCCDDDD");
    unwrap(await reconcileNight(ports, "2026-01-02", never));
    await unguarded(scene.world, () => scene.world.sql("update reconciliation set unexplained = 2"));
    reverseMovement(scene.erp.books);
    assert.equal(unwrap(await reconcileNight(ports, "2026-01-03", never)), 0);
    assert.deepEqual(await questions(), [{ subject: "reconcile/2026-01-02", state: "open" }]);
  });

  test("an ERP that is away is said, and the day is compared later", async () => {
    await scene.erp.unplug();
    const refused = await reconcileNight(ports, "2026-01-02", never);
    assert.equal(!refused.ok && refused.fault.code, "flows/reconcile-erp");
    assert.equal(await ports.store.transaction((tx) => tx.reconciliations.newest()), null);
    await scene.erp.plugIn();
    assert.deepEqual(await reconcileNight(ports, "2026-01-02", never), ok(0));
    assert.deepEqual(await scene.world.sql("select unexplained from reconciliation order by id"), [
      { unexplained: null },
      { unexplained: 0 },
    ]);
  });

  test("due each day once; what was missed while nothing ran is made up for, but not from before the beginning", async () => {
    const at = (text: string): Instant => unwrap(parseInstant(text));
    const due = (now: string, started: string, nightly = "02:30"): Promise<string | null> => {
      const site = { zone: scene.site.zone, reconcile: { ...scene.site.reconcile, nightly } };
      return dueDay({ site, store: ports.store, clock: { ...systemClock, now: () => at(now) } }, at(started));
    };
    // Half past two in Berlin is half past one in winter.
    const noon = "2026-01-01T11:00:00Z";
    assert.equal(await due("2026-01-01T12:00:00Z", noon), null, "an installation begins with its first night");
    assert.equal(await due("2026-01-02T01:29:00Z", noon), null);
    assert.equal(await due("2026-01-02T01:31:00Z", noon), "2026-01-02");
    unwrap(
      await reconcileNight({ ...ports, clock: { ...systemClock, now: () => instant(at(noon)) } }, "2026-01-02", never),
    );
    assert.equal(await due("2026-01-02T20:00:00Z", noon), null);
    assert.equal(await due("2026-01-03T09:00:00Z", "2026-01-03T08:59:00Z"), "2026-01-03", "missed in the night");
    const evening = "22:00";
    assert.equal(await due("2026-01-03T06:00:00Z", noon, evening), null, "the evening before was compared");
    assert.equal(
      await due("2026-01-04T06:00:00Z", "2026-01-04T05:59:00Z", evening),
      "2026-01-03",
      "and this one missed",
    );
    assert.equal(await due("2026-01-04T21:01:00Z", noon, evening), "2026-01-04");
  });
});
