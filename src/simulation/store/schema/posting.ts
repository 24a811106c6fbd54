/** Tables of what travels to the ERP, and of what is final. Columns and rules as in `store/migrations`. */
import { isDeepStrictEqual } from "node:util";
import type { Instant, LocalDate } from "../../../base/instant.ts";
import type { Fault } from "../../../base/result.ts";
import type { CorrectionCause } from "../../../record/correction.ts";
import { mayHaveArrived } from "../../../record/decision.ts";
import { finalityStates, type DecidedBy, type FinalityState } from "../../../record/finality.ts";
import {
  documentKinds,
  mayBecome,
  owedKinds,
  postingStates,
  reversalKinds,
  type DocumentKind,
  type OwedKind,
  type PostingContent,
  type PostingState,
} from "../../../record/posting.ts";
import { keyOf, table, type Seen, type TableOf } from "../table.ts";
import { operationsRequest, restoredAtOf, siteState } from "./order.ts";
import { handDocument } from "./outage.ts";
import { fact, run } from "./shop-floor.ts";

export type PostingColumns = {
  readonly id: string;
  readonly key: string;
  readonly erp: string;
  readonly kind: DocumentKind;
  readonly request: string;
  readonly segment: string;
  readonly run: string | null;
  readonly state: PostingState;
  readonly sequence_key: string | null;
  readonly sequence_number: number | null;
  readonly lanes: readonly string[];
  readonly closes: readonly string[] | null;
  readonly reverses: string | null;
  readonly content: PostingContent;
  readonly envelope: Uint8Array | null;
  readonly attempts: number;
  readonly fault: unknown;
  readonly due_at: Instant;
  readonly parked: boolean;
  readonly sent_at: Instant | null;
  readonly asked_absent: number;
  readonly asked_at: Instant | null;
  readonly document: string | null;
  readonly epoch: number;
  readonly ordinal: number;
  readonly planned_at: Instant;
  readonly settled_at: Instant | null;
  readonly confirmed_at: Instant | null;
  readonly supersedes: string | null;
  readonly dismissed_from: PostingState | null;
  readonly dismissed_in_doubt: boolean;
  readonly command: string | null;
  readonly trace_id: string;
  readonly version: number;
};

/** States in which a posting stands in the way of what must come after it. */
export const holdsUpFinal: ReadonlySet<PostingState> = new Set(
  postingStates.filter((state) => !["confirmed", "dismissed", "reversed"].includes(state)),
);
export const holdsUpSequence: ReadonlySet<PostingState> = new Set(
  [...holdsUpFinal].filter((state) => state !== "reversing"),
);

/** Kinds of documents that speak for facts. */
export const owed: ReadonlySet<DocumentKind> = new Set(owedKinds);
const takesBack: ReadonlySet<DocumentKind> = new Set(reversalKinds);

/** Another posting of what it closes is not settled. */
export function wouldOvertake(seen: Seen, row: PostingColumns): boolean {
  return (row.closes ?? []).some((segment) =>
    seen
      .find(posting, "operation", keyOf(row.request, segment))
      .some((other) => other.id !== row.id && holdsUpFinal.has(other.state)),
  );
}

const identity = ["id", "key", "erp", "kind", "request", "segment", "run", "content"] as const;
const itself = [...identity, "lanes", "closes", "reverses", "supersedes"] as const;

/** Some of these columns are not what they were. */
function differ<R extends object>(was: R, row: R, names: readonly (keyof R)[]): boolean {
  return names.some((name) => !isDeepStrictEqual(was[name], row[name]));
}

/** The ERP has its document. */
const isThere: ReadonlySet<PostingState> = new Set(["confirmed", "reversing", "reversed"]);

function begins(row: PostingColumns, was: PostingColumns | null, state: PostingState): boolean {
  return row.state === state && was !== null && was.state !== state;
}

function holdsItsLanes(seen: Seen, row: PostingColumns): boolean {
  return row.lanes.every((key) => seen.get(lane, key)?.posting === row.id);
}

function isNext(seen: Seen, { sequence_key: key, sequence_number: number }: PostingColumns): boolean {
  if (key === null || number === null) return true;
  return !seen
    .find(posting, "sequence", key)
    .some((other) => (other.sequence_number ?? number) < number && holdsUpSequence.has(other.state));
}

