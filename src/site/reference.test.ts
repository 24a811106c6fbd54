import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSettingsText, isReference, referencesIn, resolveReferences, type ReferenceLookup } from "./reference.ts";

const lookup: ReferenceLookup = {
  environment: (name) => ({ A: "from a", EMPTY: "" })[name] ?? null,
  file: (path) => (path === "/run/secret" ? "from file\n" : null),
};

test("references are replaced wherever they stand, and everything else stays", () => {
  const value = {
    a: { env: "A" },
    list: [1, { file: "/run/secret" }, null],
    deep: { b: { env: "NONE", default: "b" } },
  };
  assert.deepEqual(resolveReferences(value, lookup), {
    ok: true,
    value: { a: "from a", list: [1, "from file", null], deep: { b: "b" } },
  });
  assert.deepEqual(
    resolveReferences({ env: "EMPTY", default: "x" }, lookup),
    { ok: true, value: "" },
    "set to nothing is set",
  );
});

test("all that is missing is named at once", () => {
  const result = resolveReferences({ a: { env: "B" }, b: [{ file: "/none" }] }, lookup);
  assert.ok(!result.ok);
  assert.equal(result.fault.code, "site/reference");
  assert.match(result.fault.message, /a: the environment variable B is not set.*b\.0: the file \/none cannot be read/);
});

test("a default is proposed only where one may stand: never for a secret", () => {
  const result = resolveReferences({ url: { env: "B" }, password: { env: "C" }, token: { file: "/none" } }, lookup);
  assert.ok(!result.ok);
  const [url, password, secret] = result.fault.message.split(". ");
  assert.match(url ?? "", /B is not set; .*`default`/);
  assert.match(password ?? "", /C is not set; set it$/);
  assert.match(secret ?? "", /\/none cannot be read; put it there\.$/);
});

test("only a group with one source and perhaps a default is a reference", () => {
  for (const value of [{ env: "A" }, { file: "a" }, { env: "A", default: "" }]) assert.ok(isReference(value));
  for (const value of [
    null,
    "env",
    {},
    { env: 1 },
    { env: "A", file: "a" },
    { env: "A", x: 1 },
    { env: "A", default: 1 },
    ["env"],
  ]) {
    assert.ok(!isReference(value), JSON.stringify(value));
  }
  assert.deepEqual(
    referencesIn({ a: [{ env: "A" }] }, ["settings"]).map(({ path }) => path),
    [["settings", "a", 0]],
  );
});

const secrets: readonly unknown[] = [
  { password: "x" },
  { userPassword: "x" },
  { PASSWD: "x" },
  { password: 12_345 },
  { clientSecret: "x" },
  { apiKey: "x" },
  { "api-key": "x" },
  { apiKey: { header: "X-Key", value: "x" } },
  { tokens: [], token: "x" },
  { tls: { key: "-----BEGIN RSA PRIVATE KEY-----\nabc" } },
  { list: [{ passphrase: "x" }] },
  { passwords: { password: ["x"] } },
  { password: { env: "A", default: "x" } },
  { url: "https://user:x@host/path" },
];

test("a secret in the text is found, however it is called", () => {
  for (const settings of secrets) assert.equal(checkSettingsText(settings, []).length, 1, JSON.stringify(settings));
});

const harmless: readonly unknown[] = [
  { password: { env: "A" } },
  { password: { file: "/run/secret" } },
  { password: null },
  { password: "" },
  { tokenUrl: "https://host/token", secretFile: "/run/secret", passwordPath: "a", apiKeyHeader: "X-Key" },
  { consumption: { default: "measured" } },
  { url: "opc.tcp://host:4840", other: "https://host/a:b@c" },
  { user: { env: "A", default: "reader" } },
];

test("what only sounds like a secret is left alone", () => {
  for (const settings of harmless) assert.deepEqual(checkSettingsText(settings, []), [], JSON.stringify(settings));
});

test("a reference that is none is said, not passed on as settings", () => {
  for (const settings of [
    { user: { env: 1 } },
    { user: { env: "A", file: "b" } },
    { user: { env: "A", default: 1 } },
    { user: { env: "A B" } },
    { user: { file: " " } },
  ]) {
    assert.equal(checkSettingsText(settings, []).length, 1, JSON.stringify(settings));
  }
});
