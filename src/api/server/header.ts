/**
 * Headers of every answer: what a browser may do with it. Scripts come from our own files alone; the component library
 * writes styles into the page, so styles may be inline.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Half a year. */
const strictTransport = "max-age=15552000";

const always: Readonly<Record<string, string>> = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // The terminal may scan codes with a camera.
  "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
};

export function securityHeaders(isSecure: boolean): Readonly<Record<string, string>> {
  return isSecure ? { ...always, "strict-transport-security": strictTransport } : always;
}
