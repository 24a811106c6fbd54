/** The operator's terminal: what now, what next, and everything that a person reports about a work unit. */
import { z } from "zod";
import { amount, because, outcome, time } from "./answer.ts";
import { floorUnit } from "./floor.ts";
import type { RouteTable } from "./route.ts";

export const terminalJob = z
  .object({
    jobOrder: z.string(),
    order: z.string(),
    number: z.string(),
    operation: z.string(),
    description: z.string(),
    material: z.string(),
    quantity: amount,
    good: amount,
    scrap: amount,
    rework: amount,
    state: z.enum(["waiting", "ready", "running", "held", "completed", "aborted", "cancelled"]),
    priority: z.number().int(),
    latestEnd: time.nullable(),
    /** Null until somebody has acknowledged it. */
    acknowledgedAt: time.nullable(),
  })
  .meta({ id: "TerminalJob" });
export type TerminalJob = z.infer<typeof terminalJob>;

/** A parameter as it was written to the machine and read back. */
export const setupLine = z
  .object({
    item: z.string(),
    wanted: z.string(),
    read: z.string().nullable(),
    state: z.enum(["waiting", "written", "verified", "differs", "rolled-back"]),
  })
  .meta({ id: "SetupLine" });

/** A component of the current job, and what of it is loaded. */
export const terminalMaterial = z
  .object({
    requirement: z.string(),
    material: z.string(),
    /** The lot that the order asks for; null: any. */
    lot: z.string().nullable(),
    quantity: amount,
    used: amount,
    mode: z.string(),
    /** Set-up may not be armed while one is missing. */
    isLoaded: z.boolean(),
    loaded: z.array(
      z.object({
        material: z.string(),
        lot: z.string().nullable(),
        handlingUnit: z.string().nullable(),
        position: z.string(),
        quantity: amount.nullable(),
        since: time,
        isSubstitute: z.boolean(),
      }),
    ),
  })
  .meta({ id: "TerminalMaterial" });

export interface Reason {
  readonly code: string;
  /** Text by language, at least `en`. */
  readonly text: Readonly<Record<string, string>>;
  readonly children: readonly Reason[];
}
export const reason: z.ZodType<Reason> = z
  .object({
    code: z.string(),
    text: z.record(z.string(), z.string()),
    get children() {
      return z.array(reason);
    },
  })
  .meta({ id: "Reason" });

export const terminal = z
  .object({
    asOf: time,
    unit: floorUnit,
    current: z.array(terminalJob),
    /** The next ones in the ERP's latest priority, three at most. */
    next: z.array(terminalJob),
    setup: z.array(setupLine),
    materials: z.array(terminalMaterial),
    /** The unit's places for material, as the site names them; none: it does not say. */
    positions: z.array(z.object({ id: z.string(), description: z.string() })),
    signedOn: z.array(z.object({ person: z.string(), name: z.string().nullable(), since: time, onBreak: z.boolean() })),
    /** A stop that nobody has given a reason for. */
    openStop: z.object({ since: time }).nullable(),
    reasons: z.object({ stop: z.array(reason), scrap: z.array(reason) }),
    phase: z.enum(["none", "setup", "production", "teardown"]),
    /**
     * Who reports the job: `manual` people alone, `controlled` the machine, `counted` the machine and people count. Left
     * out: `manual` for a work unit without a controller, else `controlled`.
     */
    control: z.enum(["manual", "controlled", "counted"]).optional(),
  })
  .meta({ id: "Terminal" });
export type Terminal = z.infer<typeof terminal>;

const code = z.string().trim().min(1).max(100);

