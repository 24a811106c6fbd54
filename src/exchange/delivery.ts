/**
 * Delivers postings to one ERP: takes what is due, sends it, settles what became of it, and asks about what is in
 * doubt. `sending` is committed before the first byte leaves; no transaction is held over a call.
 */
import type { Clock } from "../base/clock.ts";
import { makeFault } from "../base/result.ts";
import type { Envelope, ErpSession, PushOutcome } from "../erp/connector.ts";
import { isSentAgain } from "../record/posting.ts";
import type { Probe } from "../record/probe.ts";
import {
  afterAsking,
  afterAskingBeside,
  afterPush,
  askFailed,
  mayResend,
  resendDecision,
  type Decision,
  type Sent,
} from "./settlement.ts";

export interface ClaimedPosting extends Sent {
  readonly envelope: Envelope;
  /** Of what the ERP may have under other keys; null or left out: under its own alone. */
  readonly recut?: Recut | null;
}

/** Before a restore the facts of a posting may have been cut into documents otherwise. */
export interface Recut {
  /**
   * Of the postings before it, of the same run, kind and day, or of another run of the operation at its machine: one is in
   * doubt, or the ERP has it with other content.
   */
  readonly earlier: "settled" | "in-doubt" | "differs";
  /** Under the keys that would come next, which no posting here has. */
  readonly next: readonly Envelope[];
}

/** One attempt of a posting: the outcome of an older one says nothing about a newer one. */
export interface SentAttempt {
  readonly id: string;
  readonly attempt: number;
}

/** So many calls may begin now. */
export interface Room {
  readonly calls: number;
  /** Of these so many questions at most. */
  readonly questions: number;
}

export interface Taken {
  /** Of the right to deliver under which it was taken. */
  readonly epoch: number;
  /** In doubt, and their time to be asked has come. */
  readonly doubtful: readonly ClaimedPosting[];
  /** Due, each with its lanes: `sending` is committed with the frozen bytes. */
  readonly claimed: readonly ClaimedPosting[];
  /** 0: more can be there already. Where nothing was taken, milliseconds until something can become due by itself. Else null. */
  readonly waitMs: number | null;
}

export interface DeliveryPort {
  /** Says that we live, where nothing is taken: all calls that we may make are under way. */
  renew(): Promise<void>;
  /** Takes what there is to do, in one transaction: an ERP that rests costs one for each look. */
  take(room: Room): Promise<Taken>;
  /** Commits what became of postings, all in one transaction. */
  settle(decisions: readonly Decision[]): Promise<void>;
  /**
   * After a look whose answer was lost: what is being sent in our name and is not among these attempts is in doubt,
   * because nobody sends it.
   */
  abandon(inFlight: readonly SentAttempt[]): Promise<void>;
  /** By the monotonic clock: what anybody else has sent left before this. Asked for once something was given out. */
  aloneSinceMs(): number;
  /**
   * Whether what was taken under this epoch may leave now: by the time that a call is connected another process may have
   * the role, or have had it, and sent the same.
   */
  mayLeave(epoch: number): boolean;
}

export interface DeliveryOptions {
  readonly session: ErpSession;
  readonly port: DeliveryPort;
  readonly clock: Clock;
  /** What the database would not do, and why. */
  readonly log: (line: string, cause: unknown) => void;
  readonly probe?: Probe;
  /** So often it is looked whether something is due although nobody has said so; a second when left out. */
  readonly idleMs?: number;
}

export interface Delivery {
  /** Something may be due: look at once. */
  wake(): void;
  /** Resolves when the signal is aborted and everything in flight is settled. */
  readonly ended: Promise<void>;
}

const claimMax = 64;
const idleMsUsual = 1_000;

export function startDelivery(options: DeliveryOptions, signal: AbortSignal): Delivery {
  const worker = new Worker(options, signal);
  return { wake: () => worker.wake(), ended: worker.run() };
}

