import assert from "node:assert/strict";
import { test } from "node:test";
import { unwrap } from "../base/result.ts";
import { attributesOf } from "../isa95/b2mml/information.ts";
import { openB2mml } from "./b2mml.ts";
import type { Received } from "./received.ts";
import { badDocuments, isRefusedRightly } from "./testing/bad-document.ts";

const b2mml = await openB2mml();
const encoder = new TextEncoder();

function read(text: string): ReturnType<typeof b2mml.read> {
  return b2mml.read(encoder.encode(text), "in.xml");
}

function accepted(text: string): Received {
  return unwrap(read(text));
}

/** Code and message of the fault, which must name file and line. */
function refusal(text: string): string {
  const result = read(text);
  assert.ok(!result.ok, "it is refused");
  assert.match(result.fault.message, /^in\.xml:\d+: /);
  return `${result.fault.code} ${result.fault.message}`;
}

const segment =
  "<SegmentRequirement><ID>0010</ID><ProcessSegmentID>MILL</ProcessSegmentID><OperationsDefinitionID>D</OperationsDefinitionID><OperationsSegmentID>0010</OperationsSegmentID></SegmentRequirement>";

function request(id: string, inside = segment): string {
  return `<OperationsRequest><ID>${id}</ID>${inside}</OperationsRequest>`;
}

function schedule(requests: string, root = 'releaseID="7.0.1"'): string {
  return `<ProcessOperationsSchedule xmlns="http://www.mesa.org/xml/B2MML" ${root}>
<ApplicationArea><CreationDateTime>2026-01-05T05:30:00Z</CreationDateTime></ApplicationArea>
<DataArea><Process/><OperationsSchedule><ID>S</ID>${requests}</OperationsSchedule></DataArea>
</ProcessOperationsSchedule>`;
}

const material = (quantity: string): string =>
  segment.replace(
    "</SegmentRequirement>",
    `<MaterialRequirement><ID>M</ID><Quantity>${quantity}</Quantity></MaterialRequirement></SegmentRequirement>`,
  );

test("one bad request of five hundred is taken out with its path and line, the others are read", () => {
  const bad = request("R250", segment.replace("<OperationsSegmentID>0010</OperationsSegmentID>", ""));
  const all = Array.from({ length: 500 }, (_, index) => (index === 249 ? `\n${bad}` : `\n${request(`R${index + 1}`)}`));
  const { document, refused } = accepted(schedule(all.join("")));
  assert.ok(document.noun === "OperationsSchedule" && document.verb === "Process");
  assert.equal(document.content[0]?.OperationsRequest.length, 499);
  assert.equal(refused.length, 1);
  const [item] = refused;
  assert.equal(item?.name, "OperationsRequest");
  assert.equal(item?.id, "R250");
  assert.equal(item?.place.path, "/ProcessOperationsSchedule/DataArea/OperationsSchedule/OperationsRequest[250]");
  assert.equal(item?.place.line, 253);
  assert.match(item?.fault.message ?? "", /^in\.xml:253: Element 'SegmentRequirement': Missing child/);
  assert.match(item?.fault.errors?.[0]?.at ?? "", /OperationsRequest\[250\]\/SegmentRequirement$/);
});

test("so is one that only its meaning betrays, and all on one line", () => {
  const bad = request(
    "R2",
    `<StartTime>2026-01-05T06:00:00Z</StartTime><EndTime>2026-01-05T05:00:00Z</EndTime>${segment}`,
  );
  const { document, refused } = accepted(schedule(request("R1") + bad + request("R3")));
  assert.deepEqual(
    document.noun === "OperationsSchedule" && document.content[0]?.OperationsRequest.map(({ ID }) => ID),
    ["R1", "R3"],
  );
  assert.equal(refused[0]?.fault.code, "b2mml/end-before-start");
  assert.equal(refused[0]?.id, "R2");
});

test("a document of which nothing is left is refused with all reasons", () => {
  const result = read(schedule(request("R1", material("<QuantityString>NaN</QuantityString>"))));
  assert.ok(!result.ok);
  assert.equal(result.fault.code, "b2mml/quantity");
  assert.equal(result.fault.errors?.length, 1);
});

