/**
 * Work masters and directives: how a job is done.
 * Each row is `field: "cardinality kind"`, in the order of the schema; `row.ts` says how rows are read.
 * @source MESA B2MML 7.0.1, B2MML-WorkDefinition.xsd
 */
import type { Tables } from "../row.ts";

export const workDefinitionTables = {
  WorkMaster: {
    ID: "1 Identifier",
    Version: "? Identifier",
    Description: "* Text",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    WorkType: "? OperationsType",
    Duration: "? Duration",
    ParameterSpecification: "* Parameter",
    PersonnelSpecification: "* PersonnelSpecification",
    EquipmentSpecification: "* EquipmentSpecification",
    PhysicalAssetSpecification: "* PhysicalAssetSpecification",
    MaterialSpecification: "* MaterialSpecification",
    JobOrderSourceID: "? Identifier",
    WorkflowSpecification: "? WorkflowSpecification",
    WorkMasterChild: "* WorkMaster",
    OperationsDefinitionID: "* Identifier",
    OperationsSegmentID: "* Identifier",
    ProcessSegmentID: "* Identifier",
    WorkMasterPatternID: "? Identifier",
    DefinitionType: "? DefinitionType",
  },
  WorkDirective: {
    ID: "1 Identifier",
    Version: "? Identifier",
    Description: "* Text",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    WorkType: "? OperationsType",
    Duration: "? Duration",
    ParameterSpecification: "* Parameter",
    PersonnelSpecification: "* PersonnelSpecification",
    EquipmentSpecification: "* EquipmentSpecification",
    PhysicalAssetSpecification: "* PhysicalAssetSpecification",
    MaterialSpecification: "* MaterialSpecification",
    JobOrderSourceID: "? Identifier",
    WorkflowSpecification: "? WorkflowSpecification",
    WorkMasterID: "1 Identifier",
    WorkMasterVersion: "? Identifier",
    WorkDirectiveChild: "* WorkDirective",
    WorkDirectiveState: "? ResponseState",
  },
  WorkDefinitionInformation: {
    ID: "1 Identifier",
    Description: "* Text",
    HierarchyScope: "? HierarchyScope",
    PublishedDate: "? DateTime",
    WorkMaster: "* WorkMaster",
    WorkDirective: "* WorkDirective",
  },
} as const satisfies Tables;
