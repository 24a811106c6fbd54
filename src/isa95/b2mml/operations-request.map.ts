/**
 * A request of the information model to the core's `OperationsRequest`: acceptance. Texts become quantities and
 * instants here, and nowhere earlier; what has no unit, no product or no work center is refused with its place. Pure.
 * The way back, a response to the model, is `operations-response.map.ts`.
 *
 * | core | information model |
 * |---|---|
 * | `reference.number` | `ID` |
 * | `version` | `Version`, else the schedule's `PublishedDate`, else none |
 * | `state` | `RequestState`, else the schedule's `ScheduleState`, else `Released` |
 * | `material`, `quantity`, `receiptLocation`, `receiptItem` | the last segment's MaterialRequirement that is produced |
 * | `plant` | the equipment of level `Site` in `HierarchyScope`, the schedule's after the request's, else the site's rule |
 * | `segments` | `SegmentRequirement` with their children, parents first |
 * | segment's `workCenter` | `EquipmentID` of its first EquipmentRequirement, else its `EquipmentClassID`, else the innermost equipment of its `HierarchyScope` |
 * | segment's `quantity` | what it produces itself, else the order's |
 * | segment's `materials` | MaterialRequirements that are consumed |
 * | segment's `parameters` | `SegmentParameter` by its ID, its first value |
 */
import type { Instant } from "../../base/instant.ts";
import { parseQuantity, zero, type Quantity } from "../../base/quantity.ts";
import { ok, type FaultCode, type Result } from "../../base/result.ts";
import type { TimeZone } from "../../base/site-time.ts";
import type { ConsumptionMode, OperationRule } from "../definition/operation.ts";
import type { StorageLocation } from "../resource/material.ts";
import {
  requestId,
  requestStates,
  type MaterialRequirement,
  type OperationsRequest,
  type RequestState,
  type SegmentRequirement,
} from "../schedule/operations-request.ts";
import { faultOf, type Finding } from "./finding.ts";
import type { Information } from "./information.ts";
import {
  consumedWords,
  instantIn,
  nameMax,
  noOffset,
  producedWords,
  shortName,
  unitIn,
  unknownUnit,
} from "./sender.ts";
import type { Place } from "./tree.ts";

/** What the documents of one sender leave open. */
export interface RequestRules {
  readonly erp: string;
  readonly company: string;
  /** For documents that name no site; null refuses them. */
  readonly plant: string | null;
  /** Of times without an offset; null refuses them. */
  readonly timeZone: TimeZone | null;
  /** The sender's own unit codes, in UN/ECE Rec 20; codes of Rec 20 need no entry. */
  readonly units: Readonly<Record<string, string>>;
  /** How components are used up where the document does not say. */
  readonly consumption: ConsumptionMode;
  readonly operation: OperationRule;
}

/** Where the nodes stood, for messages: what `Received` knows. */
export interface Origin {
  readonly file: string;
  place(node: object): Place | undefined;
}

type Schedule = Information<"OperationsSchedule">;
type Request = Information<"OperationsRequest">;
type Segment = Information<"SegmentRequirement">;
type Material = Information<"MaterialRequirement">;

interface Mapping {
  readonly rules: RequestRules;
  readonly origin: Origin;
  readonly findings: Finding[];
}

/**
 * What the core is asked to do.
 *
 * @fault invalid b2mml/no-unit b2mml/foreign-unit b2mml/no-amount  a quantity that cannot become stock
 * @fault invalid b2mml/no-id b2mml/long-name  an order without number, a name that no column holds
 * @fault invalid b2mml/no-use  a material of which nobody knows whether it is made or used, in an order that is worked on
 * @fault invalid b2mml/no-product b2mml/no-plant b2mml/no-work-center b2mml/no-offset b2mml/state b2mml/repeated-segment
 */
export function toOperationsRequest(
  request: Request,
  schedule: Omit<Schedule, "OperationsRequest">,
  rules: RequestRules,
  origin: Origin,
): Result<OperationsRequest> {
  const mapping: Mapping = { rules, origin, findings: [] };
  const mapped = requestOf(mapping, request, schedule);
  const [first, ...others] = mapping.findings;
  return first ? { ok: false, fault: faultOf(origin.file, [first, ...others]) } : ok(mapped);
}