test("what is wrong around the requests refuses the document", () => {
  const text = schedule(request("R1")).replace("2026-01-05T05:30:00Z", "yesterday");
  assert.match(refusal(text), /^b2mml\/schema in\.xml:2: Element 'CreationDateTime'/);
});

test("a DOCTYPE and entities are refused before anything is made of them", () => {
  const bomb = `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>\n${schedule(request("&b;"))}`;
  assert.match(refusal(bomb), /^b2mml\/doctype in\.xml:1: /);
  const outside = `<?xml version="1.0"?>\n<!DOCTYPE x SYSTEM "file:///etc/passwd">\n${schedule(request("R"))}`;
  assert.match(refusal(outside), /^b2mml\/doctype in\.xml:2: /);
  assert.match(refusal(schedule(request("&nbsp;"))), /^b2mml\/entity in\.xml:3: /);
  assert.match(refusal(schedule(request("A & B"))), /^b2mml\/entity /);
  assert.match(refusal(schedule(request("&#0;"))), /^b2mml\/entity /);
  const decoded = accepted(schedule(request("&#65;&amp;&#x42;<![CDATA[<c>]]>"))).document;
  assert.equal(decoded.noun === "OperationsSchedule" && decoded.content[0]?.OperationsRequest[0]?.ID, "A&B<c>");
});

