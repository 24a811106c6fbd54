/**
 * Double entry for material: each movement takes an amount of one material (and lot) from one account to another.
 * Movements are immutable; a correction is a new movement that names the one it corrects. Balances are derived.
 */
import { followingId } from "../base/id.ts";
import type { Instant } from "../base/instant.ts";
import type { Quantity } from "../base/quantity.ts";
import type { StockType, StorageLocation } from "../isa95/resource/material.ts";

/**
 * `stock:plant/location/type` what stands there · `unit:<work unit>/<load>` what is loaded at a work unit · `job:<job order>` in work at a job · `run:<run>` in work without an
 * order · `world:*` outside: supplier, customer, scrap, difference, unexplained, erp (stock that only the ERP keeps).
 * Only world accounts may be negative: the database holds that as a constraint.
 */
export type Account = `${"stock" | "unit" | "job" | "run" | "world"}:${string}`;

export interface Movement {
  readonly id: string;
  /** The fact that caused it; a fact causes each of its movements once. */
  readonly fact: string;
  readonly material: string;
  readonly lot: string | null;
  readonly quantity: Quantity;
  readonly from: Account;
  readonly to: Account;
  readonly eventAt: Instant;
  /** Id of the movement that this one takes back; null for an original. */
  readonly corrects: string | null;
}

export function stockAccount(at: StorageLocation, type: StockType): Account {
  return `stock:${at.plant}/${at.location}/${type}`;
}

/** Stock at a location that the ERP alone keeps: we know what we took, not what is there. */
export function erpAccount(at: StorageLocation | null): Account {
  return at ? `world:erp@${at.plant}/${at.location}` : "world:erp";
}

export function movementId(fact: string, from: Account, to: Account): string {
  return followingId(fact, "movement", fact, from, to);
}

export function mayBeNegative(account: Account): boolean {
  return account.startsWith("world:");
}
