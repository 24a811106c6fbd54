/**
 * Operations schedules: what the office asks.
 * Each row is `field: "cardinality kind"`, in the order of the schema; `row.ts` says how rows are read.
 * @source MESA B2MML 7.0.1, B2MML-OperationsSchedule.xsd
 */
import type { Tables } from "../row.ts";

export const operationsScheduleTables = {
  OperationsSchedule: {
    ID: "1 Identifier",
    Description: "* Text",
    Version: "? Identifier",
    PublishedDate: "? DateTime",
    StartTime: "? DateTime",
    EndTime: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    OperationsType: "? OperationsType",
    ScheduleState: "? RequestState",
    OperationsRequest: "+ OperationsRequest",
  },
  OperationsRequest: {
    ID: "1 Identifier",
    Description: "* Text",
    Version: "? Identifier",
    StartTime: "? DateTime",
    EndTime: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    OperationsType: "? OperationsType",
    Priority: "? Numeric",
    RequestState: "? RequestState",
    OperationsDefinitionID: "? Identifier",
    OperationsSegmentID: "? Identifier",
    SegmentRequirement: "+ SegmentRequirement",
    RequestedSegmentResponse: "* SegmentResponse",
    RequiredByRequestedSegmentResponse: "? RequiredByRequestedSegmentResponse",
  },
  SegmentRequirement: {
    ID: "1 Identifier",
    Description: "* Text",
    Version: "? Identifier",
    EarliestStartTime: "? DateTime",
    LatestEndTime: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    OperationsType: "? OperationsType",
    ProcessSegmentID: "1 Identifier",
    Duration: "? Duration",
    OperationsDefinitionID: "1 Identifier",
    OperationsSegmentID: "1 Identifier",
    SegmentState: "? RequestState",
    SegmentParameter: "* Parameter",
    PersonnelRequirement: "* PersonnelRequirement",
    EquipmentRequirement: "* EquipmentRequirement",
    PhysicalAssetRequirement: "* PhysicalAssetRequirement",
    MaterialRequirement: "* MaterialRequirement",
    SegmentRequirementChild: "* SegmentRequirement",
    RequestedSegmentResponse: "* SegmentResponse",
    RequiredByRequestedSegmentResponse: "? RequiredByRequestedSegmentResponse",
  },
} as const satisfies Tables;
