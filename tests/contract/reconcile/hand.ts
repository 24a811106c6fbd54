/** What people do in the ERP by themselves: documents without a key of ours, and taking documents back. */
import { guidOf } from "../../../src/base/id.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { assert } from "../../../src/base/result.ts";
import { localDate } from "../../../src/base/site-time.ts";
import type { Books } from "../../../src/simulation/erp/books.ts";
import { postConfirmation } from "../../../src/simulation/erp/confirmation.ts";
import { cancelConfirmation } from "../../../src/simulation/erp/confirmation-reversal.ts";
import {
  cancelMaterialDocument,
  postMaterialDocument,
  type MaterialDocumentInput,
} from "../../../src/simulation/erp/goods-movement.ts";
import { orderNumber, plantZone } from "../final/scene.ts";

/**
 * Somebody confirms pieces of operation 0010.
 *
 * @param key  of ours: it was not a person; null: it was
 * @returns the document's number as Millrace writes it
 */
export function confirmByHand(books: Books, good: number, key: string | null = null): string {
  const entered = postConfirmation(
    books,
    {
      order: orderNumber,
      operation: "0010",
      sequence: "",
      yield: BigInt(good) * 1_000_000n,
      scrap: 0n,
      rework: 0n,
      unit: "",
      finalType: "",
      isFinal: false,
      clearsReservations: false,
      hasNoGoodsMovements: true,
      postingDate: today(),
      externalKey: key === null ? null : guidOf(key),
      text: key ?? "",
      noted: { from: null, to: null },
    },
    "SMITH",
  );
  assert(entered.ok, `a confirmation by hand is taken: ${entered.ok ? "yes" : entered.refusal.text}`);
  return `${Number(entered.value.group)}/${Number(entered.value.count)}`;
}

/** Somebody issues metres of wire to the order, or in one document to several, as much to each. */
export function issueByHand(books: Books, metres: number, reference = "", orders = [orderNumber]): string {
  const input: MaterialDocumentInput = {
    code: "03",
    postingDate: today(),
    documentDate: today(),
    headerText: reference,
    reference,
    items: orders.map((order) => ({
      material: "WIRE",
      plant: "1010",
      storageLocation: "101C",
      batch: "",
      movementType: "261",
      stockType: "",
      specialStock: "",
      order,
      orderItem: "",
      reservation: "",
      reservationItem: "",
      refDocType: "",
      finallyIssued: false,
      text: "",
      unit: "M",
      quantity: BigInt(metres) * 1_000_000n,
    })),
  };
  const posted = postMaterialDocument(books, input, { user: "SMITH", by: "user" });
  assert(posted.ok, `an issue by hand is taken: ${posted.ok ? "yes" : posted.refusal.text}`);
  return `${Number(posted.value.document)}/${posted.value.year}`;
}

/** Somebody takes the newest confirmation back. */
export function reverseConfirmation(books: Books): void {
  const last = books.confirmationsOfOrder(orderNumber).findLast((c) => !c.isReversal && !c.isReversed);
  assert(last, "there is a confirmation");
  const of = { group: last.group, count: last.count, externalKey: null, postingDate: null };
  const taken = cancelConfirmation(books, of, "SMITH");
  assert(taken.ok, `the confirmation is taken back: ${taken.ok ? "yes" : taken.refusal.text}`);
}

/** Somebody takes the newest goods movement back. */
export function reverseMovement(books: Books): void {
  const last = books.materialDocuments.findLast((d) => d.items.every((item) => !item.isCancelled && !item.reverses));
  assert(last, "there is a document");
  const of = { year: last.year, number: last.document, postingDate: null };
  const taken = cancelMaterialDocument(books, of, { user: "SMITH", by: "user" });
  assert(taken.ok, `the movement is taken back: ${taken.ok ? "yes" : taken.refusal.text}`);
}

/** The plant's day, as a planner sees it on the wall, in the form in which the ERP keeps a date. */
function today(): number {
  return Date.parse(localDate(systemClock.now(), plantZone));
}
