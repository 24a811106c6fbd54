/** Which documents of others are asked about after an outage. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { whole } from "../../base/quantity.ts";
import { at } from "../testing/order.ts";
import { amountsOfPosting, amountText, foundByHand } from "./by-hand.ts";
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

test("what was keyed, and what of ours waits, is said in the unit of the order's line", () => {
  const used = issueOf(whole(3, "MMT"));
  const [keyed] = foundByHand(
    { request, receipt: true },
    [found(null, used, { kind: "goods-issue", number: "49" })],
    at(0),
  );
  assert.ok(keyed?.amounts);
  assert.equal(keyed.postingDate, used.dates.postingDate);
  const ours = amountsOfPosting({ request }, { kind: "goods-issue", response: used });
  assert.deepEqual(keyed.amounts, ours);
  assert.deepEqual(
    ours.map(({ what, material }) => [what, material]),
    [["used", used.segment.materials[0]?.stock.material]],
  );
  assert.match(amountText(ours), /^[\d.]+ \w+ /);
  assert.deepEqual(amountsOfPosting({ request }, { kind: "order-accepted", response: null }), []);
});
