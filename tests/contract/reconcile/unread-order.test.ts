/**
 * After an outage, an order whose documents cannot be read: it holds up no other one, a person looks in the ERP instead, and
 * nothing goes before they have said so.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { systemClock } from "../../../src/base/clock.ts";
import { instant } from "../../../src/base/instant.ts";
import { fail, ok, unwrap, type FaultKind, type Result } from "../../../src/base/result.ts";
import { b2mmlConnector } from "../../../src/erp/b2mml/index.ts";
import { dismissPosting } from "../../../src/flows/decide-posting.ts";
import { answerQuestion, dismissQuestion } from "../../../src/flows/decide-question.ts";
import { heardOf, lookAfterOutage, type LookReport } from "../../../src/flows/look-after-outage.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { oneOperation, openScene, orderNumber, yields, type Scene } from "../final/scene.ts";
import { by } from "../store/mend-scene.ts";
import { confirmByHand } from "./hand.ts";

const skip = clusterUnavailable({ major: 18 });
const never = new AbortController().signal;
const erp = "s4";
const other = "1000002";
const hour = 3_600_000;

describe("an order that cannot be read after an outage", { skip, timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  /** What the ERP answers instead of its documents, by order; `*`: for each. */
  let unread: ReadonlyMap<string, FaultKind>;
  before(async () => {
    cluster = await withCluster({ major: 18 });
  });
  after(() => cluster?.close());
  afterEach(() => scene?.close());

  /** Two orders with a posting each, and an ERP that was heard of again after eight hours. */
  async function open(why: Readonly<Record<string, FaultKind>>): Promise<void> {
    unread = new Map(Object.entries(why));
    scene = await openScene(cluster, oneOperation, { others: [{ ...oneOperation, order: other }] });
    await heard(8);
    await scene.run("r1", { good: 5 });
    await scene.run("r2", { good: 3, order: other });
    await heard();
  }

  function ports(): Parameters<typeof lookAfterOutage>[0] {
    const { world, site, session } = scene;
    const documents: typeof session.documents = (request, signal) => {
      const kind = unread.get(request.reference.number) ?? unread.get("*");
      if (kind === undefined) return session.documents(request, signal);
      return Promise.resolve(fail(kind, "erp/sap-unit-unknown", 'SAP names the unit "BOT".'));
    };
    return { store: world.store, site, clock: systemClock, erp, session: { documents } };
  }

  async function heard(hoursAgo = 0): Promise<void> {
    const now = instant(systemClock.now() - hoursAgo * hour);
    await heardOf({ ...ports(), clock: { ...systemClock, now: () => now } });
  }

  const look = (): Promise<Result<LookReport>> => lookAfterOutage(ports(), never);
  /** Orders of which something would be sent. */
  async function free(): Promise<readonly string[]> {
    const unseen = await scene.world.store.transaction((tx) => tx.outages.unseen(erp, 100, 0n));
    const rows = await scene.world.sql(
      `select r.number from operations_request r where exists (select 1 from posting p where p.request = r.id and p.state = 'planned')
       and exists (select 1 from order_look k where k.request = r.id and k.outage = (select max(number) from erp_outage))`,
    );
    assert.ok(unseen.every(({ request }) => !rows.some(({ number }) => request.endsWith(`/${String(number)}`))));
    return rows.map(({ number }) => String(number)).toSorted();
  }
  const questions = async (): Promise<readonly { id: number; version: number; subject: string; text: string }[]> =>
    (await scene.world.sql("select id, version, subject, text from question where state = 'open' order by id")).map(
      (row) => ({
        id: Number(row["id"]),
        version: Number(row["version"]),
        subject: String(row["subject"]),
        text: String(row["text"]),
      }),
    );

  async function answer(how: "answer" | "dismiss" = "answer"): Promise<void> {
    const [first] = await questions();
    assert.ok(first, "something is asked");
    const command = { ...by(first.version), question: first.id };
    unwrap(
      await (how === "answer"
        ? answerQuestion(scene.ports, { ...command, answer: "looked there: nothing" })
        : dismissQuestion(scene.ports, command)),
    );
  }

  test("holds up no other, and is asked about once", async () => {
    await open({ [orderNumber]: "invalid" });
    assert.deepEqual(await look(), ok({ orders: 1, questions: 1 }));
    assert.deepEqual(await free(), [other]);
    const [asked, ...more] = await questions();
    assert.ok(asked?.text.includes(orderNumber) && asked.text.includes('"BOT"'), asked?.text);
    assert.deepEqual(more, []);
    assert.deepEqual(await look(), ok({ orders: 0, questions: 0 }), "nor is the ERP asked again meanwhile");
    assert.equal((await questions()).length, 1);
  });

  for (const how of ["answer", "dismiss"] as const) {
    test(`goes when a person has looked there (${how}) and it still cannot be read`, async () => {
      await open({ [orderNumber]: "invalid" });
      await look();
      await answer(how);
      assert.deepEqual(await look(), ok({ orders: 1, questions: 0 }));
      assert.deepEqual(await free(), [orderNumber, other]);
    });
  }

  test("is read like any other when it can be after the answer", async () => {
    await open({ [orderNumber]: "invalid" });
    confirmByHand(scene.erp.books, 5);
    await look();
    unread = new Map();
    await answer();
    assert.deepEqual(await look(), ok({ orders: 1, questions: 1 }), "what was keyed by hand is asked about");
  });

  test("an answer is worth nothing after another outage", async () => {
    await open({ [orderNumber]: "invalid" });
    await look();
    await scene.world.sql("update erp_contact set seen_at = now() - interval '8 hours'");
    await heard();
    await answer();
    assert.deepEqual(await look(), ok({ orders: 1, questions: 1 }));
    assert.deepEqual(await free(), [other]);
  });

  test("of an ERP that shows nothing a person is asked once, for all of its orders and those to come", async () => {
    await open({ "*": "refused" });
    assert.equal((await look()).ok, false, "tried again after a while");
    const [asked, ...more] = await questions();
    assert.ok(asked?.text.includes(erp), asked?.text);
    assert.deepEqual(more, []);
    assert.deepEqual(await free(), []);
    await look();
    assert.equal((await questions()).length, 1);
    await answer();
    assert.deepEqual(await look(), ok({ orders: 2, questions: 0 }));
    assert.deepEqual(await free(), [orderNumber, other]);
  });

  test("our posting of what was keyed for the same is dismissed before the answer, and what is left is sent", async () => {
    await open({ "*": "refused" });
    confirmByHand(scene.erp.books, 5);
    await look();
    const rows = await scene.world.sql("select id, version from posting where request like '%' || $1", [orderNumber]);
    for (const { id, version } of rows) {
      unwrap(await dismissPosting(scene.ports, { ...by(Number(version)), posting: String(id) }));
    }
    await answer();
    unwrap(await look());
    await scene.deliver();
    assert.deepEqual(yields(scene), ["5"], "the ERP has it once");
    const ofOther = scene.erp.books.confirmationsOfOrder(other).map((one) => Number(one.yield) / 1e6);
    assert.deepEqual(ofOther, [3]);
  });

  test("a connection over B2MML that is declared to show nothing is asked about like that", async () => {
    await open({});
    const session = unwrap(
      await b2mmlConnector.open({ erp, url: "http://127.0.0.1:9/", partner: { shows: false } }, never),
    );
    const blind = { ...ports(), session };
    assert.equal((await lookAfterOutage(blind, never)).ok, false);
    assert.equal((await questions()).length, 1);
    await answer();
    assert.deepEqual(await lookAfterOutage(blind, never), ok({ orders: 2, questions: 0 }));
    await session.close();
  });

  test("after another outage the newer question takes the place of the older one", async () => {
    await open({ "*": "refused" });
    await look();
    const [older] = await questions();
    await scene.world.sql("update erp_contact set seen_at = now() - interval '8 hours'");
    await heard();
    await look();
    const [newer, ...more] = await questions();
    assert.ok(newer && older && newer.subject !== older.subject);
    assert.deepEqual(more, []);
    assert.deepEqual(await free(), []);
  });

  test("what is refused goes on by itself when it can be read, whatever stands open", async () => {
    await open({ "*": "refused" });
    await look();
    unread = new Map();
    assert.deepEqual(await look(), ok({ orders: 2, questions: 0 }));
    assert.deepEqual(await free(), [orderNumber, other]);
  });

  test("whose turn it is goes round: behind the one that was looked at last comes the next one", async () => {
    await open({});
    const unseen = (after: bigint, limit = 1): Promise<readonly { request: string; ordinal: bigint }[]> =>
      scene.world.store.transaction((tx) => tx.outages.unseen(erp, limit, after));
    const [first] = await unseen(0n);
    const [second] = await unseen(first?.ordinal ?? 0n);
    assert.notEqual(first?.request, second?.request);
    const again = await unseen(second?.ordinal ?? 0n, 2);
    assert.deepEqual(again, [first, second]);
  });

  test("an order on which the ERP fails is tried again, is not asked about, and holds up no other", async () => {
    await open({ [orderNumber]: "transient" });
    assert.equal((await look()).ok, false);
    assert.deepEqual([await questions(), await free()], [[], [other]]);
  });
});
