/**
 * Alerts of the shop floor.
 * Each row is `field: "cardinality kind"`, in the order of the schema; `row.ts` says how rows are read.
 * @source MESA B2MML 7.0.1, B2MML-WorkAlert.xsd
 */
import type { Tables } from "../row.ts";

export const workAlertTables = {
  WorkAlertDefinition: {
    ID: "1 Identifier",
    Description: "* Text",
    Version: "? Identifier",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    Priority: "* Numeric",
    Category: "* Identifier",
    WorkAlertDefinitionProperty: "* WorkAlertDefinitionProperty",
  },
  WorkAlertDefinitionProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    Value: "* Value",
    WorkAlertDefinitionPropertyChild: "* WorkAlertProperty",
  },
  WorkAlertProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    Value: "* Value",
    WorkAlertDefinitionPropertyID: "? Identifier",
    WorkAlertPropertyChid: "* WorkAlertProperty",
  },
  WorkAlert: {
    ID: "1 Identifier",
    Description: "* Text",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    MessageText: "* Text",
    HierarchyScope: "? HierarchyScope",
    TimeStamp: "? DateTime",
    Priority: "? Numeric",
    Category: "? Identifier",
    WorkAlertProperty: "* WorkAlertProperty",
  },
  WorkAlertInformation: {
    ID: "1 Identifier",
    Description: "* Text",
    HierarchyScope: "? HierarchyScope",
    PublishedDate: "? DateTime",
    WorkAlertDefinition: "* WorkAlertDefinition",
    WorkAlert: "* WorkAlert",
  },
} as const satisfies Tables;
