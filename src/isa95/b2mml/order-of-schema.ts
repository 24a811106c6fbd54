/** A tree in the order of the schema: JSON has none, and the judge of XML asks for it. */
import { unqualifiedKinds, type RowsOf } from "./envelope.ts";
import type { XmlTree } from "./tree.ts";

/** The same elements, each with `origin`, in the order of the rows; what no row names comes last. */
export function inOrder(tree: XmlTree, kind: string, rowsOf: RowsOf): XmlTree {
  const rows = rowsOf(kind) ?? [];
  const order = new Map(rows.map((row, index) => [row.name, { index, kind: row.kind }]));
  const children = tree.children
    .map((child) => ({ child, row: order.get(child.name) }))
    .sort((a, b) => (a.row?.index ?? rows.length) - (b.row?.index ?? rows.length))
    .map(({ child, row }) => (row ? inOrder(child, row.kind, rowsOf) : child))
    .map((child) => (unqualifiedKinds.has(kind) ? { ...child, namespace: "" } : child));
  return { ...tree, children, origin: tree };
}
