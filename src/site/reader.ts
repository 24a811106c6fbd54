/**
 * Reads one YAML file and remembers the line and column of every part of it. What the content means is not known here.
 */
import { isMap, isSeq, parseDocument, type Document, type Node, type Pair, type YAMLError } from "yaml";
import type { Finding, Problem } from "./finding.ts";

/** A file's content together with the places of its parts. */
export interface SourceFile {
  readonly file: string;
  /** Plain data as YAML 1.2 reads it. */
  readonly content: unknown;
  /** Gives each problem its line and column. */
  place(problem: Problem): Finding;
}

export interface ReadFile {
  /** Null when the text cannot be read as YAML at all. */
  readonly source: SourceFile | null;
  readonly findings: readonly Finding[];
}

/** More than this is no site that a person maintains; it protects the check from a file put there by mistake. */
const textMax = 2_000_000;

export function readYaml(file: string, text: string): ReadFile {
  const at = (line: number, column: number, message: string): Finding => ({ file, line, column, message });
  if (text.length > textMax) {
    return { source: null, findings: [at(1, 1, `the file has ${text.length} characters; keep it below ${textMax}`)] };
  }
  const placeOf = positions(text);
  const document = parseDocument(text, { version: "1.2", uniqueKeys: true, prettyErrors: false, logLevel: "error" });
  const findings = telling(document).map((error) => {
    const { line, column } = placeOf(error.pos[0]);
    if (error.code === "DUPLICATE_KEY") return at(line, column, "this key is there twice; remove one of them");
    return at(line, column, `the text is no valid YAML here: ${error.message.replace(/\s+/g, " ")}; mend it`);
  });
  if (document.errors.length > 0) return { source: null, findings };
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/\s+/g, " ") : String(error);
    const message = `the aliases (*name) cannot be followed (${why}); write the values out`;
    return { source: null, findings: [...findings, at(1, 1, message)] };
  }
  if (holdsItself(content)) {
    return {
      source: null,
      findings: [...findings, at(1, 1, "an alias (*name) stands inside of what it names; write the values out")],
    };
  }
  const place = (problem: Problem): Finding => {
    const { line, column } = placeOf(offsetOf(document, problem));
    return at(line, column, problem.message);
  };
  return { source: { file, content, place }, findings };
}

/** An alias inside of its own anchor makes content without an end. */
function holdsItself(content: unknown, above: readonly unknown[] = []): boolean {
  if (typeof content !== "object" || content === null) return false;
  if (above.includes(content)) return true;
  const inside = [...above, content];
  return Object.values(content).some((part) => holdsItself(part, inside));
}

/** After the first mistake of grammar the others are mostly its echo; keys that are there twice are each a mistake. */
function telling(document: Document.Parsed): readonly YAMLError[] {
  const twice = document.errors.filter(({ code }) => code === "DUPLICATE_KEY");
  const [grammar] = document.errors.filter(({ code }) => code !== "DUPLICATE_KEY");
  return [...(grammar ? [grammar] : []), ...twice, ...document.warnings];
}

/** Line and column, from 1, of an offset. The library's own counter misses lines inside of broken text. */
function positions(text: string): (offset: number) => { readonly line: number; readonly column: number } {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  return (offset) => {
    const inside = Math.min(Math.max(offset, 0), text.length);
    const line = starts.findLastIndex((start) => start <= inside) + 1;
    return { line, column: inside - (starts[line - 1] ?? 0) + 1 };
  };
}

/**
 * The offset of what a problem is about. A part that is missing is placed at the key that should hold it: that is
 * where a person must write.
 */
function offsetOf(document: Document.Parsed, { path, about }: Problem): number {
  let node: Node | null = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, step] of path.entries()) {
    const isLast = depth === path.length - 1;
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find((item) => keyText(item) === String(step));
      if (!pair) return offset;
      offset = startOf(pair.key) ?? offset;
      node = asNode(pair.value);
      if (isLast && about === "value") return scalarStart(node) ?? offset;
    } else if (isSeq(node)) {
      node = asNode(node.items[Number(step)]);
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
}

/** A single value is pointed at itself, a map or list at the key that holds it. */
function scalarStart(node: Node | null): number | undefined {
  return isMap(node) || isSeq(node) ? undefined : startOf(node);
}

function keyText(pair: Pair): string | null {
  const { key } = pair;
  if (typeof key !== "object" || key === null || !("value" in key)) return null;
  // A key that was written without quotes may be a number; what counts is how it was written.
  return "source" in key && typeof key.source === "string" ? key.source : String(key.value);
}

function startOf(part: unknown): number | undefined {
  if (typeof part !== "object" || part === null || !("range" in part) || !Array.isArray(part.range)) return undefined;
  const start: unknown = part.range[0];
  return typeof start === "number" ? start : undefined;
}

function asNode(part: unknown): Node | null {
  // The parser builds the tree of its own nodes; a part with a range is one of them.
  return startOf(part) === undefined ? null : (part as Node);
}
