/** Everything that a visitor can do at the simulated ERP, through its page. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { systemClock, type Clock } from "../../base/clock.ts";
import { instant } from "../../base/instant.ts";
import { unwrap } from "../../base/result.ts";
import { localTime, timeZone } from "../../base/site-time.ts";
import { startPages, type PageServer } from "../page/server.ts";
import { visitor, type Visitor } from "../page/testing/visitor.ts";
import { postConfirmation } from "./confirmation.ts";
import { postMaterialDocument } from "./goods-movement.ts";
import { amount } from "./order.ts";
import { erpDesk, type ErpDesk } from "./page-action.ts";
import { erpPage } from "./page.ts";
import { startErp, type SimulatedErp } from "./server.ts";
import { confirmation, issue, seed, user } from "./testing/scene.ts";

let erp: SimulatedErp;
let desk: ErpDesk;
let pages: PageServer;
let at: Visitor;
/** Ends what waits for a time. */
let passTime: () => void = () => undefined;

const clock: Clock = {
  ...systemClock,
  sleep: (_ms, signal) =>
    new Promise((resolve) => {
      passTime = resolve;
      signal?.addEventListener("abort", () => resolve());
    }),
};

/** Never the same as UTC. */
const zone = unwrap(timeZone("Asia/Kolkata"));
const wire = { material: "WIRE", plant: "1010", location: "101C", batch: "" };

before(async () => {
  const wireStock = { material: "WIRE", plant: "1010", storageLocation: "101C", quantity: "40", unit: "M" };
  const seals = { material: "SEAL", plant: "1010", storageLocation: "101C", batch: "L-1", quantity: "7", unit: "PC" };
  erp = await startErp({ clock, orders: [seed], stock: [wireStock, seals] });
  desk = erpDesk(erp, clock);
  const page = erpPage(erp, desk, { deliveries: { WIRE: "250" }, zone });
  pages = await startPages({ pages: [page], clock, zone });
  at = visitor(pages.url);
});
afterEach(() => {
  erp.books.openPeriods = null;
  erp.faults.clear();
});
after(async () => {
  await desk.close();
  await pages.close();
  await erp.close();
});

/** What the ERP answers to a read, or that nobody answers. */
async function read(path: string): Promise<number | "refused"> {
  const authorization = `Basic ${Buffer.from("MES_COMM:secret").toString("base64")}`;
  try {
    const reply = await fetch(`${erp.url}/${path}`, { headers: { authorization } });
    await reply.text();
    return reply.status;
  } catch {
    return "refused";
  }
}

describe("orders", () => {
  test("a rush order has an importance that clients read, and a new change stamp; and back", async () => {
    const stamp = erp.books.order("1000001")?.changedAt ?? "";
    assert.match(await at.press("/rush", { order: "1000001" }), /Order 1000001 is a rush order/);
    const order = erp.books.order("1000001");
    assert.equal(order?.importance, "1");
    assert.ok((order?.changedAt ?? "") >= stamp);
    assert.match(await at.look("/"), /<b class="bad">rush<\/b>/);
    await at.press("/calm", { order: "1000001" });
    assert.equal(order?.importance, "");
    assert.match(await at.press("/rush", { order: "404" }), /Order 404 not found/);
  });

  test("a locked order is refused until it is unlocked", async () => {
    await at.press("/lock", { order: "1000001" });
    assert.equal(postConfirmation(erp.books, confirmation(), "MES").ok, false);
    assert.match(await at.look("/"), /LKD/);
    await at.press("/unlock", { order: "1000001" });
    assert.equal(postConfirmation(erp.books, confirmation({ externalKey: "key-1" }), "MES").ok, true);
    assert.match(await at.look("/"), /<div><span title="[^"]*">0010: 10[\s\S]*key-1/);
  });
});

describe("stock", () => {
  test("what arrives stands in the table, with its lot; the amount is the one that the page offers", async () => {
    assert.match(await at.look("/"), /name="quantity" value="250"/);
    const shown = await at.press("/receive", { ...wire, quantity: "250" });
    assert.match(shown, /250 M of WIRE have arrived/);
    assert.match(shown, /<td class="n">290 M<\/td>/);
    await at.press("/receive", { ...wire, material: "SEAL", batch: "L-2", quantity: "5" });
    assert.match(await at.look("/"), /L-2/);
  });

  test("nonsense is refused in words, and books nothing", async () => {
    const before = erp.books.materialDocuments.length;
    assert.match(await at.press("/receive", { ...wire, quantity: "-3" }), /Only an amount above zero/);
    assert.match(await at.press("/receive", { ...wire, quantity: "many" }), /Only an amount above zero/);
    assert.match(await at.press("/receive", { ...wire, material: "GOLD", quantity: "1" }), /no material GOLD/);
    assert.match(await at.press("/receive", { ...wire, batch: "L-9", quantity: "1" }), /not kept in lots/);
    assert.match(await at.press("/receive", { ...wire, material: "SEAL", quantity: "1" }), /is kept in lots/);
    assert.equal(erp.books.materialDocuments.length, before);
  });
});

