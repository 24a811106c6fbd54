/** Machines and ERPs: whether they are reached, how fast, how late, and what went wrong last. */
import { z } from "zod";
import { time } from "./answer.ts";
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

export const connectionRoutes = {
  "GET /api/v1/connections": {
    permission: "connection.read",
    summary: "Health of every connection",
    reply: connections,
  },
} as const satisfies RouteTable;
