/**
 * Parts that all nouns share: hierarchy scope, locations, values, quantities, parameters, dependencies.
 * Each row is `field: "cardinality kind"`, in the order of the schema; `row.ts` says how rows are read.
 * @source MESA B2MML 7.0.1, B2MML-Common.xsd
 */
import type { Tables } from "../row.ts";

export const valueTables = {
  HierarchyScope: {
    EquipmentID: "1 Identifier",
    EquipmentElementLevel: "| EquipmentLevel",
    EquipmentLevel: "| EquipmentLevel",
    HierarchyScopeChild: "? HierarchyScope",
  },
  SpatialDefinition: {
    Value: "1 Text",
    Format: "1 SpatialDefinitionFormat",
    SRID: "? Identifier",
    SRIDAuthority: "? Text",
  },
  EquipmentAssetMapping: {
    EquipmentID: "1 Identifier",
    PhysicalAssetID: "1 Identifier",
    HierarchyScope: "? HierarchyScope",
    StartTime: "? DateTime",
    EndTime: "? DateTime",
  },
  ResourceLocation: {
    Location: "1 Text",
    LocationType: "1 ResourceLocationType",
    LocationChild: "* ResourceLocation",
  },
  Value: {
    ValueString: "1 Generic",
    DataType: "? DataType",
    UnitOfMeasure: "? Code",
    Key: "? Identifier",
  },
  QuantityValue: {
    QuantityString: "1 Generic",
    DataType: "? DataType",
    UnitOfMeasure: "? Code",
    Key: "? Identifier",
  },
  Parameter: {
    ID: "1 Identifier",
    Value: "* Value",
    Description: "* Text",
    HierarchyScope: "? HierarchyScope",
    ParameterChild: "* Parameter",
    ParameterSpecificationID: "* Identifier",
    ProcessSegmentParameterID: "* Identifier",
  },
  SegmentDependency: {
    ID: "1 Identifier",
    Description: "* Text",
    Dependency: "1 Dependency",
    DependencyFactor: "? Value",
    ProductSegmentID: "* Identifier",
    ProcessSegmentID: "* Identifier",
    SegmentID: "* Identifier",
  },
} as const satisfies Tables;
