/**
 * Places, apart from the equipment that stands there.
 * Each row is `field: "cardinality kind"`, in the order of the schema; `row.ts` says how rows are read.
 * @source MESA B2MML 7.0.1, B2MML-OperationalLocation.xsd
 */
import type { Tables } from "../row.ts";

export const operationalLocationTables = {
  OperationalLocation: {
    ID: "1 Identifier",
    Description: "* Text",
    Version: "? Identifier",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    SpatialDefinition: "? SpatialDefinition",
    OperationalClassID: "? Identifier",
    OperationalLocationChild: "* OperationalLocation",
    OperationalLocationProperty: "* OperationalLocationProperty",
  },
  OperationalLocationProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    Value: "* Value",
    OperationalLocationPropertyChild: "* OperationalLocationProperty",
    OperationalClassPropertyID: "? Identifier",
  },
  OperationalLocationClass: {
    ID: "1 Identifier",
    Description: "* Text",
    Version: "? Identifier",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    OperationalLocationClassChild: "? OperationalLocationClass",
    OperationalLocationClassBaseID: "* Identifier",
    OperationalLocationSourceID: "* Identifier",
    OperationalLocationClassProperty: "* OperationalLocationClassProperty",
  },
  OperationalLocationClassProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    Value: "* Value",
    PropertyType: "? ClassPropertyType",
    OperationalLocationClassPropertyChild: "* OperationalLocationClassProperty",
  },
  OperationalLocationInformation: {
    ID: "1 Identifier",
    Description: "* Text",
    HierarchyScope: "? HierarchyScope",
    PublishedDate: "? DateTime",
    OperationalLocationClass: "* OperationalLocationClass",
    OperationalLocation: "* OperationalLocation",
  },
} as const satisfies Tables;
