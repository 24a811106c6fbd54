/**
 * Signatures of webhooks, so that a receiver knows that a message is ours and new.
 * @source Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`, scheme `v1`, secrets as `whsec_` and base64
 */
import { createHmac } from "node:crypto";
import { fail, ok, type Result } from "../base/result.ts";

const prefix = "whsec_";
/** As the standard wants it: 24 to 64 bytes. */
const bytesMin = 24;
const bytesMax = 64;

/** @fault invalid notice/secret  not `whsec_` and base64 of 24 to 64 bytes; the message does not show it */
export function webhookKey(secret: string): Result<Buffer> {
  const encoded = secret.startsWith(prefix) ? secret.slice(prefix.length) : "";
  const key = Buffer.from(encoded, "base64");
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded);
  if (isBase64 && key.length >= bytesMin && key.length <= bytesMax) return ok(key);
  const text = `A webhook's secret must be ${prefix} and ${bytesMin} to ${bytesMax} bytes in base64. Make one anew.`;
  return fail("invalid", "notice/secret", text);
}

export interface Signed {
  readonly id: string;
  /** Whole seconds since 1970: the time of this attempt. */
  readonly seconds: number;
  readonly body: string;
}

/** One signature for each key, so that a receiver can change its secret without losing a message. */
export function signatureHeader(keys: readonly Buffer[], { id, seconds, body }: Signed): string {
  const sign = (key: Buffer): string => createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
  return keys.map((key) => `v1,${sign(key)}`).join(" ");
}
