/**
 * Physical assets: which serial number plays the role of which equipment.
 * Each row is `field: "cardinality kind"`, in the order of the schema; `row.ts` says how rows are read.
 * @source MESA B2MML 7.0.1, B2MML-PhysicalAsset.xsd
 */
import type { Tables } from "../row.ts";

export const physicalAssetTables = {
  PhysicalAssetClass: {
    ID: "1 Identifier",
    Version: "? Identifier",
    Description: "* Text",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    Manufacturer: "* Text",
    PhysicalAssetClassChild: "* PhysicalAssetClass",
    PhysicalAssetClassProperty: "* PhysicalAssetClassProperty",
    PhysicalAssetClassBaseID: "* Identifier",
    PhysicalAssetSourceID: "* Identifier",
    TestSpecificationID: "* Identifier",
  },
  PhysicalAssetClassProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    PropertyType: "? ClassPropertyType",
    Value: "* Value",
    PhysicalAssetClassPropertyChild: "* PhysicalAssetClassProperty",
  },
  PhysicalAsset: {
    ID: "1 Identifier",
    Description: "* Text",
    Version: "? Identifier",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    FixedAssetID: "? Identifier",
    VendorID: "? Identifier",
    SpatialDefinition: "? SpatialDefinition",
    PhysicalLocation: "? ResourceLocation",
    EquipmentLevel: "? HierarchyScope",
    EquipmentAssetMapping: "* EquipmentAssetMapping",
    PhysicalAssetProperty: "* PhysicalAssetProperty",
    PhysicalAssetChild: "* PhysicalAsset",
    PhysicalAssetClassID: "* Identifier",
    TestSpecificationID: "* Identifier",
  },
  PhysicalAssetProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    Value: "* Value",
    PhysicalAssetPropertyChild: "* PhysicalAssetProperty",
    PhysicalAssetClassPropertyID: "? Identifier",
  },
  PhysicalAssetInformation: {
    ID: "1 Identifier",
    Description: "* Text",
    HierarchyScope: "? HierarchyScope",
    PublishedDate: "? DateTime",
    PhysicalAsset: "* PhysicalAsset",
    PhysicalAssetClass: "* PhysicalAssetClass",
    TestSpecification: "* TestSpecification",
  },
} as const satisfies Tables;
