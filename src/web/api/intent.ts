/** Idempotency keys: one for one thing that a person means, kept until the server has answered it. */

/** Works on plain HTTP too, where a browser has no `crypto.randomUUID`. */
export function newIntent(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
