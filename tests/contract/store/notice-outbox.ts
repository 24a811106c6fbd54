/** Messages of notices over the store, and the lists that a screen asks for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../../src/access/caller.ts";
import { notificationHandlers } from "../../../src/api/handlers/notification.ts";
import { notificationRoutes } from "../../../src/api/contract/notification.ts";
import { instant, type Instant } from "../../../src/base/instant.ts";
import { makeFault, unwrap } from "../../../src/base/result.ts";
import { noticeOutbox } from "../../../src/flows/notice-outbox.ts";
import { tell } from "../../../src/flows/notify.ts";
import { sweepNotices } from "../../../src/flows/sweep-notices.ts";
import type { HeldRole } from "../../../src/flows/view/notification-view.ts";
import { deliverDue, settlementOf } from "../../../src/notice/delivery.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import { openDatabase } from "../../../src/store/connection.ts";
import { notificationView } from "../../../src/store/view/notification-view.ts";
import { ask, clockAt, later, minute, noticeSite, noticesOf, question, sweepPorts } from "./notice-world.ts";
import { now, type World } from "./world.ts";

const day = 24 * 60 * minute;

export function noticeOutboxSuite(world: () => World): void {
  messageSuite(world);
  listSuite(world);
}

function messageSuite(world: () => World): void {
  test("two workers never get one message at once, and what one has settled late changes nothing", async () => {
    const { store, other, sql } = world();
    await sql("delete from notice_delivery");
    const start = later(60_000_000);
    for (let n = 0; n < 30; n += 1) {
      await store.transaction((tx) => tell(tx, noticeSite, question(`message-${n}`), start));
    }
    const claim = async (on: typeof store, at: Instant): Promise<readonly string[]> =>
      (await noticeOutbox(on, clockAt({ at })).claim(at, instant(at + 5 * minute), 7)).map(({ notice }) => notice);
    const taken: string[] = [];
    for (let round = 0; round < 4; round += 1)
      taken.push(...(await Promise.all([claim(store, start), claim(other, start)])).flat());
    assert.deepEqual([taken.length, new Set(taken).size], [30, 30]);
    assert.deepEqual(await claim(store, instant(start + 5 * minute - 1)), []);
    const again = instant(start + 5 * minute);
    const outbox = noticeOutbox(store, clockAt({ at: again }));
    const second = await outbox.claim(again, instant(again + 5 * minute), 100);
    assert.deepEqual([second.length, second[0]?.attempts], [30, 2], "nobody has settled them: they come again");
    const [one] = second;
    assert.ok(one);
    await outbox.settle(settlementOf({ ...one, attempts: 1 }, { outcome: "delivered", fault: null }, again));
    const state = async (): Promise<unknown> =>
      (await sql("select state, fault from notice_delivery where notice = $1", [one.notice]))[0];
    assert.deepEqual(await state(), { state: "planned", fault: null });
    const fault = makeFault("transient", "notice/webhook-refused", "andon answered 500.", { secret: "whsec_x" });
    await outbox.settle(settlementOf(one, { outcome: "again", fault, done: ["p-1"], retryAfterMs: null }, again));
    const { kind, code, message } = fault;
    assert.deepEqual(await state(), { state: "planned", fault: { kind, code, message } }, "no cause is kept");
    const late = instant(again + 10 * minute);
    const [third] = await outbox.claim(late, late, 100);
    assert.deepEqual([third?.attempts, third?.done], [3, third?.notice === one.notice ? ["p-1"] : []]);
  });

  test("what is raised is delivered with one body for every attempt, though the notice has changed since", async () => {
    const { store, sql } = world();
    await sql("delete from notice_delivery");
    const start = later(70_000_000);
    const stale = (since: number) =>
      ({ cause: "stale", connection: "frozen", workUnit: "A565-0026", since: instant(since) }) as const;
    await store.transaction((tx) => tell(tx, noticeSite, stale(start), start));
    const bodies: string[] = [];
    const time = { at: start };
    const channel = {
      id: "andon",
      send: async ({ body }: { body: string }) => {
        bodies.push(body);
        if (bodies.length > 2) return { outcome: "delivered", fault: null } as const;
        const fault = makeFault("transient", "notice/webhook-refused", "500");
        return { outcome: "again", fault, done: [], retryAfterMs: null } as const;
      },
      close: () => undefined,
    };
    const options = {
      outbox: noticeOutbox(store, clockAt(time)),
      channels: [channel],
      clock: clockAt(time),
      log: () => undefined,
    };
    for (let n = 0; n < 3; n += 1) {
      await deliverDue(options, new AbortController().signal);
      await store.transaction((tx) => tell(tx, noticeSite, stale(start + n + 1), instant(start + n + 1)));
      time.at = instant(time.at + minute);
    }
    assert.equal(bodies.length, 3);
    assert.equal(new Set(bodies).size, 1);
    assert.equal((await noticesOf(world(), "frozen"))[0]?.count, 4);
    assert.deepEqual(await sql("select state, attempts from notice_delivery"), [{ state: "delivered", attempts: 3 }]);
    assert.equal(await options.outbox.nextDue(), null);
  });
}

function callerOf(visible: readonly string[] | null): Caller {
  const sees = visible && new Set(visible);
  return {
    person: "p-1" as PersonKey, // a key of the test
    key: null,
    actor: "p-1",
    may: (_permission, equipment) => sees === null || sees.has(equipment),
    visible: () => sees,
  };
}

function listSuite(world: () => World): void {
  const setting = async () => {
    const { store, sql } = world();
    const [row] = await sql("select current_database() as name, current_setting('unix_socket_directories') as socket");
    const connectionString = `postgres://tester@${encodeURIComponent(String(row?.["socket"]))}:5432/${String(row?.["name"])}`;
    const database = openDatabase({ connectionString, log: () => undefined });
    let roles: readonly HeldRole[] | null = null;
    const announced: string[] = [];
    const handlers = notificationHandlers({
      store,
      clock: clockAt({ at: later(80_000_000 + 20 * minute) }),
      announce: (changed) => void announced.push(...changed.map(({ id }) => id)),
      view: notificationView(database),
      rolesOf: async () => roles,
      below: (id) => (id === "A565" ? ["A565", "A565-0026"] : null),
    });
    const list = async (caller: Caller, query: object = {}) => {
      const route = notificationRoutes["GET /api/v1/notifications"];
      const parsed = route.query.parse(query);
      const call = { params: {}, query: parsed, body: undefined, caller, command: "", version: "", traceparent: "" };
      const reply = await handlers["GET /api/v1/notifications"](call);
      return reply.ok
        ? { ...route.reply.parse(reply.value), fault: null }
        : { items: [], next: null, fault: reply.fault.code };
    };
    const acknowledge = (caller: Caller, notification: string, command: string) =>
      handlers["POST /api/v1/notifications/:notification/acknowledge"]({
        params: { notification },
        query: undefined,
        body: undefined,
        caller,
        command,
        version: "",
        traceparent: "",
      });
    return {
      list,
      acknowledge,
      announced,
      hold: (held: readonly HeldRole[] | null) => (roles = held),
      close: () => database.close(),
    };
  };

  test("pages are newest first, each notice once, also while new ones come; an unknown page says so", async () => {
    const { store, sql } = world();
    await sql("update notice set resolved_at = last_at where resolved_at is null");
    const { list, close } = await setting();
    const start = later(80_000_000);
    for (let n = 0; n < 25; n += 1) await ask(store, `list-${n}`, instant(start + Math.floor(n / 3)));
    const everything = callerOf(null);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list(everything, { limit: 4, ...(cursor ? { cursor } : {}) });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next ?? undefined;
      await ask(store, `later-${seen.length}`, instant(start + minute));
    } while (cursor);
    const all = await sql("select id from notice where subject like 'list-%' order by raised_at desc, id desc");
    assert.deepEqual(
      seen,
      all.map(({ id }) => id),
    );
    for (const wrong of ["x", "1.2", "'; drop table notice; --", `1.${"g".repeat(32)}`])
      assert.equal((await list(everything, { cursor: wrong })).fault, "notice/cursor");
    await close();
  });

  test("one sees what goes to one's roles at places that one may see, and what was escalated to them", async () => {
    const { store, sql } = world();
    await sql("update notice set resolved_at = last_at where resolved_at is null");
    const { list, hold, close } = await setting();
    const start = later(2 * day);
    await ask(store, "komax/at-the-machine", start);
    await ask(store, "for-the-site", start);
    const subjects = async (caller: Caller, query: object = {}): Promise<readonly string[]> => {
      const { items } = await list(caller, query);
      const rows = await sql("select subject from notice where id = any ($1) order by subject", [
        items.map(({ id }) => id),
      ]);
      return rows.map(({ subject }) => String(subject));
    };
    const both = ["for-the-site", "komax/at-the-machine"];
    const machine = ["komax/at-the-machine"];
    assert.deepEqual(await subjects(callerOf(null)), both, "a key sees what goes to any role");
    assert.deepEqual(await subjects(callerOf(["A565-0026"])), machine);
    assert.deepEqual(await subjects(callerOf([])), []);
    hold([{ role: "operator", equipment: ["A565-0026"] }]);
    assert.deepEqual(await subjects(callerOf(null)), machine);
    hold([{ role: "supervisor", equipment: null }]);
    assert.deepEqual(await subjects(callerOf(null)), [], "not before it is escalated");
    hold([]);
    assert.deepEqual(await subjects(callerOf(null)), []);
    await sweepNotices(sweepPorts(store, { at: instant(start + 10 * minute) }));
    hold([{ role: "supervisor", equipment: null }]);
    assert.deepEqual(await subjects(callerOf(null)), both);
    assert.deepEqual(await subjects(callerOf(null), { equipment: "A565" }), machine);
    assert.equal((await list(callerOf(null), { equipment: "nowhere" })).fault, "notice/unknown-equipment");
    const [item] = (await list(callerOf(null), { equipment: "A565" })).items;
    assert.deepEqual([item?.role, item?.escalatedTo, item?.count], ["operator", "supervisor", 1]);
    assert.deepEqual(
      item?.deliveries.map(({ channel, stage }) => [channel, stage]),
      [
        ["andon", "raised"],
        ["mail", "escalated"],
      ],
    );
    await close();
  });

  test("acknowledging: where one may, once, announced once", async () => {
    const { store } = world();
    const { list, acknowledge, announced, close } = await setting();
    await ask(store, "komax/button", now);
    const [notice] = await noticesOf(world(), "komax/button");
    const id = notice?.id ?? "";
    const elsewhere = await acknowledge(callerOf(["PL01"]), id, "http-1");
    assert.equal(elsewhere.ok ? "" : elsewhere.fault.code, "notice/unknown");
    assert.deepEqual(unwrap(await acknowledge(callerOf(null), id, "http-2")).isNew, true);
    assert.deepEqual(unwrap(await acknowledge(callerOf(null), id, "http-2")).isNew, false);
    const { isNew, message } = unwrap(await acknowledge({ ...callerOf(null), actor: "key:andon" }, id, "http-3"));
    assert.deepEqual([isNew, message], [false, "Somebody else has taken it over already."]);
    assert.deepEqual(announced, [id]);
    const item = (await list(callerOf(null), { state: "all", limit: 500 })).items.find((one) => one.id === id);
    assert.equal(item?.acknowledgedBy, "p-1");
    await close();
  });
}
