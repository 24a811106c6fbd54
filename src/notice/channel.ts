/** What a way to people must be able to do, and what can become of one attempt. Webhook and e-mail are in files of their own. */
import type { Instant } from "../base/instant.ts";
import type { Fault } from "../base/result.ts";
import type { NoticeDelivery, NoticeRole } from "../record/notice.ts";

export type Attempt =
  /** Everybody who can have it has it. `fault`: somebody can never have it. */
  | { readonly outcome: "delivered"; readonly fault: Fault | null }
  /** Nobody will ever have it by this way. */
  | { readonly outcome: "impossible"; readonly fault: Fault }
  /** Worth another attempt. `done`: recipients that need no other one. */
  | {
      readonly outcome: "again";
      readonly fault: Fault;
      readonly done: readonly string[];
      readonly retryAfterMs: number | null;
    };

export interface Channel {
  readonly id: string;
  send(delivery: NoticeDelivery, at: Instant, signal: AbortSignal): Promise<Attempt>;
  close(): void;
}

export interface Recipient {
  /** Stands in the record of the delivery: never the address itself. */
  readonly key: string;
  readonly address: string;
}

/** Accounts that hold the role at the equipment or above it, and have an address. */
export type RecipientsOf = (role: NoticeRole, equipment: string) => Promise<readonly Recipient[]>;
