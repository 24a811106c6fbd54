/**
 * B2MML-JSON text to the same tree that XML becomes: `@name` is an attribute, `$` an element's own text, an array
 * repeats its element, null is an element that is nil. Numbers keep their digits: nothing passes through a float.
 * @source MESA B2MML-JSON 7.0.1, the convention of XMLSpy that its schema follows
 */
import { ok, type Result } from "../../base/result.ts";
import { faultOf, refusals } from "./finding.ts";
import type { Limits } from "./limit.ts";
import { forbiddenAt, nilAttribute, type XmlTree } from "./tree.ts";
import { namespaces } from "./version.ts";

interface Growing extends XmlTree {
  attributes: Record<string, string>;
  children: Growing[];
  text: string;
}

interface Scan {
  readonly text: string;
  readonly limits: Limits;
  position: number;
  line: number;
  counted: number;
  elements: number;
  /** Names from the root, for messages. */
  readonly path: string[];
}

type Reason = (typeof refusals)[keyof typeof refusals];

/** What stops a scan: caught by `scanJson`, the only way in. */
class Refusal extends Error {
  readonly reason: Reason;
  constructor(reason: Reason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * Reads `{"ProcessOperationsSchedule": {…}}`.
 *
 * @fault invalid b2mml/malformed                         no JSON, or not one root
 * @fault invalid b2mml/too-deep b2mml/too-many b2mml/too-long
 */
export function scanJson(text: string, file: string, limits: Limits): Result<XmlTree> {
  const scan: Scan = { text, limits, position: 0, line: 1, counted: 0, elements: 0, path: [] };
  try {
    return ok(rootElement(scan));
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    const path = scan.path.map((name) => `/${name}`).join("");
    const { reason, message } = refusal;
    return { ok: false, fault: faultOf(file, [{ ...reason, line: lineAt(scan), path, message }]) };
  }
}

function rootElement(scan: Scan): XmlTree {
  expect(scan, "{");
  const name = string(scan);
  expect(scan, ":");
  const [root] = elements(scan, name, null);
  if (peek(scan) !== "}")
    stop(refusals.malformed, `The document should end after "${name}": B2MML in JSON is {"Noun": {…}}. Is this one?`);
  scan.position += 1;
  skip(scan);
  if (scan.position < scan.text.length) stop(refusals.malformed, "Something follows the end of the document.");
  if (!root) stop(refusals.malformed, "The root is an empty list.");
  return root;
}

/** The element, or the elements of an array, that a member stands for. */
function elements(scan: Scan, name: string, parent: Growing | null): Growing[] {
  if (!/^[A-Za-z_][\w.-]*$/.test(name)) stop(refusals.malformed, `"${name}" is no name of an element.`);
  if (peek(scan) !== "[") return [element(scan, name, parent)];
  const all: Growing[] = [];
  list(scan, "[", "]", () => all.push(element(scan, name, parent)));
  if (parent === null && all.length > 1) stop(refusals.malformed, "There is more than one root.");
  return all;
}

function element(scan: Scan, name: string, parent: Growing | null): Growing {
  scan.elements += 1;
  if (scan.elements > scan.limits.elementsMax) {
    stop(refusals.tooMany, `More than ${scan.limits.elementsMax} elements: send it in parts.`);
  }
  if (scan.path.length >= scan.limits.depthMax) {
    stop(refusals.tooDeep, `Elements stand more than ${scan.limits.depthMax} deep.`);
  }
  scan.path.push(name);
  skip(scan);
  const line = lineAt(scan);
  const namespace = namespaces["7.0.1"];
  const tree: Growing = { name, namespace, attributes: {}, children: [], text: "", line, parent };
  if (peek(scan) === "{") {
    const seen = new Set<string>();
    list(scan, "{", "}", () => member(scan, tree, seen));
  } else {
    const value = scalar(scan);
    if (value === null) tree.attributes[nilAttribute] = "true";
    else tree.text = value;
  }
  scan.path.pop();
  return tree;
}

function member(scan: Scan, tree: Growing, seen: Set<string>): void {
  const key = string(scan);
  if (seen.has(key)) stop(refusals.malformed, `"${key}" stands twice in one object.`);
  seen.add(key);
  expect(scan, ":");
  if (key === "$") tree.text = scalar(scan) ?? "";
  else if (key.startsWith("@")) {
    if (!/^@[A-Za-z_][\w.-]*$/.test(key)) stop(refusals.malformed, `"${key}" is no name of an attribute.`);
    tree.attributes[key.slice(1)] = scalar(scan) ?? "";
  } else tree.children.push(...elements(scan, key, tree));
}

/** Items between brackets, with commas between them. */
function list(scan: Scan, open: string, close: string, item: () => void): void {
  expect(scan, open);
  if (peek(scan) === close) {
    scan.position += 1;
    return;
  }
  for (;;) {
    item();
    const next = peek(scan);
    scan.position += 1;
    if (next === close) return;
    if (next !== ",") stop(refusals.malformed, `"," or "${close}" is expected here.`);
  }
}

/** A text, the digits of a number, true or false; null for null. */
function scalar(scan: Scan): string | null {
  if (peek(scan) === '"') return string(scan);
  const found = match(scan, /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y);
  if (found === undefined) stop(refusals.malformed, "A text, a number, true, false or null is expected here.");
  return found === "null" ? null : found;
}

function string(scan: Scan): string {
  skip(scan);
  const found = match(scan, /"(?:[^"\\]|\\.)*"/y);
  if (found === undefined) stop(refusals.malformed, "A text in quotes is expected here.");
  if (found.length > scan.limits.textMax) {
    stop(refusals.tooLong, `A text of more than ${scan.limits.textMax} characters.`);
  }
  const value = unquoted(found);
  if (value === null) stop(refusals.malformed, "A text with an escape that JSON does not know, or a line break.");
  if (forbiddenAt(value) >= 0) {
    stop(refusals.malformed, "A character that XML does not allow: take it out.");
  }
  return value;
}

function unquoted(text: string): string | null {
  try {
    // what begins and ends with a quote is a text, if it is JSON at all
    return JSON.parse(text) as string;
  } catch {
    return null;
  }
}

function match(scan: Scan, pattern: RegExp): string | undefined {
  pattern.lastIndex = scan.position;
  const found = pattern.exec(scan.text)?.[0];
  scan.position += found?.length ?? 0;
  return found;
}

function expect(scan: Scan, sign: string): void {
  if (peek(scan) !== sign) stop(refusals.malformed, `"${sign}" is expected here.`);
  scan.position += 1;
}

function peek(scan: Scan): string {
  skip(scan);
  return scan.text.charAt(scan.position);
}

function skip(scan: Scan): void {
  for (;;) {
    const code = scan.text.charCodeAt(scan.position);
    if (code !== 32 && code !== 9 && code !== 10 && code !== 13) return;
    scan.position += 1;
  }
}

function lineAt(scan: Scan): number {
  for (;;) {
    const next = scan.text.indexOf("\n", scan.counted);
    if (next < 0 || next >= scan.position) return scan.line;
    scan.line += 1;
    scan.counted = next + 1;
  }
}

function stop(reason: Reason, message: string): never {
  throw new Refusal(reason, message);
}
