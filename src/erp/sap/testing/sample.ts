/** Orders and responses for tests, small and complete. */
import { instant, type LocalDate } from "../../../base/instant.ts";
import { unwrap } from "../../../base/result.ts";
import { whole } from "../../../base/quantity.ts";
import type { MaterialActual, OperationsResponse } from "../../../isa95/response/operations-response.ts";
import type { OperationsRequest } from "../../../isa95/schedule/operations-request.ts";
import { readConfig, type SapConfig } from "../config.ts";
import { readOrder } from "../order.map.ts";
import type { Row } from "../row.ts";

export const never = new AbortController().signal;

export function settings(baseUrl: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { baseUrl, user: "MES", password: "secret", timeZone: "Europe/Warsaw", settleMs: 0, timeoutMs: 2000, ...more };
}

export function config(more: Readonly<Record<string, unknown>> = {}): SapConfig {
  return unwrap(readConfig(settings("http://sap.invalid/sap/opu/odata/sap", more)));
}

/** A released order as SAP writes it: 100 pieces, one operation, wire by the millimetre and one backflushed seal. */
export function orderRow(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    ManufacturingOrder: "1000101",
    LastChangeDateTime: "20261120080000",
    Material: "FG-100",
    ProductionPlant: "PL01",
    OrderIsReleased: "X",
    OrderIsCreated: "",
    ProductionUnit: "PC",
    ProductionUnitISOCode: "PCE",
    ProductionUnitSAPCode: "ST",
    TotalQuantity: "100.000",
    MfgOrderScheduledStartDate: "/Date(1738540800000)/",
    MfgOrderScheduledStartTime: "PT06H00M00S",
    MfgOrderScheduledEndDate: "/Date(1738540800000)/",
    MfgOrderScheduledEndTime: "PT14H30M00S",
    to_ProductionOrderOperation: { results: [operationRow()] },
    to_ProductionOrderComponentExt4: { results: [componentRow()] },
    to_ProductionOrderItem: { results: [{ ManufacturingOrderItem: "0001", StorageLocation: "101A", Plant: "PL01" }] },
    to_ProductionOrderStatus: { results: [{ StatusCode: "I0002" }, { StatusCode: "I0016" }] },
    ...more,
  };
}

export function operationRow(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    ManufacturingOrderOperation: "0010",
    ManufacturingOrderSequence: "0",
    MfgOrderOperationText: "Cut and crimp",
    WorkCenter: "A565-26",
    OperationControlProfile: "YBP1",
    OperationUnit: "PC",
    OpPlannedTotalQuantity: "100.000",
    ...more,
  };
}

export function componentRow(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    Reservation: "5000",
    ReservationItem: "1",
    Material: "WIRE-1",
    Plant: "PL01",
    StorageLocation: "101C",
    ManufacturingOrderOperation: "0010",
    BaseUnit: "MM",
    RequiredQuantity: "40000.000",
    MatlCompIsMarkedForBackflush: false,
    ...more,
  };
}

export function requestOf(row: Row, settingsMore: Readonly<Record<string, unknown>> = {}): OperationsRequest {
  return unwrap(readOrder(row, config(settingsMore)));
}

export const made: MaterialActual = {
  use: "Produced",
  requirement: null,
  stock: {
    material: "FG-100",
    quantity: whole(5, "C62"),
    at: { plant: "PL01", location: "101A" },
    lot: null,
    stockType: "free",
    specialStock: null,
  },
};

export const used: MaterialActual = {
  use: "Consumed",
  requirement: "5000/1",
  stock: {
    material: "WIRE-1",
    quantity: whole(2000, "MMT"),
    at: { plant: "PL01", location: "101C" },
    lot: null,
    stockType: "free",
    specialStock: null,
  },
};

/** Five good and one scrapped piece on 3 February 2025, 9 to 10 o'clock in Warsaw. */
export function response(
  more: Partial<OperationsResponse["segment"]> = {},
  dates: Partial<OperationsResponse["dates"]> = {},
): OperationsResponse {
  const day: LocalDate = "2025-02-03";
  return {
    reference: { erp: "sap", company: "", number: "1000101" },
    dates: {
      eventFrom: instant(Date.UTC(2025, 1, 3, 8)),
      eventTo: instant(Date.UTC(2025, 1, 3, 9)),
      recordedAt: instant(Date.UTC(2025, 1, 3, 9, 1)),
      postingDate: day,
      documentDate: day,
      ...dates,
    },
    segment: {
      segment: "0010",
      sequence: "",
      workCenter: "A565-26",
      good: whole(5, "C62"),
      scrap: whole(1, "C62"),
      rework: whole(0, "C62"),
      final: false,
      materials: [],
      ...more,
    },
  };
}
