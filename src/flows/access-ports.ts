/** What the flows of sign-in, accounts and keys need besides the store. */
import type { Hierarchy } from "../access/grant.ts";
import type { Passwords } from "../access/password.ts";
import type { Clock } from "../base/clock.ts";
import type { Store } from "./ports.ts";

export interface AccessPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly hierarchy: Hierarchy;
  readonly passwords: Passwords;
  readonly sessions: SessionRule;
}

export interface SessionRule {
  /** Ends when nothing was asked for so long. */
  readonly idleMs: number;
  /** Ends however busy it is. */
  readonly longestMs: number;
}

const minuteMs = 60_000;

/** Longer than a break, and one shift with its overtime. */
export const sessionRule: SessionRule = { idleMs: 60 * minuteMs, longestMs: 12 * 60 * minuteMs };