function keepsItsNumber(was: PostingColumns, row: PostingColumns): boolean {
  if (was.sequence_key === row.sequence_key && was.sequence_number === row.sequence_number) return true;
  return row.state === "dismissed" && row.sequence_key === null && row.sequence_number === null;
}

/** The one that it supersedes was refused for certain, and is of the same operation. */
function supersedesItsLike(seen: Seen, row: PostingColumns): boolean {
  const old = row.supersedes === null ? undefined : seen.get(posting, row.supersedes);
  return (
    old?.state === "dismissed" &&
    old.dismissed_from === "refused" &&
    !old.dismissed_in_doubt &&
    !differ(old, row, ["erp", "kind", "request", "segment", "run"])
  );
}

function hasFinalConfirmation(seen: Seen, row: PostingColumns): boolean {
  return seen
    .find(posting, "operation", keyOf(row.request, row.segment))
    .some(({ kind, state }) => kind === "final-confirmation" && state !== "dismissed" && state !== "reversed");
}

/** The ERP has said so. */
function isReversed(seen: Seen, id: string): boolean {
  return seen.find(posting, "posting_reversed_once", id).some((reversal) => reversal.state === "confirmed");
}

export const posting: TableOf<PostingColumns> = table<PostingColumns>({
  name: "posting",
  key: (row) => row.id,
  unique: {
    posting_key_once: (row) => row.key,
    posting_sequence_once: (row) =>
      row.sequence_key === null || row.sequence_number === null ? null : keyOf(row.sequence_key, row.sequence_number),
    posting_supersedes_key: (row) => row.supersedes,
    posting_reversed_once: (row) => row.reverses,
  },
  checks: {
    posting_kind_check: (row) => documentKinds.includes(row.kind),
    posting_state_check: (row) => postingStates.includes(row.state),
    sending_is_frozen: (row) => row.state !== "sending" || (row.envelope?.length ?? 0) > 0,
    confirmed_has_document: (row) => row.state !== "confirmed" || (row.document ?? "") !== "",
    final_closes: (row) => (row.kind === "final-confirmation") === (row.closes !== null),
    posting_supersedes_check: (row) => row.supersedes !== row.id,
    posting_reverses_check: (row) => row.reverses !== row.id,
    dismissed_in_doubt_is_dismissed: (row) => !row.dismissed_in_doubt || row.state === "dismissed",
    reversal_names_document: (row) => takesBack.has(row.kind) === (row.reverses !== null),
  },
  references: [
    { to: operationsRequest, of: (row) => row.request },
    { to: run, of: (row) => row.run },
    {
      // The table itself, which is not there yet while it is declared.
      get to() {
        return posting;
      },
      of: (row) => row.reverses,
    },
  ],
  indexes: {
    state: (row) => keyOf(row.erp, row.state),
    operation: (row) => keyOf(row.request, row.segment),
    request: (row) => row.request,
    run: (row) => row.run,
    sequence: (row) => row.sequence_key,
  },
  triggers: {
    posting_begins: (_, row, was) => was !== null || row.state === "planned" || row.state === "in-doubt",
    supersedes_its_like: (seen, row, was) => was !== null || row.supersedes === null || supersedesItsLike(seen, row),
    final_confirmation_once: (seen, row, was) =>
      was !== null || row.kind !== "final-confirmation" || !hasFinalConfirmation(seen, row),
    nothing_after_final: (seen, row, was) =>
      was !== null ||
      row.supersedes !== null ||
      !owed.has(row.kind) ||
      !seen
        .find(finality, "request", row.request)
        .some((decision) => decision.state !== "reopened" && decision.covers.includes(row.segment)),
    reversed_when_proven: (seen, row, was) =>
      was === null || row.state !== "reversed" || was.state === "reversed" || isReversed(seen, row.id),
    keyed_by_hand_is_decided: (seen, row, was) =>
      was === null ||
      row.state !== "sending" ||
      row.kind === "order-accepted" ||
      seen.find(handDocument, "open", row.request).length === 0,
    final_goes_last: (seen, row, was) => was === null || row.state !== "sending" || !wouldOvertake(seen, row),
    lanes_are_held: (seen, row, was) => !begins(row, was, "sending") || holdsItsLanes(seen, row),
    numbers_go_in_order: (seen, row, was) => !begins(row, was, "sending") || isNext(seen, row),
  },
  guards: {
    posting_is_kept: (_, _was, row) => row !== null,
    posting_life_cycle: (_, was, row) => row === null || mayBecome(was.state, row.state),
    reversal_stays: (_, _was, row) => row?.state !== "reversing" || row.reverses === null,
    posting_stays_itself: (_, was, row) => row === null || !differ(was, row, itself),
    document_is_kept: (_, was, row) =>
      row === null || !isThere.has(was.state) || was.document === null || was.document === row.document,
    number_is_kept: (_, was, row) => row === null || keepsItsNumber(was, row),
    frozen_stays_frozen: (_, was, row) =>
      row === null || was.envelope === null || isDeepStrictEqual(was.envelope, row.envelope),
    doubt_is_kept: (seen, was, row) =>
      row === null ||
      row.dismissed_in_doubt ||
      !(was.dismissed_in_doubt || (row.state === "dismissed" && was.state !== "dismissed" && isDoubted(seen, was))),
  },
});

