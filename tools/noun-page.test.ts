import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { nounPage, nounPageFile } from "./noun-page.ts";

test("the page of supported nouns is what the code says", () => {
  assert.equal(readFileSync(nounPageFile, "utf8"), nounPage(), "write it anew: node tools/run.mjs tools/noun-page.ts");
});
