/** The site of this process: files, environment and connectors' judgement put together. */
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkExpression } from "../expression/syntax.ts";
import { diskFolder, readSiteFiles, type SiteFiles } from "../site/folder.ts";
import { jsonSchemaFiles } from "../site/json-schema.ts";
import { checkSite, loadSite, type LoadedSite, type SiteRules } from "../site/load.ts";
import type { ReferenceLookup } from "../site/reference.ts";
import type { Result } from "../base/result.ts";
import { ok } from "../base/result.ts";
import { settingsRegistry } from "./registry.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const rules: SiteRules = {
  registry: settingsRegistry,
  compile: (text) => {
    const checked = checkExpression(text);
    return checked.ok ? null : checked.fault.message;
  },
};

/** Strict: every reference must be there. */
export function openSite(folder: string, environment: Environment): Promise<LoadedSite> {
  return loadSite(diskFolder(folder), rules, lookupOf(environment));
}

/** Without an environment: what editors and pipelines can know. */
export async function checkSiteFolder(folder: string): Promise<Result<LoadedSite>> {
  const files = await readSiteFiles(diskFolder(folder));
  return files.ok ? ok(checkSite(files.value, rules)) : files;
}

/** The same for files that are at hand. */
export function checkFiles(files: SiteFiles): LoadedSite {
  return checkSite(files, rules);
}

/** Writes the JSON Schemas of site.yaml and maps for editors. @returns the files written */
export async function writeSchemas(folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  for (const [name, text] of jsonSchemaFiles(settingsRegistry)) {
    const file = join(folder, name);
    await writeFile(file, text);
    written.push(file);
  }
  return written;
}

function lookupOf(environment: Environment): ReferenceLookup {
  return {
    environment: (name) => environment[name] ?? null,
    file: (path) => {
      try {
        return readFileSync(path, "utf8").replace(/\n$/, "");
      } catch {
        return null;
      }
    },
  };
}
