import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { StatusCodes } from "node-opcua";
import { changingFault, readingFault, sameMeaning } from "./faults.ts";

test("the numbers of status codes are those of the standard", () => {
  const names = StatusCodes as unknown as Record<string, { value: number } | undefined>;
  let checked = 0;
  for (const file of ["faults.ts", "history.ts"]) {
    const text = readFileSync(join(import.meta.dirname, file), "utf8");
    const constants = [...text.matchAll(/const (bad\w+) = (0x[\da-f_]+)/g)].map(([, name = "", value = ""]) => ({
      name: `B${name.slice(1)}`,
      value,
    }));
    const listed = [...text.matchAll(/(0x[\da-f_]+), \/\/ (Bad\w+)/g)].map(([, value = "", name = ""]) => ({
      name,
      value,
    }));
    for (const { name, value } of [...constants, ...listed]) {
      assert.equal(names[name]?.value, Number(value.replaceAll("_", "")), name);
      checked += 1;
    }
  }
  assert.ok(checked > 20);
});

test("what may have been applied is ambiguous, what never left is not", () => {
  const unanswered = { sent: true, status: null, text: "timed out" };
  assert.equal(changingFault(unanswered, "Writing").kind, "ambiguous");
  assert.equal(changingFault({ ...unanswered, sent: false }, "Writing").kind, "transient");
  assert.equal(readingFault(unanswered, "Reading").kind, "transient");
});

test("flags of a status do not change its meaning", () => {
  assert.ok(sameMeaning(0x8034_0480, 0x8034_0000));
  assert.equal(sameMeaning(0x8034_0000, 0x8035_0000), false);
});
