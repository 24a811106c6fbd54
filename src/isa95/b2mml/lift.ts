/**
 * Documents of V0401 and V0600 to 7.0.1, as trees: renamed by `older-name.ts`, put in today's order, and completed where
 * 7.0.1 demands what the older version left out. The rules of completion:
 *
 * - an ID that is missing is the element's name and its number among its like: `MaterialRequirement-2`; of a segment it
 *   is what the older document called it by (its product or process segment) where it did
 * - a segment's ProcessSegmentID and OperationsSegmentID are taken from each other, else from its ID; its
 *   OperationsDefinitionID is that of its request, else the request's ID
 * - a request without segments gets the one that it stands for itself
 * - whatever else is demanded and missing is called `none`, a value of a list `Other`
 * - a value that today's list does not have becomes `Other`, with the value as OtherValue
 * - a bill inside a product definition becomes the OperationsMaterialBill beside it, so that the document is then an
 *   OperationsDefinitionInformation; the definition names it
 */
import { dataAreaKind, rootKind, rowsUnder, type RowsOf } from "./envelope.ts";
import { findingsMax, type Warning } from "./finding.ts";
import { valuesOf } from "./information.ts";
import { rootOf, type Noun, type Root } from "./noun.ts";
import { olderNames, olderNamesAnywhere, olderNouns, type OlderName } from "./older-name.ts";
import { placeholderOf } from "./placeholder.ts";
import { isList, type Row } from "./row.ts";
import { childOf, placeOf, type XmlTree } from "./tree.ts";
import { namespaces, type Version } from "./version.ts";

export interface Lifted {
  readonly tree: XmlTree;
  readonly root: Root;
  readonly warnings: readonly Warning[];
}

/** A tree that grows; `origin` is the element that the sender wrote, whose place messages name. */
interface Growing extends XmlTree {
  children: Growing[];
  attributes: Record<string, string>;
  text: string;
  readonly parent: Growing | null;
}

interface Lift {
  readonly rowsOf: RowsOf;
  readonly version: Version;
  readonly warnings: Warning[];
}

const namespace = namespaces["7.0.1"];
const namesAnywhere: ReadonlyMap<string, string> = new Map(Object.entries(olderNamesAnywhere));
const nounsToday: ReadonlyMap<string, string> = new Map(Object.entries(olderNouns));

/** What a root of an older version is today; undefined when it has no successor that we know. */
export function olderRootOf(name: string): Root | undefined {
  const known = rootOf(name);
  if (known) return known;
  for (const [older, noun] of Object.entries(olderNouns)) {
    if (name.endsWith(older)) return rootOf(`${name.slice(0, -older.length)}${noun}`);
  }
  return undefined;
}

/** Whether a name is a root of the older versions alone. */
export function isOlderRoot(name: string): boolean {
  return rootOf(name) === undefined && olderRootOf(name) !== undefined;
}

/** Makes a 7.0.1 tree of a valid document of an older version. */
export function lift(tree: XmlTree, version: Version, root: Root): Lifted {
  const today = hasBill(tree) && root.noun === "OperationsDefinition" ? withNoun(root) : root;
  const state: Lift = { rowsOf: rowsUnder(today), version, warnings: [] };
  const source = today === root ? tree : gathered(tree);
  const name = `${today.verb ?? ""}${today.noun}`;
  return { tree: liftElement(state, source, name, rootKind(today), null), root: today, warnings: state.warnings };
}

function withNoun(root: Root): Root {
  const noun: Noun = "OperationsDefinitionInformation";
  return { verb: root.verb, noun };
}

function hasBill(tree: XmlTree): boolean {
  return tree.children.some((child) => bills.has(child.name) || hasBill(child));
}

const bills = new Set(["ManufacturingBill", "OperationsMaterialBill"]);

/** The same document with its definitions inside of one information, where their bills have a place. */
function gathered(tree: XmlTree): XmlTree {
  const around = (children: readonly XmlTree[], of: XmlTree): XmlTree => ({
    ...of,
    name: "ProductInformation",
    attributes: {},
    children,
    origin: of,
  });
  const area = childOf(tree, "DataArea");
  if (!area) return around([tree], tree);
  const verb = area.children.filter((child) => !child.name.endsWith("Definition"));
  const definitions = area.children.filter((child) => child.name.endsWith("Definition"));
  const whole = { ...area, children: [...verb, around(definitions, definitions[0] ?? area)], origin: area };
  return { ...tree, children: tree.children.map((child) => (child === area ? whole : child)), origin: tree };
}

function liftElement(state: Lift, source: XmlTree, name: string, kind: string, parent: Growing | null): Growing {
  const origin = source.origin ?? source;
  const tree: Growing = { name, namespace, attributes: {}, children: [], text: "", line: source.line, parent, origin };
  const rows = state.rowsOf(kind) ?? [];
  const index = new Map(rows.map((row) => [row.name, row]));
  for (const [key, value] of Object.entries(source.attributes)) if (index.has(key)) tree.attributes[key] = value;
  if (rows.some((row) => row.place === "text")) tree.text = source.text;
  for (const child of source.children) liftChild(state, tree, child, kind, index);
  complete(state, tree, kind, index);
  const order = new Map(rows.map((row, position) => [row.name, position]));
  tree.children = tree.children
    .map((child) => ({ child, position: order.get(child.name) ?? rows.length }))
    .sort((a, b) => a.position - b.position)
    .map(({ child }) => child);
  return tree;
}

