/**
 * Reading TypeScript just well enough: where its comments, strings and imports are, and its code with all of those
 * blanked out. A scanner, not a parser: what needs a syntax tree (function length) is asked of oxlint instead.
 */

/** A piece of the text, `start` inclusive, `end` exclusive, `value` without quotes or comment signs. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

export interface Import {
  /** As written: `./unit.ts`, `node:fs`, `pg`. */
  readonly specifier: string;
  readonly start: number;
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean;
  /** `load`: run when asked for (`import()`, `require`); `url`: started by address, such as a worker. */
  readonly way: "static" | "load" | "url";
}

export interface Source {
  readonly text: string;
  /** Same length and lines as `text`; comments, regular expressions and the insides of strings are spaces. */
  readonly code: string;
  readonly comments: readonly Piece[];
  readonly strings: readonly Piece[];
  readonly imports: readonly Import[];
  /** 1 for the first line. */
  lineOf(offset: number): number;
}

export function readSource(text: string): Source {
  const { code, comments, strings } = scan(text);
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const lineOf = (offset: number): number => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
  const quoted = strings.filter(({ start }) => /["']/.test(text.charAt(start))); // parts of templates name no module
  return { text, code, comments, strings, imports: findImports(code, quoted), lineOf };
}

/** The words after which a slash opens a regular expression although they look like names. */
const operatorWords = new Set(
  "return typeof case in of delete void throw new else do await yield instanceof".split(" "),
);

interface Scan {
  readonly code: string;
  readonly comments: readonly Piece[];
  readonly strings: readonly Piece[];
}

function scan(text: string): Scan {
  const out = text.split(""); // by UTF-16 unit, as offsets count
  const comments: Piece[] = [];
  const strings: Piece[] = [];
  const templateDepths: number[] = []; // open `${`, each with the depth of braces inside it
  let previous = ""; // last significant word or sign
  let at = 0;
  const blank = (start: number, end: number): void => {
    for (let i = start; i < end; i++) if (out[i] !== "\n") out[i] = " ";
  };
  const stringAt = (start: number, end: number, closing: number): void => {
    strings.push({ start, end, value: text.slice(start + 1, end - closing) });
    blank(start + 1, end - closing);
    previous = '"';
    at = end;
  };
  const templateFrom = (start: number): void => {
    const { end, open } = templateEnd(text, start + 1);
    stringAt(start, end, open ? 2 : 1);
    if (!open) return;
    templateDepths.push(0);
    previous = "{";
  };
  while (at < text.length) {
    const sign = text.charAt(at);
    const depth = templateDepths.at(-1);
    const comment = commentEnd(text, at);
    if (comment > at) {
      comments.push({ start: at, end: comment, value: text.slice(at, comment) });
      blank(at, comment);
      at = comment;
    } else if (sign === '"' || sign === "'") {
      stringAt(at, quoteEnd(text, at + 1, sign), 1);
    } else if (sign === "`") {
      templateFrom(at);
    } else if (sign === "}" && depth === 0) {
      templateDepths.pop();
      templateFrom(at);
    } else if (sign === "/" && opensRegex(previous) && !closesTag(text, at, previous)) {
      const end = regexEnd(text, at + 1);
      blank(at + 1, end);
      previous = '"';
      at = end;
    } else {
      const word = /^[\p{ID_Start}$_][\p{ID_Continue}$]*|^\d[\w.]*/u.exec(text.slice(at, at + 80))?.[0];
      if (depth !== undefined && (sign === "{" || sign === "}")) {
        templateDepths[templateDepths.length - 1] = depth + (sign === "{" ? 1 : -1);
      }
      if (word !== undefined || sign.trim() !== "") previous = word ?? sign;
      at += word?.length ?? 1;
    }
  }
  return { code: out.join(""), comments, strings };
}

function commentEnd(text: string, at: number): number {
  if (at === 0 && text.startsWith("#!")) return lineEnd(text, at);
  if (text.charAt(at) !== "/") return at;
  if (text.charAt(at + 1) === "/") return lineEnd(text, at);
  if (text.charAt(at + 1) !== "*") return at;
  const end = text.indexOf("*/", at + 2);
  return end < 0 ? text.length : end + 2;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

function quoteEnd(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    const sign = text.charAt(at);
    if (sign === "\\") at++;
    else if (sign === quote || sign === "\n") return at + 1;
  }
  return text.length;
}

/** To behind the closing backtick, or behind the next `${` (then `open`). */
function templateEnd(text: string, from: number): { end: number; open: boolean } {
  for (let at = from; at < text.length; at++) {
    const sign = text.charAt(at);
    if (sign === "\\") at++;
    else if (sign === "`") return { end: at + 1, open: false };
    else if (sign === "$" && text.charAt(at + 1) === "{") return { end: at + 2, open: true };
  }
  return { end: text.length, open: false };
}

function opensRegex(previous: string): boolean {
  if (operatorWords.has(previous)) return true;
  return !/^[\p{ID_Start}$_\d)\]"]/u.test(previous);
}

/** Of `</p>` or `<br />`: JSX, where a slash opens nothing. */
function closesTag(text: string, at: number, previous: string): boolean {
  return previous === "<" || (text.charAt(at + 1) === ">" && previous === "}");
}

function regexEnd(text: string, from: number): number {
  let inClass = false;
  for (let at = from; at < text.length; at++) {
    const sign = text.charAt(at);
    if (sign === "\\") at++;
    else if (sign === "\n") return at;
    else if (sign === "[") inClass = true;
    else if (sign === "]") inClass = false;
    else if (sign === "/" && !inClass) return at + 1;
  }
  return text.length;
}

function findImports(code: string, strings: readonly Piece[]): Import[] {
  const found: Import[] = [];
  for (const string of strings) {
    const before = code.slice(Math.max(0, string.start - 4000), string.start).trimEnd();
    const base = { specifier: string.value, start: string.start };
    if (/\bfrom$/.test(before)) {
      const statement = /\b(?:import|export)\b(?!.*\b(?:import|export)\b)[^;]*\bfrom$/s.exec(before)?.[0];
      if (statement !== undefined) found.push({ ...base, typeOnly: isTypeOnly(statement), way: "static" });
    } else if (/\bimport$/.test(before)) found.push({ ...base, typeOnly: false, way: "static" });
    else if (/\b(?:import|require)\s*\($/.test(before)) found.push({ ...base, typeOnly: false, way: "load" });
    else if (/\bnew URL\s*\($/.test(before) && string.value.startsWith(".")) {
      found.push({ ...base, typeOnly: false, way: "url" });
    }
  }
  return found;
}

function isTypeOnly(statement: string): boolean {
  if (/^(?:import|export)\s+type\s+(?!from$)/.test(statement)) return true;
  const names = /^(?:import|export)\s*\{([^}]*)\}\s*from$/.exec(statement)?.[1]?.split(",") ?? [""];
  return names.every((name, index) => /^\s*type\s/.test(name) || (index > 0 && name.trim() === ""));
}
