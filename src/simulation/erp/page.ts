/**
 * The page of the simulated ERP: orders with their progress, stock by place and lot, documents newest first, and the
 * buttons of `page-action`. Shows what the books hold and decides nothing.
 */
import { instant } from "../../base/instant.ts";
import { formatMicro } from "../../base/quantity.ts";
import { localTime, type TimeZone } from "../../base/site-time.ts";
import { button, html, type Html } from "../page/html.ts";
import type { Page } from "../page/server.ts";
import type { Books } from "./books.ts";
import type { Confirmation, MaterialDocument, MovementItem } from "./document.ts";
import { statusCodes, type Operation, type Order } from "./order.ts";
import { rushImportance, type ErpDesk } from "./page-action.ts";
import type { SimulatedErp } from "./server.ts";
import type { StockRow } from "./stock.ts";

const ordersMax = 30;
const documentsMax = 30;

export interface ErpPageOptions {
  /** Material → decimal text: how much of it a delivery brings; others bring `deliveryDefault`. */
  readonly deliveries: Readonly<Record<string, string>>;
  /** In which times are shown. */
  readonly zone: TimeZone;
}

export function erpPage(erp: SimulatedErp, desk: ErpDesk, { deliveries, zone }: ErpPageOptions): Page {
  return {
    path: "/",
    title: "Simulated ERP",
    actions: desk.actions,
    body: () =>
      html` ${desktop(erp)}
        <h2>Production orders</h2>
        ${ordersTable(erp.books)}
        <h2>Stock</h2>
        ${stockTable(erp.books, deliveries)}
        <h2>Documents</h2>
        ${documentsTable(erp.books, zone)}`,
  };
}

const deliveryDefault = "100";

function desktop(erp: SimulatedErp): Html {
  const { openPeriods } = erp.books;
  const plug = erp.isPluggedIn ? html`reachable` : html`<span class="bad">unplugged: connections are refused</span>`;
  const period = openPeriods
    ? html`<span class="bad">only ${openPeriods.from} is open</span>`
    : html`all months are open`;
  return html` <p>
      ERP: ${plug} · postings: ${period} · answers so far: ${erp.calls.reads} to reads, ${erp.calls.writes} to writes
    </p>
    <p>
      ${button("/unplug", "Pull the plug for 15 s")}
      ${button("/drop-reply", "Lose the answer to the next document", {}, "The document is posted, its answer never arrives")}
      ${button("/slow", "Be slow for 20 calls")}
      ${openPeriods ? button("/open-period", "Open all periods") : button("/close-period", "Close this month")}
    </p>`;
}

function ordersTable(books: Books): Html {
  const open = (order: Order): boolean => !order.statuses.has("technically-completed") && !order.statuses.has("closed");
  const orders = [...books.orders.values()].toReversed().toSorted((a, b) => Number(open(b)) - Number(open(a)));
  return html`<table id="orders">
    <tr>
      <th>Order</th>
      <th>Material</th>
      <th class="n">Quantity</th>
      <th>Status</th>
      <th>Confirmed by operation</th>
      <th class="n">Received</th>
      <th></th>
    </tr>
    ${orders.slice(0, ordersMax).map((order) => orderRow(order, open(order)))}
  </table>`;
}

function orderRow(order: Order, isOpen: boolean): Html {
  const { number, importance, statuses } = order;
  const isRush = importance === rushImportance;
  const shorts = [...statuses].map((status) => statusCodes[status].short).join(" ");
  const buttons = isOpen
    ? html`${button(isRush ? "/calm" : "/rush", isRush ? "No rush" : "Rush", { order: number })}
      ${button(statuses.has("locked") ? "/unlock" : "/lock", statuses.has("locked") ? "Unlock" : "Lock", { order: number })}`
    : null;
  return html`<tr id="order-${number}" ${isOpen ? null : html` class="quiet"`}>
    <td>${number}${isRush ? html` <b class="bad">rush</b>` : null}</td>
    <td>${order.material}</td>
    <td class="n">${formatMicro(order.quantity)} ${order.unit.shown}</td>
    <td>${shorts}</td>
    <td>${order.operations.map((operation) => html`<div>${progress(operation)}</div>`)}</td>
    <td class="n">${formatMicro(order.received)}</td>
    <td>${buttons}</td>
  </tr>`;
}

function progress(operation: Operation): Html {
  const { number, text, yield: good, scrap, isFinal, controlKey } = operation;
  if (controlKey.confirmation === "none") return html`<span class="quiet" title="${text}">${number}: –</span>`;
  const lost = scrap > 0n ? html` <span class="quiet">−${formatMicro(scrap)}</span>` : null;
  return html`<span title="${text}">${number}: ${formatMicro(good)}${lost}${isFinal ? " ✓" : ""}</span>`;
}

