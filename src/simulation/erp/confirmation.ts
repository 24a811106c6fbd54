/** Rules of confirmations: which may be entered, what they count, and what a milestone covers. */
import { formatMicro } from "../../base/quantity.ts";
import { ownMovements } from "./backflush.ts";
import type { Books } from "./books.ts";
import type { Confirmation, CoveredOperation } from "./document.ts";
import { accepted, message, refused, type Answer, type Refusal } from "./message.ts";
import { forbiddingStatus, operationOfOrder, statusCodes, upperLimit, type Operation, type Order } from "./order.ts";
import { convertUnit, erpUnit, type ErpUnit } from "./unit.ts";

export interface ConfirmationInput {
  readonly order: string;
  readonly operation: string;
  readonly sequence: string;
  readonly yield: bigint;
  readonly scrap: bigint;
  readonly rework: bigint;
  /** Empty: the operation's own unit. */
  readonly unit: string;
  /** Empty: partial; `X`: final; `1`: final as soon as everything is confirmed. */
  readonly finalType: string;
  readonly isFinal: boolean;
  readonly clearsReservations: boolean;
  /** True: the ERP posts neither issues nor the receipt. */
  readonly hasNoGoodsMovements: boolean;
  readonly postingDate: number | null;
  readonly externalKey: string | null;
  readonly text: string;
  readonly noted: Confirmation["noted"];
}

export function postConfirmation(books: Books, input: ConfirmationInput, user: string): Answer<Confirmation> {
  const order = books.order(input.order);
  if (!order) return refused(message.orderUnknown(input.order));
  const operation = operationOfOrder(order, input.operation);
  if (!operation) return refused(message.operationUnknown(order.number, input.operation));
  const no = refusal(books, input, { order, operation });
  if (no) return refused(no);
  const unit = input.unit ? erpUnit(input.unit) : order.unit;
  if (!unit) return refused(message.unitUnknown(input.unit));
  const counted = inOrderUnit(input, unit, order);
  if (!counted) return refused(message.unitNotConvertible(unit.shown, order.unit.shown, order.material));
  const over = overLimit(order, operation, counted);
  if (over) return refused(over);
  return accepted(write(books, input, { order, operation, unit, counted, user }));
}

/** Amounts in the order's unit. */
interface Counted {
  readonly yield: bigint;
  readonly scrap: bigint;
  readonly rework: bigint;
}

function refusal(books: Books, input: ConfirmationInput, of: { order: Order; operation: Operation }): Refusal | null {
  const { order, operation } = of;
  const status = forbiddingStatus(order, "Confirm order");
  if (status === "created") return message.notReleased(order.number);
  if (status === "technically-completed") return message.statusActive(statusCodes[status].short, order.number);
  if (status) return message.transactionNotAllowed("Confirm order", order.number);
  if (operation.controlKey.confirmation === "none")
    return message.notConfirmable(operation.number, operation.controlKey.key);
  for (const name of ["yield", "scrap", "rework"] as const) {
    if (input[name] < 0n)
      return message.negativeQuantity(`Confirmation${name[0]?.toUpperCase()}${name.slice(1)}Quantity`);
  }
  if (operation.isFinal) return message.alreadyFinal(order.number, operation.number);
  const key = input.externalKey;
  if (key && books.settings.duplicateKeys === "refused" && books.confirmationsByKey(key).some((c) => !c.isReversal)) {
    return message.duplicateKey(key);
  }
  return input.postingDate === null ? null : books.refusedPeriod(input.postingDate);
}

export function inOrderUnit(
  input: Pick<ConfirmationInput, "yield" | "scrap" | "rework">,
  unit: ErpUnit,
  order: Order,
): Counted | null {
  const good = convertUnit(input.yield, unit, order.unit);
  const scrap = convertUnit(input.scrap, unit, order.unit);
  const rework = convertUnit(input.rework, unit, order.unit);
  return good === null || scrap === null || rework === null ? null : { yield: good, scrap, rework };
}

