/**
 * SAP production order → OperationsRequest, with operations and components exactly as the order holds them. Pure.
 * Faults are in a planner's words and name the order, the place in it and what to correct.
 */
import { fail, ok, type Result } from "../../base/result.ts";
import type { OperationRule } from "../../isa95/definition/operation.ts";
import type { Quantity } from "../../base/quantity.ts";
import { requestId, type OperationsRequest, type SegmentRequirement } from "../../isa95/schedule/operations-request.ts";
import type { StorageLocation } from "../../isa95/resource/material.ts";
import { readComponents } from "./component.map.ts";
import { unitParameters } from "./order-unit.ts";
import type { SapConfig } from "./config.ts";
import { pad, unpad } from "./number.ts";
import { readAmount, readPeriod, startReading, type OrderReading, type PeriodFields } from "./order-field.ts";
import { readState } from "./order-status.ts";
import { children, flag, text, type Row } from "./row.ts";
import { itemNavigation, operationNavigation } from "./service.ts";

/**
 * @fault invalid erp/sap-order-…         see docs/faults.md: status-unknown, quantity, dates, material, work-center, operation, component
 * @fault invalid erp/sap-unit-unknown    a unit that neither the table nor the configuration knows
 */
export function readOrder(order: Row, config: SapConfig): Result<OperationsRequest> {
  const number = unpad(text(order, "ManufacturingOrder"));
  if (!number) return fail("invalid", "erp/sap-order-unreadable", "SAP sent an order without a number.");
  const { reading, fault } = startReading(config.units, config.timeZone);
  const request = requestOf(reading, order, number, config);
  const wrong = fault(number);
  return wrong ? { ok: false, fault: wrong } : ok(request);
}

function requestOf(reading: OrderReading, order: Row, number: string, config: SapConfig): OperationsRequest {
  const reference = { erp: config.erp, company: config.company, number };
  const material = text(order, "Material");
  if (!material) reading.note("erp/sap-order-material", "No material is to be made. Correct the order in SAP.");
  const plant = text(order, "ProductionPlant") || text(order, "Plant");
  if (!plant) reading.note("erp/sap-order-unreadable", "It names no plant.");
  const quantity = positive(reading, order, "TotalQuantity", "ProductionUnit", "The order");
  const state = readState(order, config.holdStatuses);
  if (!state.ok) reading.note(state.fault.code, state.fault.message);
  const [item] = children(order, itemNavigation);
  const [earliestStart, latestEnd] = readPeriod(reading, order, headDates, "The order");
  return {
    id: requestId(reference),
    reference,
    version: text(order, "LastChangeDateTime"),
    state: state.ok ? state.value : "Held",
    material,
    materialFactors: [],
    quantity,
    plant,
    receiptLocation: receiptLocation(order, item, plant),
    receiptItem: (item && text(item, "ManufacturingOrderItem")) || "0001",
    priority: config.priorities[text(order, "ManufacturingOrderImportance")] ?? 0,
    earliestStart,
    latestEnd,
    segments: segmentsOf(reading, order, plant, config),
  };
}

function receiptLocation(order: Row, item: Row | undefined, plant: string): StorageLocation | null {
  const location = (item && text(item, "StorageLocation")) || text(order, "StorageLocation");
  return location ? { plant: (item && text(item, "Plant")) || text(order, "Plant") || plant, location } : null;
}

function segmentsOf(
  reading: OrderReading,
  order: Row,
  plant: string,
  config: SapConfig,
): readonly SegmentRequirement[] {
  const rows = children(order, operationNavigation)
    .filter((row) => !flag(row, "OperationIsDeleted") && text(row, "ManufacturingOrderSubOperation") === "")
    .map((row) => ({ row, id: operationId(row), sequence: sequenceId(row) }))
    .sort((a, b) => compare(a.sequence, b.sequence) || compare(a.id, b.id));
  if (rows.length === 0) reading.note("erp/sap-order-operation", "It has no operation. Add one in SAP.");
  const ids = new Set<string>();
  for (const { id } of rows) {
    if (ids.has(id))
      reading.note(
        "erp/sap-order-operation",
        `Operation ${id} is there twice. Give one of them another number in SAP.`,
      );
    ids.add(id);
  }
  const materials = readComponents(reading, order, { segments: [...ids], plant, config });
  const units = unitParameters(
    reading,
    [order, "ProductionUnit"],
    materials.rows.map((row) => [row, "BaseUnit"] as const),
    rows.map(({ row }) => [row, "OperationUnit"] as const),
  );
  return rows.map(({ row, id, sequence }) =>
    segmentOf(reading, { order, row, id, sequence, config, materials: materials.bySegment.get(id) ?? [], units }),
  );
}

