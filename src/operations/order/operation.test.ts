/** What each operation of an order owes, where the order has parallel sequences: the list has the standard one first. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OperationsRequest, SegmentRequirement } from "../../isa95/schedule/operations-request.ts";
import { requestOf, segmentOf } from "../testing/order.ts";
import { isConfirmed, isReceivedByUs, receiptSegment } from "./operation.ts";

type Rule = Partial<SegmentRequirement["rule"]>;

/** @param operations  sequence and number, such as `1/0015` or `/0010`, with what is special about it */
function orderOf(operations: Readonly<Record<string, Rule>>): OperationsRequest {
  const segments = Object.entries(operations).map(([name, rule]) => {
    const [sequence = "", id = ""] = name.split("/");
    return segmentOf({
      id,
      sequence,
      rule: { confirmation: "required", automaticReceipt: false, external: false, ...rule },
    });
  });
  return requestOf({ segments });
}

function receivedAt(request: OperationsRequest): readonly string[] {
  return request.segments.filter((segment) => isReceivedByUs(request, segment)).map(({ id }) => id);
}

function confirmed(request: OperationsRequest): readonly string[] {
  return request.segments.filter((segment) => isConfirmed(request, segment)).map(({ id }) => id);
}

test("the goods are those of the standard sequence, not of a parallel one that stands behind it", () => {
  const order = orderOf({ "/0010": {}, "/0030": {}, "1/0015": {}, "1/0020": {} });
  assert.equal(receiptSegment(order)?.id, "0030");
  assert.deepEqual(receivedAt(order), ["0030"]);
});

test("where the ERP receives them with the last operation by itself, nobody does here", () => {
  const order = orderOf({ "/0010": {}, "/0030": { automaticReceipt: true }, "1/0015": {} });
  assert.equal(receiptSegment(order)?.id, "0030");
  assert.deepEqual(receivedAt(order), []);
});

test("where the standard sequence ends elsewhere, its last operation that is confirmed here receives", () => {
  const order = orderOf({
    "/0010": {},
    "/0020": { external: true },
    "/0030": { confirmation: "none" },
    "1/0015": {},
  });
  assert.deepEqual(receivedAt(order), ["0010"]);
});

test("an order that names a sequence for every operation receives with its last one", () => {
  assert.deepEqual(receivedAt(orderOf({ "A/0010": {}, "A/0020": {} })), ["0020"]);
});

test("a milestone covers operations of its own sequence only", () => {
  const optional: Rule = { confirmation: "optional" };
  const milestone: Rule = { confirmation: "milestone" };
  assert.deepEqual(confirmed(orderOf({ "/0010": optional, "/0030": {}, "1/0015": optional, "1/0020": milestone })), [
    "0010",
    "0030",
    "0020",
  ]);
  assert.deepEqual(confirmed(orderOf({ "/0010": optional, "/0020": milestone, "1/0015": optional })), ["0020", "0015"]);
});
