/** Responses that an ERP shows, in its own units, zones and words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatInstant } from "../../base/instant.ts";
import { formatQuantity } from "../../base/quantity.ts";
import { unwrap } from "../../base/result.ts";
import { startOfDay, timeZone, type TimeZone } from "../../base/site-time.ts";
import type { Information } from "../../isa95/b2mml/information.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import { requestOf, segmentOf } from "../../operations/testing/order.ts";
import { difference, readForeign, readResponse, type ShownRules } from "./stated.ts";

type Response = Information<"OperationsResponse">;
type Segment = Information<"SegmentResponse">;

const zoneOf = (name: string): TimeZone => unwrap(timeZone(name));
const rules: ShownRules = {
  siteZone: zoneOf("Europe/Berlin"),
  timeZone: null,
  units: { ST: "C62", meter: "MTR" },
};
const reference = { erp: "e", company: "", number: "1" };

function pieces(digits: string, unit?: string, id = "GoodQuantity"): Information<"SegmentData"> {
  return { ID: id, Value: [{ ValueString: digits, ...(unit !== undefined && { UnitOfMeasure: unit }) }] };
}

function shown(change: Partial<Segment> = {}): Response {
  const segment: Segment = {
    ID: "S",
    PostingDate: "2026-02-03T00:00:00Z",
    ActualStartTime: "2026-02-03T08:00:00Z",
    ActualEndTime: "2026-02-03T09:00:00Z",
    SegmentRequirementID: ["0010"],
    SegmentData: [pieces("5", "C62")],
    ...change,
  };
  return { ID: "R", OperationsRequestID: ["1"], SegmentResponse: [segment] };
}

function without(...names: readonly (keyof Segment)[]): Response {
  const [segment] = shown().SegmentResponse;
  const left = Object.fromEntries(Object.entries(segment ?? {}).filter(([name]) => !names.some((one) => one === name)));
  return { ...shown(), SegmentResponse: [left as unknown as Segment] }; // only what is optional is left out
}

const dayOf = (text: string, how: Partial<ShownRules> = {}): string => {
  const read = readResponse(shown({ PostingDate: text }), reference, { ...rules, ...how });
  return read.ok ? read.value.dates.postingDate : read.fault.message;
};

test("a posting date that is midnight in UTC or by its own offset is that date, whatever the site's zone", () => {
  for (const siteZone of ["Europe/Berlin", "America/New_York", "Asia/Tokyo"].map(zoneOf)) {
    for (const text of [
      "2026-02-03T00:00:00Z",
      "2026-02-03T00:00:00.000+01:00",
      "2026-02-03T00:00:00-05:00",
      "2026-02-02T19:00:00-05:00",
      "2026-02-03T09:00:00+09:00",
      "2026-02-03T00:00:00",
    ])
      assert.equal(dayOf(text, { siteZone }), "2026-02-03", `${text} at ${siteZone}`);
  }
});

test("any other posting date is a moment, and falls on the day that the site has then", () => {
  assert.equal(dayOf("2026-02-02T23:00:00Z"), "2026-02-03");
  assert.equal(dayOf("2026-02-02T18:30:00-05:00"), "2026-02-03");
  assert.equal(dayOf("2026-02-04T01:30:00+09:00"), "2026-02-03");
  assert.equal(dayOf("2026-02-04T03:30:00Z", { siteZone: zoneOf("America/New_York") }), "2026-02-03");
  assert.equal(dayOf("2026-02-02T23:30:00", { timeZone: zoneOf("Europe/London") }), "2026-02-03");
  assert.equal(dayOf("2026-02-03T23:30:00"), "2026-02-03", "as written, where nobody says its zone");
});

test("an ERP that writes the date of ours with another offset has what was sent", () => {
  for (const PostingDate of ["2026-02-02T19:00:00-05:00", "2026-02-03T00:00:00+01:00", "2026-02-02T23:00:00Z"])
    assert.equal(unwrap(difference(shown(), shown({ PostingDate }), rules)), null, PostingDate);
  assert.equal(
    unwrap(difference(shown(), shown({ PostingDate: "2026-02-04T00:00:00Z" }), rules)),
    "its posting date differ",
  );
});

test("times without an offset are those of the connection's zone; what is left out is what the rest says", () => {
  const of = (response: Response, how: Partial<ShownRules> = {}): unknown => {
    const read = readResponse(response, reference, { ...rules, ...how });
    if (!read.ok) return read.fault.message;
    const { eventFrom, eventTo, recordedAt, postingDate } = read.value.dates;
    return [eventFrom, eventTo, recordedAt].map(formatInstant).concat(postingDate);
  };
  const local = shown({ ActualStartTime: "2026-02-03T08:00:00", ActualEndTime: "2026-02-03T09:00:00.250" });
  const [start, end] = ["2026-02-03T08:00:00.000Z", "2026-02-03T09:00:00.000Z"];
  assert.deepEqual(of(local, { timeZone: zoneOf("Asia/Tokyo") }), ["2026-02-02T23:00:00.000Z", "2026-02-03T00:00:00.250Z", "2026-02-03T00:00:00.250Z", "2026-02-03"]); // prettier-ignore
  assert.match(String(of(local)), /names no offset/);
  assert.deepEqual(of(without("ActualStartTime")), [end, end, end, "2026-02-03"]);
  assert.deepEqual(of(without("ActualEndTime")), [start, start, start, "2026-02-03"]);
  assert.deepEqual(of(without("PostingDate")), [start, end, end, "2026-02-03"]);
  const day = formatInstant(startOfDay("2026-02-03", rules.siteZone));
  assert.deepEqual(of(without("ActualStartTime", "ActualEndTime")), [day, day, day, "2026-02-03"]);
  assert.match(String(of(without("ActualStartTime", "ActualEndTime", "PostingDate"))), /neither/);
});

test("what was made before and keyed for a later date counts as recorded on that date", () => {
  const read = unwrap(readForeign(shown({ PostingDate: "2026-02-05T00:00:00+01:00" }), requestOf(), rules));
  const [one] = read;
  assert.equal(one?.response.dates.eventTo, Date.parse("2026-02-03T09:00:00Z"));
  assert.equal(one?.response.dates.recordedAt, startOfDay("2026-02-05", rules.siteZone));
});

test("the ERP's own units are those of the connection, and one that nobody knows is named", () => {
  const used = (digits: string, unit?: string): Response =>
    shown({
      SegmentData: [pieces("5", " ST ")],
      MaterialActual: [{ ID: "1", MaterialDefinitionID: ["W"], MaterialUse: "Consumed", Quantity: [{ QuantityString: digits, ...(unit !== undefined && { UnitOfMeasure: unit }) }] }], // prettier-ignore
    });
  const of = (response: Response): unknown => {
    const read = readForeign(response, requestOf(), rules);
    if (!read.ok) return read.fault.message;
    return read.value.map(({ response: { segment } }) =>
      [segment.good, ...segment.materials.map(({ stock }) => stock.quantity)].map(formatQuantity).join(),
    );
  };
  assert.deepEqual(of(used("1.5E1", "meter")), ["5 C62", "0 C62,15 MTR"]);
  assert.deepEqual(of(used("-2", "MTR")), ["5 C62", "0 C62,-2 MTR"]);
  assert.match(String(of(used("1", "Rolle"))), /Response R .*"Rolle" is no UN\/ECE Rec 20 code.*units/);
  assert.match(String(of(used("1"))), /Response R .*quantity 1 has no unit/);
  assert.match(String(of(used("1,5", "MTR"))), /Response R .*"1,5" is no quantity/);
});

test("an ERP that shows ours in its own units, or without its zeros, has what was sent", () => {
  const kilos = { SegmentData: [pieces("5", "KGM"), pieces("0", "KGM", "ScrapQuantity")] };
  assert.equal(unwrap(difference(shown(kilos), shown({ SegmentData: [pieces("5.000", "KGM")] }), rules)), null);
  assert.equal(unwrap(difference(shown(), shown({ SegmentData: [pieces("5", "ST")] }), rules)), null);
  const less = shown({ SegmentData: [pieces("4", "ST")] });
  assert.equal(unwrap(difference(shown(), less, rules)), "its counts differ");
});

test("somebody else's names its operation by any of its segment's IDs, or by none where the order has one", () => {
  const order = (...ids: readonly string[]): OperationsRequest =>
    requestOf({ segments: ids.map((id) => segmentOf({ id })) });
  const operationOf = (of: OperationsRequest, change: Partial<Segment>): unknown => {
    const response = without("SegmentRequirementID");
    const [segment] = response.SegmentResponse;
    assert.ok(segment);
    const [one] = unwrap(readForeign({ ...response, SegmentResponse: [{ ...segment, ...change }] }, of, rules));
    return one?.response.segment.segment;
  };
  const two = order("0010", "0020");
  assert.equal(operationOf(two, { SegmentRequirementID: ["0020"], ProcessSegmentID: ["0010"] }), "0020");
  assert.equal(operationOf(two, { OperationsSegmentID: ["0020"] }), "0020");
  assert.equal(operationOf(two, { OperationsSegmentID: ["CUT"], ProcessSegmentID: ["0010"] }), "0010");
  assert.equal(operationOf(two, { SegmentRequirementID: ["0090"] }), "0090", "what is named is not guessed otherwise");
  assert.equal(operationOf(two, {}), "");
  assert.equal(operationOf(order("0010"), {}), "0010");
});

test("every word of the standard for material that was made or used is understood", () => {
  const kindOf = (use: NonNullable<Information<"MaterialActual">["MaterialUse"]>): unknown => {
    const actual = { ID: "1", MaterialDefinitionID: ["W"], MaterialUse: use, Quantity: [{ QuantityString: "1", UnitOfMeasure: "MTR" }] }; // prettier-ignore
    const read = readForeign(shown({ SegmentData: [], MaterialActual: [actual] }), requestOf(), rules);
    return read.ok ? read.value.map(({ kind }) => kind).join() : read.fault.message;
  };
  for (const use of ["Consumed", "Material Consumed", "Consumable"] as const)
    assert.equal(kindOf(use), "goods-issue", use);
  for (const use of [
    "Produced",
    "Material Produced",
    "Yield Produced",
    "By-product Produced",
    "Co-product Produced",
  ] as const)
    assert.equal(kindOf(use), "goods-receipt", use);
  assert.match(String(kindOf("Returned Sample")), /"Returned Sample"/);
});
