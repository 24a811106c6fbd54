/** The ledger, as a person reads it: what stands where, by lot, and every movement behind it. */
import { z } from "zod";
import { amount, page, pageQuery, time } from "./answer.ts";
import type { RouteTable } from "./route.ts";

export const balance = z
  .object({
    material: z.string(),
    /** Account of the ledger, e.g. `stock:PL01/101C`, `unit:A565-0026`, `world:production`. */
    account: z.string(),
    lot: z.string().nullable(),
    amount,
    lastMovementAt: time.nullable(),
  })
  .meta({ id: "Balance" });

export const movement = z
  .object({
    id: z.string(),
    fact: z.string(),
    material: z.string(),
    lot: z.string().nullable(),
    amount,
    from: z.string(),
    to: z.string(),
    eventAt: time,
    recordedAt: time,
    corrects: z.string().nullable(),
    order: z.string().nullable(),
    number: z.string().nullable(),
  })
  .meta({ id: "Movement" });

export const materialRoutes = {
  "GET /api/v1/materials": {
    permission: "material.read",
    summary: "Balances by material, place and lot",
    query: pageQuery.extend({
      /** Part of the material or the lot. */
      text: z.string().max(100).optional(),
      /** An account; or how accounts begin, where it ends in `:` or `@`: `stock:`, `world:unexplained@`. */
      account: z.string().optional(),
    }),
    reply: page(balance),
  },
  "GET /api/v1/materials/:material/movements": {
    permission: "material.read",
    summary: "Movements of a material, newest first",
    query: pageQuery.extend({
      account: z.string().optional(),
      /** Empty: what has no lot. */
      lot: z.string().optional(),
      uom: z.string().optional(),
    }),
    reply: page(movement),
  },
} as const satisfies RouteTable;
