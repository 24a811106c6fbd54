import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findingsOf, readRepository, rules } from "./tidy.ts";
import { measureFunctions } from "./tidy/function-length.ts";
import { matches, repositoryOf, type Finding, type Rule } from "./tidy/rule.ts";
import { rooms } from "./tidy/room.ts";

function check(
  rule: Rule,
  tree: Readonly<Record<string, string>>,
  long: Parameters<typeof repositoryOf>[1],
): Finding[] {
  return rule.check(repositoryOf(new Map(Object.entries(tree)), long));
}

for (const rule of rules) {
  test(`${rule.name}: each allowed example passes and each planted violation is found`, () => {
    assert.ok(rule.examples.length > 0, "a rule without an example proves nothing");
    for (const { allowed, violation, longAllowed, longPlanted } of rule.examples) {
      assert.deepEqual(check(rule, allowed, longAllowed), [], "the allowed example");
      const found = check(rule, violation, longPlanted);
      assert.ok(found.length > 0, `the planted violation was not found: ${JSON.stringify(violation)}`);
      for (const { line, advice } of found) assert.ok(line >= 1 && advice.length > 10);
      assert.ok(found.every((one) => one.rule === rule.name));
    }
  });
}

test("rule names are unique", () => {
  assert.equal(new Set(rules.map(({ name }) => name)).size, rules.length);
});

test("every room of the house has a row, and connectors do not see each other", () => {
  const house =
    "base isa95 record erp exchange operations gateway machine flows store site access notice expression api web cli app simulation";
  for (const name of house.split(" ")) {
    assert.ok(
      rooms.some((room) => matches(`src/${name}/a/b.ts`, room.files)),
      name,
    );
  }
});

test("no room but simulation, app and store's own may name a vendor library", () => {
  const tree = (file: string): Map<string, string> => new Map([[file, 'import x from "node-opcua";']]);
  for (const name of ["exchange", "flows", "gateway", "api", "app", "store"]) {
    const found = rules.flatMap((rule) => rule.check(repositoryOf(tree(`src/${name}/a.ts`))));
    assert.ok(
      found.some(({ rule }) => rule === `import/${name}`),
      name,
    );
  }
});

test("a module of Node that is reserved is refused in every other room", () => {
  for (const file of ["src/store/pool.ts", "src/app/start.ts", "src/flows/a.ts"]) {
    const found = rules.flatMap((rule) => rule.check(repositoryOf(new Map([[file, 'import x from "node:sqlite";']]))));
    assert.ok(
      found.some(({ advice }) => advice.includes("node:sqlite belongs to")),
      file,
    );
  }
});

test("a planted violation shows with file and line in the sorted list", () => {
  const files = new Map([
    ["src/cli/millrace.ts", "/** The program. */\n"],
    ["src/flows/report.ts", '/** A flow. */\nexport const a = 1;\nimport { b } from "../store/b.ts";\n'],
  ]);
  const lines = findingsOf(repositoryOf(files)).map(({ file, line, rule }) => `${file}:${line}: ${rule}`);
  assert.ok(lines.includes("src/flows/report.ts:3: import/flows"));
  assert.deepEqual(lines, [...lines].sort());
});

test("long functions are measured by a parser, in whatever form they are written", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tidy-"));
  try {
    await mkdir(join(folder, "src"));
    const body = "  void 0;\n".repeat(69);
    const text = [
      `function exact() {\n${body.slice(0, -1)}\n}`,
      `const arrow = () => {\n${body}};`,
      `class A {\n  method() {\n${body}  }\n}`,
      `function short() {\n${"  void 0;\n".repeat(68)}}`,
      `export { exact, arrow, A, short };`,
    ].join("\n");
    await writeFile(join(folder, "src/a.ts"), text);
    const found = await measureFunctions(folder, ["src/a.ts", "README.md"]);
    assert.deepEqual(
      found.map(({ file, lines }) => `${file} ${lines}`),
      ["src/a.ts 71", "src/a.ts 71", "src/a.ts 71"],
    );
    assert.match(found.map(({ name }) => name).join(), /exact.*method/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the real repository is read whole: its own rules are among the files", async () => {
  const repository = await readRepository(join(import.meta.dirname, ".."));
  assert.ok(repository.files.has("tools/tidy/room.ts"));
  assert.ok(repository.files.has("src/base/result.ts"));
});
