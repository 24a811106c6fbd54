/**
 * The audit: who did what, each entry holding the hash of the one before it. Entries know people by key alone, so that
 * erasing a name leaves the chain as it is. Writing one at a time is the store's business; here are the hash and the check.
 */
import { hash } from "node:crypto";
import { formatInstant, type Instant } from "../base/instant.ts";
import { canonicalJson } from "../base/json.ts";

export interface AuditNote {
  readonly at: Instant;
  /** Person key, `key:ID` or `system`. */
  readonly who: string;
  /** e.g. `account/made` */
  readonly what: string;
  /** Id of the thing it was done to. */
  readonly about: string;
  /** Never a name, a login, an address or a secret. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface AuditEntry extends Omit<AuditNote, "detail"> {
  /** From 1 without a gap. */
  readonly seq: number;
  /** Canonical JSON, as it was hashed. */
  readonly detail: string;
  readonly previous: string;
  readonly hash: string;
}

/** Where a chain has come to. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

export const noHead: AuditHead = { seq: 0, hash: "0".repeat(64) };

/** The note as the entry that follows `head`. */
export function chained(note: AuditNote, head: AuditHead): AuditEntry {
  const entry = { ...note, seq: head.seq + 1, detail: canonicalJson(note.detail), previous: head.hash };
  return { ...entry, hash: hashOf(entry) };
}

function hashOf(entry: Omit<AuditEntry, "hash">): string {
  const { seq, at, who, what, about, detail, previous } = entry;
  return hash("sha256", canonicalJson({ seq, at: formatInstant(at), who, what, about, detail, previous }), "hex");
}

export interface BrokenEntry {
  readonly seq: number;
  /** For a person. */
  readonly why: string;
}

export type ChainCheck =
  | { readonly ok: true; readonly head: AuditHead }
  | { readonly ok: false; readonly broken: BrokenEntry };

/** Checks entries that follow `head`, in order; tells the first that does not fit. */
export function checkChain(head: AuditHead, entries: readonly AuditEntry[]): ChainCheck {
  let at = head;
  for (const entry of entries) {
    const why = whatIsWrong(at, entry);
    if (why) return { ok: false, broken: { seq: entry.seq, why } };
    at = { seq: entry.seq, hash: entry.hash };
  }
  return { ok: true, head: at };
}

function whatIsWrong(head: AuditHead, entry: AuditEntry): string | null {
  if (entry.seq !== head.seq + 1) return `entry ${head.seq + 1} is missing before it`;
  if (entry.previous !== head.hash) return "it does not name the entry before it: one of both was replaced";
  if (entry.hash !== hashOf(entry)) return "its content is not what was written";
  return null;
}
