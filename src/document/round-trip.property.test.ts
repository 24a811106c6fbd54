import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../base/testing/chance.ts";
import { nouns, rootName, rootOf, verbs } from "../isa95/b2mml/noun.ts";
import { olderRootOf } from "../isa95/b2mml/lift.ts";
import type { Version } from "../isa95/b2mml/version.ts";
import { openB2mml } from "./b2mml.ts";
import { openSchemaJudge } from "./schema-judge.ts";
import { roundTrip } from "./testing/round-trip.ts";
import { makeDocument } from "./testing/schema-document.ts";
import { readSchemas } from "./testing/schema-file.ts";
import { invalidByXmllint, withoutXmllint } from "./testing/xmllint.ts";

const b2mml = await openB2mml();
const judge = await openSchemaJudge();

/** What was written in this file, for a second judge. */
const written = new Map<string, string>();

function rootsOf(version: Version): readonly string[] {
  const known = version === "7.0.1" ? rootOf : olderRootOf;
  return [...readSchemas(version).elements.keys()].filter((name) => known(name) && judge.declares(version, name));
}

/** Each of the roots once, each with a document of its own; every sixth in JSON too, the proof does all. */
function every(version: Version, roots: readonly string[], seed: number): void {
  const schemas = readSchemas(version);
  for (const [index, root] of roots.entries()) {
    const name = `${root} of seed ${seed + index}`;
    const forms = (seed + index) % 6 === 0 ? "xml and json" : "xml";
    const { xml } = roundTrip(b2mml, makeDocument(schemas, version, root, seed + index), name, forms);
    written.set(`${version} ${name}`, xml);
  }
}

test("every noun of 7.0.1 is canonically the same after reading and writing, and XML and JSON give one model", () => {
  const roots = Object.keys(nouns);
  forAll(
    fc.property(fc.nat(1_000_000_000), (seed) => every("7.0.1", roots, seed)),
    { numRuns: 1, endOnFailure: true, includeErrorInReport: true },
  );
});

test("so is a message of each verb", () => {
  forAll(
    fc.property(fc.nat(1_000_000_000), (seed) => {
      const names = Object.keys(nouns) as (keyof typeof nouns)[];
      const roots = verbs.flatMap((verb, index) => {
        const able = names.filter((noun) => (nouns[noun] as readonly string[]).includes(verb));
        const noun = able[(seed + index) % able.length];
        return noun ? [rootName({ verb, noun })] : [];
      });
      assert.equal(roots.length, verbs.length);
      every("7.0.1", roots, seed);
    }),
    { numRuns: 3, endOnFailure: true, includeErrorInReport: true },
  );
});

for (const version of ["V0600", "V0401"] as const) {
  test(`whatever is valid by ${version} becomes a valid 7.0.1`, () => {
    const roots = rootsOf(version);
    assert.ok(roots.includes("ProcessProductionSchedule"));
    forAll(
      fc.property(fc.nat(1_000_000_000), (seed) => {
        // a fifth of them each time; the proof does all
        every(
          version,
          roots.filter((_, index) => index % 5 === seed % 5),
          seed,
        );
      }),
      { numRuns: 1, endOnFailure: true, includeErrorInReport: true },
    );
  });
}

test("xmllint agrees that all of them are valid by MESA's schemas as published", { skip: withoutXmllint() }, () => {
  assert.ok(written.size > 100, "the tests above have written documents");
  assert.deepEqual(invalidByXmllint(written), []);
});