/** Settled before the database was put back from a backup. */
export function isOlderThanRestore(seen: Seen, { settled_at, planned_at }: PostingColumns): boolean {
  const restoredAt = restoredAtOf(seen);
  return restoredAt !== null && (settled_at ?? planned_at) <= restoredAt;
}

function isDoubted(seen: Seen, row: PostingColumns): boolean {
  return mayHaveArrived({
    state: row.state,
    sentAt: row.sent_at,
    attempts: row.attempts,
    isDismissedInDoubt: row.dismissed_in_doubt,
    isOlderThanRestore: isOlderThanRestore(seen, row),
    fault: row.fault as Fault | null, // written by `settle`
  });
}

export type PostingLineColumns = {
  readonly posting: string;
  readonly fact: string;
  readonly kind: DocumentKind;
  readonly active: boolean;
};

export const postingLine = table<PostingLineColumns>({
  name: "posting_line",
  key: (row) => keyOf(row.posting, row.fact),
  unique: { posting_line_once: (row) => (row.active ? keyOf(row.fact, row.kind) : null) },
  references: [
    {
      to: posting,
      of: (row) => row.posting,
      name: "line_is_of_its_kind",
      fits: (row, other: PostingColumns) => row.kind === other.kind,
    },
    { to: fact, of: (row) => row.fact },
  ],
  triggers: { lines_come_first: (seen, row, was) => was !== null || isUnsent(seen, row.posting) },
  guards: {
    posting_line_is_kept: (_, _was, row) => row !== null,
    facts_are_held: (seen, was, row) => row === null || isStillItsLine(seen, was, row),
  },
  indexes: { posting: (row) => row.posting, fact: (row) => row.fact },
});

/** One that is not there is refused by its reference. */
function isUnsent(seen: Seen, id: string): boolean {
  const row = seen.get(posting, id);
  return !row || (row.envelope === null && (row.state === "planned" || row.state === "in-doubt"));
}

/** It speaks for the same, and lets go of it only when the ERP has nothing of it, or no longer has it. */
function isStillItsLine(seen: Seen, was: PostingLineColumns, row: PostingLineColumns): boolean {
  if (was.posting !== row.posting || was.fact !== row.fact || was.kind !== row.kind) return false;
  if (was.active === row.active) return true;
  const held = seen.get(posting, row.posting);
  return was.active && (held?.state === "reversed" || (held?.state === "dismissed" && !held.dismissed_in_doubt));
}

export const postingAttempt = table<{
  readonly posting: string;
  readonly number: number;
  readonly started_at: Instant;
  readonly ended_at: Instant | null;
  readonly outcome: string | null;
  readonly fault: unknown;
}>({
  name: "posting_attempt",
  key: (row) => keyOf(row.posting, row.number),
  references: [{ to: posting, of: (row) => row.posting }],
  indexes: { posting: (row) => row.posting },
});

export const lane: TableOf<LaneColumns> = table<LaneColumns>({
  name: "lane",
  key: (row) => row.key,
  guards: {
    lane_is_kept: (seen, was, row) => row !== null || !mayBeOnItsWay(seen, was.posting),
    lane_stays_itself: (_, was, row) => row === null || isDeepStrictEqual(was, row),
  },
  references: [{ to: posting, of: (row) => row.posting }],
  indexes: { posting: (row) => row.posting },
});

