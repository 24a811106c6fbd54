/**
 * How long to wait after failed sign-ins: a few are free, then each doubles the time. Counted for a login and for an
 * address, known or not, so that waiting tells nothing about whom there is. The counts are rows of the store.
 */
import { hash } from "node:crypto";
import { isIPv6 } from "node:net";
import { instant, type Instant } from "../base/instant.ts";

export interface LimitRule {
  /** Failures in a row that cost nothing. */
  readonly free: number;
  readonly firstMs: number;
  readonly longestMs: number;
  /** Failures older than this are forgotten. */
  readonly forgetMs: number;
}

export interface FailureCount {
  readonly failures: number;
  readonly lastAt: Instant;
  readonly blockedUntil: Instant | null;
}

const minuteMs = 60_000;

export const loginLimit: LimitRule = {
  free: 5,
  firstMs: 2_000,
  longestMs: 15 * minuteMs,
  forgetMs: 60 * minuteMs,
};

/** A whole shift may come from one address: more is free. */
export const addressLimit: LimitRule = { ...loginLimit, free: 30 };

/** Nobody reads logins out of the table, not even those that were typed into the wrong field. */
export function bucketsOf(login: string, address: string): { readonly login: string; readonly address: string } {
  return { login: `login:${hash("sha256", login, "hex")}`, address: `address:${networkOf(address)}` };
}

/** Of IPv6 the first 64 bits: whoever has one address has all of that network. An IPv4 address is itself. */
function networkOf(address: string): string {
  const [plain = ""] = address.split("%");
  if (!isIPv6(plain)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain);
  if (mapped) return mapped[1] ?? address;
  const [before = "", after] = plain.split("::");
  const groups = before === "" ? [] : before.split(":");
  const rest = after ? after.split(":") : [];
  const zeros = after === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length - (plain.includes(".") ? 1 : 0));
  const first = [...groups, ...Array.from({ length: zeros }, () => "0"), ...rest].slice(0, 4);
  return `${first.map((group) => parseInt(group, 16).toString(16)).join(":")}::/64`;
}

/** The count with one failure more. The caller has seen that it is not blocked. */
export function withFailure(rule: LimitRule, count: FailureCount | null, at: Instant): FailureCount {
  const before = count && at - count.lastAt < rule.forgetMs ? count.failures : 0;
  const failures = before + 1;
  const over = failures - rule.free;
  const waitMs = over <= 0 ? 0 : Math.min(rule.firstMs * 2 ** Math.min(over - 1, 40), rule.longestMs);
  return { failures, lastAt: at, blockedUntil: waitMs === 0 ? null : instant(at + waitMs) };
}

/** Until when nothing is tried; null when it may be. */
export function blockedUntil(count: FailureCount | null, at: Instant): Instant | null {
  return count?.blockedUntil && count.blockedUntil > at ? count.blockedUntil : null;
}
