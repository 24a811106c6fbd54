/**
 * Documents in step with the code: fault codes, the glossary, the dependencies' list, and nothing in any file that
 * only one machine or one network knows.
 */
import { isScript, isTest, matches, type Finding, type Repository, type Rule } from "./rule.ts";
import type { Source } from "./source.ts";

const faultsFile = "docs/faults.md";
const glossaryFile = "docs/glossary.md";
const dependenciesFile = "docs/dependencies.md";

interface FaultUse {
  readonly file: string;
  readonly line: number;
  readonly code: string;
  /** Undefined where the kind is not written beside the code. */
  readonly kind: string | undefined;
}

const faultCode = /^[a-z0-9]+(?:-[a-z0-9]+)*\/[a-z0-9]+(?:-[a-z0-9]+)*$/;
const faultKinds = new Set(["invalid", "refused", "conflict", "transient", "ambiguous"]);

function productFiles(repository: Repository): string[] {
  return [...repository.files.keys()].filter((file) => file.startsWith("src/") && isScript(file) && !isTest(file));
}

/** Codes in the calls of `fail` and `makeFault`, in `code:` properties, and where the type is written beside them. */
function faultUses(repository: Repository): FaultUse[] {
  return productFiles(repository).flatMap((file) => {
    const source = repository.source(file);
    const calls = [...source.code.matchAll(/\b(?:fail|makeFault)\s*\(/g)].map(({ index, 0: open }) =>
      callAt(source, index + open.length),
    );
    return source.strings
      .filter(({ value }) => faultCode.test(value))
      .flatMap(({ value, start, end }): FaultUse[] => {
        const call = calls.find((one) => one.codes.some((code) => code.start === start));
        const isTyped =
          /\bcode\s*:\s*$|:\s*FaultCode\s*=\s*$/.test(source.code.slice(Math.max(0, start - 80), start)) ||
          /^\s*(?:as|satisfies)\s+FaultCode\b/.test(source.code.slice(end, end + 80));
        if (!call && !isTyped) return [];
        return [{ file, line: source.lineOf(start), code: value, kind: call?.kind }];
      });
  });
}

interface Call {
  readonly kind: string | undefined;
  /** String literals of the second argument. */
  readonly codes: readonly { readonly start: number }[];
}

/** The first two arguments of the call whose arguments begin at `from`. */
function callAt(source: Source, from: number): Call {
  const commas: number[] = [];
  let depth = 0;
  let end = from;
  for (; end < source.code.length && depth >= 0; end++) {
    const sign = source.code.charAt(end);
    if ("([{".includes(sign)) depth++;
    else if (")]}".includes(sign)) depth--;
    else if (sign === "," && depth === 0) commas.push(end);
  }
  const [first = end, second = end] = commas;
  const within = (low: number, high: number): Source["strings"] =>
    source.strings.filter(({ start }) => start >= low && start < high);
  const kinds = within(from, first).filter(({ value }) => faultKinds.has(value));
  return { kind: kinds.length === 1 ? kinds[0]?.value : undefined, codes: within(first, second) };
}

interface FaultRow {
  readonly code: string;
  readonly kinds: readonly string[];
  readonly line: number;
}

function faultRows(text: string): FaultRow[] {
  return text.split("\n").flatMap((row, index) => {
    const cells = /^\|\s*`([^`]+)`\s*\|([^|]*)/.exec(row);
    if (!cells?.[1]?.includes("/")) return [];
    return [{ code: cells[1], kinds: (cells[2] ?? "").match(/[a-z]+/g) ?? [], line: index + 1 }];
  });
}

const faults: Rule = {
  name: "faults",
  check: (repository) => {
    const text = repository.files.get(faultsFile);
    const rule = "faults";
    if (text === undefined) {
      if (productFiles(repository).length === 0) return [];
      return [
        { file: faultsFile, line: 1, rule, advice: "is missing: list every fault code, its kind and what to do" },
      ];
    }
    const rows = faultRows(text);
    const findings: Finding[] = faultUses(repository).flatMap((use) => {
      const row = rows.find(({ code }) => code === use.code);
      const at = { file: use.file, line: use.line, rule };
      if (!row)
        return [{ ...at, advice: `\`${use.code}\` is not in ${faultsFile}: add its row, or use a code that is` }];
      if (use.kind === undefined || row.kinds.includes(use.kind)) return [];
      return [{ ...at, advice: `\`${use.code}\` is ${use.kind} here and ${row.kinds.join(", ")} in ${faultsFile}` }];
    });
    const written = new Set(
      productFiles(repository).flatMap((file) => repository.source(file).strings.map((s) => s.value)),
    );
    for (const [index, { code, line }] of rows.entries()) {
      const at = { file: faultsFile, line, rule };
      if (!written.has(code)) findings.push({ ...at, advice: `\`${code}\` is used nowhere in src: delete its row` });
      if (rows.findIndex((row) => row.code === code) < index)
        findings.push({ ...at, advice: `\`${code}\` is listed twice` });
    }
    return findings;
  },
  examples: faultExamples(),
};