type LaneColumns = { readonly key: string; readonly posting: string };

/** After a restore everything is asked about before anything is sent: lanes are given back then. */
function mayBeOnItsWay(seen: Seen, id: string): boolean {
  const state = seen.get(posting, id)?.state;
  const isRecovering = (seen.get(siteState, "true")?.recovering_since ?? null) !== null;
  return (state === "sending" || state === "in-doubt") && !isRecovering;
}

export type FinalityColumns = {
  readonly id: string;
  readonly request: string;
  readonly segment: string;
  readonly number: number;
  readonly state: FinalityState;
  readonly covers: readonly string[];
  readonly decided_at: Instant;
  readonly decided_by: DecidedBy;
  readonly posting: string | null;
  readonly reopened_at: Instant | null;
  readonly reopened_by: DecidedBy | null;
  readonly reversal: string | null;
  readonly version: number;
};

const decided = ["id", "request", "segment", "number", "covers", "decided_at", "decided_by", "posting"] as const;

function standsAsDecided(was: FinalityColumns, row: FinalityColumns): boolean {
  const step = `${was.state}>${row.state}`;
  return !differ(was, row, decided) && (was.state === row.state || decisionSteps.has(step));
}

const decisionSteps: ReadonlySet<string> = new Set(["final>reopening", "reopening>reopened"]);

/** Its final confirmation. */
function stands(seen: Seen, id: string): boolean {
  const state = seen.get(posting, id)?.state;
  return state !== undefined && state !== "dismissed" && state !== "reversed";
}

export const finality: TableOf<FinalityColumns> = table<FinalityColumns>({
  name: "finality",
  key: (row) => row.id,
  unique: {
    finality_number_once: (row) => keyOf(row.request, row.segment, row.number),
    finality_once: (row) => (row.state === "reopened" ? null : keyOf(row.request, row.segment)),
  },
  checks: {
    finality_number_check: (row) => row.number > 0,
    finality_state_check: (row) => finalityStates.includes(row.state),
    covers_itself: (row) => row.covers.includes(row.segment),
    reopened_by_somebody: (row) => row.state === "final" || (row.reopened_at !== null && row.reopened_by !== null),
  },
  triggers: {
    finality_begins: (_, row, was) => was !== null || row.state === "final",
    reopened_when_nothing_stands: (seen, row, was) =>
      was === null || row.state !== "reopened" || was.state === "reopened" || !stands(seen, row.posting ?? ""),
  },
  guards: {
    finality_is_kept: (_, _was, row) => row !== null,
    finality_stays_itself: (_, was, row) => row === null || standsAsDecided(was, row),
  },
  references: [{ to: operationsRequest, of: (row) => row.request }],
  indexes: { request: (row) => row.request, state: (row) => row.state },
});

export type CorrectionColumns = {
  readonly id: number;
  readonly erp: string;
  readonly request: string;
  readonly segment: string;
  readonly run: string;
  readonly kind: OwedKind;
  readonly posting_date: LocalDate;
  readonly cause: CorrectionCause;
  readonly facts: readonly string[];
  readonly state: "open" | "asked" | "done";
  readonly opened_at: Instant;
  readonly settled_at: Instant | null;
};

export const correction = table<CorrectionColumns>({
  name: "correction",
  key: (row) => String(row.id),
  unique: {
    correction_open_once: (row) => (row.state === "open" ? keyOf(row.run, row.kind, row.posting_date) : null),
  },
  checks: {
    correction_kind_check: (row) => owed.has(row.kind),
    correction_state_check: (row) => ["open", "asked", "done"].includes(row.state),
    correction_settled: (row) => (row.state === "open") === (row.settled_at === null),
  },
  references: [
    { to: operationsRequest, of: (row) => row.request },
    { to: run, of: (row) => row.run },
  ],
  indexes: {
    open: (row) => (row.state === "open" ? row.erp : null),
    asked: (row) => (row.state === "asked" ? row.request : null),
    operation: (row) => keyOf(row.request, row.segment),
    latest: (row) => keyOf(row.run, row.kind, row.posting_date),
  },
});
