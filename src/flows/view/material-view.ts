/** What balances and movements on screens need of the store. */
import type { Instant } from "../../base/instant.ts";
import type { Quantity } from "../../base/quantity.ts";
import type { Movement } from "../../record/movement.ts";

export interface BalanceRow {
  readonly account: string;
  readonly material: string;
  readonly lot: string | null;
  readonly quantity: Quantity;
  readonly lastMovementAt: Instant | null;
}

/** What a caller with a part of the plant sees of the ledger; null: all of it. */
export interface LedgerSight {
  readonly workUnits: readonly string[];
  /** Accounts of the places that their work centers draw from. */
  readonly accounts: readonly string[];
}

export interface MaterialFilter {
  /** Part of the material or the lot, whatever the case. */
  readonly text: string | null;
  /** An account; or how accounts begin, where it ends in `:` or `@`. */
  readonly account: string | null;
  readonly sight: LedgerSight | null;
}

export interface BalancePlace {
  readonly material: string;
  readonly account: string;
  readonly lot: string;
  readonly uom: string;
}

/** Null: whatever it is. */
export interface MovementFilter {
  readonly material: string;
  readonly account: string | null;
  /** Empty: without a lot. */
  readonly lot: string | null;
  readonly uom: string | null;
}

export interface MovementRow extends Movement {
  readonly recordedAt: Instant;
  /** Of the fact's run; null outside every order. */
  readonly request: string | null;
  readonly number: string | null;
}

export interface MaterialView {
  /** In order of material, account, lot and unit. */
  balances(filter: MaterialFilter, after: BalancePlace | null, limit: number): Promise<readonly BalanceRow[]>;
  /** Newest first. */
  movements(
    of: MovementFilter,
    sight: LedgerSight | null,
    after: { readonly at: Instant; readonly id: string } | null,
    limit: number,
  ): Promise<readonly MovementRow[]>;
}
