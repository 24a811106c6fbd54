/**
 * What postings would say if facts had been read otherwise: each kept posting is planned again from the facts inside it, by
 * the function that planned it. Pure. Spec: docs/spec/replay.md
 */
import { canonicalJson } from "../../base/json.ts";
import { convert } from "../../base/quantity.ts";
import type { OperationsRequest, SegmentRequirement } from "../../isa95/schedule/operations-request.ts";
import type { Fact } from "../../record/fact.ts";
import { owedKinds, type OwedKind, type PostingContent, type PostingState } from "../../record/posting.ts";
import { billTotal } from "../tracking/consumption.ts";
import { issuedPerLine, type IssuedAmount } from "./allocation.ts";
import { planPostings, type OwedFacts, type PlannedPosting, type PlanScope } from "./posting-plan.ts";

export interface RecordedPosting {
  readonly key: string;
  readonly kind: OwedKind;
  readonly state: PostingState;
  readonly run: string;
  readonly segment: string;
  readonly content: PostingContent;
  readonly facts: readonly string[];
  /** A person has put it in the place of another one: it is not planned by rule. */
  readonly isEdited: boolean;
}

export interface ReplayedPosting {
  readonly key: string;
  readonly kind: OwedKind;
  /** Null: it would be posted in addition. */
  readonly was: PostingContent | null;
  /** Empty: it would not be posted. */
  readonly now: readonly PostingContent[];
}

export interface PostingReplay {
  readonly request: OperationsRequest;
  /** All postings of the order that speak for facts, in the order of planning. */
  readonly postings: readonly RecordedPosting[];
  /** Facts inside the postings as they are recorded. */
  readonly facts: ReadonlyMap<string, Fact>;
  /** What a fact says now; null when it is not stated any more. The same fact where nothing was read again. */
  translate(fact: Fact): Fact | null;
  /** Facts that are stated in addition, by run. */
  readonly additional: ReadonlyMap<string, readonly Fact[]>;
  readonly segmentOfRun: ReadonlyMap<string, SegmentRequirement>;
  scopeOf(run: string): Pick<PlanScope, "datesOf" | "supply" | "postsUnplanned">;
  readonly receipt: boolean;
}

/** @returns how many postings were planned again, and those that differ */
export function replayPostings(replay: PostingReplay): {
  readonly compared: number;
  readonly differences: readonly ReplayedPosting[];
} {
  const issued: IssuedAmount[] = [];
  const made = new Map<string, number>();
  const differences: ReplayedPosting[] = [];
  let compared = 0;
  for (const posting of replay.postings) {
    const place = [posting.run, posting.kind, posting.content.response?.dates.postingDate ?? ""].join("\u001f");
    const number = made.get(place) ?? 0;
    if (!posting.isEdited) {
      made.set(place, number + 1);
      const now = planAgain(replay, posting, issued, number);
      if (now !== null) {
        compared += 1;
        const [only] = now;
        const isSame = now.length === 1 && only?.key === posting.key && isEqual(only.content, posting.content);
        if (!isSame)
          differences.push({
            key: posting.key,
            kind: posting.kind,
            was: posting.content,
            now: now.map(({ content }) => content),
          });
      }
    }
    issued.push(...issuesOf(posting));
  }
  return { compared, differences: [...differences, ...further(replay, issued, made)] };
}

/** Null when the run, or a fact, is not known any more: there is nothing to plan it from. */
function planAgain(
  replay: PostingReplay,
  posting: RecordedPosting,
  issued: readonly IssuedAmount[],
  number: number,
): readonly PlannedPosting[] | null {
  const segment = replay.segmentOfRun.get(posting.run);
  const facts = posting.facts.map((id) => replay.facts.get(id));
  const { response } = posting.content;
  if (!segment || response === null || facts.some((fact) => fact === undefined)) return null;
  const now = facts.flatMap((fact) => (fact ? [replay.translate(fact)] : [])).filter((fact) => fact !== null);
  const scope: PlanScope = {
    ...replay.scopeOf(posting.run),
    run: posting.run,
    request: replay.request,
    segment,
    recordedAt: response.dates.recordedAt,
    issued: issuedSoFar(replay, issued),
    made: () => number,
  };
  return planPostings(scope, { ...none, [posting.kind]: inOrder(now) }).postings;
}

