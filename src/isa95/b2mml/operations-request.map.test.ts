import assert from "node:assert/strict";
import { test } from "node:test";
import { formatInstant } from "../../base/instant.ts";
import { unwrap } from "../../base/result.ts";
import { timeZone } from "../../base/site-time.ts";
import type { Information } from "./information.ts";
import { requestStates } from "../schedule/operations-request.ts";
import { toOperationsRequest, type RequestRules } from "./operations-request.map.ts";

const rules: RequestRules = {
  erp: "erp-1",
  company: "",
  plant: "P1",
  timeZone: unwrap(timeZone("Europe/Berlin")),
  units: { PCE: "H87" },
  consumption: "bill",
  operation: { confirmation: "required", automaticReceipt: false, external: false },
};
const origin = { file: "in.xml", place: () => ({ line: 7, path: "/a" }) };

type Request = Information<"OperationsRequest">;
type Segment = Information<"SegmentRequirement">;

const milling: Segment = {
  ID: "0010",
  Description: ["Milling"],
  ProcessSegmentID: "MILL",
  OperationsDefinitionID: "FG-100/V1",
  OperationsSegmentID: "0010",
  EarliestStartTime: "2026-01-05T06:00:00Z",
  SegmentParameter: [{ ID: "Speed", Value: [{ ValueString: "3500", UnitOfMeasure: "RPM" }] }],
  EquipmentRequirement: [{ ID: "E1", EquipmentClassID: ["MILL"], EquipmentID: ["CNC-01"] }],
  MaterialRequirement: [
    {
      ID: "M2",
      MaterialDefinitionID: ["RM-200"],
      MaterialLotID: ["L7"],
      MaterialUse: "Consumed",
      StorageLocation: { Location: "RAW", LocationType: "Equipment" },
      Quantity: [{ QuantityString: "52.5", UnitOfMeasure: "KGM" }],
    },
  ],
};
const packing: Segment = {
  ID: "0020",
  ProcessSegmentID: "PACK",
  OperationsDefinitionID: "FG-100/V1",
  OperationsSegmentID: "0020",
  HierarchyScope: {
    EquipmentID: "P1",
    EquipmentLevel: "Site",
    HierarchyScopeChild: { EquipmentID: "PK-3", EquipmentLevel: "WorkCenter" },
  },
  MaterialRequirement: [
    {
      ID: "M1",
      MaterialDefinitionID: ["FG-100"],
      MaterialUse: "Produced",
      StorageLocation: { Location: "FIN", LocationType: "Equipment" },
      Quantity: [{ QuantityString: "1E2", UnitOfMeasure: "PCE" }],
    },
  ],
};
const request: Request = {
  ID: "000001004711",
  StartTime: "2026-01-05T07:00:00.25",
  EndTime: "2026-01-05T15:00:00+01:00",
  Priority: "3",
  SegmentRequirement: [{ ...milling, SegmentRequirementChild: [packing] }],
};
const schedule = { ID: "S", PublishedDate: "2026-01-04T00:00:00Z", ScheduleState: "Ready" as const };

test("a request becomes an order of the core: quantities exact, times as instants, nested segments in a row", () => {
  const order = unwrap(toOperationsRequest(request, schedule, rules, origin));
  assert.equal(order.id, "erp-1//000001004711");
  assert.equal(order.version, "2026-01-04T00:00:00Z");
  assert.equal(order.state, "Ready");
  assert.deepEqual(
    [order.material, order.quantity, order.plant],
    ["FG-100", { micro: 100_000_000n, uom: "H87" }, "P1"],
  );
  assert.deepEqual(order.receiptLocation, { plant: "P1", location: "FIN" });
  assert.equal(order.receiptItem, "M1");
  assert.equal(order.priority, 3);
  assert.equal(order.earliestStart && formatInstant(order.earliestStart), "2026-01-05T06:00:00.250Z", "local time");
  assert.equal(order.latestEnd && formatInstant(order.latestEnd), "2026-01-05T14:00:00.000Z");
  const [first, second] = order.segments;
  assert.deepEqual(
    order.segments.map(({ id, workCenter }) => [id, workCenter]),
    [
      ["0010", "CNC-01"],
      ["0020", "PK-3"],
    ],
  );
  assert.deepEqual(first?.quantity, order.quantity, "what it does not produce itself is the order's");
  assert.deepEqual(first?.parameters, { Speed: "3500" });
  assert.deepEqual(first?.materials, [
    {
      id: "M2",
      material: "RM-200",
      quantity: { micro: 52_500_000n, uom: "KGM" },
      at: { plant: "P1", location: "RAW" },
      lot: "L7",
      mode: "bill",
      fixed: null,
      scrapPpm: 0,
    },
  ]);
  assert.deepEqual(second?.materials, [], "what is produced is no component");
});

