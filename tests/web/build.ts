/** The screens, built for one test file into a folder of its own, so that files that run at once do not meet. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const root = join(import.meta.dirname, "../..");

export interface BuiltWeb {
  readonly folder: string;
  remove(): Promise<void>;
}

export async function buildWeb(): Promise<BuiltWeb> {
  const folder = join(root, ".cache", `web-${process.pid}`);
  await build({
    configFile: join(root, "src/web/vite.config.ts"),
    mode: "production",
    logLevel: "error",
    build: { outDir: folder, emptyOutDir: true },
  });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

interface Chunk {
  readonly file: string;
  readonly css?: readonly string[];
  readonly imports?: readonly string[];
}

/** Every file that an address needs before it can show anything, with its compressed size in bytes. */
export async function firstLoad(folder: string, screen: string): Promise<ReadonlyMap<string, number>> {
  // written by the build a moment ago
  const manifest = JSON.parse(await readFile(join(folder, ".vite/manifest.json"), "utf8")) as Record<string, Chunk>;
  const files = new Set<string>();
  const seen = new Set<string>();
  const take = (name: string): void => {
    const chunk = manifest[name];
    if (!chunk) throw new Error(`The build has no ${name}`);
    if (seen.has(name)) return;
    seen.add(name);
    for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file);
    for (const one of chunk.imports ?? []) take(one);
  };
  take("index.html");
  take(screen);
  const sizes = await Promise.all(
    [...files].map(async (file) => [file, gzipSync(await readFile(join(folder, file))).length] as const),
  );
  return new Map(sizes);
}
