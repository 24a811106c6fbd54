/**
 * Test specifications and results.
 * Each row is `field: "cardinality kind"`, in the order of the schema; `row.ts` says how rows are read.
 * @source MESA B2MML 7.0.1, B2MML-OperationsTest.xsd
 */
import type { Tables } from "../row.ts";

export const operationsTestTables = {
  TestSpecification: {
    ID: "? Identifier",
    Description: "* Text",
    Version: "? Identifier",
    PublishedEndDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    TestSampleSize: "? Value",
    RecurrenceQuantity: "? Value",
    RecurrenceTimeInterval: "? Duration",
    PhysicalSampleRequired: "? Indicator",
    TestSpecificationChild: "* TestSpecification",
    TestSpecificationProperty: "* TestSpecificationProperty",
    TestSpecificationCriteria: "* TestSpecificationCriteria",
    EvaluatedProperty: "+ TestSpecificationEvaluatedProperty",
    OperationsTestRequirementID: "? Identifier",
    TestableObjectID: "? Identifier",
  },
  TestSpecificationProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    Value: "* Value",
    TestSpecificationPropertyChild: "* TestSpecificationProperty",
  },
  TestSpecificationCriteria: {
    ID: "1 Identifier",
    Description: "* Text",
    Sequence: "* Numeric",
    Expression: "* Text",
    Result: "* Text",
    EvaluatedPropertyID: "* Identifier",
  },
  TestSpecificationEvaluatedProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    TestSpecificationCriteriaID: "* Identifier",
    TestableObjectPropertyID: "* Identifier",
    WorkDefinitionID: "* Identifier",
  },
  TestResult: {
    ID: "1 Identifier",
    Description: "* Text",
    EvaluationDate: "? DateTime",
    Expiration: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    TestableObjectID: "? Identifier",
    OperationsTestRequirementID: "? Identifier",
    EvaluatedCriterionResult: "? Text",
    TestResultChild: "* TestResult",
    PropertyMeasurement: "* PropertyMeasurement",
  },
  PropertyMeasurement: {
    ID: "1 Identifier",
    Description: "* Text",
    TestableObjectPropertyID: "* Identifier",
    MeasurementDate: "? DateTime",
    Value: "? Value",
    Expiration: "? DateTime",
    WorkDefinitionID: "? Identifier",
  },
  OperationsTestInformation: {
    ID: "? Identifier",
    Description: "* Text",
    HierarchyScope: "? HierarchyScope",
    PublishedDate: "? DateTime",
    TestSpecification: "* TestSpecification",
    TestResult: "* TestResult",
  },
} as const satisfies Tables;
