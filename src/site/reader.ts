/**
 * Reads one YAML file and remembers the line and column of every part of it. What the content means is not known here.
 */
import { isMap, isSeq, LineCounter, parseDocument, type Document, type Node, type Pair } from "yaml";
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
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: "1.2", uniqueKeys: true, prettyErrors: false });
  const findings = [...document.errors, ...document.warnings].map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return at(line, col, `the text is no valid YAML here: ${error.message.replace(/\s+/g, " ")}`);
  });
  if (document.errors.length > 0) return { source: null, findings };
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch {
    return { source: null, findings: [...findings, at(1, 1, "the aliases (*name) refer too often; write values out")] };
  }
  const place = (problem: Problem): Finding => {
    const { line, col } = lines.linePos(offsetOf(document, problem));
    return at(Math.max(line, 1), Math.max(col, 1), problem.message);
  };
  return { source: { file, content, place }, findings };
}

/**
 * The offset of what a problem is about. A part that is missing is placed at the key that should hold it: that is
 * where a person must write.
 */
function offsetOf(document: Document.Parsed, { path, about }: Problem): number {
  let node: Node | null = document.contents;
  let offset = 0;
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
