/**
 * Values of OPC UA ⇄ values of samples. Called once per value that a machine sends, so the common types take the
 * shortest way. What JSON cannot hold becomes text: whole numbers beyond 2^53, NaN and the infinities.
 */
import {
  coerceLocalizedText,
  DataType,
  type DataValue,
  ExtensionObject,
  LocalizedText,
  NodeId,
  QualifiedName,
  StatusCode,
  Variant,
  VariantArrayType,
} from "node-opcua";
import { instant, type Instant } from "../../base/instant.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { keptValue, type Sample, type SampleValue } from "../../record/sample.ts";

const overflowBits = 0x480;
const dataValueInfo = 0x400;
const limitBits = 0x300;
/** Overflow, historian bits, "structure changed" and "semantics changed": how a value travelled, not what it is. */
const transportBits = 0xc09f;

/** DateTime 0, and from where on the protocol writes its greatest DateTime (OPC 10000-6, DateTime): both mean no time. */
const timeFirst = Date.UTC(1601, 0, 1);
const timeLast = Date.UTC(9999, 11, 31, 23, 59, 59);

/** True when the machine threw away older values of this item because its queue was full. */
export function hasOverflowed(status: number): boolean {
  return (status & overflowBits) === overflowBits;
}

/** The status without the bits that differ between two ways of getting the same value. */
export function valueStatus(status: number): number {
  if ((status & 0xffff) === 0) return status;
  const kept = status & ~transportBits;
  return (kept & limitBits ? kept : kept & ~dataValueInfo) >>> 0;
}

/** One value of one item. Without a source time the server's counts, and without that the time of receipt. */
export function toSample(item: string, told: DataValue, receivedAt: Instant): Sample {
  return {
    item,
    at: given(told.sourceTimestamp) ?? given(told.serverTimestamp) ?? receivedAt,
    receivedAt,
    status: valueStatus(told.statusCode.value),
    value: told.value ? keptValue(toSampleValue(told.value)) : null,
    mark: "",
  };
}

/** Null for what is no time: left out, or the first or the last one that the protocol can write. */
function given(time: Date | null | undefined): Instant | null {
  const ms = time?.getTime();
  return ms !== undefined && ms > timeFirst && ms < timeLast ? instant(ms) : null;
}

export function toSampleValue({ dataType, arrayType, value, dimensions }: Variant): SampleValue {
  if (value === null || value === undefined) return null;
  if (arrayType === VariantArrayType.Scalar) return scalar(dataType, value);
  // Typed arrays and plain ones alike.
  const flat = Array.from(value as ArrayLike<unknown>, (element) => scalar(dataType, element));
  if (arrayType !== VariantArrayType.Matrix || !dimensions || dimensions.length < 2) return flat;
  return nested(flat, dimensions);
}

/** Row-major elements → arrays of arrays. */
function nested(flat: readonly SampleValue[], [, ...inner]: readonly number[]): SampleValue {
  if (inner.length === 0) return flat;
  const size = inner.reduce((product, length) => product * length, 1);
  if (size === 0) return [];
  const rows: SampleValue[] = [];
  for (let from = 0; from < flat.length; from += size) rows.push(nested(flat.slice(from, from + size), inner));
  return rows;
}

function scalar(dataType: DataType, value: unknown): SampleValue {
  switch (dataType) {
    case DataType.Int64:
    case DataType.UInt64:
      return wideInteger(value, dataType === DataType.Int64);
    case DataType.Variant:
      return value instanceof Variant ? toSampleValue(value) : null;
    default:
      return plain(value);
  }
}

/** Everything whose type can be told from the value itself. */
function plain(value: unknown): SampleValue {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "string":
    case "boolean":
      return value;
    case "object":
      return value === null ? null : object(value);
    default:
      return null;
  }
}

function object(value: object): SampleValue {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof LocalizedText) return value.text ?? null;
  if (Buffer.isBuffer(value)) return value.toString("base64");
  if (value instanceof QualifiedName) return value.name ?? null;
  if (value instanceof StatusCode) return value.value;
  if (value instanceof NodeId) return value.toString();
  if (value instanceof Variant) return toSampleValue(value);
  if (value instanceof ExtensionObject) return structure(value);
  // Both have a length and elements.
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as ArrayLike<unknown>, plain);
  // A DataValue inside a variant.
  return "value" in value && value.value instanceof Variant ? toSampleValue(value.value) : null;
}

