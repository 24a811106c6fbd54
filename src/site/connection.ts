/**
 * Checks the connections of a site with the schemas of the connectors that will use them. This room may not import a
 * connector: the caller passes their schemas in as a registry.
 */
import type { z } from "zod";
import type { Result } from "../base/result.ts";
import { problem, type ContentPath, type Problem } from "./finding.ts";
import {
  checkSettingsText,
  heldBy,
  lookUp,
  missingReference,
  referencesIn,
  replaced,
  type PlacedReference,
  type ReferenceLookup,
} from "./reference.ts";
import { shapeAsFarAsPossible } from "./repair.ts";
import { jsonSchemaOf, nameOf } from "./shape.ts";
import { didYouMean, listed } from "./spelling.ts";

/** What a connector says about its settings. Paths are relative to the settings. */
export interface SettingsSchema {
  check(settings: unknown): readonly Problem[];
  /** For completion in editors; left out when there is none. */
  readonly jsonSchema?: object;
}

/** By the names that `site.yaml` uses: `product` of an ERP, `protocol` of a machine. */
export interface ConnectorRegistry {
  readonly erps: Readonly<Record<string, SettingsSchema>>;
  readonly machines: Readonly<Record<string, SettingsSchema>>;
}

/** What does not go together, where a schema cannot say it. */
export interface SettingsMistake {
  readonly path: readonly string[];
  readonly message: string;
}

/**
 * The settings schema of a connector that describes its settings with zod.
 *
 * @param across  judges settings of the right shape as a whole
 */
export function zodSettings<S extends z.ZodType>(
  schema: S,
  across: (settings: z.output<S>) => readonly SettingsMistake[] = () => [],
): SettingsSchema {
  return {
    check: (settings) => {
      const { value, problems } = shapeAsFarAsPossible(schema, settings, []);
      if (value === null || problems.length > 0) return problems;
      return across(value).map(({ path, message }) => problem(path, `${nameOf(path)}: ${message}`));
    },
    jsonSchema: jsonSchemaOf(schema),
  };
}

/**
 * The settings schema of a connector that reads its settings by a function. A fault whose `cause` lists where each mistake
 * is (as zod does: `path` and `message`) becomes one finding per mistake, any other one finding about the settings.
 */
export function readSettings(read: (settings: unknown) => Result<unknown>): SettingsSchema {
  return {
    check: (settings) => {
      const result = read(settings);
      if (result.ok) return [];
      const { cause, message } = result.fault;
      const placed = Array.isArray(cause) ? cause.flatMap(placedProblem) : [];
      return placed.length > 0 ? placed : [problem([], message)];
    },
  };
}

/** The settings schema of a connector that judges by a function: null or the sentence about what is wrong. */
export function judgedSettings(judge: (settings: unknown) => string | null): SettingsSchema {
  return {
    check: (settings) => {
      const wrong = judge(settings);
      return wrong === null ? [] : [problem([], wrong)];
    },
  };
}

function placedProblem(mistake: unknown): readonly Problem[] {
  if (typeof mistake !== "object" || mistake === null || !("path" in mistake) || !("message" in mistake)) return [];
  if (!Array.isArray(mistake.path) || typeof mistake.message !== "string") return [];
  const path = mistake.path.map((step: unknown) => (typeof step === "number" ? step : String(step)));
  return [{ ...problem(path, `${nameOf(path)} does not fit; ${mistake.message}`), instead: mistake.message }];
}

interface Connection {
  /** Where the connection stands in the file. */
  readonly path: ContentPath;
  /** Key that names the connector: `product` or `protocol`. */
  readonly kindKey: string;
  readonly kind: string;
  readonly settings: unknown;
  readonly known: Readonly<Record<string, SettingsSchema>>;
}

/**
 * Without a lookup, a reference is taken for a fitting text, because nobody can know what stands behind it, and its default
 * is judged; with one, everything is resolved and judged as the connector will get it.
 */
export function checkConnection(connection: Connection, lookup: ReferenceLookup | null): readonly Problem[] {
  const { path, kind, kindKey, known, settings } = connection;
  const at = [...path, "settings"];
  const textProblems = checkSettingsText(settings, at);
  if (!Object.hasOwn(known, kind)) {
    const names = Object.keys(known);
    return [
      ...textProblems,
      problem([...path, kindKey], `there is no connector ${kind}${didYouMean(kind, names)}; write ${listed(names)}`),
    ];
  }
  const references = referencesIn(settings, at);
  const missing = references.flatMap(({ path: place, reference }) =>
    lookup && lookUp(reference, lookup) === null ? [problem(place, missingReference(reference, place))] : [],
  );
  const given = replaced(settings, (reference) =>
    lookup ? (lookUp(reference, lookup) ?? "") : (reference.default ?? ""),
  );
  const unknown = references.filter(({ reference }) => !lookup || lookUp(reference, lookup) === null);
  const judged = (known[kind]?.check(given) ?? [])
    .map((found) => ({ ...found, path: [...at, ...found.path] }))
    .filter((found) => !isGuess(found, at, unknown))
    .map((found) => withoutValue(found, references, lookup));
  return [...textProblems, ...missing, ...judged];
}

/** What stands behind a reference may be a secret: a finding about it names the reference and not the value. */
function withoutValue(found: Problem, references: readonly PlacedReference[], lookup: ReferenceLookup | null): Problem {
  const behind = references.find(({ path }) => isAtOrBelow(found.path, path));
  if (!behind) return found;
  const { reference } = behind;
  const isElsewhere = lookup !== null && heldBy(reference, lookup) !== null;
  const source = "env" in reference ? reference.env : reference.file;
  const advice = found.instead ?? "put another value there";
  if (!isElsewhere && reference.default !== undefined)
    return problem([...behind.path, "default"], `the default of ${source} does not fit; ${advice}`);
  return problem(behind.path, `what ${source} holds does not fit; ${advice}`);
}

/**
 * A verdict about a reference that is not resolved and has no default, or about settings as a whole that hold one that is
 * not resolved, is about our stand-in.
 */
function isGuess(found: Problem, settings: ContentPath, unresolved: readonly PlacedReference[]): boolean {
  if (found.path.length === settings.length) return unresolved.length > 0;
  return unresolved.some(({ path, reference }) => reference.default === undefined && isAtOrBelow(found.path, path));
}

function isAtOrBelow(path: ContentPath, above: ContentPath): boolean {
  return above.every((step, index) => path[index] === step);
}
