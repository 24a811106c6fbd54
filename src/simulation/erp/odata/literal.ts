/** Literals as they stand in addresses (`'text'`, `12.5M`, `datetime'…'`, `guid'…'`) and values as they stand in JSON. */
import { formatMicro, parseQuantity } from "../../../base/quantity.ts";
import type { EdmType, EdmValue } from "./edm.ts";

/** The value of a literal in an address; undefined when it is none. */
export function parseLiteral(source: string): EdmValue | undefined {
  const quoted = /^(datetime|datetimeoffset|time|guid)?'(.*)'$/s.exec(source);
  if (quoted) {
    const [, prefix, raw = ""] = quoted;
    const value = raw.replaceAll("''", "'");
    switch (prefix) {
      case undefined:
        return value;
      case "guid":
        return parseGuid(value);
      case "time":
        return parseTime(value);
      default:
        return parseDateTime(value);
    }
  }
  if (source === "true") return true;
  if (source === "false") return false;
  if (source === "null") return null;
  return /^-?\d+(\.\d+)?[mMdDfFlL]?$/.test(source) ? parseMicro(source.replace(/[a-zA-Z]$/, "")) : undefined;
}

export function parseGuid(value: string): string | undefined {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) ? value.toLowerCase() : undefined;
}

/** `PT06H30M00S` → seconds. */
export function parseTime(value: string): number | undefined {
  const match = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?$/.exec(value);
  return match ? Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0) : undefined;
}

/** `/Date(…)/`, or ISO without an offset, which is taken as UTC. */
export function parseDateTime(value: string): number | undefined {
  const wrapped = /^\/Date\((-?\d+)(?:[+-]\d{4})?\)\/$/.exec(value);
  if (wrapped) return Number(wrapped[1]);
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?Z?$/.test(value)) return undefined;
  const ms = Date.parse(value.includes("T") && !value.endsWith("Z") ? `${value}Z` : value);
  return Number.isNaN(ms) ? undefined : ms;
}

function parseMicro(value: string): bigint | undefined {
  const parsed = parseQuantity(value, "C62");
  return parsed.ok ? parsed.value.micro : undefined;
}

/** A value as it stands in a JSON answer. */
export function toJson(type: EdmType, value: EdmValue): string | boolean | number | null {
  if (value === null) return null;
  switch (type) {
    case "Decimal":
      return typeof value === "bigint" ? formatMicro(value) : String(value);
    case "DateTime":
      return `/Date(${String(value)})/`;
    case "DateTimeOffset":
      return `/Date(${String(value)}+0000)/`;
    case "Time":
      return formatTime(Number(value));
    default:
      return typeof value === "bigint" ? formatMicro(value) : value;
  }
}

function formatTime(seconds: number): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  return `PT${two(Math.floor(seconds / 3600))}H${two(Math.floor(seconds / 60) % 60)}M${two(seconds % 60)}S`;
}

/**
 * A value out of a JSON request. Decimals must be text, as the real system asks; more than three decimals are refused.
 *
 * @returns undefined when it cannot be of this type
 */
export function fromJson(type: EdmType, value: unknown): EdmValue | undefined {
  if (value === null) return null;
  switch (type) {
    case "Boolean":
      return typeof value === "boolean" ? value : undefined;
    case "Int32":
      return typeof value === "number" && Number.isInteger(value) ? value : undefined;
    default:
      return typeof value === "string" ? fromText(type, value) : undefined;
  }
}

function fromText(type: EdmType, value: string): EdmValue | undefined {
  switch (type) {
    case "Decimal": {
      const micro = parseMicro(value);
      return micro === undefined || micro % 1000n !== 0n ? undefined : micro;
    }
    case "DateTime":
      return parseDateTime(value);
    case "Time":
      return parseTime(value);
    case "Guid":
      return parseGuid(value);
    default:
      return value;
  }
}
