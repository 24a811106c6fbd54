/**
 * A tree as XML text: as people read it, or as the schema's judge reads it: without a blank more than there is, and, when
 * it has complained, one element on each line, so that the line of a complaint is the number of the element.
 */
import { schemaInstance, type XmlTree } from "./tree.ts";

/** Indented by two blanks, with the XML declaration; UTF-8. */
export function printXml(tree: XmlTree): string {
  const print: Print = {
    out: '<?xml version="1.0" encoding="UTF-8"?>\n',
    step: "  ",
    breaks: false,
    from: null,
    to: "",
  };
  printElement(print, tree, "", "\n");
  return `${print.out}\n`;
}

/**
 * All in one line, but for the breaks in texts.
 *
 * @param renamed a namespace to be written as another, for senders who spell theirs in a way of their own
 */
export function printFlat(tree: XmlTree, renamed: { readonly from: string; readonly to: string }): string {
  const print: Print = { out: "", step: "", breaks: false, ...renamed };
  printElement(print, tree, "", "");
  return print.out;
}

/** Every opening tag begins on a line of its own: the root on line 1, the n-th element of the document on line n. */
export function printLines(tree: XmlTree, renamed: { readonly from: string; readonly to: string }): string {
  const print: Print = { out: "", step: "", breaks: true, ...renamed };
  printElement(print, tree, "", "\n");
  return print.out;
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
  out: string;
  readonly step: string;
  /** Whether line breaks inside of texts are written as references, so that lines are counted by elements alone. */
  readonly breaks: boolean;
  readonly from: string | null;
  readonly to: string;
}

/** @param around the default namespace in force */
function printElement(print: Print, tree: XmlTree, around: string, margin: string): void {
  const namespace = print.from === tree.namespace ? print.to : tree.namespace;
  print.out += `<${tree.name}`;
  if (namespace !== around) print.out += ` xmlns="${escapeAttribute(namespace)}"`;
  if (tree.prefixes) {
    for (const [prefix, held] of Object.entries(tree.prefixes)) {
      if (prefix !== "") print.out += ` xmlns:${prefix}="${escapeAttribute(held)}"`;
    }
  }
  printAttributes(print, tree);
  const content = tree.mixed ?? tree.children;
  if (content.length === 0) {
    print.out += tree.text === "" ? "/>" : `>${escapeText(tree.text, print.breaks)}</${tree.name}>`;
    return;
  }
  print.out += ">";
  const inner = margin + print.step;
  for (const piece of content) {
    if (typeof piece === "string") {
      print.out += escapeText(piece, print.breaks);
      continue;
    }
    if (print.breaks || !tree.mixed) print.out += inner;
    printElement(print, piece, namespace, inner);
  }
  print.out += print.breaks || tree.mixed ? `</${tree.name}>` : `${margin}</${tree.name}>`;
}

/** Prefixes that everybody writes. */
const usual: ReadonlyMap<string, string> = new Map([
  [schemaInstance, "xsi"],
  ["http://www.w3.org/XML/1998/namespace", "xml"],
]);

function printAttributes(print: Print, tree: XmlTree): void {
  let count = 0;
  for (const key in tree.attributes) {
    const value = tree.attributes[key] ?? "";
    const [, namespace, name] = (key.startsWith("{") && /^\{(.*)\}(.*)$/.exec(key)) || [];
    if (namespace === undefined || name === undefined) {
      print.out += ` ${key}="${escapeAttribute(value)}"`;
      continue;
    }
    const known = Object.entries(tree.prefixes ?? {}).find(([prefix, held]) => prefix !== "" && held === namespace);
    count += 1;
    const prefix = known?.[0] ?? usual.get(namespace) ?? `n${count}`;
    if (!known && prefix !== "xml") print.out += ` xmlns:${prefix}="${escapeAttribute(namespace)}"`;
    print.out += ` ${prefix}:${name}="${escapeAttribute(value)}"`;
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
