/**
 * Documents to trees and back: the envelope of Part 5 around what `tree-read.ts` and `tree-write.ts` do by the tables.
 * Which bytes a tree came from, XML or JSON, makes no difference here; whether it is valid is asked elsewhere.
 */
import type { Document } from "./document.ts";
import { rootKind, rowsUnder, unqualifiedKinds, type RootContent } from "./envelope.ts";
import type { Warning } from "./finding.ts";
import { needsRelease, rootName, verbElement, type Root } from "./noun.ts";
import type { Node } from "./information.ts";
import { readTree } from "./tree-read.ts";
import { placeOf, type Place, type XmlTree } from "./tree.ts";
import { writeTree } from "./tree-write.ts";
import { extensionNamespaces, namespaces } from "./version.ts";

/** A document with what only its text knew. */
export interface Decoded {
  readonly document: Document;
  readonly warnings: readonly Warning[];
  /** Where a node of the document stood in what was read; undefined for a node that was made since. */
  place(node: object): Place | undefined;
}

/** The release that is written. */
export const release = "7.0.1";

/** Reads a tree whose elements are named as in 7.0.1 and whose root is `root`. */
export function decode(tree: XmlTree, root: Root): Decoded {
  const made: [node: object, tree: XmlTree][] = [];
  // most are never asked for
  let places: ReadonlyMap<object, XmlTree> | undefined;
  const warnings: Warning[] = [];
  const node = readTree({ rowsOf: rowsUnder(root), namespace: tree.namespace, made, warnings }, tree, rootKind(root));
  return { document: documentOf(root, node), warnings, place: (of) => placeIn((places ??= new Map(made)), of) };
}

function placeIn(places: ReadonlyMap<object, XmlTree>, node: object): Place | undefined {
  const tree = places.get(node);
  return tree && placeOf(tree);
}

/** The document that a root's node is. */
export function documentOf(root: Root, node: Node): Document {
  const { verb, noun } = root;
  // this cast and the next two: the rows of this root made the node, and the types of the model are derived from them
  if (verb === null) return { verb, noun, content: [node] } as unknown as Document;
  // see above
  const { ApplicationArea, DataArea, releaseID = "", versionID } = node as unknown as RootContent;
  const message = {
    verb,
    noun,
    applicationArea: ApplicationArea,
    action: DataArea[verbElement(verb)] ?? {},
    content: DataArea[noun] ?? [],
    releaseID,
    ...(versionID !== undefined && { versionID }),
  };
  // see above
  return message as unknown as Document;
}

/** How elements that the model does not know are written. */
export type Extensions = "keep" | "leave";

/** Kinds whose content is anybody's. */
const areas: ReadonlySet<string> = new Set(["UserArea", "Signature"]);

/**
 * Writes a document as 7.0.1. Extensions of an older version are never written: 7.0.1 does not know them.
 *
 * @param extensions `keep` gives a site's own elements back where the schema has a place for them, which is valid only
 *                   where the receiver's copy of the extension schema declares them; `leave` writes the standard alone
 */
export function encode(document: Document, extensions: Extensions): XmlTree {
  const root: Root = document;
  const keeps = ({ namespace }: XmlTree, kind: string): boolean =>
    namespace === namespaces["7.0.1"] ||
    (namespace === "" && unqualifiedKinds.has(kind)) ||
    (extensions === "keep" && (namespace === extensionNamespaces["7.0.1"] || areas.has(kind)));
  const writer = { rowsOf: rowsUnder(root), namespace: namespaces["7.0.1"], keeps };
  return writeTree(writer, nodeOf(document), rootName(root), rootKind(root));
}

function nodeOf(document: Document): Node {
  // a node is any object of the model: the rows say which of its fields are written
  if (document.verb === null) return document.content[0];
  const node: RootContent = {
    ApplicationArea: document.applicationArea,
    DataArea: {
      [verbElement(document.verb)]: document.action,
      ...(document.content.length > 0 && { [document.noun]: document.content }),
    },
    ...(needsRelease(document) && { releaseID: release }),
    ...(document.versionID !== undefined && { versionID: document.versionID }),
  };
  // a node is any object of the model: the rows say which of its fields are written
  return node as unknown as Node;
}
