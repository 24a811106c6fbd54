/**
 * Identities. What is derived from content is a hash of named parts (the same event always has the same id); what is
 * not, is random. Randomness exists only here.
 */
import { hash, randomUUID } from "node:crypto";
import type { Instant } from "./instant.ts";

const alphabet = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"; // 32 signs; I, L, O, U left out so that a key can be read aloud

/**
 * Identity of content: the first 128 bits of SHA-256 over the parts, as 32 hexadecimal digits. Parts are separated
 * by a sign that cannot occur in them, so `["ab","c"]` and `["a","bc"]` differ.
 */
export function contentId(...parts: readonly (string | number)[]): string {
  return hash("sha256", parts.join("\u001f"), "hex").slice(0, 32);
}

/**
 * Identity of content that has a time: `t`, the second since 1970 as eight hexadecimal digits, and the first 92 bits of the
 * hash; 32 signs too. What is written together lies together in an index, however much there is (ADR 0025).
 */
export function timedId(at: Instant, ...parts: readonly (string | number)[]): string {
  const second = Math.min(Math.max(Math.floor(at / 1000), 0), 0xff_ff_ff_ff);
  return `t${second.toString(16).padStart(8, "0")}${contentId(...parts).slice(0, 23)}`;
}

/** Identity of what follows from something else: it has the time of that, if that has one. */
export function followingId(origin: string, ...parts: readonly (string | number)[]): string {
  const id = contentId(...parts);
  return timed.test(origin) ? origin.slice(0, 9) + id.slice(0, 23) : id;
}

const timed = /^t[0-9a-f]{31}$/;

/**
 * The key that travels to an ERP: 16 signs of base 32 (80 bits), which fits SAP's ReferenceDocument, the shortest
 * reference field among the ERPs. Derived from its parts, so the same posting always has the same key.
 */
export function postingKey(...parts: readonly (string | number)[]): string {
  const bytes = hash("sha256", parts.join("\u001f"), "buffer");
  let bits = 0;
  let held = 0;
  let key = "";
  for (const byte of bytes.subarray(0, 10)) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      key += alphabet[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return key;
}

/** Whether a text has the form of a posting's key. */
export function isPostingKey(text: string): boolean {
  return /^[A-HJKMNP-TV-Z0-9]{16}$/.test(text);
}

/** A GUID that is a pure function of a posting key, for reference fields typed as GUID. Version 8 (custom) layout. */
export function guidOf(key: string): string {
  const hex = hash("sha256", key, "hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A random id for what has no content of its own: commands, buffers, sessions. */
export function randomId(): string {
  return randomUUID();
}
