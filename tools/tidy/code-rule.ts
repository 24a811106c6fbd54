/**
 * Words that code may use only in certain places, as data: the clock, randomness, the environment, the terminal, what
 * would make the core impure, vendors' words, casts and open ends without a reason.
 */
import { isScript, isTest, matches, type Example, type Finding, type Repository, type Rule } from "./rule.ts";

interface WordRow {
  readonly name: string;
  /** Searched in code without comments and the insides of strings, unless `within` says otherwise. */
  readonly pattern: RegExp;
  readonly within?: "code" | "comments" | "code and strings";
  readonly where: readonly string[];
  readonly except?: readonly string[];
  /** `*.test.ts` in these folders are held to it too. */
  readonly tests?: boolean;
  readonly advice: string;
  readonly examples: readonly Example[];
}

const pureRooms = ["src/{isa95,record,operations}/**"];

function code(file: string, text: string): Record<string, string> {
  return { [file]: `/** An example. */\n${text}\n` };
}

const rows: readonly WordRow[] = [
  {
    name: "pure/async",
    pattern: /\b(?:await|async)\b|\bnew\s+Promise\b|\bPromise\s*\./,
    where: pureRooms,
    advice: "this room is pure: decide here, and wait in the flow that calls it",
    examples: [
      {
        allowed: code("src/operations/order/a.ts", "export const a = 1; // await the reply in the flow"),
        violation: code("src/operations/order/a.ts", "export const a = async (): Promise<void> => {};"),
      },
      {
        allowed: code("src/record/a.ts", "export type Probe = () => Promise<void>;"),
        violation: code("src/record/a.ts", "export const a = Promise.resolve(1);"),
      },
      {
        allowed: code("src/flows/a.ts", "await b();"),
        violation: code("src/isa95/a.ts", "await b();"),
      },
    ],
  },
  {
    name: "pure/clock",
    pattern:
      /\bDate\s*\.\s*now\b|\bnew\s+Date\s*(?:\(\s*\)|(?![\s(]))|\bperformance\s*\.\s*(?:now|timeOrigin|mark)\b|\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/,
    where: pureRooms,
    advice: "this room is pure: take the time as an argument, `at: Instant`",
    examples: [
      {
        allowed: code("src/record/a.ts", 'export const a = new Date("2026-01-01T00:00:00Z");'),
        violation: code("src/record/a.ts", "export const a = new Date( );"),
      },
      {
        allowed: code("src/operations/a.ts", 'export const a = "setTimeout";'),
        violation: code("src/operations/a.ts", "setTimeout(() => {}, 1);"),
      },
    ],
  },
  {
    name: "pure/effect",
    pattern: /\bMath\s*\.\s*random\b|\brandomUUID\b|\bcrypto\s*\.|\bfetch\s*\(|\bprocess\s*\.|\bglobalThis\b/,
    where: pureRooms,
    advice: "this room is pure: no randomness, no environment, no network; take the value as an argument",
    examples: [
      {
        allowed: code("src/operations/a.ts", "export const process = 1;"),
        violation: code("src/operations/a.ts", "export const a = process.uptime();"),
      },
    ],
  },
  {
    name: "clock",
    pattern: /\bDate\s*\.\s*now\b|\bnew\s+Date\s*(?:\(\s*\)|(?![\s(]))/,
    where: ["src/**"],
    except: ["src/base/clock.ts", "src/web/clock.ts"], // the browser's own; screens import only types of base
    advice: "ask the `Clock` that was handed in (src/base/clock.ts): the wall clock is read in that file alone",
    examples: [
      {
        allowed: code("src/base/clock.ts", "export const a = Date.now();"),
        violation: code("src/app/start.ts", "export const a = Date.now();"),
      },
      {
        allowed: code("src/gateway/a.ts", "export const a = new Date(at);"),
        violation: code("src/gateway/a.ts", "export const a = new Date();"),
      },
    ],
  },
  {
    name: "chance",
    pattern: /\bfc\s*\.\s*(?:assert|check)\s*\(/,
    where: ["src/**", "tests/**", "tools/**"],
    except: ["src/base/testing/chance.ts"],
    tests: true,
    advice:
      "use forAll of src/base/testing/chance.ts: the same values each time, and others where somebody looks further",
    examples: [
      {
        allowed: code("src/base/testing/chance.ts", "fc.assert(a);"),
        violation: code("src/base/a.test.ts", "fc.assert(a);"),
      },
    ],
  },
  {
    name: "randomness",
    pattern: /\brandomUUID\b/,
    where: ["src/**"],
    except: ["src/base/id.ts"],
    advice: "use contentId, postingKey or randomId of src/base/id.ts",
    examples: [
      {
        allowed: code("src/base/id.ts", "export const a = randomUUID();"),
        violation: code("src/store/a.ts", "export const a = randomUUID();"),
      },
    ],
  },
  {
    name: "random-number",
    pattern: /\bMath\s*\.\s*random\b(?!\s*=[^=])/, // taking it away from somebody is no use of it
    where: ["src/**", "tests/**", "tools/**", "bench/**"],
    tests: true,
    advice: "draw from a seeded generator, so that the run can be repeated",
    examples: [
      {
        allowed: code("src/simulation/a.ts", "Math.random = refuse; export const a = next(seed);"),
        violation: code("src/simulation/a.ts", "export const a = Math.random();"),
      },
      {
        allowed: code("tests/e2e/a.test.ts", "// Math.random would not be repeatable"),
        violation: code("src/store/a.test.ts", "const a = Math.random();"),
      },
    ],
  },
  {
    name: "environment",
    pattern: /\bprocess\s*\??\.\s*env\b|\bprocess\s*\[|\{[^}]*\benv\b[^}]*\}\s*=\s*process\b/,
    where: ["src/**"],
    except: ["src/app/**"],
    advice: "only src/app reads the environment: take the value as configuration",
    examples: [
      {
        allowed: code("src/app/configuration.ts", "export const a = process.env;"),
        violation: code("src/store/a.ts", "export const a = process.env;"),
      },
    ],
  },
  {
    name: "terminal",
    pattern: /\bconsole\s*\.|\bprocess\s*\.\s*(?:exit|exitCode|stdout|stderr)\b/,
    where: ["src/**"],
    except: ["src/cli/**", "src/app/**"],
    advice: "only src/cli and src/app speak to the terminal or end the process: return a Result, or take a log",
    examples: [
      {
        allowed: code("src/cli/serve.ts", "console.log(1);"),
        violation: code("src/exchange/a.ts", "console.log(1);"),
      },
      {
        allowed: code("src/exchange/a.ts", "fail(code); // process.exit is for the cli"),
        violation: code("src/exchange/a.ts", "process.exit(1);"),
      },
    ],
  },
  {
    name: "vendor-word",
    pattern:
      /\b(?:AUFNR|VORNR|BWART|MATNR|WERKS|LGORT|CHARG|MEINS|RUECK|AUFPL|ProdOrder|ProdId|Z_MES|MANUFACTURINGORDER)\b/,
    within: "code and strings",
    where: ["src/{base,isa95,record,operations,exchange,gateway,flows}/**"],
    advice: "a vendor's word stays in the vendor's folder: use the ISA-95 noun of docs/glossary.md",
    examples: [
      {
        allowed: code("src/erp/sap/a.ts", "export const a = row.AUFNR;"),
        violation: code("src/operations/a.ts", 'export const a = row["AUFNR"];'),
      },
    ],
  },
  {
    name: "open-end",
    pattern: /\b(?:TODO|FIXME|XXX|HACK)\b(?!.*#\d)/,
    within: "comments",
    where: ["src/**", "tests/**", "tools/**", "bench/**"],
    tests: true,
    advice: "finish it, or name the issue (#123) that will",
    examples: [
      {
        allowed: code("src/store/a.ts", "// TODO #12: drop when 15 is gone"),
        violation: code("src/store/a.ts", "// TODO: drop"),
      },
    ],
  },
];

const wordRules: readonly Rule[] = rows.map((row) => ({
  name: row.name,
  check: (repository) =>
    [...repository.files.keys()]
      .filter((file) => isScript(file) && matches(file, ...row.where) && !matches(file, ...(row.except ?? [])))
      .filter((file) => row.tests === true || !isTest(file))
      .flatMap((file) => findingsIn(repository, file, row)),
  examples: row.examples,
}));

function findingsIn(repository: Repository, file: string, row: WordRow): Finding[] {
  const source = repository.source(file);
  const pattern = new RegExp(row.pattern, "g");
  const texts =
    row.within === "comments"
      ? source.comments
      : [{ start: 0, value: source.code }, ...(row.within === "code and strings" ? source.strings : [])];
  return texts.flatMap(({ start, value }) =>
    [...value.matchAll(pattern)].map((found) => ({
      file,
      line: source.lineOf(start + found.index),
      rule: row.name,
      advice: `\`${found[0]}\`: ${row.advice}`,
    })),
  );
}

/** `as const` and renames in imports are no casts; `[] as T[]`, `null as T` and a literal as its union claim nothing. */
const cast: Rule = {
  name: "cast",
  check: (repository) =>
    [...repository.files.keys()]
      .filter((file) => isScript(file) && file.startsWith("src/") && !isTest(file))
      .flatMap((file) => {
        const source = repository.source(file);
        const lines = source.text.split("\n");
        const commented = new Set(
          source.comments.flatMap(({ start, end }) => range(source.lineOf(start), source.lineOf(end))),
        );
        const code = source.code.replace(
          /\b(?:import|export)\s+(?:type\s+)?(?:\w+\s*,\s*)?(?:\{[^}]*\}|\*\s*as\s+\w+)/g,
          blank,
        );
        return [...code.matchAll(/(?<!(?:\[\]|\bnull|")\s*)\bas\s+(?!const\b)[\w{(["'`]/g)]
          .map(({ index }) => source.lineOf(index))
          .filter((line, index, all) => all.indexOf(line) === index)
          .filter((line) => !commented.has(line) && !reasonAbove(lines, commented, line))
          .map((line) => ({
            file,
            line,
            rule: "cast",
            advice: "say in a comment why this cast is true, or check the value instead",
          }));
      }),
  examples: [
    {
      allowed: code("src/store/a.ts", "// the column is NOT NULL\nconst a = row.a as string;\nconst b = [1] as const;"),
      violation: code("src/store/a.ts", "const x = 1;\nconst a = row.a as string;"),
    },
    {
      allowed: code(
        "src/store/a.ts",
        "/** We wrote it. */\nfunction a(b: string): C {\n  return JSON.parse(b) as C;\n}",
      ),
      violation: code("src/store/a.ts", "/** We wrote it. */\nfunction a() {\n  b();\n  return c as D;\n}"),
    },
    {
      allowed: code("src/store/a.ts", 'import { a as b } from "./b.ts";\nimport * as c from "./c.ts";'),
      violation: code("src/store/a.ts", "const x = 1;\nconst a = b as unknown as { c: 1 };"),
    },
    {
      allowed: code("src/store/a.ts", 'const x = 1;\nlet a = [] as string[], b = null as C | null, d = "e" as F;'),
      violation: code("src/store/a.ts", "const x = 1;\nlet a = [b] as string[];"),
    },
  ],
};

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/**
 * A comment on the line before, before the statement that the line continues, or before the one-line function whose
 * body the line is.
 */
function reasonAbove(lines: readonly string[], commented: ReadonlySet<number>, line: number): boolean {
  let openings = 0;
  for (let above = line - 1; above >= 1; above--) {
    if (commented.has(above)) return true;
    const text = lines[above - 1] ?? "";
    if (/\{\s*$/.test(text) && ++openings === 1) continue;
    if (/[;{}]\s*$|^\s*$/.test(text)) return false;
  }
  return false;
}

export const codeRules: readonly Rule[] = [...wordRules, cast];
