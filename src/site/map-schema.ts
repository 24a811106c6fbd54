/**
 * The shape of a file in `maps/`: what each signal of a machine means. Turned into a `MachineMap` by `map-build.ts`, checked
 * across its parts by `map-check.ts`. The `error` of each part is the half sentence that says what to write instead.
 */
import { z } from "zod";
import { machineStates } from "../record/fact.ts";
import { instantText } from "./schema.ts";
import { identifier } from "./text-schema.ts";

const itemKey = z
  .string({ error: "write the key of an item" })
  .min(1, { error: "write the key of an item" })
  .describe("Key of an entry in items");

const unitCode = z.string({ error: 'write a UN/ECE Rec 20 code in quotes, for example "C62" for pieces' });

const expression = z
  .string({ error: "write a JSONata expression as text" })
  .describe("JSONata over {request, segment}: the order and its operation");

const count = (what: string): z.ZodInt => z.int({ error: `write ${what} as a whole number` });

const item = z.strictObject({
  path: z
    .string({ error: "write the path of the item inside the machine" })
    .describe(
      "Path inside the machine, e.g. Counters/Slot{slot}/Total; a {placeholder} stands for a part of one element",
    ),
  history: z
    .boolean({ error: "write true or false" })
    .default(false)
    .describe("Read back from the machine's own history after an interruption"),
});

const clock = z.strictObject({
  trust: z
    .enum(["device", "gateway"])
    .describe("Whose time counts: the device's source time or the gateway's receive time"),
  mode: z
    .enum(["live", "replay"])
    .default("live")
    .describe("In replay neither offset nor wall clock judges a source time"),
  late: z
    .string({ error: "write a duration, for example 10s or 5min" })
    .regex(/^\d{1,9}(ms|s|min|h|d)$/, { error: "write a duration, for example 500ms, 10s, 5min, 2h or 1d" })
    .describe("A sample this much older than the newest of its source is too late to be read"),
});

const runByNumber = z.strictObject({
  by: z.literal("number"),
  number: itemKey.describe("Item with the number of the run that the values belong to"),
  none: count("the number that means no run").describe("The number that means no run"),
  job: itemKey,
  article: itemKey.optional(),
  ended: z.strictObject({
    count: itemKey.describe("Item that changes with every end of a run"),
    number: itemKey.describe("Item with the number of the run that ended"),
    result: itemKey.describe("Item with the machine's word for how it ended"),
  }),
});

const runByJob = z.strictObject({
  by: z.literal("job"),
  job: itemKey.describe(
    "Item that names the job; each value of a placeholder in its path is a station with a job of its own",
  ),
  article: itemKey.optional(),
});

const share = z.string({ error: 'write a share in quotes, for example "1/3"' }).regex(/^\d{1,6}(\/[1-9]\d{0,5})?$/, {
  error: 'write a share as whole number or fraction, for example "1" or "2/3"',
});

const stations = z
  .strictObject({
    pieces: z
      .union(
        [
          z.strictObject({ item: itemKey }),
          z.strictObject({ fixed: count("the pieces of one count").min(1).max(1_000_000) }),
        ],
        { error: "write {item: …} or {fixed: …}, a whole number" },
      )
      .describe(
        "Pieces that one count makes in a station: an item with their number (or true, false), or a fixed number",
      ),
    shares: z
      .record(z.string(), share, { error: "write each station and its share" })
      .default({})
      .describe("The part of each count that is a station's; all of it when left out"),
    because: z
      .string({ error: "write one sentence about the machine that justifies this" })
      .trim()
      .min(20, { error: "write a whole sentence about the machine, 20 characters or more" })
      .describe("One sentence about the machine that justifies this"),
  })
  .describe("How what is counted for the whole unit is allotted to its stations");

/** In millionths it is a whole number that is exact. */
const stepMost = 9_000_000_000;

/** The parts that every counter has; `bits` or `max` say where it rolls over. */
const counterType = {
  bits: z
    .int({ error: "write the number of bits" })
    .min(4, { error: "write 4 to 64" })
    .max(64, { error: "write 4 to 64" })
    .optional(),
  max: z
    .int({ error: "write the largest value" })
    .min(9, { error: "write the largest value, at least 9" })
    .optional()
    .describe("Largest value before it rolls over to zero"),
  reset: z.enum(["never", "per-run", "manual"]).describe("When the machine itself starts the counter again from zero"),
  baseline: z
    .enum(["zero", "first"])
    .describe("zero: the count starts with the run; first: the first value is where the count starts from"),
  drop: z
    .enum(["stale", "classify"])
    .describe("What a lower value means: an older snapshot, or to be told apart by value"),
  stepMax: z
    .number({ error: "write the largest plausible step of the counter" })
    .positive({ error: "write a step greater than zero" })
    .max(stepMost, { error: `write at most ${stepMost}: what is more in one step is not counted exactly` })
    .describe("More than this in one step is implausible and becomes a question"),
  because: z
    .string({ error: "write one sentence about the machine's behaviour that justifies these choices" })
    .trim()
    .min(20, { error: "write a whole sentence about the machine's behaviour, 20 characters or more" })
    .describe("One sentence about the machine's behaviour that justifies these choices"),
} as const;