describe("documents", () => {
  test("stand there newest first with our key, and are reversed once", async () => {
    const items = [issue({ quantity: amount("2") })];
    const header = { code: "03", postingDate: Date.now(), documentDate: null, headerText: "", reference: "KEY<42>" };
    const posted = postMaterialDocument(erp.books, { ...header, items }, user);
    assert.ok(posted.ok);
    const { year, document } = posted.value;
    assert.match(await at.look("/"), /Goods issue[\s\S]*2 M WIRE at 101C[\s\S]*KEY&lt;42&gt;/);
    assert.match(await at.press("/reverse-document", { year, document }), /is reversed by/);
    assert.match(await at.press("/reverse-document", { year, document }), /has already been reversed/);
  });

  test("documents have the numbers and times that the screens beside them show", async () => {
    const posted = postConfirmation(erp.books, confirmation({ yield: amount("1") }), "MES");
    const header = { code: "03", postingDate: Date.now(), documentDate: null, headerText: "", reference: "" };
    const moved = postMaterialDocument(erp.books, { ...header, items: [issue({ quantity: amount("1") })] }, user);
    assert.ok(posted.ok && moved.ok);
    const page = await at.look("/?still");
    const { group, count, enteredAt } = posted.value;
    assert.match(group, /^0+\d/);
    assert.ok(page.includes(`<td>${group.replace(/^0+/, "")}/${count}</td>`), "without the zeros that fill the field");
    assert.ok(page.includes(`<td>${moved.value.document}/${moved.value.year}</td>`));
    assert.ok(page.includes(`<td>${localTime(instant(enteredAt), zone)}</td>`), "the plant's time");
  });

  test("a confirmation is reversed, and its amount taken back", async () => {
    const posted = postConfirmation(erp.books, confirmation({ yield: amount("4") }), "MES");
    assert.ok(posted.ok);
    const before = erp.books.order("1000001")?.operations[0]?.yield ?? 0n;
    const { group, count } = posted.value;
    assert.match(await at.press("/reverse-confirmation", { group, count }), /is reversed by/);
    assert.equal(erp.books.order("1000001")?.operations[0]?.yield, before - amount("4"));
    assert.match(await at.press("/reverse-confirmation", { group, count }), /has already been reversed/);
  });
});

describe("what goes wrong on demand", () => {
  test("a closed month refuses postings, and deliveries too, until it is opened", async () => {
    assert.match(await at.press("/close-period"), /is open for postings/);
    const today = Math.floor(Date.now() / 86_400_000) * 86_400_000;
    assert.equal(postConfirmation(erp.books, confirmation({ postingDate: today }), "MES").ok, false);
    assert.match(await at.press("/receive", { ...wire, quantity: "1" }), /Posting only possible in periods/);
    await at.press("/open-period");
    assert.equal(erp.books.openPeriods, null);
  });

  test("the plug: connections are refused, then the same address answers again", async () => {
    assert.equal(await read("API_MATERIAL_STOCK_SRV/A_MatlStkInAcctMod"), 200);
    assert.match(await at.press("/unplug"), /The plug is out for 15 s/);
    assert.equal(await read("API_MATERIAL_STOCK_SRV/A_MatlStkInAcctMod"), "refused");
    assert.match(await at.press("/unplug"), /out already/);
    assert.match(await at.look("/"), /connections are refused/);
    passTime();
    for (const end = Date.now() + 5_000; !erp.isPluggedIn && Date.now() < end;) await new Promise(setImmediate);
    assert.equal(await read("API_MATERIAL_STOCK_SRV/A_MatlStkInAcctMod"), 200);
  });

  test("the answer to the next document is lost, not the answer to something else", async () => {
    await at.press("/drop-reply");
    assert.equal(erp.faults.take({ calls: "write", path: "/API_PRODUCTION_ORDER_2_SRV/OrderReleasedByMES" }), null);
    assert.equal(erp.faults.take({ calls: "read", path: "/API_PROD_ORDER_CONFIRMATION_2_SRV/ProdnOrdConf2" }), null);
    const path = "/API_PROD_ORDER_CONFIRMATION_2_SRV/ProdnOrdConf2";
    assert.deepEqual(erp.faults.take({ calls: "write", path }), { kind: "reply-lost" });
    assert.equal(erp.faults.take({ calls: "write", path }), null);
  });

  test("slow answers come late, and not for ever", async () => {
    await at.press("/slow");
    for (let i = 0; i < 20; i++) assert.equal(erp.faults.take({ calls: "read", path: "/" })?.kind, "delay");
    assert.equal(erp.faults.take({ calls: "read", path: "/" }), null);
  });
});
