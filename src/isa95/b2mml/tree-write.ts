/** The information model to a tree, by the tables: fields in the order of the schema, what was kept after them. */
import { unqualifiedKinds, type RowsOf } from "./envelope.ts";
import { placeholderOf } from "./placeholder.ts";
import { isList, type Row } from "./row.ts";
import type { Node } from "./information.ts";
import type { XmlTree } from "./tree.ts";

export interface TreeWriter {
  readonly rowsOf: RowsOf;
  readonly namespace: string;
  /** Which of the elements that the model does not know are written into an element of that kind. */
  readonly keeps: (element: XmlTree, kind: string) => boolean;
}

/** A tree while its children are added. */
type Growing = XmlTree & { readonly children: XmlTree[]; readonly attributes: Record<string, string>; text: string };

export function writeTree(writer: TreeWriter, node: Node, name: string, kind: string): XmlTree {
  return writeNode({ ...writer, kind: "" }, node, kind, element(name, writer.namespace, null));
}

/** A writer inside of an element of that kind. */
type Inside = TreeWriter & { readonly kind: string };

function writeNode(around: Inside, node: Node, kind: string, tree: Growing): XmlTree {
  const writer: Inside = { ...around, kind };
  Object.assign(tree.attributes, node.kept?.attributes?.[""]);
  for (const row of writer.rowsOf(kind) ?? []) writeField(writer, tree, node, row);
  for (const kept of node.kept?.elements ?? []) if (writer.keeps(kept, kind)) tree.children.push(adopted(kept, tree));
  return tree;
}

function writeField(writer: Inside, tree: Growing, node: Node, row: Row): void {
  const value = node[row.field];
  if (value === undefined) return;
  if (row.place === "text") tree.text = String(value);
  else if (row.place === "attribute") tree.attributes[row.name] = String(value);
  else if (isList(row.cardinality)) {
    // a list of the model is an array; anything else would have been refused by its type
    const list = value as readonly unknown[];
    const nothing = list.length === 0 && row.cardinality === "+" ? placeholderOf(row.kind) : undefined;
    for (const [index, one] of (nothing ? [nothing] : list).entries()) {
      writeElement(writer, tree, node, row, `${row.field}/${index}`, one);
    }
  } else writeElement(writer, tree, node, row, row.field, value);
}

function writeElement(writer: Inside, tree: Growing, node: Node, row: Row, key: string, value: unknown): void {
  const child = element(row.name, unqualifiedKinds.has(writer.kind) ? "" : writer.namespace, tree);
  tree.children.push(child);
  if (typeof value === "object" && value !== null) {
    // a value that is no text is a node of the table that its row names
    writeNode(writer, value as Node, row.kind, child);
    return;
  }
  child.text = String(value);
  Object.assign(child.attributes, node.kept?.attributes?.[key]);
}

function element(name: string, namespace: string, parent: XmlTree | null): Growing {
  return { name, namespace, attributes: {}, children: [], text: "", line: 0, parent };
}

function adopted(kept: XmlTree, parent: XmlTree): XmlTree {
  return { ...kept, parent };
}
