/** Orders, one order with its time line, and each entry opened down to the samples. */
import { z } from "zod";
import { jobOrderStates } from "../../isa95/schedule/job-order.ts";
import { postingLineKinds } from "../../flows/view/posting.ts";
import { entryKinds } from "../../flows/view/timeline-view.ts";
import { requestStates } from "../../isa95/schedule/operations-request.ts";
import { documentKinds, postingStates } from "../../record/posting.ts";
import { amount, because, date, outcome, page, pageQuery, time } from "./answer.ts";
import type { RouteTable } from "./route.ts";

/** What of it is done: `open` nothing yet, `running` something, `done` all operations final, `cancelled`. */
export const progressStates = ["open", "running", "done", "cancelled"] as const;

export const orderRow = z
  .object({
    id: z.string(),
    erp: z.string(),
    number: z.string(),
    material: z.string(),
    quantity: amount,
    /** Yield of the operation that receives the finished goods. */
    good: amount,
    scrap: amount,
    state: z.enum(requestStates),
    progress: z.enum(progressStates),
    priority: z.number().int(),
    earliestStart: time.nullable(),
    latestEnd: time.nullable(),
    operations: z.number().int(),
    workCenters: z.array(z.string()),
    /** Postings that wait for a person, and its quarantine. */
    toMend: z.number().int(),
    acceptedAt: time,
  })
  .meta({ id: "OrderRow" });
export type OrderRow = z.infer<typeof orderRow>;

export const orderJob = z
  .object({
    id: z.string(),
    workUnit: z.string().nullable(),
    state: z.enum(jobOrderStates),
    quantity: amount,
    good: amount,
    scrap: amount,
    rework: amount,
    runs: z.number().int(),
    acknowledgedBy: z.string().nullable(),
  })
  .meta({ id: "OrderJob" });

export const orderOperation = z
  .object({
    id: z.string(),
    description: z.string(),
    workCenter: z.string(),
    confirmation: z.string(),
    isExternal: z.boolean(),
    automaticReceipt: z.boolean(),
    quantity: amount,
    jobs: z.array(orderJob),
    materials: z.array(
      z.object({
        id: z.string(),
        material: z.string(),
        quantity: amount,
        mode: z.string(),
        location: z.string().nullable(),
        lot: z.string().nullable(),
        used: amount,
        posted: amount,
        /**
         * What machines have counted of a component for which the bill alone speaks: it is not in `used`. One amount for each unit that
         * has no factor to the line's; empty where they have not counted.
         */
        counted: z.array(amount),
      }),
    ),
    /** The decision that it is final; null while it is open. */
    final: z.object({ at: time, by: z.string(), because: z.string(), confirmed: z.boolean() }).nullable(),
  })
  .meta({ id: "OrderOperation" });

export const order = orderRow
  .extend({
    plant: z.string(),
    receiptLocation: z.string().nullable(),
    /** For `If-Match`. */
    version: z.string(),
    erpVersion: z.string(),
    steps: z.array(orderOperation),
  })
  .meta({ id: "Order" });
export type Order = z.infer<typeof order>;

export const timelineEntry = z
  .object({
    id: z.string(),
    /** When it happened, and when we recorded it. */
    at: time,
    recordedAt: time,
    kind: z.enum(entryKinds),
    operation: z.string().nullable(),
    workUnit: z.string().nullable(),
    /** Fact kind, posting state, instruction kind …: with `values` what the screen puts into words. */
    code: z.string(),
    values: z.record(z.string(), z.string()),
    level: z.enum(["info", "good", "warning", "bad"]),
    /** What it opens to: `GET /api/v1/{kind}s/{id}`. */
    opens: z.object({ kind: z.enum(["fact", "posting", "message", "instruction", "run"]), id: z.string() }).nullable(),
  })
  .meta({ id: "TimelineEntry" });
export type TimelineEntry = z.infer<typeof timelineEntry>;

export const sample = z
  .object({
    id: z.string(),
    source: z.string(),
    item: z.string(),
    value: z.unknown(),
    status: z.string(),
    sourceAt: time,
    receivedAt: time.nullable(),
  })
  .meta({ id: "Sample" });

