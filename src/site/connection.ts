/**
 * Checks the connections of a site with the schemas of the connectors that will use them. This room may not import a
 * connector: the caller passes their schemas in as a registry.
 */
import type { z } from "zod";
import { problem, type ContentPath, type Problem } from "./finding.ts";
import {
  checkSettingsText,
  lookUp,
  missingReference,
  referencesIn,
  replaced,
  type ReferenceLookup,
} from "./reference.ts";
import { shapeAsFarAsPossible } from "./repair.ts";
import { jsonSchemaOf } from "./shape.ts";
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

/** The settings schema of a connector that describes its settings with zod. */
export function zodSettings(schema: z.ZodType): SettingsSchema {
  return { check: (settings) => shapeAsFarAsPossible(schema, settings, []).problems, jsonSchema: jsonSchemaOf(schema) };
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
 * Without a lookup, a reference is taken for a fitting text, because nobody can know what stands behind it; with one,
 * everything is resolved and judged as the connector will get it.
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
    lookup && lookUp(reference, lookup) === null ? [problem(place, missingReference(reference))] : [],
  );
  const given = replaced(settings, (reference) =>
    lookup ? (lookUp(reference, lookup) ?? "") : (reference.default ?? ""),
  );
  const unknown = lookup ? missing : references;
  const judged = (known[kind]?.check(given) ?? [])
    .map((found) => ({ ...found, path: [...at, ...found.path] }))
    .filter((found) => !unknown.some((reference) => isAtOrBelow(found.path, reference.path)));
  return [...textProblems, ...missing, ...judged];
}

function isAtOrBelow(path: ContentPath, above: ContentPath): boolean {
  return above.every((step, index) => path[index] === step);
}
