/** The screens that the demo shows: built when there are none, or when what they are made of is newer. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fail, ok, type Result } from "../base/result.ts";

export interface ScreenPlace {
  /** Where `src/web` is. */
  readonly root: string;
  /** The folder of the built screens. */
  readonly built: string;
}

const config = "src/web/vite.config.ts";
const builder = "node_modules/vite/bin/vite.js";
/** What the screens are made of. */
const sources = ["src/web", "src/api/contract"] as const;

/**
 * @returns whether there is something to build, and it is not built or older
 */
export async function isStale({ root, built }: ScreenPlace): Promise<boolean> {
  if (!existsSync(join(root, config))) return false;
  const page = await stat(join(built, "index.html")).catch(() => null);
  if (!page) return true;
  for (const source of sources) if ((await newestIn(join(root, source))) > page.mtimeMs) return true;
  return false;
}

/** @fault refused app/demo-screens  they cannot be built; says what the builder said */
export async function buildScreens(place: ScreenPlace): Promise<Result<void>> {
  const said: string[] = [];
  const code = await new Promise<number | null>((resolve) => {
    const args = [join(place.root, builder), "build", "--config", config];
    // The builder would keep what it has compiled among the temporary files; the demo leaves nothing there.
    const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" };
    const child = spawn(process.execPath, args, { cwd: place.root, env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => void said.push(chunk.toString()));
    }
    child.on("error", () => resolve(null));
    child.on("close", resolve);
  });
  if (code === 0) return ok(undefined);
  const text = "The screens cannot be built. Run `npm ci`, then `npm run web`, and see what it says.";
  return fail("refused", "app/demo-screens", text, said.join("").slice(-4_000));
}

async function newestIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  let newest = 0;
  for (const entry of entries) {
    if (entry.isFile()) newest = Math.max(newest, (await stat(join(entry.parentPath, entry.name))).mtimeMs);
  }
  return newest;
}