function requestOf(
  mapping: Mapping,
  request: Request,
  schedule: Omit<Schedule, "OperationsRequest">,
): OperationsRequest {
  const { erp, company } = mapping.rules;
  const reference = { erp, company, number: request.ID };
  const plant = siteOf(request.HierarchyScope) ?? siteOf(schedule.HierarchyScope) ?? mapping.rules.plant ?? "";
  if (plant === "") note(mapping, request, reasons.noPlant, "It names no site: say it in HierarchyScope.");
  if (request.ID === "") note(mapping, request, reasons.noId, "The order has no number: say it in its ID.");
  judgeName(mapping, request, "number", request.ID);
  const segments = flatten(request.SegmentRequirement);
  judgeIds(mapping, segments);
  const state = stateOf(mapping, request, schedule);
  if (working.has(state)) for (const segment of segments) judgeUses(mapping, segment);
  const product = productOf(mapping, request, segments);
  const quantity = product ? quantityOf(mapping, product) : zero("C62");
  return {
    id: requestId(reference),
    reference,
    version: request.Version ?? schedule.PublishedDate ?? "",
    state,
    material: product?.MaterialDefinitionID?.[0] ?? "",
    materialFactors: [],
    quantity,
    plant,
    receiptLocation: product ? locationOf(product, plant) : null,
    receiptItem: product?.ID ?? "",
    priority: priorityOf(request.Priority),
    earliestStart: instantOf(mapping, request, request.StartTime),
    latestEnd: instantOf(mapping, request, request.EndTime),
    segments: segments.map((segment) => segmentOf(mapping, segment, plant, quantity)),
  };
}

function segmentOf(mapping: Mapping, segment: Segment, plant: string, whole: Quantity): SegmentRequirement {
  const own = (segment.MaterialRequirement ?? []).find((material) => producedWords.has(material.MaterialUse ?? ""));
  const [equipment] = segment.EquipmentRequirement ?? [];
  const workCenter =
    equipment?.EquipmentID?.[0] ?? equipment?.EquipmentClassID?.[0] ?? innermost(segment.HierarchyScope) ?? "";
  if (workCenter === "" && !mapping.rules.operation.external) {
    const message = `Segment ${segment.ID} says nowhere on which equipment it is done: add an EquipmentRequirement.`;
    note(mapping, segment, reasons.noWorkCenter, message);
  }
  judgeName(mapping, segment, "operation", segment.ID);
  return {
    id: segment.ID,
    sequence: "",
    description: segment.Description?.[0] ?? "",
    workCenter,
    quantity: own ? quantityOf(mapping, own) : whole,
    rule: mapping.rules.operation,
    earliestStart: instantOf(mapping, segment, segment.EarliestStartTime),
    latestEnd: instantOf(mapping, segment, segment.LatestEndTime),
    materials: (segment.MaterialRequirement ?? [])
      .filter((material) => consumedWords.has(material.MaterialUse ?? ""))
      .map((material) => materialOf(mapping, material, plant)),
    parameters: Object.fromEntries(
      (segment.SegmentParameter ?? []).map((parameter) => [parameter.ID, parameter.Value?.[0]?.ValueString ?? ""]),
    ),
  };
}

function materialOf(mapping: Mapping, material: Material, plant: string): MaterialRequirement {
  const [id = ""] = material.MaterialDefinitionID ?? [];
  if (id === "") {
    note(mapping, material, reasons.noProduct, `Requirement ${material.ID} names no material definition.`);
  }
  judgeMaterial(mapping, material);
  return {
    id: material.ID,
    material: id,
    quantity: quantityOf(mapping, material),
    at: locationOf(material, plant),
    lot: material.MaterialLotID?.[0] ?? null,
    mode: mapping.rules.consumption,
    fixed: null,
    scrapPpm: 0,
  };
}

/** The material that is received: what the last segment to produce anything produces. */
function productOf(mapping: Mapping, request: Request, segments: readonly Segment[]): Material | undefined {
  const outputs = segments
    .flatMap((segment) => segment.MaterialRequirement ?? [])
    .filter((material) => producedWords.has(material.MaterialUse ?? ""));
  const product = outputs.at(-1);
  if (product?.MaterialDefinitionID?.[0] === undefined) {
    const message = "Nothing is to be produced: one MaterialRequirement needs the use Produced and a definition.";
    note(mapping, request, reasons.noProduct, message);
    return undefined;
  }
  judgeMaterial(mapping, product);
  return product;
}

function judgeMaterial(mapping: Mapping, material: Material): void {
  judgeName(mapping, material, "requirement", material.ID);
  judgeName(mapping, material, "material", material.MaterialDefinitionID?.[0]);
  judgeName(mapping, material, "lot", material.MaterialLotID?.[0]);
  judgeName(mapping, material, "place", material.StorageLocation?.Location);
}

/** States in which an order is worked on or settled. What ends it, holds it or takes it back is obeyed, whatever else it says. */
const working: ReadonlySet<RequestState> = new Set(["Released", "Ready", "Running", "Completed"]);

/** What is said neither to be made nor to be used would be left out without a word. What has another use is no component. */
function judgeUses(mapping: Mapping, { MaterialRequirement = [] }: Segment): void {
  for (const material of MaterialRequirement) {
    if ((material.MaterialUse ?? "") !== "") continue;
    const message = `Requirement ${shortName(material.ID)} says neither that it is produced nor that it is consumed: add a MaterialUse.`;
    note(mapping, material, reasons.noUse, message);
  }
}

