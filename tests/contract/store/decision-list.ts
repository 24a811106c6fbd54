/** The lists of what is to be mended: everything in them, once, in pages, with what a decision needs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { unwrap } from "../../../src/base/result.ts";
import { assignRun } from "../../../src/flows/decide-run.ts";
import { dismissPosting, retryPosting } from "../../../src/flows/decide-posting.ts";
import { decisionsFor, inWords, mendScope, nextCursor, readCursor, writeCursor } from "../../../src/flows/view/mend.ts";
import type { MendCursor, MendView } from "../../../src/flows/view/mend-view.ts";
import { openDatabase, type Database } from "../../../src/store/connection.ts";
import { postgresStore } from "../../../src/store/store.ts";
import type { Store } from "../../../src/flows/ports.ts";
import type { TestCluster } from "../../../src/store/testing/cluster.ts";
import { preparedDatabase } from "../../../src/store/testing/prepared.ts";
import { mendView } from "../../../src/store/view/mend-view.ts";
import { Client } from "pg";
import { by, codeOf, orderFor, portsOf, runOf, say, site, toldOf } from "./mend-scene.ts";
import { now, type World } from "./world.ts";

const all = { scope: null, after: null, limit: 100 };

export function mendListSuite(_: () => World, cluster: () => TestCluster): void {
  /** A database of its own: lists show everything that there is. */
  const scene = async (
    work: (store: Store, view: <T>(ask: (view: MendView) => Promise<T>) => Promise<T>, sql: Client) => Promise<void>,
  ): Promise<void> => {
    const connectionString = await preparedDatabase(cluster());
    const database: Database = openDatabase({ connectionString, log: () => undefined });
    const client = new Client({ connectionString, options: "-c search_path=millrace" });
    await client.connect();
    try {
      await work(postgresStore(database), (ask) => database.transaction((query) => ask(mendView(query))), client);
    } finally {
      await Promise.all([database.close(), client.end()]);
    }
  };

  test("quarantined runs: with what was made, by cause, by place, in pages; decided by the version that is shown", () =>
    scene(async (store, view) => {
      for (let i = 0; i < 5; i += 1) await say(store, toldOf(`run-${i}`, `job-${i}`, i > 0).facts);
      assert.deepEqual(await view((v) => v.causes()), [
        { kind: "production", code: "execution/unknown-job", count: 5, oldestAt: at0 },
      ]);
      const filter = { states: ["open"], code: null } as const;
      const runs = await view((v) => v.runs({ ...all, filter }));
      assert.equal(runs.length, 5);
      assert.deepEqual(runs[0]?.counted, [
        { grade: "good", quantity: { micro: 30_000_000n, uom: "C62" } },
        { grade: "scrap", quantity: { micro: 2_000_000n, uom: "C62" } },
      ]);
      assert.deepEqual([runs[0]?.endedAt, runs[0]?.state, runs[0]?.job], [null, "open", "job-0"]);
      // All have the same time: the id alone carries the pages.
      const paged: string[] = [];
      let after: MendCursor | null = null;
      for (let page = 0; page < 5; page += 1) {
        const from: MendCursor | null = after;
        const items = await view((v) => v.runs({ ...all, filter, limit: 2, after: from }));
        paged.push(...items.map((item) => item.run));
        const next = nextCursor(items, 2);
        if (!next) break;
        after = unwrap(readCursor(writeCursor(next), "numbers"));
      }
      assert.deepEqual(
        paged,
        runs.map((run) => run.run),
      );
      const scope = unwrap(mendScope(site, "CUTTING"));
      assert.equal((await view((v) => v.runs({ ...all, filter, scope }))).length, 5);
      const elsewhere = { workCenters: ["X"], workUnits: ["X-1"] };
      assert.equal((await view((v) => v.runs({ ...all, filter, scope: elsewhere }))).length, 0);
      assert.equal((await view((v) => v.runs({ ...all, filter: { ...filter, code: "other/code" } }))).length, 0);
      const order = await orderFor(store, "list", "L-1");
      const shown = runs[1];
      assert.ok(shown);
      assert.equal(shown.version, (await runOf(store, shown.run)).version);
      const command = { ...by(shown.version), run: shown.run, jobOrder: order.jobOrder };
      assert.equal(codeOf(await assignRun(portsOf(store), command)), "ok");
      assert.equal((await view((v) => v.runs({ ...all, filter }))).length, 4);
    }));

  test("postings: each trouble, in words, with what can be decided", () =>
    scene(async (store, view, sql) => {
      await orderFor(store, "words", "P-1");
      await say(store, toldOf("run-words", "P-1").facts);
      const troubles = ["refused", "parked", "needs-person", "in-doubt", "dismissed"] as const;
      const list = (only: readonly (typeof troubles)[number][] = troubles): ReturnType<MendView["postings"]> =>
        view((v) => v.postings({ ...all, filter: { troubles: only } }));
      assert.deepEqual(await list(), []);
      const fault = JSON.stringify({ kind: "refused", code: "erp/sap-stock-short", message: "Too little at 101C." });
      await sql.query(
        "update posting set state = 'refused', parked = (kind = 'goods-receipt'), fault = $1, attempts = 2, sent_at = $2, settled_at = $2",
        [fault, new Date(now)],
      );
      const shown = await list();
      assert.deepEqual(shown.map(inWords).toSorted(), [
        "Confirm 30 C62 good, 2 C62 scrap of operation 0010, order words, on 2025-02-03",
        "Issue 2.1 KGM of T-1 from PL01/101C; 300 MMT of W-1 from PL01/101C, order words, on 2025-02-03",
        "Receive 30 C62 of P-1 at PL01/101C, order words, on 2025-02-03",
      ]);
      const [one] = shown;
      assert.ok(one);
      assert.deepEqual(
        [one.orderNumber, one.article, one.workUnit, one.code, one.message, one.attempts, one.segment],
        ["words", "P-1", "A565-0026", "erp/sap-stock-short", "Too little at 101C.", 2, "0010"],
      );
      assert.deepEqual(decisionsFor(one), ["retry", "edit", "dismiss"]);
      const [parked] = await list(["parked"]);
      assert.ok(parked?.nextTryAt !== null && parked?.kind === "goods-receipt");
      assert.equal(codeOf(await retryPosting(portsOf(store), { ...by(parked.version), posting: parked.id })), "ok");
      const issue = shown.find((p) => p.kind === "goods-issue");
      assert.ok(issue);
      assert.equal(codeOf(await dismissPosting(portsOf(store), { ...by(issue.version), posting: issue.id })), "ok");
      assert.deepEqual((await list()).map((p) => p.trouble).toSorted(), ["dismissed", "refused"]);
      const scope = { workCenters: ["X"], workUnits: ["X-1"] };
      assert.deepEqual(await view((v) => v.postings({ ...all, scope, filter: { troubles } })), []);
    }));

  test("orders and questions, and places in a list that are none", () =>
    scene(async (store, view, sql) => {
      await store.transaction(async (tx) => {
        const message = {
          idempotencyKey: "k",
          noun: "order",
          number: "77",
          bytes: new Uint8Array(1),
          mediaType: "x",
        } as const;
        const id = await tx.inbox.receive("s4", message, now);
        const why = { code: "order/quantity", message: "It asks for nothing." };
        await tx.attention.quarantine("order", "s4/77", why, { message: id, number: "77" }, now);
        await tx.attention.ask([{ subject: "q/1", text: "why?", evidence: ["f-1"] }], now);
      });
      const orders = await view((v) => v.orders({ ...all, filter: { states: ["open"], code: null } }));
      assert.deepEqual(
        orders.map((o) => [o.erp, o.number, o.code, o.version]),
        [["s4", "77", "order/quantity", 0]],
      );
      const questions = await view((v) => v.questions({ ...all, filter: { states: ["open"] } }));
      assert.deepEqual(
        questions.map((q) => [q.subject, q.evidence, q.about, q.version]),
        [["q/1", ["f-1"], null, 0]],
      );
      await sql.query("update question set state = 'answered', answered_at = now()");
      assert.deepEqual(await view((v) => v.questions({ ...all, filter: { states: ["open"] } })), []);
      assert.equal(codeOf(readCursor("nowhere", "numbers")), "decision/cursor");
      assert.equal(codeOf(mendScope(site, "nowhere")), "decision/unknown");
    }));
}

const at0 = portsOf({ transaction: () => Promise.reject(new Error("unused")) }).clock.now();
