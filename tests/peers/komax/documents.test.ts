/** What counts as a document posted twice. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findDoubles, type SapDocument } from "./documents.ts";

const receipt = (number: string, key: string | null, quantity = 5): SapDocument => ({
  kind: "goods-receipt",
  number,
  key,
  orders: ["1000001"],
  operation: null,
  postingDate: "2025-02-03",
  lines: [`101 G05 ${quantity} PC`],
});

describe("documents that should not be", () => {
  test("one key on two documents is a double, whatever they say", () => {
    const doubles = findDoubles([receipt("1", "K1"), receipt("2", "K1", 7), receipt("3", "K2", 9)]);
    assert.deepEqual(
      doubles.sameKey.map((same) => same.map((document) => document.number)),
      [["1", "2"]],
    );
    assert.deepEqual(doubles.sameContent, []);
  });

  test("the same content under two keys is only worth a look", () => {
    const doubles = findDoubles([receipt("1", "K1"), receipt("2", "K2"), receipt("3", "K3", 9)]);
    assert.deepEqual(doubles.sameKey, []);
    assert.deepEqual(
      doubles.sameContent.map((same) => same.map((document) => document.number)),
      [["1", "2"]],
    );
  });

  test("a document without a key of ours is named", () => {
    assert.deepEqual(
      findDoubles([receipt("1", null), receipt("2", null)]).withoutKey.map((document) => document.number),
      ["1", "2"],
    );
  });
});
