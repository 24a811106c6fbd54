/**
 * Bytes to text: which encoding they are in, by byte-order mark or XML declaration, and nothing that is not that
 * encoding. UTF-7, EBCDIC and other ways to hide markup from a reader are refused.
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

/** Decodes a document. @fault invalid b2mml/encoding not in the encoding that it names, or in one that is not read */
export function decodeText(bytes: Uint8Array, file: string): Result<Text> {
  const mark = markOf(bytes);
  const name = mark ?? declaredIn(bytes) ?? "utf-8";
  const encoding = encodings.get(name.toLowerCase());
  if (encoding === undefined) {
    return refuse(file, `The encoding "${name}" is not read: send UTF-8.`);
  }
  const warnings: Warning[] = [];
  if (mark !== undefined) {
    warnings.push({ code: "byte-order-mark", line: 1, path: "", message: "It begins with a byte-order mark." });
  }
  try {
    return { ok: true, value: { text: new TextDecoder(encoding, { fatal: true }).decode(bytes), warnings } };
  } catch {
    return refuse(file, `It is no ${name}: send UTF-8, and say so in the XML declaration.`);
  }
}

function markOf(bytes: Uint8Array): string | undefined {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return "utf-8";
  if (a === 0xff && b === 0xfe) return "utf-16le";
  if (a === 0xfe && b === 0xff) return "utf-16be";
  return undefined;
}

/** The encoding of an XML declaration; UTF-16 without a mark shows by its zero bytes. */
function declaredIn(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0 && bytes[1] === 0x3c) return "utf-16be";
  if (bytes[0] === 0x3c && bytes[1] === 0) return "utf-16le";
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 200));
  return /^<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']/.exec(start)?.[1];
}

function refuse(file: string, message: string): Result<never> {
  return { ok: false, fault: faultOf(file, [{ ...refusals.encoding, line: 1, path: "", message }]) };
}
