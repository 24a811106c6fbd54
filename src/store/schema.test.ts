/** The schema's own migrations over a database that was in use before them. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Client } from "pg";
import { systemClock } from "../base/clock.ts";
import { unwrap } from "../base/result.ts";
import type { Row } from "./connection.ts";
import { migrate } from "./migration.ts";
import { noticeRepository } from "./notice-repository.ts";
import { markRecovering, migrationsDirectory } from "./schema.ts";
import { clusterUnavailable, freshDatabase, withCluster, type TestCluster } from "./testing/cluster.ts";

/** A day's work as the first release kept it. */
const inUse = `
  insert into site_state (id, site, recovering_since) values (true, 'PL01', null);
  insert into operations_request (id, erp, company, number, state, body, accepted_at) values
    ('s4//1', 's4', '', '1', 'Released', '{"material": "P-1", "priority": 500, "earliestStart": null, "latestEnd": "1738600000000", "segments": [
      {"id": "0010", "quantity": {"micro": "0", "uom": "C62"}}, {"id": "0020", "quantity": {"micro": "5000000", "uom": "C62"}},
      {"id": "0030", "quantity": {"micro": "0", "uom": "C62"}}]}', now());
  insert into job_order (id, request, segment, work_center, material, quantity_micro, uom, state, dispatch_key, good_micro, runs_ended)
    values ('jo-1', 's4//1', '0010', 'CUT', 'P-1', 100000000, 'C62', 'running', 'a', 30000000, 1);
  insert into run (id, source, work_unit, job, article, outside, job_order, started_at, ended_at, result)
    values ('r1', 'komax', 'CUT-1', 'J', 'P-1', false, 'jo-1', now(), now(), 'Terminated');
  insert into fact (id, source, work_unit, run, kind, event_at, recorded_at, rule, map_version, revision, said_by, evidence, body) values
    ('f1', 'komax', 'CUT-1', 'r1', 'UnitsCounted', now(), now(), 'good', 1, 0, '{"by": "machine", "source": "komax"}', '[]',
     '{"kind": "UnitsCounted", "grade": "good", "quantity": {"micro": "30000000", "uom": "C62"}, "reason": null}'),
    ('f2', 'komax', 'CUT-1', 'r1', 'Corrected', now(), now(), 'corrected', 1, 0, '{"by": "machine", "source": "komax"}', '[]',
     '{"kind": "Corrected", "corrects": "f0", "was": {"kind": "UnitsCounted", "grade": "good", "quantity": {"micro": "1000000", "uom": "C62"}}}'),
    ('f3', 'komax', 'CUT-1', null, 'StateEntered', now(), now(), 'state', 1, 0, '{"by": "machine", "source": "komax"}', '[]',
     '{"kind": "StateEntered", "state": "production", "raw": "1"}');
  insert into collector (source, buffer, seq, generation, position, version) values
    ('komax', 'b', 1, 0, '2100-01-01T00:00:00Z', 0), ('press', 'b', 1, 0, null, 0);
  insert into movement (id, fact, material, lot, micro, uom, from_account, to_account, event_at, recorded_at)
    values ('m1', 'f1', 'P-1', null, 30000000, 'C62', 'world:production', 'world:erp', now(), now());
  insert into posting (id, key, erp, kind, request, segment, run, state, lanes, content, due_at, planned_at, document, envelope) values
    ('p1', 'k1', 's4', 'confirmation', 's4//1', '0010', 'r1', 'confirmed', '{}', '{"kind": "confirmation"}', now(), now(), '1', '\\x00'),
    ('p2', 'k2', 's4', 'goods-receipt', 's4//1', '0010', 'r1', 'refused', '{}', '{"kind": "goods-receipt"}', now(), now(), null, '\\x00');
  insert into posting_line (posting, fact, kind) values ('p1', 'f1', 'confirmation'), ('p2', 'f1', 'goods-receipt');
  insert into quarantine (kind, subject, code, message, detail, state, opened_at)
    values ('production', 'r2', 'execution/unknown-job', 'unknown', '{}', 'open', now());
  insert into question (subject, text, evidence, asked_at, answered_at) values ('a', 'open', '[]', now(), null), ('b', 'told', '[]', now(), now());
`;

/** So many places each turn of two processes took. */
const turn = 2n ** 40n;

