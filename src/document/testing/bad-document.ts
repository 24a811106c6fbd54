/** Documents that must be refused, each with the reason: what a stranger may send by mistake or on purpose. */
import type { FaultCode } from "../../base/result.ts";
import type { B2mml } from "../b2mml.ts";

export interface BadDocument {
  readonly name: string;
  readonly text: string;
  readonly code: FaultCode;
}

const segment =
  "<SegmentRequirement><ID>1</ID><ProcessSegmentID>P</ProcessSegmentID><OperationsDefinitionID>D</OperationsDefinitionID><OperationsSegmentID>1</OperationsSegmentID></SegmentRequirement>";

function schedule(inside: string): string {
  return `<OperationsSchedule xmlns="http://www.mesa.org/xml/B2MML"><ID>S</ID><OperationsRequest><ID>R</ID>${inside}</OperationsRequest></OperationsSchedule>`;
}

function quantity(text: string): string {
  const material = `<MaterialRequirement><ID>M</ID><Quantity><QuantityString>${text}</QuantityString></Quantity></MaterialRequirement>`;
  return schedule(segment.replace("</SegmentRequirement>", `${material}</SegmentRequirement>`));
}

const whole = schedule(segment);

export const badDocuments: readonly BadDocument[] = [
  { name: "a DOCTYPE", text: `<!DOCTYPE OperationsSchedule>${whole}`, code: "b2mml/doctype" },
  {
    name: "an external entity",
    text: `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${whole}`,
    code: "b2mml/doctype",
  },
  { name: "an entity of nobody", text: whole.replace(">S<", ">&x;<"), code: "b2mml/entity" },
  { name: "a bare ampersand", text: whole.replace(">S<", ">A & B<"), code: "b2mml/entity" },
  { name: "a document cut off", text: whole.slice(0, -20), code: "b2mml/malformed" },
  {
    name: "tags that cross",
    text: whole.replace("</ID><OperationsRequest>", "<OperationsRequest></ID>"),
    code: "b2mml/malformed",
  },
  { name: "nothing", text: "", code: "b2mml/malformed" },
  { name: "a second root", text: `${whole}<a/>`, code: "b2mml/malformed" },
  { name: "depth", text: "<a>".repeat(10_000), code: "b2mml/too-deep" },
  { name: "another namespace", text: whole.replace("B2MML", "B2MML-V0500"), code: "b2mml/namespace" },
  { name: "an unknown root", text: '<Order xmlns="http://www.mesa.org/xml/B2MML"/>', code: "b2mml/root" },
  { name: "a missing element", text: schedule(segment.replace("<ID>1</ID>", "")), code: "b2mml/schema" },
  {
    name: "a wrong order",
    text: schedule(`${segment}<StartTime>2026-01-05T06:00:00Z</StartTime>`),
    code: "b2mml/schema",
  },
  { name: "a time that is none", text: schedule(`<StartTime>soon</StartTime>${segment}`), code: "b2mml/schema" },
  {
    name: "a value of no list",
    text: schedule(`<RequestState>Perhaps</RequestState>${segment}`),
    code: "b2mml/schema",
  },
  { name: "NaN", text: quantity("NaN"), code: "b2mml/quantity" },
  { name: "infinity", text: quantity("INF"), code: "b2mml/quantity" },
  { name: "a decimal comma", text: quantity("1,5"), code: "b2mml/quantity" },
  { name: "an empty quantity", text: quantity(""), code: "b2mml/quantity" },
  {
    name: "an end before its start",
    text: schedule(`<StartTime>2026-01-05T06:00:00Z</StartTime><EndTime>2026-01-05T05:59:59Z</EndTime>${segment}`),
    code: "b2mml/end-before-start",
  },
  { name: "an ID twice", text: schedule(segment + segment), code: "b2mml/duplicate-id" },
  {
    name: "a reference to nothing",
    text: '<OperationsDefinition xmlns="http://www.mesa.org/xml/B2MML"><ID>D</ID><OperationsSegment><ID>1</ID><DependentOperationsSegmentID>2</DependentOperationsSegmentID></OperationsSegment></OperationsDefinition>',
    code: "b2mml/dangling-reference",
  },
  { name: "JSON with a field of nobody", text: '{"JobOrder":{"ID":"1","Colour":"red"}}', code: "b2mml/json-schema" },
  { name: "JSON with a field twice", text: '{"JobOrder":{"ID":"1","ID":"2"}}', code: "b2mml/malformed" },
  { name: "JSON with a value of no list", text: '{"JobOrder":{"ID":"1","Command":"Fly"}}', code: "b2mml/schema" },
  { name: "JSON with a time that is none", text: '{"JobOrder":{"ID":"1","StartTime":"soon"}}', code: "b2mml/schema" },
];

/** Null when the document is refused with its code and a place; else what happened instead. */
export function isRefusedRightly(b2mml: B2mml, { name, text, code }: BadDocument): string | null {
  const result = b2mml.read(new TextEncoder().encode(text), name);
  if (result.ok) return `${name} is read, and is no good`;
  const { fault } = result;
  if (fault.code !== code) return `${name} is refused as ${fault.code}, not ${code}`;
  return /:\d+: ./.test(fault.message) ? null : `${name} is refused without a place: ${fault.message}`;
}
