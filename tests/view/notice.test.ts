/** What people were told about an order, in its time line. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { en } from "../../src/web/text/en.ts";
import { de } from "../../src/web/text/de.ts";
import { noticeKinds, type NewNotice } from "../../src/record/notice.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../src/store/testing/cluster.ts";
import { allPages, ask } from "./asking.ts";
import { at, openScene, orderOf, type Scene } from "./scene.ts";

const order = "s4//1000001";

describe("notifications in a time line", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    scene = await openScene(cluster);
    await scene.accept(orderOf("1000001"));
    await scene.accept(orderOf("1000002"));
    await scene.say("cutter-1", at(1), {
      "Run/Job": "1000001-0010",
      "Run/Active": 1,
      "Pieces/Good": 1,
      "Run/Ended": 0,
      "Run/LastEnded": 0,
      "Run/Result": "",
    });
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  const raise = (id: string, seconds: number, notice: Partial<NewNotice>): Promise<unknown> => {
    const whole: NewNotice = {
      kind: "order-new",
      subject: id,
      occurrence: id,
      isAnew: false,
      severity: "info",
      role: "operator",
      equipment: "CUT",
      values: { order: "1000001" },
      text: `text of ${id}`,
      request: null,
      jobOrder: null,
      posting: null,
      by: [],
      escalate: null,
      ...notice,
    };
    return scene.store.transaction((tx) => tx.notices.raise(id, whole, at(seconds)));
  };

  test("each that is about the order or what was made for it, when it was raised and when it was taken over", async () => {
    const [run] = await scene.sql("select id, job_order from run");
    assert.ok(run);
    const named = { severity: "urgent", values: { unit: "CUT-1", why: "no", parameter: "x" }, request: order } as const;
    await raise("setup", 10, { kind: "setup-failed", jobOrder: String(run["job_order"]), ...named });
    await raise("held", 20, { kind: "quarantine", subject: `production/${String(run["id"])}`, severity: "warning" });
    await raise("order", 30, { kind: "quarantine", subject: "order/s4/1000001" });
    await raise("asked", 40, { kind: "question", subject: `run/${String(run["id"])}/what` });
    await raise("other", 50, { request: "s4//1000002" });
    await raise("stranger", 50, { kind: "quarantine", subject: "order/s4/1000002" });
    await scene.store.transaction((tx) => tx.notices.acknowledge("setup", "person:p-1", at(60)));

    const query = { kinds: "notification", limit: 500 };
    const { items } = await ask(scene, "GET /api/v1/orders/:order/timeline", { params: { order }, query });
    assert.deepEqual(
      items.map(({ id, code, level, workUnit }) => [id, code, level, workUnit]),
      [
        ["notice:setup", "setup-failed", "bad", "CUT"],
        ["notice:held", "quarantine", "warning", "CUT"],
        ["notice:order", "quarantine", "info", "CUT"],
        ["notice:asked", "question", "info", "CUT"],
        ["notice-taken:setup", "acknowledged", "info", "CUT"],
      ],
    );
    assert.deepEqual(items[0]?.values, {
      unit: "CUT-1",
      why: "no",
      parameter: "x",
      text: "text of setup",
      severity: "urgent",
      role: "operator",
    });
    assert.deepEqual([items[4]?.at, items[4]?.values["by"]], [new Date(at(60)).toISOString(), "person:p-1"]);
    const pages = await allPages(
      scene,
      "GET /api/v1/orders/:order/timeline",
      { params: { order }, query: { kinds: "notification", limit: 2 } },
      (page) => page,
    );
    assert.deepEqual(pages, items, "pages of two are the whole");
    const all = await ask(scene, "GET /api/v1/orders/:order/timeline", { params: { order }, query: { limit: 500 } });
    assert.equal(new Set(all.items.map(({ id }) => id)).size, all.items.length, "nothing twice");
  });

  test("one about a posting opens it", async () => {
    await raise("refused", 70, { kind: "posting-refused", request: order, posting: "p-1" });
    const query = { kinds: "notification", limit: 500 };
    const { items } = await ask(scene, "GET /api/v1/orders/:order/timeline", { params: { order }, query });
    assert.deepEqual(items.at(-1)?.opens, { kind: "posting", id: "p-1" });
  });
});

test("every kind that an order's time line can show has a sentence in both languages", () => {
  for (const kind of noticeKinds) {
    if (kind === "machine-stale") continue; // is about a connection, not about an order
    for (const texts of [en, de]) assert.ok(`timeline.notification.${kind}` in texts, kind);
  }
});
