import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { de } from "../../src/web/text/de.ts";
import { en } from "../../src/web/text/en.ts";
import { orderDecisions, postingDecisions, productionDecisions, questionDecisions } from "../../src/record/decision.ts";
import { readSource } from "../../tools/tidy/source.ts";

const web = join(import.meta.dirname, "../../src/web");

async function sources(pattern: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const file of glob(pattern, { cwd: web })) {
    if (!file.startsWith("text/") || file === "text/text.tsx") found.set(file, await readFile(join(web, file), "utf8"));
  }
  return found;
}

const placeholders = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([whole]) => whole).sort();

test("both languages have every text, with the same values in it", () => {
  assert.deepEqual(Object.keys(de).sort(), Object.keys(en).sort());
  for (const [key, text] of Object.entries(en)) {
    const german = (de as Readonly<Record<string, string>>)[key] ?? "";
    assert.notEqual(german.trim(), "", key);
    assert.deepEqual(placeholders(german), placeholders(text), key);
  }
});

test("every refusal at a terminal or a decision, and every cause of what waits, has a title of its own", async () => {
  const faults = await readFile(join(import.meta.dirname, "../../docs/faults.md"), "utf8");
  const codes = [...faults.matchAll(/^\| `(\w+\/[\w-]+)`/gm)].map(([, code = ""]) => code);
  const titled = (kind: string): string[] =>
    Object.keys(en).flatMap((key) => (key.startsWith(`${kind}.`) ? [key.slice(kind.length + 1)] : []));
  const of = (...rooms: readonly string[]): string[] =>
    codes.filter((code) => rooms.includes(code.split("/")[0] ?? ""));
  const met = of("reporting", "decision", "final");
  assert.ok(met.length > 60, "the list is read");
  assert.deepEqual(
    met.filter((code) => !titled("problem").includes(code)),
    [],
  );
  const asked = ["question/counter", "question/other"];
  assert.deepEqual(titled("cause").toSorted(), [...of("erp", "exchange", "execution", "order"), ...asked].toSorted());
});

test("everything that the audit names has words", async () => {
  const names = new Set<string>();
  const flows = join(import.meta.dirname, "../../src");
  for await (const file of glob("{flows,app}/*.ts", { cwd: flows })) {
    if (file.endsWith(".test.ts")) continue;
    const text = await readFile(join(flows, file), "utf8");
    for (const [, name = ""] of text.matchAll(/(?:\b(?:name|what): |audit\(tx, ports, \w+, )"([a-z-]+\/[a-z-]+)"/g))
      names.add(name);
    for (const [, name = ""] of text.matchAll(/"((?:account|session|api-key)\/[a-z-]+)"/g)) names.add(name);
  }
  const decisions = {
    run: productionDecisions,
    order: orderDecisions,
    posting: postingDecisions,
    question: questionDecisions,
  };
  for (const [thing, all] of Object.entries(decisions)) for (const one of all) names.add(`${thing}/${one}`);
  assert.ok(names.size > 35, "they are found");
  const words = en as Readonly<Record<string, string | undefined>>;
  assert.deepEqual(
    [...names].filter((name) => words[`audit.did.${name}`] === undefined),
    [],
  );
});

test("a text that counts has both forms", () => {
  const keys = new Set(Object.keys(en));
  for (const key of keys) if (key.endsWith(".other")) assert.ok(keys.has(key.replace(/other$/, "one")), key);
});

/** Texts that stand in JSX as they are, between tags or in an attribute that people read. */
export function literalsIn(text: string): string[] {
  const { code, comments } = readSource(text);
  const between = [
    ...code.matchAll(/(?<![=-]|\S )>\s*((?![,|&?:.])[^<>{}=;()]*\p{L}{2,}[^<>{}=;()]*?)\s*(?=<\/|<\w|\{)/gu),
  ];
  const bare = comments.reduce(
    (all, { start, end }) => all.slice(0, start) + " ".repeat(end - start) + all.slice(end),
    text,
  );
  const attributes = bare.matchAll(
    /\b(?:aria-label|label|title|placeholder|alt|hint|description)="([^"]*\p{L}[^"]*)"/gu,
  );
  return [...between, ...attributes].map(([, literal = ""]) => literal.trim());
}

test("no screen says anything that is not in the dictionary", async () => {
  for (const [file, text] of await sources("**/*.tsx")) assert.deepEqual(literalsIn(text), [], file);
});

test("a planted text is found", () => {
  assert.deepEqual(literalsIn("const a = <p>Hello there</p>;"), ["Hello there"]);
  assert.deepEqual(literalsIn("const a = <p>Hello {name}</p>;"), ["Hello"]);
  assert.deepEqual(literalsIn('const a = <X label="Orders" />;'), ["Orders"]);
  assert.deepEqual(literalsIn('const a = <p>{t("a.b")} / {x}</p>; const f = (b: A<B>) => c;'), []);
  assert.deepEqual(literalsIn("const a = size > sizeMax ? { b } : c;"), []);
});

/** A key as it is, and templates with anything in their gaps. */
function usesIn(text: string): RegExp[] {
  const plain = [...text.matchAll(/["'`]([\w-]+(?:[./:][\w/:-]+)+)["'`]/g)].map(([, key = ""]) => key);
  const templates = [...text.matchAll(/`([\w-]+\.(?:[^`$]|\$\{[^}]*\})*)`/g)].map(([, key = ""]) => key);
  return [...plain, ...templates].map((key) => {
    const pattern = key
      .split(/\$\{[^}]*\}/)
      .map((part) => part.replace(/[.*+?^()|[\]\\/]/g, "\\$&"))
      .join(".+");
    return new RegExp(`^${pattern}(?:\\.(?:one|other))?$`);
  });
}

test("every text is used somewhere", async () => {
  const uses = [...(await sources("**/*.{ts,tsx}")).values()].flatMap(usesIn);
  const unused = Object.keys(en).filter((key) => !uses.some((use) => use.test(key)));
  assert.deepEqual(unused, [], "take them out of the dictionaries");
});
