/**
 * What was posted is stated otherwise afterwards: taken back and posted anew in the simulated ERP, through PostgreSQL, the
 * delivery worker and the SAP connector.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { instant, type LocalDate } from "../../../src/base/instant.ts";
import { localDate } from "../../../src/base/site-time.ts";
import { b2mmlConnector } from "../../../src/erp/b2mml/index.ts";
import { sapConnector } from "../../../src/erp/sap/index.ts";
import { goOnCorrecting } from "../../../src/flows/correct.ts";
import { dismissPosting, editRefusedPosting } from "../../../src/flows/decide-posting.ts";
import { oneByOne } from "../../../src/flows/one-by-one.ts";
import type { Store } from "../../../src/flows/ports.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import { cancelConfirmation } from "../../../src/simulation/erp/confirmation-reversal.ts";
import { cancelMaterialDocument } from "../../../src/simulation/erp/goods-movement.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { unguarded } from "../store/world.ts";
import { oneOperation, openScene, plantZone, yields, type Scene } from "../final/scene.ts";
import { codeOf, deskOf, received } from "./desk.ts";

const skip = clusterUnavailable({ major: 18 });

describe("a document that is wrong", { skip, timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  afterEach(() => scene?.close());
  const { made, again, usedAgain, late, takenBack, postings, causes, standing, movements } = deskOf(() => scene);

  test("good pieces were scrap: confirmation and receipt are taken back and posted anew, the issue stays", async () => {
    scene = await openScene(cluster, received, { receipt: true });
    const first = await made("r1", { good: 10, wire: 10 });
    await scene.deliver();
    const counted = first.get("UnitsCounted");
    await scene.state([takenBack(counted), again(counted, 7), again(counted, 3, "scrap")]);
    await scene.deliver();
    assert.deepEqual(yields(scene), ["-10", "reverses 10", "7"]);
    assert.equal(Number(scene.confirmations().at(-1)?.scrap) / 1e6, 3);
    assert.deepEqual(movements().toSorted(), ["-101 10", "101 7", "102 10", "261 10"]);
    assert.equal(Number(scene.erp.books.order("1000001")?.received) / 1e6, 7);
    assert.deepEqual(await postings(), [
      "confirmation reversed",
      "goods-receipt reversed",
      "goods-issue confirmed 1",
      "confirmation-reversal confirmed",
      "movement-reversal confirmed",
      "confirmation confirmed 4",
      "goods-receipt confirmed 3",
    ]);
    assert.deepEqual(await scene.world.sql("select kind, cause, state from correction order by kind"), [
      { kind: "confirmation", cause: "other grade", state: "done" },
      { kind: "goods-receipt", cause: "fewer pieces", state: "done" },
    ]);
    assert.deepEqual(await scene.world.sql("select text from question"), []);
  });

  test("less was used, from another lot: the issue is taken back and posted anew", async () => {
    scene = await openScene(cluster, oneOperation);
    const first = await made("r1", { good: 10, wire: 10 });
    await scene.deliver();
    const used = first.get("MaterialConsumed");
    await scene.state([takenBack(used), usedAgain(used, 8)]);
    await scene.deliver();
    assert.deepEqual(movements().toSorted(), ["-261 10", "261 8", "262 10"]);
    assert.deepEqual(yields(scene), ["10"]);
    assert.deepEqual(await causes(), ["goods-issue less used done"]);
  });

  test("what has not left is planned anew, net of what was corrected; nothing is taken back", async () => {
    scene = await openScene(cluster, oneOperation);
    const first = await made("r1", { good: 10 });
    await scene.state([takenBack(first.get("UnitsCounted")), again(first.get("UnitsCounted"), 4)]);
    const look = (): Promise<number> => goOnCorrecting(scene.ports, "s4", sapConnector.corrections);
    await look();
    assert.deepEqual(await postings(), ["confirmation dismissed", "confirmation planned 3"]);
    await scene.state([takenBack(again(first.get("UnitsCounted"), 4))]);
    await look();
    await scene.deliver();
    assert.deepEqual(yields(scene), []);
    assert.deepEqual([...new Set(await postings())], ["confirmation dismissed"]);
  });

  test("an ERP that takes nothing back by itself: a person is asked, once, and what it has stands", async () => {
    scene = await openScene(cluster, oneOperation);
    const first = await made("r1", { good: 10 });
    await scene.deliver();
    await scene.state([takenBack(first.get("UnitsCounted")), again(first.get("UnitsCounted"), 6)]);
    const look = (): Promise<number> => goOnCorrecting(scene.ports, "s4", b2mmlConnector.corrections);
    assert.equal(await look(), 1);
    assert.equal(await look(), 0);
    assert.deepEqual(await causes(), ["confirmation fewer pieces asked"]);
    assert.deepEqual(await postings(), ["confirmation confirmed 1"]);
    assert.equal((await scene.world.sql("select text from question")).length, 1);
  });

  test("what the ERP has refused is planned anew, and goes once", async () => {
    scene = await openScene(cluster, oneOperation, { stock: "5" });
    const first = await made("r1", { good: 10, wire: 10 });
    await scene.deliver();
    assert.ok((await postings()).includes("goods-issue refused 1"));
    await scene.state([takenBack(first.get("MaterialConsumed")), usedAgain(first.get("MaterialConsumed"), 5)]);
    await scene.state([
      takenBack(usedAgain(first.get("MaterialConsumed"), 5)),
      usedAgain(first.get("MaterialConsumed"), 3),
    ]);
    await scene.deliver();
    assert.deepEqual(movements(), ["261 3"]);
  });

  test("while nobody knows whether it arrived nothing is done; then it is taken back", async () => {
    scene = await openScene(cluster, oneOperation);
    scene.erp.faults.add({ fault: { kind: "reply-lost" }, calls: "write", path: /ProdnOrdConf2/ });
    scene.erp.faults.add({ fault: { kind: "unavailable" }, calls: "read", path: /ProdnOrdConf2/, times: 1000 });
    const first = await made("r1", { good: 10 });
    const inDoubt = async (): Promise<boolean> => (await postings()).includes("confirmation in-doubt 1");
    await scene.deliver({ until: inDoubt });
    await scene.state([takenBack(first.get("UnitsCounted")), again(first.get("UnitsCounted"), 6)]);
    let looks = 0;
    await scene.deliver({ until: async () => (looks += 1) > 5 });
    assert.deepEqual(await postings(), ["confirmation in-doubt 1"]);
    scene.erp.faults.clear();
    await scene.deliver();
    assert.deepEqual(yields(scene), ["-10", "reverses 10", "6"]);
  });

  for (const kind of ["reply-lost", "request-lost"] as const) {
    test(`${kind} at the reversal: it is asked, and each document is reversed once and posted anew once`, async () => {
      scene = await openScene(cluster, received, { receipt: true });
      const first = await made("r1", { good: 10 });
      await scene.deliver();
      scene.erp.faults.add({ fault: { kind }, calls: "write", path: /Cancel/, times: 2 });
      await scene.state([takenBack(first.get("UnitsCounted")), again(first.get("UnitsCounted"), 6)]);
      await scene.deliver();
      assert.deepEqual(yields(scene), ["-10", "reverses 10", "6"]);
      assert.deepEqual(movements().toSorted(), ["-101 10", "101 6", "102 10"]);
      assert.equal(scene.erp.faults.counts.get(kind), 2);
    });
  }

  test("killed while the reversal was on its way, and killed before anything was posted anew", async () => {
    scene = await openScene(cluster, oneOperation);
    const first = await made("r1", { good: 10 });
    await scene.deliver();
    await scene.state([takenBack(first.get("UnitsCounted")), again(first.get("UnitsCounted"), 6)]);
    const isThere = async (): Promise<boolean> => (await postings()).includes("confirmation-reversal confirmed");
    await scene.deliver({ until: isThere });
    // As after a crash: the ERP has it, and we knew only that it was being sent.
    const lost =
      "update posting set state = 'sending', document = null, epoch = 0 where kind = 'confirmation-reversal' and state = 'confirmed'";
    await unguarded(scene.world, () => scene.world.sql(lost));
    await scene.state([late("r1", 2)]);
    await scene.deliver();
    assert.deepEqual(yields(scene).slice(0, 2), ["-10", "reverses 10"]);
    assert.equal(standing(), 8);
  });

  test("somebody has reversed it in the ERP by hand: that is what was wanted", async () => {
    scene = await openScene(cluster, oneOperation);
    const first = await made("r1", { good: 10, wire: 10 });
    await scene.deliver();
    const { books } = scene.erp;
    const [confirmed] = scene.confirmations();
    const issue = books.materialDocuments.find((d) => d.items.some((item) => item.movementType === "261"));
    assert.ok(confirmed && issue);
    const { group, count } = confirmed;
    assert.ok(cancelConfirmation(books, { group, count, externalKey: null, postingDate: null }, "CLERK").ok);
    const { year, document: number } = issue;
    assert.ok(cancelMaterialDocument(books, { year, number, postingDate: null }, { user: "CLERK", by: "user" }).ok);
    const [pieces, used] = [first.get("UnitsCounted"), first.get("MaterialConsumed")];
    await scene.state([takenBack(pieces), again(pieces, 9), takenBack(used), usedAgain(used, 9)]);
    await scene.deliver();
    assert.deepEqual(yields(scene), ["-10", "reverses 10", "9"]);
    assert.deepEqual(movements().toSorted(), ["-261 10", "261 9", "262 10"]);
  });

  test("the period is closed: the reversal is parked before anything has happened, and goes when it is open", async () => {
    scene = await openScene(cluster, oneOperation);
    const first = await made("r1", { good: 10 });
    await scene.deliver();
    scene.erp.books.openPeriods = { from: "2020-01", to: "2020-01" };
    await scene.state([takenBack(first.get("UnitsCounted")), again(first.get("UnitsCounted"), 6)]);
    const isParked = async (): Promise<boolean> => (await postings()).includes("confirmation-reversal refused");
    await scene.deliver({ until: isParked });
    assert.deepEqual(yields(scene), ["10"]);
    const [refused] = await scene.world.sql(
      "select parked, fault ->> 'code' as code from posting where state = 'refused'",
    );
    assert.deepEqual(refused, { parked: true, code: "erp/sap-period-closed" });
    assert.equal(codeOf(await scene.finalise("c1")), "final/correcting");
    scene.erp.books.openPeriods = null;
    await scene.world.sql("update posting set due_at = now() where parked");
    await scene.deliver();
    assert.deepEqual(yields(scene), ["-10", "reverses 10", "6"]);
    assert.deepEqual(await scene.world.sql("select text from question"), []);
  });

  test("the goods have moved on: the receipt stands parked; given up by a person it stays, and is asked about once", async () => {
    scene = await openScene(cluster, received, { receipt: true });
    const first = await made("r1", { good: 10 });
    await scene.deliver();
    scene.erp.books.stock.change(
      { material: "CABLE", plant: "1010", storageLocation: "101A", batch: "" },
      -10_000_000n,
    );
    await scene.state([takenBack(first.get("UnitsCounted")), again(first.get("UnitsCounted"), 6)]);
    const isParked = async (): Promise<boolean> => (await postings()).includes("movement-reversal refused");
    await scene.deliver({ until: isParked });
    await scene.deliver({ until: async () => yields(scene).length === 3 });
    assert.deepEqual(yields(scene), ["-10", "reverses 10", "6"], "the confirmation is corrected all the same");
    const [parked] = await scene.world.sql("select id, version from posting where state = 'refused'");
    const actor = { person: "p-1" as PersonKey, reason: "sold" }; // a key of the test
    const dismissed = await dismissPosting(scene.ports, {
      id: "d1",
      posting: String(parked?.["id"]),
      version: Number(parked?.["version"]),
      actor,
    });
    assert.ok(dismissed.ok, JSON.stringify(dismissed));
    await scene.deliver();
    assert.deepEqual(movements(), ["101 10"]);
    assert.ok((await postings()).includes("goods-receipt confirmed 1"), "it stands, and speaks for what it spoke for");
    await scene.state([late("r1", 1)]);
    await scene.deliver();
    const questions = await scene.world.sql("select text from question");
    assert.match(String(questions[0]?.["text"]), /Fewer good pieces than were already received/);
    assert.equal(questions.length, 1);
  });

  test("the ERP has ended the order: nothing is sent, a person is asked", async () => {
    scene = await openScene(cluster, oneOperation);
    const first = await made("r1", { good: 10 });
    await scene.deliver();
    await scene.world.sql("update operations_request set body = jsonb_set(body, '{state}', '\"Closed\"')");
    await scene.state([takenBack(first.get("UnitsCounted")), again(first.get("UnitsCounted"), 6)]);
    await scene.deliver();
    assert.deepEqual(yields(scene), ["10"]);
    const questions = await scene.world.sql("select text from question");
    assert.match(String(questions[0]?.["text"]), /^Fewer pieces than were already reported/);
    assert.deepEqual(await causes(), ["confirmation fewer pieces asked"]);
  });

  test("the operation is final: asked; reopened, it is corrected; then it can be final again", async () => {
    scene = await openScene(cluster, oneOperation);
    const first = await made("r1", { good: 10 });
    assert.equal(codeOf(await scene.finalise("c1")), "final");
    await scene.deliver();
    await scene.state([takenBack(first.get("UnitsCounted")), again(first.get("UnitsCounted"), 6)]);
    await scene.deliver();
    assert.deepEqual(yields(scene), ["10", "0F"]);
    const [question] = await scene.world.sql("select text from question");
    assert.match(String(question?.["text"]), /is final, and more was reported of it. Reopen it/);
    await scene.reopen("c2");
    await scene.deliver();
    assert.deepEqual(yields(scene), ["-10", "-0F", "reverses 0F", "reverses 10", "6"]);
    assert.equal(codeOf(await scene.finalise("c3")), "final");
    await scene.deliver();
    assert.deepEqual(yields(scene).at(-1), "0F");
  });

  test("the machine says now that the run never was: everything of it is taken back, nothing is posted anew", async () => {
    scene = await openScene(cluster, received, { receipt: true });
    const first = await made("r1", { good: 10, wire: 10 });
    await scene.deliver();
    const facts = [...first.values()].toReversed();
    await scene.state(facts.map((fact) => takenBack(fact)));
    await scene.deliver();
    assert.equal(standing(), 0);
    assert.deepEqual(movements().toSorted(), ["-101 10", "-261 10", "102 10", "262 10"]);
    assert.deepEqual(await causes(), [
      "confirmation run taken back done",
      "goods-issue run taken back done",
      "goods-receipt run taken back done",
    ]);
  });

  test("another day: the document of that day is taken back, the other day gets its own", async () => {
    scene = await openScene(cluster, oneOperation);
    const first = await made("r1", { good: 10 });
    await scene.deliver();
    const counted = first.get("UnitsCounted");
    assert.ok(counted);
    const before = { ...again(counted, 10), eventAt: instant(counted.eventAt - 48 * 3_600_000) };
    await scene.state([takenBack(counted), before]);
    await scene.deliver();
    assert.equal(standing(), 10);
    const days = scene
      .confirmations()
      .map((c) => `${c.isReversal ? "reverses " : c.isReversed ? "-" : ""}${isoDay(c.postingDate)}`);
    const [day, other] = [isoDay(counted.eventAt), isoDay(before.eventAt)];
    assert.deepEqual(days.toSorted(), [`-${day}`, other, `reverses ${day}`].toSorted());
    assert.deepEqual(await causes(), ["confirmation other day done"]);
  });

  for (const isSent of [true, false]) {
    const what = isSent ? "that the ERP has is taken back" : "that has not left is planned anew";
    test(`put right by a person to another posting date, a document ${what} like any other`, async () => {
      scene = await openScene(cluster, oneOperation);
      const { books } = scene.erp;
      books.openPeriods = { from: "2020-01", to: "2020-01" };
      const first = await made("r1", { good: 10 });
      await scene.deliver({ until: async () => (await postings()).includes("confirmation refused 1") });
      books.openPeriods = null;
      const [refused] = await scene.world.sql("select id, version from posting where state = 'refused'");
      const counted = first.get("UnitsCounted");
      assert.ok(counted && refused);
      const [day, before] = [isoDay(counted.eventAt), isoDay(instant(counted.eventAt - 48 * 3_600_000))];
      const edited = await editRefusedPosting(scene.ports, {
        id: "e1",
        posting: String(refused["id"]),
        version: Number(refused["version"]),
        edit: { postingDate: before },
        actor: { person: "p-1" as PersonKey, reason: "the period is closed" }, // a key of the test
      });
      assert.ok(edited.ok, JSON.stringify(edited));
      if (isSent) await scene.deliver();
      await scene.state([takenBack(counted), again(counted, 6)]);
      await goOnCorrecting(scene.ports, "s4", sapConnector.corrections);
      await scene.deliver();
      assert.deepEqual(yields(scene), isSent ? ["-10", "reverses 10", "6"] : ["6"]);
      const days = scene.confirmations().map((c) => isoDay(c.postingDate));
      assert.deepEqual(days, isSent ? [before, before, day] : [day], "reversed in its period; anew on its own day");
      assert.deepEqual(await causes(), ["confirmation fewer pieces done"]);
    });
  }

  test("two at once: two processes that look, and facts that come meanwhile, take a document back once", async () => {
    scene = await openScene(cluster, oneOperation);
    const first = await made("r1", { good: 10 });
    await scene.deliver();
    const counted = first.get("UnitsCounted");
    const six = again(counted, 6);
    await scene.state([takenBack(counted), six]);
    const look = (store: Store): Promise<number> =>
      goOnCorrecting({ ...scene.ports, store }, "s4", sapConnector.corrections);
    const { store, other } = scene.world;
    await Promise.all([
      look(store),
      look(other),
      look(store),
      scene.state([takenBack(six), late("r1", 5)]),
      look(other),
    ]);
    await scene.deliver();
    assert.equal(standing(), 5);
    assert.equal(scene.confirmations().filter((c) => c.isReversal).length, 1);
  });

  test("one that cannot be corrected is said, and the others are corrected all the same", async () => {
    scene = await openScene(cluster, oneOperation);
    const counted = await Promise.all(
      ["r1", "r2"].map(async (run) => (await made(run, { good: 10 })).get("UnitsCounted")),
    );
    await scene.deliver();
    for (const fact of counted) await scene.state([takenBack(fact)]);
    const store: Store = {
      transaction: (work) =>
        scene.world.store.transaction((tx) => {
          const postingsOfRun = (run: string): ReturnType<typeof tx.decisions.postingsOfRun> =>
            run === "r1" ? Promise.reject(new TypeError("for a test")) : tx.decisions.postingsOfRun(run);
          return work({ ...tx, decisions: { ...tx.decisions, postingsOfRun } });
        }),
    };
    const said: string[] = [];
    const each = oneByOne(scene.ports.clock, (name) => void said.push(name));
    await goOnCorrecting({ ...scene.ports, store, each }, "s4", sapConnector.corrections);
    assert.match(said.join(), /^Correction \d+ of run r1$/);
    assert.deepEqual(await scene.world.sql("select run from posting where state = 'reversing'"), [{ run: "r2" }]);
  });

  test("it is noticed when facts are owed again before the ERP has reversed their document", async () => {
    scene = await openScene(cluster, oneOperation);
    const first = await made("r1", { good: 10 });
    await scene.deliver();
    await scene.state([takenBack(first.get("UnitsCounted")), again(first.get("UnitsCounted"), 6)]);
    await goOnCorrecting(scene.ports, "s4", sapConnector.corrections);
    const early =
      "update posting_line set active = false where posting in (select id from posting where state = 'reversing')";
    await assert.rejects(scene.world.sql(early), /is reversing: its facts are not let go of/);
    await assert.rejects(
      scene.world.sql("update posting set state = 'reversed' where state = 'reversing'"),
      /nothing has reversed/,
    );
    await assert.rejects(
      scene.world.sql(
        `insert into posting (id, key, erp, kind, request, segment, state, lanes, content, due_at, planned_at, reverses)
         select 'twice', 'twice', erp, kind, request, segment, 'planned', lanes, content, due_at, planned_at, reverses
         from posting where kind = 'confirmation-reversal'`,
      ),
      /posting_reversed_once/,
    );
  });
});

function isoDay(ms: number): LocalDate {
  return localDate(instant(ms), plantZone);
}
