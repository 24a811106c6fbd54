import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSettings } from "./config.ts";

const least = { endpointUrl: "opc.tcp://10.0.0.5:4840", pkiFolder: "/var/lib/millrace/pki" };

function mistake(settings: unknown): string {
  const parsed = parseSettings(settings);
  if (parsed.ok) return "";
  assert.equal(parsed.fault.kind, "invalid");
  assert.equal(parsed.fault.code, "machine/config");
  return parsed.fault.message;
}

test("what is not written has a safe default", () => {
  const parsed = parseSettings(least);
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.value.security, { mode: "SignAndEncrypt", policy: "Basic256Sha256" });
  assert.equal(parsed.value.trust, "explicit");
  assert.equal(parsed.value.samplingIntervalMs, 0);
  assert.equal(parsed.value.queueSize, 5000);
  assert.equal(parsed.value.publishingIntervalMs, 100);
});

test("a mistake is told with the setting and what to write", () => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ endpointUrl: "http://10.0.0.5" }, /endpointUrl: write opc\.tcp/],
    [{ pkiFolder: undefined }, /pkiFolder: write the folder/],
    [{ publishingIntervalMs: 5 }, /publishingIntervalMs: .*10/],
    [{ publishingIntervalMs: "100" }, /publishingIntervalMs: write milliseconds/],
    [{ queueSize: 10 }, /queueSize: .*1000/],
    [{ trust: "all" }, /trust: write "explicit"/],
    [{ security: { mode: "Encrypt", policy: "None" } }, /security\.mode: write one of None, Sign/],
    [{ security: { mode: "None", policy: "Basic256Sha256" } }, /security: mode None does not go with/],
    [{ security: { mode: "Sign", policy: "None" } }, /security: mode Sign does not go with/],
    [{ user: "mes" }, /password: a user is given without a password/],
    [{ password: "x" }, /user: a password is given without a user/],
    [{ addressing: "nsu=urn:x;s=abc" }, /addressing: write browse-path/],
    [{ endpoint: "opc.tcp://x" }, /endpoint/],
  ];
  for (const [change, expected] of cases) assert.match(mistake({ ...least, ...change }), expected);
  assert.match(mistake(null), /settings/);
});

test("a password never stands in the message of a mistake", () => {
  assert.doesNotMatch(mistake({ ...least, user: 7, password: "s3cret" }), /s3cret/);
});