class Worker {
  readonly #options: DeliveryOptions;
  readonly #signal: AbortSignal;
  /** Id to the attempt that is on its way, or asked about. */
  readonly #inFlight = new Map<string, number>();
  /** Questions on their way. */
  #asking = 0;
  /** With one call at a time, the last one was a question. */
  #isSendsTurn = false;
  /** When what is in doubt has left, on the monotonic clock: settle times are not measured on a wall. */
  readonly #leftAt = new Map<string, { readonly attempt: number; readonly ms: number }>();
  /** A look failed: the database may have committed it all the same. */
  #isUnsure = false;
  #decided: Decision[] = [];
  /** On their way into the database. */
  #settled: readonly Decision[] = [];
  #settling: Promise<void> | null = null;
  #wake: (() => void) | null = null;
  #isAwake = false;

  constructor(options: DeliveryOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.wake(), { once: true });
  }

  wake(): void {
    this.#isAwake = true;
    this.#wake?.();
  }

  async run(): Promise<void> {
    const { clock, log } = this.#options;
    let failures = 0;
    while (!this.#signal.aborted) {
      try {
        this.#isAwake = false;
        const waitMs = await this.#begin();
        failures = 0;
        if (waitMs !== 0) await this.#rest(waitMs);
      } catch (error) {
        failures += 1;
        this.#isUnsure = true;
        log("Postings wait.", error);
        await clock.sleep(Math.min(10_000, 200 * 2 ** Math.min(6, failures)), this.#signal);
      }
    }
    while (this.#inFlight.size > 0 || this.#settling) await (this.#settling ?? clock.sleep(5));
  }

  /** @returns {@link Taken.waitMs} */
  async #begin(): Promise<number | null> {
    const { session, port } = this.#options;
    if (this.#isUnsure) {
      const inFlight = [...this.#inFlight].map(([id, attempt]) => ({ id, attempt }));
      await port.abandon([...inFlight, ...this.#unsettled()]);
      this.#isUnsure = false;
    }
    const free = Math.min(claimMax, session.traits.concurrency - this.#inFlight.size);
    if (free <= 0) {
      await port.renew();
      return null;
    }
    const questions = Math.min(free, this.#questionsMax());
    const taken = await port.take({ calls: free, questions });
    // Whose call takes longer than it was lent for is lent again: it comes back once that call has ended.
    for (const posting of taken.doubtful) if (!this.#inFlight.has(posting.id)) void this.#ask(posting);
    for (const posting of taken.claimed) void this.#send(posting, taken.epoch);
    const wasPassedOver = this.#isSendsTurn && taken.claimed.length === 0;
    this.#isSendsTurn = session.traits.concurrency === 1 && taken.doubtful.length > 0;
    return wasPassedOver ? 0 : taken.waitMs;
  }

  /** Half of all calls at most, or each second one: an ERP that is slow to answer still gets what is due. */
  #questionsMax(): number {
    const half = Math.floor(this.#options.session.traits.concurrency / 2);
    return this.#isSendsTurn ? 0 : Math.max(0, Math.max(1, half) - this.#asking);
  }

  /** What the ERP has answered and the database does not know yet. */
  #unsettled(): readonly SentAttempt[] {
    return [...this.#settled, ...this.#decided];
  }

  async #send(posting: ClaimedPosting, epoch: number): Promise<void> {
    this.#inFlight.set(posting.id, posting.attempts);
    const { session, clock, port } = this.#options;
    const pushed = session
      .push(posting.envelope, neverAborted, () => port.mayLeave(epoch))
      .catch((error: unknown) => unforeseen(error));
    await this.#options.probe?.("posting-sending", `${posting.kind} ${posting.key}`);
    const outcome = await pushed;
    // Counted from the end of the call: until then a proxy may have held it. One that was overtaken says nothing of the next.
    if (this.#inFlight.get(posting.id) === posting.attempts)
      this.#leftAt.set(posting.id, { attempt: posting.attempts, ms: clock.monotonicMs() });
    this.#settle(afterPush(posting, outcome, clock.now()));
  }

  async #ask(posting: ClaimedPosting): Promise<void> {
    this.#inFlight.set(posting.id, posting.attempts);
    const { session, clock } = this.#options;
    // As it was when the question left: what arrived later can have been overlooked.
    const waitedMs = clock.monotonicMs() - this.#leftMs(posting);
    let decision: Decision;
    this.#asking += 1;
    try {
      decision = mayResend(posting, session.traits)
        ? resendDecision(posting, clock.now())
        : await this.#asked(posting, waitedMs);
    } catch (error) {
      decision = askFailed(posting, error, session.traits, { now: clock.now(), waitedMs });
    }
    this.#asking -= 1;
    this.#settle(decision);
  }

  async #asked(posting: ClaimedPosting, waitedMs: number): Promise<Decision> {
    const { session, clock } = this.#options;
    const answer = await session.resolve(posting.envelope, neverAborted);
    const decision = afterAsking(posting, answer, session.traits, { now: clock.now(), waitedMs });
    const isBelieved = decision.to === "planned" || decision.to === "refused";
    if (answer.outcome !== "absent" || !isBelieved || !posting.recut) return decision;
    const { earlier, next } = posting.recut;
    if (earlier !== "settled") return afterAskingBeside(posting, earlier, session.traits, clock.now());
    for (const envelope of next) {
      const other = await session.resolve(envelope, neverAborted);
      if (other.outcome !== "absent") return afterAskingBeside(posting, other, session.traits, clock.now());
    }
    return decision;
  }

  #leftMs({ id, attempts }: ClaimedPosting): number {
    const left = this.#leftAt.get(id);
    // Another process may have sent it long after this one began, which stood by.
    return left?.attempt === attempts ? left.ms : this.#options.port.aloneSinceMs();
  }

  /** Outcomes that come while one commit runs go into the next. */
  #settle(decision: Decision): void {
    const { id, attempt } = decision;
    // A later attempt may be on its way already.
    if (this.#inFlight.get(id) === attempt) this.#inFlight.delete(id);
    // What is sent again may be asked about before it has left anew.
    const isDoubtful = decision.to === "in-doubt" || (decision.to === "planned" && isSentAgain(decision));
    if (!isDoubtful && this.#leftAt.get(id)?.attempt === attempt) this.#leftAt.delete(id);
    this.#decided.push(decision);
    this.#settling ??= this.#flush();
  }

  async #flush(): Promise<void> {
    const { port, clock, log } = this.#options;
    await Promise.resolve();
    let failures = 0;
    let isOneByOne = false;
    while (this.#decided.length > 0) {
      const batch = this.#decided.splice(0, isOneByOne ? 1 : 256);
      this.#settled = batch;
      try {
        await port.settle(batch);
        failures = 0;
        this.wake();
      } catch (error) {
        // What the ERP answered is known here only: it is kept until the database has it. One that the database will
        // not have keeps back no other one.
        this.#decided.push(...batch);
        failures += 1;
        isOneByOne ||= failures >= 3;
        log("Outcomes of postings wait.", error);
        await clock.sleep(Math.min(10_000, 200 * 2 ** Math.min(6, failures)));
        if (this.#signal.aborted && failures > 3) break;
      } finally {
        this.#settled = [];
      }
    }
    this.#settling = null;
  }

  async #rest(waitMs: number | null): Promise<void> {
    // Something may have come while the database was asked.
    if (this.#isAwake || this.#signal.aborted) return;
    const { idleMs = idleMsUsual } = this.#options;
    const ms = this.#inFlight.size > 0 ? idleMs : Math.max(5, Math.min(idleMs, waitMs ?? idleMs));
    const slept = new AbortController();
    this.#wake = () => slept.abort("woken");
    await this.#options.clock.sleep(ms, slept.signal);
    this.#wake = null;
  }
}

/** A push in flight is waited for, even when we stop: its outcome is worth more than a quick end. */
const neverAborted = new AbortController().signal;

function unforeseen(error: unknown): PushOutcome {
  const message = "Sending ended in an unforeseen way; the ERP is asked whether it has the document.";
  return { outcome: "in-doubt", fault: makeFault("ambiguous", "exchange/push-failed", message, error) };
}
