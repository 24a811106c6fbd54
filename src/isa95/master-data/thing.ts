/**
 * Things of master data as what is said of them, field by field, and back: so that each field can have an owner. A
 * property is a field of its own. What a site has added to the standard is left out.
 */
import type { Document } from "../b2mml/document.ts";
import { rowsOf, type Information, type Kept, type Node } from "../b2mml/information.ts";
import { carriedBy, fieldsOf, isMasterNoun, masterNoun, plantIn, type MasterNounName } from "./noun.ts";

/** What tells one thing from every other. */
export interface ThingKey {
  readonly noun: MasterNounName;
  /** Of the things of one plant, as the ERP calls it; empty for what is the same in all. */
  readonly plant: string;
  /** The material of a lot, the lot of a sublot, the ERP of a person; empty where an ID stands for itself. */
  readonly within: string;
  readonly id: string;
  /** Empty where there is one, and for nouns of which versions are no things of their own. */
  readonly version: string;
}

/** The value of a field as B2MML spells it, with the attributes of its texts. */
export interface FieldValue {
  readonly value: unknown;
  /** By field, or `field/index` in a list, as in `Kept`. */
  readonly attributes?: NonNullable<Kept["attributes"]>;
}

/** A field as it is held. */
export interface HeldField extends FieldValue {
  /** Who has stated it. */
  readonly source: string;
}

/** By name: `Description`, or `MaterialDefinitionProperty/Color`. `ID` says that there is such a thing. */
export type Fields = ReadonlyMap<string, FieldValue>;

export interface StatedThing {
  readonly key: ThingKey;
  readonly fields: Fields;
  /** The nodes of the document by field, for its place; `ID` is the thing itself. */
  readonly nodes: ReadonlyMap<string, object>;
  /** What it is said to be part of; null when it stands alone. */
  readonly partOf: string | null;
}

/** One text for each key. */
export function keyText({ noun, plant, within, id, version }: ThingKey): string {
  return [noun, plant, within, id, version].join("\u001f");
}

/** The field without the property that it is of. */
export function baseField(field: string): string {
  return field.split("/", 1)[0] ?? field;
}

/** @param erp  who says it: people have their numbers there */
export function statedIn(document: Document, erp: string): readonly StatedThing[] {
  const { noun } = document;
  // the content of a document is of its noun
  const content = document.content as readonly Node[];
  if (isMasterNoun(noun)) return content.flatMap((node) => statedBy(noun, node, { erp, plant: "", partOf: null }));
  return content.flatMap((node) => {
    const plant = plantIn(scopeOf(node));
    return carriedBy(noun).flatMap((name) =>
      listOf(node, name).flatMap((one) => statedBy(name, one, { erp, plant, partOf: null })),
    );
  });
}

interface Around {
  readonly erp: string;
  readonly plant: string;
  readonly partOf: string | null;
}

function statedBy(noun: MasterNounName, node: Node, around: Around): readonly StatedThing[] {
  const rule = masterNoun(noun);
  const id = textOf(node["ID"]);
  const plant = plantIn(scopeOf(node)) || around.plant;
  const within = noun === "Person" ? around.erp : rule.within === null ? "" : textOf(node[rule.within]);
  const fields = new Map<string, FieldValue>([["ID", { value: id }]]);
  const nodes = new Map<string, object>([["ID", node]]);
  for (const name of fieldsOf(noun)) {
    const value = node[name];
    if (value === undefined) continue;
    if (name !== rule.properties) {
      fields.set(name, fieldValue(node, name, value));
      continue;
    }
    for (const property of listOf(node, name)) {
      const field = `${name}/${textOf(property["ID"])}`;
      fields.set(field, { value: plain(property) });
      nodes.set(field, property);
    }
  }
  const key: ThingKey = {
    noun,
    plant: rule.isOfPlant ? plant : "",
    within,
    id,
    version: rule.isVersioned ? textOf(node["Version"]) : "",
  };
  const parts = rule.parts === null ? [] : listOf(node, rule.parts);
  return [
    { key, fields, nodes, partOf: around.partOf },
    ...parts.flatMap((part) => statedBy(noun, part, { ...around, plant, partOf: id })),
  ];
}

function fieldValue(node: Node, name: string, value: unknown): FieldValue {
  const attributes = Object.entries(node.kept?.attributes ?? {}).filter(([key]) => baseField(key) === name);
  return {
    value: plain(value),
    ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
  };
}

/** Without elements that the model does not know. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  // an object of the model is a node
  const { kept, ...node } = value as Node;
  const fields = Object.fromEntries(Object.entries(node).map(([name, held]) => [name, plain(held)]));
  return kept?.attributes ? { ...fields, kept: { attributes: kept.attributes } } : fields;
}

/** The thing as B2MML spells it; `fields` are those that are to be shown. */
export function thingOf({ noun, within, id, version, plant }: ThingKey, fields: Fields): Information<MasterNounName> {
  const rule = masterNoun(noun);
  const node: Record<string, unknown> = { ID: id };
  if (version !== "") node["Version"] = version;
  if (rule.within !== null && within !== "") node[rule.within] = within;
  if (plant !== "" && !fields.has("HierarchyScope")) {
    node["HierarchyScope"] = { EquipmentID: plant, EquipmentLevel: "Site" };
  }
  const attributes: Record<string, Readonly<Record<string, string>>> = {};
  const properties: unknown[] = [];
  for (const [field, told] of fields) {
    if (field === "ID") continue;
    if (field.includes("/")) properties.push(told.value);
    else node[field] = told.value;
    Object.assign(attributes, told.attributes);
  }
  if (rule.properties !== null && properties.length > 0) node[rule.properties] = properties;
  if (Object.keys(attributes).length > 0) node["kept"] = { attributes };
  // each field came from a node of this noun
  return node as unknown as Information<MasterNounName>;
}

/** A thing with its ID, and what else the schema demands of it: what an answer names. */
export function nameOf(noun: MasterNounName, node: Node): Node {
  const named: Node = {};
  for (const { field, cardinality } of rowsOf(noun) ?? []) {
    const isNamed =
      cardinality === "1" || cardinality === "+" || field === "Version" || field === masterNoun(noun).within;
    if (isNamed && node[field] !== undefined) named[field] = plain(node[field]);
  }
  return named;
}

/** What stands where 7.0.1 demands a thing and there is none: its IDs are `none`. */
export function noneOf(noun: MasterNounName): Node {
  const lists = (rowsOf(noun) ?? []).filter(({ cardinality }) => cardinality === "+");
  return { ID: "none", ...Object.fromEntries(lists.map(({ field }) => [field, [{ ID: "none" }]])) };
}

function scopeOf(node: Node): Information<"HierarchyScope"> | undefined {
  // a node of that field is of that kind, by the tables
  return node["HierarchyScope"] as Information<"HierarchyScope"> | undefined;
}

function listOf(node: Node, field: string): readonly Node[] {
  const list = node[field];
  // a list of things holds nodes, by the tables
  return Array.isArray(list) ? (list as readonly Node[]) : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}
