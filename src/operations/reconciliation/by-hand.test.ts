/** Which documents of others are asked about after an outage. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { whole } from "../../base/quantity.ts";
import { at } from "../testing/order.ts";
import { foundByHand } from "./by-hand.ts";
import { found, issueOf, request } from "./testing/books.ts";

test("what was used by hand is asked about; what takes another document back is not", () => {
  const asked = (amount: number): readonly string[] => {
    const document = found(null, issueOf(whole(amount, "MMT")), { kind: "goods-issue", number: "49" });
    return foundByHand({ request, receipt: true }, [document], at(0)).map((one) => one.document);
  };
  assert.deepEqual(asked(3), ["49"]);
  // The ERP gives a reversal of ours no key.
  assert.deepEqual(asked(-3), []);
});
