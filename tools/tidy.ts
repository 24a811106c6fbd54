/**
 * What a compiler cannot check: the rooms' imports, the purity of the core, names, headers, lengths, dead files, and
 * documents in step with the code. Prints `file:line: rule: what to do instead`; ends with 1 when it found anything.
 * The rules are data in `tidy/`, each with an example that passes and a planted violation that `tidy.test.ts` runs.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { codeRules } from "./tidy/code-rule.ts";
import { documentRules } from "./tidy/document-rule.ts";
import { importRules } from "./tidy/import-rule.ts";
import { measureFunctions } from "./tidy/function-length.ts";
import { repositoryOf, type Finding, type Repository, type Rule } from "./tidy/rule.ts";
import { shapeRules } from "./tidy/shape-rule.ts";

export const rules: readonly Rule[] = [...importRules, ...codeRules, ...shapeRules, ...documentRules];

const textFile =
  /\.(?:ts|tsx|mts|js|mjs|json|md|sql|yaml|yml|sh|xml|csv|html|css|txt)$|(?:^|\/)(?:\.\w+|LICENSE|NOTICE|run)$/;

/** The files git knows or would add, of those the rules read; a deleted file that is still in the index is left out. */
export async function readRepository(root: string): Promise<Repository> {
  const listed = await promisify(execFile)("git", ["ls-files", "-coz", "--exclude-standard"], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  const paths = [...new Set(listed.stdout.split("\0"))].filter((path) => textFile.test(path)).sort();
  const contents = await Promise.all(
    paths.map(async (path) => [path, await readFile(join(root, path), "utf8").catch(() => undefined)] as const),
  );
  const files = new Map(contents.flatMap(([path, text]) => (text === undefined ? [] : [[path, text] as const])));
  return repositoryOf(files, await measureFunctions(root, files.keys()));
}

export function findingsOf(repository: Repository): Finding[] {
  return rules
    .flatMap((rule) => rule.check(repository))
    .sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.rule.localeCompare(b.rule));
}

async function main(): Promise<void> {
  const root = dirname(import.meta.dirname);
  const repository = await readRepository(root);
  const findings = findingsOf(repository);
  for (const { file, line, rule, advice } of findings) console.log(`${file}:${line}: ${rule}: ${advice}`);
  const count = `${repository.files.size} files, ${rules.length} rules`;
  console.log(findings.length === 0 ? `tidy: ${count}, nothing found` : `tidy: ${count}, ${findings.length} found`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}

if (import.meta.main) await main();
