/** xmllint as a second judge, where it is installed (Debian: libxml2-utils). */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const schema = fileURLToPath(new URL("../schema/V0701/AllSchemas.xsd", import.meta.url));

/** Why it cannot judge here, or false. For the `skip` option of a test. */
export function withoutXmllint(): string | false {
  return spawnSync("xmllint", ["--version"]).error ? "xmllint is not installed (Debian: libxml2-utils)" : false;
}

/** Names of those documents that are not valid by MESA's schemas as published, with what xmllint says of them. */
export function invalidByXmllint(documents: ReadonlyMap<string, string>): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "millrace-xmllint-"));
  try {
    const files = [...documents].map(([name, text], index) => {
      const file = join(folder, `${index}.xml`);
      writeFileSync(file, text);
      return { name, file };
    });
    const invalid: string[] = [];
    for (let at = 0; at < files.length; at += 200) {
      const some = files.slice(at, at + 200);
      const run = spawnSync("xmllint", ["--nonet", "--noout", "--schema", schema, ...some.map(({ file }) => file)], {
        encoding: "utf8",
        maxBuffer: 64 * 1024 * 1024,
      });
      const lines = run.stderr.split("\n");
      for (const { name, file } of some) {
        if (lines.includes(`${file} validates`)) continue;
        invalid.push(`${name}: ${lines.find((line) => line.startsWith(file)) ?? "not judged"}`);
      }
    }
    return invalid;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