/** As two processes that read by turns have left it: some sources stand beyond what is read exactly, rounded to what a float holds. */
const afterManyTurns = `
  insert into collector (source, buffer, seq, generation, position) values
    ('single', 'b', 9, 0, null), ('near', 'b', 7, 8191, null), ('far', 'b', 6, 8192, null), ('far-begun', 'b', 4, 9000, null),
    ('far-empty', 'b', 8, 9000000, null);
  insert into sample_batch (recorded_on, source, ordinal, from_at, to_at, samples, bytes)
    select d::date, s, o, now(), now(), n, '\\x00' from (values
      ('2026-01-02', 'far', ${8191n * turn + 5n}, 1), ('2026-01-02', 'far', ${8192n * turn + 2n}, 2),
      ('2026-01-02', 'far', ${8192n * turn + 4n}, 3), ('2026-01-03', 'far', ${8192n * turn + 4n}, 4),
      ('2026-01-02', 'near', ${8191n * turn + 7n}, 5), ('2026-01-02', 'single', 9, 6),
      ('2026-01-02', 'far-begun', ${9000n * turn + 2n}, 7), ('2026-01-02', 'far-begun', ${9000n * turn + 4n}, 8)) as kept (d, s, o, n);
  insert into collector_checkpoint (source, ordinal, map, state, taken_at) values
    ('single', 4, 'm@1', '{}', now()), ('far', ${8192n * turn + 4n}, 'm@1', '{}', now()),
    ('far-begun', ${9000n * turn + 2n}, 'm@1', '{}', now()), ('far-empty', ${8191n * turn + 5n}, 'm@1', '{}', now());
  insert into collector_day (source, day, ordinal, map, state, position)
    values ('far', '2026-01-02', ${8192n * turn + 2n}, 'm@1', '{}', now());
`;

/** Each planned on the first; what was settled last was so on the ninth. */
const documentsOfOnce = `
  insert into operations_request (id, erp, company, number, state, body, accepted_at) values
    ('s4//1', 's4', '', '1', 'Released', '{"material": "P-1", "priority": 500, "earliestStart": null, "latestEnd": "1738600000000"}', now());
  insert into command (id, name, actor, reason, content, content_hash, at) values ('c-1', 'found', 'p-1', 'seen', '{}', '', '2025-02-04');
  insert into posting (id, key, erp, kind, request, segment, state, lanes, content, due_at, planned_at, document, settled_at, asked_at, command)
    select id, id, 's4', 'goods-issue', 's4//1', '0010', state, '{}', '{}', now(), '2025-02-01', document, '2025-02-09', asked::timestamptz, command
    from (values
      ('confirmed', 'confirmed', '1', '2025-02-03', null),
      ('reversed', 'reversing', '2', '2025-02-02', null),
      ('kept', 'confirmed', '3', '2025-02-02', null),
      ('answered to a question', 'reversing', '4', '2025-02-03', null),
      ('found by a person', 'reversing', '5', '2025-02-03', 'c-1'),
      ('only its reversal is known', 'reversing', '6', null, null),
      ('never confirmed', 'dismissed', null, null, null)) as made (id, state, document, asked, command);
  insert into posting (id, key, erp, kind, request, segment, state, lanes, content, due_at, planned_at, reverses)
    select 'back ' || id, 'back ' || id, erp, 'movement-reversal', request, segment, 'planned', '{}', '{}', now(), '2025-02-05', id
    from posting where state = 'reversing' or id = 'kept';
  insert into posting_attempt (posting, number, started_at, ended_at, outcome)
    select id, 1, '2025-02-02', '2025-02-02', case when id in ('reversed', 'kept') then 'confirmed' else 'in-doubt' end
    from posting where document is not null;
`;

