/** Takes confirmations back: what they counted, what a milestone had covered, and the movements posted with them. */
import type { Books } from "./books.ts";
import { inOrderUnit, settle } from "./confirmation.ts";
import type { Confirmation } from "./document.ts";
import { cancelMaterialDocument, type PostedBy } from "./goods-movement.ts";
import { accepted, message, refused, type Answer, type Refusal } from "./message.ts";
import { forbiddingStatus, operationOfOrder, type Operation, type Order } from "./order.ts";

export function cancelConfirmation(
  books: Books,
  of: {
    readonly group: string;
    readonly count: string;
    readonly externalKey: string | null;
    readonly postingDate: number | null;
  },
  user: string,
): Answer<Confirmation> {
  const original = books.confirmation(of.group, of.count);
  if (!original || original.isReversal) return refused(message.confirmationUnknown(of.group, of.count));
  if (original.isReversed) return refused(message.confirmationReversed(of.group, of.count));
  const order = books.order(original.order);
  const operation = order && operationOfOrder(order, original.operation);
  if (!order || !operation) return refused(message.orderUnknown(original.order));
  const status = forbiddingStatus(order, "Confirm order");
  if (status) return refused(message.transactionNotAllowed("Confirm order", order.number));
  const closed = books.refusedPeriod(of.postingDate ?? original.postingDate);
  if (closed) return refused(closed);
  const unposted = cancelMovements(books, original, { postingDate: of.postingDate, user });
  if (unposted) return refused(unposted);
  original.isReversed = true;
  takeBack(books, order, { operation, original });
  const reversal: Confirmation = {
    ...original,
    count: books.nextCount(original.group),
    externalKey: of.externalKey?.toLowerCase() ?? null,
    postingDate: of.postingDate ?? original.postingDate,
    enteredAt: books.settings.clock.now(),
    enteredBy: user,
    isReversal: true,
    reverses: original.count,
    covered: [],
    movements: [],
    isReversed: false,
  };
  books.appendConfirmation(reversal);
  settle(books, order);
  return accepted(reversal);
}

function cancelMovements(
  books: Books,
  original: Confirmation,
  how: { readonly postingDate: number | null; readonly user: string },
): Refusal | null {
  const documents = new Map(original.movements.map((item) => [item.document, item.year]));
  for (const [number, year] of documents) {
    const by: PostedBy = { user: how.user, by: "system" };
    const answer = cancelMaterialDocument(books, { year, number, postingDate: how.postingDate }, by);
    if (!answer.ok) return answer.refusal;
  }
  return null;
}

function takeBack(books: Books, order: Order, of: { operation: Operation; original: Confirmation }): void {
  const { operation, original } = of;
  const counted = inOrderUnit(original, original.unit, order);
  operation.yield -= counted?.yield ?? 0n;
  operation.scrap -= counted?.scrap ?? 0n;
  operation.rework -= counted?.rework ?? 0n;
  if (original.isFinal) operation.isFinal = hasOtherFinal(books, order, operation);
  for (const { operation: number, added, madeFinal } of original.covered) {
    const earlier = operationOfOrder(order, number);
    if (!earlier) continue;
    earlier.yield -= added;
    if (madeFinal) earlier.isFinal = hasOtherFinal(books, order, earlier);
  }
}

function hasOtherFinal(books: Books, order: Order, operation: Operation): boolean {
  return books
    .confirmationsOfOrder(order.number)
    .some((c) => c.operation === operation.number && c.isFinal && !c.isReversed && !c.isReversal);
}
