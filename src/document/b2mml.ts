/**
 * The door: bytes from outside to B2MML documents, and documents to bytes. Everything that comes in is limited, scanned,
 * judged by MESA's schema and by meaning; everything that goes out is judged too. What a document is about is decided
 * by those who call.
 */
import type { Result } from "../base/result.ts";
import type { Extensions } from "../isa95/b2mml/codec.ts";
import type { Document } from "../isa95/b2mml/document.ts";
import { usualLimits, type Limits } from "../isa95/b2mml/limit.ts";
import { JsonJudge } from "./json-judge.ts";
import { readDocument } from "./reading.ts";
import type { Form, Received } from "./received.ts";
import { openSchemaJudge } from "./schema-judge.ts";
import { writeDocument } from "./writing.ts";

export interface WriteOptions {
  /** `xml` when it is not said. */
  readonly form?: Form;
  /** `keep` when it is not said; see `encode`. JSON never carries them: its schema has no place for them. */
  readonly extensions?: Extensions;
}

export interface B2mml {
  /**
   * Reads a document of V0401, V0600 or 7.0.1, in XML or in B2MML-JSON (7.0.1).
   *
   * @param file     as its giver knows it, for messages: a file name, a message's id
   * @param charset  of the content type that came with it; see `decodeText`
   * @fault invalid b2mml/too-large b2mml/encoding b2mml/malformed b2mml/doctype b2mml/entity b2mml/too-deep
   *        b2mml/too-many b2mml/too-long b2mml/namespace b2mml/root b2mml/schema b2mml/json-schema
   *        b2mml/end-before-start b2mml/quantity b2mml/duplicate-id b2mml/dangling-reference b2mml/nothing-left
   */
  read(bytes: Uint8Array, file: string, charset?: string): Result<Received>;

  /**
   * Writes a document as 7.0.1: `releaseID` as it must be, valid by AllSchemas.xsd, or not at all.
   *
   * @fault invalid b2mml/unwritable the document lacks what the schema demands; a message says where
   */
  write(document: Document, options?: WriteOptions): Result<string>;

  /** Compiles the JSON schema for these roots, one after the other, so that no first document of a kind waits for it. */
  prepare(roots: readonly string[], signal: AbortSignal): Promise<void>;
}

/** Loads the schemas' library; the first document of each kind compiles its schema, unless `prepare` has. */
export async function openB2mml(limits: Partial<Limits> = {}): Promise<B2mml> {
  const judges = { schema: await openSchemaJudge(), json: new JsonJudge() };
  const all: Limits = { ...usualLimits, ...limits };
  return {
    read: (bytes, file, charset) => readDocument(judges, { bytes, file, charset }, all),
    write: (document, options = {}) =>
      writeDocument(judges, document, { form: options.form ?? "xml", extensions: options.extensions ?? "keep" }),
    prepare: (roots, signal) => judges.json.prepare(roots, signal),
  };
}
