/** The OpenAPI 3.1 document, from the same table that the server serves, and of exactly the routes that it serves. */
import { z } from "zod";
import { problem } from "../contract/answer.ts";
import type { RouteDeclaration, RouteTable } from "../contract/route.ts";

type Json = Record<string, unknown>;

const problemResponse = { $ref: "#/components/responses/Problem" };

export function openApiDocument(table: RouteTable, served: readonly string[]): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  const wanted = new Set(served);
  for (const [name, declaration] of Object.entries(table)) {
    if (!wanted.has(name)) continue;
    const [method = "", path = ""] = name.split(" ");
    const at = path.replace(/:([a-zA-Z]+)/g, "{$1}");
    paths[at] = { ...paths[at], [method.toLowerCase()]: operation(method, path, declaration, schemas) };
  }
  const problemSchema = schemaOf(problem, "output", schemas);
  return {
    openapi: "3.1.0",
    info: {
      title: "Millrace",
      version: "1",
      description:
        "Lists go on with `cursor`. Commands need `Idempotency-Key`, changes of what has versions `If-Match`. With a session, changes need `X-CSRF-Token`.",
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas,
      responses: {
        Problem: {
          description: "What went wrong (RFC 9457). The codes are in docs/faults.md.",
          content: { "application/problem+json": { schema: problemSchema } },
        },
      },
      securitySchemes: {
        key: { type: "http", scheme: "bearer", description: "An API key, `mr_…`." },
        session: { type: "apiKey", in: "cookie", name: "millrace", description: "Set by POST /api/v1/session." },
      },
    },
  };
}

function operation(method: string, path: string, declaration: RouteDeclaration, schemas: Json): Json {
  const { permission, summary, query, body, reply } = declaration;
  const isEmpty = reply.safeParse(null).success;
  const isStream = path.endsWith("/stream");
  const media = isStream ? "text/event-stream" : "application/json";
  const success = isEmpty
    ? { "204": { description: "Done." } }
    : { "200": { description: summary, content: { [media]: { schema: schemaOf(reply, "output", schemas) } } } };
  return {
    operationId: operationId(method, path),
    tags: [path.split("/")[3] ?? "api"],
    summary,
    ...(permission === null ? { security: [] } : {}),
    ...(permission !== null && permission !== "signed-in" ? { security: [{ session: [] }, { key: [] }] } : {}),
    ...(permission === "signed-in" ? { security: [{ session: [] }] } : {}),
    "x-permission": permission ?? "anyone",
    parameters: [...pathParameters(path), ...headers(method, declaration), ...queryParameters(query, schemas)],
    ...(body
      ? {
          requestBody: {
            required: true,
            content: { "application/json": { schema: schemaOf(body, "input", schemas) } },
          },
        }
      : {}),
    responses: { ...success, "4XX": problemResponse, "5XX": problemResponse },
  };
}

/** e.g. `getPeople`, `postPeoplePersonPassword` */
function operationId(method: string, path: string): string {
  const words = path
    .split(/[/:-]+/)
    .filter((word) => word !== "" && word !== "api" && word !== "v1")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return method.toLowerCase() + words.join("");
}

function pathParameters(path: string): readonly Json[] {
  return [...path.matchAll(/:([a-zA-Z]+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function headers(method: string, { permission, isCommand, isVersioned }: RouteDeclaration): readonly Json[] {
  const header = (name: string, required: boolean, description: string): Json => ({
    name,
    in: "header",
    required,
    description,
    schema: { type: "string" },
  });
  return [
    ...(isCommand ? [header("Idempotency-Key", true, "A new id for each decision; the same again decides once.")] : []),
    ...(isVersioned ? [header("If-Match", true, "The version that the decision is about.")] : []),
    ...(method !== "GET" && permission !== null ? [header("X-CSRF-Token", false, "Needed with a session.")] : []),
  ];
}

function queryParameters(query: z.ZodType | undefined, schemas: Json): readonly Json[] {
  if (!query) return [];
  // A query is an object of named values.
  const { properties = {}, required = [] } = schemaOf(query, "input", schemas) as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

/** The schema with its named parts moved into `schemas`. What a caller sends may differ from what he gets: `…Input`. */
function schemaOf(type: z.ZodType, io: "input" | "output", schemas: Json): Json {
  const {
    $schema: _,
    $defs = {},
    ...root
  } = z.toJSONSchema(type, { target: "draft-2020-12", io, unrepresentable: "any" });
  const parts: Record<string, Json> = { ...($defs as Record<string, Json>) }; // always a map of schemas
  const ownName = typeof root["id"] === "string" ? root["id"] : null;
  if (ownName !== null) parts[ownName] = root;
  const names = namesOf(parts, io, schemas);
  for (const [name, part] of Object.entries(parts)) schemas[names[name] ?? name] = rewritten(part, names);
  return ownName === null ? rewritten(root, names) : { $ref: `#/components/schemas/${names[ownName]}` };
}

/** A part that is there under its name with other content gets another one, and so does whatever refers to it. */
function namesOf(parts: Readonly<Record<string, Json>>, io: "input" | "output", schemas: Json): Record<string, string> {
  const plain = Object.fromEntries(Object.keys(parts).map((name) => [name, name]));
  const isSame = (name: string, part: Json): boolean =>
    schemas[name] === undefined || JSON.stringify(schemas[name]) === JSON.stringify(rewritten(part, plain));
  if (io === "output" && Object.entries(parts).every(([name, part]) => isSame(name, part))) return plain;
  if (Object.entries(parts).every(([name, part]) => schemas[name] !== undefined && isSame(name, part))) return plain;
  const suffix = io === "input" ? "Input" : "Output";
  return Object.fromEntries(Object.keys(parts).map((name) => [name, `${name}${suffix}`]));
}

function rewritten(schema: Json, names: Readonly<Record<string, string>>): Json {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, held]): [string, unknown][] => {
        if (key === "$ref" && typeof held === "string") {
          const name = held.replace(/^#\/\$defs\//, "");
          return [["$ref", `#/components/schemas/${names[name] ?? name}`]];
        }
        return [[key, walk(held)]];
      }),
    );
  };
  const { id: _, ...rest } = schema;
  // An object stays one.
  return walk(rest) as Json;
}
