/** How long to wait before the next attempt: doubling, with jitter, between two bounds. */
import { randomId } from "../base/id.ts";

export interface BackoffBounds {
  readonly minMs: number;
  readonly maxMs: number;
}

export const connectBackoff: BackoffBounds = { minMs: 500, maxMs: 30_000 };
export const diskBackoff: BackoffBounds = { minMs: 250, maxMs: 5000 };

/**
 * @param attempt  0 for the first wait
 * @param random   a number from 0 up to 1; gateways that lost one machine together must not return together
 */
export function backoffMs(attempt: number, bounds: BackoffBounds, random: number = fraction()): number {
  const ceiling = Math.min(bounds.maxMs, bounds.minMs * 2 ** Math.min(attempt, 30));
  return Math.round(Math.max(bounds.minMs, ceiling * (0.5 + random / 2)));
}

function fraction(): number {
  return Number.parseInt(randomId().slice(0, 8), 16) / 2 ** 32;
}
