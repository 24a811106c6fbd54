/**
 * What is owed of a run on one day is less than nothing: what has changed, how far its documents have come, and which of
 * them are taken back. Pure; the flow `correct` decides by the ERP's table and saves.
 * Spec: docs/spec/correction.md
 */
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import {
  documentStages,
  type CorrectionCause,
  type DocumentStage,
  type ErpCorrections,
} from "../../record/correction.ts";
import { countedQuantity, type Fact, type FactBody } from "../../record/fact.ts";
import type { PostingState } from "../../record/posting.ts";
import { billRequirement } from "../tracking/consumption.ts";

/** Millionths by what they are of, see `amountKey`. */
export type Amounts = ReadonlyMap<string, bigint>;

export function amountsOf(facts: readonly Fact[]): Amounts {
  const sums = new Map<string, bigint>();
  for (const fact of facts) {
    const counted = countedQuantity(fact.body);
    const of = amountKey(fact);
    if (counted && of !== null) sums.set(of, (sums.get(of) ?? 0n) + counted.micro);
  }
  return sums;
}

/**
 * What is added up into a document: pieces by grade and unit; material by lot, unit and by what it was read from, a counter or
 * a line of the bill. Null for facts without an amount.
 */
export function amountKey(fact: Fact): string | null {
  const body = originalBody(fact.body);
  if (body.kind === "UnitsCounted") return `${body.grade}|${body.quantity.uom}`;
  if (body.kind !== "MaterialConsumed") return null;
  return `${body.material}|${body.lot ?? ""}|${body.quantity.uom}|${billRequirement(fact) ?? ""}`;
}

export function originalBody(body: FactBody): FactBody {
  return body.kind === "Corrected" ? originalBody(body.was) : body;
}

/**
 * What has changed, told by the facts of one day that add up to less than nothing and by what else is owed of the kind.
 *
 * @param short   the facts that add up to less than nothing
 * @param others  what is owed of the kind on other days, and of other material or lots on the same day
 */
export function causeOf(
  short: readonly Fact[],
  others: { readonly ofDay: readonly Fact[]; readonly later: readonly Fact[] },
): CorrectionCause {
  const body = short[0] && originalBody(short[0].body);
  const makesUp = (facts: readonly Fact[]): boolean => [...amountsOf(facts).values()].some((micro) => micro > 0n);
  if (body?.kind === "MaterialConsumed") {
    const more = others.ofDay.filter((fact) => !short.includes(fact));
    const isSame = (fact: Fact): boolean => isOf(fact, body.material);
    if (makesUp(more.filter(isSame))) return "other lot";
    if (makesUp(others.later.filter(isSame))) return "other day";
    return makesUp(more) ? "other material" : "less used";
  }
  if (makesUp(short)) return "other grade";
  return makesUp(others.later) ? "other day" : "fewer pieces";
}

function isOf(fact: Fact, material: string): boolean {
  const body = originalBody(fact.body);
  return body.kind === "MaterialConsumed" && body.material === material;
}

/** A document of the run, kind and day, as far as it matters for a correction. */
export interface CorrectedDocument {
  readonly state: PostingState;
  /** The ERP may have it, whatever the state says. */
  readonly mayHaveArrived: boolean;
  /** What the ERP refused the reversal with; null when it did not. */
  readonly reversalRefused: string | null;
}

/** How far the documents have come: of several the one that is to be settled first. */
export function documentStage(
  request: Pick<OperationsRequest, "state">,
  isFinal: boolean,
  documents: readonly CorrectedDocument[],
  refusals: ErpCorrections["refusals"],
): DocumentStage {
  const stages = new Set<DocumentStage>(documents.map((document) => stageOf(document, refusals)));
  if (over.has(request.state)) stages.add("ended");
  if (isFinal) stages.add("final");
  return documentStages.findLast((stage) => stages.has(stage)) ?? "nothing";
}

/** States of an order in which the ERP takes nothing of it any more. */
const over: ReadonlySet<OperationsRequest["state"]> = new Set(["Cancelled", "Closed", "Aborted"]);

function stageOf(
  { state, mayHaveArrived, reversalRefused }: CorrectedDocument,
  refusals: ErpCorrections["refusals"],
): DocumentStage {
  switch (state) {
    case "planned":
      return mayHaveArrived ? "in doubt" : "planned";
    case "sending":
    case "in-doubt":
    case "needs-person":
      return "in doubt";
    case "confirmed":
      return "confirmed";
    case "refused":
      return mayHaveArrived ? "in doubt" : "refused";
    case "reversing":
      return (reversalRefused === null ? undefined : refusals[reversalRefused]) ?? "in doubt";
    case "dismissed":
    case "reversed":
      return "nothing";
  }
}

/** A document that the ERP has, with what its facts add up to. */
export interface StandingDocument {
  readonly id: string;
  readonly amounts: Amounts;
}

/** Whether a document holds something of which there is too much. */
export function holdsShort(short: Amounts, amounts: Amounts): boolean {
  return [...short].some(([of, micro]) => micro < 0n && (amounts.get(of) ?? 0n) > 0n);
}

/**
 * Which documents are taken back, so that what is owed then is not less than nothing: the newest, as few as do.
 *
 * @param documents  in the order in which they were planned
 * @returns          null when not even all of them suffice
 */
export function documentsToReverse(short: Amounts, documents: readonly StandingDocument[]): readonly string[] | null {
  const missing = new Map([...short].filter(([, micro]) => micro < 0n));
  const taken: string[] = [];
  for (const { id, amounts } of documents.toReversed()) {
    if (!holdsShort(missing, amounts)) continue;
    taken.push(id);
    for (const [of, micro] of missing) missing.set(of, micro + (amounts.get(of) ?? 0n));
  }
  return taken.length > 0 && [...missing.values()].every((micro) => micro >= 0n) ? taken : null;
}
