/**
 * What is owed to the ERP for a run: facts that no posting speaks for yet become postings, one document of each kind
 * per posting date. Quantities are sums of facts, never recomputed; every document lists the facts inside it.
 */
import { contentId, postingKey } from "../../base/id.ts";
import type { Quantity } from "../../base/quantity.ts";
import type { Instant, LocalDate } from "../../base/instant.ts";
import type { StorageLocation } from "../../isa95/resource/material.ts";
import type { MaterialActual, SegmentResponse } from "../../isa95/response/operations-response.ts";
import type { OperationsRequest, SegmentRequirement } from "../../isa95/schedule/operations-request.ts";
import type { CorrectionCause } from "../../record/correction.ts";
import { countedQuantity, type Fact } from "../../record/fact.ts";
import type { OwedKind, PostingContent } from "../../record/posting.ts";
import { isConfirmed, isReceivedByUs } from "../order/operation.ts";
import { billRequirement } from "../tracking/consumption.ts";
import { allocate } from "./allocation.ts";
import { amountKey, causeOf, originalBody } from "./correction.ts";
import { issueLines, ownIssueLines } from "./issue-line.ts";
import { countedInOneUnit, type CountUnits } from "./piece-count.ts";

/** Facts of a run that no active posting of the kind speaks for, in order of event time. */
export type OwedFacts = Readonly<Record<OwedKind, readonly Fact[]>>;

export interface PostingDates {
  readonly posting: LocalDate;
  readonly document: LocalDate;
}

export interface PlanScope {
  readonly run: string;
  readonly request: OperationsRequest;
  readonly segment: SegmentRequirement;
  readonly recordedAt: Instant;
  datesOf(eventAt: Instant): PostingDates;
  /** Where material comes from when the order line does not say; null when the site names no place. */
  readonly supply: StorageLocation | null;
  /** Whether material that the order does not list is posted to it, or asked about. */
  readonly postsUnplanned: boolean;
  /** Issued so far per requirement, in millionths of its unit: lines of one material are filled one after the other. */
  readonly issued: ReadonlyMap<string, bigint>;
  /** How many postings of this run, kind and date were made before: part of the key. */
  made(kind: OwedKind, date: LocalDate): number;
}

export interface PlannedPosting {
  readonly id: string;
  readonly key: string;
  readonly kind: OwedKind;
  readonly content: PostingContent;
  readonly facts: readonly string[];
  readonly lanes: readonly string[];
  readonly sequenceKey: string | null;
}

/** What is owed of a kind on one day is less than nothing: a document that was planned or posted is wrong. */
export interface Shortfall {
  readonly kind: OwedKind;
  readonly date: LocalDate;
  readonly cause: CorrectionCause;
  /** The facts that add up to less than nothing. */
  readonly facts: readonly Fact[];
  /** The question, where nothing but a person can put it right. */
  readonly question: OwedQuestion;
}

export interface OwedQuestion {
  readonly subject: string;
  readonly text: string;
  readonly evidence: readonly string[];
}

export interface PostingPlan {
  readonly postings: readonly PlannedPosting[];
  readonly shortfalls: readonly Shortfall[];
  /** Amounts that cannot be posted without a decision; their facts, the evidence, stay owed. */
  readonly doubts: readonly OwedQuestion[];
}

export function planPostings(scope: PlanScope, owed: OwedFacts): PostingPlan {
  const postings: PlannedPosting[] = [];
  const doubts: OwedQuestion[] = [];
  const shortfalls: Shortfall[] = [];
  const issued = new Map(scope.issued);
  const plan = (kind: OwedKind, build: (facts: readonly Fact[]) => Built): void => {
    for (const [date, facts] of byPostingDate(scope, owed[kind])) {
      const built = build(facts);
      for (const { about, why, of = facts, isShort = false } of built.doubts) {
        const text = `${why}. The ERP's documents must be corrected by a decision.`;
        const evidence = of.slice(-evidenceMax).map((fact) => fact.id);
        const question = { subject: `${kind}/${scope.run}/${date}/${about}`, text, evidence };
        if (!isShort) doubts.push(question);
        else {
          const ours = owed[kind].filter((fact) => isOurs(scope, fact));
          const ofDay = ours.filter((fact) => facts.includes(fact));
          const later = ours.filter((fact) => !facts.includes(fact));
          const cause = causeOf(of, { ofDay, later });
          shortfalls.push({ kind, date, cause, facts: of, question });
        }
      }
      if (built.response) postings.push(planned(scope, kind, date, built.facts, built.response, built.lanes));
    }
  };
  if (isConfirmed(scope.request, scope.segment)) plan("confirmation", (facts) => confirmation(scope, facts));
  if (isReceivedByUs(scope.request, scope.segment)) plan("goods-receipt", (facts) => receipt(scope, facts));
  plan("goods-issue", (facts) => issue(scope, facts, issued));
  return { postings, shortfalls, doubts };
}