test("elements and attributes may be called like the parts that every object has", () => {
  const area = "<DataArea><a/><__proto__><constructor/></__proto__><toString/></DataArea>";
  for (const name of ["ProcessOperationsSchedule", "ProcessProductionSchedule"]) {
    assert.match(refusal(`<${name} xmlns="http://www.mesa.org/xml/B2MML" __proto__="x">${area}</${name}>`), /^b2mml\//);
  }
  assert.match(refusal('<a xmlns="constructor"/>'), /^b2mml\/namespace /);
  assert.match(refusal('<?xml version="1.0" encoding="constructor"?><a/>'), /^b2mml\/encoding /);
});

test("each of what must be refused is, with its reason and a place", () => {
  assert.deepEqual(
    badDocuments.flatMap((bad) => isRefusedRightly(b2mml, bad) ?? []),
    [],
  );
});

test("limits are checked while reading", async () => {
  const small = await openB2mml({ bytesMax: 2000, depthMax: 6, elementsMax: 20, textMax: 100 });
  const code = (text: string): string => {
    const result = small.read(encoder.encode(text), "in.xml");
    return result.ok ? "read" : result.fault.code;
  };
  assert.equal(code(schedule(request("R"))), "read");
  assert.equal(code(schedule(request("R") + " ".repeat(2000))), "b2mml/too-large");
  assert.equal(code("<a>".repeat(7)), "b2mml/too-deep");
  assert.equal(code(`<a>${"<b/>".repeat(20)}</a>`), "b2mml/too-many");
  assert.equal(code(schedule(request("R".repeat(101)))), "b2mml/too-long");
  assert.equal(code(`<a b="${"x".repeat(101)}"/>`), "b2mml/too-long");
  assert.equal(code(`${'{"a":'.repeat(7)}1${"}".repeat(7)}`), "b2mml/too-deep");
  assert.equal(code(`{"a":{"b":[${Array(20).fill(1).join()}]}}`), "b2mml/too-many");
  assert.equal(code(`{"a":"${"x".repeat(101)}"}`), "b2mml/too-long");
});

test("encodings are those that are named, and no others", () => {
  const text = schedule(request("Größe"));
  const id = (bytes: Uint8Array): unknown => {
    const result = b2mml.read(bytes, "in.xml");
    if (!result.ok) return result.fault.code;
    const { document } = result.value;
    return document.noun === "OperationsSchedule" && document.content[0]?.OperationsRequest[0]?.ID;
  };
  const declared = (encoding: string): string => `<?xml version="1.0" encoding="${encoding}"?>${text}`;
  assert.equal(id(encoder.encode(text)), "Größe");
  assert.equal(id(Buffer.from(declared("ISO-8859-1"), "latin1")), "Größe");
  assert.equal(id(Buffer.from(`\uFEFF${declared("UTF-16")}`, "utf16le")), "Größe");
  assert.equal(id(Buffer.from(declared("UTF-8"), "latin1")), "b2mml/encoding");
  assert.equal(id(encoder.encode(declared("UTF-7"))), "b2mml/encoding");
  assert.equal(id(Buffer.from(declared("IBM037"), "utf8")), "b2mml/encoding");
});

test("the charset of the content type counts beside what the document says, and never spoils it", () => {
  const text = schedule(request("Größe"));
  const declared = (encoding: string): string => `<?xml version="1.0" encoding="${encoding}"?>${text}`;
  const id = (bytes: Uint8Array, charset: string): unknown => {
    const result = b2mml.read(bytes, "in.xml", charset);
    if (!result.ok) return result.fault.code;
    const { document } = result.value;
    return document.noun === "OperationsSchedule" && document.content[0]?.OperationsRequest[0]?.ID;
  };
  const latin1 = (from: string): Uint8Array => Buffer.from(from, "latin1");
  assert.equal(id(latin1(text), "ISO-8859-1"), "Größe", "the content type alone says it");
  assert.equal(id(latin1(declared("ISO-8859-1")), "utf-8"), "Größe", "a header that every document gets");
  assert.equal(id(encoder.encode(declared("UTF-8")), "ISO-8859-1"), "Größe", "a header that every document gets");
  assert.equal(id(latin1(declared("UTF-8")), "ISO-8859-1"), "Größe", "encoded anew on the way");
  assert.equal(id(encoder.encode(declared("ISO-8859-1")), "utf-8"), "Größe", "encoded anew on the way");
  assert.equal(id(Buffer.from(text, "utf16le"), "utf-8"), "Größe", "UTF-16 shows by its bytes");
  assert.equal(id(encoder.encode(text), "x-unknown"), "Größe");
  assert.equal(id(latin1(text), "x-unknown"), "b2mml/encoding");
  assert.equal(id(latin1(text), "utf-8"), "b2mml/encoding");
  assert.equal(id(encoder.encode(declared("UTF-7")), "utf-8"), "b2mml/encoding");
});

test("what real senders do is tolerated and told", () => {
  const codes = (text: string): readonly string[] => accepted(text).warnings.map(({ code }) => code);
  assert.deepEqual(codes(schedule(request("R"))), []);
  assert.deepEqual(codes(schedule(request("R"), "")), ["release-missing"]);
  assert.deepEqual(codes(schedule(request(" R  "))), ["identifier-padded"]);
  assert.deepEqual(codes(`\uFEFF${schedule(request("R"))}`), ["byte-order-mark"]);
  const quantity = (text: string, unit: string): string =>
    schedule(request("R", material(`<QuantityString>${text}</QuantityString>${unit}`)));
  assert.deepEqual(codes(quantity("0.4E1", "<UnitOfMeasure>KGM</UnitOfMeasure>")), ["number-exponent"]);
  assert.deepEqual(codes(quantity("4", "")), ["unit-missing"]);
  assert.deepEqual(codes(quantity("4", "<UnitOfMeasure/>")), ["unit-missing"]);
  assert.deepEqual(codes(quantity("4", "<UnitOfMeasure>шт</UnitOfMeasure>")), ["unit-foreign"]);
  const { warnings, document } = accepted(schedule(request(" R  ")));
  assert.deepEqual(warnings[0]?.line, 3);
  assert.equal(document.noun === "OperationsSchedule" && document.content[0]?.OperationsRequest[0]?.ID, "R");
});

test("the version is told by the namespace, also by one whose sender left the version or the case out", () => {
  const older = (namespace: string): string =>
    `<ProductionSchedule xmlns="${namespace}"><ProductionRequest><ID>1</ID></ProductionRequest></ProductionSchedule>`;
  const version = (namespace: string): string => {
    const result = read(older(namespace));
    return result.ok ? `${result.value.version} ${result.value.warnings[0]?.code}` : result.fault.code;
  };
  assert.equal(version("http://www.mesa.org/xml/B2MML-V0600"), "V0600 filled-in");
  assert.equal(version("http://www.wbf.org/xml/B2MML-V0401"), "V0401 filled-in");
  assert.equal(version("http://www.mesa.org/xml/B2MML"), "V0600 namespace-unversioned");
  assert.equal(version("http://www.wbf.org/xml/b2mml-v0401"), "V0401 namespace-unversioned");
  assert.equal(version("http://www.wbf.org/xml/b2mml"), "V0401 namespace-unversioned");
  assert.equal(version("http://www.wbf.org/xml/b2mml-v0400"), "b2mml/namespace");
  assert.equal(version(""), "b2mml/namespace");
  const prefixed = schedule(request("R"))
    .replaceAll(/<(\/?)(?=[A-Z])/g, "<$1p:")
    .replace("xmlns=", "xmlns:p=");
  assert.equal(accepted(prefixed).document.noun, "OperationsSchedule");
});

test("meaning: quantities, spans, identities and references", () => {
  const quantity = (text: string, type = ""): string =>
    schedule(request("R", material(`<QuantityString>${text}</QuantityString>${type}`)));
  for (const wrong of ["NaN", "INF", "41fs.9", "1,5", "", "0x10"]) {
    assert.match(refusal(quantity(wrong)), /^b2mml\/quantity /, wrong);
  }
  for (const right of ["1", "-0.5", "+3", ".5", "1e3", "00012.500"]) assert.ok(read(quantity(right)).ok, right);
  assert.ok(read(quantity("true", "<DataType>boolean</DataType>")).ok, "a quantity that says it is none");
  const twice = refusal(schedule(request("R", segment + segment)));
  assert.match(twice, /^b2mml\/duplicate-id in\.xml:3: There are two of ID "0010"/);
  const span = `<StartTime>2026-01-05T06:00:00+01:00</StartTime><EndTime>2026-01-05T05:00:00Z</EndTime>${segment}`;
  assert.ok(read(schedule(request("R", span))).ok, "the same instant in two offsets");
  const definition = (to: string): string =>
    `<OperationsDefinition xmlns="http://www.mesa.org/xml/B2MML"><ID>D</ID><OperationsSegment><ID>1</ID><SegmentDependency><ID>x</ID><Dependency>AfterEnd</Dependency><SegmentID>${to}</SegmentID></SegmentDependency></OperationsSegment></OperationsDefinition>`;
  assert.ok(read(definition("1")).ok);
  assert.match(refusal(definition("2")), /^b2mml\/dangling-reference in\.xml:1: There is no OperationsSegment "2"/);
});

test("what the model does not know survives: attributes, other values, a site's own elements", () => {
  const own = 'xmlns:e="http://www.mesa.org/xml/B2MML-AllExtensions" xmlns:q="urn:q"';
  const inside = `${segment}<e:Colour unit="q:RAL" q:of="b">9010 <q:b>and</q:b> more</e:Colour>`;
  const text = schedule(request("R", inside.replace("<ID>0010", '<ID schemeID="own">0010')), `${own} releaseID="x"`);
  const { document } = accepted(text);
  const xml = unwrap(b2mml.write(document));
  assert.match(xml, /<Colour xmlns="http:\/\/www\.mesa\.org\/xml\/B2MML-AllExtensions"[^>]* xmlns:q="urn:q"/);
  assert.match(xml, /9010 <b xmlns="urn:q">and<\/b> more/);
  assert.match(xml, /<ID schemeID="own">0010<\/ID>/);
  const again = accepted(xml).document;
  assert.deepEqual(unwrap(b2mml.write(again)), xml);
  const left = unwrap(b2mml.write(document, { extensions: "leave" }));
  assert.doesNotMatch(left, /Colour/);
  const use = (word: string): string =>
    material(`<QuantityString>1</QuantityString>`).replace(
      "<ID>M</ID>",
      `<ID>M</ID><MaterialUse OtherValue="Scrap">${word}</MaterialUse>`,
    );
  const other = accepted(schedule(request("R", use("Other")))).document;
  assert.ok(other.noun === "OperationsSchedule");
  const [actual] = other.content[0]?.OperationsRequest[0]?.SegmentRequirement[0]?.MaterialRequirement ?? [];
  assert.equal(actual?.MaterialUse, "Other");
  assert.equal(actual && attributesOf(actual, "MaterialUse")?.["OtherValue"], "Scrap");
});

test("a node knows where it stood, in the words of its sender", () => {
  const older = `<ProductionSchedule xmlns="http://www.mesa.org/xml/B2MML-V0600">
<ProductionRequest><ID>1</ID></ProductionRequest>
<ProductionRequest><ID>2</ID></ProductionRequest></ProductionSchedule>`;
  const { document, place } = accepted(older);
  assert.ok(document.noun === "OperationsSchedule");
  const second = document.content[0]?.OperationsRequest[1];
  assert.deepEqual(second && place(second), { line: 3, path: "/ProductionSchedule/ProductionRequest[2]" });
});

test("JSON is judged, named by line, and its numbers keep their digits", () => {
  const json = unwrap(b2mml.write(accepted(schedule(request("R"))).document, { form: "json" }));
  const wrong = (from: string, to: string): string => refusal(json.replace(from, to));
  assert.match(wrong('"ID": "S"', '"Id": "S"'), /^b2mml\/json-schema in\.xml:\d+: OperationsSchedule must /);
  assert.match(wrong('"ID": "S"', '"ID": "S", "ID": "T"'), /^b2mml\/malformed /);
  assert.match(wrong('"ID": "S"', '"ID": "S", "RequestState": []'), /^b2mml\/json-schema /);
  assert.match(wrong('"ID": "S"', '"ID": '), /^b2mml\/malformed /);
  const priority = json.replace('"ID": "R"', '"ID": "R", "Priority": 12345678901234567890.10');
  const { document, form } = accepted(priority);
  assert.equal(form, "json");
  assert.ok(document.noun === "OperationsSchedule");
  assert.equal(document.content[0]?.OperationsRequest[0]?.Priority, "12345678901234567890.10");
  assert.match(unwrap(b2mml.write(document, { form: "json" })), /"Priority": 12345678901234567890\.10/);
});

test("an element is of the namespace in force where it stands, whatever one of the same name was before", () => {
  const own = '<Colour xmlns="http://www.mesa.org/xml/B2MML-AllExtensions">red</Colour>';
  const text = schedule(request("R1", segment + own) + request("R2", `${segment}<Colour>blue</Colour>`));
  const { document, refused } = accepted(text);
  assert.deepEqual(
    document.noun === "OperationsSchedule" && document.content[0]?.OperationsRequest.map(({ ID }) => ID),
    ["R1"],
  );
  assert.equal(refused[0]?.id, "R2");
});

test("what cannot be valid is not written", () => {
  const { document } = accepted(schedule(request("R")));
  assert.ok(document.noun === "OperationsSchedule" && document.verb === "Process");
  const [content] = document.content;
  assert.ok(content);
  // an ID of the wrong type is what a careless caller would pass
  const result = b2mml.write({ ...document, content: [{ ...content, StartTime: "soon" }] });
  assert.ok(!result.ok);
  assert.equal(result.fault.code, "b2mml/unwritable");
  assert.match(
    result.fault.message,
    /^\/ProcessOperationsSchedule\/DataArea\/OperationsSchedule\/StartTime cannot be written/,
  );
});

test("a schedule without requests is written as 7.0.1 demands, and read as it was meant", () => {
  const empty = '<ProductionSchedule xmlns="http://www.mesa.org/xml/B2MML-V0600"/>';
  const { document } = accepted(empty);
  assert.ok(document.noun === "OperationsSchedule");
  assert.deepEqual(document.content[0]?.OperationsRequest, []);
  const xml = unwrap(b2mml.write(document));
  assert.match(xml, /<RequestState>Cancelled<\/RequestState>/);
  const again = accepted(xml).document;
  assert.deepEqual(again.noun === "OperationsSchedule" && again.content[0]?.OperationsRequest, []);
});
