/**
 * What a text may hold to be kept: well-formed Unicode without the sign NUL, which neither PostgreSQL nor XML can hold.
 * Partners, machines and people say what they like; the bytes of a message stay as they came.
 */

const replacement = "\ufffd";

export function isKeepable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

/** The same text when it can be kept; else with U+FFFD in place of each NUL and each half of a pair of surrogates. */
export function keptText(text: string): string {
  return isKeepable(text) ? text : text.replaceAll("\0", replacement).toWellFormed();
}

/** What a controller pads its texts with, to their fixed length, is no part of them. */
export function withoutPadding(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end -= 1;
  return end === text.length ? text : text.slice(0, end);
}

/** JSON that a database keeps: the same as `keptText` for every text and name in it, which JSON has written as escapes. */
export function keptJson(json: string): string {
  if (!mayHoldUnkept.test(json)) return json;
  return json.replace(escape, (written, code: string | undefined) => (code === undefined ? written : replacement));
}

const mayHoldUnkept = /\\u(?:0000|d[89a-f])/;
/** One escape as a whole: of `\\u0000` the first two signs are one, and what follows is plain text. */
const escape = /\\(?:u(0000|d[89a-f][0-9a-f]{2})|.)/g;
