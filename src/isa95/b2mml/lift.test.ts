import assert from "node:assert/strict";
import { test } from "node:test";
import { unwrap } from "../../base/result.ts";
import { decode } from "./codec.ts";
import type { Document } from "./document.ts";
import { attributesOf } from "./information.ts";
import { lift, olderRootOf } from "./lift.ts";
import { usualLimits } from "./limit.ts";
import { namespaces } from "./version.ts";
import { scanXml } from "./xml-scan.ts";

interface Read {
  readonly document: Document;
  readonly told: readonly string[];
}

function read(root: string, inside: string): Read {
  const text = `<${root} xmlns="${namespaces.V0600}">${inside}</${root}>`;
  const known = olderRootOf(root);
  assert.ok(known);
  const { tree, root: today, warnings } = lift(unwrap(scanXml(text, "in.xml", usualLimits)), "V0600", known);
  return { document: decode(tree, today).document, told: warnings.map(({ code, message }) => `${code}: ${message}`) };
}

function request(inside: string): {
  request: Extract<Document, { noun: "OperationsRequest" }>["content"][number];
  told: readonly string[];
} {
  const { document, told } = read("ProductionRequest", inside);
  assert.ok(document.noun === "OperationsRequest");
  const [first] = document.content;
  assert.ok(first);
  return { request: first, told };
}

test("what 7.0.1 demands of a segment is taken from what the request calls it and its rule", () => {
  const { request: lifted } = request(
    `<ID>7</ID><ProductProductionRuleID>RULE</ProductProductionRuleID>
     <SegmentRequirement><ProductSegmentID>P1</ProductSegmentID><ProcessSegmentID>Weigh</ProcessSegmentID>
       <SegmentRequirement><ProcessSegmentID>Fill</ProcessSegmentID></SegmentRequirement></SegmentRequirement>
     <SegmentRequirement><ProductSegmentID>P1</ProductSegmentID></SegmentRequirement>`,
  );
  assert.equal(lifted.OperationsDefinitionID, "RULE");
  const [first, second] = lifted.SegmentRequirement;
  assert.deepEqual(
    [first?.ID, first?.ProcessSegmentID, first?.OperationsDefinitionID, first?.OperationsSegmentID],
    ["P1", "Weigh", "RULE", "P1"],
  );
  const [child] = first?.SegmentRequirementChild ?? [];
  assert.deepEqual([child?.ID, child?.OperationsSegmentID, child?.OperationsDefinitionID], ["Fill", "Fill", "RULE"]);
  assert.deepEqual([second?.ID, second?.ProcessSegmentID], ["SegmentRequirement-2", "P1"], "P1 is taken");
});

test("a request without segments gets the one that it stands for, and without an ID its number", () => {
  const { request: lifted, told } = request("");
  assert.equal(lifted.ID, "OperationsRequest-1");
  assert.deepEqual(
    lifted.SegmentRequirement.map(({ ID, OperationsDefinitionID }) => [ID, OperationsDefinitionID]),
    [["SegmentRequirement-1", "OperationsRequest-1"]],
  );
  assert.ok(told.every((line) => line.startsWith("filled-in: ")));
});

test("material that is produced, consumed or consumable by its element's name gets that use", () => {
  const { request: lifted } = request(
    `<ID>7</ID><SegmentRequirement><ID>1</ID>
      <MaterialProducedRequirement><MaterialDefinitionID>A</MaterialDefinitionID></MaterialProducedRequirement>
      <MaterialConsumedRequirement><MaterialDefinitionID>B</MaterialDefinitionID>
        <Location><EquipmentID>BOX3</EquipmentID><EquipmentElementLevel>WorkCell</EquipmentElementLevel>
          <Location><EquipmentID>SHELF</EquipmentID><EquipmentElementLevel>StorageUnit</EquipmentElementLevel></Location></Location>
        <MaterialConsumedRequirementProperty><ID>Row</ID></MaterialConsumedRequirementProperty></MaterialConsumedRequirement>
      <ConsumableExpectedRequirement><MaterialDefinitionID>C</MaterialDefinitionID></ConsumableExpectedRequirement>
    </SegmentRequirement>`,
  );
  const materials = lifted.SegmentRequirement[0]?.MaterialRequirement ?? [];
  assert.deepEqual(
    materials.map(({ ID, MaterialDefinitionID, MaterialUse }) => [ID, MaterialDefinitionID?.[0], MaterialUse]),
    [
      ["MaterialRequirement-1", "A", "Produced"],
      ["MaterialRequirement-2", "B", "Consumed"],
      ["MaterialRequirement-3", "C", "Consumable"],
    ],
  );
  assert.deepEqual(materials[1]?.StorageLocation, {
    Location: "BOX3",
    LocationType: "Equipment",
    LocationChild: [{ Location: "SHELF", LocationType: "Equipment" }],
  });
  assert.deepEqual(materials[1]?.MaterialRequirementProperty, [{ ID: "Row" }]);
});

test("a value that today's list does not have is another value; what has no successor is left behind and told", () => {
  const { document, told } = read(
    "ProductionPerformance",
    `<EquipmentElementLevel>Site</EquipmentElementLevel><EndTime>2026-01-05T14:00:00Z</EndTime>
     <ProductionResponse><ID>1</ID><ProductionRequestID>7</ProductionRequestID>
       <SegmentResponse><ProductionData><ID>d</ID></ProductionData><SegmentState>Holding</SegmentState></SegmentResponse>
     </ProductionResponse>`,
  );
  assert.ok(document.noun === "OperationsPerformance");
  const [performance] = document.content;
  assert.equal(performance?.EndTime, "2026-01-05T14:00:00Z", "whose element 7.0.1 spells Endtime");
  const [response] = performance?.OperationsResponse ?? [];
  assert.deepEqual(response?.OperationsRequestID, ["7"]);
  const segment = response?.SegmentResponse[0];
  assert.deepEqual(segment?.SegmentData, [{ ID: "d" }]);
  assert.equal(segment?.SegmentState, "Other");
  assert.equal(segment && attributesOf(segment, "SegmentState")?.["OtherValue"], "Holding");
  assert.ok(told.includes("left-behind: EquipmentElementLevel has no place in 7.0.1 here: it is left out."));
});

test("a product definition with a bill becomes an information that holds both", () => {
  const bill =
    "<ManufacturingBill><ID>B1</ID><MaterialDefinitionID>RM</MaterialDefinitionID><Quantity><QuantityString>2</QuantityString></Quantity></ManufacturingBill>";
  const { document } = read("ProductDefinition", `<ID>FG</ID><ProductProductionRule>R1</ProductProductionRule>${bill}`);
  assert.ok(document.noun === "OperationsDefinitionInformation");
  const [information] = document.content;
  assert.deepEqual(information?.OperationsDefinition, [
    { ID: "FG", WorkMasterSourceID: ["R1"], OperationsMaterialBillID: ["B1"] },
  ]);
  assert.deepEqual(information?.OperationsMaterialBill, [
    {
      ID: "B1",
      OperationsMaterialBillItem: [{ ID: "B1", MaterialSpecificationID: ["RM"], Quantity: [{ QuantityString: "2" }] }],
    },
  ]);
  assert.equal(read("ProductDefinition", "<ID>FG</ID>").document.noun, "OperationsDefinition");
});
