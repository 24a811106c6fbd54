/** An outbox in memory: what the database does for delivery, with the faults that a database has. */
import type { Clock } from "../../base/clock.ts";
import type { Instant } from "../../base/instant.ts";
import type { Fault } from "../../base/result.ts";
import { documentKinds, longestWaitMs, type DocumentKind, type PostingState } from "../../record/posting.ts";
import type { ClaimedPosting, DeliveryPort, Room, SentAttempt, Taken } from "../delivery.ts";
import type { Decision } from "../settlement.ts";

export interface KeptPosting extends Omit<ClaimedPosting, "state"> {
  state: PostingState;
  attempts: number;
  sentAt: Instant | null;
  askedAbsent: number;
  dueAt: Instant;
  parked: boolean;
  fault: Fault | null;
  document: string | null;
  readonly lanes: readonly string[];
}

/** `lost`: it commits, and the answer is lost. `away`: it does not answer. */
export type DatabaseFault = "lost" | "away";

export interface DatabaseFaults {
  readonly take?: readonly (DatabaseFault | null)[];
  readonly settle?: readonly (DatabaseFault | null)[];
}

export class MemoryOutbox implements DeliveryPort {
  readonly postings: KeptPosting[] = [];
  readonly laneHolders = new Map<string, string>();
  readonly settled: Decision[] = [];
  /** Outcomes of these it never takes: something in what the ERP said cannot be stored. */
  readonly refusesOutcomeOf = new Set<string>();
  /** How often it was looked for something to do. */
  looks = 0;
  /** When the role of sending was taken, by the monotonic clock. */
  takenMs = 0;
  /** When it was last heard of whoever delivers, on the monotonic clock. */
  heardAt = 0;
  readonly #clock: Clock;
  readonly #faults: { take: (DatabaseFault | null)[]; settle: (DatabaseFault | null)[] };

  /** @param faults what the database does wrong at the first, second … call; then nothing */
  constructor(clock: Clock, { take = [], settle = [] }: DatabaseFaults = {}) {
    this.#clock = clock;
    this.#faults = { take: [...take], settle: [...settle] };
  }

  add(
    key: string,
    change: Partial<Pick<KeptPosting, "kind" | "lanes" | "state" | "attempts" | "recut">> = {},
  ): KeptPosting {
    const kind: DocumentKind = change.kind ?? documentKinds[1];
    const posting: KeptPosting = {
      id: `id-${key}`,
      key,
      state: "planned",
      attempts: 0,
      sentAt: null,
      askedAbsent: 0,
      envelope: { key, kind, bytes: new TextEncoder().encode(key) },
      dueAt: this.#clock.now(),
      parked: false,
      fault: null,
      document: null,
      lanes: [],
      kind,
      ...change,
    };
    this.postings.push(posting);
    return posting;
  }

  /** The next time that it is looked. */
  failsToTake(fault: DatabaseFault): void {
    this.#faults.take.unshift(fault);
  }

  async renew(): Promise<void> {
    this.heardAt = this.#clock.monotonicMs();
  }

  async take({ calls, questions }: Room): Promise<Taken> {
    await this.renew();
    this.looks += 1;
    const fault = this.#faults.take.shift();
    if (fault === "away") throw new Error("the database is away");
    const doubtful = this.#doubtful(questions);
    const claimed = this.#claim(calls - doubtful.length);
    if (fault === "lost") throw new Error("the connection was lost while it committed");
    const isAll = (questions === 0 || doubtful.length < questions) && doubtful.length + claimed.length < calls;
    const taken = doubtful.length + claimed.length;
    return { epoch: 1, doubtful, claimed, waitMs: !isAll ? 0 : taken > 0 ? null : this.#untilDue() };
  }

  #claim(limit: number): readonly ClaimedPosting[] {
    const now = this.#clock.now();
    const due = this.postings.filter((p) => this.#isDue(p, now));
    const claimed: KeptPosting[] = [];
    for (const posting of due) {
      if (claimed.length >= limit || posting.lanes.some((lane) => this.laneHolders.has(lane))) continue;
      for (const lane of posting.lanes) this.laneHolders.set(lane, posting.id);
      Object.assign(posting, {
        state: "sending",
        attempts: posting.attempts + 1,
        sentAt: now,
        parked: false,
        fault: null,
      });
      claimed.push(posting);
    }
    return claimed.map((p) => ({ ...p }));
  }

  #isDue({ state, parked, dueAt }: KeptPosting, now: Instant): boolean {
    return (state === "planned" || (state === "refused" && parked)) && hasCome(dueAt, now);
  }

  async settle(decisions: readonly Decision[]): Promise<void> {
    const fault = this.#faults.settle.shift();
    if (fault === "away") throw new Error("the database is away");
    if (decisions.some(({ id }) => this.refusesOutcomeOf.has(id)))
      throw new Error("unsupported Unicode escape sequence");
    for (const decision of decisions) {
      const posting = this.postings.find((p) => isMeant(p, decision));
      if (!posting) continue;
      this.settled.push(decision);
      const { to: state, askedAbsent, parked, fault: said, document, dueAt } = decision;
      Object.assign(posting, {
        state,
        askedAbsent,
        parked,
        fault: said,
        document: document?.number ?? posting.document,
      });
      posting.dueAt = dueAt ?? posting.dueAt;
      if (!decision.releasesLanes) continue;
      for (const [lane, holder] of this.laneHolders) if (holder === posting.id) this.laneHolders.delete(lane);
    }
    if (fault === "lost") throw new Error("the connection was lost while it committed");
  }

  async abandon(inFlight: readonly SentAttempt[]): Promise<void> {
    const isHeld = (p: KeptPosting): boolean => inFlight.some((h) => h.id === p.id && h.attempt === p.attempts);
    for (const posting of this.postings) {
      if (posting.state !== "sending" || isHeld(posting)) continue;
      Object.assign(posting, { state: "in-doubt", askedAbsent: 0, dueAt: this.#clock.now() });
    }
  }

  #doubtful(limit: number): readonly ClaimedPosting[] {
    const now = this.#clock.now();
    const due = this.postings.filter((p) => p.state === "in-doubt" && hasCome(p.dueAt, now)).slice(0, limit);
    for (const posting of due) Object.assign(posting, { dueAt: now + 60_000 });
    return due.map((p) => ({ ...p }));
  }

  /** Whether the right to deliver is ours in the moment in which a call is connected. */
  isOurs = true;

  mayLeave(): boolean {
    return this.isOurs;
  }

  aloneSinceMs(): number {
    return this.takenMs;
  }

  #untilDue(): number | null {
    const now = this.#clock.now();
    const next = this.postings.filter((p) => p.dueAt > now && p.state !== "confirmed").map((p) => p.dueAt - now);
    return next.length > 0 ? Math.min(...next) : null;
  }
}

function hasCome(dueAt: Instant, now: Instant): boolean {
  return dueAt <= now || dueAt > now + longestWaitMs;
}

function isMeant(posting: KeptPosting, { id, from, attempt }: Decision): boolean {
  return posting.id === id && posting.state === from && posting.attempts === attempt;
}
