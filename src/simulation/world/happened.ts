/** What really happened to orders in a simulated world, in a book of the world's own: nothing of ours is asked. */

import type { Confirmation, MaterialDocument } from "../erp/document.ts";
import type { Damage } from "./kept-damage.ts";

/** An operation of an order. */
export interface Place {
  readonly order: string;
  readonly operation: string;
}

/** A machine's run: its machine, the job that it named, and when it began. */
export type RunName = `${string} ${string} ${number}`;

export function runName(run: { readonly machine: string; readonly job: string; readonly startedAt: number }): RunName {
  return `${run.machine} ${run.job} ${run.startedAt}`;
}

/** What a person has decided, and was told was done. */
export type Decision =
  /** A run belongs to an operation, or to none. */
  | { readonly what: "moved"; readonly run: RunName; readonly from: Place | null; readonly to: Place | null }
  /** Something of a document, here or in the ERP. `run`: null for one that is of no run. */
  | {
      readonly what: "taken-back" | "dismissed" | "released" | "dated-anew";
      readonly posting: string;
      readonly run: RunName | null;
      readonly of: Place;
    }
  | { readonly what: "reopened"; readonly of: Place }
  | ({ readonly what: "said-pieces" } & SaidPieces);

/** So many good pieces a machine's counter has counted from where it stood to what it showed then; by the machine's clock. */
export interface SaidPieces {
  readonly machine: string;
  readonly since: number;
  readonly at: number;
  readonly pieces: number;
}

export interface ErpLoss {
  readonly confirmations: readonly Confirmation[];
  readonly movements: readonly MaterialDocument[];
  /** Numbers of the orders of which it knows something else than before. */
  readonly orders: ReadonlySet<string>;
}

/** What the ERP has ended: technically complete, or flagged for deletion. */
export interface OrderEnd {
  readonly how: "completed" | "cancelled";
  /** By the world's time. */
  readonly at: number;
}

/** Of a machine, once in a world. */
export interface KeptLoss extends Damage {
  /** Newest source time that was read by then. */
  readonly position: number;
  /** By the world's time; null: nobody has begun it anew. */
  begunAt: number | null;
}

export interface Happened {
  /** Orders that the ERP has ended. */
  readonly ended: Map<string, OrderEnd>;
  /** Orders that were cancelled, and are no longer: since when they were. */
  readonly reinstated: Map<string, number>;
  /** Orders of which the ERP takes no more than a limit. */
  readonly limited: Set<string>;
  /** Orders of which another quantity was asked in mid-run. */
  readonly changed: Set<string>;
  /** Documents that people have keyed in the ERP themselves, by number. */
  readonly byHand: Set<string>;
  /** What the ERP had and no longer has, since it was put back; null: it never was. */
  erpLost: ErpLoss | null;
  /** Requests that came there twice: how often more than once, and of which order, by the name that the ERP keeps. */
  readonly doubled: Map<string, { readonly order: string; readonly times: number }>;
  /** In the order in which people were told. */
  readonly decisions: Decision[];
  /** Orders of which people have decided something that a restore has lost. */
  readonly forgotten: Set<string>;
  /** What was damaged of what is kept of machines, when it was read up to where, by the machine's clock; and when that was given up. */
  readonly damaged: Map<string, KeptLoss>;
  /** Machines that have made more than a step may count and were not heard: since when, by their own clocks. */
  readonly rushed: Map<string, number>;
  /** When our own record was put back last, by the world's time; null: it never was. */
  restoredAt: number | null;
}

export function nothingHappened(): Happened {
  return {
    ended: new Map(),
    reinstated: new Map(),
    limited: new Set(),
    changed: new Set(),
    byHand: new Set(),
    erpLost: null,
    doubled: new Map(),
    decisions: [],
    forgotten: new Set(),
    damaged: new Map(),
    rushed: new Map(),
    restoredAt: null,
  };
}

/** Whether people have moved a run of such a machine to the order, or away from it. */
export function hasMovedRun(
  { decisions }: Pick<Happened, "decisions">,
  order: string,
  isSuch: (machine: string) => boolean,
): boolean {
  return decisions.some((one) => {
    if (one.what !== "moved" || (one.from?.order !== order && one.to?.order !== order)) return false;
    return isSuch(one.run.split(" ")[0] ?? "");
  });
}

function placesOf(one: Decision): readonly (Place | null)[] {
  // Nobody says pieces of a machine where our record is put back.
  if (one.what === "said-pieces") return [];
  return one.what === "moved" ? [one.from, one.to] : [one.of];
}

/** Our record was put back: of decisions beyond these nobody here knows any more. */
export function decisionsWereLost({ decisions, forgotten }: Happened, kept: number): void {
  for (const one of decisions.splice(kept)) for (const place of placesOf(one)) if (place) forgotten.add(place.order);
}

/** What the ERP knows no longer did not happen there; and whatever limit it had is none any more. */
export function erpWasPutBack(happened: Happened, lost: ErpLoss): void {
  for (const order of lost.orders) happened.ended.delete(order);
  happened.limited.clear();
  happened.erpLost = lost;
}
