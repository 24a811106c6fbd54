/**
 * What the flows need from the store. One transaction, one set of repositories; everything a flow writes commits
 * together or not at all. Implemented over PostgreSQL in `store/`.
 */
import type { AccessRepositories } from "../access/ports.ts";
import type { MicroPart } from "../base/exact-micro.ts";
import type { Instant, LocalDate } from "../base/instant.ts";
import type { Quantity } from "../base/quantity.ts";
import type { Decision } from "../exchange/settlement.ts";
import type { JobOrder } from "../isa95/schedule/job-order.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import type { JobResponse } from "../isa95/response/job-response.ts";
import type { NoticeRepository } from "../notice/ports.ts";
import type { HeldUse } from "../operations/tracking/levelling.ts";
import type { Command, CommandOutcome } from "../record/command.ts";
import type { Fact, UnitGrade } from "../record/fact.ts";
import type { Account, Movement } from "../record/movement.ts";
import type { DocumentKind, OwedKind, Posting, PostingContent, PostingState } from "../record/posting.ts";
import type { CollectorRepository } from "./collector-ports.ts";
import type { AttentionRepository } from "./attention-ports.ts";
import type { FinalityRepository } from "./finality-ports.ts";
import type { InstructionRepository } from "./instruction-ports.ts";
import type { InboxRepository } from "./order-ports.ts";
import type { RetentionRepository } from "./retention-ports.ts";
import type { ReconcileRepositories } from "./reconciliation-ports.ts";
import type { SiteRepository } from "./site-ports.ts";
import type { ReportRepositories } from "./statement-ports.ts";
import type { CorrectionRepository } from "./correction-ports.ts";
import type { ConversationRepositories } from "./conversation-ports.ts";
import type { MasterDataRepositories } from "./master-data-ports.ts";
import type { DecisionRepository } from "./decision-ports.ts";

export type { ConfigRepository, ConfigStore, ConfigVersion } from "./config-port.ts";
export type { InstructionRepository } from "./instruction-ports.ts";
export type { LeaseHolder } from "./lease.ts";
export type { FieldChange, HeldThing, MasterDataRepository, Refusal, StatedBy } from "./master-data-ports.ts";
export type { ShownResponse } from "./conversation-ports.ts";
export type { SiteRepository } from "./site-ports.ts";