function liftChild(state: Lift, tree: Growing, child: XmlTree, kind: string, index: ReadonlyMap<string, Row>): void {
  if (child.namespace !== (tree.origin ?? tree).namespace) {
    tell(state, child, "extension-left", `${child.name} is an extension of ${state.version}: 7.0.1 does not know it.`);
    tree.children.push({ ...child, attributes: { ...child.attributes }, children: [], parent: tree, origin: child });
    return;
  }
  if (bills.has(child.name) && kind === "OperationsDefinition") {
    liftBill(state, tree, child);
    return;
  }
  const rule = ruleOf(child.name, kind, index);
  const row = index.get(rule.name);
  const isTaken = row && !isList(row.cardinality) && tree.children.some((one) => one.name === row.name);
  const inner = rule.inner === undefined ? child : childOf(child, rule.inner);
  if (row?.place !== "element" || isTaken || !inner) {
    tell(state, child, "left-behind", `${child.name} has no place in 7.0.1 here: it is left out.`);
    return;
  }
  const lifted = state.rowsOf(row.kind) ? liftShape(state, inner, row, tree) : liftLeaf(inner, row, tree);
  tree.children.push(lifted);
  if (rule.use !== undefined) add(state, lifted, row.kind, "MaterialUse", rule.use);
}

function ruleOf(name: string, kind: string, index: ReadonlyMap<string, Row>): Exclude<OlderName, string> {
  const named: Readonly<Record<string, Readonly<Record<string, OlderName>> | undefined>> = olderNames;
  const own = named[kind] ?? {};
  const rule = Object.hasOwn(own, name) ? own[name] : undefined;
  if (rule !== undefined) return typeof rule === "string" ? { name: rule } : rule;
  const general = namesAnywhere.get(name) ?? (kind === dataAreaKind ? nounsToday.get(name) : undefined);
  if (!index.has(name) && index.has(`${name}Child`)) return { name: `${name}Child` };
  if (general !== undefined && !index.has(name)) return { name: general };
  if (name.endsWith("TestSpecificationID") && !index.has(name)) return { name: "TestSpecificationID" };
  return { name };
}

/** An element with a table of its own; where the older one was a bare identifier or a place, in today's shape. */
function liftShape(state: Lift, child: XmlTree, row: Row, parent: Growing): Growing {
  const hasId = state.rowsOf(row.kind)?.some(({ name }) => name === "ID");
  const isBare = hasId === true && child.children.length === 0 && child.text.trim() !== "";
  if (row.kind === "ResourceLocation") return liftPlace(state, child, row.name, parent);
  const lifted = liftElement(state, child, row.name, row.kind, parent);
  if (isBare) {
    lifted.children = lifted.children.filter((one) => one.name !== "ID");
    add(state, lifted, row.kind, "ID", child.text.trim());
    lifted.children.unshift(...lifted.children.splice(-1));
  }
  return lifted;
}

/** A place: an identifier of a storage location, or equipment inside equipment. */
function liftPlace(state: Lift, child: XmlTree, name: string, parent: Growing): Growing {
  const tree = liftElement(
    state,
    { ...child, children: [], origin: child.origin ?? child },
    name,
    "ResourceLocation",
    parent,
  );
  const equipment = childOf(child, "EquipmentID");
  add(state, tree, "ResourceLocation", "Location", (equipment ?? child).text.trim());
  add(state, tree, "ResourceLocation", "LocationType", equipment ? "Equipment" : "Operational Location ID");
  const inner = childOf(child, "Location") ?? childOf(child, "HierarchyScope");
  if (inner) tree.children.push(liftPlace(state, inner, "LocationChild", tree));
  return tree;
}

function liftLeaf(child: XmlTree, row: Row, parent: Growing): Growing {
  const tree = leaf(row.name, levelIn(child) ?? child.text, parent, child.origin ?? child);
  Object.assign(tree.attributes, child.attributes);
  const values = valuesOf(row.kind);
  if (values && !values.includes(tree.text) && values.includes("Other")) {
    tree.attributes["OtherValue"] = tree.text;
    tree.text = "Other";
  }
  return tree;
}

/** The level of the innermost equipment, where the older version had a whole scope for it. */
function levelIn(child: XmlTree): string | undefined {
  if (child.children.length === 0) return undefined;
  const inner = childOf(child, "HierarchyScope") ?? childOf(child, "Location");
  return (inner && levelIn(inner)) ?? childOf(child, "EquipmentElementLevel")?.text;
}

