/** Reading XML takes a time that grows with the text and not with its square, whatever the text is made of. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { usualLimits } from "./limit.ts";
import { scanXml, scanXmlBeginning } from "./xml-scan.ts";

const cpuMsOf = (work: () => void): number => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

describe("the time that XML takes", () => {
  const many = 400_000;
  const prefixes = Array.from({ length: 20_000 }, (_, i) => `xmlns:p${i}="u"`).join(" ");
  for (const [what, text] of [
    ["one line", `<d>${"<a/>".repeat(many)}</d>`],
    ["one line and a break at its end", `<d>${"<a/>".repeat(many)}</d>\n`],
    ["a line for each element", `<d>${"<a/>\n".repeat(many)}</d>`],
    ["elements with a prefix each, below one with many", `<d ${prefixes}>${'<a xmlns:q="u"/>'.repeat(20_000)}</d>`],
  ] as const)
    test(what, () => {
      // Square time is 15 s and more.
      const ms = cpuMsOf(() => assert.ok(scanXml(text, "x", usualLimits).ok));
      assert.ok(ms < 4_000, `${ms} ms`);
    });
});

test("each element knows its line", () => {
  const read = scanXml("<a>\n\n<b/><c/>\r\n<d>\n<e/></d>\n</a>\n", "x", usualLimits);
  assert.ok(read.ok);
  const lines = read.value.children.map(({ name, line }) => [name, line]);
  assert.deepEqual(lines, [
    ["b", 3],
    ["c", 3],
    ["d", 4],
  ]);
  assert.equal(read.value.children[2]?.children[0]?.line, 5);
});

test("a prefix is that of the nearest element that declares it, and of none beside it", () => {
  const read = scanXml(
    '<a xmlns="n" xmlns:p="1"><p:b/><c xmlns:p="2" xmlns=""><p:d/><e/></c><p:f/></a>',
    "x",
    usualLimits,
  );
  assert.ok(read.ok);
  const [b, c, f] = read.value.children;
  assert.deepEqual(
    [b, c, ...(c?.children ?? []), f].map((one) => one?.namespace),
    ["1", "", "2", "", "1"],
  );
  assert.equal(scanXml('<a><b xmlns:p="1"/><p:c/></a>', "x", usualLimits).ok, false);
  for (const name of ["__proto__", "constructor", "toString"])
    assert.equal(scanXml(`<${name}:a/>`, "x", usualLimits).ok, false, name);
});

test("the beginning of a document is read as far as it goes", () => {
  const read = scanXmlBeginning("<a><b>1</b><c>", "x", usualLimits);
  assert.ok(read.ok);
  assert.deepEqual(
    read.value.children.map(({ name, text }) => [name, text]),
    [
      ["b", "1"],
      ["c", ""],
    ],
  );
  assert.equal(scanXml("<a><b>1</b><c>", "x", usualLimits).ok, false);
});
