/** The shape of `terminal` in `site.yaml`: what people choose and scan where they report, and what is asked of them. */
import { z } from "zod";
import { identifier, sentence } from "./word-schema.ts";

interface ReasonContent {
  readonly code: string;
  readonly text: { readonly en: string; readonly de?: string | undefined };
  readonly children?: readonly ReasonContent[] | undefined;
}

const reason: z.ZodType<ReasonContent> = z
  .strictObject({
    code: identifier.describe("Kept with what was reported; never give it another meaning"),
    text: z
      .strictObject(
        { en: sentence, de: sentence.optional() },
        { error: "write the text by language, e.g. { en: Jam }" },
      )
      .describe("What the terminal shows, by language"),
    get children() {
      return z
        .array(reason, { error: "write a list of reasons" })
        .min(1, { error: "write at least one reason, or remove it" })
        .optional()
        .describe("With children it is only a heading");
    },
  })
  .describe("A reason that people choose")
  .meta({ id: "Reason" });

const reasons = z.array(reason, { error: "write a list of reasons" }).default([]);

const scan = z
  .strictObject({
    name: identifier,
    pattern: z
      .string({ error: "write a regular expression with named groups, in quotes" })
      .min(1, { error: "write a regular expression with named groups, in quotes" })
      .max(300, { error: "write at most 300 characters" })
      .describe(
        "The whole text must fit; groups order, operation, material, lot, handlingUnit, quantity say what is what",
      ),
    uom: z
      .string({ error: "write a UN/ECE Rec 20 code in quotes" })
      .optional()
      .describe("Unit of the group quantity; the order's when left out"),
  })
  .describe("How a label or the number of an operation is read");

const plainClock = { aheadSeconds: 120, offlineHours: 24 };
const plainReasons = { stop: [], scrap: [] };

export const plainTerminalContent = {
  reasons: plainReasons,
  scans: [],
  people: "split" as const,
  lotControlled: [],
  clock: plainClock,
};

export const terminalSchema = z
  .strictObject({
    reasons: z.strictObject({ stop: reasons, scrap: reasons }).default(plainReasons).describe("Trees of reasons"),
    scans: z.array(scan, { error: "write a list of scan formats" }).default([]),
    people: z
      .enum(["split", "full"])
      .default("split")
      .describe("The time of one person at several work units: shared out, or full at each"),
    lotControlled: z
      .array(
        z
          .string({ error: "write how the ids of the materials begin, in quotes" })
          .min(1, { error: "write at least one sign" }),
        { error: "write a list of beginnings of material ids" },
      )
      .default([])
      .describe("Materials whose id begins so are loaded with their lot only"),
    clock: z
      .strictObject({
        aheadSeconds: z
          .number({ error: "write a number of seconds" })
          .min(0, { error: "write 0 or more seconds" })
          .max(3600, { error: "write at most 3600 seconds" })
          .default(plainClock.aheadSeconds)
          .describe("A terminal's clock may be so far ahead"),
        offlineHours: z
          .number({ error: "write a number of hours" })
          .min(0, { error: "write 0 or more hours" })
          .max(168, { error: "write at most 168 hours" })
          .default(plainClock.offlineHours)
          .describe("What a terminal has kept for longer must be entered by a supervisor"),
      })
      .default(plainClock),
  })
  .describe("Where people report");

export type TerminalContent = z.output<typeof terminalSchema>;