export interface Store {
  /**
   * One transaction. A throw rolls back; a serialization failure, deadlock or connection lost before commit runs it again.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

export interface Tx
  extends
    AccessRepositories,
    ReportRepositories,
    ReconcileRepositories,
    ConversationRepositories,
    MasterDataRepositories {
  readonly commands: CommandRepository;
  readonly collectors: CollectorRepository;
  readonly facts: FactRepository;
  readonly runs: RunRepository;
  readonly requests: RequestRepository;
  readonly jobOrders: JobOrderRepository;
  readonly inbox: InboxRepository;
  readonly ledger: LedgerRepository;
  readonly postings: PostingRepository;
  readonly finalities: FinalityRepository;
  readonly instructions: InstructionRepository;
  readonly attention: AttentionRepository;
  readonly notices: NoticeRepository;
  readonly decisions: DecisionRepository;
  readonly corrections: CorrectionRepository;
  readonly site: SiteRepository;
  readonly status: StatusRepository;
  readonly retention: RetentionRepository;
}

/** Decisions of people, each once; see `command.ts`, which is the only user. */
export interface CommandRepository {
  /** Waits for another transaction that claims the same id. @returns false when the id is taken */
  claim(command: Command & { readonly hash: string }, at: Instant): Promise<boolean>;
  /** `outcome` is null while the transaction that claimed it has not settled it. */
  get(id: string): Promise<{ readonly hash: string; readonly outcome: CommandOutcome | null } | null>;
  /** @throws when it is not claimed, or was settled before */
  settle(id: string, outcome: CommandOutcome): Promise<void>;
}

export interface FactRepository {
  /** A fact that is there already is the same statement and is left as it is. @returns the ids of the new ones */
  append(facts: readonly Fact[], recordedAt: Instant): Promise<ReadonlySet<string>>;
  /** Facts of a source whose event is after `position`; all for null. */
  after(source: string, position: Instant | null): Promise<readonly Fact[]>;
  /** Counted facts of a run and of those in whose place it stands, of which no active posting speaks; by event time. */
  owed(run: string, kind: OwedKind): Promise<readonly Fact[]>;
  /** What is held to be true of a run: facts that were not taken back, without corrections, in order of event time. */
  standing(run: string): Promise<readonly Fact[]>;
  /** What people count holds of the runs in whose place this one stands; it stays with the run that they counted. */
  leftByPeople(run: string): Promise<readonly Fact[]>;
  /**
   * What runs, and those in whose place they stand, hold as used by bill: sums for each quarter of an hour, of which the days
   * of every time zone are made.
   */
  usedByBill(runs: readonly string[]): Promise<readonly HeldUse[]>;
}

export interface RunRow extends JobResponse {
  readonly outside: boolean;
}

/** A run as the store holds it, with what a person has decided about it. */
export interface HeldRun extends RunRow {
  readonly decided: "assigned" | "dismissed" | null;
  /** How often a person has moved it between orders. */
  readonly assignment: number;
  /** The run that a later reading of the machine has put in its place. */
  readonly heir: string | null;
  /** While it goes on: what it owes of the posting dates before this one is planned; null: nobody has looked yet. */
  readonly plannedBefore: LocalDate | null;
  readonly version: number;
}

/** What a person decides about a run. */
export type RunDecision = Pick<HeldRun, "jobOrder" | "decided" | "assignment">;

export interface RunRepository {
  /** A run that is there already stays as it is, unless its start was taken back: then it begins anew. */
  begin(run: RunRow, stored: { readonly was: boolean; readonly because: string | null }): Promise<void>;
  end(id: string, at: Instant, result: string): Promise<void>;
  /** Takes the end back: a later reading says that the run goes on. */
  reopen(id: string): Promise<void>;
  /** Locked. Runs that are not there are left out. */
  lock(ids: readonly string[]): Promise<readonly HeldRun[]>;
  openCount(jobOrder: string): Promise<number>;
  /** Those of a source that are not over, in order of their start. */
  openOf(source: string): Promise<readonly RunRow[]>;
  decide(id: string, decision: RunDecision): Promise<void>;
  /**
   * Runs of a job that were taken back, about which something was decided, said or posted, and in whose place none
   * stands; locked.
   */
  forsaken(
    of: Pick<RunRow, "source" | "job" | "article">,
  ): Promise<readonly { readonly run: HeldRun; readonly lastEventAt: Instant }[]>;
  /** Another run stands in its place; null: none any more. */
  putInPlace(id: string, heir: string | null): Promise<void>;
  /** How far its days are planned; whoever reopens it, or begins it anew, forgets it. */
  planned(id: string, before: LocalDate | null): Promise<void>;
  /** All runs of an order's job orders. Locked, in order of id. */
  ofRequest(request: string): Promise<readonly HeldRun[]>;
}

export interface RequestRow {
  readonly request: OperationsRequest;
  readonly version: number;
}

export interface RequestRepository {
  lock(id: string): Promise<RequestRow | null>;
  get(ids: readonly string[]): Promise<readonly OperationsRequest[]>;
  /** Ids of the orders with this id, or with this number in any ERP or company. */
  find(number: string): Promise<readonly string[]>;
  /** Writes a new one, or a new version over `from`. */
  save(request: OperationsRequest, from: RequestRow | null, at: Instant): Promise<void>;
}

/** None for a grade whose amount is whole millionths. */
export type CountParts = Readonly<Partial<Record<UnitGrade, MicroPart>>>;

export interface JobOrderRow {
  readonly jobOrder: JobOrder;
  readonly goodMicro: bigint;
  readonly scrapMicro: bigint;
  readonly reworkMicro: bigint;
  /** What was counted in other units beyond whole millionths. */
  readonly countParts: CountParts;
  readonly runsEnded: number;
}

export interface JobOrderRepository {
  /** Writes new ones; one whose id is there already takes that one's place, and its counts stay. */
  insert(jobOrders: readonly JobOrder[]): Promise<void>;
  /** All of an order, locked, in order of id. */
  ofRequest(request: string): Promise<readonly JobOrderRow[]>;
  /** All of an order as they were committed, in order of id; nobody is waited for, and nobody waits. */
  readRequest(request: string): Promise<readonly JobOrderRow[]>;
  /** All parts of these operations, locked, in order of id. */
  ofOperations(operations: readonly Pick<JobOrder, "request" | "segment">[]): Promise<readonly JobOrderRow[]>;
  /** Those a machine could mean by job and article, in dispatch order. */
  named(workCenter: string, job: string, article: string): Promise<readonly JobOrderRow[]>;
  /** Locked, in order of id. */
  lock(ids: readonly string[]): Promise<readonly JobOrderRow[]>;
  /** Each once. @throws when the version of one has moved */
  save(rows: readonly JobOrderRow[]): Promise<void>;
  /**
   * Ready ones for a work unit, up to `limit`, then those of the given ids whatever their state; each once, both in dispatch
   * order, in which what has run already comes last.
   */
  dispatchable(
    workCenter: string,
    workUnit: string,
    limit: number,
    also: readonly string[],
  ): Promise<readonly JobOrderRow[]>;
}

export interface LedgerRepository {
  /** Locked balances of real accounts; an account that is not there has nothing. */
  lockBalances(
    places: readonly { account: Account; material: string; lot: string | null; uom: string }[],
  ): Promise<ReadonlyMap<string, bigint>>;
  append(movements: readonly Movement[], recordedAt: Instant): Promise<void>;
  /** Movements of these facts that nothing has taken back. */
  ofFacts(facts: readonly string[]): Promise<readonly Movement[]>;
  /** Places whose balance is not what their movements add up to, the first of them; reads all movements. */
  different(limit: number): Promise<readonly DifferentBalance[]>;
}

export interface DifferentBalance {
  readonly account: string;
  readonly material: string;
  readonly lot: string | null;
  readonly uom: string;
  readonly balanceMicro: bigint;
  /** The sum of its movements. */
  readonly movedMicro: bigint;
}

export interface NewPosting {
  readonly id: string;
  readonly key: string;
  readonly erp: string;
  readonly kind: DocumentKind;
  readonly request: string;
  readonly segment: string;
  readonly run: string | null;
  readonly content: PostingContent;
  readonly facts: readonly string[];
  readonly lanes: readonly string[];
  readonly sequenceKey: string | null;
  /** See `Posting`; left out: none. */
  readonly closes?: readonly string[];
  /** The posting whose document it takes back: exactly for reversals. */
  readonly reverses?: string;
}

/** A posting with what the worker needs. */
export interface PostingRow extends Posting {
  readonly envelope: Uint8Array | null;
  readonly sentAt: Instant | null;
  readonly askedAbsent: number;
  readonly askedAt: Instant | null;
  readonly epoch: number;
  readonly traceId: string;
}

/** What became of a posting, to be committed. */
export type Settlement = Decision;

export interface MadePosting {
  readonly key: string;
  readonly kind: DocumentKind;
  readonly state: PostingState;
  readonly postingDate: string;
}

/** One of another run. */
export interface BesidePosting {
  readonly state: "in-doubt" | "needs-person";
  readonly postingDate: string;
  /** It was planned before. */
  readonly isBefore: boolean;
}

export interface PostingRepository {
  /** Plans postings; their keys and lines are unique in the database. `inDoubt`: the ERP is asked before the first send. */
  plan(postings: readonly NewPosting[], at: Instant, inDoubt: boolean): Promise<void>;
  /** Dismisses planned ones of which no attempt was ever made and that speak for one of the facts: theirs are owed again. */
  withdrawUnsent(facts: readonly string[], at: Instant): Promise<void>;
  /** Postings made before for a run, in the order in which they were planned; what supersedes one is not counted. */
  made(run: string): Promise<readonly MadePosting[]>;
  /**
   * Of the same operation and kind as this one, and of other runs of its machine: those that are with a person, and those in
   * doubt of which the ERP has not said after its settle time that it does not have them.
   */
  unsureBeside(posting: string): Promise<readonly BesidePosting[]>;
  /** Issued per requirement of a request by active postings, in the units in which it travelled. */
  issued(request: string): Promise<readonly { readonly requirement: string; readonly quantity: Quantity }[]>;
  /**
   * Due ones whose lanes and predecessors are free; locked. Of each queue, that is of what shares an order, a kind, all lanes
   * and a sequence, the first. Orders take turns, by their ids: those after the order `after` come first; within an order
   * the earliest.
   */
  due(erp: string, at: Instant, limit: number, after?: string): Promise<readonly PostingRow[]>;
  /** Takes the lanes of a posting. @returns ids of the postings that got all of theirs */
  takeLanes(postings: readonly { id: string; lanes: readonly string[] }[]): Promise<readonly string[]>;
  /** Freezes the bytes and commits to sending. */
  beginSending(
    sent: readonly { id: string; envelope: Uint8Array; attempt: number }[],
    epoch: number,
    at: Instant,
  ): Promise<void>;
  /** @returns ids that were still in the expected state, attempt and epoch */
  settle(settlements: readonly Settlement[], epoch: number, at: Instant): Promise<readonly string[]>;
  /** In doubt and due to be asked about; nobody else gets them before `until`, and no answer of an older epoch counts. */
  doubtful(erp: string, at: Instant, until: Instant, limit: number, epoch: number): Promise<readonly PostingRow[]>;
  /** Everything of an earlier epoch that was being sent is in doubt now. @returns how many */
  doubtOlder(erp: string, epoch: number, at: Instant): Promise<number>;
  /** What this epoch is sending and is none of these attempts is in doubt now: nobody sends it. @returns how many */
  doubtAbandoned(
    erp: string,
    epoch: number,
    inFlight: readonly { readonly id: string; readonly attempt: number }[],
    at: Instant,
  ): Promise<number>;
  /**
   * What is to be sent again although it may be in the ERP, and may not leave because somebody still has to decide what was
   * keyed by hand for its order, is in doubt now: it is asked about instead. @returns how many
   */
  doubtHeld(erp: string, epoch: number, at: Instant): Promise<number>;
  /** Parked ones whose time has come are planned again. @returns how many */
  unpark(erp: string, at: Instant): Promise<number>;
  /** The next time after `now` at which something becomes due by itself. */
  nextDue(erp: string, now: Instant): Promise<Instant | null>;
  /** Locked until the transaction ends. */
  lock(id: string): Promise<PostingRow | null>;
  /**
   * A decision moves a locked posting on; dismissed and reversed ones let go of their facts unless they keep them.
   *
   * @throws when it has moved
   */
  move(posting: PostingRow, to: PostingState, at: Instant, facts?: "kept"): Promise<void>;
}

export interface OutboxCounts {
  readonly pending: number;
  readonly inDoubt: number;
  /** Refused for good, or waiting for a person. */
  readonly refused: number;
  /** Refused for a cause that can go away; tried again by itself. */
  readonly parked: number;
}

/** A decision on an operation that is not carried out in the ERP yet. */
export interface WaitingFinal {
  readonly order: string;
  readonly segment: string;
  readonly state: "final" | "reopening";
  /** What the ERP is still to be told. */
  readonly posting: { readonly kind: DocumentKind; readonly key: string; readonly state: PostingState } | null;
  readonly fault: string | null;
  /** Postings that are not settled and hold the final confirmation back. */
  readonly heldBy: readonly {
    readonly kind: DocumentKind;
    readonly key: string;
    readonly segment: string;
    readonly state: PostingState;
    readonly parked: boolean;
    readonly fault: string | null;
  }[];
}

export interface StatusRepository {
  finals(limit: number): Promise<readonly WaitingFinal[]>;
  outbox(): Promise<OutboxCounts>;
  attention(): Promise<{ readonly quarantine: number; readonly questions: number; readonly instructions: number }>;
}