interface Built {
  readonly response: SegmentResponse | null;
  /** The facts that the document speaks for; those in doubt stay owed. */
  readonly facts: readonly Fact[];
  readonly lanes: readonly string[];
  readonly doubts: readonly Doubt[];
}

interface Doubt {
  readonly about: string;
  readonly why: string;
  /** The facts that it is about; all of the document unless said. */
  readonly of?: readonly Fact[];
  /** It adds up to less than nothing. */
  readonly isShort?: boolean;
}

/** A question names the newest facts that it is about. */
const evidenceMax = 100;

const nothing: Built = { response: null, facts: [], lanes: [], doubts: [] };

function confirmation(scope: PlanScope, facts: readonly Fact[]): Built {
  const counts = countedInOneUnit(facts, ["good", "scrap", "rework"], unitsOf(scope));
  if (!counts.ok) return inDoubt("pieces", counts.fault.message);
  const amounts = Object.values(counts.value).map(({ micro }) => micro);
  if (amounts.some((micro) => micro < 0n)) return short("pieces", "Fewer pieces than were already reported");
  if (amounts.every((micro) => micro === 0n)) return nothing;
  return { response: respond(scope, counts.value), facts, lanes: [], doubts: [] };
}

function receipt(scope: PlanScope, facts: readonly Fact[]): Built {
  const { request } = scope;
  const counts = countedInOneUnit(facts, ["good"], unitsOf(scope));
  if (!counts.ok) return inDoubt("pieces", counts.fault.message);
  const quantity = counts.value.good;
  if (quantity.micro < 0n) return short("pieces", "Fewer good pieces than were already received");
  if (quantity.micro === 0n) return nothing;
  if (!request.receiptLocation) {
    return inDoubt(request.material, "The order names no storage location for its finished goods");
  }
  const stock = {
    material: request.material,
    quantity,
    at: request.receiptLocation,
    lot: null,
    stockType: "free",
    specialStock: null,
  } as const;
  const response = respond(scope, { good: quantity }, [{ use: "Produced", stock, requirement: null }]);
  return {
    response,
    facts,
    lanes: [stockLane(request, request.receiptLocation.plant, request.material)],
    doubts: [],
  };
}

function unitsOf({ segment, request }: PlanScope): CountUnits {
  return { asked: segment.quantity.uom, factors: request.materialFactors };
}

function issue(scope: PlanScope, facts: readonly Fact[], issued: Map<string, bigint>): Built {
  const actuals: MaterialActual[] = [];
  const spokenFor: Fact[] = [];
  const doubts: Doubt[] = [];
  for (const used of byMaterial(facts).values()) {
    const taken = issueOf(scope, used, issued);
    if ("why" in taken) doubts.push({ ...taken, of: used.map((u) => u.fact) });
    else if (taken.length > 0) {
      actuals.push(...taken);
      spokenFor.push(...used.map((u) => u.fact));
    }
  }
  if (actuals.length === 0) return { ...nothing, doubts };
  const lanes = actuals.map((a) => stockLane(scope.request, a.stock.at.plant, a.stock.material));
  return { response: respond(scope, {}, actuals), facts: spokenFor, lanes, doubts };
}

/** What others post, or the bill says instead, makes up for nothing. */
function isOurs({ request, segment }: PlanScope, fact: Fact): boolean {
  const body = originalBody(fact.body);
  if (body.kind !== "MaterialConsumed") return true;
  const use = { material: body.material, named: billRequirement(fact) };
  return ownIssueLines(issueLines(request, segment, use), use) !== null;
}

/** One material's use as lines of a document; empty when it is not ours to post. */
function issueOf(
  scope: PlanScope,
  used: readonly Used[],
  issued: Map<string, bigint>,
): readonly MaterialActual[] | Doubt {
  const first = used[0];
  if (!first) return [];
  const { material, uom, lot } = first;
  const use = { material, named: billRequirement(first.fact) };
  const own = ownIssueLines(issueLines(scope.request, scope.segment, use), use);
  if (own === null) return [];
  const micro = used.reduce((sum, u) => sum + u.micro, 0n);
  if (micro === 0n) return [];
  if (micro < 0n) return { about: material, why: `Less ${material} than was already issued`, isShort: true };
  const filled = new Map(issued);
  const shares = allocate({ micro, uom }, own, filled, scope.request.materialFactors);
  if (!shares.ok) return { about: material, why: shares.fault.message };
  const actuals: MaterialActual[] = [];
  for (const { requirement, quantity } of shares.value) {
    const at = requirement?.at ?? scope.supply;
    if (!requirement && !scope.postsUnplanned) return { about: material, why: `The order does not list ${material}` };
    if (!at) return { about: material, why: `Nobody says from which storage location ${material} was taken` };
    const stock = {
      material,
      quantity,
      at,
      lot: lot ?? requirement?.lot ?? null,
      stockType: "free",
      specialStock: null,
    } as const;
    // What stands in for a component is no withdrawal of the component's own line.
    const isOwn = requirement?.material === material;
    actuals.push({ use: "Consumed", stock, requirement: isOwn ? requirement.id : null });
  }
  for (const [line, amount] of filled) issued.set(line, amount);
  return actuals;
}

