/** Stock that arrives from outside: what a buyer, or a person at the goods entrance, would post in the ERP. */
import { assert } from "../../base/result.ts";
import type { Books, StockSeed } from "./books.ts";
import type { MaterialDocument } from "./document.ts";
import { postMaterialDocument } from "./goods-movement.ts";
import type { Answer } from "./message.ts";
import { amount } from "./order.ts";

/** Posts a receipt without an order (movement 501) and makes the material known. Seeds are code: they are accepted. */
export function receiveStock(books: Books, seed: StockSeed): MaterialDocument {
  books.defineMaterial(seed.material, seed.unit, seed.batch ? "batch-managed" : "no-batches");
  const answer = postReceipt(books, seed);
  assert(answer.ok, `stock of ${seed.material} can be received`);
  return answer.value;
}

/** The same for a person, who may be refused, e.g. because the period is closed. */
export function postReceipt(books: Books, seed: StockSeed): Answer<MaterialDocument> {
  const today = Math.floor(books.settings.clock.now() / 86_400_000) * 86_400_000;
  return postMaterialDocument(
    books,
    {
      code: "05",
      postingDate: today,
      documentDate: today,
      headerText: "Goods receipt",
      reference: "",
      items: [
        {
          material: seed.material,
          plant: seed.plant,
          storageLocation: seed.storageLocation,
          batch: seed.batch ?? "",
          movementType: "501",
          stockType: "",
          specialStock: "",
          order: "",
          orderItem: "",
          reservation: "",
          reservationItem: "",
          refDocType: "",
          finallyIssued: false,
          text: "",
          unit: seed.unit,
          quantity: amount(seed.quantity),
        },
      ],
    },
    { user: "WAREHOUSE", by: "user" },
  );
}