/** Fields under the names of the information model; optional fields that are not set are left out. */
function structure(value: ExtensionObject): SampleValue {
  // Unknown to us and to the server's type descriptions: kept as bytes. The library does not export their class.
  const opaque = value as unknown as { nodeId?: unknown; buffer?: unknown };
  if (Buffer.isBuffer(opaque.buffer)) return { TypeId: String(opaque.nodeId), Body: opaque.buffer.toString("base64") };
  const fields: Record<string, SampleValue> = {};
  value.applyOnAllFields((holder, field) => {
    // The library's objects carry their fields as properties.
    const held = (holder as unknown as Record<string, unknown>)[field.name];
    if (held === undefined) return;
    fields[field.originalName || field.name] =
      field.fieldType === "Int64" || field.fieldType === "UInt64"
        ? wideField(held, field.isArray === true, field.fieldType === "Int64")
        : plain(held);
  }, null);
  return fields;
}

function wideField(held: unknown, isArray: boolean, signed: boolean): SampleValue {
  if (!isArray) return wideInteger(held, signed);
  return Array.isArray(held) ? held.map((element) => wideInteger(element, signed)) : null;
}

/** The library's [high, low] words → a number when it is exact, else decimal text. */
function wideInteger(value: unknown, signed: boolean): SampleValue {
  if (typeof value === "number") return value;
  const whole = typeof value === "bigint" ? value : words(value, signed);
  if (whole === null) return null;
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole.toString();
}

function words(value: unknown, signed: boolean): bigint | null {
  if (!Array.isArray(value)) return null;
  const joined = (BigInt(Number(value[0]) >>> 0) << 32n) | BigInt(Number(value[1]) >>> 0);
  return signed ? BigInt.asIntN(64, joined) : joined;
}

const ranges: Partial<Record<DataType, readonly [number, number]>> = {
  [DataType.SByte]: [-128, 127],
  [DataType.Byte]: [0, 255],
  [DataType.Int16]: [-32_768, 32_767],
  [DataType.UInt16]: [0, 65_535],
  [DataType.Int32]: [-2_147_483_648, 2_147_483_647],
  [DataType.UInt32]: [0, 4_294_967_295],
};

/**
 * A value in the type that the machine's item has.
 *
 * @fault invalid machine/value   it does not fit the type: never rounded, cut or guessed
 */
export function toVariant(
  value: SampleValue,
  dataType: DataType,
  arrayType: VariantArrayType,
  item: string,
): Result<Variant> {
  if (arrayType !== VariantArrayType.Scalar) {
    if (!Array.isArray(value)) return unfit(value, dataType, item);
    const elements: unknown[] = [];
    for (const element of value) {
      const one = coerce(element, dataType);
      if (one === undefined) return unfit(element, dataType, item);
      elements.push(one);
    }
    return ok(new Variant({ dataType, arrayType: VariantArrayType.Array, value: elements }));
  }
  const one = coerce(value, dataType);
  return one === undefined
    ? unfit(value, dataType, item)
    : ok(new Variant({ dataType, arrayType: VariantArrayType.Scalar, value: one }));
}

function unfit(value: SampleValue, dataType: DataType, item: string): Result<never> {
  const text = `${JSON.stringify(value)} cannot be written to ${item}, which is ${DataType[dataType]}.`;
  return fail("invalid", "machine/value", `${text} Correct the value or the map.`);
}

/** undefined: does not fit. */
function coerce(value: SampleValue, dataType: DataType): unknown {
  const range = ranges[dataType];
  if (range)
    return typeof value === "number" && Number.isInteger(value) && value >= range[0] && value <= range[1]
      ? value
      : undefined;
  switch (dataType) {
    case DataType.Boolean:
      return typeof value === "boolean" ? value : undefined;
    case DataType.Float:
    case DataType.Double:
      return typeof value === "number" && Number.isFinite(value) ? value : undefined;
    case DataType.Int64:
    case DataType.UInt64:
      return wideWords(value, dataType === DataType.Int64);
    case DataType.String:
    case DataType.XmlElement:
      return typeof value === "string" ? value : undefined;
    case DataType.LocalizedText:
      return typeof value === "string" ? coerceLocalizedText(value) : undefined;
    case DataType.DateTime:
      return typeof value === "string" && !Number.isNaN(Date.parse(value)) ? new Date(value) : undefined;
    case DataType.ByteString:
      return typeof value === "string" ? Buffer.from(value, "base64") : undefined;
    default:
      return undefined;
  }
}

function wideWords(value: SampleValue, signed: boolean): unknown {
  const fits =
    typeof value === "number" ? Number.isSafeInteger(value) : typeof value === "string" && /^-?\d{1,20}$/.test(value);
  if (!fits) return undefined;
  // Only texts and numbers fit.
  const whole = BigInt(value as string | number);
  const same = signed ? BigInt.asIntN(64, whole) : BigInt.asUintN(64, whole);
  if (same !== whole) return undefined;
  const bits = BigInt.asUintN(64, whole);
  return [Number(bits >> 32n), Number(bits & 0xffff_ffffn)];
}