interface Operation {
  readonly order: Row;
  readonly row: Row;
  readonly id: string;
  readonly sequence: string;
  readonly config: SapConfig;
  readonly materials: SegmentRequirement["materials"];
  readonly units: Readonly<Record<string, string>>;
}

function segmentOf(
  reading: OrderReading,
  { order, row, id, sequence, config, materials, units }: Operation,
): SegmentRequirement {
  const rule = config.controlKeys[text(row, "OperationControlProfile")] ?? defaultRule;
  const workCenter = text(row, "WorkCenter");
  if (!workCenter && !rule.external) {
    reading.note("erp/sap-order-work-center", `Operation ${id} has no work centre. Assign one in SAP.`);
  }
  const unitSource = text(row, "OperationUnit") ? row : { ...row, OperationUnit: text(order, "ProductionUnit") };
  const quantity = positive(reading, unitSource, "OpPlannedTotalQuantity", "OperationUnit", `Operation ${id}`);
  const [earliestStart, latestEnd] = readPeriod(reading, row, operationDates, `Operation ${id}`);
  return {
    id,
    sequence,
    description: text(row, "MfgOrderOperationText"),
    workCenter,
    quantity,
    rule,
    earliestStart,
    latestEnd,
    materials,
    parameters: { ...parametersOf(order, row), ...units },
  };
}

const defaultRule: OperationRule = { confirmation: "required", automaticReceipt: false, external: false };

/** Fields that set-ups and maps may want, under SAP's own names; blank ones and figures of zero are left out. */
const parameterFields = {
  order: [
    "ManufacturingOrderType",
    "ProductionVersion",
    "MRPController",
    "ProductionSupervisor",
    "SalesOrder",
    "SalesOrderItem",
    "CustomerName",
  ],
  operation: [
    "OperationControlProfile",
    ...[1, 2, 3, 4, 5, 6].flatMap((n) => [`WorkCenterStandardWorkQty${n}`, `WorkCenterStandardWorkQtyUnit${n}`]),
  ],
} as const;

function parametersOf(order: Row, operation: Row): Record<string, string> {
  const own = (row: Row): string[] => Object.keys(row).filter((name) => /^(ZZ|YY)\d?_/.test(name));
  const found: Record<string, string> = {};
  for (const [row, names] of [
    [order, parameterFields.order],
    [operation, parameterFields.operation],
  ] as const) {
    for (const name of [...names, ...own(row)]) {
      const value = text(row, name);
      if (value && !/^0+(\.0+)?$/.test(value)) found[name] = value;
    }
  }
  return found;
}

function positive(reading: OrderReading, row: Row, field: string, unitField: string, where: string): Quantity {
  const quantity = readAmount(reading, row, field, unitField, where);
  if (quantity.micro <= 0n && /\d/.test(text(row, field))) {
    reading.note("erp/sap-order-quantity", `${where} has the quantity ${text(row, field)}. It must be above zero.`);
  }
  return quantity;
}

/** Scheduled dates count before planned ones. */
const headDates: PeriodFields = {
  start: [
    ["MfgOrderScheduledStartDate", "MfgOrderScheduledStartTime"],
    ["MfgOrderPlannedStartDate", "MfgOrderPlannedStartTime"],
  ],
  end: [
    ["MfgOrderScheduledEndDate", "MfgOrderScheduledEndTime"],
    ["MfgOrderPlannedEndDate", "MfgOrderPlannedEndTime"],
  ],
};
const operationDates: PeriodFields = {
  start: [["OpErlstSchedldExecStrtDte", "OpErlstSchedldExecStrtTme"]],
  end: [["OpErlstSchedldExecEndDte", "OpErlstSchedldExecEndTme"]],
};

function operationId(row: Row): string {
  return pad(text(row, "ManufacturingOrderOperation"), 4);
}

/** SAP's standard sequence is 0, which is none. */
function sequenceId(row: Row): string {
  const sequence = unpad(text(row, "ManufacturingOrderSequence"));
  return sequence === "0" ? "" : sequence;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
