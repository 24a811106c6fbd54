import assert from "node:assert/strict";
import { test } from "node:test";
import { keyProblem, problem, type ContentPath } from "./finding.ts";
import { readYaml } from "./reader.ts";

const text = `# first
a:
  b: 1
  long:
    some text
list:
  - x: {y: 2, "z": 3}
  -
    x: 4
0010: code
`;

function placeOf(path: ContentPath, about: "key" | "value" = "value"): string {
  const { source } = readYaml("f.yaml", text);
  assert.ok(source);
  const { line, column } = source.place(about === "key" ? keyProblem(path, "wrong") : problem(path, "wrong"));
  return `${line}:${column}`;
}

test("a single value is pointed at itself, a group at its key, an entry at its beginning", () => {
  assert.equal(placeOf(["a", "b"]), "3:6");
  assert.equal(placeOf(["a", "long"]), "5:5");
  assert.equal(placeOf(["a"]), "2:1");
  assert.equal(placeOf(["list", 0, "x", "y"]), "7:12");
  assert.equal(placeOf(["list", 1]), "9:5");
  assert.equal(placeOf(["list", 1, "x"]), "9:8");
  assert.equal(placeOf(["0010"]), "10:7");
});

test("a key is pointed at itself", () => {
  assert.equal(placeOf(["a", "b"], "key"), "3:3");
  assert.equal(placeOf(["list", 0, "x", "z"], "key"), "7:15");
});

test("what is missing is pointed at what should hold it", () => {
  assert.equal(placeOf(["a", "none"]), "2:1");
  assert.equal(placeOf(["list", 1, "none"]), "9:5");
  assert.equal(placeOf(["none"]), "2:1");
  assert.equal(placeOf(["a", "b", "none", 3]), "3:3");
});

test("texts that are no content say why", () => {
  const messageOf = (broken: string): string =>
    readYaml("f.yaml", broken)
      .findings.map(({ message }) => message)
      .join();
  assert.match(messageOf("a: 1\na: 2"), /this key is there twice/);
  assert.match(messageOf("a: [1"), /no valid YAML here/);
  assert.match(messageOf("a: *x"), /aliases .* cannot be followed/);
  assert.match(messageOf("a: &x { b: *x }"), /inside of what it names/);
  assert.match(messageOf("a: !code x"), /Unresolved tag/);
  assert.match(messageOf("x".repeat(2_000_001)), /2000001 characters/);
  const bomb = [
    "a: &a [1,1,1,1,1,1,1,1,1,1]",
    "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]",
    "c: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]",
    "d: [*b,*b,*b]",
  ];
  assert.match(messageOf(bomb.join("\n")), /aliases .* cannot be followed/);
});
