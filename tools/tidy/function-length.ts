/**
 * How long functions are. Measured by oxlint, which parses; only what is over the limit is returned.
 */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { isScript, type FunctionLength } from "./rule.ts";

interface Diagnostic {
  readonly message: string;
  readonly filename: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
}

/**
 * @param root   folder the paths are relative to
 * @param files  paths; those that are no scripts are left out
 * @returns      every function over `functionLinesMax` lines, blank lines and comments counted
 */
export async function measureFunctions(root: string, files: Iterable<string>): Promise<FunctionLength[]> {
  const scripts = [...files].filter(isScript);
  if (scripts.length === 0) return [];
  const program = join(createRequire(import.meta.url).resolve("oxlint/package.json"), "..", "bin", "oxlint");
  const settings = join(import.meta.dirname, "function-length.oxlintrc.json");
  const flags = ["-c", settings, "-f", "json", "--no-ignore", "--disable-nested-config"];
  const output = await run(process.execPath, [program, ...flags, ...scripts], root);
  // oxlint's own output; a change of its form would show at once in tidy.test.ts
  const report = JSON.parse(output) as { readonly diagnostics: readonly Diagnostic[] };
  return report.diagnostics.flatMap(({ message, filename, labels }) => {
    const [, name, lines] = /^(.*?) has too many lines \((\d+)\)/.exec(message) ?? [];
    if (name === undefined) throw new Error(`tidy cannot measure ${filename}: ${message}`);
    return [{ file: filename.replaceAll("\\", "/"), line: labels[0]?.span.line ?? 1, name, lines: Number(lines) }];
  });
}

/** What the program prints, also when it ends with 1, as a linter that finds something does. */
function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error && !stdout.startsWith("{"))
        reject(new Error(`oxlint did not run: ${stderr || stdout}`, { cause: error }));
      else resolve(stdout);
    });
  });
}