function judgeName(mapping: Mapping, node: object, what: string, name = ""): void {
  if (name.length <= nameMax) return;
  const message = `The ${what} ${shortName(name)} has ${name.length} signs: at most ${nameMax} are taken.`;
  note(mapping, node, reasons.longName, message);
}

/** The first quantity that is a number; several are told apart by Key, and the first is the one that counts. */
function quantityOf(mapping: Mapping, material: Material): Quantity {
  const [quantity] = material.Quantity ?? [];
  if (!quantity) {
    note(mapping, material, reasons.noAmount, `Requirement ${material.ID} has no quantity.`);
    return zero("C62");
  }
  const code = (quantity.UnitOfMeasure ?? "").trim();
  if (code === "") {
    note(mapping, quantity, reasons.noUnit, `The quantity ${quantity.QuantityString} has no unit.`);
    return zero("C62");
  }
  const uom = unitIn(mapping.rules.units, code);
  if (uom === null) {
    note(mapping, quantity, reasons.foreignUnit, unknownUnit(code));
    return zero("C62");
  }
  const parsed = parseQuantity(quantity.QuantityString, uom);
  if (!parsed.ok) note(mapping, quantity, reasons.noAmount, parsed.fault.message);
  return parsed.ok ? parsed.value : zero(uom);
}

function stateOf(mapping: Mapping, request: Request, schedule: Omit<Schedule, "OperationsRequest">): RequestState {
  const word = request.RequestState ?? schedule.ScheduleState ?? "Released";
  const state = requestStates.find((known) => known === word);
  if (state === undefined) {
    note(mapping, request, reasons.state, `The state ${word} is none that is known: ${requestStates.join(", ")}.`);
  }
  return state ?? "Held";
}

function instantOf(mapping: Mapping, node: object, text: string | undefined): Instant | null {
  if (text === undefined) return null;
  const read = instantIn(mapping.rules.timeZone, text);
  if (read === null) note(mapping, node, reasons.noOffset, noOffset(text));
  return read;
}

/** A schedule's priority is a decimal; only whole ones order anything. */
function priorityOf(text: string | undefined): number {
  const value = Number(text ?? "0");
  return Number.isSafeInteger(value) ? value : 0;
}

function locationOf(material: Material, plant: string): StorageLocation | null {
  const location = material.StorageLocation?.Location;
  return location === undefined || location === "" ? null : { plant, location };
}

type Scope = Information<"HierarchyScope">;

function siteOf(scope: Scope | undefined): string | undefined {
  if (!scope) return undefined;
  const level = scope.EquipmentLevel ?? scope.EquipmentElementLevel;
  return level === "Site" ? scope.EquipmentID : siteOf(scope.HierarchyScopeChild);
}

/** The innermost equipment below the site. */
function innermost(scope: Scope | undefined): string | undefined {
  if (!scope) return undefined;
  const level = scope.EquipmentLevel ?? scope.EquipmentElementLevel;
  const isAbove = level === "Enterprise" || level === "Site";
  return innermost(scope.HierarchyScopeChild) ?? (isAbove ? undefined : scope.EquipmentID);
}

function flatten(segments: readonly Segment[]): readonly Segment[] {
  return segments.flatMap((segment) => [segment, ...flatten(segment.SegmentRequirementChild ?? [])]);
}

/** A result names its segment by the ID alone, wherever that is nested. */
function judgeIds(mapping: Mapping, segments: readonly Segment[]): void {
  const seen = new Set<string>();
  for (const segment of segments) {
    if (seen.has(segment.ID)) {
      const message = `There are two segments "${segment.ID}" in the request: give each its own ID.`;
      note(mapping, segment, reasons.repeated, message);
    }
    seen.add(segment.ID);
  }
}

const reasons = {
  noId: { code: "b2mml/no-id" },
  longName: { code: "b2mml/long-name" },
  noPlant: { code: "b2mml/no-plant" },
  noProduct: { code: "b2mml/no-product" },
  noWorkCenter: { code: "b2mml/no-work-center" },
  noUse: { code: "b2mml/no-use" },
  noAmount: { code: "b2mml/no-amount" },
  noUnit: { code: "b2mml/no-unit" },
  foreignUnit: { code: "b2mml/foreign-unit" },
  noOffset: { code: "b2mml/no-offset" },
  state: { code: "b2mml/state" },
  repeated: { code: "b2mml/repeated-segment" },
} as const satisfies Readonly<Record<string, { readonly code: FaultCode }>>;

function note(mapping: Mapping, node: object, reason: { readonly code: FaultCode }, message: string): void {
  const place = mapping.origin.place(node) ?? { line: 0, path: "" };
  mapping.findings.push({ ...reason, ...place, message });
}
