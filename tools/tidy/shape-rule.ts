/**
 * The shape of files: their names, their headers and their length, with the ratchet that lets old excess only shrink.
 */
import { isScript, isTest, matches, type Finding, type FunctionLength, type Repository, type Rule } from "./rule.ts";

export const fileLinesMax = 400;
export const functionLinesMax = 70;

/** What is longer than the limits and was so before: may shrink, may not grow. */
export const ratchetFile = "tools/tidy/ratchet.json";

interface Ratchet {
  /** Path to lines. */
  readonly files?: Readonly<Record<string, number>>;
  /** `path: name` to lines. */
  readonly functions?: Readonly<Record<string, number>>;
}

const codeFolders = ["{src,tests,tools,bench}/**"];

function codeFiles(repository: Repository): string[] {
  return [...repository.files.keys()].filter((file) => isScript(file) && matches(file, ...codeFolders));
}

const header: Rule = {
  name: "header",
  check: (repository) =>
    codeFiles(repository)
      .filter(
        (file) =>
          !isTest(file) && !/^(?:#!.*\n)?\s*\/\*\*[\s\S]*?\w[\s\S]*?\*\//.test(repository.files.get(file) ?? ""),
      )
      .map((file) => ({
        file,
        line: 1,
        rule: "header",
        advice: "open the file with a docblock: what lives here, and what deliberately does not",
      })),
  examples: [
    {
      allowed: { "src/base/a.ts": "/** Amounts. */\nexport const a = 1;" },
      violation: { "src/base/a.ts": "export const a = 1;\n/** Amounts. */" },
    },
    { allowed: { "tools/a.ts": "#!/usr/bin/env node\n/** Amounts. */" }, violation: { "tools/a.ts": "/** */" } },
  ],
};

const bannedNames = new Set(["util", "utils", "common", "helper", "helpers", "manager", "misc", "shared"]);

const name: Rule = {
  name: "name",
  check: (repository) =>
    [...repository.files.keys()]
      .filter((file) => matches(file, ...codeFolders, "docs/**"))
      .flatMap((file) => {
        const banned = file.split(/[/.-]/).find((word) => bannedNames.has(word));
        if (banned !== undefined) return [nameFinding(file, `"${banned}" is no noun: name the file by what it holds`)];
        const base = file.slice(file.lastIndexOf("/") + 1);
        if (!isScript(file) || /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9-]+)*$/.test(base)) return [];
        return [nameFinding(file, "file names are kebab-case singular nouns: job-order.ts")];
      }),
  examples: [
    { allowed: { "src/base/unit.ts": "" }, violation: { "src/base/utils.ts": "" } },
    { allowed: { "src/base/unit.ts": "" }, violation: { "src/shared/unit.ts": "" } },
    { allowed: { "src/erp/sap/order.map.ts": "" }, violation: { "src/erp/sap/goodsMovement.ts": "" } },
    { allowed: { "tools/run.mjs": "" }, violation: { "src/store/task-manager.ts": "" } },
  ],
};

function nameFinding(file: string, advice: string): Finding {
  return { file, line: 1, rule: "name", advice };
}

const fileLength: Rule = {
  name: "file-length",
  check: (repository) => {
    const lengths = new Map(codeFiles(repository).map((file) => [file, lineCount(repository.files.get(file) ?? "")]));
    const known = ratchet(repository).files ?? {};
    const tooLong = [...lengths].filter(([file, lines]) => lines > Math.max(fileLinesMax, known[file] ?? 0));
    return [
      ...tooLong.map(([file, lines]) => ({
        file,
        line: fileLinesMax + 1,
        rule: "file-length",
        advice: `${lines} lines, ${known[file] ?? fileLinesMax} allowed: give one of its nouns a file of its own`,
      })),
      ...slack("file-length", known, lengths, fileLinesMax),
    ];
  },
  examples: [
    { allowed: { "src/base/a.ts": "\n".repeat(400) }, violation: { "src/base/a.ts": "\n".repeat(401) } },
    {
      allowed: { "src/base/a.ts": "\n".repeat(450), [ratchetFile]: '{"files":{"src/base/a.ts":450}}' },
      violation: { "src/base/a.ts": "\n".repeat(451), [ratchetFile]: '{"files":{"src/base/a.ts":450}}' },
    },
    {
      allowed: { "src/base/a.ts": "\n".repeat(450), [ratchetFile]: '{"files":{"src/base/a.ts":450}}' },
      violation: { "src/base/a.ts": "\n".repeat(449), [ratchetFile]: '{"files":{"src/base/a.ts":450}}' },
    },
  ],
};

const long = { file: "src/base/a.ts", line: 3, name: "The function `scan`", lines: 71 };
const longKnown = { [ratchetFile]: '{"functions":{"src/base/a.ts: The function `scan`":71}}' };

const functionLength: Rule = {
  name: "function-length",
  check: (repository) => {
    const found = repository.longFunctions.filter((one) => !isList(one) && one.lines > functionLinesMax);
    const known = ratchet(repository).functions ?? {};
    const lengths = new Map(found.map((one) => [`${one.file}: ${one.name}`, one.lines]));
    return [
      ...found
        .filter((one) => one.lines > (known[`${one.file}: ${one.name}`] ?? functionLinesMax))
        .map((one) => ({
          file: one.file,
          line: one.line,
          rule: "function-length",
          advice: `${one.name} has ${one.lines} lines, ${functionLinesMax} allowed: move a step it takes into a function with a name`,
        })),
      ...slack("function-length", known, lengths, functionLinesMax),
    ];
  },
  examples: [
    { allowed: {}, violation: {}, longAllowed: [{ ...long, file: "src/base/a.test.ts" }], longPlanted: [long] },
    {
      allowed: {},
      violation: {},
      longAllowed: [{ ...long, file: "tests/contract/store/a.ts", name: "The function `aSuite`" }],
      longPlanted: [{ ...long, file: "tests/contract/store/a.ts" }],
    },
    { allowed: longKnown, violation: longKnown, longAllowed: [long], longPlanted: [{ ...long, lines: 72 }] },
    { allowed: longKnown, violation: longKnown, longAllowed: [long], longPlanted: [] },
  ],
};

/** A test file, or the suite that several implementations call: a list of tests, each of which is short. */
function isList({ file, name }: FunctionLength): boolean {
  return isTest(file) || (file.startsWith("tests/contract/") && name.includes("Suite"));
}

function lineCount(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

function ratchet(repository: Repository): Ratchet {
  // the file is ours and its shape is two flat tables; a wrong one shows as findings below
  return JSON.parse(repository.files.get(ratchetFile) ?? "{}") as Ratchet;
}

/** A ratchet entry that is no longer needed, or higher than what is left, has to go down with it. */
function slack(
  rule: string,
  known: Readonly<Record<string, number>>,
  lengths: ReadonlyMap<string, number>,
  limit: number,
): Finding[] {
  return Object.entries(known)
    .filter(([key, allowed]) => (lengths.get(key) ?? 0) < allowed)
    .map(([key]) => {
      const left = lengths.get(key) ?? 0;
      const advice =
        left > limit ? `lower the entry "${key}" to ${left}` : `delete the entry "${key}": it is short now`;
      return { file: ratchetFile, line: 1, rule, advice };
    });
}

export const shapeRules: readonly Rule[] = [header, name, fileLength, functionLength];
