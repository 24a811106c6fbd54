/** How documents are corrected is decided for each ERP, and docs/spec/correction.md says the same. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { erpConnectors } from "../../../src/app/registry.ts";
import { correctionCauses, documentStages } from "../../../src/record/correction.ts";

const spec = await readFile(new URL("../../../docs/spec/correction.md", import.meta.url), "utf8");

for (const { product, corrections } of erpConnectors) {
  test(`the table of ${product} is the specification's, row by row`, () => {
    const heading = spec.indexOf(`## ${product.toUpperCase()}\n`);
    assert.notEqual(heading, -1);
    const written = spec.slice(heading).replaceAll(/ +/g, " ").split("\n");
    const start = written.findIndex((line) => line.startsWith("|"));
    const end = written.findIndex((line, i) => i > start && !line.startsWith("|"));
    assert.deepEqual(written.slice(start, end), [
      `| what is different | ${documentStages.join(" | ")} |`,
      `|${"---|".repeat(documentStages.length + 1)}`,
      ...correctionCauses.map(
        (cause) => `| ${cause} | ${documentStages.map((stage) => corrections.table[cause][stage]).join(" | ")} |`,
      ),
    ]);
  });
}