function liftBill(state: Lift, definition: Growing, child: XmlTree): void {
  const information = definition.parent;
  if (!information) return;
  const id = childOf(child, "ID")?.text ?? "";
  const isOlder = child.name === "ManufacturingBill";
  const source = isOlder ? { ...child, children: [childOf(child, "ID") ?? child, child], origin: child } : child;
  information.children.push(
    liftElement(state, source, "OperationsMaterialBill", "OperationsMaterialBill", information),
  );
  add(state, definition, "OperationsDefinition", "OperationsMaterialBillID", id);
}

/** Adds what 7.0.1 demands and the older version could leave out. */
function complete(state: Lift, tree: Growing, kind: string, index: ReadonlyMap<string, Row>): void {
  if (kind === "SegmentRequirement") completeSegment(state, tree);
  if (index.get("ID")?.cardinality === "1" && !has(tree, "ID")) {
    const number = (tree.parent?.children.filter((one) => one.name === tree.name).length ?? 0) + 1;
    fill(state, tree, kind, "ID", `${tree.name}-${number}`);
  }
  if (kind === "OperationsRequest" && !has(tree, "SegmentRequirement")) {
    const segment = liftElement(
      state,
      { ...bare(tree), name: "SegmentRequirement" },
      "SegmentRequirement",
      "SegmentRequirement",
      tree,
    );
    tree.children.push(segment);
  }
  if (kind === "SegmentRequirement") {
    const id = textOf(tree, "ID");
    fill(state, tree, kind, "ProcessSegmentID", textOf(tree, "OperationsSegmentID") || id);
    fill(state, tree, kind, "OperationsSegmentID", textOf(tree, "ProcessSegmentID") || id);
  }
  for (const row of index.values()) completeRow(state, tree, kind, row);
}

/** What is still missing is called `none`; lists that may be empty in truth are left to the writer. */
function completeRow(state: Lift, tree: Growing, kind: string, row: Row): void {
  const isDemanded = row.place === "element" && (row.cardinality === "1" || row.cardinality === "+");
  if (!isDemanded || has(tree, row.name) || placeholderOf(row.kind)) return;
  if (state.rowsOf(row.kind)) {
    tell(state, tree, "filled-in", `${tree.name} has no ${row.name}, which 7.0.1 demands: an empty one is put there.`);
    tree.children.push(liftElement(state, bare(tree), row.name, row.kind, tree));
    return;
  }
  const values = valuesOf(row.kind);
  fill(state, tree, kind, row.name, values ? (values.includes("Other") ? "Other" : (values[0] ?? "")) : "none");
}

/** Children stand before parents are complete, so a segment asks the document that was sent for its request. */
function completeSegment(state: Lift, tree: Growing): void {
  const called = textOf(tree, "OperationsSegmentID") || textOf(tree, "ProcessSegmentID");
  const siblings = tree.parent?.children.filter((one) => one.name === tree.name) ?? [];
  const isFree = called !== "" && siblings.every((one) => textOf(one, "ID") !== called);
  if (isFree) fill(state, tree, "SegmentRequirement", "ID", called);
  let request = tree.parent;
  while (request && request.name !== "OperationsRequest") request = request.parent;
  const source = request?.origin;
  const rule = source && (childOf(source, "ProductProductionRuleID") ?? childOf(source, "OperationsDefinitionID"));
  const number = request ? (request.parent?.children.filter((one) => one.name === request?.name).length ?? 0) + 1 : 1;
  const id = (source && childOf(source, "ID")?.text.trim()) || `OperationsRequest-${number}`;
  fill(state, tree, "SegmentRequirement", "OperationsDefinitionID", rule?.text.trim() || id);
}

function bare(tree: Growing): XmlTree {
  return { ...(tree.origin ?? tree), attributes: {}, children: [], text: "", origin: tree.origin ?? tree };
}

function fill(state: Lift, tree: Growing, kind: string, name: string, text: string): void {
  if (has(tree, name)) return;
  tell(state, tree, "filled-in", `${tree.name} has no ${name}, which 7.0.1 demands: "${text}" is put there.`);
  add(state, tree, kind, name, text);
}

function add(state: Lift, tree: Growing, kind: string, name: string, text: string): void {
  const rows = state.rowsOf(kind) ?? [];
  const position = rows.findIndex((row) => row.name === name);
  const later = new Set(rows.slice(position + 1).map((row) => row.name));
  const at = tree.children.findIndex((child) => later.has(child.name));
  tree.children.splice(at < 0 ? tree.children.length : at, 0, leaf(name, text, tree, tree.origin ?? tree));
}

function leaf(name: string, text: string, parent: Growing, origin: XmlTree): Growing {
  return { name, namespace, attributes: {}, children: [], text, line: origin.line, parent, origin };
}

function has(tree: Growing, name: string): boolean {
  return tree.children.some((child) => child.name === name);
}

function textOf(tree: Growing, name: string): string {
  return tree.children.find((child) => child.name === name)?.text.trim() ?? "";
}

function tell(state: Lift, at: XmlTree, code: Warning["code"], message: string): void {
  if (state.warnings.length < findingsMax) state.warnings.push({ code, ...placeOf(at), message });
}
