/**
 * Equipment by role, its classes and properties.
 * Each row is `field: "cardinality kind"`, in the order of the schema; `row.ts` says how rows are read.
 * @source MESA B2MML 7.0.1, B2MML-Equipment.xsd
 */
import type { Tables } from "../row.ts";

export const equipmentTables = {
  EquipmentInformation: {
    ID: "1 Identifier",
    Description: "* Text",
    HierarchyScope: "? HierarchyScope",
    PublishedDate: "? DateTime",
    Equipment: "* Equipment",
    EquipmentClass: "* EquipmentClass",
    TestSpecification: "* TestSpecification",
  },
  Equipment: {
    ID: "1 Identifier",
    Version: "? Identifier",
    Description: "* Text",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    EquipmentLevel: "? EquipmentLevel",
    SpatialDefinition: "? SpatialDefinition",
    EquipmentAssetMapping: "* EquipmentAssetMapping",
    PhysicalAssetID: "? Identifier",
    OperationalLocation: "? ResourceLocation",
    EquipmentProperty: "* EquipmentProperty",
    EquipmentChild: "* Equipment",
    EquipmentClassID: "* Identifier",
    TestSpecificationID: "* Identifier",
  },
  EquipmentProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    Value: "* Value",
    EquipmentPropertyChild: "* EquipmentProperty",
    EquipmentClassPropertyID: "? Identifier",
  },
  EquipmentClass: {
    ID: "1 Identifier",
    Version: "? Identifier",
    Description: "* Text",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    EquipmentLevel: "? EquipmentLevel",
    EquipmentClassProperty: "* EquipmentClassProperty",
    EquipmentClassChild: "* EquipmentClass",
    EquipmentClassBaseID: "* Identifier",
    EquipmentSourceID: "* Identifier",
    TestSpecificationID: "* Identifier",
  },
  EquipmentClassProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    PropertyType: "? ClassPropertyType",
    Value: "* Value",
    EquipmentClassPropertyChild: "* EquipmentClassProperty",
  },
} as const satisfies Tables;
