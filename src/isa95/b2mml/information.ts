/**
 * The information model of ISA-95 as B2MML spells it: all tables in one, and the types that follow from them.
 * What the core works with (`../schedule`, `../response`) is smaller and stricter; `*.map.ts` map between the two.
 */
import { enumerations } from "./enumeration.ts";
import { parseRow, type Cardinality, type Row } from "./row.ts";
import { capabilityTables } from "./table/capability.ts";
import { equipmentTables } from "./table/equipment.ts";
import { materialTables } from "./table/material.ts";
import { operationalLocationTables } from "./table/operational-location.ts";
import { operationsCapabilityTables } from "./table/operations-capability.ts";
import { operationsDefinitionTables } from "./table/operations-definition.ts";
import { operationsEventTables } from "./table/operations-event.ts";
import { operationsPerformanceTables } from "./table/operations-performance.ts";
import { operationsRecordTables } from "./table/operations-record.ts";
import { operationsScheduleTables } from "./table/operations-schedule.ts";
import { operationsTestTables } from "./table/operations-test.ts";
import { personnelTables } from "./table/personnel.ts";
import { physicalAssetTables } from "./table/physical-asset.ts";
import { processSegmentTables } from "./table/process-segment.ts";
import { requirementTables } from "./table/requirement.ts";
import { resourceNetworkTables } from "./table/resource-network.ts";
import { specificationTables } from "./table/specification.ts";
import { transactionTables } from "./table/transaction.ts";
import { valueTables } from "./table/value.ts";
import { workAlertTables } from "./table/work-alert.ts";
import { workCalendarTables } from "./table/work-calendar.ts";
import { workCapabilityTables } from "./table/work-capability.ts";
import { workDefinitionTables } from "./table/work-definition.ts";
import { workPerformanceTables } from "./table/work-performance.ts";
import { workRecordTables } from "./table/work-record.ts";
import { workScheduleTables } from "./table/work-schedule.ts";
import { workflowSpecificationTables } from "./table/workflow-specification.ts";
import type { XmlTree } from "./tree.ts";

export const tables = {
  ...capabilityTables,
  ...equipmentTables,
  ...materialTables,
  ...operationalLocationTables,
  ...operationsCapabilityTables,
  ...operationsDefinitionTables,
  ...operationsEventTables,
  ...operationsPerformanceTables,
  ...operationsRecordTables,
  ...operationsScheduleTables,
  ...operationsTestTables,
  ...personnelTables,
  ...physicalAssetTables,
  ...processSegmentTables,
  ...requirementTables,
  ...resourceNetworkTables,
  ...specificationTables,
  ...transactionTables,
  ...valueTables,
  ...workAlertTables,
  ...workCalendarTables,
  ...workCapabilityTables,
  ...workDefinitionTables,
  ...workPerformanceTables,
  ...workRecordTables,
  ...workScheduleTables,
  ...workflowSpecificationTables,
} as const;

export type TableName = keyof typeof tables;

/**
 * One thing of the information model. Fields are named as B2MML spells them; leaves are the text of the document;
 * lists are absent when empty. `Information<"OperationsRequest">` is what an office asks.
 */
export type Information<N extends TableName> = Shape<(typeof tables)[N]> & { readonly kept?: Kept };

/** What came with a thing and the model has no field for: given back when it is written. */
export interface Kept {
  /** XML attributes of leaves, by field, or `field/index` in a list: `schemeID`, `languageID`, `OtherValue`, … */
  readonly attributes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Elements that no row names (a site's extensions, the content of a UserArea), in the order of the document. */
  readonly elements?: readonly XmlTree[];
}

/** A node of the model while nothing is known of its type. */
export type Node = Record<string, unknown> & { kept?: Kept };

// `as` chooses keys below; nothing is cast
type Shape<T> = { readonly [F in keyof T as T[F] extends Required ? F : never]: Field<T[F]> } & {
  readonly [F in keyof T as T[F] extends Required ? never : F]?: Field<T[F]>;
};
type Required = `${"1" | "+"} ${string}`;
type Field<R> = R extends `${infer C} ${infer K} as ${string}`
  ? Held<C, K>
  : R extends `${infer C} ${infer K}`
    ? Held<C, K>
    : never;
type Held<C, K> = C extends "*" | "+" ? readonly Of<K>[] : Of<K>;
type Of<K> = K extends TableName
  ? Information<K>
  : K extends keyof typeof enumerations
    ? (typeof enumerations)[K][number]
    : string;

const parsed = new Map<string, readonly Row[]>(
  Object.entries(tables).map(([name, table]) => [
    name,
    // each value of a table is a RowText, which `satisfies Tables` holds where the table is written
    Object.entries(table).map(([field, text]) => parseRow(field, text as `${Cardinality} ${string}`)),
  ]),
);

/** The rows of a table in the order of the schema; undefined when the kind is a leaf or a closed list. */
export function rowsOf(kind: string): readonly Row[] | undefined {
  return parsed.get(kind);
}

/** The values a kind may have; undefined when it is open. */
export function valuesOf(kind: string): readonly string[] | undefined {
  const lists: Readonly<Record<string, readonly string[]>> = enumerations;
  return lists[kind];
}

/** The attributes of a leaf: `attributesOf(actual, "MaterialUse")?.OtherValue` says which other use it is. */
export function attributesOf(
  node: { readonly kept?: Kept },
  field: string,
  index?: number,
): Readonly<Record<string, string>> | undefined {
  return node.kept?.attributes?.[index === undefined ? field : `${field}/${index}`];
}
