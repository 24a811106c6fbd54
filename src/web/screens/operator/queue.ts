/**
 * What a person has reported and the server has not answered yet. A report is kept before it is sent, with the key that
 * makes the server book it once; without a network it waits, also over a reload, and goes out in the order in which it
 * was said. Storage, sending and time are given; React is not here.
 */
import type { Report, ReportOutcome } from "../../../api/contract/terminal.ts";

export interface QueuedReport {
  /** Idempotency key: the same over every try. */
  readonly intent: string;
  readonly person: string;
  readonly unit: string;
  /** Frozen when it was said, its time too: the same key never travels with another content. */
  readonly report: Report;
  readonly state: "waiting" | "refused";
  /** Why the server refused it; it stays until the person has seen it. */
  readonly refusal: { readonly code: string; readonly detail: string } | null;
}

/** What became of one try. `later`: nobody answered. `signed-out`: the person must sign in first. */
export type SendOutcome =
  | { readonly is: "booked"; readonly outcome: ReportOutcome }
  | { readonly is: "refused"; readonly code: string; readonly detail: string }
  | { readonly is: "later" }
  | { readonly is: "signed-out" };

export interface QueueParts {
  /** All entries of all people on this device. @throws when the device cannot keep them */
  load(): readonly QueuedReport[];
  save(entries: readonly QueuedReport[]): void;
  send(entry: QueuedReport): Promise<SendOutcome>;
  /** Runs the work while no other window of this device does. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  wait(ms: number): Promise<void>;
  changed(entries: readonly QueuedReport[]): void;
  booked(entry: QueuedReport, outcome: ReportOutcome): void;
}

const waitsMs = [500, 1_000, 2_000, 5_000, 10_000] as const;

export class ReportQueue {
  readonly #parts: QueueParts;
  readonly #person: string;
  #isRunning = false;
  /** Something was added or the network came back while it ran: look once more before it ends. */
  #isWanted = false;
  #failures = 0;
  #isClosed = false;

  /** Sends only what this person has said: nobody reports under somebody else's name. */
  constructor(person: string, parts: QueueParts) {
    this.#person = person;
    this.#parts = parts;
  }

  get entries(): readonly QueuedReport[] {
    return this.#parts.load();
  }

  /** Keeps the report, then tries to send. @throws when the device cannot keep it: then nothing was reported */
  add(entry: Pick<QueuedReport, "intent" | "unit" | "report">): void {
    this.#store([...this.#parts.load(), { ...entry, person: this.#person, state: "waiting", refusal: null }]);
    this.#failures = 0;
    void this.run();
  }

  /** The person has seen why it was refused. */
  dismiss(intent: string): void {
    this.#store(this.#parts.load().filter((entry) => entry.intent !== intent || entry.state !== "refused"));
  }

  /** A refused report goes out again under its own key: what was booked meanwhile is not booked twice. */
  again(intent: string): void {
    this.#store(
      this.#parts
        .load()
        .map((entry) =>
          entry.intent === intent && entry.person === this.#person
            ? { ...entry, state: "waiting" as const, refusal: null }
            : entry,
        ),
    );
    this.wake();
  }

  /** Sends what waits, one after the other, until nothing waits or the person must sign in. */
  async run(): Promise<void> {
    this.#isWanted = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#isWanted && !this.#isClosed) {
        this.#isWanted = false;
        await this.#drain();
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** The network is back, or somebody came back to the page: do not wait any longer. */
  wake(): void {
    this.#failures = 0;
    void this.run();
  }

  close(): void {
    this.#isClosed = true;
  }

  async #drain(): Promise<void> {
    while (!this.#isClosed) {
      const went = await this.#parts.alone(() => this.#sendNext());
      if (went === "stop") return;
      if (went === "later") {
        const wait = waitsMs[Math.min(this.#failures, waitsMs.length - 1)] ?? 10_000;
        this.#failures += 1;
        await this.#parts.wait(wait);
      } else this.#failures = 0;
    }
  }

  async #sendNext(): Promise<"went" | "later" | "stop"> {
    // Read again under the lock: another window may have sent it meanwhile.
    const next = this.#parts.load().find((entry) => entry.person === this.#person && entry.state === "waiting");
    if (!next) return "stop";
    const outcome = await this.#parts.send(next);
    if (outcome.is === "later") return "later";
    if (outcome.is === "signed-out") return "stop";
    const others = this.#parts.load();
    if (outcome.is === "booked") {
      this.#store(others.filter((entry) => entry.intent !== next.intent));
      this.#parts.booked(next, outcome.outcome);
    } else {
      const refusal = { code: outcome.code, detail: outcome.detail };
      this.#store(
        others
          .filter((entry) => !isStoodFor(entry, next))
          .map((entry) => (entry.intent === next.intent ? { ...entry, state: "refused" as const, refusal } : entry)),
      );
    }
    return "went";
  }

  #store(entries: readonly QueuedReport[]): void {
    this.#parts.save(entries);
    this.#parts.changed(entries);
  }
}

/** A start that was refused, once the same one is refused again: there is one thing to be seen, however often it was pressed. */
function isStoodFor(entry: QueuedReport, latest: QueuedReport): boolean {
  const [before, now] = [entry.report.statement, latest.report.statement];
  return (
    entry.state === "refused" &&
    entry.intent !== latest.intent &&
    entry.person === latest.person &&
    entry.unit === latest.unit &&
    before.kind === "start" &&
    now.kind === "start" &&
    before.jobOrder === now.jobOrder &&
    before.phase === now.phase
  );
}
