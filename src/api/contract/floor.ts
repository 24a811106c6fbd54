/** The live floor: every work unit with its state, job, counts and the age of what we know. */
import { z } from "zod";
import { machineStates } from "../../record/fact.ts";
import { amount, time } from "./answer.ts";
import type { RouteTable } from "./route.ts";

export const floorJob = z
  .object({
    run: z.string().nullable(),
    /** Null for production without an order. */
    jobOrder: z.string().nullable(),
    order: z.string().nullable(),
    /** The number a person knows. */
    number: z.string(),
    operation: z.string(),
    material: z.string(),
    asked: amount.nullable(),
    good: amount.nullable(),
    scrap: amount.nullable(),
    rework: amount.nullable(),
    since: time,
  })
  .meta({ id: "FloorJob" });

export const floorUnit = z
  .object({
    id: z.string(),
    description: z.string(),
    workCenter: z.string(),
    /** `manual`: people report; `machine`: a controller does. */
    kind: z.enum(["machine", "manual"]),
    /** Null until anything was said. */
    state: z.object({ state: z.enum(machineStates), since: time, reason: z.string().nullable() }).nullable(),
    /** Several when the unit runs several jobs at once. */
    jobs: z.array(floorJob),
    /** How many people are signed on. */
    people: z.number().int(),
    /** Null for a work unit without a controller. */
    connection: z
      .object({ id: z.string(), connected: z.boolean(), backfilling: z.boolean(), fault: z.string().nullable() })
      .nullable(),
    /** The event time of the last thing said about the unit. */
    lastEventAt: time.nullable(),
    lastSampleAt: time.nullable(),
  })
  .meta({ id: "FloorUnit" });
export type FloorUnit = z.infer<typeof floorUnit>;
export type FloorJob = z.infer<typeof floorJob>;

export const floorNode = z
  .object({ id: z.string(), level: z.string(), description: z.string(), partOf: z.string().nullable() })
  .meta({ id: "Equipment" });

export const floor = z
  .object({ asOf: time, equipment: z.array(floorNode), units: z.array(floorUnit) })
  .meta({ id: "Floor" });
export type Floor = z.infer<typeof floor>;

export const floorRoutes = {
  "GET /api/v1/floor": {
    permission: "floor.read",
    summary: "Every work unit that one may see, with the hierarchy above it",
    query: z.object({ under: z.string().optional() }),
    reply: floor,
  },
  "GET /api/v1/units/:unit": { permission: "floor.read", summary: "One work unit", reply: floorUnit },
} as const satisfies RouteTable;
