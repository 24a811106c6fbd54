/**
 * How resources are connected with each other.
 * Each row is `field: "cardinality kind"`, in the order of the schema; `row.ts` says how rows are read.
 * @source MESA B2MML 7.0.1, B2MML-ResourceRelationshipNetwork.xsd
 */
import type { Tables } from "../row.ts";

export const resourceNetworkTables = {
  ResourceRelationshipNetwork: {
    ID: "1 Identifier",
    Version: "? Identifier",
    Description: "* Text",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    RelationshipType: "? RelationshipType",
    RelationshipForm: "? RelationshipForm",
    RRNProperty: "* RRNProperty",
    ResourceNetworkConnection: "+ ResourceNetworkConnection",
  },
  RRNProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    Value: "* Value",
    RRNPropertyChild: "* RRNProperty",
  },
  ResourceNetworkConnection: {
    ID: "1 Identifier",
    Description: "* Text",
    ResourceNetworkConnectionTypeID: "1 Identifier",
    FromResourceReference: "1 ResourceReference",
    ToResourceReference: "1 ResourceReference",
    RNCProperty: "* RNCProperty",
  },
  ResourceReference: {
    ID: "1 Identifier",
    ResourceID: "? Identifier",
    ResourceClassID: "? Identifier",
    ResourceType: "? ResourceReferenceType",
    ResourceReferenceProperty: "* ResourceReferenceProperty",
  },
  ResourceReferenceProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    ResourcePropertyID: "? Identifier",
    ResourceClassPropertyID: "? Identifier",
    Value: "* Value",
    ResourceReferencePropertyChild: "* ResourceReferenceProperty",
  },
  RNCProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    Value: "* Value",
    RNCTypePropertyID: "? Identifier",
    RNCPropertyChild: "* RNCProperty",
  },
  ResourceNetworkConnectionType: {
    ID: "1 Identifier",
    Version: "? Identifier",
    Description: "* Text",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    ConnectionType: "1 Identifier",
    ResourceNetworkConnectionSourceID: "? Identifier",
    RNCTypeProperty: "* RNCTypeProperty",
  },
  RNCTypeProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    Value: "* Value",
    RNCTypePropertyChild: "* Identifier",
  },
  ResourceRelationshipNetworkInformation: {
    ID: "1 Identifier",
    Description: "* Text",
    HierarchyScope: "? HierarchyScope",
    ResourceRelationshipNetwork: "+ ResourceRelationshipNetwork",
    ResourceNetworkConnectionType: "+ ResourceNetworkConnectionType",
  },
} as const satisfies Tables;
