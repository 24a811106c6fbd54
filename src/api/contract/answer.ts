/** What every answer of the HTTP interface is made of: times, amounts, pages, problems. */
import { z } from "zod";

/** UTC, RFC 3339 with milliseconds. */
export const time = z.iso.datetime().meta({ id: "Time" });

/** A local date of the site, `YYYY-MM-DD`. */
export const date = z.iso.date().meta({ id: "Date" });

/** An exact amount: decimal text, never a float, and its UN/ECE Rec 20 unit code. */
export const amount = z
  .object({ value: z.string().regex(/^-?\d+(\.\d{1,6})?$/), uom: z.string() })
  .meta({ id: "Amount" });
export type Amount = z.infer<typeof amount>;

/** Part of a longer list; `next` is the cursor of the part after it, null at the end. */
export function page<T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; next: z.ZodNullable<z.ZodString> }> {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

export const pageQuery = z.object({
  cursor: z.string().max(400).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/**
 * What went wrong, for a person and for a program.
 * @source RFC 9457
 */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    /** Our fault code, see docs/faults.md. */
    code: z.string(),
    /** What, where, and what to do next. */
    detail: z.string(),
    instance: z.string().optional(),
    /** Fields of the request, or lines of a file in it, that were wrong: where and why. */
    errors: z.array(z.object({ at: z.string(), message: z.string() })).optional(),
    traceId: z.string().optional(),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof problem>;

/** Why a person decided; kept with the decision. */
export const because = z.string().trim().min(3).max(500);

/** Something that was decided or reported: what became of it. */
export const outcome = z
  .object({
    /** False when the same command had been carried out before: nothing happened twice. */
    isNew: z.boolean(),
    /** In a person's words. */
    message: z.string(),
  })
  .meta({ id: "Outcome" });
export type Outcome = z.infer<typeof outcome>;
