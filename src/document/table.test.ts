import assert from "node:assert/strict";
import { test } from "node:test";
import { enumerations } from "../isa95/b2mml/enumeration.ts";
import { tables } from "../isa95/b2mml/information.ts";
import { nouns, rootName, verbElement, type Noun, type Verb } from "../isa95/b2mml/noun.ts";
import { leafKinds, parseRow, type Cardinality, type Row, type RowText } from "../isa95/b2mml/row.ts";
import { attributesOf, particlesOf, readSchemas, textType, type Particle } from "./testing/schema-file.ts";

const schemas = readSchemas("7.0.1");
const leaves = new Set<string>(leafKinds);

/** `Op`, `Trans` and `Type` around a name are the schema's way to keep names apart; BatchML has a bare `ChangeType`. */
const bare = (type: string): string => type.replace(/Type$/, "").replace(/^(?:Op|Trans)(?=[A-Z])/, "");
const byLength = [...schemas.types.keys()].sort((a, b) => a.length - b.length);
const typeNames = new Map(byLength.map((type) => [bare(type), type]));

interface Expected {
  readonly name: string;
  readonly cardinality: Cardinality;
  readonly type: Extract<Particle, { kind: "element" }>["type"];
}

function expectedRows(particles: readonly Particle[], choice?: Cardinality): readonly Expected[] {
  return particles.flatMap((particle): readonly Expected[] => {
    if (particle.kind !== "element") {
      const within = particle.kind === "sequence" ? choice : particle.max > 1 ? "*" : "|";
      return expectedRows(particle.particles, within);
    }
    const { name, type, min, max } = particle;
    const own: Cardinality = max > 1 ? (min > 0 ? "+" : "*") : min > 0 ? "1" : "?";
    return [{ name, cardinality: choice ?? own, type }];
  });
}

/** Nouns of BatchML may stand in an information object; they are kept, and not read. */
const batch = new Set(["BatchProductionRecord", "GRecipe", "ResourceConstraint", "ProcessElement"]);

function rows(table: Readonly<Record<string, RowText>>): readonly Row[] {
  return Object.entries(table).map(([field, text]) => parseRow(field, text));
}

function compare(name: string, table: Readonly<Record<string, RowText>>, type: Expected["type"]): void {
  const expected = expectedRows(particlesOf(schemas, type) ?? []).filter((row) => !batch.has(row.name));
  const actual = rows(table);
  const elements = actual.filter(({ place }) => place === "element");
  assert.deepEqual(
    elements.map((row) => `${row.cardinality} ${row.name}`),
    expected.map((row) => `${row.cardinality} ${row.name}`),
    `${name}: elements, their order and how often they stand`,
  );
  for (const [index, row] of elements.entries()) {
    const at = expected[index]?.type;
    if (at !== undefined) compareKind(`${name}.${row.field}`, row.kind, at);
  }
  const attributes = attributesOf(schemas, type).map(({ name: of, isRequired }) => `${isRequired ? "1" : "?"} ${of}`);
  const written = actual.filter(({ place }) => place === "attribute").map((row) => `${row.cardinality} ${row.name}`);
  assert.deepEqual(written, attributes, `${name}: attributes`);
}

function compareKind(where: string, kind: string, type: Expected["type"]): void {
  const { values, builtin } = textType(schemas, type);
  if (kind in tables) {
    if (typeof type === "string") assert.equal(typeNames.get(kind), type, `${where}: kind`);
    return;
  }
  if (kind in enumerations) {
    const list: readonly string[] = (enumerations as Readonly<Record<string, readonly string[]>>)[kind] ?? [];
    assert.deepEqual(list, values, `${where}: values`);
    return;
  }
  assert.ok(leaves.has(kind), `${where}: ${kind} is no kind`);
  const builtins: Readonly<Record<string, string>> = {
    DateTime: "dateTime",
    Duration: "duration",
    Numeric: "decimal",
    Indicator: "boolean",
    Identifier: "normalizedString",
    Code: "normalizedString",
    normalizedString: "normalizedString",
    token: "token",
  };
  assert.equal(builtins[kind] ?? "string", builtin, `${where}: kind`);
  assert.deepEqual(values, [], `${where}: a closed list in the schema`);
}

test("each table has the elements, order, cardinality, kinds and attributes of MESA's type", () => {
  for (const [name, table] of Object.entries(tables)) {
    if (name === "Expression") continue; // text with attributes, compared below
    const type = name === "ConfirmBODDataArea" ? dataAreaOf("ConfirmBODType") : typeNames.get(name);
    assert.ok(type, `${name} is a type of the schema`);
    compare(name, table, type);
  }
  assert.deepEqual(
    attributesOf(schemas, "TransExpressionType").map(({ name }) => name),
    rows(tables.Expression).flatMap(({ place, name }) => (place === "attribute" ? [name] : [])),
  );
});

test("each noun has its verbs, and each message of the standard is one of ours", () => {
  const ours = new Map<string, { noun: Noun; verb: Verb | null }>();
  for (const [noun, verbs] of Object.entries(nouns) as [Noun, readonly Verb[]][]) {
    for (const verb of [null, ...verbs]) ours.set(rootName({ verb, noun }), { noun, verb });
  }
  for (const [name, { noun, verb }] of ours) {
    const element = schemas.elements.get(name);
    assert.ok(element, `${name} is a root of the schema`);
    if (verb === null) continue;
    const inside = particlesOf(schemas, dataAreaOf(element.type) ?? "") ?? [];
    const names = expectedRows(inside).map((row) => row.name);
    assert.deepEqual(names, [verbElement(verb), noun], `${name}: what its DataArea holds`);
  }
  const messages = [...schemas.elements].filter(
    ([name, { type, file }]) => dataAreaOf(type) !== undefined && file.startsWith("B2MML-") && !ours.has(name),
  );
  // its DataArea carries OperationalLocation: the name of the one and the content of the other
  assert.deepEqual(
    messages.map(([name]) => name),
    ["SyncOperationalLocationClass"],
  );
});

function dataAreaOf(type: string): Expected["type"] | undefined {
  return expectedRows(particlesOf(schemas, type) ?? []).find(({ name }) => name === "DataArea")?.type;
}
