/** The chain of the audit on a real database: many writers, and whoever changes it behind our back. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { chained, noHead, type AuditEntry } from "../../../src/access/audit.ts";
import { instant } from "../../../src/base/instant.ts";
import { verifyAudit } from "../../../src/flows/verify-audit.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { openWorld, type World } from "../store/world.ts";

for (const major of [15, 18] as const) {
  describe(`the audit on PostgreSQL ${major}`, { skip: clusterUnavailable({ major }) }, () => {
    let cluster: TestCluster;
    let world: World;
    before(async () => {
      cluster = await withCluster({ major });
    });
    after(async () => {
      await world?.close();
      await cluster?.close();
    });
    beforeEach(async () => {
      await world?.close();
      world = await openWorld(cluster);
    });
    async function write(count: number): Promise<void> {
      for (let n = 0; n < count; n++) await append(world.store, n);
    }
    function append(store: World["store"], n: number): Promise<AuditEntry> {
      const detail = { n, words: "ü \u0000 \ud83d\ude00", nested: { b: 1, a: [1.5, null] } };
      return store.transaction((tx) =>
        tx.audit.append({ at: instant(n), who: `p${n}`, what: "test/done", about: "x", detail }),
      );
    }

    test("twenty writers of two processes make one chain without a gap", async () => {
      const writers = Array.from({ length: 20 }, async (_, writer) => {
        for (let n = 0; n < 10; n++) await append(writer % 2 === 0 ? world.store : world.other, writer * 100 + n);
      });
      await Promise.all(writers);
      const verdict = await verifyAudit(world.store, null);
      assert.deepEqual([verdict.broken, verdict.head.seq], [null, 200]);
    });

    test("an entry of a transaction that is undone leaves no gap", async () => {
      await write(1);
      await assert.rejects(
        world.store.transaction(async (tx) => {
          await tx.audit.append({ at: instant(1), who: "p", what: "test/undone", about: "x", detail: {} });
          throw new Error("undone");
        }),
        /undone/,
      );
      await write(2);
      assert.deepEqual((await verifyAudit(world.store, null)).head.seq, 3);
    });

    test("the database lets nobody change, take out, or add beside the chain", async () => {
      await write(3);
      await assert.rejects(world.sql("update audit set who = 'x'"), /append-only/);
      await assert.rejects(world.sql("delete from audit where seq = 3"), /append-only/);
      await assert.rejects(world.sql("truncate audit"), /append-only/);
      const [second] = await world.store.transaction((tx) => tx.audit.after(1, 1));
      const fork = chained(
        { at: instant(9), who: "y", what: "test/fork", about: "x", detail: {} },
        { seq: 1, hash: second!.previous },
      );
      for (const seq of [2, 4]) {
        await assert.rejects(
          world.sql("insert into audit values ($1, now(), 'y', 'test/fork', 'x', '{}', $2, $3)", [
            seq,
            fork.previous,
            fork.hash,
          ]),
          /does not follow|duplicate key/,
        );
      }
      await assert.rejects(
        world.sql("insert into audit values (1, now(), 'y', 'test/fork', 'x', '{}', $1, 'h')", [noHead.hash]),
        /duplicate key/,
      );
    });

    test("without the lock the unique predecessor still lets one chain only through", async () => {
      await write(1);
      const head = await world.store.transaction((tx) => tx.audit.head());
      const one = chained({ at: instant(1), who: "a", what: "test/a", about: "x", detail: {} }, head);
      const two = chained({ at: instant(1), who: "b", what: "test/b", about: "x", detail: {} }, head);
      const insert = (entry: AuditEntry): Promise<unknown> =>
        world.sql("insert into audit values ($1, $2, $3, $4, $5, $6, $7, $8)", [
          entry.seq,
          new Date(entry.at).toISOString(),
          entry.who,
          entry.what,
          entry.about,
          entry.detail,
          entry.previous,
          entry.hash,
        ]);
      await insert(one);
      await assert.rejects(insert(two), /duplicate key/);
      assert.equal((await verifyAudit(world.store, null)).broken, null);
    });

    /** As the owner of the database could. */
    async function tamper(sql: string): Promise<void> {
      await world.sql("alter table audit disable trigger user");
      await world.sql(sql);
      await world.sql("alter table audit enable trigger user");
    }

    for (const column of ["who", "what", "about"]) {
      test(`a changed ${column} is found, at its entry`, async () => {
        await write(5);
        await tamper(`update audit set ${column} = 'somebody' where seq = 3`);
        assert.equal((await verifyAudit(world.store, null)).broken?.seq, 3);
      });
    }

    test("a changed time or detail is found", async () => {
      await write(5);
      await tamper("update audit set at = at + interval '1 ms' where seq = 4");
      assert.equal((await verifyAudit(world.store, null)).broken?.seq, 4);
      await tamper("update audit set detail = '{}' where seq = 2");
      assert.equal((await verifyAudit(world.store, null)).broken?.seq, 2);
    });

    test("a removed entry is found, also when the others are moved together", async () => {
      await write(5);
      await tamper("delete from audit where seq = 3");
      assert.match((await verifyAudit(world.store, null)).broken?.why ?? "", /entry 3 is missing/);
      await tamper("update audit set seq = 3 where seq = 4; update audit set seq = 4 where seq = 5");
      assert.equal((await verifyAudit(world.store, null)).broken?.seq, 3);
    });

    test("an entry rewritten with a right hash of its own breaks the next one", async () => {
      await write(5);
      const [first] = await world.store.transaction((tx) => tx.audit.after(0, 1));
      const forged = chained(
        { at: instant(1), who: "innocent", what: "test/done", about: "x", detail: {} },
        { seq: 1, hash: first!.hash },
      );
      await tamper(
        `update audit set at = '1970-01-01T00:00:00.001Z', who = 'innocent', detail = '{}', hash = '${forged.hash}' where seq = 2`,
      );
      assert.equal((await verifyAudit(world.store, null)).broken?.seq, 3);
    });

    test("cut off at the end, or written anew altogether, is found by an entry noted down before", async () => {
      await write(5);
      const { head } = await verifyAudit(world.store, null);
      assert.equal((await verifyAudit(world.store, head)).broken, null);
      await tamper("delete from audit where seq > 3");
      assert.equal((await verifyAudit(world.store, null)).broken, null, "the chain alone cannot show it");
      assert.equal((await verifyAudit(world.store, head)).broken?.seq, 4);
      await tamper("delete from audit");
      for (let n = 0; n < 5; n++) await append(world.store, n + 100);
      assert.equal((await verifyAudit(world.store, null)).broken, null);
      assert.equal((await verifyAudit(world.store, head)).broken?.seq, 5);
    });

    test("a check that looks at hashes only one by one would not see a missing entry", async () => {
      await write(4);
      await tamper("delete from audit where seq = 2");
      const entries = await world.store.transaction((tx) => tx.audit.after(0, 10));
      // The sabotaged check: each entry is judged as if whatever stands before it were right.
      const blind = entries.every(
        (entry) =>
          chained({ ...entry, detail: JSON.parse(entry.detail) }, { seq: entry.seq - 1, hash: entry.previous }).hash ===
          entry.hash,
      );
      assert.equal(blind, true);
      assert.equal((await verifyAudit(world.store, null)).broken?.seq, 3);
    });
  });
}
