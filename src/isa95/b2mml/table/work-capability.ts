/**
 * What work centers can take on.
 * Each row is `field: "cardinality kind"`, in the order of the schema; `row.ts` says how rows are read.
 * @source MESA B2MML 7.0.1, B2MML-WorkCapability.xsd
 */
import type { Tables } from "../row.ts";

export const workCapabilityTables = {
  WorkCapability: {
    ID: "1 Identifier",
    Description: "* Text",
    Version: "? Identifier",
    PublishedDate: "? DateTime",
    StartTime: "? DateTime",
    EndTime: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    OperationsType: "? OperationsType",
    CapabilityType: "? CapabilityType",
    Reason: "? Code",
    ConfidenceFactor: "? Identifier",
    PersonnelCapability: "* PersonnelCapability",
    EquipmentCapability: "* EquipmentCapability",
    PhysicalAssetCapability: "* PhysicalAssetCapability",
    MaterialCapability: "* MaterialCapability",
    WorkMasterCapability: "* WorkMasterCapability",
  },
  WorkMasterCapability: {
    ID: "1 Identifier",
    Description: "* Text",
    Version: "? Identifier",
    PublishedDate: "? DateTime",
    StartTime: "? DateTime",
    EndTime: "? DateTime",
    WorkMasterID: "1 Identifier",
    CapabilityType: "1 CapabilityType",
    Reason: "* Code",
    HierarchyScope: "* HierarchyScope",
    PersonnelCapability: "* PersonnelCapability",
    EquipmentCapability: "* EquipmentCapability",
    PhysicalAssetCapability: "* PhysicalAssetCapability",
    MaterialCapability: "* MaterialCapability",
    WorkMasterCapability: "* WorkMasterCapability",
  },
  WorkCapabilityInformation: {
    ID: "1 Identifier",
    Description: "* Text",
    HierarchyScope: "? HierarchyScope",
    PublishedDate: "? DateTime",
    WorkCapability: "* WorkCapability",
    WorkMasterCapability: "* WorkMasterCapability",
  },
} as const satisfies Tables;
