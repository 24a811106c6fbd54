/**
 * The files of a site, wherever they are kept: a folder on disk, the history in the database, or a test's memory. Which
 * files belong to a site is decided here.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fail, ok, type Result } from "../base/result.ts";

/** Path inside the site's folder (with `/`) → text. */
export type SiteFiles = ReadonlyMap<string, string>;

/** Access to a folder. */
export interface SiteFolder {
  /** Where it is, for people; left out when it is nowhere that they know. */
  readonly place?: string;
  /** Paths of all files in the folder and in `maps/`, relative, with `/`. */
  list(): Promise<readonly string[]>;
  read(path: string): Promise<string>;
}

export const siteFile = "site.yaml";

/** `site.yaml` and the YAML files in `maps/`; other files beside them (a README, schemas) are no part of the site. */
export function isSiteFile(path: string): boolean {
  return path === siteFile || isMapFile(path);
}

export function isMapFile(path: string): boolean {
  return /^maps\/[^/]+\.ya?ml$/.test(path);
}

/**
 * All files of a site.
 *
 * @fault invalid site/folder   the folder or one of its files cannot be read; names which
 */
export async function readSiteFiles(folder: SiteFolder): Promise<Result<SiteFiles>> {
  const files = new Map<string, string>();
  let reading = folder.place === undefined ? "the folder of the site" : `the folder of the site, ${folder.place},`;
  try {
    for (const path of (await folder.list()).filter(isSiteFile).toSorted()) {
      reading = path;
      files.set(path, await folder.read(path));
    }
  } catch (error) {
    const isFile = error instanceof Error && "code" in error && error.code === "ENOTDIR";
    const advice = isFile ? "it is a file, name the folder that it is in" : "check that it is there and may be read";
    return fail("invalid", "site/folder", `${reading} cannot be read: ${advice}.`, error);
  }
  return ok(files);
}

/** The folder on disk at `root`. */
export function diskFolder(root: string): SiteFolder {
  return {
    place: root,
    list: async () => [...(await names(root)), ...(await names(join(root, "maps"))).map((name) => `maps/${name}`)],
    read: (path) => readFile(join(root, path), "utf8"),
  };
}

/** Names of the files in a folder; none when there is no such folder below an existing root. */
async function names(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder, { withFileTypes: true }))
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT" && folder.endsWith("maps")) return [];
    throw error;
  }
}
