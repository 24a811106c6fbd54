/** What the flows need of the store for messages of partners that speak B2MML. Implemented in `store/`. */
import type { Instant } from "../base/instant.ts";
import type { DispatchedJob, PerformedJob } from "../isa95/conversation/job.ts";
import type { MessageVerdict } from "../isa95/conversation/answer.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import type { DocumentKind } from "../record/posting.ts";
import type { OperationsResponse } from "../isa95/response/operations-response.ts";

/** A message of a partner that speaks B2MML, as it is kept. */
export interface KeptMessage {
  readonly erp: string;
  readonly bodId: string;
  readonly digest: string;
  readonly verb: string;
  readonly noun: string;
  /** `key:ID`, a person's key, or the way it came. */
  readonly givenBy: string;
  readonly bytes: Uint8Array;
}

/** What became of a message. */
export interface SettledMessage {
  readonly digest: string;
  readonly verdict: MessageVerdict;
  /** Why something was not done, a sentence each. */
  readonly reasons: readonly string[];
  readonly answer: string | null;
}

/** What an ERP was told, and has confirmed. */
export interface ShownResponse {
  readonly key: string;
  readonly kind: DocumentKind;
  readonly response: OperationsResponse;
}

export interface ConversationRepositories {
  readonly conversations: ConversationRepository;
}

/** Messages of partners, each applied once; see `converse.ts`, which is the only user. */
export interface ConversationRepository {
  /** Waits for another transaction that claims the same BODID. @returns false when it is taken */
  claim(message: KeptMessage, at: Instant): Promise<boolean>;
  get(erp: string, bodId: string): Promise<SettledMessage | null>;
  /** @throws when it is not claimed, or was settled before */
  settle(erp: string, bodId: string, became: Omit<SettledMessage, "digest">): Promise<void>;
  /** Orders of an ERP by number, `*` standing for anything; in order of number. */
  requestsLike(erp: string, patterns: readonly string[], limit: number): Promise<readonly OperationsRequest[]>;
  /** Responses that the ERP has confirmed, by the key of their posting or the number of their order, as above. */
  responsesLike(
    erp: string,
    by: { readonly keys: readonly string[]; readonly orders: readonly string[] },
    limit: number,
  ): Promise<readonly ShownResponse[]>;
  /** Job orders of an ERP's orders, by the number of the order and their own id, as above; an empty list is no matter which. */
  jobOrdersLike(
    erp: string,
    by: { readonly orders: readonly string[]; readonly jobOrders: readonly string[] },
    limit: number,
  ): Promise<readonly DispatchedJob[]>;
  /** Runs of these job orders that stand, with what was counted in them; also by the run's own id. */
  jobResponsesLike(
    erp: string,
    by: { readonly orders: readonly string[]; readonly jobOrders: readonly string[]; readonly runs: readonly string[] },
    limit: number,
  ): Promise<readonly PerformedJob[]>;
}
