/**
 * Labels with GS1 application identifiers: as a scanner sends them (FNC1 as the sign 29, maybe a symbology identifier in
 * front) or as people read them, with brackets. Identifiers that say nothing about loading are read over.
 *
 * @source GS1 General Specifications, application identifiers; check digit of section 7.9
 */
import { fail, ok, type Result } from "../../base/result.ts";

/** Identifier → its data, in the order of the label. */
export type Gs1Label = ReadonlyMap<string, string>;

interface Form {
  readonly digits: boolean;
  /** Always so long; no separator follows. */
  readonly fixed?: number;
  readonly max?: number;
  readonly hasCheckDigit?: true;
}

const date: Form = { digits: true, fixed: 6 };
const forms: ReadonlyMap<string, Form> = new Map<string, Form>([
  ["00", { digits: true, fixed: 18, hasCheckDigit: true }],
  ["01", { digits: true, fixed: 14, hasCheckDigit: true }],
  ["02", { digits: true, fixed: 14, hasCheckDigit: true }],
  ["10", { digits: false, max: 20 }],
  ["11", date],
  ["12", date],
  ["13", date],
  ["15", date],
  ["16", date],
  ["17", date],
  ["20", { digits: true, fixed: 2 }],
  ["21", { digits: false, max: 20 }],
  ["22", { digits: false, max: 20 }],
  ["30", { digits: true, max: 8 }],
  ["37", { digits: true, max: 8 }],
  ["240", { digits: false, max: 30 }],
  ["241", { digits: false, max: 30 }],
  ["250", { digits: false, max: 30 }],
  ["400", { digits: false, max: 30 }],
]);

const separator = "\u001d";
/** What a value may be made of. @source GS1 character set 82 */
const printable = /^[!-"%-?A-Z_a-z]+$/;

/** Whether a text means to be such a label; whether it is a right one, `readGs1` says. */
export function isGs1(text: string): boolean {
  return /^\](?:C1|d2|Q3|e0|J1)/.test(text) || /^\(\d{2,4}\)/.test(text) || text.includes(separator);
}

/** @fault invalid reporting/label  an identifier or its data is not as GS1 has it; says which */
export function readGs1(text: string): Result<Gs1Label> {
  const bare = text.replace(/^\](?:C1|d2|Q3|e0|J1)/, "");
  return bare.startsWith("(") ? withBrackets(bare) : asSent(bare);
}

function withBrackets(text: string): Result<Gs1Label> {
  const label = new Map<string, string>();
  // A bracket may be part of the data: an identifier is one only where it is known.
  const parts = text.split(/\((?=(\d{2,4})\))/);
  let at: string | null = null;
  let data = "";
  for (let i = 1; i < parts.length; i += 2) {
    const identifier = parts[i] ?? "";
    const rest = (parts[i + 1] ?? "").slice(identifier.length + 1);
    if (at !== null && !forms.has(identifier)) {
      data += `(${identifier})${rest}`;
      continue;
    }
    const kept = at === null ? ok(undefined) : keep(label, at, data);
    if (!kept.ok) return kept;
    at = identifier;
    data = rest;
  }
  const kept = at === null ? wrong("It begins with no application identifier.") : keep(label, at, data);
  return kept.ok ? ok(label) : kept;
}

function asSent(text: string): Result<Gs1Label> {
  const label = new Map<string, string>();
  let rest = text.startsWith(separator) ? text.slice(1) : text;
  while (rest !== "") {
    const identifier = [2, 3].map((length) => rest.slice(0, length)).find((start) => forms.has(start));
    const form = identifier === undefined ? undefined : forms.get(identifier);
    if (identifier === undefined || !form)
      return wrong(`"${rest.slice(0, 4)}" is no application identifier that is known here.`);
    const body = rest.slice(identifier.length);
    const end = body.indexOf(separator);
    const length = form.fixed ?? (end < 0 ? body.length : end);
    const kept = keep(label, identifier, body.slice(0, length));
    if (!kept.ok) return kept;
    rest = body.slice(length);
    if (rest.startsWith(separator)) rest = rest.slice(1);
    else if (rest !== "" && form.fixed === undefined) return wrong(`A separator is missing after (${identifier}).`);
  }
  return label.size === 0 ? wrong("It is empty.") : ok(label);
}

function keep(label: Map<string, string>, identifier: string, data: string): Result<void> {
  const form = forms.get(identifier);
  if (!form) return wrong(`(${identifier}) is no application identifier that is known here.`);
  if (label.has(identifier) && label.get(identifier) !== data) return wrong(`(${identifier}) stands there twice.`);
  const fits = form.fixed === undefined ? data !== "" && data.length <= (form.max ?? 0) : data.length === form.fixed;
  if (!fits) return wrong(`The data of (${identifier}) has ${data.length} signs.`);
  if (form.digits ? !/^\d+$/.test(data) : !printable.test(data))
    return wrong(`The data of (${identifier}) has signs that it may not have.`);
  if (form.hasCheckDigit && checkDigit(data.slice(0, -1)) !== data.slice(-1)) {
    return wrong(`The check digit of (${identifier}) ${data} is wrong.`);
  }
  label.set(identifier, data);
  return ok(undefined);
}

/** Of the digits before it, weighted 3 and 1 from the right. */
export function checkDigit(digits: string): string {
  const sum = digits
    .split("")
    .toReversed()
    .reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 3 : 1), 0);
  return String((10 - (sum % 10)) % 10);
}

function wrong(why: string): Result<never> {
  return fail("invalid", "reporting/label", `The label cannot be read: ${why} Scan it again, or enter it by hand.`);
}
