/**
 * A tree as XML text: as people read it, or as the schema's judge reads it, one element on each line, so that the line
 * of a complaint is the number of the element.
 */
import { schemaInstance, type XmlTree } from "./tree.ts";

/** Indented by two blanks, with the XML declaration; UTF-8. */
export function printXml(tree: XmlTree): string {
  const out: string[] = ['<?xml version="1.0" encoding="UTF-8"?>\n'];
  print(tree, { namespace: "", out, margin: "\n", step: "  ", breaks: false });
  return `${out.join("")}\n`;
}

/**
 * Every opening tag begins on a line of its own: the root on line 1, the n-th element of the document on line n.
 *
 * @param renamed a namespace to be written as another, for senders who spell theirs in a way of their own
 */
export function printLines(tree: XmlTree, renamed?: { readonly from: string; readonly to: string }): string {
  const out: string[] = [];
  print(tree, { namespace: "", out, margin: "\n", step: "", breaks: true, ...(renamed && { renamed }) });
  return out.join("");
}

/** The elements in the order in which `printLines` prints them. */
export function elementsOf(tree: XmlTree): XmlTree[] {
  const all: XmlTree[] = [];
  const visit = (one: XmlTree): void => {
    all.push(one);
    one.children.forEach(visit);
  };
  visit(tree);
  return all;
}

interface Print {
  /** The default namespace in force. */
  readonly namespace: string;
  readonly out: string[];
  readonly margin: string;
  readonly step: string;
  /** Whether line breaks inside of texts are written as references. */
  readonly breaks: boolean;
  readonly renamed?: { readonly from: string; readonly to: string };
}

function print(tree: XmlTree, how: Print): void {
  const { out } = how;
  out.push(`<${tree.name}`);
  const { renamed } = how;
  const namespace = renamed?.from === tree.namespace ? renamed.to : tree.namespace;
  if (namespace !== how.namespace) out.push(` xmlns="${escapeAttribute(namespace)}"`);
  for (const [prefix, held] of Object.entries(tree.prefixes ?? {})) {
    if (prefix !== "") out.push(` xmlns:${prefix}="${escapeAttribute(held)}"`);
  }
  printAttributes(tree, out);
  const content = tree.mixed ?? tree.children;
  if (content.length === 0 && tree.text === "") {
    out.push("/>");
    return;
  }
  out.push(">");
  if (content.length === 0) out.push(escapeText(tree.text, how.breaks));
  const inner: Print = { ...how, namespace, margin: how.margin + how.step };
  for (const piece of content) {
    if (typeof piece === "string") {
      out.push(escapeText(piece, how.breaks));
      continue;
    }
    if (!tree.mixed || how.breaks) out.push(inner.margin);
    print(piece, inner);
  }
  if (content.length > 0 && !tree.mixed && !how.breaks) out.push(how.margin);
  out.push(`</${tree.name}>`);
}

/** Prefixes that everybody writes. */
const usual: ReadonlyMap<string, string> = new Map([
  [schemaInstance, "xsi"],
  ["http://www.w3.org/XML/1998/namespace", "xml"],
]);

function printAttributes(tree: XmlTree, out: string[]): void {
  let count = 0;
  for (const [key, value] of Object.entries(tree.attributes)) {
    const [, namespace, name] = /^\{(.*)\}(.*)$/.exec(key) ?? [];
    if (namespace === undefined || name === undefined) {
      out.push(` ${key}="${escapeAttribute(value)}"`);
      continue;
    }
    const known = Object.entries(tree.prefixes ?? {}).find(([prefix, held]) => prefix !== "" && held === namespace);
    count += 1;
    const prefix = known?.[0] ?? usual.get(namespace) ?? `n${count}`;
    if (!known && prefix !== "xml") out.push(` xmlns:${prefix}="${escapeAttribute(namespace)}"`);
    out.push(` ${prefix}:${name}="${escapeAttribute(value)}"`);
  }
}

function escapeText(text: string, breaks: boolean): string {
  const escaped = /[&<>\r]/.test(text)
    ? text.replace(/[&<>\r]/g, (one) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[one] ?? "&#13;")
    : text;
  return breaks && escaped.includes("\n") ? escaped.replace(/\n/g, "&#10;") : escaped;
}

function escapeAttribute(text: string): string {
  return /[&<"\t\n\r]/.test(text)
    ? text.replace(
        /[&<"\t\n\r]/g,
        (one) => ({ "&": "&amp;", "<": "&lt;", '"': "&quot;" })[one] ?? `&#${one.charCodeAt(0)};`,
      )
    : text;
}
