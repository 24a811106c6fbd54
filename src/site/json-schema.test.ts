import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonSchemaFiles, siteJsonSchema } from "./json-schema.ts";
import { valueAt } from "./shape.ts";
import { rules } from "./testing/example.ts";

test("the files are JSON Schemas that know the keys, and forbid others", () => {
  const files = jsonSchemaFiles(rules.registry);
  assert.deepEqual([...files.keys()], ["site.schema.json", "map.schema.json"]);
  for (const text of files.values()) {
    const schema: unknown = JSON.parse(text);
    assert.equal(valueAt(schema, ["$schema"]), "https://json-schema.org/draft/2020-12/schema");
    assert.equal(valueAt(schema, ["additionalProperties"]), false);
  }
  const map: unknown = JSON.parse(files.get("map.schema.json") ?? "");
  assert.deepEqual(valueAt(map, ["properties", "frame", "enum"]), ["source-time", "sample"]);
  assert.equal(typeof valueAt(map, ["properties", "frame", "description"]), "string");
  assert.ok(!JSON.stringify(valueAt(map, ["required"])).includes("counters"), "what has a default may be left out");
});

test("the settings of a connector are offered where it is named, and each text may be a reference", () => {
  const machines = ["properties", "machines", "items"];
  const schema = siteJsonSchema(rules.registry);
  assert.deepEqual(valueAt(schema, [...machines, "properties", "protocol", "enum"]), ["opcua"]);
  const settings = [...machines, "allOf", 0, "then", "properties", "settings", "properties"];
  assert.equal(valueAt(schema, [...machines, "allOf", 0, "if", "properties", "protocol", "const"]), "opcua");
  assert.equal(valueAt(schema, [...settings, "user", "anyOf", 0, "type"]), "string");
  assert.deepEqual(valueAt(schema, [...settings, "user", "anyOf", 1, "anyOf", 0, "required"]), ["env"]);
  assert.equal(valueAt(schema, [...settings, "publishingIntervalMs", "type"]), "number");
});
