/**
 * ERPs that are not SAP, over the same books: what all of them have in common. A document travels as plain content; this
 * desk posts it by the rules of the books, once for each time that it is told to. Orders are read as SAP's are. How an
 * answer comes back, and whether anybody can be asked, is `blind-erp`, `queue-erp` and `once-erp`.
 */
import { isDeepStrictEqual } from "node:util";
import { guidOf } from "../../base/id.ts";
import { fromJson, toJson } from "../../base/json.ts";
import { makeFault, ok, type Fault } from "../../base/result.ts";
import type { Envelope, ErpConnector, ErpSession, PushOutcome } from "../../erp/connector.ts";
import type { MaterialActual, OperationsResponse } from "../../isa95/response/operations-response.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import type { DocumentKind, PostingContent } from "../../record/posting.ts";
import type { Books } from "../erp/books.ts";
import { postConfirmation } from "../erp/confirmation.ts";
import { cancelConfirmation } from "../erp/confirmation-reversal.ts";
import { cancelMaterialDocument, postMaterialDocument, type MovementInput } from "../erp/goods-movement.ts";
import { message, type Refusal } from "../erp/message.ts";
import { settleMs } from "./erp.ts";

/** How such an ERP takes what is posted, and what it can be asked. */
export type Counter = Pick<ErpSession, "push" | "resolve" | "documents">;

/**
 * @param orders   the connector by which orders are read; nothing else of it is used
 * @param counter  made for each session, of the session that reads orders
 * @param once     kinds of which a repeat does nothing there
 */
export function deskConnector(
  product: string,
  orders: ErpConnector,
  counter: (reader: ErpSession) => Counter,
  once: ReadonlySet<DocumentKind> = new Set(),
): ErpConnector {
  return {
    product,
    corrections: orders.corrections,
    open: async (settings, signal) => {
      const opened = await orders.open(settings, signal);
      if (!opened.ok) return opened;
      const { value: reader } = opened;
      return ok({
        check: (stop) => reader.check(stop),
        pull: (cursor, stop) => reader.pull(cursor, stop),
        interpret: (message) => reader.interpret(message),
        compose: (key, request, content) => ok(writeSlip(key, request, content)),
        ...counter(reader),
        traits: { settleMs, idempotent: once, concurrency: reader.traits.concurrency },
        close: () => reader.close(),
      });
    },
  };
}

/** One document, as the ERP takes it. */
export interface Slip {
  readonly key: string;
  readonly order: string;
  readonly content: PostingContent;
}

export function writeSlip(key: string, { reference }: OperationsRequest, content: PostingContent): Envelope {
  const slip: Slip = { key, order: reference.number, content };
  return { key, kind: content.kind, bytes: new TextEncoder().encode(toJson(slip)) };
}

/** The ERP's number of the order that it is about. */
export function orderOf({ bytes }: Envelope): string {
  return slipOf(bytes).order;
}

/** Under which the ERP keeps the document; null for what takes another one back. */
export function slipName({ key, kind }: Envelope): string | null {
  if (kind === "goods-receipt" || kind === "goods-issue") return key;
  return kind === "confirmation" || kind === "final-confirmation" ? guidOf(key) : null;
}

export function slipOf(bytes: Uint8Array): Slip {
  // Written by `writeSlip`.
  return fromJson<Slip>(new TextDecoder().decode(bytes));
}

const user = "MES";

/** Posts it now. @returns the document, or the ERP's refusal */
export function postSlip(
  books: Books,
  { bytes, kind }: Envelope,
): Extract<PushOutcome, { outcome: "confirmed" | "refused" }> {
  const posted = post(books, slipOf(bytes));
  if ("refusal" in posted) return { outcome: "refused", ...refusalOf(posted.refusal, kind) };
  return { outcome: "confirmed", document: { number: posted.number, kind } };
}

/** In the words that the table of corrections knows; what can go away by itself is parked. */
function refusalOf({ code, text }: Refusal, kind: string): { readonly fault: Fault; readonly parked: boolean } {
  const known = {
    "M7/021": "erp/sap-stock-short",
    "M7/053": "erp/sap-period-closed",
    "BS/007": "erp/sap-order-status",
    "BS/013": "erp/sap-order-status",
  } as const;
  const own = Object.entries(known).find(([one]) => one === code)?.[1];
  const parked = own === "erp/sap-stock-short" || own === "erp/sap-period-closed";
  return { fault: makeFault("refused", own ?? "erp/sap-refused", `The ERP refuses the ${kind}: ${text}.`), parked };
}

type Posted = { readonly number: string } | { readonly refusal: Refusal };

function post(books: Books, { key, order, content }: Slip): Posted {
  switch (content.kind) {
    case "order-accepted":
      return { number: order };
    case "confirmation":
    case "final-confirmation":
      return confirm(books, { key, order }, content.response, content.kind === "final-confirmation");
    case "goods-receipt":
    case "goods-issue":
      return move(books, { key, order }, content.response, content.kind);
    case "confirmation-reversal":
    case "movement-reversal":
      return takeBack(books, key, content);
  }
}

