/** MESA's schemas as data, read with our own scanner: what the tables and the reader are compared with. */
import { readdirSync, readFileSync } from "node:fs";
import { unwrap } from "../../base/result.ts";
import { usualLimits } from "../../isa95/b2mml/limit.ts";
import type { XmlTree } from "../../isa95/b2mml/tree.ts";
import type { Version } from "../../isa95/b2mml/version.ts";
import { scanXml } from "../../isa95/b2mml/xml-scan.ts";

export interface SchemaSet {
  /** Complex and simple types by name. */
  readonly types: ReadonlyMap<string, XmlTree>;
  /** Types of a file that does not say that its elements are of its namespace. */
  readonly unqualified: ReadonlySet<string>;
  readonly groups: ReadonlyMap<string, XmlTree>;
  /** Global elements: name to type, with the file that declares them. */
  readonly elements: ReadonlyMap<string, { readonly type: string; readonly file: string }>;
}

export type Particle =
  | {
      readonly kind: "element";
      readonly name: string;
      /** Name of the type, or the type itself where it has none. */
      readonly type: string | XmlTree;
      readonly min: number;
      readonly max: number;
    }
  | {
      readonly kind: "sequence" | "choice";
      readonly particles: readonly Particle[];
      readonly min: number;
      readonly max: number;
    };

const folder = new URL("../schema/", import.meta.url);
const folders: Readonly<Record<Version, string>> = { "7.0.1": "V0701", V0600: "V0600", V0401: "V0401" };

export function schemaFiles(version: Version): readonly string[] {
  const within = new URL(`${folders[version]}/`, folder);
  return readdirSync(within).filter((name) => name.endsWith(".xsd"));
}

export function readSchemas(version: Version): SchemaSet {
  const types = new Map<string, XmlTree>();
  const unqualified = new Set<string>();
  const groups = new Map<string, XmlTree>();
  const elements = new Map<string, { readonly type: string; readonly file: string }>();
  for (const file of schemaFiles(version)) {
    if (/Extensions\.xsd$|^AllSchemas/.test(file)) continue;
    const text = readFileSync(new URL(`${folders[version]}/${file}`, folder), "utf8").replace(/^\uFEFF/, "");
    const schema = unwrap(scanXml(text, file, usualLimits));
    for (const child of schema.children) {
      const name = child.attributes["name"] ?? "";
      if (schema.attributes["elementFormDefault"] !== "qualified") unqualified.add(name);
      if (child.name === "complexType" || child.name === "simpleType") types.set(name, child);
      if (child.name === "group") groups.set(name, child);
      if (child.name === "element") elements.set(name, { type: child.attributes["type"] ?? "", file });
    }
  }
  return { types, unqualified, groups, elements };
}

/** What a type of elements holds, groups for extensions left out; null for a type of text. */
export function particlesOf(set: SchemaSet, type: string | XmlTree): readonly Particle[] | null {
  const tree = typeof type === "string" ? set.types.get(type) : type;
  if (!tree || tree.name === "simpleType") return null;
  if (tree.children.some(({ name }) => name === "simpleContent")) return null;
  return tree.children.flatMap((child) => particles(set, child));
}

function particles(set: SchemaSet, tree: XmlTree): readonly Particle[] {
  const min = Number(tree.attributes["minOccurs"] ?? "1");
  const max = tree.attributes["maxOccurs"] === "unbounded" ? Infinity : Number(tree.attributes["maxOccurs"] ?? "1");
  const { name = "", ref = "", type } = tree.attributes;
  switch (tree.name) {
    case "element": {
      const own = tree.children.find((child) => child.name === "complexType" || child.name === "simpleType");
      return [{ kind: "element", name: name || ref, type: type ?? own ?? ref, min, max }];
    }
    case "sequence":
    case "choice":
      return [{ kind: tree.name, particles: tree.children.flatMap((child) => particles(set, child)), min, max }];
    case "group": {
      const held = ref.startsWith("Extended:") ? undefined : set.groups.get(ref.replace(/^.*:/, ""));
      return held ? held.children.flatMap((child) => particles(set, child)) : [];
    }
    default:
      return [];
  }
}

/** Attributes of a type, its bases' included. */
export function attributesOf(set: SchemaSet, type: string | XmlTree): readonly { name: string; isRequired: boolean }[] {
  const tree = typeof type === "string" ? set.types.get(type) : type;
  if (!tree) return [];
  const found: { name: string; isRequired: boolean }[] = [];
  const visit = (one: XmlTree): void => {
    if (one.name === "attribute") {
      found.push({ name: one.attributes["name"] ?? "", isRequired: one.attributes["use"] === "required" });
    }
    const { base } = one.attributes;
    if (base !== undefined) found.push(...attributesOf(set, base));
    for (const child of one.children) if (child.name !== "sequence") visit(child);
  };
  visit(tree);
  return found;
}

/** The values of a closed list, and the schema's own type below all names. */
export function textType(set: SchemaSet, type: string | XmlTree): { values: readonly string[]; builtin: string } {
  const tree = typeof type === "string" ? set.types.get(type) : type;
  if (!tree) return { values: [], builtin: typeof type === "string" ? type.replace(/^xsd:/, "") : "string" };
  const all: XmlTree[] = [];
  const visit = (one: XmlTree): void => {
    all.push(one);
    one.children.forEach(visit);
  };
  visit(tree);
  const values = all.filter(({ name }) => name === "enumeration").map(({ attributes }) => attributes["value"] ?? "");
  const base = all.find(({ attributes }) => attributes["base"] !== undefined)?.attributes["base"];
  if (base === undefined) return { values, builtin: "string" };
  const below = textType(set, base);
  return { values: values.length > 0 ? values : below.values, builtin: below.builtin };
}
