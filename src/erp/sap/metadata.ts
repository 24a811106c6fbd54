/**
 * What a service offers, read from its `$metadata` at connect: releases and extensions differ, so every `$select` and
 * every body is cut to it. A small reader of the few EDMX elements that matter; any DOCTYPE is refused.
 */
import { fail, ok, type Result } from "../../base/result.ts";

export interface Property {
  readonly type: string;
  /** Null where the service gives none. */
  readonly maxLength: number | null;
  readonly scale: number | null;
  readonly filterable: boolean;
}

export interface EntityType {
  readonly properties: ReadonlyMap<string, Property>;
  /** Navigation → name of the entity type it leads to. */
  readonly navigations: ReadonlyMap<string, string>;
}

export interface ServiceModel {
  readonly types: ReadonlyMap<string, EntityType>;
  /** Entity set → name of its entity type. */
  readonly sets: ReadonlyMap<string, string>;
  /** Function import → names of its parameters. */
  readonly functions: ReadonlyMap<string, readonly string[]>;
}

/** The entity type of a set, or undefined when the service has no such set. */
export function typeOfSet(model: ServiceModel, set: string): EntityType | undefined {
  return model.types.get(model.sets.get(set) ?? "");
}

/** The entity type that a navigation of `from` leads to. */
export function typeOfNavigation(model: ServiceModel, from: EntityType, navigation: string): EntityType | undefined {
  return model.types.get(from.navigations.get(navigation) ?? "");
}

/** @fault invalid erp/sap-metadata  no EDMX, a DOCTYPE, or an entity type that breaks off */
export function readMetadata(service: string, xml: string): Result<ServiceModel> {
  const tags = tokenize(xml);
  if (typeof tags === "string") return fail("invalid", "erp/sap-metadata", `The $metadata of ${service} ${tags}.`);
  const building: Building = {
    types: new Map(),
    sets: new Map(),
    functions: new Map(),
    roles: new Map(),
    open: null,
    call: null,
    association: "",
  };
  for (const tag of tags) read[tag.name]?.(building, tag);
  if (building.types.size === 0 || building.sets.size === 0) {
    return fail(
      "invalid",
      "erp/sap-metadata",
      `The $metadata of ${service} describes no entity sets: is the path right?`,
    );
  }
  return ok({ types: resolveNavigations(building), sets: building.sets, functions: building.functions });
}

interface Tag {
  readonly name: string;
  readonly close: boolean;
  readonly empty: boolean;
  readonly attributes: Readonly<Record<string, string>>;
}

interface OpenType {
  readonly properties: Map<string, Property>;
  readonly links: Map<string, { readonly relationship: string; readonly role: string }>;
}

interface Building {
  readonly types: Map<string, OpenType>;
  readonly sets: Map<string, string>;
  readonly functions: Map<string, string[]>;
  /** `association/role` → entity type. */
  readonly roles: Map<string, string>;
  open: OpenType | null;
  call: string[] | null;
  association: string;
}

/** What each element adds. Closing tags only end what was open. */
const read: Readonly<Record<string, (building: Building, tag: Tag) => void>> = {
  EntityType: (building, { close, empty, attributes }) => {
    building.open = null;
    const name = attributes["Name"];
    if (close || !name) return;
    const type: OpenType = { properties: new Map(), links: new Map() };
    building.types.set(name, type);
    if (!empty) building.open = type;
  },
  ComplexType: (building) => {
    building.open = null;
  },
  Property: ({ open }, { close, attributes }) => {
    const name = attributes["Name"];
    if (close || !open || !name) return;
    open.properties.set(name, {
      type: attributes["Type"] ?? "",
      maxLength: whole(attributes["MaxLength"]),
      scale: whole(attributes["Scale"]),
      filterable: attributes["filterable"] !== "false",
    });
  },
  NavigationProperty: ({ open }, { close, attributes }) => {
    const name = attributes["Name"];
    if (close || !open || !name) return;
    open.links.set(name, { relationship: local(attributes["Relationship"]), role: attributes["ToRole"] ?? "" });
  },
  Association: (building, { close, attributes }) => {
    building.association = close ? "" : (attributes["Name"] ?? "");
  },
  End: (building, { attributes }) => {
    if (!building.association || !attributes["Type"]) return;
    building.roles.set(`${building.association}/${attributes["Role"] ?? ""}`, local(attributes["Type"]));
  },
  EntitySet: (building, { close, attributes }) => {
    if (!close && attributes["Name"]) building.sets.set(attributes["Name"], local(attributes["EntityType"]));
  },
  FunctionImport: (building, { close, empty, attributes }) => {
    building.call = null;
    if (close || !attributes["Name"]) return;
    const parameters: string[] = [];
    building.functions.set(attributes["Name"], parameters);
    if (!empty) building.call = parameters;
  },
  Parameter: ({ call }, { close, attributes }) => {
    if (!close && attributes["Name"]) call?.push(attributes["Name"]);
  },
};

function resolveNavigations(building: Building): Map<string, EntityType> {
  const types = new Map<string, EntityType>();
  for (const [name, open] of building.types) {
    const navigations = new Map<string, string>();
    for (const [navigation, link] of open.links) {
      navigations.set(navigation, building.roles.get(`${link.relationship}/${link.role}`) ?? "");
    }
    types.set(name, { properties: open.properties, navigations });
  }
  return types;
}

const tagAt = /<(\/?)(?:[\w.-]+:)?([\w.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/y;
const attribute = /(?:[\w.-]+:)?([\w.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** The tags in order, or what is wrong with the text. */
function tokenize(xml: string): readonly Tag[] | string {
  const tags: Tag[] = [];
  let at = xml.indexOf("<");
  while (at >= 0) {
    const skipped = endOfMarkup(xml, at);
    if (typeof skipped === "string") return skipped;
    if (skipped !== null) {
      at = xml.indexOf("<", skipped);
      continue;
    }
    tagAt.lastIndex = at;
    const match = tagAt.exec(xml);
    if (!match) return "is no well-formed XML";
    const [, slash, name = "", rest = "", empty] = match;
    tags.push({ name, close: slash === "/", empty: empty === "/", attributes: attributesOf(rest) });
    at = xml.indexOf("<", tagAt.lastIndex);
  }
  return tags;
}

/** Where a comment, an instruction or CDATA ends; null for a tag; a text when it must not be read. */
function endOfMarkup(xml: string, at: number): number | string | null {
  for (const [start, end] of [
    ["<!--", "-->"],
    ["<?", "?>"],
    ["<![CDATA[", "]]>"],
  ] as const) {
    if (!xml.startsWith(start, at)) continue;
    const found = xml.indexOf(end, at + start.length);
    return found < 0 ? "breaks off" : found + end.length;
  }
  return xml.startsWith("<!", at) ? "holds a DOCTYPE, which is refused" : null;
}

/** By local name; a prefixed attribute never hides one without a prefix (`Type` and `sap:type`). */
function attributesOf(source: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = Object.create(null) as Record<string, string>; // no prototype: names come from outside
  for (const match of source.matchAll(attribute)) {
    const [whole = "", name = "", double, single] = match;
    const prefixed = whole.slice(0, whole.indexOf("=")).includes(":");
    if (!prefixed || !(name in found)) found[name] = decode(double ?? single ?? "");
  }
  return found;
}

function decode(value: string): string {
  const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
  return value.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => entities[name] ?? "");
}

function local(name: string | undefined): string {
  return (name ?? "").slice((name ?? "").lastIndexOf(".") + 1);
}

function whole(value: string | undefined): number | null {
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : null;
}
