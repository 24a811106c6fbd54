import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BinaryStream,
  coerceLocalizedText,
  coerceNodeId,
  DataType,
  DataValue,
  StatusCodes,
  Variant,
  VariantArrayType,
} from "node-opcua";
import fc from "fast-check";
import { instant } from "../../base/instant.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { SampleValue } from "../../record/sample.ts";
import { hasOverflowed, toSample, toSampleValue, toVariant, valueStatus } from "./client-value.ts";

const scalar = (dataType: DataType, value: unknown): SampleValue =>
  toSampleValue(new Variant({ dataType, arrayType: VariantArrayType.Scalar, value }));

test("scalars come as they are, or as text where a number would lie", () => {
  assert.equal(scalar(DataType.Boolean, true), true);
  assert.equal(scalar(DataType.Int32, -7), -7);
  assert.equal(scalar(DataType.String, "ż"), "ż");
  assert.equal(scalar(DataType.String, null), null);
  assert.equal(scalar(DataType.Double, 0.1), 0.1);
  assert.equal(scalar(DataType.Double, Number.NaN), "NaN");
  assert.equal(scalar(DataType.Float, -Infinity), "-Infinity");
  assert.equal(scalar(DataType.UInt64, [0, 5]), 5);
  assert.equal(scalar(DataType.UInt64, [0xffff_ffff, 0xffff_ffff]), "18446744073709551615");
  assert.equal(scalar(DataType.Int64, [0xffff_ffff, 0xffff_ffff]), -1);
  assert.equal(scalar(DataType.Int64, [0x8000_0000, 0]), "-9223372036854775808");
  assert.equal(scalar(DataType.DateTime, new Date(1_738_561_253_123)), "2025-02-03T05:40:53.123Z");
  assert.equal(scalar(DataType.LocalizedText, coerceLocalizedText("Cześć")), "Cześć");
  assert.equal(scalar(DataType.ByteString, Buffer.from([1, 2, 255])), "AQL/");
  assert.equal(scalar(DataType.NodeId, coerceNodeId("ns=2;s=a")), "ns=2;s=a");
  assert.equal(scalar(DataType.StatusCode, StatusCodes.BadSensorFailure), 0x808c_0000);
  assert.equal(toSampleValue(new Variant({ dataType: DataType.Null })), null);
});

test("arrays and matrices keep their shape", () => {
  const array = new Variant({ dataType: DataType.Double, arrayType: VariantArrayType.Array, value: [1, Number.NaN] });
  assert.deepEqual(toSampleValue(array), [1, "NaN"]);
  const matrix = new Variant({
    dataType: DataType.Int32,
    arrayType: VariantArrayType.Matrix,
    dimensions: [2, 1, 3],
    value: [1, 2, 3, 4, 5, 6],
  });
  assert.deepEqual(toSampleValue(matrix), [[[1, 2, 3]], [[4, 5, 6]]]);
  const wide = new Variant({
    dataType: DataType.Int64,
    arrayType: VariantArrayType.Array,
    value: [
      [0, 1],
      [0x20_0000, 0],
    ],
  });
  assert.deepEqual(toSampleValue(wide), [1, "9007199254740992"]);
});

test("a status loses how it travelled and keeps what it says", () => {
  assert.equal(valueStatus(0), 0);
  assert.ok(hasOverflowed(0x480));
  assert.equal(hasOverflowed(0x400), false);
  assert.equal(valueStatus(0x480), 0, "overflow");
  assert.equal(valueStatus(0x408), 0, "historian: extra data");
  assert.equal(valueStatus(0x808c_0480), 0x808c_0000);
  assert.equal(valueStatus(0x0000_0580), 0x500, "at its low limit");
  assert.equal(valueStatus(0x4000_0000), 0x4000_0000);
});

test("a time that the machine leaves out is none, however it is written", () => {
  const receivedAt = instant(1_760_000_000_002);
  const server = new Date(1_760_000_000_001);
  const at = (sourceTimestamp: Date | null, serverTimestamp: Date | null): number =>
    toSample("A", decoded(sourceTimestamp, serverTimestamp), receivedAt).at;
  const first = new Date(Date.UTC(1601, 0, 1));
  const last = new Date(8_640_000_000_000_000);
  assert.equal(at(new Date(5), server), 5);
  assert.equal(at(new Date(-86_400_000), server), -86_400_000, "before 1970");
  for (const none of [null, first, last]) {
    assert.equal(at(none, server), server.getTime());
    for (const alsoNone of [null, first, last]) assert.equal(at(none, alsoNone), receivedAt);
  }
});

test("a sample holds no padding of a controller, nor what no text can", () => {
  const told = (dataType: DataType, value: unknown, arrayType = VariantArrayType.Scalar): SampleValue =>
    toSample("A", new DataValue({ value: new Variant({ dataType, arrayType, value }) }), instant(5)).value;
  assert.equal(told(DataType.String, "1000001-0010\0\0\0"), "1000001-0010");
  assert.equal(told(DataType.String, "a\0b\ud83d\0"), "a\ufffdb\ufffd");
  assert.deepEqual(told(DataType.String, ["a\0", "b"], VariantArrayType.Array), ["a", "b"]);
});

/** As it comes over the line. */
function decoded(sourceTimestamp: Date | null, serverTimestamp: Date | null): DataValue {
  const stream = new BinaryStream(100);
  new DataValue({ value: { dataType: DataType.Int32, value: 1 }, sourceTimestamp, serverTimestamp }).encode(stream);
  stream.rewind();
  const value = new DataValue();
  value.decode(stream);
  return value;
}

test("every 64-bit number comes back from the machine's form as it went", () => {
  forAll(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (whole) => {
      const number = Number(whole);
      const told = Number.isSafeInteger(number) ? number : whole.toString();
      const variant = toVariant(told, DataType.Int64, VariantArrayType.Scalar, "x");
      assert.ok(variant.ok);
      assert.equal(toSampleValue(variant.value), told);
    }),
  );
});

test("what does not fit a type is refused, not bent", () => {
  const cases: [SampleValue, DataType][] = [
    [5.5, DataType.UInt32],
    [-1, DataType.UInt32],
    [256, DataType.Byte],
    ["5", DataType.Int32],
    [1, DataType.Boolean],
    ["yesterday", DataType.DateTime],
    ["18446744073709551616", DataType.UInt64],
    [-1, DataType.UInt64],
    [null, DataType.Double],
    [7, DataType.String],
  ];
  for (const [value, dataType] of cases) {
    const variant = toVariant(value, dataType, VariantArrayType.Scalar, "Recipe/X");
    assert.equal(variant.ok, false, `${String(value)} as ${DataType[dataType]}`);
    if (!variant.ok) assert.equal(variant.fault.code, "machine/value");
  }
  assert.equal(toVariant(5, DataType.Int32, VariantArrayType.Array, "x").ok, false);
});
