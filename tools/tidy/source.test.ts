import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../../src/base/testing/chance.ts";
import { readSource } from "./source.ts";

test("comments, strings and regular expressions are blanked, code is not", () => {
  const { code } = readSource('const a = "await"; // await\n/* await */ b = /await"/g; c = 1 / 2; /** await */ d();');
  assert.equal(/await/.test(code), false);
  assert.match(code, /c = 1 \/ 2;\s+d\(\);/);
});

test("a template is text outside its braces and code inside them", () => {
  const { code, strings } = readSource("const a = `x ${await b({ c: `${d}` })} y`; e();");
  assert.match(code, /await b\(\{ c:/);
  assert.match(code, /e\(\);$/);
  assert.ok(strings.some(({ value }) => value === "x "));
});

test("quotes and slashes inside each other do not confuse it", () => {
  const { code, strings } = readSource(
    "const a = 'it\\'s \"x\"'; const b = /['\"`/]\\//; const c = (1) / 2 / 3; // ' \" `\nd();",
  );
  assert.match(code, /d\(\);$/);
  assert.deepEqual(
    strings.map(({ value }) => value),
    ['it\\\'s "x"'],
  );
});

test("a slash of JSX opens no regular expression", () => {
  const { code } = readSource("const a = <p>{b}</p>; const c = <i x={1}/>; d(); e = f / 2; // g\nh();");
  assert.match(code, /d\(\);/);
  assert.match(code, /h\(\);$/);
  assert.equal(code.includes("g"), false);
});

test("every form of import is found, with what is left of it at run time", () => {
  const text = [
    'import a, { b } from "./a.ts";',
    'import type { C } from "./c.ts";',
    'import { type D, type E } from "./d.ts";',
    'import {\n  type F,\n  g,\n} from "./f.ts";',
    'export { h } from "./h.ts";',
    'export * from "./i.ts";',
    'import "./j.ts";',
    'const k = await import("./k.ts");',
    'new Worker(new URL("./l.ts", import.meta.url));',
    'const text = \'import { x } from "./never.ts"\'; // from "./never.ts"',
    "const from = `from ${x}`;",
    "const b = `Unit ${from} cannot be converted ${require(`x`)}`;",
  ].join("\n");
  assert.deepEqual(
    readSource(text).imports.map(
      ({ specifier, typeOnly, way }) => `${specifier} ${typeOnly ? "type" : "value"} ${way}`,
    ),
    [
      "./a.ts value static",
      "./c.ts type static",
      "./d.ts type static",
      "./f.ts value static",
      "./h.ts value static",
      "./i.ts value static",
      "./j.ts value static",
      "./k.ts value load",
      "./l.ts value url",
    ],
  );
});

test("whatever the text, code keeps its length and its lines", () => {
  forAll(
    fc.property(
      fc.array(fc.constantFrom(..."'\"`${}/\\*\n a1=()[]é😀".split(""), "//", "/*", "*/", "return ")),
      (parts) => {
        const text = parts.join("");
        const { code } = readSource(text);
        assert.equal(code.length, text.length);
        assert.deepEqual(
          code.split("\n").map((line) => line.length),
          text.split("\n").map((line) => line.length),
        );
      },
    ),
  );
});

test("lines are counted from one", () => {
  const source = readSource("a\nb\n\nc");
  assert.deepEqual(
    [0, 1, 2, 4, 5].map((offset) => source.lineOf(offset)),
    [1, 1, 2, 3, 4],
  );
});