const none: OwedFacts = { confirmation: [], "goods-receipt": [], "goods-issue": [] };

/** What is stated in addition would be owed in addition. */
function further(
  replay: PostingReplay,
  issued: readonly IssuedAmount[],
  made: ReadonlyMap<string, number>,
): readonly ReplayedPosting[] {
  return [...replay.additional].flatMap(([run, facts]) => {
    const segment = replay.segmentOfRun.get(run);
    const [first] = facts;
    if (!segment || !first) return [];
    const scope: PlanScope = {
      ...replay.scopeOf(run),
      run,
      request: replay.request,
      segment,
      recordedAt: first.eventAt,
      issued: issuedSoFar(replay, issued),
      made: (kind, date) => made.get([run, kind, date].join("\u001f")) ?? 0,
    };
    const owed = { confirmation: inOrder(facts), "goods-receipt": inOrder(facts), "goods-issue": inOrder(facts) };
    const plan = planPostings(scope, replay.receipt ? owed : { ...owed, "goods-receipt": [] });
    return plan.postings.map(({ key, kind, content }) => ({ key, kind, was: null, now: [content] }));
  });
}

function issuedSoFar({ request }: PostingReplay, issued: readonly IssuedAmount[]): ReadonlyMap<string, bigint> {
  const lines = request.segments.flatMap((s) => s.materials);
  return issuedPerLine(lines, issued, request.materialFactors);
}

function issuesOf({ kind, state, content }: RecordedPosting): readonly IssuedAmount[] {
  if (kind !== "goods-issue" || state === "dismissed" || state === "reversed") return [];
  return (content.response?.segment.materials ?? []).flatMap(({ requirement, stock: { quantity } }) =>
    requirement === null ? [] : [{ requirement, quantity }],
  );
}

/** As the store gives what is owed. */
function inOrder(facts: readonly Fact[]): readonly Fact[] {
  return facts.toSorted((a, b) => a.eventAt - b.eventAt || (a.id < b.id ? -1 : 1));
}

function isEqual(a: PostingContent, b: PostingContent): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

export function isOwedKind(kind: string): kind is OwedKind {
  return owedKinds.some((one) => one === kind);
}

export interface BillDifference {
  readonly segment: string;
  readonly requirement: string;
  readonly material: string;
  readonly uom: string;
  readonly recorded: bigint;
  readonly replayed: bigint;
}

/**
 * Use by bill follows from the good pieces of the whole operation.
 *
 * @param made  good pieces of the operation as recorded, and how many more or fewer there would be, in its own unit
 */
export function replayBill(
  segment: SegmentRequirement,
  made: { readonly recorded: bigint; readonly more: bigint },
): readonly BillDifference[] {
  return segment.materials.flatMap((requirement) => {
    if (requirement.mode !== "bill") return [];
    const recorded = billTotal(segment, requirement, made.recorded);
    const replayed = billTotal(segment, requirement, made.recorded + made.more);
    const { id, material, quantity } = requirement;
    const line = { segment: segment.id, requirement: id, material, uom: quantity.uom };
    return recorded === replayed ? [] : [{ ...line, recorded, replayed }];
  });
}

/** Good pieces in the operation's unit; what that unit cannot say is not added up, as in production. */
export function piecesOf(request: OperationsRequest, segment: SegmentRequirement, micro: bigint, uom: string): bigint {
  const converted = convert({ micro, uom }, segment.quantity.uom, request.materialFactors);
  return converted.ok ? converted.value.quantity.micro : 0n;
}