function faultExamples(): Rule["examples"] {
  const file = "src/operations/a.ts";
  const allowed = {
    [file]: 'import { a } from "x/y"; return fail("invalid", "execution/unknown-job", `No job ${id}`, { a: "b/c" });',
    [faultsFile]: "| code | kind |\n|---|---|\n| `execution/unknown-job` | invalid | when | do |\n",
  };
  return [
    {
      allowed,
      violation: { ...allowed, [file]: 'fail("invalid", "execution/unheard-of", "?"); f("execution/unknown-job")' },
    },
    { allowed, violation: { ...allowed, [file]: 'fail("refused", "execution/unknown-job", "?");' } },
    { allowed, violation: { ...allowed, [file]: "" } },
    { allowed, violation: { [file]: "" } },
    {
      allowed,
      violation: { ...allowed, [faultsFile]: `${allowed[faultsFile]}| \`execution/unknown-job\` | invalid |\n` },
    },
    {
      allowed: { ...allowed, [file]: 'const a = { code: "execution/unknown-job" };' },
      violation: { ...allowed, [file]: 'const b = "execution/unknown-job"; const a = { code: "execution/other" };' },
    },
    {
      allowed: { ...allowed, [file]: 'const a: FaultCode = "execution/unknown-job";' },
      violation: { ...allowed, [file]: 'makeFault(kind, x ? "execution/unknown-job" : "execution/other", "");' },
    },
  ];
}

const faultLiteral: Rule = {
  name: "fault-literal",
  check: (repository) =>
    productFiles(repository).flatMap((file) => {
      const source = repository.source(file);
      return [...source.code.matchAll(/\b(?:fail|makeFault)\s*\(/g)]
        .flatMap(({ index, 0: open }) => callAt(source, index + open.length).codes)
        .filter(({ start }) => source.text.charAt(start) === "`")
        .map(({ start }) => ({
          file,
          line: source.lineOf(start),
          rule: "fault-literal",
          advice: "write each fault code out in full: a code is looked up by its text",
        }));
    }),
  examples: [
    {
      allowed: { "src/erp/sap/a.ts": 'fail("refused", "sap/locked", `Order ${id} is locked`);' },
      violation: { "src/erp/sap/a.ts": 'fail("refused", `sap/${name}`, "Order is locked");' },
    },
  ],
};

const glossary: Rule = {
  name: "glossary",
  check: (repository) => {
    const text = repository.files.get(glossaryFile) ?? "";
    return productFiles(repository)
      .filter((file) => matches(file, "src/{isa95,record}/**"))
      .flatMap((file) => {
        const source = repository.source(file);
        return [...source.code.matchAll(/\bexport\s+(?:declare\s+)?(?:interface|type|class)\s+(\w+)/g)]
          .filter(([, noun = ""]) => !new RegExp(`\\b${noun}\\b`).test(text))
          .map(({ index, 1: noun }) => ({
            file,
            line: source.lineOf(index),
            rule: "glossary",
            advice: `${noun} is not in ${glossaryFile}: say there what it means, or use a noun that is`,
          }));
      });
  },
  examples: [
    {
      allowed: {
        "src/isa95/a.ts": "export interface JobOrder {}\ntype Local = string;\nexport type { B } from './b.ts';",
        [glossaryFile]: "| `JobOrder` | what we dispatch |",
      },
      violation: { "src/record/a.ts": "export type Order = string;", [glossaryFile]: "| `JobOrder` | |" },
    },
  ],
};

const dependencies: Rule = {
  name: "dependencies",
  check: (repository) => {
    const rule = "dependencies";
    const manifest: { dependencies?: Record<string, string>; devDependencies?: Record<string, string> } = JSON.parse(
      repository.files.get("package.json") ?? "{}",
    );
    const wanted = new Map(Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }));
    const listed = new Map<string, { version: string; line: number }>();
    for (const [index, row] of (repository.files.get(dependenciesFile) ?? "").split("\n").entries()) {
      const [, name, version] = /^\|\s*`([^`]+)`\s*\|\s*`?([^`|\s]+)`?\s*\|/.exec(row) ?? [];
      if (name !== undefined && version !== undefined) listed.set(name, { version, line: index + 1 });
    }
    const missing = [...wanted].flatMap(([name, version]): Finding[] => {
      const at = { file: dependenciesFile, line: listed.get(name)?.line ?? 1, rule };
      if (!/^\d+\.\d+\.\d+[\w.+-]*$/.test(version)) {
        return [{ ...at, file: "package.json", advice: `${name} is "${version}": pin one exact version` }];
      }
      if (!listed.has(name))
        return [{ ...at, advice: `${name} ${version} has no line: what for, who owns it, which risk` }];
      if (listed.get(name)?.version === version) return [];
      return [{ ...at, advice: `${name} is ${version} in package.json: read its changes and correct the line` }];
    });
    const gone = [...listed]
      .filter(([name]) => !wanted.has(name))
      .map(([name, { line }]) => ({ file: dependenciesFile, line, rule, advice: `${name} is gone: delete its line` }));
    return [...missing, ...gone];
  },
  examples: [
    {
      allowed: { "package.json": '{"dependencies":{"pg":"8.23.1"}}', [dependenciesFile]: "| `pg` | 8.23.1 | MIT |" },
      violation: { "package.json": '{"dependencies":{"pg":"8.23.1"}}', [dependenciesFile]: "| `pg` | 8.23.0 | MIT |" },
    },
    {
      allowed: {
        "package.json": '{"devDependencies":{"pg":"8.23.1"}}',
        [dependenciesFile]: "| `pg` | `8.23.1` | MIT |",
      },
      violation: { "package.json": '{"devDependencies":{"pg":"8.23.1"}}' },
    },
    { allowed: { "package.json": "{}" }, violation: { "package.json": "{}", [dependenciesFile]: "| `pg` | 8.23.1 |" } },
    {
      allowed: { "package.json": '{"dependencies":{"pg":"8.23.1"}}', [dependenciesFile]: "| `pg` | 8.23.1 | MIT |" },
      violation: {
        "package.json": '{"dependencies":{"pg":"^8.23.1"}}',
        [dependenciesFile]: "| `pg` | ^8.23.1 | MIT |",
      },
    },
  ],
};

