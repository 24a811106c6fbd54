/** What lists of orders and one order need of the store. */
import type { Instant } from "../../base/instant.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import type { DecidedBy } from "../../record/finality.ts";
import type { JobOrderRow } from "../ports.ts";
import type { PostedAmount, UsedAmount } from "./use-view.ts";

/** `open` nothing of it is done, `running` something, `done` all of it is final, `cancelled`. */
export const progressStates = ["open", "running", "done", "cancelled"] as const;
export type Progress = (typeof progressStates)[number];

export const orderSorts = ["dispatch", "latestEnd", "number"] as const;
export type OrderSort = (typeof orderSorts)[number];

export interface OrderFilter {
  readonly progress: Progress | null;
  readonly workCenter: string | null;
  readonly material: string | null;
  /** Part of the number or the material, whatever the case. */
  readonly text: string | null;
  readonly toMend: boolean | null;
  /** Orders with a job order at one of these; null: all. */
  readonly visible: readonly string[] | null;
}

export interface OrderRecord {
  readonly request: OperationsRequest;
  readonly version: number;
  readonly acceptedAt: Instant;
  readonly progress: Progress;
  readonly workCenters: readonly string[];
  readonly jobs: readonly JobOrderRow[];
  /** Postings that wait for a person, and its quarantine. */
  readonly toMend: number;
}

export interface OrderPage {
  readonly orders: readonly OrderRecord[];
  /** The sort key of the last one; null at the end. */
  readonly next: string | null;
}

/** A decision that stands: these operations are final. */
export interface StandingFinality {
  readonly covers: readonly string[];
  readonly at: Instant;
  readonly by: DecidedBy;
  /** The ERP has its final confirmation, or needs none. */
  readonly confirmed: boolean;
}

/** What one order's operations have used and posted, and how often they ran. */
export interface OrderDetail {
  /** Job order → runs that were not taken back. */
  readonly runs: ReadonlyMap<string, number>;
  /** Job order → key of the operator who has seen it; one that nobody has seen is left out. */
  readonly acknowledgedBy: ReadonlyMap<string, string>;
  /** Material that the runs of an operation have used, as the bill or a person says. */
  readonly used: readonly UsedAmount[];
  /** What their machines have counted. */
  readonly counted: readonly UsedAmount[];
  readonly finals: readonly StandingFinality[];
  /** By documents that the ERP has, until it has taken them back. */
  readonly posted: readonly PostedAmount[];
}

export interface OrderView {
  page(filter: OrderFilter, sort: OrderSort, after: string | null, limit: number): Promise<OrderPage>;
  /** How many there are, counted up to `max` and one more. */
  count(filter: OrderFilter, max: number): Promise<number>;
  get(order: string): Promise<OrderRecord | null>;
  detail(order: string): Promise<OrderDetail>;
  /** These uses of an order again, by what states them: reads facts, where `detail` reads sums. */
  usedByRule(order: string, of: readonly Pick<UsedAmount, "segment" | "material">[]): Promise<readonly UsedAmount[]>;
  ofPostings(postings: readonly string[]): Promise<readonly { readonly id: string; readonly order: string }[]>;
  /** `order` null: production without one. */
  ofRuns(runs: readonly string[]): Promise<readonly { readonly workUnit: string; readonly order: string | null }[]>;
}
