/**
 * Bytes to text: which encoding they are in, by byte-order mark, XML declaration and the charset that came with them, and
 * nothing that is not that encoding. UTF-7, EBCDIC and other ways to hide markup from a reader are refused.
 */
import { faultOf, refusals, type Warning } from "../isa95/b2mml/finding.ts";
import type { Result } from "../base/result.ts";

export interface Text {
  readonly text: string;
  readonly warnings: readonly Warning[];
}

const encodings: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "utf-8": "utf-8",
    utf8: "utf-8",
    "us-ascii": "utf-8",
    ascii: "utf-8",
    "utf-16": "utf-16le",
    "utf-16le": "utf-16le",
    "utf-16be": "utf-16be",
    "iso-8859-1": "windows-1252",
    "windows-1252": "windows-1252",
  }),
);

/**
 * Decodes a document. What bytes it begins with cannot be wrong; of what it declares and what came with it either can,
 * since servers name one charset for everything, and gateways encode anew without touching the declaration. Where one of
 * the two is UTF-8 and the bytes are, it is that: text of another encoding with a letter beyond ASCII is not by chance.
 *
 * @param charset  of the content type that came with it
 * @fault invalid b2mml/encoding not in the encoding that it names, or in one that is not read
 */
export function decodeText(bytes: Uint8Array, file: string, charset?: string): Result<Text> {
  const mark = markOf(bytes);
  const certain = mark ?? wideIn(bytes);
  const own = certain ?? declaredIn(bytes) ?? "utf-8";
  const encoding = encodingOf(own);
  if (encoding === undefined) return refuse(file, `The encoding "${own}" is not read: send UTF-8.`);
  const other = certain === undefined && charset !== undefined ? encodingOf(charset) : undefined;
  const warnings: Warning[] = [];
  if (mark !== undefined) {
    warnings.push({ code: "byte-order-mark", line: 1, path: "", message: "It begins with a byte-order mark." });
  }
  for (const one of other === "utf-8" ? [other, encoding] : [encoding, other]) {
    const text = one === undefined ? null : decodedAs(one, bytes);
    if (text !== null) return { ok: true, value: { text, warnings } };
  }
  return refuse(file, `It is no ${own}: send UTF-8, and say so in the XML declaration.`);
}

/** What a content type says of the encoding. */
export function charsetIn(contentType: string | undefined): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? "")?.[1];
}

function encodingOf(name: string): string | undefined {
  return encodings.get(name.toLowerCase());
}

function decodedAs(encoding: string, bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function markOf(bytes: Uint8Array): string | undefined {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return "utf-8";
  if (a === 0xff && b === 0xfe) return "utf-16le";
  if (a === 0xfe && b === 0xff) return "utf-16be";
  return undefined;
}

/** UTF-16 without a mark shows by its zero bytes. */
function wideIn(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0 && bytes[1] === 0x3c) return "utf-16be";
  if (bytes[0] === 0x3c && bytes[1] === 0) return "utf-16le";
  return undefined;
}

/** The encoding of an XML declaration. */
function declaredIn(bytes: Uint8Array): string | undefined {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 200));
  return /^<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']/.exec(start)?.[1];
}

function refuse(file: string, message: string): Result<never> {
  return { ok: false, fault: faultOf(file, [{ ...refusals.encoding, line: 1, path: "", message }]) };
}