function overLimit(order: Order, operation: Operation, counted: Counted): Refusal | null {
  const limit = upperLimit(order, operation.planned);
  if (limit === null || operation.yield + counted.yield <= limit) return null;
  return message.overTolerance(operation.number, formatMicro(limit), order.unit.shown);
}

interface Writing {
  readonly order: Order;
  readonly operation: Operation;
  readonly unit: ErpUnit;
  readonly counted: Counted;
  readonly user: string;
}

function write(books: Books, input: ConfirmationInput, of: Writing): Confirmation {
  const { order, operation, counted } = of;
  operation.yield += counted.yield;
  operation.scrap += counted.scrap;
  operation.rework += counted.rework;
  const automaticFinal = input.finalType === "1" && operation.yield + operation.scrap >= operation.planned;
  const isFinal = input.isFinal || input.finalType === "X" || automaticFinal;
  if (isFinal) operation.isFinal = true;
  const covered = cover(order, operation, isFinal);
  const postingDate = input.postingDate ?? today(books);
  const notGood = counted.scrap + counted.rework;
  const movements = input.hasNoGoodsMovements
    ? []
    : ownMovements(books, { order, operation, good: counted.yield, notGood, covered, postingDate, user: of.user });
  if (input.clearsReservations) clearReservations(order, [operation.number, ...covered.map((c) => c.operation)]);
  const confirmation: Confirmation = {
    ...input,
    group: operation.confirmationGroup,
    count: books.nextCount(operation.confirmationGroup),
    order: order.number,
    operation: operation.number,
    sequence: input.sequence || "0",
    material: order.material,
    plant: order.plant,
    workCenter: operation.workCenter,
    planned: operation.planned,
    unit: of.unit,
    isFinal,
    postingDate,
    enteredAt: books.settings.clock.now(),
    enteredBy: of.user,
    externalKey: input.externalKey?.toLowerCase() ?? null,
    isReversal: false,
    reverses: null,
    covered,
    movements,
    isReversed: false,
  };
  books.appendConfirmation(confirmation);
  settle(books, order);
  return confirmation;
}

function today(books: Books): number {
  return Math.floor(books.settings.clock.now() / 86_400_000) * 86_400_000;
}

/**
 * A milestone confirms what must have been done before it: every confirmable operation between the last milestone and
 * itself is raised to what has arrived at the milestone.
 */
function cover(order: Order, milestone: Operation, isFinal: boolean): readonly CoveredOperation[] {
  if (milestone.controlKey.confirmation !== "milestone") return [];
  const covered: CoveredOperation[] = [];
  const arrived = milestone.yield + milestone.scrap + milestone.rework;
  for (let i = order.operations.indexOf(milestone) - 1; i >= 0; i--) {
    const earlier = order.operations[i];
    if (!earlier || earlier.controlKey.confirmation === "milestone") break;
    if (earlier.controlKey.confirmation === "none" || earlier.controlKey.external) continue;
    const added = arrived > earlier.yield ? arrived - earlier.yield : 0n;
    const madeFinal = isFinal && !earlier.isFinal;
    earlier.yield += added;
    if (madeFinal) earlier.isFinal = true;
    if (added > 0n || madeFinal) covered.push({ operation: earlier.number, added, madeFinal });
  }
  return covered;
}

function clearReservations(order: Order, operations: readonly string[]): void {
  for (const component of order.components)
    if (operations.includes(component.operation)) component.finallyIssued = true;
}

/** Status of the order from its operations. The last operation that is confirmed at all decides. */
export function settle(books: Books, order: Order): void {
  const last = order.operations.findLast((operation) => operation.controlKey.confirmation !== "none");
  const isAny = order.operations.some((operation) => operation.yield + operation.scrap + operation.rework > 0n);
  order.statuses.delete("confirmed");
  order.statuses.delete("partially-confirmed");
  if (last?.isFinal) order.statuses.add("confirmed");
  else if (isAny) order.statuses.add("partially-confirmed");
  books.touch(order);
  for (const operation of order.operations) operation.changedAt = order.changedAt;
}
