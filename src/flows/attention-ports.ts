/** What waits for a person, as the flows need it of the store: quarantine and questions. */
import type { Instant } from "../base/instant.ts";
import type { Withdrawn } from "../operations/collection/asking.ts";

export interface AskedQuestion {
  readonly subject: string;
  readonly text: string;
  readonly evidence: unknown;
  /** Of a question about a counter: `CounterDoubt`. */
  readonly about?: unknown;
}

/** What quarantine keeps of an order that was not taken over. */
export interface RefusedOrder {
  /** Id in the inbox of the message that is read again. */
  readonly message: number;
  readonly number: string;
  /** The ERP's version of it; empty when the message named none, or was not understood. */
  readonly version: string;
}

export interface AttentionRepository {
  quarantine(
    kind: "order" | "production",
    subject: string,
    why: { readonly code: string; readonly message: string },
    detail: unknown,
    at: Instant,
  ): Promise<void>;
  /** The version of an order that was refused and not taken over since, locked; null when there is none. */
  refusedVersion(subject: string): Promise<string | null>;
  /** A corrected order has come: its quarantine is over. */
  resolve(kind: "order" | "production", subject: string, at: Instant): Promise<void>;
  /**
   * Each subject once; when settled, again for facts that it did not name before. An open one about where a counter begins goes
   * over to an earlier value.
   */
  ask(questions: readonly AskedQuestion[], at: Instant): Promise<void>;
  /** Open from now on, whatever was answered before. */
  askStill(question: AskedQuestion, at: Instant): Promise<void>;
  /** What was asked is settled by a decision. */
  answer(subjects: readonly string[], at: Instant): Promise<void>;
  /** What was asked is none any more: it decides nothing, and is open again when it is asked again. */
  takeBack(questions: readonly Withdrawn[], at: Instant): Promise<void>;
  /** Settled by a decision is every subject that begins with one of these. */
  answerBeginning(beginnings: readonly string[], at: Instant): Promise<void>;
}
