/**
 * What a schema cannot see: ends before starts, quantities that are no numbers, the same ID twice, references to
 * nothing inside the document. Asked of a 7.0.1 tree by the tables. Units are told, not refused, because a document
 * without them can still be read; whoever makes stock of a quantity refuses them (`operations-request.map.ts`).
 */
import { unitOf } from "../../base/unit.ts";
import { rootKind, rowsUnder, type RowsOf } from "./envelope.ts";
import { findingsMax, refusals, type Finding, type Warning } from "./finding.ts";
import type { Root } from "./noun.ts";
import type { Row } from "./row.ts";
import { nilAttribute, childOf, placeOf, type XmlTree } from "./tree.ts";
import type { Version } from "./version.ts";

export interface Meant {
  readonly findings: readonly (Finding & { readonly at: XmlTree })[];
  readonly warnings: readonly Warning[];
}

interface Judge {
  readonly rowsOf: RowsOf;
  readonly version: Version;
  readonly findings: (Finding & { readonly at: XmlTree })[];
  readonly warnings: Warning[];
}

/** Which element must not lie before which, wherever both stand in one thing. */
export const spans: readonly (readonly [start: string, end: string])[] = [
  ["StartTime", "EndTime"],
  ["StartTime", "Endtime"],
  ["EarliestStartTime", "LatestEndTime"],
  ["ActualStartTime", "ActualEndTime"],
  ["EffectiveStartDate", "EffectiveEndDate"],
  ["StartDateTime", "FinishDateTime"],
];

/** Things that others name by their ID: no two of them may share it where they stand side by side. */
export const identified: ReadonlySet<string> = new Set([
  "OperationsSchedule",
  "OperationsRequest",
  "SegmentRequirement",
  "OperationsPerformance",
  "OperationsResponse",
  "SegmentResponse",
  "WorkSchedule",
  "WorkRequest",
  "JobOrder",
  "WorkPerformance",
  "WorkResponse",
  "JobResponse",
  "OperationsDefinition",
  "OperationsSegment",
  "OperationsMaterialBill",
  "ProcessSegment",
  "Equipment",
  "EquipmentClass",
  "Person",
  "PersonnelClass",
  "PhysicalAsset",
  "PhysicalAssetClass",
  "MaterialClass",
  "MaterialDefinition",
  "MaterialLot",
  "MaterialSubLot",
  "WorkflowSpecificationNode",
  "WorkCalendar",
  "WorkCalendarDefinition",
  "OperationsEvent",
  "TestSpecification",
]);

/** Of these an older document needs no ID, so that a repeated one below its request tells nothing apart. */
const loose: ReadonlySet<string> = new Set(["SegmentRequirement", "SegmentResponse"]);

/** References that can only mean something inside the same thing: from where, by which element, to what. */
export const references: readonly { readonly kind: string; readonly by: readonly string[]; readonly to: string }[] = [
  {
    kind: "WorkflowSpecification",
    by: ["WorkflowSpecificationConnection/FromWSNodeID"],
    to: "WorkflowSpecificationNode",
  },
  {
    kind: "WorkflowSpecification",
    by: ["WorkflowSpecificationConnection/ToWSNodeID"],
    to: "WorkflowSpecificationNode",
  },
  {
    kind: "OperationsDefinition",
    by: ["OperationsSegment/SegmentDependency/SegmentID", "OperationsSegment/DependentOperationsSegmentID"],
    to: "OperationsSegment",
  },
  {
    kind: "ProcessSegmentInformation",
    by: ["ProcessSegment/DependentProcessSegmentID"],
    to: "ProcessSegment",
  },
];

/** Types of a quantity that say themselves that it is no number; it is kept as it is, and no amount can be made of it. */
const wordTypes: ReadonlySet<string> = new Set([
  "boolean",
  "Indicator",
  "string",
  "Text",
  "Code",
  "Identifier",
  "Enumeration",
  "dateTime",
  "DateTime",
  "duration",
  "Other",
]);

const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

export function judgeMeaning(tree: XmlTree, root: Root, version: Version): Meant {
  const judge: Judge = { rowsOf: rowsUnder(root), version, findings: [], warnings: [] };
  visit(judge, tree, rootKind(root));
  return judge;
}

/** What is asked of the things of one kind. */
interface Plan {
  readonly spans: readonly (readonly [start: string, end: string])[];
  readonly references: typeof references;
  readonly isQuantity: boolean;
  readonly isProperty: boolean;
  /** Children that are things themselves, with their kind. */
  readonly children: ReadonlyMap<string, string>;
}

const plans = new WeakMap<readonly Row[], Plan>();

function planOf(judge: Judge, kind: string): Plan {
  const rows = judge.rowsOf(kind) ?? [];
  const known = plans.get(rows);
  if (known) return known;
  const names = new Set(rows.map(({ name }) => name));
  const plan: Plan = {
    spans: spans.filter(([start, end]) => names.has(start) && names.has(end)),
    references: references.filter((reference) => reference.kind === kind),
    isQuantity: kind === "QuantityValue",
    isProperty: kind.endsWith("Property"),
    children: new Map(rows.filter((row) => judge.rowsOf(row.kind)).map((row) => [row.name, row.kind])),
  };
  plans.set(rows, plan);
  return plan;
}