const counter = z.strictObject({
  rule: identifier.describe("Names the rule in facts: never rename it"),
  item: itemKey,
  grade: z.enum(["good", "scrap", "rework"]),
  uom: unitCode,
  ...counterType,
});

const packing = z
  .strictObject({
    rule: identifier.default("packing"),
    item: itemKey.describe("The counter of packed pieces"),
    handlingUnit: itemKey.optional().describe("The item that names the handling unit that is being filled"),
    uom: unitCode,
    ...counterType,
  })
  .describe("The machine packs what it makes and counts that, too");

const material = z.union(
  [
    z.strictObject({ item: itemKey }),
    z.strictObject({ placeholder: z.string().min(1, { error: "write the name of a placeholder" }) }),
    z.strictObject({ fixed: z.string().min(1, { error: "write a material number" }) }),
  ],
  { error: "write {item: …}, {placeholder: …} or {fixed: …}" },
);

const materialUnit = z.union(
  [
    z.strictObject({ fixed: unitCode }),
    z.strictObject({
      item: itemKey,
      uoms: z.record(z.string(), unitCode, { error: "write the machine's words and their units" }),
    }),
  ],
  { error: "write {fixed: …}, or {item: …, uoms: {…}}" },
);

/** As facts of use by bill are named. */
const billRules = ["bill", "corrected"];

const consumption = z.strictObject({
  rule: identifier
    .refine((name) => !billRules.includes(name), {
      error: "write another name: use by an order's bill is stated under it",
    })
    .describe("Names the rule in facts: never rename it"),
  amount: itemKey.describe("The item with the amount; its placeholder ties the group together"),
  material: material.describe(
    "What the amount is of: another item of the group, the placeholder itself, or a fixed material",
  ),
  uom: materialUnit.describe("The unit of the amount"),
  snapshot: itemKey.optional().describe("The amounts are read only when this item changes"),
  ...counterType,
});

const state = z.strictObject({
  rule: identifier.default("state"),
  item: itemKey,
  states: z
    .record(z.string(), z.enum(machineStates), { error: "write the machine's values and our states" })
    .describe("The machine's value and our state; a value that is not listed becomes a question"),
});

const energy = z.strictObject({ rule: identifier.default("energy"), item: itemKey, uom: unitCode, ...counterType });

const alarm = z.strictObject({
  rule: identifier.default("alarm"),
  code: itemKey,
  text: itemKey,
  trigger: itemKey.describe("Item that changes with each alarm"),
});

const machinePath = z.string({ error: "write a path inside the machine" });

const job = z
  .strictObject({
    jobOrderId: expression.describe("The id under which the machine stores the job order"),
    job: expression.describe("What the machine reports as the job while it runs"),
    article: expression.optional().describe("What the machine reports as the article while it runs"),
    jobControl: z
      .strictObject({ receiver: machinePath, provider: machinePath })
      .optional()
      .describe("Where the machine keeps job orders (OPC 10031-4); left out when it does not"),
    setup: z
      .record(
        z.string(),
        z.strictObject({
          value: expression,
          tolerance: z.number({ error: "write a number" }).min(0, { error: "write 0 or more" }).default(0),
        }),
      )
      .default({})
      .describe("Setpoints: written, read back and compared before the job is ready"),
    apply: z
      .strictObject({ object: machinePath, method: machinePath })
      .optional()
      .describe("Method to call after the setpoints are written"),
  })
  .describe("How a job finds its order, and what the machine is told");

export const mapSchema = z
  .strictObject({
    name: identifier.describe("Work units refer to the map by this name"),
    version: count("the version").min(1, { error: "write 1 or more" }).describe("Plus 1 with every change of meaning"),
    validFrom: instantText.describe("Event time from which this version is right"),
    frame: z
      .enum(["source-time", "sample"])
      .describe("source-time: all samples of one source time are read together; sample: each stands for itself"),
    clock,
    items: z.record(identifier, item, { error: "write the items of the machine" }),
    run: z
      .discriminatedUnion("by", [runByNumber, runByJob])
      .optional()
      .describe("How the machine tells its runs apart"),
    stations: stations.optional(),
    counters: z.array(counter, { error: "write a list of counters" }).default([]),
    counting: z
      .literal("person", { error: "write person, or remove it" })
      .optional()
      .describe(
        "A person counts the pieces at the terminal; the map then has no counters. The machine counts when left out",
      ),
    packing: packing.optional(),
    consumption: z.array(consumption, { error: "write a list of consumption rules" }).default([]),
    state: state.optional(),
    energy: energy.optional(),
    alarm: alarm.optional(),
    job: job.optional(),
  })
  .describe("What the signals of a machine mean");

export type MapContent = z.output<typeof mapSchema>;
export type CounterTypeContent = Pick<
  MapContent["counters"][number],
  "bits" | "max" | "reset" | "baseline" | "drop" | "stepMax" | "because"
>;
