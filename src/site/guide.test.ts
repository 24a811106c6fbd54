/** The site that the guide shows is right, and the guide names every key that there is. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { formatFinding } from "./finding.ts";
import { siteJsonSchema } from "./json-schema.ts";
import { checkSite } from "./load.ts";
import { mapSchema } from "./map-schema.ts";
import { jsonSchemaOf } from "./shape.ts";
import { rules } from "./testing/example.ts";

const guide = readFileSync(new URL("../../docs/guide/site.md", import.meta.url), "utf8");

test("the small site has no findings", () => {
  const files = new Map(
    [...guide.matchAll(/```yaml\n# (\S+)\n(.*?)```/gs)].map(([, file = "", text = ""]) => [file, text]),
  );
  assert.deepEqual([...files.keys()], ["site.yaml", "maps/press-20t.yaml"]);
  assert.deepEqual(checkSite(files, rules).findings.map(formatFinding), []);
});

test("every key is in the guide", () => {
  const own = { registry: { erps: {}, machines: {} } };
  const keys = new Set([...keysOf(siteJsonSchema(own.registry)), ...keysOf(jsonSchemaOf(mapSchema))]);
  assert.ok(keys.size > 60);
  assert.deepEqual(
    [...keys].filter((key) => !new RegExp(`\\b${key}\\b`).test(guide)),
    [],
  );
});

function keysOf(schema: unknown): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const properties: unknown = "properties" in schema ? schema.properties : {};
  return [
    ...Object.keys(typeof properties === "object" && properties !== null ? properties : {}),
    ...Object.values(schema).flatMap(keysOf),
  ].filter((key) => /^[a-z][A-Za-z]*$/.test(key));
}
