/** What the tests of the simulated ERP's rules begin with: one order of four operations, and inputs that fit it. */
import { systemClock } from "../../../base/clock.ts";
import { Books, type BooksSettings } from "../books.ts";
import type { ConfirmationInput } from "../confirmation.ts";
import { postMaterialDocument, type MovementInput } from "../goods-movement.ts";
import type { Answer } from "../message.ts";
import { amount, type OrderSeed } from "../order.ts";

export const day = Date.parse("2026-11-20T00:00:00Z");
export const user = { user: "MES", by: "user" } as const;

export const seed: OrderSeed = {
  order: "1000001",
  material: "CABLE-A",
  plant: "1010",
  quantity: "100",
  operations: [
    { operation: "0010", text: "Cut", workCenter: "CUT", controlKey: "PP01" },
    { operation: "0020", text: "Press", workCenter: "PRESS", controlKey: "PP03" },
    { operation: "0030", text: "Assemble", workCenter: "ASSY", controlKey: "PP20" },
    { operation: "0040", text: "Pack", workCenter: "PACK", controlKey: "PP10" },
  ],
  components: [
    { material: "WIRE", operation: "0010", quantity: "50", unit: "M" },
    { material: "SEAL", operation: "0030", quantity: "200", unit: "PC", backflush: true },
    { material: "LABEL", operation: "0010", quantity: "1", unit: "PC", backflush: true, fixed: true },
  ],
};

export function books(settings: Partial<BooksSettings> = {}): Books {
  return new Books({
    clock: systemClock,
    stock: "counted",
    duplicateKeys: "accepted",
    companyCode: "1010",
    ...settings,
  });
}

export function withOrder(change: Partial<OrderSeed> = {}, settings: Partial<BooksSettings> = {}): Books {
  const all = books(settings);
  all.createOrder({ ...seed, ...change });
  return all;
}

export function confirmation(change: Partial<ConfirmationInput> = {}): ConfirmationInput {
  return {
    order: "1000001",
    operation: "0010",
    sequence: "0",
    yield: amount("10"),
    scrap: 0n,
    rework: 0n,
    unit: "PC",
    finalType: "",
    isFinal: false,
    clearsReservations: false,
    hasNoGoodsMovements: true,
    postingDate: day,
    externalKey: null,
    text: "",
    noted: {},
    ...change,
  };
}

export function issue(change: Partial<MovementInput> = {}): MovementInput {
  return {
    material: "WIRE",
    plant: "1010",
    storageLocation: "101C",
    batch: "",
    movementType: "261",
    stockType: "",
    specialStock: "",
    order: "1000001",
    orderItem: "",
    reservation: "50001",
    reservationItem: "1",
    refDocType: "",
    finallyIssued: false,
    text: "",
    unit: "M",
    quantity: amount("5"),
    ...change,
  };
}

export function post(
  all: Books,
  items: readonly MovementInput[],
  code = "03",
  postingDate: number | null = day,
): Answer<{ document: string }> {
  return postMaterialDocument(
    all,
    { code, postingDate, documentDate: day, headerText: "", reference: "KEY1", items },
    user,
  );
}

export function code(answer: Answer<unknown>): string {
  return answer.ok ? "accepted" : answer.refusal.code;
}

export const receipt = (quantity: string): MovementInput =>
  issue({
    material: "CABLE-A",
    movementType: "101",
    storageLocation: "101A",
    unit: "PC",
    quantity: amount(quantity),
    orderItem: "0001",
    reservation: "",
    reservationItem: "",
    refDocType: "F",
  });
