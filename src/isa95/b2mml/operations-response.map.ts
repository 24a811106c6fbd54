/**
 * The core's `OperationsResponse` to the information model: what the office is told. Pure. The model has no use for
 * scrap (no MaterialUse says it), so good, scrap and rework of an operation travel as SegmentData.
 *
 * | information model | core |
 * |---|---|
 * | `ID` | given by the caller: the posting's key |
 * | `OperationsRequestID` | `reference.number` |
 * | SegmentResponse `SegmentRequirementID` | `segment.segment` |
 * | `ActualStartTime`, `ActualEndTime` | the first and last event, at the machine |
 * | `PostingDate` | midnight UTC of the posting date: a date of the books, whose schema type is an instant |
 * | `SegmentState` | `Completed` when nothing more will be reported, else `Running` |
 * | SegmentData `GoodQuantity`, `ScrapQuantity`, `ReworkQuantity` | `good`, `scrap`, `rework` |
 * | `EquipmentActual` | `workCenter` |
 * | `MaterialActual` | `materials`, each with lot, use, quantity, plant (`HierarchyScope`) and place (`StorageLocation`) |
 * | its properties `MaterialRequirementID`, `StockType`, `SpecialStock` | the order line that asked, stock that is not free, whose stock it is |
 */
import { formatInstant } from "../../base/instant.ts";
import { formatMicro, type Quantity } from "../../base/quantity.ts";
import type { MaterialActual, OperationsResponse } from "../response/operations-response.ts";
import type { Information } from "./information.ts";

/** IDs of the SegmentData by which counts travel. */
export const countIds = { good: "GoodQuantity", scrap: "ScrapQuantity", rework: "ReworkQuantity" } as const;

/** @param id of the response: the key of its posting, by which it is found again */
export function fromOperationsResponse(id: string, response: OperationsResponse): Information<"OperationsResponse"> {
  const { reference, dates, segment } = response;
  return {
    ID: id,
    OperationsRequestID: [reference.number],
    ResponseState: segment.final ? "Completed" : "Running",
    SegmentResponse: [
      {
        ID: `${id}/${segment.segment}`,
        PostingDate: `${dates.postingDate}T00:00:00Z`,
        ActualStartTime: formatInstant(dates.eventFrom),
        ActualEndTime: formatInstant(dates.eventTo),
        SegmentRequirementID: [segment.segment],
        SegmentState: segment.final ? "Completed" : "Running",
        SegmentData: [
          count(countIds.good, segment.good),
          count(countIds.scrap, segment.scrap),
          count(countIds.rework, segment.rework),
        ],
        ...(segment.workCenter !== "" && {
          EquipmentActual: [{ ID: "1", EquipmentID: [segment.workCenter] }],
        }),
        ...(segment.materials.length > 0 && {
          MaterialActual: segment.materials.map((actual, index) => materialActual(actual, index)),
        }),
      },
    ],
  };
}

function materialActual({ use, stock, requirement }: MaterialActual, index: number): Information<"MaterialActual"> {
  const properties = [
    ...(requirement === null ? [] : [property("MaterialRequirementID", requirement)]),
    ...(stock.stockType === "free" ? [] : [property("StockType", stock.stockType)]),
    ...(stock.specialStock === null ? [] : [property("SpecialStock", stock.specialStock)]),
  ];
  return {
    ID: String(index + 1),
    MaterialDefinitionID: [stock.material],
    ...(stock.lot !== null && { MaterialLotID: [stock.lot] }),
    MaterialUse: use,
    HierarchyScope: { EquipmentID: stock.at.plant, EquipmentLevel: "Site" },
    StorageLocation: { Location: stock.at.location, LocationType: "Operational Location ID" },
    Quantity: [quantityValue(stock.quantity)],
    ...(properties.length > 0 && { MaterialActualProperty: properties }),
  };
}

function property(id: string, value: string): Information<"MaterialActualProperty"> {
  return { ID: id, Value: [{ ValueString: value, DataType: "string" }] };
}

/** A count of pieces, under one of `countIds`. */
export function count(id: string, quantity: Quantity): Information<"SegmentData"> {
  const { QuantityString: ValueString, DataType, UnitOfMeasure } = quantityValue(quantity);
  return { ID: id, Value: [{ ValueString, DataType, UnitOfMeasure }] };
}

/** A quantity as it travels: decimal digits, never a float. */
export function quantityValue(quantity: Quantity): {
  readonly QuantityString: string;
  readonly DataType: "decimal";
  readonly UnitOfMeasure: string;
} {
  return { QuantityString: formatMicro(quantity.micro), DataType: "decimal", UnitOfMeasure: quantity.uom };
}