// with a sign left open in each, so that this file does not name what it forbids
const hosts =
  /\bregistry[.][\w.-]+\.(?:org|com|net|io|dev)\b|\bnpm[j]s\.(?:org|com)|\b(?:deb|security)[.]debian\.|\barti[f]actory\b|\bver[d]accio\b/i;
const machinePaths = /(?<![\w.~/*-])\/(?:work|root|home|Users)\/[\w.-]+|\b[A-Z]:\\Users\\/;

const place: Rule = {
  name: "place",
  check: (repository) =>
    [...repository.files].flatMap(([file, text]) => {
      const isProse = matches(file, "**/*.md", "tools/**", ".ci/**", "package.json", ".npmrc", "LICENSE", "NOTICE");
      return text.split("\n").flatMap((line, index): Finding[] => {
        const at = { file, line: index + 1, rule: "place" };
        const host = hosts.exec(line)?.[0];
        if (host !== undefined) return [{ ...at, advice: `"${host}" names a package host: speak of the registry` }];
        const path = isProse ? machinePaths.exec(line)?.[0] : undefined;
        if (path !== undefined)
          return [{ ...at, advice: `"${path}" is a path of one machine: write it from the repository's root` }];
        return [];
      });
    }),
  examples: [
    {
      allowed: { "docs/a.md": "Fetched from the registry into `.cache/peers`; see src/web/home/a.ts." },
      violation: { "docs/a.md": ["Fetched from registry", "example", "org."].join(".") },
    },
    {
      allowed: { "src/site/a.ts": "registry.erp.find(registry.machine)" },
      violation: { "src/site/a.ts": ["https://registry", "example", "com/a"].join(".") },
    },
    {
      allowed: { "README.md": "Beside it lies ../shared/work/a." },
      violation: { "README.md": ["Look in ", "work", "shared/a."].join("/") },
    },
  ],
};

const lockFile: Rule = {
  name: "lock-file",
  check: (repository) =>
    (repository.files.get("package-lock.json") ?? "").split("\n").flatMap((line, index) => {
      if (!/^\s*"resolved"\s*:/.test(line)) return [];
      const advice = "the lock file names no host: keep omit-lockfile-registry-resolved in .npmrc and write it anew";
      return [{ file: "package-lock.json", line: index + 1, rule: "lock-file", advice }];
    }),
  examples: [
    {
      allowed: { "package-lock.json": '{\n  "version": "1.0.0"\n}' },
      violation: { "package-lock.json": '{\n  "resolved": "x"\n}' },
    },
  ],
};

export const documentRules: readonly Rule[] = [faults, faultLiteral, glossary, dependencies, place, lockFile];
