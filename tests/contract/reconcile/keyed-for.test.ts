/**
 * After an outage a person says for which of our postings a document was keyed by hand: those stand back, and nothing else.
 * What waits beside them is posted, and the stock at the ERP is what was used.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { mendHandlers } from "../../../src/api/handlers/mend.ts";
import { mendDecisionHandlers } from "../../../src/api/handlers/mend-decision.ts";
import { routes, type ReplyOf } from "../../../src/api/contract/contract.ts";
import { ok, unwrap, type Result } from "../../../src/base/result.ts";
import { dismissPosting } from "../../../src/flows/decide-posting.ts";
import { openDatabase, type Database } from "../../../src/store/connection.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { postgresViews } from "../../../src/store/view/view-store.ts";
import { everything } from "../../view/scene.ts";
import { orderNumber, requestId, yields, type Scene } from "../final/scene.ts";
import { by } from "../store/mend-scene.ts";
import { confirmByHand, issueByHand } from "./hand.ts";
import { erp, openOutage, wireMetres, type Outage } from "./outage-scene.ts";

type Question = ReplyOf<"GET /api/v1/mend/questions">["items"][number];
const answerRoute = "POST /api/v1/mend/questions/:question/answer";

describe("keyed by hand for some of ours", { skip: clusterUnavailable({ major: 18 }), timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let outage: Outage;
  let scene: Scene;
  let database: Database | null = null;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  afterEach(async () => {
    await database?.close();
    database = null;
    await outage?.close();
  });

  /** Two runs were made while the ERP was away: 5 pieces of 4 m, then 8 of 6 m. `keyed` is done there by hand meanwhile. */
  async function open(keyed: (scene: Scene) => void): Promise<void> {
    outage = await openOutage(cluster, 8);
    ({ scene } = outage);
    await scene.run("r1", { good: 5, wire: 4 });
    await scene.run("r2", { good: 8, wire: 6 });
    keyed(scene);
    await outage.heard();
    await outage.look();
  }

  /** The handlers over the same database. */
  function api() {
    database ??= openDatabase({
      connectionString: scene.world.connectionString,
      connectionsMax: 2,
      log: () => undefined,
    });
    const views = postgresViews(database);
    const ports = { ...outage.ports, session: () => null, evaluate: () => Promise.resolve(ok(null)) };
    const call = { params: {}, body: undefined, caller: everything, command: "", version: "", traceparent: "" };
    const { reply, query } = routes["GET /api/v1/mend/questions"];
    return {
      questions: async (): Promise<readonly Question[]> => {
        const list = mendHandlers({ views, site: scene.site })["GET /api/v1/mend/questions"];
        return reply.parse(unwrap(await list({ ...call, query: query.parse({}) }))).items;
      },
      answer: (asked: Question, answer: unknown, command: string): Promise<Result<{ readonly message: string }>> => {
        const decide = mendDecisionHandlers({ ...ports, views, onDecided: () => undefined })[answerRoute];
        const body = routes[answerRoute].body.parse({ because: "keyed it myself", answer });
        const params = { question: asked.id };
        return decide({ ...call, query: undefined, params, body, command, version: asked.version });
      },
    };
  }

  const confirmations = (): Promise<readonly Record<string, unknown>[]> =>
    scene.world.sql("select run, state, stands_back_for from posting where kind = 'confirmation' order by ordinal");

  test("pieces of one run were keyed: the other goes out, and the ERP has each once", async () => {
    let document = "";
    await open(({ erp: { books } }) => (document = confirmByHand(books, 5)));
    const [keyed = ""] = await outage.waiting();
    const decided = unwrap(await outage.standBack({ postings: [keyed] }));
    assert.deepEqual([decided.stoodBack, decided.left], [1, 1]);
    await scene.deliver();
    assert.deepEqual(yields(scene), ["5", "8"]);
    assert.deepEqual(await confirmations(), [
      { run: "r1", state: "dismissed", stands_back_for: document },
      { run: "r2", state: "confirmed", stands_back_for: null },
    ]);
    assert.equal(outage.wireLeft(), wireMetres - 10, "used by both runs, whoever has keyed the pieces");
  });

  test("material of one run was keyed: the stock at the ERP is what was used", async () => {
    await open(({ erp: { books } }) => void issueByHand(books, 4));
    const [keyed = ""] = await outage.waiting("goods-issue");
    unwrap(await outage.standBack({ postings: [keyed] }));
    await scene.deliver();
    assert.equal(outage.wireLeft(), wireMetres - 10);
  });

  test("it is noticed when all that waits stands back for what was keyed for one", async () => {
    await open(({ erp: { books } }) => void issueByHand(books, 4));
    unwrap(await outage.standBack({ postings: await outage.waiting("goods-issue") }));
    await scene.deliver();
    assert.equal(outage.wireLeft(), wireMetres - 4, "six metres were used and are in no document");
  });

  test("the question shows what was keyed, and beside it what waits with its amounts, date and run", async () => {
    let document = "";
    await open(({ erp: { books } }) => (document = confirmByHand(books, 7)));
    const [asked] = await api().questions();
    assert.ok(asked?.hand);
    const { waiting, recordedAt, postingDate, ...hand } = asked.hand;
    const good = (value: string): object => ({
      what: "good",
      material: null,
      lot: null,
      amount: { value, uom: "C62" },
    });
    assert.deepEqual(hand, {
      erp,
      kind: "confirmation",
      document,
      order: requestId,
      number: orderNumber,
      operation: "0010",
      amounts: [good("7")],
      key: null,
      hasMore: false,
    });
    assert.ok(recordedAt.startsWith(postingDate ?? "no date"));
    const ids = await outage.waiting();
    assert.deepEqual(
      waiting.map(({ id, state, canStandBack, amounts, run }) => [id, state, canStandBack, amounts, run?.workUnit]),
      [
        [ids[0], "planned", true, [good("5")], "U1"],
        [ids[1], "planned", true, [good("8")], "U1"],
      ],
    );
    assert.ok(waiting.every(({ postingDate: day, run }) => day !== null && run?.endedAt !== null));
    await scene.world.sql("update hand_document set amounts = null, posting_date = null");
    const [older] = await api().questions();
    assert.deepEqual([older?.hand?.amounts, older?.hand?.postingDate], [null, null], "not kept, which is not nothing");
  });

  test("what was keyed of material is said in the order's unit, as what waits", async () => {
    await open(({ erp: { books } }) => void issueByHand(books, 4));
    const [asked] = await api().questions();
    const wire = (value: string): object => ({
      what: "used",
      material: "WIRE",
      lot: null,
      amount: { value, uom: "MTR" },
    });
    assert.deepEqual(asked?.hand?.amounts, [wire("4")]);
    assert.equal(asked?.hand?.operation, null);
    assert.deepEqual(
      asked?.hand?.waiting.map(({ amounts }) => amounts),
      [[wire("4")], [wire("6")]],
    );
  });

  test("an answer names them: left out, none or one twice is no answer, and the same command is made once", async () => {
    await open(({ erp: { books } }) => void confirmByHand(books, 5));
    const { questions, answer } = api();
    const [asked] = await questions();
    assert.ok(asked?.hand);
    const [keyed = ""] = asked.hand.waiting.map(({ id }) => id);
    for (const postings of [undefined, [], [keyed, keyed], [""]])
      assert.throws(() => answer(asked, { is: "keyed-by-hand", postings }, "wrong"), /postings/);
    for (const postings of [[], [keyed, keyed]]) {
      const refused = await outage.standBack({ postings });
      assert.equal(!refused.ok && refused.fault.code, "decision/which-postings");
    }
    const named = { is: "keyed-by-hand", postings: [keyed] };
    const first = unwrap(await answer(asked, named, "once"));
    const again = unwrap(await answer(asked, named, "once"));
    assert.match(first.message, /1 stand back.*1 wait no longer/);
    assert.equal(again.message, first.message);
    const other = await answer(asked, { ...named, postings: [asked.hand.waiting[1]?.id ?? ""] }, "once");
    assert.equal(!other.ok && other.fault.code, "flows/command-reused");
    assert.deepEqual(await questions(), []);
    await scene.deliver();
    assert.deepEqual(yields(scene), ["5", "8"]);
  });

  test("what is for something else, is not there or does not wait any more is refused, and nothing is changed", async () => {
    await open(({ erp: { books } }) => void confirmByHand(books, 5));
    const [keyed = ""] = await outage.waiting();
    const [issue = ""] = await outage.waiting("goods-issue");
    for (const strange of [issue, "nothing-of-that-name"]) {
      const refused = await outage.standBack({ postings: [keyed, strange] });
      assert.equal(!refused.ok && refused.fault.code, "decision/not-waiting", strange);
    }
    const [{ version } = {}] = await scene.world.sql("select version from posting where id = $1", [keyed]);
    const ports = { ...outage.ports, session: () => null, evaluate: () => Promise.resolve(ok(null)) };
    unwrap(await dismissPosting(ports, { ...by(Number(version), "p-2"), posting: keyed }));
    const gone = await outage.standBack({ postings: [keyed] });
    assert.equal(!gone.ok && gone.fault.code, "decision/not-waiting", "somebody else has dismissed it meanwhile");
    assert.deepEqual(await confirmations(), [
      { run: "r1", state: "dismissed", stands_back_for: null },
      { run: "r2", state: "planned", stands_back_for: null },
    ]);
    assert.ok((await outage.question()).question > 0, "it is still asked");
  });

  test("what is planned after somebody has looked does not stand back", async () => {
    await open(({ erp: { books } }) => void confirmByHand(books, 5));
    const seen = await outage.waiting();
    await scene.run("r3", { good: 2 });
    unwrap(await outage.standBack({ postings: seen.slice(0, 1) }));
    await scene.deliver();
    assert.deepEqual(yields(scene), ["5", "8", "2"]);
  });

  test("one of which nobody knows whether it is there cannot stand back, and holds up no other", async () => {
    await open(({ erp: { books } }) => void confirmByHand(books, 5));
    const [keyed = "", doubted = ""] = await outage.waiting();
    await scene.world.sql("update posting set state = 'in-doubt' where id = $1", [doubted]);
    const [asked] = await api().questions();
    assert.deepEqual(
      asked?.hand?.waiting.map(({ state, canStandBack }) => [state, canStandBack]),
      [
        ["planned", true],
        ["in-doubt", false],
      ],
    );
    const unsure = await outage.standBack({ postings: [doubted] });
    assert.equal(!unsure.ok && unsure.fault.code, "decision/in-doubt");
    unwrap(await outage.standBack({ postings: [keyed] }));
  });

  test("two documents of one operation: each stands for its own, and none for the same", async () => {
    const documents: string[] = [];
    await open(({ erp: { books } }) => void documents.push(confirmByHand(books, 5), confirmByHand(books, 8)));
    const [first = "", second = ""] = await outage.waiting();
    const both = await Promise.all(
      documents.map((document, n) => outage.standBack({ postings: [first], document, person: `p-${n}` })),
    );
    assert.deepEqual(both.map((one) => (one.ok ? "ok" : one.fault.code)).toSorted(), ["decision/not-waiting", "ok"]);
    unwrap(await outage.standBack({ postings: [second] }));
    await scene.deliver();
    assert.deepEqual(yields(scene), ["5", "8"], "both were keyed, and nothing of ours is left");
  });

  test("the database itself lets nothing stand back for what was not found, and no document for which nothing does", async () => {
    await open(({ erp: { books } }) => void confirmByHand(books, 5));
    const refusal = async (text: string, values: readonly unknown[] = []): Promise<string> => {
      const refused: Error & { constraint?: string } = await scene.world.sql(text, values).then(
        () => new Error("it is taken"),
        (error: Error) => error,
      );
      return refused.constraint ?? refused.message;
    };
    const standsBack = "update posting set state = 'dismissed', stands_back_for = $2 where id = $1";
    const [keyed = ""] = await outage.waiting();
    const [issue = ""] = await outage.waiting("goods-issue");
    const [{ document } = {}] = await scene.world.sql("select document from hand_document");
    assert.equal(await refusal(standsBack, [keyed, "900/1"]), "stands_back_for_a_found_one");
    assert.equal(await refusal(standsBack, [issue, document]), "stands_back_for_a_found_one");
    assert.equal(
      await refusal("update hand_document set state = 'stood-back', command = 'c'"),
      "something_stands_back",
    );
  });
});
