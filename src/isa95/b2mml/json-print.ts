/**
 * A 7.0.1 tree as B2MML-JSON: the tables say which elements are lists and which values are numbers or true and false.
 * Elements that no row names cannot be said in JSON, whose schema allows none; they are left out.
 */
import { rootKind, rowsUnder, type RowsOf } from "./envelope.ts";
import type { Root } from "./noun.ts";
import { isList, type Row } from "./row.ts";
import { nilAttribute, type XmlTree } from "./tree.ts";

/** Text of a number that JSON can carry as it is. */
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** Indented JSON text; numbers keep their digits. */
export function printJson(tree: XmlTree, root: Root): string {
  const content = object(tree, rootKind(root), rowsUnder(root), "  ");
  return `{\n  ${JSON.stringify(tree.name)}: ${content}\n}\n`;
}

function object(tree: XmlTree, kind: string, rowsOf: RowsOf, margin: string): string {
  const members = attributes(tree);
  const inner = `${margin}  `;
  if (tree.text !== "") members.push(`"$": ${JSON.stringify(tree.text)}`);
  const byName = Map.groupBy(tree.children, (child) => child.name);
  for (const row of rowsOf(kind) ?? []) {
    const alike = byName.get(row.name);
    if (!alike || row.place !== "element") continue;
    const written = alike.map((child) => value(child, row, rowsOf, isList(row.cardinality) ? `${inner}  ` : inner));
    const text = isList(row.cardinality) ? `[\n${inner}  ${written.join(`,\n${inner}  `)}\n${inner}]` : written[0];
    members.push(`${JSON.stringify(row.name)}: ${text}`);
  }
  return members.length === 0 ? "{}" : `{\n${inner}${members.join(`,\n${inner}`)}\n${margin}}`;
}

function value(tree: XmlTree, row: Row, rowsOf: RowsOf, margin: string): string {
  if (rowsOf(row.kind) !== undefined) return object(tree, row.kind, rowsOf, margin);
  if (tree.attributes[nilAttribute] === "true") return "null";
  const text = scalar(tree.text, row.kind);
  const members = attributes(tree);
  return members.length === 0 ? text : `{${[...members, `"$": ${text}`].join(", ")}}`;
}

function scalar(text: string, kind: string): string {
  if (kind === "Numeric" && jsonNumber.test(text)) return text;
  if (kind === "Indicator" && (text === "true" || text === "false")) return text;
  return JSON.stringify(text);
}

function attributes(tree: XmlTree): string[] {
  return Object.entries(tree.attributes)
    .filter(([name]) => !name.startsWith("{"))
    .map(([name, text]) => `${JSON.stringify(`@${name}`)}: ${JSON.stringify(text)}`);
}