for (const major of [15, 18] as const) {
  describe(`PostgreSQL ${major}`, { skip: clusterUnavailable({ major }) }, () => {
    let cluster: TestCluster;
    before(async () => void (cluster = await withCluster({ major })));
    after(() => cluster?.close());

    test("what the first release has kept is taken along, and what screens read follows from it", async (t) => {
      const client = new Client({ connectionString: await freshDatabase(cluster), options: "-c search_path=millrace" });
      await client.connect();
      t.after(() => client.end());
      unwrap(await migrate(client, { directory: migrationsDirectory, upTo: 1 }));
      await client.query(inUse);
      unwrap(await migrate(client, { directory: migrationsDirectory }));
      const rows = async (text: string): Promise<unknown[]> =>
        (await client.query<Record<string, unknown>>(text)).rows.map((row) => Object.values(row).join(" "));
      assert.deepEqual(await rows("select subject, state from question order by subject"), ["a open", "b answered"]);
      assert.deepEqual(await rows("select id, trace_id = md5(id) from posting order by id"), ["p1 true", "p2 true"]);
      assert.deepEqual(await rows("select run, what, micro, facts from run_sum"), ["r1 good 29000000 2"]);
      assert.deepEqual(await rows("select request, progress, sort_end like '001738600000000|%' from order_row"), [
        "s4//1 running true",
      ]);
      assert.deepEqual(
        await rows(
          "select s ->> 'id' as id, s #>> '{quantity,micro}' as micro from operations_request, jsonb_array_elements(body -> 'segments') s",
        ),
        ["0010 100000000", "0020 5000000", "0030 1000000"],
      );
      assert.deepEqual(await rows("select work_unit, state from unit_state"), ["CUT-1 production"]);
      assert.deepEqual(await rows("select decided, assignment, heir from run"), [" 0 "]);
      // Above what a clock that goes ahead has said, and ours, nothing was stated yet: from then on it is named with its time.
      assert.deepEqual(
        await rows(
          "select source, timed_since > greatest(position, now() + interval '23 hours') from collector order by 1",
        ),
        ["komax true", "press true"],
      );
    });

    test("what stands back for a document that was keyed by hand goes on to, and what that said is not known", async (t) => {
      const client = new Client({ connectionString: await freshDatabase(cluster), options: "-c search_path=millrace" });
      await client.connect();
      t.after(() => client.end());
      unwrap(await migrate(client, { directory: migrationsDirectory, upTo: 1 }));
      await client.query(inUse);
      unwrap(await migrate(client, { directory: migrationsDirectory, upTo: 24 }));
      await client.query(`
        insert into hand_document (erp, kind, document, request, segment, materials, recorded_at, found_at, state, command) values
          ('s4', 'goods-receipt', '900/1', 's4//1', '', '{P-1}', now(), now(), 'stood-back', 'c-1'),
          ('s4', 'confirmation', '900/2', 's4//1', '0010', '{}', now(), now(), 'open', null);
        insert into question (subject, text, evidence, asked_at) values ('by-hand/s4/confirmation/900/2', '', '[]', now());
        insert into notice_cause (kind, subject, occurrence, at) values ('question', 'by-hand/s4/confirmation/900/2', '1', now());
        insert into notice (id, kind, subject, severity, role, equipment, said, text, channels, raised_at, last_at, resolved_at) values
          ('n-1', 'question', 'by-hand/s4/confirmation/900/2', 'warning', 'planner', 'PL01', '{}', '', '{}', now(), now(), now()),
          ('n-2', 'question', 'by-hand/s4/confirmation/900/2', 'warning', 'planner', 'PL01', '{}', '', '{}', now(), now(), null);
        update posting set state = 'dismissed', stands_back_for = '900/1' where id = 'p2'`);
      unwrap(await migrate(client, { directory: migrationsDirectory }));
      const { rows } = await client.query(
        "select document, state, amounts, posting_date from hand_document order by 1",
      );
      assert.deepEqual(rows, [
        { document: "900/1", state: "stood-back", amounts: null, posting_date: null },
        { document: "900/2", state: "open", amounts: null, posting_date: null },
      ]);
      const asked = await client.query("select subject from question where subject like 'by-hand/%'");
      const named = "by-hand/s4//1/confirmation/900/2";
      assert.deepEqual(asked.rows, [{ subject: named }], "it names the order");
      const caused = await client.query("select subject from notice_cause");
      assert.deepEqual(caused.rows, [{ subject: named }], "and is not told again");
      const notices = noticeRepository({
        run: async (_name, text, values = []) => (await client.query<Row>(text, [...values])).rows,
        post: () => undefined,
      });
      assert.deepEqual(await notices.resolveGone(systemClock.now()), [], "who was told of it still is");
    });

    test("places that cannot be read any more are numbered anew, in the order in which the batches have come", async (t) => {
      const client = new Client({ connectionString: await freshDatabase(cluster), options: "-c search_path=millrace" });
      await client.connect();
      t.after(() => client.end());
      unwrap(await migrate(client, { directory: migrationsDirectory, upTo: 24 }));
      await client.query(afterManyTurns);
      unwrap(await migrate(client, { directory: migrationsDirectory }));
      const rows = async (text: string): Promise<unknown[]> =>
        (await client.query<Record<string, unknown>>(text)).rows.map((row) => Object.values(row).join(" "));
      const last = 8191n * turn + 5n;
      assert.deepEqual(await rows("select source, ordinal from collector order by 1"), [
        `far ${last + 3n}`,
        "far-begun 2",
        `far-empty ${last}`,
        `near ${8191n * turn + 7n}`,
        "single 9",
      ]);
      assert.deepEqual(
        await rows("select source, ordinal, samples from sample_batch where source <> 'far-begun' order by 1, 2"),
        [
          `far ${last} 1`,
          `far ${last + 1n} 2`,
          `far ${last + 2n} 3`,
          `far ${last + 3n} 4`,
          `near ${8191n * turn + 7n} 5`,
          "single 9 6",
        ],
      );
      // What may have come after the checkpoint is read again.
      assert.deepEqual(await rows("select source, ordinal from collector_checkpoint order by 1"), [
        `far ${last + 2n}`,
        "far-begun 1",
        `far-empty ${last}`,
        "single 4",
      ]);
      assert.deepEqual(await rows("select source, ordinal from collector_day order by 1"), [`far ${last + 1n}`]);
    });

    test("what was dismissed while nobody knew whether the ERP has it is known to be in doubt", async (t) => {
      const client = new Client({ connectionString: await freshDatabase(cluster), options: "-c search_path=millrace" });
      await client.connect();
      t.after(() => client.end());
      unwrap(await migrate(client, { directory: migrationsDirectory, upTo: 24 }));
      await client.query(`insert into site_state (site, restored_at) values ('PL01', '2025-02-02');
        insert into operations_request (id, erp, company, number, state, body, accepted_at) values
          ('s4//1', 's4', '', '1', 'Released', '{"material": "P-1", "priority": 500, "earliestStart": null, "latestEnd": "1738600000000"}', now())`);
      const [before, after] = ["2025-02-01", "2025-02-03"];
      const add = async (id: string, from: string, attempts: number, kind: string, asked: string, dismissed: string) =>
        client.query(
          `insert into posting (id, key, erp, kind, request, segment, state, lanes, content, due_at, planned_at, sent_at, attempts, fault,
             asked_at, settled_at, dismissed_from)
           values ($1, $1, 's4', 'goods-issue', 's4//1', '0010', 'dismissed', '{}', '{}', $6, $7, $7, $3, jsonb_build_object('kind', $4::text), $5, $6, $2)`,
          [id, from, attempts, kind, asked, dismissed, before],
        );
      await add("only a person could tell", "needs-person", 1, "ambiguous", after, after);
      await add("refused before the restore", "refused", 1, "refused", before, after);
      await add("not to be composed to be asked about", "refused", 0, "invalid", after, after);
      await add("asked: the ERP has refused it", "refused", 0, "refused", after, after);
      await add("refused by an attempt after it", "refused", 1, "refused", after, after);
      await add("over before the restore", "refused", 1, "refused", before, before);
      unwrap(await migrate(client, { directory: migrationsDirectory }));
      const { rows } = await client.query<{ id: string }>(
        "select id from posting where dismissed_in_doubt order by id",
      );
      assert.deepEqual(
        rows.map(({ id }) => id),
        ["not to be composed to be asked about", "only a person could tell", "refused before the restore"],
      );
    });

    test("since when the ERP has a document follows from what confirmed it, not from what became of it", async (t) => {
      const client = new Client({ connectionString: await freshDatabase(cluster), options: "-c search_path=millrace" });
      await client.connect();
      t.after(() => client.end());
      unwrap(await migrate(client, { directory: migrationsDirectory, upTo: 27 }));
      await client.query(documentsOfOnce);
      unwrap(await migrate(client, { directory: migrationsDirectory }));
      const { rows } = await client.query<{ id: string; day: string | null }>(
        "select id, to_char(confirmed_at, 'DD') as day from posting where reverses is null order by id",
      );
      assert.deepEqual(Object.fromEntries(rows.map(({ id, day }) => [id, day])), {
        "answered to a question": "03",
        confirmed: "09",
        "found by a person": "04",
        kept: "02",
        "never confirmed": null,
        "only its reversal is known": "05",
        reversed: "02",
      });
    });

    test("who was told of a question that is open is not told of it again", async (t) => {
      const client = new Client({ connectionString: await freshDatabase(cluster), options: "-c search_path=millrace" });
      await client.connect();
      t.after(() => client.end());
      unwrap(await migrate(client, { directory: migrationsDirectory, upTo: 27 }));
      await client.query(`insert into question (subject, text, evidence, asked_at, answered_at, state) values
        ('open', '?', '[]', '2025-02-02T00:00:00.250Z', null, 'open'), ('asked anew', '?', '[]', '2025-02-03', null, 'open'),
        ('answered', '?', '[]', '2025-02-02', '2025-02-03', 'answered')`);
      await client.query(
        "insert into notice_cause (kind, subject, occurrence, at) select 'question', subject, '', '2025-02-02T00:00:00.250Z' from question",
      );
      unwrap(await migrate(client, { directory: migrationsDirectory }));
      const { rows } = await client.query("select subject, occurrence from notice_cause where occurrence <> ''");
      assert.deepEqual(rows, [{ subject: "open", occurrence: String(Date.parse("2025-02-02T00:00:00.250Z")) }]);
    });

    test("rows that break a rule which is newer than they are stop nothing, and go on", async (t) => {
      const client = new Client({ connectionString: await freshDatabase(cluster), options: "-c search_path=millrace" });
      await client.connect();
      t.after(() => client.end());
      unwrap(await migrate(client, { directory: migrationsDirectory, upTo: 1 }));
      await client.query(inUse);
      unwrap(await migrate(client, { directory: migrationsDirectory, upTo: 27 }));
      await client.query(`
        update posting set document = '' where id = 'p1';
        insert into posting (id, key, erp, kind, request, segment, state, lanes, content, due_at, planned_at, envelope)
          select 'sent-' || n, 'sent-' || n, 's4', 'confirmation', 's4//1', '0010', 'sending', '{order/1}', '{}', now(), now(), '' from generate_series(1, 2) n;
        insert into movement (id, fact, material, micro, uom, from_account, to_account, event_at, recorded_at, corrects)
          values ('m2', 'f1', 'GOLD', 5, 'C62', 'world:a', 'world:b', now(), now(), 'm1');
        insert into hand_document (erp, kind, document, request, segment, materials, recorded_at, found_at, state, command)
          values ('s4', 'confirmation', '9', 's4//1', '0010', '{}', now(), now(), 'stood-back', 'c')`);
      unwrap(await migrate(client, { directory: migrationsDirectory }));
      await client.query("update posting set state = 'in-doubt' where state = 'sending'");
      await client.query("update posting set state = 'reversing' where id = 'p1'");
      const { rows } = await client.query("select state from posting order by id");
      assert.deepEqual(
        rows.map(({ state }) => state),
        ["reversing", "refused", "in-doubt", "in-doubt"],
      );
    });

    test("who looked after notices by a clock that was ahead keeps nobody from it, and other roles are kept", async (t) => {
      const client = new Client({ connectionString: await freshDatabase(cluster), options: "-c search_path=millrace" });
      await client.connect();
      t.after(() => client.end());
      unwrap(await migrate(client, { directory: migrationsDirectory, upTo: 32 }));
      await client.query(`insert into lease (role, epoch, holder, renewed_at) values
        ('notice', 4, 'p-1', now() + interval '5 hours'), ('machine/press', 2, 'here/p-2', now())`);
      unwrap(await migrate(client, { directory: migrationsDirectory }));
      const { rows } = await client.query(
        "select role, epoch::int, renewed_at < now() - interval '1 hour' as is_free from lease order by role",
      );
      assert.deepEqual(rows, [
        { role: "machine/press", epoch: 2, is_free: false },
        { role: "notice", epoch: 4, is_free: true },
      ]);
    });

    for (const upTo of [1, undefined]) {
      test(`a restored database ${upTo ? "of the first release" : "of today"} recovers, and nobody is signed in`, async (t) => {
        const client = new Client({
          connectionString: await freshDatabase(cluster),
          options: "-c search_path=millrace",
        });
        await client.connect();
        t.after(() => client.end());
        unwrap(await migrate(client, { directory: migrationsDirectory, ...(upTo ? { upTo } : {}) }));
        if (upTo) await client.query(inUse);
        else
          await client.query(`insert into person (key, name) values ('p-1', 'Ann');
            insert into account (person, login, must_change_password, is_active, grants, created_at) values ('p-1', 'ann', false, true, '[]', now());
            insert into session (token_hash, person, created_at, seen_at, expires_at) values ('x', 'p-1', now(), now(), now() + interval '1 day')`);
        await client.query("begin");
        await markRecovering(client);
        await client.query("commit");
        unwrap(await migrate(client, { directory: migrationsDirectory }));
        const { rows } = await client.query<{ told: boolean; inside: number }>(
          `select recovering_since is not null and restored_at = recovering_since as told,
           (select count(*)::int from session) as inside from site_state`,
        );
        assert.deepEqual(rows, [{ told: true, inside: 0 }]);
      });
    }
  });
}
