/** An ERP that answers, refuses, loses replies and commits late; it knows every document that it ever made. */
import type { Clock } from "../../base/clock.ts";
import { makeFault, type Fault } from "../../base/result.ts";
import type { Envelope, ErpSession, ErpTraits, PushOutcome, ResolveOutcome } from "../../erp/connector.ts";

/**
 * - `lost-reply`   the document is made, the answer is lost
 * - `late`         the answer is lost, and the document is made only after a while (within the settle time)
 * - `slow`         the document is made, and the answer comes after a minute
 * - `lost-request` the request is lost; nobody here can tell
 * - `busy`         provably not applied · `refuse` for good · `park` refused for a cause that goes away
 * - `object`       nothing is made, and it answers as it does when it has the document already
 * - `break`        the connector throws
 */
export type PushFate =
  | "confirm"
  | "slow"
  | "lost-reply"
  | "late"
  | "lost-request"
  | "busy"
  | "refuse"
  | "park"
  | "object"
  | "break";
/** `slow`: after half a minute, that nobody can say. `long`: what it has, after longer than a question is lent for. */
export type AskFate = "answer" | "unknown" | "slow" | "long" | "break";

export const settleMs = 3_000;

export class FakeErp {
  /** Key → documents; more than one is what must never be. */
  readonly documents = new Map<string, string[]>();
  readonly pushes: string[] = [];
  readonly asks: string[] = [];
  readonly traits: ErpTraits;
  inFlight = 0;
  mostInFlight = 0;
  readonly #clock: Clock;
  readonly #pushFate: (key: string) => PushFate;
  readonly #askFate: (key: string) => AskFate;

  constructor(options: {
    readonly clock: Clock;
    readonly push?: (key: string) => PushFate;
    readonly ask?: (key: string) => AskFate;
    readonly traits?: Partial<ErpTraits>;
  }) {
    this.#clock = options.clock;
    this.#pushFate = options.push ?? (() => "confirm");
    this.#askFate = options.ask ?? (() => "answer");
    this.traits = { settleMs, idempotent: new Set(), concurrency: 4, ...options.traits };
  }

  /** What delivery uses of a session. */
  session(): ErpSession {
    const used: Pick<ErpSession, "push" | "resolve" | "traits"> = {
      traits: this.traits,
      push: (envelope, _, mayLeave) => this.#push(envelope, mayLeave),
      resolve: (envelope) => this.#resolve(envelope),
    };
    return used as ErpSession; // delivery calls nothing else
  }

  async #push(envelope: Envelope, mayLeave?: () => boolean): Promise<PushOutcome> {
    const { key } = envelope;
    if (mayLeave?.() === false)
      return { outcome: "not-applied", fault: makeFault("transient", "erp/busy", "late"), retryAfterMs: null };
    this.pushes.push(key);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    const fate = this.#pushFate(key);
    await this.#clock.sleep(fate === "slow" ? 60_000 : 20);
    this.inFlight -= 1;
    switch (fate) {
      case "confirm":
      case "slow":
        return { outcome: "confirmed", document: { number: this.#make(envelope), kind: envelope.kind } };
      case "lost-reply":
        this.#make(envelope);
        return { outcome: "in-doubt", fault: lost };
      case "late":
        void this.#clock.sleep(settleMs - 200).then(() => this.#make(envelope));
        return { outcome: "in-doubt", fault: lost };
      case "lost-request":
        return { outcome: "in-doubt", fault: lost };
      case "busy":
        return { outcome: "not-applied", fault: makeFault("transient", "erp/busy", "busy"), retryAfterMs: null };
      case "refuse":
      case "park":
        return { outcome: "refused", fault: makeFault("refused", "erp/no", "no"), parked: fate === "park" };
      case "object":
        return { outcome: "in-doubt", fault: known };
      case "break":
        this.#make(envelope);
        throw new Error("a bug in the connector, after the request had left");
    }
  }

  async #resolve({ key, kind }: Envelope): Promise<ResolveOutcome> {
    this.asks.push(key);
    const fate = this.#askFate(key);
    await this.#clock.sleep(fate === "long" ? 75_000 : fate === "slow" ? 30_000 : 10);
    if (fate === "break") throw new Error("a bug in asking");
    if (fate === "unknown" || fate === "slow") return { outcome: "unknown", fault: lost };
    const [number, ...more] = this.documents.get(key) ?? [];
    if (number === undefined) return { outcome: "absent" };
    if (more.length > 0 && !this.traits.idempotent.has(kind)) return { outcome: "differs", fault: lost };
    return { outcome: "applied", document: { number, kind } };
  }

  /** A repeat of an idempotent kind makes nothing new. */
  #make({ key, kind }: Envelope): string {
    const made = this.documents.get(key) ?? [];
    if (made.length > 0 && this.traits.idempotent.has(kind)) return made[0] ?? "";
    const number = `D${this.documents.size + 1}.${made.length}`;
    this.documents.set(key, [...made, number]);
    return number;
  }
}

const lost: Fault = makeFault("ambiguous", "erp/no-answer", "no answer came");
const known: Fault = makeFault("conflict", "erp/known", "it knows the key");
