/**
 * References to secrets and other values that are not written in the site's files: `{ env: NAME }` or `{ file: path }`,
 * each with an optional `default`. Where the values come from is given by the caller: this room reads no environment.
 */
import { fail, ok, type Result } from "../base/result.ts";
import { problem, type ContentPath, type Problem } from "./finding.ts";
import { shown } from "./shape.ts";

export type Reference =
  | { readonly env: string; readonly default?: string }
  | { readonly file: string; readonly default?: string };

/** Answers null for what is not there. */
export interface ReferenceLookup {
  environment(name: string): string | null;
  /** The content of a file; one newline at its end is not part of the value. */
  file(path: string): string | null;
}

export interface PlacedReference {
  readonly path: ContentPath;
  readonly reference: Reference;
}

/** True for a group with `env` or `file` and nothing but `default` beside it. */
export function isReference(value: unknown): value is Reference {
  if (!isGroup(value)) return false;
  const keys = Object.keys(value);
  const named = keys.filter((key) => key === "env" || key === "file");
  const [key] = named;
  if (named.length !== 1 || key === undefined || keys.some((other) => other !== key && other !== "default"))
    return false;
  return typeof value[key] === "string" && (value["default"] === undefined || typeof value["default"] === "string");
}

export function referencesIn(value: unknown, path: ContentPath = []): readonly PlacedReference[] {
  if (isReference(value)) return [{ path, reference: value }];
  if (Array.isArray(value)) return value.flatMap((inner, index) => referencesIn(inner, [...path, index]));
  if (!isGroup(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => referencesIn(inner, [...path, key]));
}

/** The value behind a reference, or null when nothing is there and it has no default. */
export function lookUp(reference: Reference, lookup: ReferenceLookup): string | null {
  return heldBy(reference, lookup) ?? reference.default ?? null;
}

/** The same, its default aside. */
export function heldBy(reference: Reference, lookup: ReferenceLookup): string | null {
  if ("env" in reference) return lookup.environment(reference.env);
  return lookup.file(reference.file)?.replace(/\r?\n$/, "") ?? null;
}

/** What to do about a reference at `path` that leads nowhere: a default is no way out for a secret. */
export function missingReference(reference: Reference, path: ContentPath): string {
  const otherwise = secretName.test(String(path.at(-1))) ? "" : ", or write a `default` here";
  return "env" in reference
    ? `the environment variable ${reference.env} is not set; set it${otherwise}`
    : `the file ${reference.file} cannot be read; put it there${otherwise}`;
}

/**
 * The value with every reference replaced by what it refers to.
 *
 * @fault invalid site/reference   something referred to is not there; the message names all of them
 */
export function resolveReferences(value: unknown, lookup: ReferenceLookup): Result<unknown> {
  const missing = referencesIn(value).filter(({ reference }) => lookUp(reference, lookup) === null);
  if (missing.length > 0) {
    const sentences = missing.map(({ path, reference }) => `${path.join(".")}: ${missingReference(reference, path)}`);
    return fail("invalid", "site/reference", `${sentences.join(". ")}.`);
  }
  return ok(replaced(value, (reference) => lookUp(reference, lookup) ?? ""));
}

/** A copy with each reference replaced. */
export function replaced(value: unknown, by: (reference: Reference) => unknown): unknown {
  if (isReference(value)) return by(value);
  if (Array.isArray(value)) return value.map((inner) => replaced(inner, by));
  if (!isGroup(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaced(inner, by)]));
}

/** Settings under these names are secrets; a name that ends in Url, File, Folder or Path says where, not what. */
const secretName =
  /(password|passwd|passphrase|secrets?|token|credential|credentials|apikey|api[-_]key|privatekey|private[-_]key)$/i;

/**
 * Secrets that stand in the settings as text, and references of a wrong form. What is in a file of the site is in its
 * history for ever, so a secret must never get there.
 */
export function checkSettingsText(settings: unknown, path: ContentPath): readonly Problem[] {
  if (isReference(settings)) return checkReference(settings, path);
  if (Array.isArray(settings)) return settings.flatMap((inner, index) => checkSettingsText(inner, [...path, index]));
  if (isGroup(settings)) {
    const keys = Object.keys(settings);
    const speaksOfReference = keys.includes("env") || keys.includes("file");
    if (speaksOfReference && keys.every((key) => key === "env" || key === "file" || key === "default")) {
      return [
        problem(
          path,
          "this is no reference; write {env: NAME} or {file: path}, with texts in it and if you like a `default`",
        ),
      ];
    }
    return Object.entries(settings).flatMap(([key, inner]) => checkSettingsText(inner, [...path, key]));
  }
  return checkLiteral(settings, path);
}

function checkReference(reference: Reference, path: ContentPath): readonly Problem[] {
  if ("env" in reference && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(reference.env)) {
    return [
      problem(
        [...path, "env"],
        `${shown(reference.env)} is no name of an environment variable; write for example SAP_PASSWORD`,
      ),
    ];
  }
  if ("file" in reference && reference.file.trim() === "") {
    return [problem([...path, "file"], "the path of the file is empty; write where the value stands")];
  }
  if (reference.default !== undefined && secretName.test(String(path.at(-1)))) {
    return [problem([...path, "default"], "a default for a secret is a secret in this file; remove it")];
  }
  return [];
}

function checkLiteral(value: unknown, path: ContentPath): readonly Problem[] {
  const name = path.findLast((step) => typeof step === "string") ?? "";
  if (isSecret(value, path)) {
    return [
      problem(
        path,
        `\`${name}\` is a secret and must not stand in this file; put it in an environment variable or a file and write {env: NAME} or {file: path}`,
      ),
    ];
  }
  if (typeof value === "string" && /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]*:[^/?#@\s]+@/i.test(value)) {
    return [
      problem(
        path,
        `\`${name}\` has a password in its address; write the address without it and the password as {env: NAME}`,
      ),
    ];
  }
  return [];
}

/** By its name, by the name of the group whose `value` it is, or because it is a private key in the usual form. */
function isSecret(value: unknown, path: ContentPath): boolean {
  if (typeof value !== "string" && typeof value !== "number") return false;
  if (value === "") return false;
  const names = path.filter((step) => typeof step === "string");
  const name = names.at(-1) ?? "";
  const named = name === "value" ? (names.at(-2) ?? "") : name;
  return secretName.test(named) || /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(String(value));
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
