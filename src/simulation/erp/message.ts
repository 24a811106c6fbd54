/**
 * What the simulated ERP says when it refuses: message class and number, text and HTTP status. Stock, period and
 * status messages carry the numbers the real system uses; the others are its classes with numbers of our own.
 */

export interface Refusal {
  readonly status: number;
  /** Message class, slash, number, e.g. `M7/021`. */
  readonly code: string;
  readonly text: string;
  /** The property or thing that is wrong; empty when it is the whole. */
  readonly target: string;
}

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

export function accepted<T>(value: T): Answer<T> {
  return { ok: true, value };
}

export function refused(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal };
}

const business = (code: string, text: string, target = ""): Refusal => ({ status: 400, code, text, target });

/** Everything that can be refused for a business reason. */
export const message = {
  orderUnknown: (order: string) => business("RU/018", `Order ${order} not found`, "OrderID"),
  operationUnknown: (order: string, operation: string) =>
    business("RU/008", `Operation ${operation} of order ${order} not found`, "OrderOperation"),
  notReleased: (order: string) => business("RU/020", `Order ${order} is not released`, "OrderID"),
  transactionNotAllowed: (transaction: string, order: string) =>
    business("BS/013", `"${transaction}" is not allowed (ORD ${order})`),
  statusActive: (status: string, order: string) =>
    business("BS/007", `System status ${status} is active (ORD ${order})`),
  statusImpossible: (transaction: string, order: string) =>
    business("BS/001", `No status object allows "${transaction}" for ORD ${order}`),
  notConfirmable: (operation: string, controlKey: string) =>
    business("RU/012", `Operation ${operation} cannot be confirmed: control key ${controlKey}`, "OrderOperation"),
  alreadyFinal: (order: string, operation: string) =>
    business("RU/021", `Operation ${operation} of order ${order} has already been finally confirmed`, "OrderOperation"),
  overTolerance: (operation: string, limit: string, unit: string) =>
    business("RU/206", `Confirmed quantity of operation ${operation} exceeds the limit of ${limit} ${unit}`),
  negativeQuantity: (property: string) => business("RU/033", `${property} must not be negative`, property),
  duplicateKey: (key: string) =>
    business("RU/510", `Confirmation with external key ${key} already exists`, "ExternalSystemConfirmation"),
  confirmationUnknown: (group: string, count: string) => business("RU/122", `Confirmation ${group}/${count} not found`),
  confirmationReversed: (group: string, count: string) =>
    business("RU/123", `Confirmation ${group}/${count} has already been reversed`),
  deficit: (missing: string, unit: string, place: string) =>
    business("M7/021", `Deficit of SL Unrestricted-use ${missing} ${unit} : ${place}`),
  periodClosed: ({ from, to }: { readonly from: string; readonly to: string }, company: string) =>
    business(
      "M7/053",
      `Posting only possible in periods ${slashed(from)} and ${slashed(to)} in company code ${company}`,
      "PostingDate",
    ),
  overReceipt: (over: string, unit: string, order: string) =>
    business("M7/290", `Order quantity exceeded by ${over} ${unit} : ${order}`),
  overReturn: (material: string, order: string) =>
    business("M7/023", `More of ${material} returned than was withdrawn for order ${order}`),
  noItems: () => business("M7/254", "No items to be processed"),
  codeUnknown: (code: string) =>
    business("M7/001", `Check table T158G: entry ${code} does not exist`, "GoodsMovementCode"),
  typeNotInCode: (type: string, code: string) =>
    business("M7/024", `Movement type ${type} is not allowed with goods movement code ${code}`, "GoodsMovementType"),
  orderForMovementUnknown: (order: string) => business("M7/010", `Order ${order} does not exist`, "ManufacturingOrder"),
  orderItemUnknown: (order: string, item: string) =>
    business("M7/011", `Order ${order} does not contain item ${item}`, "ManufacturingOrderItem"),
  reservationUnknown: (reservation: string, item: string) =>
    business("M7/061", `Reservation ${reservation} does not contain item ${item}`, "ReservationItem"),
  reservationForeign: (reservation: string, item: string, what: string) =>
    business("M7/062", `Reservation ${reservation} item ${item} belongs to another ${what}`, "ReservationItem"),
  enter: (property: string) => business("M7/018", `Enter ${property}`, property),
  materialUnknown: (material: string) => business("M3/305", `The material ${material} does not exist`, "Material"),
  materialOfOrder: (material: string, order: string) =>
    business("M7/019", `Material ${material} is not produced by order ${order}`, "Material"),
  unitUnknown: (unit: string) => business("BM/302", `Unit ${unit} is not created in language EN`, "EntryUnit"),
  unitNotConvertible: (from: string, to: string, material: string) =>
    business("BM/303", `Unit ${from} cannot be converted to ${to} for material ${material}`, "EntryUnit"),
  documentUnknown: (document: string) => business("M7/060", `Material document ${document} does not exist`),
  documentCancelled: (document: string) =>
    business("M7/255", `Material document ${document} has already been reversed`),
  orderLocked: (order: string, by: string): Refusal => ({
    status: 423,
    code: "CO/469",
    text: `Order ${order} is already being processed by ${by}`,
    target: "",
  }),
  materialLocked: (material: string, by: string): Refusal => ({
    status: 423,
    code: "M3/024",
    text: `Valuation data for material ${material} is locked by the user ${by}`,
    target: "",
  }),
} as const;

/** `2026-11` → `2026/11`. */
function slashed(month: string): string {
  return month.replace("-", "/");
}
