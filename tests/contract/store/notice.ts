/** People are told once of each cause, and one of them takes it over. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { instant, type Instant } from "../../../src/base/instant.ts";
import { unwrap } from "../../../src/base/result.ts";
import { acknowledgeNotice } from "../../../src/flows/acknowledge-notice.ts";
import { notifyingStore, tell } from "../../../src/flows/notify.ts";
import { sweepNotices } from "../../../src/flows/sweep-notices.ts";
import type { Store } from "../../../src/flows/ports.ts";
import type { Cause } from "../../../src/notice/cause.ts";
import { causeSuite } from "./notice-cause.ts";
import { noticeTimeSuite } from "./notice-time.ts";
import { ask, clockAt, later, minute, noticeSite, noticesOf, question, sweepPorts, telling } from "./notice-world.ts";
import { now, postingOf, seedRun, type World } from "./world.ts";

/** Many processes state the same cause at the same time, again and again. */
async function stateManyTimes(world: World, subject: string, raised: (store: Store) => Store): Promise<void> {
  const stores = [world.store, world.other, world.store, world.other, world.store, world.other].map(raised);
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(stores.map((store) => store.transaction((tx) => tell(tx, noticeSite, question(subject), now))));
  }
  const [notice, ...more] = await noticesOf(world, subject);
  assert.deepEqual([notice?.count, more.length], [1, 0], "one notice, stated once");
  const sent = await world.sql("select 1 from notice_delivery where notice = $1", [notice?.id]);
  assert.equal(sent.length, 1, "one delivery");
}

export function noticeSuite(world: () => World): void {
  raisingSuite(world);
  causeSuite(world);
  noticeTimeSuite(world);
  acknowledgeSuite(world);
}

function raisingSuite(world: () => World): void {
  test("one notice and one delivery for a cause, whoever states it and how often", () =>
    stateManyTimes(world(), "once", (store) => store));

  test("it is noticed when an occurrence is not remembered", async () => {
    const forgetful = (store: Store): Store => ({
      transaction: (work) =>
        store.transaction((tx) => {
          const raise: typeof tx.notices.raise = (id, notice, at) =>
            tx.notices.raise(id, { ...notice, occurrence: randomUUID() }, at);
          return work({ ...tx, notices: { ...tx.notices, raise } });
        }),
    });
    // Where several begin it at the same moment, the database's key is first.
    await assert.rejects(stateManyTimes(world(), "forgetful", forgetful), /stated once|notice_pkey/);
  });

  test("different occurrences of one subject count up in one notice and send nothing more", async () => {
    const { store, other, sql } = world();
    const { request } = await store.transaction((tx) => seedRun(tx, "n-repeat"));
    const posting = postingOf("n-repeat", { request });
    await store.transaction((tx) => tx.postings.plan([posting], now, false));
    const cause = (attempt: number): Cause => ({
      cause: "posting",
      posting: posting.id,
      document: "confirmation",
      request,
      order: "1",
      place: "A565-0026",
      attempt,
      to: "refused",
      parked: true,
      fault: null,
    });
    const raise = (n: number): Promise<unknown> =>
      (n % 2 ? store : other).transaction((tx) => tell(tx, noticeSite, cause(n), later(n)));
    await Promise.all(Array.from({ length: 12 }, (_, n) => raise(n)));
    const [notice, ...more] = await noticesOf(world(), posting.id);
    assert.deepEqual([notice?.count, more.length], [12, 0]);
    assert.deepEqual(await sql("select 1 from notice_delivery where notice = $1", [notice?.id]), []);
  });

  test("a question that is asked anew is told anew, once, whether or not anybody has looked at its answer since", async () => {
    const { store, other, sql } = world();
    const subject = "asked-anew";
    const asks = (on: Store, evidence: string, at: Instant): Promise<void> =>
      telling(on).transaction((tx) => tx.attention.ask([{ subject, text: evidence, evidence: [evidence] }], at));
    const answers = (at: Instant): Promise<void> => store.transaction((tx) => tx.attention.answer([subject], at));
    const told = async (): Promise<readonly unknown[]> =>
      (await noticesOf(world(), subject)).map((n) => [n.text.includes("first"), n.count, n.resolved_at === null]);
    await asks(store, "first", later(1));
    await asks(store, "first", later(2));
    await answers(later(3));
    await asks(store, "first", later(4));
    assert.deepEqual(await told(), [[true, 1, true]], "nothing new has come: it stays answered");
    await Promise.all([asks(store, "second", later(5)), asks(other, "second", later(5))]);
    const anew = [
      [true, 1, false],
      [false, 1, true],
    ];
    assert.deepEqual(await told(), anew);
    await asks(other, "third", later(6));
    assert.deepEqual(await told(), anew, "it is open");
    await answers(later(7));
    await sweepNotices(sweepPorts(store, { at: later(70_000_000) }));
    await asks(store, "fourth", later(70_000_001));
    const messages = await sql(
      "select distinct d.notice from notice_delivery d join notice n on n.id = d.notice where n.subject = $1 and d.stage = 'raised'",
      [subject],
    );
    assert.equal(messages.length, 3, "one message for each time that it was asked");
  });

  test("the database itself refuses a second open notice of a subject, and an escalation after a person has it", async () => {
    const { store, sql } = world();
    await store.transaction((tx) => tell(tx, noticeSite, question("constraint"), now));
    const copy = `insert into notice (id, kind, subject, severity, role, equipment, said, text, channels, raised_at, last_at)
      select 'copy', kind, subject, severity, role, equipment, said, text, channels, raised_at, last_at from notice where subject = 'constraint'`;
    await assert.rejects(sql(copy), /notice_open_once/);
    await assert.rejects(
      sql(
        `update notice set acknowledged_at = $1, acknowledged_by = 'p', escalated_at = $1::timestamptz + interval '1 second'
        where subject = 'constraint'`,
        [new Date(now)],
      ),
      /acknowledged_never_escalates/,
    );
  });

  test("a cause that rolls back tells nobody", async () => {
    const { store } = world();
    const broken = telling(store).transaction(async (tx) => {
      await tx.attention.ask([{ subject: "rolled-back", text: "?", evidence: [] }], now);
      throw new Error("a bug");
    });
    await assert.rejects(broken, /a bug/);
    assert.deepEqual(await noticesOf(world(), "rolled-back"), []);
  });

  test("what has committed is announced once, also when the transaction was run again", async () => {
    const { store } = world();
    const heard: unknown[] = [];
    let runs = 0;
    const shaky: Store = {
      transaction: async (work) => {
        await store.transaction(work).catch(() => undefined);
        return store.transaction(work);
      },
    };
    await notifyingStore(shaky, noticeSite, (changed) => void heard.push(...changed)).transaction(async (tx) => {
      runs += 1;
      await tx.attention.ask([{ subject: `announced-${runs}`, text: "?", evidence: [] }], now);
      if (runs === 1) throw new Error("once more");
    });
    const [notice] = await noticesOf(world(), "announced-2");
    assert.deepEqual(heard, [{ id: notice?.id, equipment: "PL01" }]);
    assert.deepEqual(await noticesOf(world(), "announced-1"), []);
  });
}

