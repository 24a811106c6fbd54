/**
 * A document as a plain tree that knows where each element stood. Both wire forms become one of these before anything
 * is read out of them; nothing here knows B2MML.
 */

export interface XmlTree {
  /** Without its prefix. */
  readonly name: string;
  /** Empty when the element is in none. */
  readonly namespace: string;
  /** Without namespace declarations; an attribute of a namespace is written `{namespace}name`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlTree[];
  /** All text between the tags, children's left out; blank text between children is none. */
  readonly text: string;
  /** 1 for the first line of the file. */
  readonly line: number;
  readonly parent: XmlTree | null;
  /** Text and children in their order, where an element has both. */
  readonly mixed?: readonly (XmlTree | string)[];
  /** The element that the sender wrote, where this one was made of it. */
  readonly origin?: XmlTree;
  /** Prefixes in force, where a value may speak of one: kept only for elements that the model does not know. */
  readonly prefixes?: Readonly<Record<string, string>>;
}

/** Where an element stands: the line of its opening tag, and `/Root/Child[2]/Leaf` from the root. */
export interface Place {
  readonly line: number;
  readonly path: string;
}

export const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance";
/** The attribute of an element that has no value on purpose. */
export const nilAttribute = `{${schemaInstance}}nil`;

export function placeOf(tree: XmlTree): Place {
  const written = tree.origin ?? tree;
  return { line: written.line, path: pathOf(written) };
}

function pathOf(tree: XmlTree): string {
  if (tree.parent === null) return `/${tree.name}`;
  const alike = tree.parent.children.filter((child) => child.name === tree.name);
  const index = alike.length > 1 ? `[${alike.indexOf(tree) + 1}]` : "";
  return `${pathOf(tree.parent)}/${tree.name}${index}`;
}

/** A character that XML allows nowhere, half a surrogate pair included. */
const forbidden = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
/** The same and pairs of surrogates: without the `u` flag it is several times as fast, and most texts have none. */
const suspicious = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/;

/** Where a text has such a character; -1 when it has none. */
export function forbiddenAt(text: string): number {
  return suspicious.test(text) ? text.search(forbidden) : -1;
}

/** The first child of that name in the element's own namespace; of an element that is in none, in any. */
export function childOf(tree: XmlTree, name: string): XmlTree | undefined {
  const { namespace, children } = tree;
  for (const child of children) {
    if (child.name === name && (namespace === "" || child.namespace === namespace)) return child;
  }
  return undefined;
}
