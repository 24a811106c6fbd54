/**
 * JSON Schemas of the site's files, for completion and first checks in editors. The check of this room knows more: it
 * sees across entries and files.
 */
import type { ConnectorRegistry, SettingsSchema } from "./connection.ts";
import { mapSchema } from "./map-schema.ts";
import { channelKinds } from "./notice-schema.ts";
import { siteSchema } from "./schema.ts";
import { jsonSchemaOf } from "./shape.ts";

type Json = Readonly<Record<string, unknown>>;

/** File name → JSON Schema as text, to be kept beside a site's files. */
export function jsonSchemaFiles(registry: ConnectorRegistry): ReadonlyMap<string, string> {
  return new Map([
    ["site.schema.json", text(siteJsonSchema(registry))],
    ["map.schema.json", text({ ...jsonSchemaOf(mapSchema), title: "A machine map of Millrace" })],
  ]);
}

/** The schema of `site.yaml`, with the settings of every known connector. */
export function siteJsonSchema(registry: ConnectorRegistry): Json {
  const schema: Json = { ...jsonSchemaOf(siteSchema), title: "A site of Millrace" };
  const properties = group(schema["properties"]);
  return {
    ...schema,
    properties: {
      ...properties,
      erps: withSettings(group(properties["erps"]), "product", registry.erps),
      machines: withSettings(group(properties["machines"]), "protocol", registry.machines),
      notices: withChannels(group(properties["notices"])),
    },
  };
}

function withChannels(notices: Json): Json {
  const properties = group(notices["properties"]);
  return {
    ...notices,
    properties: { ...properties, channels: withSettings(group(properties["channels"]), "kind", channelKinds) },
  };
}

/** For each connector: when the entry names it, its settings are as the connector says. */
function withSettings(list: Json, kindKey: string, known: Readonly<Record<string, SettingsSchema>>): Json {
  const items = group(list["items"]);
  const properties = group(items["properties"]);
  const described = Object.entries(known).flatMap(([kind, { jsonSchema }]) =>
    jsonSchema ? [{ kind, jsonSchema }] : [],
  );
  return {
    ...list,
    items: {
      ...items,
      properties: { ...properties, [kindKey]: { ...group(properties[kindKey]), enum: Object.keys(known) } },
      allOf: described.map(({ kind, jsonSchema }) => ({
        if: { properties: { [kindKey]: { const: kind } } },
        // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
        then: { properties: { settings: withReferences(jsonSchema) } },
      })),
    },
  };
}

const reference: Json = {
  anyOf: ["env", "file"].map((key) => ({
    type: "object",
    properties: { [key]: { type: "string" }, default: { type: "string" } },
    required: [key],
    additionalProperties: false,
  })),
};

/** Every text may also be a reference. */
function withReferences(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withReferences);
  if (typeof schema !== "object" || schema === null) return schema;
  const { $schema: _, ...inner } = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, withReferences(value)]),
  );
  if (inner["type"] !== "string") return inner;
  const { description, default: preset, ...plain } = inner;
  return {
    ...(description === undefined ? {} : { description }),
    ...(preset === undefined ? {} : { default: preset }),
    anyOf: [plain, reference],
  };
}

function group(value: unknown): Json {
  // Generated from our own schemas: where a group of keys is expected, it is one.
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

function text(schema: Json): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