function acknowledgeSuite(world: () => World): void {
  const acknowledge = (on: Store, time: { at: Instant }, notice: string, actor: string, command: string) =>
    acknowledgeNotice(
      { store: on, clock: clockAt(time), announce: () => undefined },
      { command, notice, actor, may: () => true },
    );

  test("a person takes it over once; the second click and the second person learn it", async () => {
    const { store, other } = world();
    const time = { at: later(40_000_000) };
    await ask(store, "taken", time.at);
    const [notice] = await noticesOf(world(), "taken");
    const id = notice?.id ?? "";
    const all = await Promise.all(
      ["p-1", "p-2", "p-1", "p-3"].map((actor, n) => acknowledge(n % 2 ? other : store, time, id, actor, `n-ack-${n}`)),
    );
    const values = all.map((outcome) => unwrap(outcome));
    assert.equal(values.filter(({ isNew }) => isNew).length, 1);
    assert.equal(new Set(values.map(({ by }) => by)).size, 1);
    const first = await acknowledge(store, time, id, "p-1", "n-ack-0");
    assert.equal(unwrap(first).isNew, false, "the same command again");
    const unknown = await acknowledge(store, time, "0".repeat(32), "p-1", "n-ack-9");
    assert.equal(unknown.ok ? "" : unknown.fault.code, "notice/unknown");
  });

  test("whoever may not see it is told that there is none, and nothing changes", async () => {
    const { store } = world();
    await store.transaction((tx) => tell(tx, noticeSite, question("foreign"), now));
    const [notice] = await noticesOf(world(), "foreign");
    const asked = { command: "n-foreign", notice: notice?.id ?? "", actor: "p-1", may: () => false };
    const refused = await acknowledgeNotice(
      { store, clock: clockAt({ at: now }), announce: () => assert.fail("nothing to announce") },
      asked,
    );
    assert.equal(refused.ok ? "" : refused.fault.code, "notice/unknown");
    assert.equal((await noticesOf(world(), "foreign"))[0]?.acknowledged_at, null);
  });

  test("acknowledged never escalates, also when both happen at the same time", async () => {
    const { store, other, sql } = world();
    const start = later(50_000_000);
    const ids: string[] = [];
    for (let n = 0; n < 12; n += 1) {
      await ask(store, `race-${n}`, start);
      ids.push((await noticesOf(world(), `race-${n}`))[0]?.id ?? "");
    }
    const early = { at: instant(start + minute) };
    await acknowledge(store, early, ids[0] ?? "", "p-1", "n-race-first");
    const time = { at: instant(start + 10 * minute) };
    await Promise.all([
      sweepNotices(sweepPorts(other, time)),
      ...ids.map((id, n) => acknowledge(store, time, id, "p-1", `n-race-${n}`)),
    ]);
    await sweepNotices(sweepPorts(other, { at: instant(start + 99 * minute) }));
    assert.equal((await noticesOf(world(), "race-0"))[0]?.escalated_at, null, "acknowledged long before");
    assert.equal((await noticesOf(world(), "race-0"))[0]?.resolved_at, null, "nothing else has ended it");
    const wrong = await sql(
      "select subject from notice where subject like 'race-%' and acknowledged_at < escalated_at",
    );
    assert.deepEqual(wrong, []);
    const undecided = await sql(
      `select n.subject from notice n where n.subject like 'race-%' and (n.escalated_at is not null)
       <> exists (select 1 from notice_delivery d where d.notice = n.id and d.stage = 'escalated')`,
    );
    assert.deepEqual(undecided, [], "escalated and its message commit together");
  });
}
