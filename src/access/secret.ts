/**
 * Secrets that machines keep: tokens of sessions and API keys. 256 random bits each, so a plain hash is enough to
 * store them: there is nothing to guess.
 */
import { createHmac, hash, randomBytes, timingSafeEqual } from "node:crypto";

export interface ApiSecret {
  /** Stands in the database and in the audit. */
  readonly id: string;
  /** What the caller sends: `mr_<id>_<secret>`. Shown once. */
  readonly text: string;
  readonly hash: string;
}

const secretBytes = 32;
const keyPattern = /^mr_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/;

export function newSessionToken(): string {
  return randomBytes(secretBytes).toString("base64url");
}

export function secretHash(secret: string): string {
  return hash("sha256", secret, "hex");
}

/** Follows from the session's token, which a foreign page cannot read: there is nothing to store. */
export function csrfTokenOf(sessionToken: string): string {
  return createHmac("sha256", sessionToken).update("millrace csrf").digest("base64url");
}

export function newApiSecret(): ApiSecret {
  const id = randomBytes(6).toString("hex");
  const text = `mr_${id}_${randomBytes(secretBytes).toString("base64url")}`;
  return { id, text, hash: secretHash(text) };
}

/** The id of a key's row; null for what is no key of ours. */
export function apiKeyId(text: string): string | null {
  return keyPattern.exec(text)?.[1] ?? null;
}

/** Its first signs, so that a person recognises it. */
export function apiKeyPrefix(id: string): string {
  return `mr_${id}`;
}

/** In constant time for texts of one length. */
export function isSameSecret(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
