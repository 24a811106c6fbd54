/**
 * The event stream: what has changed, so that a screen asks again for just that. Each event has an id; a client that
 * comes back with `Last-Event-ID` gets what it missed, or `reset` when that is not known any more.
 */
import { z } from "zod";
import { floorUnit } from "./floor.ts";
import type { RouteTable } from "./route.ts";

export const streamEvent = z
  .discriminatedUnion("kind", [
    /** First of every connection, and every five seconds: the server is there, even when nothing happens. */
    z.object({ kind: z.literal("hello"), at: z.iso.datetime() }),
    /** Ask for everything again. */
    z.object({ kind: z.literal("reset") }),
    z.object({ kind: z.literal("unit"), unit: floorUnit }),
    z.object({ kind: z.literal("order"), order: z.string() }),
    z.object({ kind: z.literal("posting"), posting: z.string(), order: z.string() }),
    z.object({ kind: z.literal("notification"), notification: z.string() }),
    /** The lists of what is to be mended have changed. */
    z.object({ kind: z.literal("mend") }),
    z.object({ kind: z.literal("connections") }),
  ])
  .meta({ id: "StreamEvent" });
export type StreamEvent = z.infer<typeof streamEvent>;

export const streamRoutes = {
  "GET /api/v1/stream": {
    permission: "floor.read",
    summary: "Server-sent events; `Last-Event-ID` resumes",
    query: z.object({ kinds: z.string().optional(), under: z.string().optional() }),
    reply: streamEvent,
  },
} as const satisfies RouteTable;
