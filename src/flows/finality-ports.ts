/** What decisions that operations are final need of the store. */
import type { Instant } from "../base/instant.ts";
import type { Finality } from "../record/finality.ts";

/** Decisions that operations are final. The caller holds the order's lock where it decides. */
export interface FinalityRepository {
  /** Those of an order that stand: final or reopening. */
  standing(request: string): Promise<readonly Finality[]>;
  /** All of one operation, in order of number. */
  history(request: string, segment: string): Promise<readonly Finality[]>;
  insert(finality: Finality): Promise<void>;
  /** @throws when the version has moved */
  save(finality: Finality): Promise<void>;
  /** Those of an ERP that are being taken back. */
  reopening(erp: string): Promise<readonly Finality[]>;
  /**
   * Operations that a rule may finalise: the good pieces of their job orders reach what is ordered, none of their runs is
   * open or ended after `before`, and nothing was stated of them since.
   */
  made(erp: string, before: Instant, limit: number, among?: MadeAmong): Promise<readonly MadeOperation[]>;
}

export interface MadeOperation {
  readonly request: string;
  readonly segment: string;
}

export interface MadeAmong {
  /** Looks at this order alone. */
  readonly request?: string;
  /** Does not look at these. */
  readonly except?: readonly MadeOperation[];
}
