/**
 * The queue of an ERP that answers before it posts, as D365's message processor does: messages of one order in turn,
 * different orders in parallel, each tried three times; what has failed blocks the rest of its order until somebody has it
 * processed again or cancels it. It knows no key: what comes twice is posted twice. Who calls it is `queue-erp`, who looks
 * into it `person/queue-keeper`.
 */
import type { Clock } from "../../base/clock.ts";
import { makeFault } from "../../base/result.ts";
import type { PushOutcome } from "../../erp/connector.ts";
import type { Random } from "../random.ts";

export type Refusal = Extract<PushOutcome, { outcome: "refused" }>;

/** Something that was given to it. */
export interface Given {
  /** The reference that its document will echo; null: it is none of ours. */
  readonly reference: string | null;
  readonly order: string;
  /** @returns the refusal; null when it is posted */
  readonly post: () => Refusal | null;
}

export interface Message extends Given {
  state: "queued" | "processed" | "failed" | "canceled";
  tries: number;
  /** How often somebody has had it processed again. */
  requeued: number;
  refusal: Refusal | null;
}

const triesMax = 3;
/** The batch job that works on the queue runs so often when nothing is wrong with it. */
const usualMs = 20_000;
/** It takes its turn later, now and then longer than a caller waits before it believes that nothing has come. */
const stalledMsMax = 8 * 60_000;
const taskMsMax = 3_000;
const othersBefore = 0.05;

export class ErpQueue {
  readonly #byReference = new Map<string | null, Message[]>();
  /** What is neither posted nor given up, in the order in which it came. */
  readonly #open = new Set<Message>();
  #isWorking = false;
  /** Orders of which a message is being worked on. */
  readonly #busy = new Set<string>();
  readonly #clock: Clock;
  readonly #chance: Random;
  #isCalm = false;

  constructor(clock: Clock, chance: Random) {
    this.#clock = clock;
    this.#chance = chance;
  }

  take(given: Given): void {
    if (!this.#isWorking) void this.#work();
    this.#isWorking = true;
    // Somebody else's hours on the order came before it; at each try they may be refused.
    if (!this.#isCalm && this.#chance.chance(othersBefore))
      this.#add(foreign(given.order, () => this.#chance.chance(0.4)));
    this.#add(given);
  }

  #add(given: Given): void {
    const message: Message = { ...given, state: "queued", tries: 0, requeued: 0, refusal: null };
    const known = this.#byReference.get(given.reference);
    if (known) known.push(message);
    else this.#byReference.set(given.reference, [message]);
    this.#open.add(message);
  }

  /** All that came with this reference, the newest last. */
  of(reference: string): readonly Message[] {
    return this.#byReference.get(reference) ?? [];
  }

  failed(): readonly Message[] {
    return this.open().filter(({ state }) => state === "failed");
  }

  open(): readonly Message[] {
    return [...this.#open];
  }

  /** Somebody there has it processed again. */
  requeue(message: Message): void {
    if (message.state !== "failed") return;
    Object.assign(message, { state: "queued", tries: 0, requeued: message.requeued + 1 });
  }

  /** Somebody there cancels it: it will never be posted. */
  cancel(message: Message): void {
    if (message.state !== "failed") return;
    message.state = "canceled";
    this.#open.delete(message);
  }

  /** It runs on time from now on. */
  calm(): void {
    this.#isCalm = true;
  }

  async #work(): Promise<void> {
    for (;;) {
      const isStalled = !this.#isCalm && this.#chance.chance(0.1);
      await this.#clock.sleep(isStalled ? this.#chance.whole(usualMs, stalledMsMax) : usualMs);
      const seen = new Set<string>();
      for (const message of this.open()) {
        if (seen.has(message.order)) continue;
        seen.add(message.order);
        if (message.state === "queued" && !this.#busy.has(message.order)) void this.#try(message);
      }
    }
  }

  async #try(message: Message): Promise<void> {
    this.#busy.add(message.order);
    await this.#clock.sleep(this.#chance.whole(0, taskMsMax));
    this.#busy.delete(message.order);
    message.tries += 1;
    message.refusal = message.post();
    if (message.refusal === null) {
      message.state = "processed";
      this.#open.delete(message);
    } else if (message.tries >= triesMax) message.state = "failed";
  }
}

/** A message of somebody else. @param post  whether the ERP took it */
export function foreign(order: string, post: () => boolean): Given {
  return { reference: null, order, post: () => (post() ? null : refusedToOthers) };
}

const refusedToOthers: Refusal = {
  outcome: "refused",
  fault: makeFault("refused", "erp/sap-refused", "The ERP refuses what somebody else has reported."),
  parked: false,
};
