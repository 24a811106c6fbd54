/**
 * JSON with exact integers: the fields that hold a `bigint` (`micro`, `numerator`, `denominator`) travel as decimal
 * text and come back as `bigint`. No other field may hold one. What no text of ours can hold is replaced: `text.ts`.
 */
import { keptJson } from "./text.ts";

const exact: ReadonlySet<string> = new Set(["micro", "numerator", "denominator"]);

export function toJson(value: unknown): string {
  const json: string | undefined = JSON.stringify(value, (key, held: unknown) => {
    if (typeof held !== "bigint") return held;
    if (!exact.has(key)) throw new Error(`Field "${key}" holds a bigint, which JSON would lose.`);
    return held.toString();
  });
  return json && keptJson(json);
}

/**
 * The same text for equal values, whatever order their fields are in: databases and partners re-order them. For
 * comparing, and for identities.
 */
export function canonicalJson(value: unknown): string {
  return toJson(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, held]) => held !== undefined);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, held]) => [key, sorted(held)]));
}

/** The caller names the type: the text is one that `toJson` wrote. */
export function fromJson<T>(text: string): T {
  // A reviver is called for each value of a text, which costs several times what it takes to look through all of them.
  return withExactNumbers<T>(JSON.parse(text));
}

/** Turns exact fields back into `bigint` in a value that a driver has already parsed. Changes it in place. */
export function withExactNumbers<T>(value: unknown): T {
  restore(value);
  // The caller names the type, as with fromJson.
  return value as T;
}

function restore(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  // An object of a JSON text has text keys and nothing else.
  const fields = value as Record<string, unknown>;
  for (const [key, held] of Object.entries(fields)) {
    if (exact.has(key) && isWhole(held)) fields[key] = BigInt(held);
    else restore(held);
  }
}

/** Other text under such a name is somebody else's field, e.g. a parameter of an order. */
function isWhole(held: unknown): held is string {
  return typeof held === "string" && /^-?\d+$/.test(held);
}
