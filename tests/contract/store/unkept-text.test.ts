/** Texts and times that no database can hold, from every side: each costs at most what it stands in, and the rest goes on. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { instant } from "../../../src/base/instant.ts";
import { ok } from "../../../src/base/result.ts";
import type { ErpSession, InboundMessage } from "../../../src/erp/connector.ts";
import type { collect } from "../../../src/flows/collect.ts";
import { collectorBook } from "../../../src/flows/collector-book.ts";
import { isolate } from "../../../src/flows/isolate.ts";
import { pullOrders } from "../../../src/flows/pull-orders.ts";
import type { OperationsRequest } from "../../../src/isa95/schedule/operations-request.ts";
import type { Sample, SampleValue } from "../../../src/record/sample.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { at, openScene, orderOf, type Scene } from "../../view/scene.ts";

for (const major of [15, 18] as const) {
  describe(`PostgreSQL ${major} and what cannot be kept`, { skip: clusterUnavailable({ major }) }, () => {
    let cluster: TestCluster;
    let scene: Scene;
    before(async () => {
      cluster = await withCluster({ major });
      scene = await openScene(cluster);
    });
    after(async () => {
      await scene?.close();
      await cluster?.close();
    });

    /** One look at an ERP that has these orders. */
    const pull = (orders: readonly OperationsRequest[], cursor: string): ReturnType<typeof pullOrders> => {
      const messages = orders.map(({ reference: { number } }): InboundMessage => {
        const bytes = new TextEncoder().encode(number);
        return { idempotencyKey: number, noun: "order", number, bytes, mediaType: "text/plain" };
      });
      const ofNumber = new Map(orders.map((order) => [order.reference.number, order]));
      const session = {
        pull: () => Promise.resolve(ok({ messages, cursor, more: false })),
        interpret: ({ number }: InboundMessage) => ok(ofNumber.get(number)),
      } as unknown as ErpSession; // pulling calls nothing else
      const { store, site, clock, evaluate } = scene;
      return pullOrders({ store, site, clock, erp: "s4", session, evaluate }, new AbortController().signal);
    };
    const cursorOf = async (): Promise<unknown> =>
      (await scene.sql("select cursor from erp_cursor where erp = 's4'"))[0]?.["cursor"];
    /** The first operation otherwise. */
    const with0010 = (number: string, change: Partial<OperationsRequest["segments"][number]>): OperationsRequest => {
      const [first, ...others] = orderOf(number).segments;
      assert.ok(first);
      return orderOf(number, { segments: [{ ...first, ...change }, ...others] });
    };

    test("of a description what can be kept is kept; a name that cannot be makes its own order wait, and no other", async () => {
      const pulled = await pull(
        [
          with0010("1000001", { description: "Cut \0 wire \ud83d" }),
          with0010("1000002", { parameters: { Length: "12\0" } }),
          with0010("1000003", { earliestStart: instant(Date.parse("+012025-01-01T00:00:00Z")) }),
          with0010("1000004", { earliestStart: instant(Date.parse("0000-06-01T00:00:00Z")) }),
          orderOf("1000005"),
        ],
        "c1",
      );
      assert.deepEqual(pulled, ok({ accepted: 2, unchanged: 0, quarantined: 3, known: 0 }));
      assert.equal(await cursorOf(), "c1");
      const [cut] = await scene.sql(
        "select body -> 'segments' -> 0 ->> 'description' as said from operations_request where number = '1000001'",
      );
      assert.equal(cut?.["said"], "Cut \ufffd wire \ufffd");
      const waiting = await scene.sql("select subject, code, message from quarantine order by subject");
      assert.deepEqual(
        waiting.map((row) => [row["subject"], row["code"]]),
        ["1000002", "1000003", "1000004"].map((number) => [`s4/${number}`, "order/unkeepable"]),
      );
      assert.match(String(waiting[0]?.["message"]), /segments\.0\.parameters\.Length holds the sign NUL/);
      assert.match(String(waiting[1]?.["message"]), /outside of the years 1 to 9999/);
    });

    test("what the database itself will not have makes its own order wait as well", async () => {
      // Beyond what a column of 64 bits holds.
      const huge = { micro: 10n ** 30n, uom: "C62" };
      const pulled = await pull([with0010("1000006", { quantity: huge }), orderOf("1000007")], "c2");
      assert.deepEqual(pulled, ok({ accepted: 1, unchanged: 0, quarantined: 1, known: 0 }));
      assert.equal(await cursorOf(), "c2");
    });

    test("a document number with NUL settles its posting, and its group", async () => {
      await scene.deliver((_, key) => ({
        outcome: "confirmed",
        document: { number: `49\0${key}`, kind: "order-accepted" },
      }));
      const open = await scene.sql("select 1 from posting where state <> 'confirmed'");
      assert.equal(open.length, 0);
      const [posting] = await scene.sql("select document from posting limit 1");
      assert.match(String(posting?.["document"]), /^49\ufffd/);
    });

    test("what stays in the memory of collection never keeps a checkpoint from being written", async () => {
      const { store, site, clock } = scene;
      const ports: Parameters<typeof collect>[0] = {
        store,
        site,
        clock,
        book: collectorBook(site),
        dispatched: { whyNotStored: () => null },
      };
      let ms = 0;
      let seq = 0;
      const say = (values: Readonly<Record<string, SampleValue>>): Sample[] => {
        ms += 100;
        const time = instant(at(1000) + ms);
        return Object.entries(values).map(([item, value]) => ({
          item,
          at: time,
          receivedAt: instant(time + 20),
          status: 0,
          value,
          mark: "",
        }));
      };
      const take = async (samples: readonly Sample[]): Promise<void> => {
        seq += 1;
        await isolate(ports, "b", [{ source: "cutter-1", seq, samples, complete: true, gaps: [] }], () => undefined);
      };
      await take(say({ "Run/Job": "1000005-0010", "Run/Active": 1, "Pieces/Good": 0 }));
      await take(say({ "Run/Result": "done\0", "Run/Note": { "a\0": ["\ud83d"] } }));
      let good = 0;
      for (let batch = 0; batch < 12; batch += 1) {
        // So late and so many that a checkpoint is due now and then.
        ms += 2 * 3600_000;
        const many: Sample[] = [];
        for (let n = 0; n < 600; n += 1) many.push(...say({ "Pieces/Good": (good += 1) }));
        await take(many);
      }
      assert.deepEqual(await scene.sql("select item, why from sample_set_aside"), []);
      const [checkpoint] = await scene.sql("select ordinal from collector_checkpoint where source = 'cutter-1'");
      assert.ok(Number(checkpoint?.["ordinal"]) > 2, "one was written after it");
      const [job] = await scene.sql(
        "select (good_micro / 1000000)::int as good from job_order where request = 's4//1000005' and segment = '0010'",
      );
      assert.equal(job?.["good"], good);
    });
  });
}
