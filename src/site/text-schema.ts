/** Short texts that several parts of the site's files have in common. */
import { z } from "zod";

export const identifier = z
  .string({ error: 'write a short id in quotes, for example "PL01"' })
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
    error: "write 1 to 64 letters, digits, dots, hyphens or underscores, beginning with a letter or digit",
  })
  .describe("Short id, unique among its kind at the site");

export const sentence = z
  .string({ error: "write a few words for people" })
  .trim()
  .min(1, { error: "write a few words for people" })
  .max(500, { error: "write at most 500 characters" });

export const clockTime = z
  .string({ error: 'write a time of day in quotes, for example "06:00"' })
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'write a time of day from "00:00" to "23:59"' });
