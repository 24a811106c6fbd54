/** What must hold of every valid document, in one place: for property tests, samples and the proof. */
import { isDeepStrictEqual } from "node:util";
import { unwrap } from "../../base/result.ts";
import { usualLimits } from "../../isa95/b2mml/limit.ts";
import type { XmlTree } from "../../isa95/b2mml/tree.ts";
import { scanXml } from "../../isa95/b2mml/xml-scan.ts";
import type { B2mml } from "../b2mml.ts";
import type { Received } from "../received.ts";

export interface RoundTrip {
  readonly received: Received;
  readonly xml: string;
}

/**
 * Reads a document, writes it and reads what was written. Throws with the reason when anything is lost: a
 * model that differs from the first, or for 7.0.1 a text that is not canonically the same. JSON costs the compiling of
 * its schema for each root, so it can be left out.
 */
export function roundTrip(b2mml: B2mml, text: string, name: string, forms: "xml" | "xml and json"): RoundTrip {
  const received = accepted(b2mml, text, name);
  const xml = unwrap(b2mml.write(received.document));
  const again = accepted(b2mml, xml, `${name} as XML`);
  // extensions of an older version end there: 7.0.1 does not know them
  const kept = received.version === "7.0.1" ? received.document : withoutExtensions(received.document);
  if (!same(again.document, kept)) throw new Error(`${name}: XML does not give the same model`);
  if (forms === "xml and json") {
    const json = unwrap(b2mml.write(received.document, { form: "json" }));
    const fromJson = accepted(b2mml, json, `${name} as JSON`);
    if (!same(fromJson.document, withoutExtensions(received.document))) {
      throw new Error(`${name}: JSON does not give the same model as XML`);
    }
  }
  if (received.version === "7.0.1") {
    const [before, after] = [canonical(text), canonical(xml)];
    if (!isDeepStrictEqual(before, after))
      throw new Error(`${name}: what was written is not canonically what was read`);
  }
  return { received, xml };
}

function accepted(b2mml: B2mml, text: string, name: string): Received {
  const received = unwrap(b2mml.read(new TextEncoder().encode(text), name));
  const [refused] = received.refused;
  if (refused) throw new Error(refused.fault.message);
  return received;
}

/** The release of the sender is not that of what is written, and a model has no order of its fields. */
function same(a: object, b: object): boolean {
  return isDeepStrictEqual({ ...a, releaseID: "" }, { ...b, releaseID: "" });
}

/** The model without elements that it does not know, which JSON cannot say. */
export function withoutExtensions<T>(value: T): T {
  return strip(value) as T; // the same shape, less what is optional in it
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value)
    .map(([key, held]): [string, unknown] => [key, key === "kept" ? attributesAlone(held) : strip(held)])
    .filter(([, held]) => held !== undefined);
  return Object.fromEntries(fields);
}

function attributesAlone(kept: unknown): unknown {
  const attributes = typeof kept === "object" && kept !== null && "attributes" in kept ? kept.attributes : undefined;
  return attributes === undefined ? undefined : { attributes };
}

interface Canonical {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  readonly children: readonly Canonical[];
}

/** Names with namespaces, attributes, texts and order; not prefixes, comments, blanks between elements. */
function canonical(text: string): Canonical {
  const visit = (tree: XmlTree): Canonical => ({
    name: `{${tree.namespace}}${tree.name}`,
    attributes:
      tree.parent === null
        ? { ...tree.attributes, ...(tree.attributes["releaseID"] !== undefined && { releaseID: "" }) }
        : tree.attributes,
    text: tree.text,
    children: tree.children.map(visit),
  });
  return visit(unwrap(scanXml(text, "canonical", usualLimits)));
}
