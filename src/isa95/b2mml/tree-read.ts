/**
 * A tree to the information model, by the tables. Which version the tree came from is the reader's argument: it says
 * what an older element is called today. What no row names is kept.
 */
import type { Node } from "./information.ts";
import { unqualifiedKinds, type RowsOf } from "./envelope.ts";
import type { Warning } from "./finding.ts";
import { findingsMax } from "./finding.ts";
import { completeList, mayBeEmpty } from "./placeholder.ts";
import { isList, type Row } from "./row.ts";
import { schemaInstance, type XmlTree, placeOf } from "./tree.ts";

export interface TreeReader {
  readonly rowsOf: RowsOf;
  /** Of everything that the model knows. */
  readonly namespace: string;
  /** Where each node stood; the tree lives as long as the model does. */
  readonly places: Map<object, XmlTree>;
  readonly warnings: Warning[];
}

const collapsed = new Set(["DateTime", "Duration", "Numeric", "Indicator", "token"]);
/** The rows of a kind, as reading asks for them. */
interface Index {
  readonly byName: ReadonlyMap<string, Row>;
  readonly text: Row | undefined;
  /** Lists that are there though they may be empty in truth. */
  readonly lists: readonly Row[];
}

const indexes = new WeakMap<readonly Row[], Index>();

export function readTree(reader: TreeReader, tree: XmlTree, kind: string): Node {
  const index = indexOf(reader.rowsOf(kind) ?? []);
  const node: Node = {};
  reader.places.set(node, tree);
  readAttributes(tree, index, node);
  for (const child of tree.children) {
    const isOurs = child.namespace === reader.namespace || (child.namespace === "" && unqualifiedKinds.has(kind));
    const row = isOurs ? index.byName.get(child.name) : undefined;
    if (row === undefined || row.place !== "element") keep(node, child);
    else put(reader, node, row, child);
  }
  for (const row of index.lists) completeList(node, row);
  const { text } = index;
  if (text && (tree.text !== "" || text.cardinality === "1")) node["$"] = leafText(text, tree.text);
  return node;
}

function put(reader: TreeReader, node: Node, row: Row, child: XmlTree): void {
  const list = isList(row.cardinality) ? ((node[row.field] as unknown[] | undefined) ?? []) : null; // made below
  const isLeaf = reader.rowsOf(row.kind) === undefined;
  const value = isLeaf ? leafValue(reader, row, child) : readTree(reader, child, row.kind);
  if (isLeaf) keepAttributes(node, list ? `${row.field}/${list.length}` : row.field, child.attributes);
  if (list === null) node[row.field] = value;
  else if (list.push(value) === 1) node[row.field] = list;
}

function leafValue(reader: TreeReader, row: Row, child: XmlTree): string {
  const text = leafText(row, child.text);
  if (row.kind !== "Identifier" || text === text.trim()) return text;
  warn(reader, child, "identifier-padded", `"${text}" has blanks around it: read without them.`);
  return text.trim();
}

function leafText(row: Row, text: string): string {
  if (!collapsed.has(row.kind)) return text;
  const trimmed = text.trim();
  return /\s/.test(trimmed) ? trimmed.replace(/\s+/g, " ") : trimmed;
}

export function warn(reader: TreeReader, at: XmlTree, code: Warning["code"], message: string): void {
  if (reader.warnings.length < findingsMax) reader.warnings.push({ code, ...placeOf(at), message });
}

function readAttributes(tree: XmlTree, index: Index, node: Node): void {
  const others: Record<string, string> = {};
  for (const name in tree.attributes) {
    const value = tree.attributes[name] ?? "";
    const row = index.byName.get(name);
    if (row?.place === "attribute") node[row.field] = value;
    else if (!name.startsWith(`{${schemaInstance}}`)) others[name] = value;
  }
  keepAttributes(node, "", others);
}

function keepAttributes(node: Node, key: string, attributes: Readonly<Record<string, string>>): void {
  for (const _ in attributes) {
    node.kept = { ...node.kept, attributes: { ...node.kept?.attributes, [key]: attributes } };
    return;
  }
}

/** Keeps an element that no row names, with the prefixes that its values may speak of. */
export function keep(node: Node, tree: XmlTree): void {
  const prefixes: Record<string, string> = {};
  for (let at: XmlTree | null = tree.origin ?? tree; at; at = at.parent) {
    for (const [prefix, namespace] of Object.entries(at.prefixes ?? {})) prefixes[prefix] ??= namespace;
  }
  delete prefixes[""];
  const alone = detached(tree.origin ?? tree, prefixes);
  node.kept = { ...node.kept, elements: [...(node.kept?.elements ?? []), alone] };
}

/** The same without parent and places, so that equal content is equal. */
function detached(tree: XmlTree, prefixes?: Readonly<Record<string, string>>): XmlTree {
  const { name, namespace, attributes, text, mixed } = tree;
  return {
    name,
    namespace,
    attributes,
    children: tree.children.map((child) => detached(child, child.prefixes)),
    text,
    line: 0,
    parent: null,
    ...(mixed && {
      mixed: mixed.map((piece) => (typeof piece === "string" ? piece : detached(piece, piece.prefixes))),
    }),
    ...(prefixes && Object.keys(prefixes).length > 0 && { prefixes }),
  };
}

function indexOf(rows: readonly Row[]): Index {
  let index = indexes.get(rows);
  if (index === undefined) {
    index = {
      byName: new Map(rows.map((row) => [row.name, row])),
      text: rows.find(({ place }) => place === "text"),
      lists: rows.filter(mayBeEmpty),
    };
    indexes.set(rows, index);
  }
  return index;
}
