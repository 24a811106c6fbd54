/**
 * What elements of V0401 and V0600 are called in 7.0.1, as data. Both older versions use the same names where they
 * differ from today's, so one list serves them. `lift.ts` applies it; the page of supported nouns prints it.
 *
 * A name stands for itself where no row says otherwise; a thing nested under its own name is today's `…Child`; whatever
 * ends with `TestSpecificationID` is a `TestSpecificationID`. An element that has no successor is left behind, and told.
 */
import type { Noun } from "./noun.ts";
import type { TableName } from "./information.ts";

/** Nouns of the older versions and their successors. */
export const olderNouns = {
  ProductionSchedule: "OperationsSchedule",
  ProductionRequest: "OperationsRequest",
  ProductionPerformance: "OperationsPerformance",
  ProductionResponse: "OperationsResponse",
  ProductInformation: "OperationsDefinitionInformation",
  ProductDefinition: "OperationsDefinition",
} as const satisfies Readonly<Record<string, Noun>>;

/**
 * The successor of an element, and how its content gets there: `inner:X` is what its child X holds, `use:U` adds the
 * MaterialUse that the element's name implied.
 */
export type OlderName = string | { readonly name: string; readonly inner?: string; readonly use?: string };

/** By the table of 7.0.1 in which the element stands today. */
export const olderNames: Readonly<Partial<Record<TableName, Readonly<Record<string, OlderName>>>>> = {
  HierarchyScope: { HierarchyScope: "HierarchyScopeChild", Location: "HierarchyScopeChild" },
  ResourceLocation: { Location: "LocationChild" },
  SegmentDependency: { TimingFactor: "DependencyFactor" },
  OperationsSchedule: { ProductionRequest: "OperationsRequest" },
  OperationsRequest: {
    ProductProductionRuleID: "OperationsDefinitionID",
    SegmentResponse: "RequestedSegmentResponse",
  },
  SegmentRequirement: {
    ProductSegmentID: "OperationsSegmentID",
    ProductionParameter: { name: "SegmentParameter", inner: "Parameter" },
    MaterialProducedRequirement: { name: "MaterialRequirement", use: "Produced" },
    MaterialConsumedRequirement: { name: "MaterialRequirement", use: "Consumed" },
    ConsumableExpectedRequirement: { name: "MaterialRequirement", use: "Consumable" },
  },
  MaterialRequirement: {
    Location: "StorageLocation",
    MaterialProducedRequirementProperty: "MaterialRequirementProperty",
    MaterialConsumedRequirementProperty: "MaterialRequirementProperty",
    ConsumableExpectedRequirementProperty: "MaterialRequirementProperty",
  },
  OperationsPerformance: {
    ProductionScheduleID: "OperationsScheduleID",
    ProductionResponse: "OperationsResponse",
    EndTime: "Endtime",
  },
  OperationsResponse: {
    ProductionRequestID: "OperationsRequestID",
    ProductProductionRuleID: "OperationsDefinitionID",
  },
  SegmentResponse: {
    ProductSegmentID: "OperationsSegmentID",
    ProductionData: "SegmentData",
    MaterialProducedActual: { name: "MaterialActual", use: "Produced" },
    MaterialConsumedActual: { name: "MaterialActual", use: "Consumed" },
    ConsumableActual: { name: "MaterialActual", use: "Consumable" },
  },
  SegmentData: { ProductionData: "SegmentDataChild" },
  MaterialActual: {
    Location: "StorageLocation",
    MaterialProducedActualProperty: "MaterialActualProperty",
    MaterialConsumedActualProperty: "MaterialActualProperty",
    ConsumableActualProperty: "MaterialActualProperty",
  },
  OperationsDefinitionInformation: { ProductDefinition: "OperationsDefinition" },
  OperationsDefinition: {
    ProductSegment: "OperationsSegment",
    ProductProductionRule: "WorkMasterSourceID",
    WorkDefinitionID: "WorkMasterSourceID",
  },
  OperationsSegment: { ProductSegment: "OperationsSegmentChild", Parameter: "ParameterSpecification" },
  OperationsMaterialBill: { ManufacturingBill: "OperationsMaterialBillItem" },
  OperationsMaterialBillItem: {
    MaterialDefinitionID: "MaterialSpecificationID",
    AssemblyManufacturingBill: "AssemblyBillOfMaterialItem",
  },
  ProcessSegment: { Parameter: "ProcessSegmentParameter" },
  EquipmentClass: { EquipmentID: "EquipmentSourceID" },
  PersonnelClass: { PersonID: "PersonSourceID" },
  PhysicalAssetClass: { PhysicalAssetID: "PhysicalAssetSourceID" },
  MaterialClass: { MaterialDefinitionID: "MaterialDefinitionSourceID", AssemblyClassID: "AssemblyClass" },
  MaterialDefinition: { MaterialLotID: "MaterialLotSourceID", AssemblylDefinitionID: "AssemblyDefinition" },
  MaterialLot: { AssemblyLotID: "AssemblyLot", AssemblySubLotID: "AssemblySubLot" },
  MaterialSubLot: {
    MaterialSubLot: "MaterialSubLotChild",
    MaterialSublotProperty: "MaterialLotProperty",
    AssemblyLotID: "AssemblyLot",
    AssemblySubLotID: "AssemblySubLot",
  },
  MaterialSegmentSpecification: { AssemblySpecificationID: "AssemblySegmentSpecification" },
  TestResult: { TestDateTime: "EvaluationDate", ExpirationTime: "Expiration" },
  JobList: { Workype: "WorkType" },
  WorkRequest: { Workype: "WorkType" },
  JobResponse: { JobResponsetData: "JobResponseData", WorkDirectiveID: "WorkDirective" },
  WorkMaster: { Parameter: "ParameterSpecification" },
  WorkDirective: { Parameter: "ParameterSpecification" },
  WorkAlert: { Property: "WorkAlertProperty" },
  WorkAlertDefinition: { Property: "WorkAlertDefinitionProperty" },
  WorkflowSpecification: { Node: "WorkflowSpecificationNode", Connection: "WorkflowSpecificationConnection" },
  WorkflowSpecificationNode: {
    NodeType: "WorkflowSpecificationNodeTypeID",
    Property: "WorkflowSpecificationNodeProperty",
  },
  WorkflowSpecificationConnection: {
    ConnectionType: "WorkflowSpecificationConnectionTypeID",
    FromNodeID: "FromWSNodeID",
    ToNodeID: "ToWSNodeID",
    Property: "WorkflowSpecificationConnectionProperty",
  },
  WorkflowSpecificationProperty: { Property: "WorkflowSpecificationPropertyChild" },
  ResourceNetworkConnection: {
    ResourceNetworkConnectionID: "ResourceNetworkConnectionTypeID",
    ConnectionProperty: "RNCProperty",
  },
  ResourceNetworkConnectionType: { ConnectionProperty: "RNCTypeProperty" },
  ResourceReference: { ResourceProperty: "ResourceReferenceProperty" },
};

/** The successor of an element by its name alone: of every table that has a row of that name. */
export const olderNamesAnywhere: Readonly<Record<string, string>> = { Location: "HierarchyScope" };
