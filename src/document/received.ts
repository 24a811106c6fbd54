/** What reading a document gives: the document, what of it was refused, and what was tolerated. */
import type { Fault } from "../base/result.ts";
import type { Document } from "../isa95/b2mml/document.ts";
import type { Warning } from "../isa95/b2mml/finding.ts";
import type { Place, XmlTree } from "../isa95/b2mml/tree.ts";
import type { Version } from "../isa95/b2mml/version.ts";

export type Form = "xml" | "json";

/** A document that was read, and all that is to be told of it. */
export interface Received {
  /** In the model of 7.0.1, without the items that were refused. */
  readonly document: Document;
  /** The version in which it was sent. */
  readonly version: Version;
  readonly form: Form;
  /** Requests, responses, lots … that are wrong while the others are not; in the order of the document. */
  readonly refused: readonly RefusedItem[];
  /** What a real sender does and the standard does not; at most a thousand are kept. */
  readonly warnings: readonly Warning[];
  /** Where a node of `document` stood in the text, as the sender wrote it; undefined for a node made since. */
  place(node: object): Place | undefined;
}

/** One part of a document that goes to quarantine. */
export interface RefusedItem {
  /** `OperationsRequest`, or what the older version calls it. */
  readonly name: string;
  /** Its ID as sent; empty when it has none. */
  readonly id: string;
  readonly place: Place;
  /** As it was sent, so that it can be kept and read again. */
  readonly sent: XmlTree;
  /** Each of its errors with file, line and path. */
  readonly fault: Fault;
}