/** One thing that a person says about a work unit. */
export const statement = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("start"),
      jobOrder: z.string(),
      phase: z.enum(["setup", "production"]).default("production"),
    }),
    z.object({ kind: z.literal("phase"), phase: z.enum(["setup", "production", "teardown"]) }),
    z.object({ kind: z.literal("hold"), reason: code.nullable() }),
    z.object({ kind: z.literal("resume") }),
    z.object({ kind: z.literal("finish") }),
    z.object({
      kind: z.literal("count"),
      grade: z.enum(["good", "scrap", "rework"]),
      quantity: amount,
      /** Needed for scrap: a leaf of the reason tree. */
      reason: code.nullable(),
    }),
    /** The reason of the open stop, or of the one that began at `since`. */
    z.object({ kind: z.literal("stop-reason"), reason: code, since: time.nullable() }),
    z.object({
      kind: z.literal("load"),
      material: code,
      lot: code.nullable(),
      handlingUnit: code.nullable(),
      position: code,
      quantity: amount.nullable(),
      /** The requirement it stands in for; needs the permission `terminal.substitute`. */
      substitutes: z.string().nullable(),
    }),
    z.object({ kind: z.literal("unload"), position: code, returned: amount.nullable() }),
    z.object({ kind: z.literal("sign-on") }),
    z.object({ kind: z.literal("sign-off") }),
    z.object({ kind: z.literal("break-begin") }),
    z.object({ kind: z.literal("break-end") }),
    /** Nothing but: what `corrects` names is taken back. */
    z.object({ kind: z.literal("take-back") }),
  ])
  .meta({ id: "Statement" });
export type Statement = z.infer<typeof statement>;

export const report = z
  .object({
    statement,
    /** When it happened, by the terminal's clock, when it was kept offline; null: now. */
    at: time.nullable().default(null),
    /** A supervisor enters it afterwards: needs `terminal.back-date`, `at` and why. */
    backDated: z.object({ because }).nullable().default(null),
    /**
     * An earlier statement (the outcome's `statement` id) is taken back, and `statement`, of the same kind, takes its place
     * at its time unless `at` says another; with `take-back` nothing does.
     */
    corrects: z.string().nullable().default(null),
    /** Which terminal it was said at, as the terminal calls itself. */
    terminal: z.string().trim().min(1).max(60).nullable().default(null),
  })
  .meta({ id: "Report" });
export type Report = z.infer<typeof report>;

export const reportOutcome = outcome
  .extend({ statement: z.string(), facts: z.array(z.string()) })
  .meta({ id: "ReportOutcome" });
export type ReportOutcome = z.infer<typeof reportOutcome>;

/** What a scanned code means at this unit, now. */
export const scanMeaning = z
  .discriminatedUnion("means", [
    z.object({ means: z.literal("operation"), job: terminalJob }),
    z.object({
      means: z.literal("material"),
      material: z.string(),
      lot: z.string().nullable(),
      handlingUnit: z.string().nullable(),
      quantity: amount.nullable(),
      /** The requirement it fits, and the place it belongs to; null with the reason and its code when it does not. */
      fits: z.object({ requirement: z.string(), position: z.string() }).nullable(),
      code: z.string().nullable(),
      why: z.string().nullable(),
    }),
    z.object({ means: z.literal("unknown"), why: z.string() }),
  ])
  .meta({ id: "ScanMeaning" });
export type ScanMeaning = z.infer<typeof scanMeaning>;

export const terminalRoutes = {
  "GET /api/v1/units/:unit/terminal": {
    permission: "terminal.read",
    summary: "What the terminal shows",
    reply: terminal,
  },
  "POST /api/v1/units/:unit/reports": {
    permission: "terminal.report",
    summary: "Reports what happened at a work unit",
    body: report,
    reply: reportOutcome,
    isCommand: true,
  },
  "POST /api/v1/units/:unit/scans": {
    permission: "terminal.report",
    summary: "Says what a scanned code means; books nothing",
    body: z.object({ text: z.string().min(1).max(500) }),
    reply: scanMeaning,
  },
  "POST /api/v1/units/:unit/paper-shift": {
    permission: "terminal.back-date",
    summary: "Enters a shift that was kept on paper, as CSV; all lines or none",
    body: z.object({ csv: z.string().max(1_000_000), because }),
    reply: outcome.extend({ lines: z.array(z.object({ line: z.number().int(), message: z.string() })) }),
    isCommand: true,
  },
  "POST /api/v1/job-orders/:jobOrder/acknowledge": {
    permission: "terminal.report",
    summary: "An operator has seen the job order",
    reply: outcome,
    isCommand: true,
  },
} as const satisfies RouteTable;
