/**
 * Documents made from MESA's schemas alone: any root of any version, valid, and never the same twice. What reads them
 * has no say in how they are made.
 */
import { namespaces, type Version } from "../../isa95/b2mml/version.ts";
import { printXml } from "../../isa95/b2mml/xml-print.ts";
import type { XmlTree } from "../../isa95/b2mml/tree.ts";
import { attributesOf, particlesOf, textType, type Particle, type SchemaSet } from "./schema-file.ts";

/** Numbers in [0, 1) that a seed determines. */
export type Draw = () => number;

/** @source mulberry32, public domain */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Making {
  readonly set: SchemaSet;
  readonly version: Version;
  readonly draw: Draw;
  /** Serves IDs and times: each is larger than the last. */
  count: number;
}

type Growing = XmlTree & { readonly children: Growing[]; text: string; readonly attributes: Record<string, string> };

/** A document with this root, as XML text. */
export function makeDocument(set: SchemaSet, version: Version, root: string, seed: number): string {
  const making: Making = { set, version, draw: drawFrom(seed), count: 0 };
  const type = set.elements.get(root)?.type ?? "";
  return printXml(element(making, root, type, null, namespaces[version], 0));
}

function element(
  making: Making,
  name: string,
  type: string | XmlTree,
  parent: Growing | null,
  namespace: string,
  depth: number,
): Growing {
  const tree: Growing = { name, namespace, attributes: {}, children: [], text: "", line: 0, parent };
  for (const attribute of attributesOf(making.set, type)) {
    if (attribute.isRequired || making.draw() < 0.1) tree.attributes[attribute.name] = attributeText(attribute.name);
  }
  const held = particlesOf(making.set, type);
  if (held === null) tree.text = text(making, name, type);
  else {
    const within = typeof type === "string" && making.set.unqualified.has(type) ? "" : namespaces[making.version];
    for (const particle of held) add(making, tree, particle, within, depth);
  }
  if (tree.text !== "Other") delete tree.attributes["OtherValue"];
  return tree;
}

/** Not made: references, which would have to find something, and recipes, which JSON cannot keep. */
const left =
  /^(?:From|To)(?:WS)?NodeID$|^Dependent|^SegmentID$|BatchProductionRecord|^GRecipe|ResourceConstraint|^ProcessElement$/;

function add(making: Making, tree: Growing, particle: Particle, namespace: string, depth: number): void {
  if (particle.kind === "element") {
    if (left.test(particle.name)) return;
    for (let number = times(making, particle, depth); number > 0; number--) {
      tree.children.push(element(making, particle.name, particle.type, tree, namespace, depth + 1));
    }
    return;
  }
  const { kind, particles } = particle;
  // the order of several choices has no meaning and is not kept, so there is never more than one
  const number = kind === "choice" ? Math.min(1, times(making, particle, depth)) : times(making, particle, depth);
  for (let one = 0; one < number; one++) {
    const possible = particles.filter((inner) => inner.kind !== "element" || !left.test(inner.name));
    const chosen = possible[Math.floor(making.draw() * possible.length)];
    for (const inner of kind === "choice" ? (chosen ? [chosen] : []) : particles) {
      add(making, tree, inner, namespace, depth);
    }
  }
}

/** How often a particle stands here; the deeper, the less of what may be left out. */
function times(making: Making, { min, max }: Particle, depth: number): number {
  if (min > 0) return max > 1 && making.draw() < 0.3 ? 2 : min;
  const chance = depth > 7 ? 0 : depth > 4 ? 0.12 : 0.4;
  if (making.draw() >= chance) return 0;
  return max > 1 && making.draw() < 0.3 ? 2 : 1;
}

function attributeText(name: string): string {
  if (name === "languageID") return "en";
  if (name === "actionCode") return "Add";
  return name === "acknowledgeCode" || name === "responseCode" ? "Always" : `of "${name}" & <more>`;
}

const words = ["0010", "RM-200 & more", "a < b", "Größe 42", "x\u{1F600}y", "-", "two words"];

function text(making: Making, name: string, type: string | XmlTree): string {
  making.count += 1;
  const { draw, count, set } = making;
  const { values, builtin } = textType(set, type);
  const pick = (from: readonly string[]): string => from[Math.floor(draw() * from.length)] ?? "";
  if (/ID$|^Version$/.test(name)) return `ID-${count}`;
  if (name === "QuantityString") return pick(["1", "0.125", "-3.50", "1000000", "41.9"]);
  if (name === "DataType") return pick(["decimal", "double", "integer"]);
  if (values.length > 0) return pick(values);
  switch (builtin) {
    case "dateTime":
      return new Date(Date.UTC(2026, 0, 1) + count * 60_000)
        .toISOString()
        .replace(".000Z", pick(["Z", ".5Z", "+00:00"]));
    case "decimal":
      return pick(["1", "0.50", "-12.25"]);
    case "duration":
      return pick(["PT8H", "P1DT0.5S"]);
    case "boolean":
      return pick(["true", "false"]);
    case "base64Binary":
      return "AAAA";
    default:
      return pick(words);
  }
}