function confirm(
  books: Books,
  { key, order }: Pick<Slip, "key" | "order">,
  { segment, dates }: OperationsResponse,
  isFinal: boolean,
): Posted {
  const amounts = { yield: segment.good.micro, scrap: segment.scrap.micro, rework: segment.rework.micro };
  const rest = {
    sequence: "0",
    unit: "",
    finalType: "",
    isFinal,
    clearsReservations: isFinal,
    hasNoGoodsMovements: true,
  };
  const postingDate = Date.parse(dates.postingDate);
  const of = { order, operation: segment.segment, postingDate, externalKey: guidOf(key), text: key, noted: {} };
  const posted = postConfirmation(books, { ...amounts, ...rest, ...of }, user);
  return posted.ok ? { number: numberOf(posted.value) } : posted;
}

function move(
  books: Books,
  { key, order }: Pick<Slip, "key" | "order">,
  { segment, dates }: OperationsResponse,
  kind: "goods-receipt" | "goods-issue",
): Posted {
  const days = { postingDate: Date.parse(dates.postingDate), documentDate: Date.parse(dates.documentDate) };
  const items = segment.materials.map((actual) => itemOf(books, order, actual, kind === "goods-receipt"));
  const input = { code: kind === "goods-receipt" ? "02" : "03", ...days, headerText: key, reference: key, items };
  const posted = postMaterialDocument(books, input, { user, by: "user" });
  return posted.ok ? { number: `${posted.value.document}/${posted.value.year}` } : posted;
}

function itemOf(
  books: Books,
  order: string,
  { stock, requirement }: MaterialActual,
  isReceipt: boolean,
): MovementInput {
  const [reservation = "", reservationItem = ""] = isReceipt ? [] : (requirement?.split("/") ?? []);
  return {
    material: stock.material,
    plant: stock.at.plant,
    storageLocation: stock.at.location,
    batch: stock.lot ?? "",
    movementType: isReceipt ? "101" : "261",
    stockType: "",
    specialStock: "",
    order,
    orderItem: isReceipt ? "1" : "",
    reservation,
    reservationItem,
    refDocType: isReceipt ? "F" : "",
    finallyIssued: false,
    text: "",
    unit: books.stock.material(stock.material)?.baseUnit.internal ?? "",
    quantity: stock.quantity.micro,
  };
}

function takeBack(books: Books, key: string, content: Extract<PostingContent, { readonly reversal: unknown }>): Posted {
  const [first = "", second = ""] = content.reversal.document.split("/");
  if (!bearsOurKey(books, content)) return { refusal: message.confirmationUnknown(first, second) };
  const postingDate = Date.parse(content.reversal.postingDate);
  if (content.kind === "movement-reversal") {
    const back = cancelMaterialDocument(books, { number: first, year: second, postingDate }, { user, by: "user" });
    return back.ok ? { number: `${back.value.document}/${back.value.year}` } : back;
  }
  const original = books.confirmations.find((one) => numberOf(one) === content.reversal.document);
  const of = {
    group: original?.group ?? first,
    count: original?.count ?? second,
    externalKey: guidOf(key),
    postingDate,
  };
  const back = cancelConfirmation(books, of, user);
  return back.ok ? { number: numberOf(back.value) } : back;
}

/** It is told the reference with the number: what has another one is another document. */
function bearsOurKey(
  books: Books,
  { kind, reversal }: Extract<PostingContent, { readonly reversal: unknown }>,
): boolean {
  const { document, key = "" } = reversal;
  if (kind === "movement-reversal")
    return books.documentsByReference(key).some((one) => `${one.document}/${one.year}` === document);
  return books.confirmationsByKey(guidOf(key)).some((one) => numberOf(one) === document);
}

function numberOf({ group, count }: { readonly group: string; readonly count: string }): string {
  return `${Number(group)}/${Number(count)}`;
}

/** A document of ours, as it is found in the ERP. */
export interface FoundDocument {
  readonly number: string;
  /** It says what our posting says: amounts, materials, lots and places. */
  readonly isSame: boolean;
}

/** What is found by whoever looks for a document of ours in the ERP's own screens; null: it is not there. */
export function lookUp(books: Books, { key, order, content }: Slip): FoundDocument | null {
  switch (content.kind) {
    case "order-accepted":
      return null;
    case "movement-reversal": {
      const [number, year] = content.reversal.document.split("/");
      const back = books.materialDocuments.find(({ items }) =>
        items.some(({ reverses }) => reverses?.document === number && reverses?.year === year),
      );
      return back ? { number: `${back.document}/${back.year}`, isSame: true } : null;
    }
    case "goods-receipt":
    case "goods-issue": {
      const [document] = books.documentsByReference(key);
      if (!document) return null;
      const { materials } = content.response.segment;
      const own = materials.map((actual) => itemOf(books, order, actual, content.kind === "goods-receipt"));
      const isSame = isDeepStrictEqual(document.items.map(toldOf).toSorted(), own.map(toldOf).toSorted());
      return { number: `${document.document}/${document.year}`, isSame };
    }
    case "confirmation-reversal": {
      const [confirmation] = books.confirmationsByKey(guidOf(key));
      return confirmation ? { number: numberOf(confirmation), isSame: true } : null;
    }
    case "confirmation":
    case "final-confirmation": {
      const [confirmation] = books.confirmationsByKey(guidOf(key));
      if (!confirmation) return null;
      const { segment, good, scrap } = content.response.segment;
      const isSame =
        confirmation.operation === segment && confirmation.yield === good.micro && confirmation.scrap === scrap.micro;
      return { number: numberOf(confirmation), isSame };
    }
  }
}

function toldOf(item: Pick<MovementInput, "material" | "storageLocation" | "batch" | "quantity">): string {
  const { material, storageLocation, batch, quantity } = item;
  return [material, storageLocation, batch, quantity].join(" ");
}
