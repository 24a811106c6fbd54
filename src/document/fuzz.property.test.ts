import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../base/testing/chance.ts";
import type { XmlTree } from "../isa95/b2mml/tree.ts";
import { namespaces } from "../isa95/b2mml/version.ts";
import { printXml } from "../isa95/b2mml/xml-print.ts";
import { openB2mml } from "./b2mml.ts";
import { makeDocument } from "./testing/schema-document.ts";
import { readSchemas } from "./testing/schema-file.ts";

const b2mml = await openB2mml({ bytesMax: 1_000_000 });
const schemas = { "7.0.1": readSchemas("7.0.1"), V0600: readSchemas("V0600") };

/** Either a document, which can then be written, or a fault that says where; never anything else. */
function holds(bytes: Uint8Array): void {
  const result = b2mml.read(bytes, "fuzz");
  if (!result.ok) {
    assert.match(result.fault.message, /^fuzz:\d+: ./, result.fault.message);
    assert.ok(result.fault.errors?.every(({ at }) => /^fuzz:\d+/.test(at)));
    return;
  }
  for (const { fault } of result.value.refused) assert.match(fault.message, /^fuzz:\d+: ./);
  const written = b2mml.write(result.value.document);
  assert.ok(written.ok, written.ok ? "" : written.fault.message);
}

const document = fc
  .record({
    version: fc.constantFrom("7.0.1" as const, "V0600" as const),
    older: fc.constantFrom("ProcessProductionSchedule", "SyncMaterialInformation", "ProductDefinition", "JobOrder"),
    newer: fc.constantFrom("ProcessOperationsSchedule", "SyncMaterialLot", "OperationsEvent", "ConfirmBOD"),
    seed: fc.nat(),
  })
  .map(({ version, older, newer, seed }) =>
    makeDocument(schemas[version], version, version === "7.0.1" ? newer : older, seed),
  );

test("any bytes give a document or a fault with a place", () => {
  forAll(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => holds(bytes)),
    { numRuns: 300 },
  );
});

test("so do bytes of a document that were changed, cut, doubled or moved", () => {
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(30),
    by: fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc
        .constantFrom("<", ">", "&", "]]>", "<!--", "<!DOCTYPE a>", "<?x", "\u0000", "xmlns=''", "</", "<ID/>", "NaN")
        .map((text) => new TextEncoder().encode(text)),
    ),
  });
  forAll(
    fc.property(document, fc.array(change, { minLength: 1, maxLength: 4 }), (text, changes) => {
      let bytes: Uint8Array = new TextEncoder().encode(text);
      for (const { at, length, by } of changes) {
        const start = Math.floor(at * bytes.length);
        bytes = Buffer.concat([bytes.subarray(0, start), by, bytes.subarray(start + length)]);
      }
      holds(bytes);
    }),
    { numRuns: 150 },
  );
});

const names = [
  "OperationsSchedule",
  "OperationsRequest",
  "SegmentRequirement",
  "DataArea",
  "Process",
  "ID",
  "Quantity",
];

/** Trees of the standard's own words in any order, and of others. */
const tree: fc.Arbitrary<XmlTree> = fc.letrec<{ tree: XmlTree; children: XmlTree[] }>((tie) => ({
  tree: fc.record({
    name: fc.oneof(fc.constantFrom(...names), fc.constantFrom("__proto__", "constructor", "toString", "kept", "a")),
    namespace: fc.constantFrom(...Object.values(namespaces), "urn:other"),
    attributes: fc.dictionary(fc.constantFrom("releaseID", "a", "constructor"), fc.string({ maxLength: 5 })),
    children: tie("children"),
    text: fc.string({ maxLength: 8 }).map((text) => text.replace(/[^\u0020-\u007e]/g, "")),
    line: fc.constant(0),
    parent: fc.constant(null),
  }),
  children: fc.oneof({ maxDepth: 6 }, fc.constant<XmlTree[]>([]), fc.array(tie("tree"), { maxLength: 3 })),
})).tree;

test("so do trees of any elements under a root of the standard", () => {
  const root = fc.constantFrom(
    "ProcessOperationsSchedule",
    "OperationsSchedule",
    "ProcessProductionSchedule",
    "Equipment",
  );
  forAll(
    fc.property(root, tree, (name, inner) => {
      holds(new TextEncoder().encode(printXml({ ...inner, name })));
    }),
    { numRuns: 300 },
  );
});

test("and any JSON", () => {
  const json = fc.oneof(
    fc.json({ maxDepth: 5 }),
    fc
      .dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 4 }))
      .map((value) => JSON.stringify({ ProcessOperationsSchedule: value })),
    fc.string().map((text) => `{${text}`),
  );
  forAll(
    fc.property(json, (text) => holds(new TextEncoder().encode(text))),
    { numRuns: 300 },
  );
});
