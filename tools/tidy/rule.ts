/**
 * What a rule of `tidy` is: a name, a check over the whole repository, and at least one tree that passes beside one
 * that must not. Knows no particular rule.
 */
import { posix } from "node:path";
import { readSource, type Import, type Source } from "./source.ts";

/** Path from the repository's root, with forward slashes, to content. */
export type Tree = Readonly<Record<string, string>>;

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  /** What is wrong and what to do instead. */
  readonly advice: string;
}

export interface FunctionLength {
  readonly file: string;
  readonly line: number;
  /** As oxlint calls it: `` The function `scan` ``. */
  readonly name: string;
  readonly lines: number;
}

export interface Repository {
  readonly files: ReadonlyMap<string, string>;
  /** Every function of the repository that is longer than `functionLinesMax`, measured beforehand. */
  readonly longFunctions: readonly FunctionLength[];
  source(path: string): Source;
  /** The file's imports, those of its own code resolved to a path in the repository. */
  imports(path: string): readonly ResolvedImport[];
}

export interface ResolvedImport extends Import {
  /** Path in the repository of a relative import, whether or not such a file exists; undefined for packages. */
  readonly target: string | undefined;
  readonly line: number;
}

export interface Rule {
  readonly name: string;
  check(repository: Repository): Finding[];
  readonly examples: readonly Example[];
}

/** `violation` must give a finding of the rule; `allowed` must give none. */
export interface Example {
  readonly allowed: Tree;
  readonly violation: Tree;
  /** The long functions of `allowed` and of `violation`; none unless named. */
  readonly longAllowed?: readonly FunctionLength[];
  readonly longPlanted?: readonly FunctionLength[];
}

export function repositoryOf(
  files: ReadonlyMap<string, string>,
  longFunctions: readonly FunctionLength[] = [],
): Repository {
  const sources = new Map<string, Source>();
  const source = (path: string): Source => {
    const known = sources.get(path) ?? readSource(files.get(path) ?? "");
    sources.set(path, known);
    return known;
  };
  const imports = (path: string): ResolvedImport[] =>
    source(path).imports.map((found) => ({
      ...found,
      target: /^\.{1,2}\//.test(found.specifier) ? posix.join(posix.dirname(path), found.specifier) : undefined,
      line: source(path).lineOf(found.start),
    }));
  return { files, longFunctions, source, imports };
}

/** `*` stands for one name, `**` for any number of them, `{a,b}` for either. */
export function matches(path: string, ...patterns: readonly string[]): boolean {
  return patterns.some((pattern) => expression(pattern).test(path));
}

const expressions = new Map<string, RegExp>();

function expression(pattern: string): RegExp {
  const known = expressions.get(pattern);
  if (known) return known;
  const text = pattern
    .replace(/[.+^$()|[\]\\]/g, "\\$&")
    .replace(/\{([^}]*)\}/g, (_, names: string) => `(?:${names.replaceAll(",", "|")})`)
    .replace(/\*\*\/|\*\*|\*/g, (stars) => (stars === "*" ? "[^/]*" : stars === "**" ? ".*" : "(?:.*/)?"));
  const made = new RegExp(`^${text}$`);
  expressions.set(pattern, made);
  return made;
}

/** Tests, and what only they use: it stands in a folder `testing/`. */
export function isTest(path: string): boolean {
  return path.endsWith(".test.ts") || /\/testing\//.test(path);
}

export function isScript(path: string): boolean {
  return /\.(ts|tsx|mts|mjs|js)$/.test(path);
}
