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
  /** Each node that was made, and the element it was made of; the tree lives as long as the model does. */
  readonly made: [node: object, tree: XmlTree][];
  readonly warnings: Warning[];
}

const collapsed = new Set(["DateTime", "Duration", "Numeric", "Indicator", "token"]);
/** A row, as reading asks for it. */
interface Slot {
  readonly row: Row;
  readonly isList: boolean;
  /** Of a kind without a table. */
  readonly isLeaf: boolean;
  readonly isCollapsed: boolean;
}

interface Index {
  readonly byName: ReadonlyMap<string, Slot>;
  readonly text: Slot | undefined;
  /** Lists that are there though they may be empty in truth. */
  readonly lists: readonly Row[];
}

const indexes = new WeakMap<readonly Row[], Index>();

export function readTree(reader: TreeReader, tree: XmlTree, kind: string): Node {
  const index = indexOf(reader, kind);
  const node: Node = {};
  reader.made.push([node, tree]);
  readAttributes(tree, index, node);
  for (const child of tree.children) {
    const isOurs = child.namespace === reader.namespace || (child.namespace === "" && unqualifiedKinds.has(kind));
    const slot = isOurs ? index.byName.get(child.name) : undefined;
    if (slot === undefined || slot.row.place !== "element") keep(node, child);
    else put(reader, node, slot, child);
  }
  for (const row of index.lists) completeList(node, row);
  const { text } = index;
  if (text && (tree.text !== "" || text.row.cardinality === "1")) node["$"] = leafText(text, tree.text);
  return node;
}

function put(reader: TreeReader, node: Node, slot: Slot, child: XmlTree): void {
  const { row } = slot;
  const list = slot.isList ? ((node[row.field] as unknown[] | undefined) ?? []) : null; // made below
  const value = slot.isLeaf ? leafValue(reader, slot, child) : readTree(reader, child, row.kind);
  if (slot.isLeaf) keepAttributes(node, list ? `${row.field}/${list.length}` : row.field, child.attributes);
  if (list === null) node[row.field] = value;
  else if (list.push(value) === 1) node[row.field] = list;
}

function leafValue(reader: TreeReader, slot: Slot, child: XmlTree): string {
  const text = leafText(slot, child.text);
  if (slot.row.kind !== "Identifier" || text === text.trim()) return text;
  warn(reader, child, "identifier-padded", `"${text}" has blanks around it: read without them.`);
  return text.trim();
}

function leafText({ isCollapsed }: Slot, text: string): string {
  if (!isCollapsed) return text;
  const trimmed = text.trim();
  return /\s/.test(trimmed) ? trimmed.replace(/\s+/g, " ") : trimmed;
}

export function warn(reader: TreeReader, at: XmlTree, code: Warning["code"], message: string): void {
  if (reader.warnings.length < findingsMax) reader.warnings.push({ code, ...placeOf(at), message });
}

function readAttributes(tree: XmlTree, index: Index, node: Node): void {
  let others: Record<string, string> | undefined;
  for (const name in tree.attributes) {
    const value = tree.attributes[name] ?? "";
    const row = index.byName.get(name)?.row;
    if (row?.place === "attribute") node[row.field] = value;
    else if (!name.startsWith(`{${schemaInstance}}`)) (others ??= {})[name] = value;
  }
  if (others) keepAttributes(node, "", others);
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

function indexOf(reader: TreeReader, kind: string): Index {
  const rows = reader.rowsOf(kind) ?? [];
  let index = indexes.get(rows);
  if (index === undefined) {
    const slots = rows.map((row) => ({
      row,
      isList: isList(row.cardinality),
      isLeaf: reader.rowsOf(row.kind) === undefined,
      isCollapsed: collapsed.has(row.kind),
    }));
    index = {
      byName: new Map(slots.map((slot) => [slot.row.name, slot])),
      text: slots.find(({ row }) => row.place === "text"),
      lists: rows.filter(mayBeEmpty),
    };
    indexes.set(rows, index);
  }
  return index;
}
