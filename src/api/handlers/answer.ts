/** How values of the record are written in answers, and how a list is cut into pages. */
import { formatInstant, instantWithin, type Instant } from "../../base/instant.ts";
import { isKeepable } from "../../base/text.ts";
import { formatMicro, type Quantity } from "../../base/quantity.ts";
import { fail, ok, type Fault, type Result } from "../../base/result.ts";
import type { Amount } from "../contract/answer.ts";

interface Refused {
  readonly ok: false;
  readonly fault: Fault;
}

export function amountOf(quantity: Quantity): Amount {
  return { value: formatMicro(quantity.micro), uom: quantity.uom };
}

export function amountOrNull(quantity: Quantity | null): Amount | null {
  return quantity && amountOf(quantity);
}

export function timeOf(at: Instant): string {
  return formatInstant(at);
}

export function timeOrNull(at: Instant | null): string | null {
  return at === null ? null : formatInstant(at);
}

/** What is not there, or not for this caller: both look the same. @fault invalid api/not-found */
export function notFound(what: string, id: string): Refused {
  return fail(
    "invalid",
    "api/not-found",
    `There is no ${what} ${id} here, or it is not yours to see. Go back to the list.`,
  );
}

/** The place in a list, opaque to whoever holds it. */
export function cursorOf(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/**
 * @param shape  what each part must be; a number is a time
 * @fault invalid api/cursor  not a cursor of this list
 */
export function partsOf(
  cursor: string | undefined,
  shape: readonly ("string" | "number")[],
): Result<readonly (string | number)[] | null> {
  if (cursor === undefined) return ok(null);
  const read = parsed(cursor);
  const isPart = (part: unknown, i: number): boolean =>
    typeof part === shape[i] && (typeof part === "number" ? instantWithin(part) !== null : isKeepable(String(part)));
  if (Array.isArray(read) && read.length === shape.length && read.every(isPart)) {
    // Checked part by part just above.
    return ok(read as readonly (string | number)[]);
  }
  return unknownPlace();
}

/** @fault invalid api/cursor */
export function unknownPlace(): Refused {
  return fail("invalid", "api/cursor", "This place in the list is not known. Begin at the start of the list.");
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    return null;
  }
}
