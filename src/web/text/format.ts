/** Numbers, amounts, times and spans in a language and the site's time zone. Amounts are decimal text and stay exact. */
import type { Amount } from "../../api/contract/answer.ts";

export interface Format {
  readonly number: (value: number, digits?: number) => string;
  /** Exact: the digits are grouped, never rounded. */
  readonly amount: (amount: Amount | null) => string;
  /** Without the unit. */
  readonly digits: (amount: Amount) => string;
  /** Without the unit where it is that of the amount beside it. */
  readonly beside: (amount: Amount, other: Amount | null) => string;
  /** How people write a unit's code; empty for pieces. */
  readonly unit: (uom: string) => string;
  readonly day: (time: string | number) => string;
  readonly clock: (time: string | number) => string;
  /** To the millisecond, for evidence. */
  readonly exact: (time: string | number) => string;
  readonly dateTime: (time: string | number) => string;
  /** `2 h 05 min`: of the two largest parts. */
  readonly span: (ms: number) => string;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Units as people write them; other codes are shown as they are. */
const units: Readonly<Record<string, string>> = {
  C62: "",
  H87: "",
  EA: "",
  KGM: "kg",
  GRM: "g",
  TNE: "t",
  MTR: "m",
  MMT: "mm",
  CMT: "cm",
  LTR: "l",
  MLT: "ml",
  SEC: "s",
  MIN: "min",
  HUR: "h",
  KWH: "kWh",
  P1: "%",
};

export function formatOf(language: string, timeZone: string): Format {
  const zone = zoneOrUtc(timeZone);
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 20 });
  // days before months, as on the shop floor; a month by its name cannot be misread
  const dates = language === "en" ? "en-GB" : language;
  const style = (options: Intl.DateTimeFormatOptions): ((time: string | number) => string) => {
    const format = new Intl.DateTimeFormat(dates, { timeZone: zone, hourCycle: "h23", ...options });
    return (time) => format.format(new Date(time));
  };
  // Intl takes decimal text and keeps every digit of it
  const digits = ({ value }: Amount): string => whole.format(value as Intl.StringNumericLiteral);
  const withUnit = (amount: Amount): string => {
    const unit = unitOf(amount.uom);
    return unit === "" ? digits(amount) : `${digits(amount)}\u202f${unit}`;
  };
  return {
    number: (value, fraction = 0) => new Intl.NumberFormat(language, { maximumFractionDigits: fraction }).format(value),
    digits,
    unit: unitOf,
    beside: (amount, other) => (amount.uom === other?.uom ? digits(amount) : withUnit(amount)),
    amount: (amount) => (amount === null ? "–" : withUnit(amount)),
    day: style({ day: "2-digit", month: language === "en" ? "short" : "2-digit", year: "numeric" }),
    clock: style({ hour: "2-digit", minute: "2-digit" }),
    exact: style({ hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 }),
    dateTime: style({ day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    span: (ms) => spanText(Math.max(0, ms)),
  };
}

function unitOf(uom: string): string {
  return units[uom] ?? uom;
}

/** A browser that does not know the zone shows UTC rather than nothing. */
function zoneOrUtc(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone;
  } catch {
    return "UTC";
  }
}

/** Symbols of SI, the same in every language. */
function spanText(ms: number): string {
  const part = (value: number, symbol: string): string => `${Math.floor(value)}\u202f${symbol}`;
  if (ms < minuteMs) return part(ms / 1000, "s");
  if (ms < hourMs) return part(ms / minuteMs, "min");
  if (ms < dayMs) return `${part(ms / hourMs, "h")} ${part((ms % hourMs) / minuteMs, "min")}`;
  return `${part(ms / dayMs, "d")} ${part((ms % dayMs) / hourMs, "h")}`;
}
