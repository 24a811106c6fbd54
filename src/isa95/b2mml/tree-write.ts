/** The information model to a tree, by the tables: fields in the order of the schema, what was kept after them. */
import type { RowsOf } from "./envelope.ts";
import { isList, type Row } from "./row.ts";
import type { Node } from "./tree-read.ts";
import type { XmlTree } from "./tree.ts";

export interface TreeWriter {
  readonly rowsOf: RowsOf;
  readonly namespace: string;
  /** Which of the elements that the model does not know are written into an element of that kind. */
  readonly keeps: (element: XmlTree, kind: string) => boolean;
}

/** A tree while its children are added. */
type Growing = XmlTree & { readonly children: XmlTree[]; readonly attributes: Record<string, string>; text: string };

export function writeTree(writer: TreeWriter, node: Node, name: string, kind: string, parent: XmlTree | null): XmlTree {
  const tree = element(writer, name, parent);
  Object.assign(tree.attributes, node.kept?.attributes?.[""]);
  for (const row of writer.rowsOf(kind) ?? []) writeField(writer, tree, node, row);
  for (const kept of node.kept?.elements ?? []) if (writer.keeps(kept, kind)) tree.children.push(adopted(kept, tree));
  return tree;
}

function writeField(writer: TreeWriter, tree: Growing, node: Node, row: Row): void {
  const value = node[row.field];
  if (value === undefined) return;
  if (row.place === "text") tree.text = String(value);
  else if (row.place === "attribute") tree.attributes[row.name] = String(value);
  else if (isList(row.cardinality)) {
    // a list of the model is an array; anything else would have been refused by its type
    for (const [index, one] of (value as readonly unknown[]).entries()) {
      writeElement(writer, tree, node, row, `${row.field}/${index}`, one);
    }
  } else writeElement(writer, tree, node, row, row.field, value);
}

function writeElement(writer: TreeWriter, tree: Growing, node: Node, row: Row, key: string, value: unknown): void {
  if (typeof value === "object" && value !== null) {
    // a value that is no text is a node of the table that its row names
    tree.children.push(writeTree(writer, value as Node, row.name, row.kind, tree));
    return;
  }
  const leaf = element(writer, row.name, tree);
  leaf.text = String(value);
  Object.assign(leaf.attributes, node.kept?.attributes?.[key]);
  tree.children.push(leaf);
}

function element(writer: TreeWriter, name: string, parent: XmlTree | null): Growing {
  return { name, namespace: writer.namespace, attributes: {}, children: [], text: "", line: 0, parent };
}

function adopted(kept: XmlTree, parent: XmlTree): XmlTree {
  return { ...kept, parent };
}
