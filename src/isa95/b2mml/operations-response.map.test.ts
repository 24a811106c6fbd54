import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../base/instant.ts";
import type { OperationsResponse } from "../response/operations-response.ts";
import { fromOperationsResponse } from "./operations-response.map.ts";

const response: OperationsResponse = {
  reference: { erp: "erp-1", company: "", number: "4711" },
  dates: {
    eventFrom: instant(Date.UTC(2026, 0, 5, 6)),
    eventTo: instant(Date.UTC(2026, 0, 5, 14)),
    recordedAt: instant(Date.UTC(2026, 0, 5, 15)),
    postingDate: "2026-01-06",
    documentDate: "2026-01-05",
  },
  segment: {
    segment: "0010",
    sequence: "",
    workCenter: "CNC-01",
    good: { micro: 97_000_000n, uom: "H87" },
    scrap: { micro: 3_000_000n, uom: "H87" },
    rework: { micro: 0n, uom: "H87" },
    final: true,
    materials: [
      {
        use: "Consumed",
        requirement: "M2",
        stock: {
          material: "RM-200",
          quantity: { micro: 52_500_001n, uom: "KGM" },
          at: { plant: "P1", location: "RAW" },
          lot: "L7",
          stockType: "quality",
          specialStock: null,
        },
      },
    ],
  },
};

test("a response says good, scrap and rework as data, and material to the last millionth", () => {
  const told = fromOperationsResponse("KEY", response);
  assert.equal(told.ID, "KEY");
  assert.deepEqual(told.OperationsRequestID, ["4711"]);
  const [segment] = told.SegmentResponse;
  assert.equal(segment?.SegmentState, "Completed");
  assert.equal(segment?.PostingDate, "2026-01-06T00:00:00Z");
  assert.deepEqual(
    segment?.SegmentData?.map(({ ID, Value }) => `${ID} ${Value?.[0]?.ValueString} ${Value?.[0]?.UnitOfMeasure}`),
    ["GoodQuantity 97 H87", "ScrapQuantity 3 H87", "ReworkQuantity 0 H87"],
  );
  const [actual] = segment?.MaterialActual ?? [];
  assert.deepEqual(actual?.Quantity, [{ QuantityString: "52.500001", DataType: "decimal", UnitOfMeasure: "KGM" }]);
  assert.deepEqual(actual?.StorageLocation, { Location: "RAW", LocationType: "Operational Location ID" });
  assert.deepEqual(
    actual?.MaterialActualProperty?.map(({ ID, Value }) => [ID, Value?.[0]?.ValueString]),
    [
      ["MaterialRequirementID", "M2"],
      ["StockType", "quality"],
    ],
  );
});
