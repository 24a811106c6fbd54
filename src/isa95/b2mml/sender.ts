/** What values of one sender's documents mean: its own units, times without an offset, its words for what is made and used. Pure. */
import { contentId } from "../../base/id.ts";
import { instant, parseInstant, type Instant } from "../../base/instant.ts";
import { instantsAt, type TimeZone } from "../../base/site-time.ts";
import { unitOf } from "../../base/unit.ts";

/** Words of the standard, of all its versions. */
export const producedWords: ReadonlySet<string> = new Set(["Produced", "Yield Produced", "Material Produced"]);
export const consumedWords: ReadonlySet<string> = new Set(["Consumed", "Material Consumed", "Consumable"]);

/** Names stand in indexes, several in one row: none may be longer than this, which no system's are. */
export const nameMax = 255;

/** A name that can be kept and told: a longer one is cut, and told from others by its hash. */
export function shortName(name: string): string {
  return name.length <= nameMax ? name : `${name.slice(0, 100)}…${contentId("name", name)}`;
}

/** @param units  the sender's own unit → code of UN/ECE Rec 20. @returns null for a unit that nobody knows */
export function unitIn(units: Readonly<Record<string, string>>, code: string): string | null {
  const own = Object.hasOwn(units, code) ? units[code] : undefined;
  return own ?? (unitOf(code) ? code : null);
}

export function unknownUnit(code: string): string {
  return `"${code}" is no UN/ECE Rec 20 code known here: give it one in the connection's units.`;
}

/** @param zone  of times without an offset; null: they mean nothing */
export function instantIn(zone: TimeZone | null, text: string): Instant | null {
  const parsed = parseInstant(text);
  if (parsed.ok) return parsed.value;
  const [, seconds = "", fraction = ""] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?$/.exec(text) ?? [];
  const [first] = zone === null ? [] : instantsAt(seconds, zone);
  return first === undefined ? null : instant(first + Math.trunc(Number(`0${fraction}`) * 1000));
}

export function noOffset(text: string): string {
  return `"${text}" names no offset: write 2026-01-05T06:00:00Z, or +01:00.`;
}
