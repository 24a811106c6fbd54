/** Orders, job orders and facts for tests: sound as they stand, each part can be replaced. */
import { instant, type Instant } from "../../base/instant.ts";
import { whole, type Quantity } from "../../base/quantity.ts";
import type { JobOrder } from "../../isa95/schedule/job-order.ts";
import type {
  MaterialRequirement,
  OperationsRequest,
  SegmentRequirement,
} from "../../isa95/schedule/operations-request.ts";
import type { Fact, FactBody, UnitGrade } from "../../record/fact.ts";
import { factId } from "../../record/fact.ts";

export const here = { plant: "PL01", location: "101C" };

export function requirementOf(change: Partial<MaterialRequirement> = {}): MaterialRequirement {
  return {
    id: "R1",
    material: "W-1",
    quantity: whole(1000, "MMT"),
    at: here,
    lot: null,
    mode: "measured",
    fixed: null,
    scrapPpm: 0,
    ...change,
  };
}

export function segmentOf(change: Partial<SegmentRequirement> = {}): SegmentRequirement {
  return {
    id: "0010",
    sequence: "",
    description: "JOB-1, 1",
    workCenter: "A565-26",
    quantity: whole(100, "C62"),
    rule: { confirmation: "required", automaticReceipt: false, external: false },
    earliestStart: null,
    latestEnd: null,
    materials: [requirementOf()],
    parameters: {},
    ...change,
  };
}

export function requestOf(change: Partial<OperationsRequest> = {}): OperationsRequest {
  const number = change.reference?.number ?? "1000001";
  return {
    id: `s4//${number}`,
    reference: { erp: "s4", company: "", number },
    version: "1",
    state: "Released",
    material: "P-1",
    materialFactors: [],
    quantity: whole(100, "C62"),
    plant: "PL01",
    receiptLocation: here,
    receiptItem: "1",
    priority: 0,
    earliestStart: null,
    latestEnd: null,
    segments: [segmentOf()],
    ...change,
  };
}

export function jobOrderOf(change: Partial<JobOrder> = {}): JobOrder {
  return {
    id: "jo-1",
    request: "s4//1000001",
    segment: "0010",
    workCenter: "A565",
    workUnit: null,
    material: "P-1",
    quantity: whole(100, "C62"),
    state: "ready",
    dispatchKey: "a",
    earliestStart: null,
    machineName: { jobOrderId: "JOB-1", job: "JOB-1, 1", article: "P-1" },
    setup: [],
    version: 0,
    ...change,
  };
}

/** A fact of run `r1` read out of sample number `n`. */
export function factOf(n: number | string, eventAt: number, body: FactBody, change: Partial<Fact> = {}): Fact {
  const sample = `sample-${n}`;
  const rule = change.rule ?? "rule";
  return {
    id: factId(sample, rule, 0),
    source: "komax",
    workUnit: "A565-0026",
    run: "r1",
    eventAt: instant(eventAt),
    rule,
    mapVersion: 1,
    revision: 0,
    saidBy: { by: "machine", source: "komax" },
    evidence: [{ id: sample, item: "x", at: instant(eventAt) }],
    body,
    ...change,
  };
}

export function units(grade: UnitGrade, quantity: Quantity): FactBody {
  return { kind: "UnitsCounted", grade, quantity, reason: null };
}

export function consumed(material: string, quantity: Quantity): FactBody {
  return { kind: "MaterialConsumed", material, lot: null, quantity };
}

/** Takes a fact back, as collection does. */
export function correctionOf(fact: Fact): Fact {
  return {
    ...fact,
    id: factId(fact.id, "corrected", 0),
    rule: "corrected",
    body: { kind: "Corrected", corrects: fact.id, was: fact.body },
  };
}

/** 2025-02-03 08:00 in Warsaw, plus so many milliseconds. */
export function at(ms: number): Instant {
  return instant(Date.parse("2025-02-03T07:00:00Z") + ms);
}
