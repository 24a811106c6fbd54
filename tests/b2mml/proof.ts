/**
 * `npm run proof:b2mml`: every root of the three versions with documents made from MESA's schemas, the samples of others
 * where they are, and documents that must be refused; all that is written is judged by xmllint too. Ends with one line;
 * exit code 1 when anything was wrong, 2 when xmllint is missing.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { openB2mml } from "../../src/document/b2mml.ts";
import { openSchemaJudge } from "../../src/document/schema-judge.ts";
import { badDocuments, isRefusedRightly } from "../../src/document/testing/bad-document.ts";
import { roundTrip } from "../../src/document/testing/round-trip.ts";
import { makeDocument } from "../../src/document/testing/schema-document.ts";
import { readSchemas } from "../../src/document/testing/schema-file.ts";
import { invalidByXmllint, withoutXmllint } from "../../src/document/testing/xmllint.ts";
import { olderRootOf } from "../../src/isa95/b2mml/lift.ts";
import { rootOf } from "../../src/isa95/b2mml/noun.ts";
import { versions } from "../../src/isa95/b2mml/version.ts";
import { sharedFolder } from "../peers/peer.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const counts = { read: 0, refused: 0 };
const wrong: string[] = [];
const written = new Map<string, string>();

const b2mml = await openB2mml();
const judge = await openSchemaJudge();

/** A document that must be read and written without loss. */
function good(name: string, text: string): void {
  try {
    written.set(name, roundTrip(b2mml, text, name, "xml and json").xml);
    counts.read += 1;
  } catch (error) {
    wrong.push(error instanceof Error ? error.message : String(error));
  }
}

function generated(seed: number): void {
  for (const version of versions) {
    const schemas = readSchemas(version);
    const known = version === "7.0.1" ? rootOf : olderRootOf;
    const roots = [...schemas.elements.keys()].filter((root) => known(root) && judge.declares(version, root));
    for (const [index, root] of roots.entries()) {
      good(`${version} ${root} of seed ${seed + index}`, makeDocument(schemas, version, root, seed + index));
    }
    say(`${version}: ${roots.length} roots, a document each`);
  }
}

function refused(): void {
  for (const bad of badDocuments) {
    const problem = isRefusedRightly(b2mml, bad);
    if (problem === null) counts.refused += 1;
    else wrong.push(problem);
  }
}

function samples(): void {
  const shared = sharedFolder();
  const folder = shared.found === null ? "" : join(shared.found, "data", "b2mml", "samples");
  if (!existsSync(folder)) {
    say(`without the samples of others: ${shared.found === null ? shared.reason : `none in ${shared.found}`}`);
    return;
  }
  for (const file of globSync("**/*.xml", { cwd: folder })) {
    const bytes = readFileSync(join(folder, file));
    if (!/^neg/i.test(basename(file))) good(file, bytes.toString("utf8"));
    else if (isRefused(bytes, file)) counts.refused += 1;
    else wrong.push(`${file} is read, and is no good`);
  }
}

function isRefused(bytes: Uint8Array, file: string): boolean {
  const result = b2mml.read(bytes, file);
  return !result.ok || result.value.refused.length > 0;
}

function main(): number {
  const missing = withoutXmllint();
  if (missing !== false) {
    say(missing);
    return 2;
  }
  const seed = Number(process.argv[2] ?? 1);
  generated(seed);
  refused();
  samples();
  const invalid = invalidByXmllint(written);
  for (const line of [...wrong, ...invalid].slice(0, 20)) say(`WRONG: ${line}`);
  say(
    `documents read: ${counts.read}, refused rightly: ${counts.refused}, written: ${written.size}, invalid by xmllint: ${invalid.length}`,
  );
  return wrong.length + invalid.length > 0 ? 1 : 0;
}

process.exitCode = main();
