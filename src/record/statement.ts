/**
 * What a person says about a work unit, as it is kept: immutable, with who, when it happened, when it was said and what
 * it referred to. What follows from it is `operations/reporting`; what is held to be true because of it are facts.
 * Spec: docs/spec/manual.md
 */
import { contentId } from "../base/id.ts";
import type { Instant } from "../base/instant.ts";
import type { Quantity } from "../base/quantity.ts";
import type { StorageLocation } from "../isa95/resource/material.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import type { JobOrder } from "../isa95/schedule/job-order.ts";
import type { UnitGrade } from "./fact.ts";

export const jobPhases = ["setup", "production", "teardown"] as const;
export type JobPhase = (typeof jobPhases)[number];

export const statementKinds = [
  "start",
  "phase",
  "hold",
  "resume",
  "finish",
  "count",
  "stop-reason",
  "load",
  "unload",
  "sign-on",
  "sign-off",
  "break-begin",
  "break-end",
  "take-back",
] as const;
export type StatementKind = (typeof statementKinds)[number];

/** In the person's words; amounts in the unit in which they were said. */
export type Said =
  | { readonly kind: "start"; readonly jobOrder: string; readonly phase: "setup" | "production" }
  | { readonly kind: "phase"; readonly phase: JobPhase }
  | { readonly kind: "hold"; readonly reason: string | null }
  | { readonly kind: "count"; readonly grade: UnitGrade; readonly quantity: Quantity; readonly reason: string | null }
  /** `since` null: the stop that is open. */
  | { readonly kind: "stop-reason"; readonly reason: string; readonly since: Instant | null }
  | {
      readonly kind: "load";
      readonly material: string;
      readonly lot: string | null;
      readonly handlingUnit: string | null;
      readonly position: string;
      /** Null: nobody has weighed or counted it. */
      readonly quantity: Quantity | null;
      /** The requirement it stands in for. */
      readonly substitutes: string | null;
    }
  /** `returned` null: what the books say is left goes back. */
  | { readonly kind: "unload"; readonly position: string; readonly returned: Quantity | null }
  | {
      readonly kind:
        | "resume"
        | "finish"
        | "sign-on"
        | "sign-off"
        | "break-begin"
        | "break-end"
        /** Nothing but: the statement that it corrects is taken back. */
        | "take-back";
    };

/** What a count has used of an order line by its bill. Negative when an earlier count gave too much. */
export interface BillUse {
  readonly requirement: string;
  /** Whose line it is: an ERP may number the lines of each order anew. Left out in what was said before this was kept, as below. */
  readonly operation?: Pick<JobOrder, "request" | "segment">;
  readonly material: string;
  /** The lot that the order line names. */
  readonly lot: string | null;
  readonly quantity: Quantity;
  /** Whether loading is kept at this work unit: what is not loaded then has no known origin. */
  readonly isLoadKept: boolean;
}

/** An order line that must be loaded before its job produces. */
export interface LoadNeed {
  readonly requirement: string;
  readonly operation?: Pick<JobOrder, "request" | "segment">;
  readonly material: string;
  /** The lot that the order line names. */
  readonly lot: string | null;
  /** Of a line by bill: its unit, in which the amounts of its loads are kept. */
  readonly uom?: string;
}

/** What the words referred to when they were said, looked up once. Later changes of the order do not reach back. */
export interface Meaning {
  /** start: the job as people call it, and its product. */
  readonly job: { readonly name: string; readonly article: string; readonly needs: readonly LoadNeed[] } | null;
  /** count of good pieces: what they have used by bill. */
  readonly uses: readonly BillUse[];
  readonly load: {
    /** The order line it is for; null when no order is under way or next. */
    readonly requirement: string | null;
    readonly operation?: Pick<JobOrder, "request" | "segment">;
    /** In that line's unit. */
    readonly quantity: Quantity | null;
    readonly isSubstitute: boolean;
    readonly from: StorageLocation | null;
  } | null;
  /** At a work unit with a controller: its run, and the stop that was open. */
  readonly run: string | null;
  readonly stop: Instant | null;
  /** sign-off: how long the person has worked here since signing on, by the site's rule. */
  readonly workedMs?: number;
}

export const noMeaning: Meaning = { job: null, uses: [], load: null, run: null, stop: null };

/**
 * - `live`       said when it happened
 * - `offline`    kept by a terminal without a connection, with the terminal's time
 * - `back-dated` entered afterwards by a supervisor, with a reason
 * - `paper`      a line of a shift that was kept on paper
 */
export const statementWays = ["live", "offline", "back-dated", "paper"] as const;
export type StatementWay = (typeof statementWays)[number];

export interface Statement {
  readonly id: string;
  readonly unit: string;
  /** Order in which statements came; decides among those of one event time. */
  readonly ordinal: number;
  readonly said: Said;
  readonly meaning: Meaning;
  readonly person: PersonKey;
  /** Why it was entered afterwards; null when it was not. */
  readonly because: string | null;
  readonly way: StatementWay;
  readonly eventAt: Instant;
  /** The terminal's own time, when it gave one. */
  readonly saidAt: Instant | null;
  readonly terminal: string | null;
  readonly command: string;
  /** Id of the statement that this one takes back. */
  readonly corrects: string | null;
}

/** Each line of a command says one thing: the same command again is the same statement. */
export function statementId(command: string, line: number): string {
  return contentId("statement", command, line);
}

/** Facts that people state have a source of their own for each work unit. */
export function manualSource(unit: string): string {
  return `manual:${unit}`;
}