interface Used {
  readonly fact: Fact;
  readonly material: string;
  readonly uom: string;
  readonly lot: string | null;
  readonly micro: bigint;
}

/** Uses by material, lot and by what they were read from (counter or a line of the bill). */
function byMaterial(facts: readonly Fact[]): Map<string, Used[]> {
  const groups = new Map<string, Used[]>();
  for (const fact of facts) {
    const body = originalBody(fact.body);
    if (body.kind !== "MaterialConsumed") continue;
    const used = {
      fact,
      material: body.material,
      uom: body.quantity.uom,
      lot: body.lot,
      micro: countedQuantity(fact.body)?.micro ?? 0n,
    };
    const group = amountKey(fact) ?? "";
    const known = groups.get(group);
    if (known) known.push(used);
    else groups.set(group, [used]);
  }
  return groups;
}

function respond(
  scope: PlanScope,
  counts: Partial<Pick<SegmentResponse, "good" | "scrap" | "rework">>,
  materials: readonly MaterialActual[] = [],
): SegmentResponse {
  const none: Quantity = { micro: 0n, uom: scope.segment.quantity.uom };
  const { id, sequence, workCenter } = scope.segment;
  return {
    segment: id,
    sequence,
    workCenter,
    good: none,
    scrap: none,
    rework: none,
    final: false,
    ...counts,
    materials,
  };
}

/** What the identity of a posting follows from. */
export interface PostingPlace {
  readonly request: Pick<OperationsRequest, "id">;
  readonly segment: Pick<SegmentRequirement, "sequence" | "id">;
  readonly kind: OwedKind;
  readonly run: string;
  readonly date: LocalDate;
  /** So many of the run, kind and date were made before. */
  readonly number: number;
}

function partsOf({ request, segment, kind, run, date, number }: PostingPlace): readonly (string | number)[] {
  return [request.id, segment.sequence, segment.id, kind, run, date, number];
}

/** The key that a posting has in every life of the database. */
export function keyAt(place: PostingPlace): string {
  return postingKey("posting", ...partsOf(place));
}

function planned(
  scope: PlanScope,
  kind: OwedKind,
  date: LocalDate,
  facts: readonly Fact[],
  segment: SegmentResponse,
  lanes: readonly string[],
): PlannedPosting {
  const { request, run } = scope;
  const times = facts.map((f) => f.eventAt).toSorted((a, b) => a - b);
  const parts = partsOf({ request, segment: scope.segment, kind, run, date, number: scope.made(kind, date) });
  const eventFrom = times[0] ?? scope.recordedAt;
  const dates = {
    eventFrom,
    eventTo: times.at(-1) ?? scope.recordedAt,
    recordedAt: scope.recordedAt,
    postingDate: date,
    documentDate: scope.datesOf(eventFrom).document,
  };
  return {
    id: contentId("posting", ...parts),
    key: postingKey("posting", ...parts),
    kind,
    content: { kind, response: { reference: request.reference, dates, segment } },
    facts: facts.map((f) => f.id),
    lanes: [...new Set([`order:${request.id}`, ...lanes])].toSorted(),
    sequenceKey: kind === "confirmation" ? `${request.id}/${scope.segment.sequence}/${scope.segment.id}` : null,
  };
}

function byPostingDate(scope: PlanScope, facts: readonly Fact[]): Map<LocalDate, Fact[]> {
  const groups = new Map<LocalDate, Fact[]>();
  for (const fact of facts.toSorted((a, b) => a.eventAt - b.eventAt)) {
    const date = scope.datesOf(fact.eventAt).posting;
    const known = groups.get(date);
    if (known) known.push(fact);
    else groups.set(date, [fact]);
  }
  return groups;
}

function stockLane(request: OperationsRequest, plant: string, material: string): string {
  return `stock:${request.reference.erp}/${plant}/${material}`;
}

function inDoubt(about: string, why: string): Built {
  return { ...nothing, doubts: [{ about, why }] };
}

function short(about: string, why: string): Built {
  return { ...nothing, doubts: [{ about, why, isShort: true }] };
}
