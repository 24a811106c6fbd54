/**
 * Checks data against a zod schema and says what does not fit in sentences for people: each schema part carries the half
 * sentence "write …", this file adds what stands there now, and the known key that was probably meant.
 */
import { z } from "zod";
import { keyProblem, problem, type ContentPath, type Problem } from "./finding.ts";
import { didYouMean, listed, nearest } from "./spelling.ts";

export type Shaped<T> = { readonly value: T | null; readonly problems: readonly Problem[] };

type Issue = z.core.$ZodIssue;

/** The content as the schema reads it, with defaults; null and at least one problem when it does not fit. */
export function shape<S extends z.ZodType>(schema: S, content: unknown): Shaped<z.output<S>> {
  const parsed = schema.safeParse(content, { error: instead });
  if (parsed.success) return { value: parsed.data, problems: [] };
  const problems = parsed.error.issues.flatMap((issue) => fromIssue(issue, [], { schema, content }));
  return { value: null, problems };
}

interface Whole {
  readonly schema: z.ZodType;
  readonly content: unknown;
}

function fromIssue(issue: Issue, above: ContentPath, whole: Whole): readonly Problem[] {
  const path = [...above, ...steps(issue.path)];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, path, whole));
    case "invalid_union":
      return fromUnion(issue, path, whole);
    case "invalid_key":
      return [
        keyProblem(path, `\`${String(path.at(-1))}\` cannot be a key here; ${issue.issues[0]?.message ?? "rename it"}`),
      ];
    default:
      return [valueProblem(path, issue.message, whole)];
  }
}

/** Where one alternative was clearly meant, what is wrong inside it is said instead of "none fits". */
function fromUnion(
  issue: Extract<Issue, { code: "invalid_union" }>,
  path: ContentPath,
  whole: Whole,
): readonly Problem[] {
  const meant = issue.errors.filter(
    (issues) => !issues.some((inner) => isOtherKind(inner, valueAt(whole.content, path))),
  );
  const [only] = meant;
  if (!only || meant.length > 1) return [valueProblem(path, issue.message, whole)];
  return only.flatMap((inner) => fromIssue(inner, path, whole));
}

/** The alternative is of another kind altogether: other type, or none of its keys is there. */
function isOtherKind(issue: Issue, value: unknown): boolean {
  if (issue.path.length === 0) return issue.code === "invalid_type" || issue.code === "invalid_value";
  return issue.code === "invalid_type" && valueAt(value, steps(issue.path)) === undefined;
}

function valueProblem(path: ContentPath, message: string, whole: Whole): Problem {
  const value = valueAt(whole.content, path);
  const name = nameOf(path);
  if (value === undefined) return problem(path, `${name} is missing; ${message}`);
  return { ...problem(path, `${name} is ${shown(value)}; ${message}`), instead: message };
}

function unknownKey(key: string, path: ContentPath, whole: Whole): Problem {
  const known = knownKeys(jsonSchemaOf(whole.schema), path, whole.content);
  const place = path.length === 0 ? "here" : `in ${nameOf(path)}`;
  const meant = nearest(key, known);
  const advice = meant === null ? `write ${listed(known)}, or remove it` : `write ${meant}`;
  return { ...keyProblem([...path, key], `there is no \`${key}\` ${place}; ${advice}`), meant };
}

/** What to write, where the schema itself does not say it. */
function instead(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected === "string" && typeof issue.input === "number"
        ? `write it in quotes: "${issue.input}"`
        : `write ${kinds[issue.expected] ?? issue.expected}`;
    case "invalid_value": {
      const values = issue.values.map(String);
      const meant = typeof issue.input === "string" ? didYouMean(issue.input, values) : "";
      return `write ${listed(values)}${meant}`;
    }
    case "invalid_union": {
      const options = "options" in issue && Array.isArray(issue["options"]) ? issue["options"].map(String) : [];
      return options.length > 0 ? `write ${listed(options)}` : "write one of the forms that the guide shows";
    }
    case "too_small":
      return `write ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`;
    case "too_big":
      return `write ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}`;
    case "invalid_format":
      return issue.format === "url"
        ? "write a web address, for example https://erp.example/odata"
        : "write another value";
    default:
      return "write another value";
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "keys and values (`key: value`)",
  record: "keys and values (`key: value`)",
  array: "a list (`- …`)",
};

function steps(path: readonly PropertyKey[]): ContentPath {
  return path.map((step) => (typeof step === "number" ? step : String(step)));
}

/** The name that a person would use: the last key, with its position when it is in a list. */
export function nameOf(path: ContentPath): string {
  const last = path.at(-1);
  if (last === undefined) return "the file";
  if (typeof last === "string") return `\`${last}\``;
  return `entry ${last + 1} of \`${String(path.at(-2) ?? "the file")}\``;
}

export function shown(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a group of keys";
  const text = String(value);
  return typeof value === "string" ? `"${text.length > 60 ? `${text.slice(0, 57)}…` : text}"` : text;
}

export function valueAt(content: unknown, path: ContentPath): unknown {
  let value = content;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    // Own property, checked just above.
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

type JsonSchema = z.core.JSONSchema.BaseSchema;
const jsonSchemas = new WeakMap<z.ZodType, JsonSchema>();

/** The schema as JSON Schema (draft 2020-12), of what is written, before defaults. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  let known = jsonSchemas.get(schema);
  if (!known) {
    known = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
    jsonSchemas.set(schema, known);
  }
  return known;
}

/** The keys that may stand at a path; of alternatives, those of all that agree with the constants written there. */
function knownKeys(schema: JsonSchema, path: ContentPath, content: unknown): ReadonlySet<string> {
  const options = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].filter(isSchema);
  if (options.length > 0) {
    const agreeing = options.filter((option) => agrees(option, content));
    const used = agreeing.length > 0 ? agreeing : options;
    return new Set(used.flatMap((option) => [...knownKeys(option, path, content)]));
  }
  const [step, ...rest] = path;
  if (step === undefined) return new Set(Object.keys(schema.properties ?? {}));
  const inner = typeof step === "number" ? schema.items : (schema.properties?.[step] ?? schema.additionalProperties);
  return isSchema(inner) ? knownKeys(inner, rest, valueAt(content, [step])) : new Set();
}

function agrees(option: JsonSchema, content: unknown): boolean {
  return Object.entries(option.properties ?? {}).every(
    ([key, property]) =>
      !isSchema(property) || property.const === undefined || valueAt(content, [key]) === property.const,
  );
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