function stockTable(books: Books, deliveries: Readonly<Record<string, string>>): Html {
  const rows = [...books.stock.rows()].toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  return html`<table id="stock">
    <tr>
      <th>Material</th>
      <th>Plant</th>
      <th>Location</th>
      <th>Lot</th>
      <th class="n">Unrestricted</th>
      <th></th>
    </tr>
    ${rows.map((row) => stockRow(row, deliveries[row.material] ?? deliveryDefault))}
  </table>`;
}

function stockRow(row: StockRow, quantity: string): Html {
  const { material, plant, storageLocation, batch } = row;
  const values = { material, plant, location: storageLocation, batch, quantity };
  return html`<tr>
    <td>${material}</td>
    <td>${plant}</td>
    <td>${storageLocation}</td>
    <td>${batch}</td>
    <td class="n">${formatMicro(row.quantity)} ${row.unit.shown}</td>
    <td>${button("/receive", `Receive ${quantity}`, values)}</td>
  </tr>`;
}

function placeOf(row: StockRow): string {
  return `${row.storageLocation}|${row.material}|${row.batch}`;
}

type Shown = { readonly at: number; readonly row: Html };

function documentsTable(books: Books, zone: TimeZone): Html {
  const newest: readonly Shown[] = [
    ...books.materialDocuments.slice(-documentsMax).map((document) => materialRow(document, zone)),
    ...books.confirmations.slice(-documentsMax).map((one) => confirmationRow(one, zone)),
  ];
  const rows = newest.toReversed().toSorted((a, b) => b.at - a.at);
  return html`<table id="documents">
    <tr>
      <th>Time</th>
      <th>Document</th>
      <th>What</th>
      <th>Order</th>
      <th>Content</th>
      <th>Key of Millrace</th>
      <th></th>
    </tr>
    ${rows.slice(0, documentsMax).map(({ row }) => row)}
  </table>`;
}

const movements: Readonly<Record<string, string>> = {
  "101": "Goods receipt",
  "261": "Goods issue",
  "501": "Delivery",
  "102": "Receipt reversed",
  "262": "Issue reversed",
  "502": "Delivery reversed",
};

function materialRow(document: MaterialDocument, zone: TimeZone): Shown {
  const [first] = document.items;
  const isReversed = document.items.some((item) => item.isCancelled);
  const mayReverse = !isReversed && document.code !== "06" && !document.items.some((item) => item.automatic);
  const values = { year: document.year, document: document.document };
  const row = html`<tr>
    <td>${localTime(instant(document.createdAt), zone)}</td>
    <td>${document.document}/${document.year}</td>
    <td>${movements[first?.movementType ?? ""] ?? `Movement ${first?.movementType ?? ""}`}</td>
    <td>${first?.order ?? ""}</td>
    <td>${document.items.map((item) => html`${movementText(item)}<br />`)}</td>
    <td><code>${document.reference}</code></td>
    <td>${isReversed ? "reversed" : mayReverse ? button("/reverse-document", "Reverse", values) : null}</td>
  </tr>`;
  return { at: document.createdAt, row };
}

function movementText({ quantity, unit, material, batch, storageLocation }: MovementItem): string {
  return `${formatMicro(quantity)} ${unit.shown} ${material}${batch ? ` lot ${batch}` : ""} at ${storageLocation}`;
}

/** Millrace writes its key into the text; the external key is a GUID that is made of it. */
function confirmationRow(c: Confirmation, zone: TimeZone): Shown {
  const values = { group: c.group, count: c.count };
  const mayReverse = !c.isReversed && !c.isReversal;
  const row = html`<tr>
    <td>${localTime(instant(c.enteredAt), zone)}</td>
    <td>${shownNumber(c.group)}/${shownNumber(c.count)}</td>
    <td>${c.isReversal ? "Confirmation reversed" : "Confirmation"}</td>
    <td>${c.order}/${c.operation}</td>
    <td>${formatMicro(c.yield)} good, ${formatMicro(c.scrap)} scrap${c.isFinal ? ", final" : ""}</td>
    <td><code>${c.text || (c.externalKey ?? "")}</code></td>
    <td>${c.isReversed ? "reversed" : mayReverse ? button("/reverse-confirmation", "Reverse", values) : null}</td>
  </tr>`;
  return { at: c.enteredAt, row };
}

/** As the screens of an ERP show it: without the zeros that fill its field. */
function shownNumber(text: string): string {
  return text.replace(/^0+(?=\d)/, "");
}