/** Codes of the fault, with the places of all of its errors. */
function codes(changed: Partial<Request>, by: Partial<RequestRules> = {}): string {
  const result = toOperationsRequest({ ...request, ...changed }, schedule, { ...rules, ...by }, origin);
  if (result.ok) return "accepted";
  assert.match(result.fault.message, /^in\.xml:7: /);
  return result.fault.code;
}

function produced(quantity: Partial<Information<"QuantityValue">>): Partial<Request> {
  const material: Information<"MaterialRequirement"> = {
    ID: "M1",
    MaterialDefinitionID: ["FG-100"],
    MaterialUse: "Produced",
    Quantity: [{ QuantityString: "1", UnitOfMeasure: "H87", ...quantity }],
  };
  return { SegmentRequirement: [{ ...milling, MaterialRequirement: [material] }] };
}

test("what takes work away is obeyed, though it says of a material neither that it is made nor that it is used", () => {
  const [used] = milling.MaterialRequirement ?? [];
  assert.ok(used);
  const { MaterialUse: _, ...unsaid } = used;
  const SegmentRequirement = [{ ...milling, MaterialRequirement: [unsaid] }, packing];
  const refused = requestStates.filter((state) => codes({ RequestState: state, SegmentRequirement }) !== "accepted");
  assert.deepEqual(refused, ["Released", "Ready", "Running", "Completed"]);
});

test("what cannot become stock or work is refused, each with its own code and place", () => {
  assert.equal(codes({}), "accepted");
  assert.equal(codes(produced({ UnitOfMeasure: "" })), "b2mml/no-unit");
  assert.equal(codes(produced({ UnitOfMeasure: "шт" })), "b2mml/foreign-unit");
  assert.equal(codes(produced({ UnitOfMeasure: "constructor" })), "b2mml/foreign-unit");
  assert.equal(codes(produced({ QuantityString: "0.1234567" })), "b2mml/no-amount");
  assert.equal(codes(produced({ QuantityString: "true", DataType: "boolean" })), "b2mml/no-amount");
  assert.equal(codes({ SegmentRequirement: [milling] }), "b2mml/no-product");
  assert.equal(codes({ SegmentRequirement: [milling, { ...packing, ID: "0010" }] }), "b2mml/repeated-segment");
  const { EquipmentRequirement: _, ...nowhere } = milling;
  assert.equal(codes({ SegmentRequirement: [nowhere, packing] }), "b2mml/no-work-center");
  const [used] = milling.MaterialRequirement ?? [];
  assert.ok(used);
  const { MaterialUse: __, ...unsaid } = used;
  const spare = { ...used, ID: "M3", MaterialUse: "Inventoried" as const };
  assert.equal(codes({ SegmentRequirement: [{ ...milling, MaterialRequirement: [unsaid] }, packing] }), "b2mml/no-use");
  assert.equal(
    codes({ SegmentRequirement: [{ ...milling, MaterialRequirement: [used, spare] }, packing] }),
    "accepted",
  );
  assert.equal(codes({ RequestState: "Other" }), "b2mml/state");
  assert.equal(codes({}, { plant: null }), "b2mml/no-plant");
  assert.equal(codes({}, { timeZone: null }), "b2mml/no-offset");
  assert.equal(codes({ StartTime: "2026-03-29T02:30:00" }), "b2mml/no-offset", "an hour that day does not have");
});
