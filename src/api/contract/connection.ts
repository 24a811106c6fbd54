/** Machines and ERPs: whether they are reached, how fast, how late, and what went wrong last. */
import { z } from "zod";
import { page, pageQuery, time } from "./answer.ts";
import type { RouteTable } from "./route.ts";

const lastFault = z.object({ at: time, code: z.string(), message: z.string() }).nullable();

export const connections = z
  .object({
    asOf: time,
    machines: z.array(
      z.object({
        id: z.string(),
        protocol: z.string(),
        workUnit: z.string().nullable(),
        connected: z.boolean(),
        backfilling: z.boolean(),
        lastSampleAt: time.nullable(),
        samplesPerSecond: z.number(),
        waitingSamples: z.number().int(),
        /** Milliseconds from the machine's event to us, median of the last minute; null without samples. */
        lagMs: z.number().nullable(),
        /** Values of the last 24 hours that are kept and were not read, 10,000 at most, with the newest of them; null: none. */
        unread: z.object({ count: z.number().int(), at: time, item: z.string(), why: z.string() }).nullable(),
        fault: lastFault,
      }),
    ),
    erps: z.array(
      z.object({
        id: z.string(),
        product: z.string(),
        ready: z.boolean(),
        lastPullAt: time.nullable(),
        pending: z.number().int(),
        inDoubt: z.number().int(),
        parked: z.number().int(),
        refused: z.number().int(),
        /** Fields of master data that it has stated and does not own, or that could not be read. */
        refusedFields: z.number().int(),
        /** Age of the oldest posting that is not settled. */
        oldestPendingAt: time.nullable(),
        fault: lastFault,
      }),
    ),
    buffer: z.object({ waitingBatches: z.number().int() }),
    recovering: z.boolean(),
  })
  .meta({ id: "Connections" });
export type Connections = z.infer<typeof connections>;

export const refusedField = z
  .object({
    id: z.string(),
    /** The ERP that has said it. */
    sender: z.string(),
    noun: z.string(),
    plant: z.string(),
    /** The ID of the thing; empty for people, whom it does not name. */
    key: z.string(),
    version: z.string(),
    /** Empty: the thing as a whole. */
    field: z.string(),
    /** Whose word counts: an ERP, `site`, `millrace`; null where it could not be read. */
    owner: z.string().nullable(),
    ours: z.string().nullable(),
    theirs: z.string().nullable(),
    code: z.string(),
    message: z.string(),
    /** File, line and path in the document. */
    place: z.string(),
    /** The BODID of the last message that said it. */
    document: z.string(),
    firstAt: time,
    lastAt: time,
    times: z.number().int(),
  })
  .meta({ id: "RefusedField" });

export const connectionRoutes = {
  "GET /api/v1/connections": {
    permission: "connection.read",
    summary: "Health of every connection",
    reply: connections,
  },
  "GET /api/v1/connections/refused": {
    permission: "connection.read",
    summary: "Master data that was not taken over, latest first, until its sender says otherwise",
    query: pageQuery.extend({ erp: z.string().optional() }),
    reply: page(refusedField),
  },
} as const satisfies RouteTable;