function visit(judge: Judge, tree: XmlTree, kind: string): void {
  const plan = planOf(judge, kind);
  for (const [start, end] of plan.spans) judgeSpan(judge, tree, start, end);
  for (const { by, to } of plan.references) judgeReferences(judge, tree, by, to);
  if (plan.isQuantity) judgeQuantity(judge, tree);
  if (plan.isProperty && (childOf(tree, "ID")?.text ?? "").trim() === "") {
    tell(judge, tree, "property-empty", "A property without an ID: it is kept, and means nothing.");
  }
  let seen: Map<string, Set<string>> | undefined;
  for (const child of tree.children) {
    const childKind = plan.children.get(child.name);
    if (childKind === undefined) continue;
    if (identified.has(childKind)) judgeIdentity(judge, child, childKind, (seen ??= new Map()));
    visit(judge, child, childKind);
  }
}

function judgeSpan(judge: Judge, tree: XmlTree, start: string, end: string): void {
  const from = childOf(tree, start);
  const to = from && childOf(tree, end);
  if (!from || !to) return;
  // most are written alike, and then their order is that of their texts
  if (
    from.text.length === to.text.length &&
    from.text >= "0" &&
    from.text.endsWith("Z") &&
    to.text.endsWith("Z") &&
    to.text >= from.text
  )
    return;
  const [a, b] = [instantOf(from.text), instantOf(to.text)];
  if (a === null || b === null || a.isZoned !== b.isZoned || b.ms >= a.ms) return;
  refuse(judge, to, refusals.endBeforeStart, `${to.text.trim()} is before ${start} ${from.text.trim()}.`);
}

/** Milliseconds, on the same scale for all texts that name an offset, and on one of their own for those that do not. */
function instantOf(text: string): { ms: number; isZoned: boolean } | null {
  const written = text.trim();
  const isZoned = /(?:Z|[+-]\d\d:\d\d)$/.test(written);
  const ms = Date.parse(isZoned ? written : `${written}Z`);
  return Number.isNaN(ms) ? null : { ms, isZoned };
}

function judgeQuantity(judge: Judge, tree: XmlTree): void {
  const amount = childOf(tree, "QuantityString");
  if (!amount || amount.attributes[nilAttribute] === "true") return;
  if (wordTypes.has(childOf(tree, "DataType")?.text.trim() ?? "")) return;
  const text = amount.text.trim();
  if (!number.test(text)) {
    refuse(judge, amount, refusals.quantity, `"${text}" is no quantity: write a decimal number, 12.5 for instance.`);
    return;
  }
  if (/[eE]/.test(text)) tell(judge, amount, "number-exponent", `"${text}" has an exponent: read as the number it is.`);
  const unit = (childOf(tree, "UnitOfMeasure")?.text ?? "").trim();
  if (unit === "") tell(judge, tree, "unit-missing", `The quantity ${text} has no unit.`);
  else if (unitOf(unit) === undefined) {
    tell(judge, tree, "unit-foreign", `"${unit}" is no UN/ECE Rec 20 code that is known here.`);
  }
}

function judgeIdentity(judge: Judge, child: XmlTree, kind: string, seen: Map<string, Set<string>>): void {
  const id = childOf(child, "ID");
  if (!id) return;
  const ids = seen.get(kind) ?? new Set();
  seen.set(kind, ids);
  const key = id.text.trim();
  const version = key === "" ? "" : `${key} ${childOf(child, "Version")?.text.trim() ?? ""}`;
  if (key !== "" && ids.has(version)) {
    const message = `There are two of ID "${key}" side by side: give each its own.`;
    if (judge.version === "7.0.1" || !loose.has(kind)) refuse(judge, child, refusals.duplicate, message);
    else tell(judge, child, "identifier-repeated", message);
  }
  ids.add(version);
}

function judgeReferences(judge: Judge, tree: XmlTree, by: readonly string[], to: string): void {
  const known = new Set(tree.children.filter(({ name }) => name === to).map((one) => childOf(one, "ID")?.text.trim()));
  for (const path of by) {
    for (const reference of elementsAt(tree, path.split("/"))) {
      const id = reference.text.trim();
      if (known.has(id)) continue;
      refuse(judge, reference, refusals.dangling, `There is no ${to} "${id}" here that this could mean.`);
    }
  }
}

function elementsAt(tree: XmlTree, path: readonly string[]): readonly XmlTree[] {
  const [name, ...rest] = path;
  if (name === undefined) return [tree];
  return tree.children.filter((child) => child.name === name).flatMap((child) => elementsAt(child, rest));
}

function refuse(judge: Judge, at: XmlTree, reason: (typeof refusals)[keyof typeof refusals], message: string): void {
  judge.findings.push({ ...reason, ...placeOf(at), message, at });
}

function tell(judge: Judge, at: XmlTree, code: Warning["code"], message: string): void {
  if (judge.warnings.length < findingsMax) judge.warnings.push({ code, ...placeOf(at), message });
}
