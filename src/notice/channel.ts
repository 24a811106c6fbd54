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

/** An account, as far as it can be written to. */
export interface Account {
  readonly person: string;
  readonly email: string | null;
  readonly isActive: boolean;
  /** A role holds for its equipment and everything below. */
  readonly grants: readonly { readonly role: string; readonly equipment: string }[];
}

/** @param upwards  ids from the equipment of the notice up to the top */
export function recipientsAmong(
  accounts: readonly Account[],
  role: NoticeRole,
  upwards: readonly string[],
): readonly Recipient[] {
  return accounts.flatMap(({ person, email, isActive, grants }) => {
    const isTold = grants.some((grant) => grant.role === role && upwards.includes(grant.equipment));
    return isActive && isTold && email !== null ? [{ key: person, address: email }] : [];
  });
}
