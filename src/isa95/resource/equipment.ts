/**
 * The role-based equipment hierarchy: where things are done. Physical assets (which serial number stands there today)
 * are not modelled here.
 * @source ISA-95 part 2, equipment model; levels as in B2MML 7.0.1 EquipmentLevel
 */

export const equipmentLevels = [
  "Enterprise",
  "Site",
  "Area",
  "ProcessCell",
  "ProductionLine",
  "ProductionUnit",
  "StorageZone",
  "WorkCenter",
  "Unit",
  "WorkCell",
  "StorageUnit",
  "WorkUnit",
  "EquipmentModule",
  "ControlModule",
] as const;

export type EquipmentLevel = (typeof equipmentLevels)[number];

export interface Equipment {
  /** Unique at the site; short, as written in `site.yaml`. */
  readonly id: string;
  readonly level: EquipmentLevel;
  readonly description: string;
  /** Id of the equipment that this one is part of; null for the top. */
  readonly partOf: string | null;
}

/** A work center as orders name it, with the ids under which each ERP knows it. */
export interface WorkCenter extends Equipment {
  readonly level: "WorkCenter" | "ProcessCell" | "ProductionLine" | "ProductionUnit" | "StorageZone";
  /** ERP id → the ERP's own work centre code. */
  readonly erpCodes: Readonly<Record<string, string>>;
  readonly workUnits: readonly string[];
}

/** The smallest thing a job order is dispatched to: one machine, one bench. */
export interface WorkUnit extends Equipment {
  readonly level: "WorkUnit" | "Unit" | "WorkCell" | "StorageUnit";
  readonly partOf: string;
  /** Id of the connection that delivers its samples; null for a work unit without a controller. */
  readonly connection: string | null;
}
