import assert from "node:assert/strict";
import { test } from "node:test";
import { formatOf } from "./format.ts";

const narrow = "\u202f";

test("an amount beside another leaves out the unit that both have, and no other", () => {
  const { beside } = formatOf("en", "UTC");
  const asked = { value: "1200", uom: "C62" };
  assert.equal(beside({ value: "1000.5", uom: "C62" }, asked), "1,000.5");
  assert.equal(beside({ value: "50", uom: "KGM" }, asked), `50${narrow}kg`, "kilograms are no pieces");
  assert.equal(beside({ value: "50", uom: "KGM" }, { value: "60", uom: "KGM" }), "50");
  assert.equal(beside({ value: "50", uom: "MMT" }, { value: "60", uom: "MTR" }), `50${narrow}mm`);
  assert.equal(beside({ value: "50", uom: "KGM" }, null), `50${narrow}kg`);
});

test("figures are written as the language writes them, exactly", () => {
  const amount = { value: "1234567.123456", uom: "KGM" };
  assert.equal(formatOf("en", "UTC").amount(amount), `1,234,567.123456${narrow}kg`);
  assert.equal(formatOf("de", "UTC").amount(amount), `1.234.567,123456${narrow}kg`);
  assert.equal(formatOf("de", "UTC").amount({ value: "999999999999.999999", uom: "C62" }), "999.999.999.999,999999");
});
