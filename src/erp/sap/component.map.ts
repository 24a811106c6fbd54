/** The components of a SAP order, by operation: which of them we book, and how their use is found. Pure. */
import type { ConsumptionMode } from "../../isa95/definition/operation.ts";
import type { MaterialRequirement } from "../../isa95/schedule/operations-request.ts";
import type { SapConfig } from "./config.ts";
import { pad } from "./number.ts";
import { readAmount, type OrderReading } from "./order-field.ts";
import { children, flag, text, type Row } from "./row.ts";
import { componentNavigations } from "./service.ts";

export interface Components {
  readonly bySegment: ReadonlyMap<string, readonly MaterialRequirement[]>;
  /** The lines that are booked, as they came. */
  readonly rows: readonly Row[];
}

interface Around {
  /** Operation numbers of the order, in order; a component without one belongs to the first. */
  readonly segments: readonly string[];
  readonly plant: string;
  readonly config: SapConfig;
}

export function readComponents(reading: OrderReading, order: Row, around: Around): Components {
  const navigation = componentNavigations.find((name) => children(order, name).length > 0);
  const bySegment = new Map<string, MaterialRequirement[]>();
  const rows = (navigation ? children(order, navigation) : []).filter(isBooked);
  for (const row of rows) {
    const segment = segmentOf(reading, row, around.segments);
    const requirement = requirementOf(reading, row, around);
    bySegment.set(segment, [...(bySegment.get(segment) ?? []), requirement]);
  }
  return { bySegment, rows };
}

/** Left out: deleted and phantom lines, texts and documents, and by-products, which are no consumption. */
function isBooked(row: Row): boolean {
  if (flag(row, "MatlCompIsMarkedForDeletion") || flag(row, "MaterialComponentIsPhantomItem")) return false;
  const movement = text(row, "GoodsMovementType");
  if (movement !== "" && movement !== "261") return false;
  return text(row, "Material") !== "" || !/^[TDN]$/.test(text(row, "BOMItemCategory"));
}

function segmentOf(reading: OrderReading, row: Row, segments: readonly string[]): string {
  const operation = pad(text(row, "ManufacturingOrderOperation"), 4);
  const segment = operation === "" ? segments[0] : segments.find((id) => id === operation);
  if (segment !== undefined) return segment;
  const of = `Component ${text(row, "Material")} belongs to operation ${operation}, which the order does not have.`;
  reading.note("erp/sap-order-component", `${of} Assign it to another operation in SAP.`);
  return operation;
}

function requirementOf(reading: OrderReading, row: Row, { plant, config }: Around): MaterialRequirement {
  const material = text(row, "Material");
  const line = [text(row, "Reservation"), text(row, "ReservationItem")];
  if (!material)
    reading.note("erp/sap-order-component", `Component line ${line.join("/")} names no material. Correct it in SAP.`);
  if (line.includes(""))
    reading.note("erp/sap-order-component", `Component ${material} has no reservation. Check the order in SAP.`);
  const recordType = text(row, "ReservationRecordType");
  const quantity = readAmount(reading, row, "RequiredQuantity", "BaseUnit", `Component ${material}`);
  if (quantity.micro < 0n) {
    reading.note(
      "erp/sap-order-component",
      `Component ${material} has the negative quantity ${text(row, "RequiredQuantity")}.`,
    );
  }
  const location = text(row, "StorageLocation");
  return {
    id: [...line, ...(recordType ? [recordType] : [])].join("/"),
    material,
    quantity,
    at: location ? { plant: text(row, "Plant") || plant, location } : null,
    lot: text(row, "Batch") || null,
    mode: modeOf(row, material, config),
    fixed: flag(row, "QuantityIsFixed") ? quantity : null,
    // SAP's required quantity already holds the component's scrap: adding it again would consume it twice.
    scrapPpm: 0,
  };
}

/** What SAP deducts by itself (backflush) or never per order (bulk material) is SAP's; the rest is as configured. */
function modeOf(row: Row, material: string, config: SapConfig): ConsumptionMode {
  if (flag(row, "MatlCompIsMarkedForBackflush") || flag(row, "IsBulkMaterialComponent")) return "erp";
  const rule = config.consumption.rules.find(({ materialPrefix }) => material.startsWith(materialPrefix));
  return rule?.mode ?? config.consumption.default;
}