export const fact = z
  .object({
    id: z.string(),
    kind: z.string(),
    workUnit: z.string(),
    run: z.string().nullable(),
    eventAt: time,
    recordedAt: time,
    rule: z.string(),
    mapVersion: z.number().int(),
    revision: z.number().int(),
    saidBy: z.record(z.string(), z.string()),
    body: z.record(z.string(), z.unknown()),
    /** Empty for a statement of a person. Samples past their retention are named without value. */
    evidence: z.array(sample.partial({ value: true, receivedAt: true })),
    postings: z.array(z.object({ id: z.string(), kind: z.enum(documentKinds), state: z.enum(postingStates) })),
    movements: z.array(
      z.object({
        id: z.string(),
        material: z.string(),
        amount,
        from: z.string(),
        to: z.string(),
        lot: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: "Fact" });
export type Fact = z.infer<typeof fact>;

/**
 * What the facts of a run add up to: pieces by grade, material used and made, energy. `counted` is what a machine has counted of a
 * component that the bill alone speaks for: it moves nothing, and is not in `used`.
 */
export const sumKinds = ["good", "scrap", "rework", "used", "counted", "produced", "energy"] as const;

export const run = z
  .object({
    id: z.string(),
    source: z.string(),
    workUnit: z.string(),
    /** As the machine named them; empty when it did not. */
    job: z.string(),
    article: z.string(),
    /** Production that the machine itself attributes to no run. */
    outside: z.boolean(),
    jobOrder: z.string().nullable(),
    order: z.string().nullable(),
    number: z.string().nullable(),
    operation: z.string().nullable(),
    startedAt: time,
    endedAt: time.nullable(),
    result: z.string().nullable(),
    sums: z.array(
      z.object({
        what: z.enum(sumKinds),
        /** Null for pieces, which are of the run's product. */
        material: z.string().nullable(),
        amount,
        facts: z.number().int(),
        firstAt: time,
        lastAt: time,
      }),
    ),
  })
  .meta({ id: "Run" });
export type RunView = z.infer<typeof run>;

/** A fact in a list. */
export const factRow = z
  .object({
    id: z.string(),
    kind: z.string(),
    eventAt: time,
    recordedAt: time,
    /** What it adds to its sum; negative for a correction; null for a fact without an amount. */
    what: z.enum(sumKinds).nullable(),
    material: z.string().nullable(),
    amount: amount.nullable(),
    /** The fact that this one takes back. */
    corrects: z.string().nullable(),
  })
  .meta({ id: "FactRow" });
export type FactRow = z.infer<typeof factRow>;

/** What is posted; the screens have the words for it. */
export const postingLine = z.object({
  what: z.enum(postingLineKinds),
  /** The document that is taken back. */
  document: z.string().nullable(),
  material: z.string().nullable(),
  amount,
  location: z.string().nullable(),
  lot: z.string().nullable(),
});

export const posting = z
  .object({
    id: z.string(),
    key: z.string(),
    erp: z.string(),
    kind: z.enum(documentKinds),
    state: z.enum(postingStates),
    order: z.string(),
    number: z.string(),
    operation: z.string(),
    postingDate: date.nullable(),
    lines: z.array(postingLine),
    parked: z.boolean(),
    nextTryAt: time.nullable(),
    fault: z.object({ code: z.string(), message: z.string() }).nullable(),
    document: z.string().nullable(),
    /** The frozen bytes of the request, as text; null before the first send. */
    request: z.string().nullable(),
    attempts: z.array(
      z.object({
        number: z.number().int(),
        startedAt: time,
        endedAt: time.nullable(),
        outcome: z.string().nullable(),
        message: z.string().nullable(),
      }),
    ),
    facts: z.array(z.string()),
    supersedes: z.string().nullable(),
    /** The posting whose document it takes back. */
    reverses: z.string().nullable(),
    /** The posting that takes its document back. */
    reversedBy: z.string().nullable(),
    /** Whether it speaks for its facts: those of one that was dismissed or taken back may be owed again. */
    holdsFacts: z.boolean(),
    version: z.string(),
    plannedAt: time,
    settledAt: time.nullable(),
    traceId: z.string().nullable(),
  })
  .meta({ id: "Posting" });
export type PostingView = z.infer<typeof posting>;

export const orderRoutes = {
  "GET /api/v1/orders": {
    permission: "order.read",
    summary: "Orders, newest start last",
    query: pageQuery.extend({
      progress: z.enum(progressStates).optional(),
      workCenter: z.string().optional(),
      material: z.string().optional(),
      /** Part of the number or material. */
      text: z.string().max(100).optional(),
      toMend: z.enum(["true", "false"]).optional(),
      sort: z.enum(["dispatch", "latestEnd", "number"]).default("dispatch"),
    }),
    /** `total` counts up to 10,000; `totalIsCapped` when there are more. */
    reply: page(orderRow).extend({ total: z.number().int(), totalIsCapped: z.boolean() }),
  },
  "GET /api/v1/orders/:order": { permission: "order.read", summary: "One order", reply: order },
  "GET /api/v1/orders/:order/timeline": {
    permission: "order.read",
    summary: "All that happened to an order, in order of event time",
    query: pageQuery.extend({ kinds: z.string().optional() }),
    reply: page(timelineEntry),
  },
  "GET /api/v1/runs/:run": {
    permission: "order.read",
    summary: "One run of a work unit with its sums",
    reply: run,
  },
  "GET /api/v1/runs/:run/facts": {
    permission: "order.read",
    summary: "The facts of a run in order of event time: all of them, or those that one sum is made of",
    query: pageQuery.extend({
      what: z.enum(sumKinds).optional(),
      material: z.string().optional(),
      /** Unit of the sum. */
      uom: z.string().optional(),
    }),
    reply: page(factRow),
  },
  "GET /api/v1/facts/:fact": { permission: "order.read", summary: "A fact with its samples", reply: fact },
  "GET /api/v1/postings/:posting": {
    permission: "order.read",
    summary: "A posting with request, attempts, document and facts",
    reply: posting,
  },
  "GET /api/v1/messages/:message": {
    permission: "order.read",
    summary: "The original message of the ERP",
    reply: z.object({
      id: z.string(),
      erp: z.string(),
      mediaType: z.string(),
      receivedAt: time,
      text: z.string(),
      verdict: z.string().nullable(),
    }),
  },
  "GET /api/v1/instructions/:instruction": {
    permission: "order.read",
    summary: "What was written to a machine and read back",
    reply: z.object({
      id: z.string(),
      kind: z.string(),
      state: z.string(),
      workUnit: z.string(),
      machineOrder: z.string(),
      createdAt: time,
      changedAt: time,
      fault: z.object({ code: z.string(), message: z.string() }).nullable(),
      values: z.array(
        z.object({ item: z.string(), wanted: z.string(), before: z.string().nullable(), read: z.string().nullable() }),
      ),
    }),
  },
  "POST /api/v1/orders/:order/operations/:operation/final": {
    permission: "order.decide",
    summary: "Decides that an operation is final",
    body: z.object({ because }),
    reply: outcome,
    isCommand: true,
  },
  "POST /api/v1/orders/:order/operations/:operation/reopen": {
    permission: "order.decide",
    summary: "Takes back that an operation is final",
    body: z.object({ because }),
    reply: outcome,
    isCommand: true,
  },
} as const satisfies RouteTable;
