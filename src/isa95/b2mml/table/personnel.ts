/**
 * People and their classes. Names arrive here as the sender wrote them; what is kept of them is decided elsewhere.
 * Each row is `field: "cardinality kind"`, in the order of the schema; `row.ts` says how rows are read.
 * @source MESA B2MML 7.0.1, B2MML-Personnel.xsd
 */
import type { Tables } from "../row.ts";

export const personnelTables = {
  PersonnelClass: {
    ID: "1 Identifier",
    Version: "? Identifier",
    Description: "* Text",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    PersonnelClassBaseID: "* Identifier",
    PersonnelClassProperty: "* PersonnelClassProperty",
    PersonSourceID: "* Identifier",
    TestSpecificationID: "* Identifier",
  },
  PersonnelClassProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    PropertyType: "? ClassPropertyType",
    Value: "* Value",
    PersonnelClassPropertyChild: "* PersonnelClassProperty",
  },
  Person: {
    ID: "1 Identifier",
    Version: "? Identifier",
    Description: "* Text",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    PersonName: "? Identifier",
    SpatialDefinition: "? SpatialDefinition",
    OperationalLocation: "? ResourceLocation",
    PersonProperty: "* PersonProperty",
    PersonnelClassID: "* Identifier",
    TestSpecificationID: "* Identifier",
  },
  PersonProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    Value: "* Value",
    PersonPropertyChild: "* PersonProperty",
    PersonnelClassPropertyID: "? Identifier",
  },
  PersonnelInformation: {
    ID: "1 Identifier",
    Description: "* Text",
    HierarchyScope: "? HierarchyScope",
    PublishedDate: "? DateTime",
    Person: "* Person",
    PersonnelClass: "* PersonnelClass",
    TestSpecification: "* TestSpecification",
  },
} as const satisfies Tables;
