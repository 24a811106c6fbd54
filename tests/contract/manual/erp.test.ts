/** From the label at the bench to the ERP's books: an order comes in, people make it, and the ERP has each document once. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Statement } from "../../../src/api/contract/terminal.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { instant } from "../../../src/base/instant.ts";
import { unwrap } from "../../../src/base/result.ts";
import { sapConnector } from "../../../src/erp/sap/index.ts";
import { startDelivery } from "../../../src/exchange/delivery.ts";
import { outboxPort } from "../../../src/flows/outbox.ts";
import { pullOrders } from "../../../src/flows/pull-orders.ts";
import { amount } from "../../../src/simulation/erp/order.ts";
import { startErp } from "../../../src/simulation/erp/server.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { good, minutes, openBench, scrap, type Saying } from "./bench.ts";

const mix: Saying = { unit: "MIX-1" };
const load = (lot: string, position: string, quantity: string): Statement => ({
  kind: "load",
  material: "W-1",
  lot,
  handlingUnit: null,
  position,
  quantity: { value: quantity, uom: "MTR" },
  substitutes: null,
});

describe("a run by hand in the ERP", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());

  test(
    "confirmation, receipt and issue with the lots, once, although a reply is lost",
    { timeout: 240_000 },
    async (t) => {
      const erp = await startErp({
        stock: ["L1", "L2"].map((batch) => ({
          material: "W-1",
          plant: "PL01",
          storageLocation: "101C",
          batch,
          quantity: "500",
          unit: "M",
        })),
      });
      t.after(() => erp.close());
      erp.books.defineMaterial("W-1", "M", "batch-managed");
      erp.books.createOrder({
        order: "1000001",
        material: "MIXTURE",
        plant: "PL01",
        quantity: "100",
        storageLocation: "101A",
        operations: [{ operation: "0010", text: "Mix", workCenter: "MIX", controlKey: "PP01" }],
        components: [{ material: "W-1", operation: "0010", quantity: "50", unit: "M", storageLocation: "101C" }],
      });
      const bench = await openBench(cluster, { lotControlled: ["W-"] });
      t.after(() => bench.close());
      const stop = new AbortController();
      t.after(() => stop.abort());
      bench.clock.set(instant(systemClock.now() - minutes(60)));
      const settings = {
        erp: "s4",
        baseUrl: erp.url,
        ...erp.login,
        timeZone: "Europe/Warsaw",
        settleMs: 200,
        consumption: { default: "bill" },
      };
      const session = unwrap(await sapConnector.open(settings, stop.signal));
      const evaluate = (): Promise<never> => Promise.reject(new Error("no map, no expression"));
      unwrap(
        await pullOrders(
          { store: bench.store, site: bench.site, clock: systemClock, erp: "s4", session, evaluate },
          stop.signal,
        ),
      );

      const jobOrder = await bench.jobOrder("1000001");
      unwrap(await bench.say({ kind: "start", jobOrder, phase: "setup" }, mix));
      unwrap(await bench.say(load("L1", "spool-a", "10"), mix));
      unwrap(await bench.say(load("L2", "spool-b", "100"), mix));
      unwrap(await bench.say({ kind: "phase", phase: "production" }, mix));
      bench.clock.pass(minutes(10));
      unwrap(await bench.say(good(30), mix));
      unwrap(await bench.say(scrap(3, "lumps"), mix));
      unwrap(await bench.say(good(10), mix));
      unwrap(await bench.say({ kind: "finish" }, mix));

      erp.faults.add({ fault: { kind: "reply-lost" }, calls: "write", times: 2 });
      const holder = { installation: "test", process: "p" };
      const port = outboxPort({ store: bench.store, clock: systemClock, session, erp: "s4", holder });
      const delivery = startDelivery({ session, port, clock: systemClock, log: () => undefined }, stop.signal);
      const open = (): ReturnType<typeof bench.sql> =>
        bench.sql("select kind, state, fault from posting where state <> 'confirmed' order by kind");
      for (let tries = 0; tries < 1200 && (await open()).length > 0; tries += 1) {
        await systemClock.sleep(50);
        delivery.wake();
      }
      const left = await open();
      stop.abort();
      await delivery.ended;
      await session.close();
      assert.deepEqual(left, []);

      const { confirmations, movementItems } = erp.books;
      assert.equal(confirmations.length, 1);
      assert.deepEqual([confirmations[0]?.yield, confirmations[0]?.scrap], [amount("40"), amount("3")]);
      const moved = movementItems
        .filter((item) => item.movementType !== "501")
        .map((item) => [item.movementType, item.material, item.batch, item.quantity] as const)
        .toSorted((a, b) => (a.join() < b.join() ? -1 : 1));
      assert.deepEqual(moved, [
        ["101", "MIXTURE", "", amount("40")],
        ["261", "W-1", "L1", amount("10")],
        ["261", "W-1", "L2", amount("10")],
      ]);
    },
  );
});
