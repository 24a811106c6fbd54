/** What `check` says of settings is what the connector would say when it is opened. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { settingsRegistry } from "./registry.ts";

const erp = {
  sap: { baseUrl: "https://sap.example/odata", user: "mes", password: "x", timeZone: "Europe/Berlin" },
  b2mml: { url: "https://erp.example/b2mml", timeZone: "Europe/Berlin" },
};

for (const [product, settings] of Object.entries(erp))
  test(`a time zone of ${product} that there is not is found by check`, () => {
    const found = (timeZone: string): readonly string[] =>
      (settingsRegistry.erps[product]?.check({ ...settings, timeZone }) ?? []).map(({ message }) => message);
    assert.deepEqual(found("Europe/Berlin"), []);
    assert.match(found("Europe/Warsawx")[0] ?? "", /"Europe\/Warsawx"; write an IANA time zone/);
    assert.match(found("")[0] ?? "", /write an IANA time zone/);
  });

test("of an address that is none check says what one looks like", () => {
  const [found] = settingsRegistry.erps["sap"]?.check({ ...erp.sap, baseUrl: "abc" }) ?? [];
  assert.match(found?.message ?? "", /`baseUrl` is "abc"; write a web address, for example https:/);
});

test("what does not go together at a machine is found by check", () => {
  const check = (more: object): readonly string[] =>
    (settingsRegistry.machines["opcua"]?.check({ endpointUrl: "opc.tcp://10.0.0.5:4840", ...more }) ?? []).map(
      ({ path, message }) => `${path.join(".")} ${message}`,
    );
  assert.deepEqual(check({ user: "mes", password: "x" }), []);
  assert.match(check({ password: "" })[0] ?? "", /^user .*without a user/);
  assert.match(check({ user: "mes" })[0] ?? "", /^password .*without a password/);
  assert.match(check({ security: { mode: "None", policy: "Basic256Sha256" } })[0] ?? "", /^security .*does not go/);
});
