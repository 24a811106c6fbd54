/** Reads the part of an address behind the service: set, key, link, `$count`, or a function. */
import type { EdmValue } from "./edm.ts";
import { parseLiteral } from "./literal.ts";

export type ResourceAddress =
  | { readonly kind: "service" }
  | { readonly kind: "metadata" }
  | { readonly kind: "set"; readonly name: string; readonly isCount: boolean }
  | { readonly kind: "entity"; readonly name: string; readonly key: EntityKey; readonly link: string | null };

/** Values in the order of the type's keys when they carry no names. */
export type EntityKey = { readonly named: ReadonlyMap<string, EdmValue> } | { readonly single: EdmValue };

/** @returns null when it is no address of this kind */
export function parseAddress(path: string): ResourceAddress | null {
  const [first = "", second = "", ...rest] = path.split("/").filter(Boolean).map(decodeURIComponent);
  if (rest.length > 0) return null;
  if (first === "") return { kind: "service" };
  if (first === "$metadata") return second === "" ? { kind: "metadata" } : null;
  const keyed = /^(\w+)\((.*)\)$/s.exec(first);
  if (!keyed) {
    if (!/^\w+$/.test(first)) return null;
    return second === "" || second === "$count" ? { kind: "set", name: first, isCount: second === "$count" } : null;
  }
  const [, name = "", inside = ""] = keyed;
  const key = parseKey(inside);
  if (!key || second.startsWith("$")) return null;
  return { kind: "entity", name, key, link: second || null };
}

function parseKey(source: string): EntityKey | null {
  const named = new Map<string, EdmValue>();
  const part = /\s*(?:(\w+)\s*=\s*)?((?:datetime|guid|time)?'(?:[^']|'')*'|[^,']+)\s*(?:,|$)/y;
  let single: EdmValue | undefined;
  while (part.lastIndex < source.length) {
    const match = part.exec(source);
    const value = match?.[2] === undefined ? undefined : parseLiteral(match[2].trim());
    if (value === undefined) return null;
    if (match?.[1]) named.set(match[1], value);
    else single = value;
  }
  if (single !== undefined) return named.size === 0 ? { single } : null;
  return named.size > 0 ? { named } : null;
}
