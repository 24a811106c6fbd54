/**
 * The shape of `site.yaml`: hierarchy, calendars, connections, policies. Meaning across entries (that a name exists, that
 * the hierarchy has one top) is checked in `check.ts`; the settings of a connection by the connector that uses them.
 * The `error` of each part is the half sentence that says what to write instead.
 */
import { z } from "zod";
import { equipmentLevels } from "../isa95/resource/equipment.ts";
import { plainTerminalContent, terminalSchema } from "./terminal-schema.ts";
import { noticeLanguages } from "../record/notice.ts";
import { noticesSchema } from "./notice-schema.ts";
import { ownershipSchema } from "./ownership-schema.ts";
import { plainReconcileContent, reconcileSchema } from "./reconcile-schema.ts";
import { clockTime, identifier, sentence } from "./text-schema.ts";

const days = z
  .number({ error: "write a whole number of days" })
  .int({ error: "write a whole number of days" })
  .min(1, { error: "write at least 1 day" })
  .max(36_500, { error: "write at most 36500 days" });

/** An instant with its offset; whether it exists is checked where it is read. */
export const instantText = z.string({
  error: 'write an instant with its offset, for example "2025-01-01T00:00:00+01:00"',
});

const zoneName = z.string({ error: "write an IANA time zone, for example Europe/Warsaw" });

const siteHead = z
  .strictObject({
    id: identifier.describe("Id of the equipment of level Site"),
    name: sentence.describe("How people call the site"),
    timeZone: zoneName.describe("IANA time zone of the site"),
    language: z.enum(noticeLanguages).default("en").describe("Language of notifications: en or de"),
  })
  .describe("Which site this is");

const storageLocation = z.strictObject({
  plant: z.string({ error: "write the ERP's code of the plant in quotes" }).min(1, { error: "write the ERP's code" }),
  location: z
    .string({ error: "write the ERP's code of the storage location in quotes" })
    .min(1, { error: "write the ERP's code" }),
});

const loadPosition = z.strictObject({
  id: identifier.describe("As its label at the work unit says"),
  description: sentence,
  materialPrefix: z
    .string({ error: "write how the ids of the materials begin that belong there, in quotes" })
    .default("")
    .describe("Only materials whose id begins so are loaded there; anything when left out"),
});

const equipment = z
  .strictObject({
    id: identifier,
    level: z.enum(equipmentLevels).describe("Level of the equipment, as in B2MML"),
    partOf: identifier.optional().describe("Id of the equipment that this one is part of; only the top has none"),
    description: sentence,
    erpCodes: z
      .record(
        identifier,
        z.string({ error: "write the ERP's work centre code in quotes" }).min(1, { error: "write the ERP's code" }),
      )
      .optional()
      .describe("For work centers: ERP id and the work centre code under which that ERP knows it"),
    calendar: identifier.optional().describe("Calendar of this equipment and of all its parts that name none"),
    materialFrom: storageLocation
      .optional()
      .describe("For work centers: where material is drawn from that an order does not list"),
    splitAbove: z
      .int({ error: "write a whole number of the order's unit" })
      .min(1, { error: "write a whole number of the order's unit" })
      .optional()
      .describe("For work centers: an operation that asks for more than this is split over all work units"),
    connection: identifier
      .optional()
      .describe("For work units: id of the machine connection that delivers its samples"),
    map: identifier.optional().describe("For work units: name of the map that says what the samples mean"),
    positions: z
      .array(loadPosition, { error: "write a list of places" })
      .min(1, { error: "write at least one place, or remove it" })
      .optional()
      .describe(
        "For work units: places at which material is loaded by scan; a job then produces only when all is loaded",
      ),
  })
  .describe("One element of the equipment hierarchy");

const calendar = z
  .strictObject({
    id: identifier,
    version: z
      .number({ error: "write a whole number" })
      .int({ error: "write a whole number" })
      .min(1, { error: "write 1 or more" })
      .optional()
      .describe("1 when left out; a changed shift model gets the next number and its own validFrom"),
    validFrom: instantText.optional().describe("From when on; since ever when left out"),
    timeZone: zoneName.optional().describe("The site's zone when left out"),
    shifts: z.array(
      z.strictObject({
        id: identifier,
        start: clockTime.describe("Local wall clock"),
        end: clockTime.describe("Not after start: the shift ends on the next day"),
      }),
      { error: "write a list of shifts, or [] for none" },
    ),
  })
  .describe("Working time: which production day and shift an instant belongs to");

const settings = z
  .record(z.string(), z.unknown(), { error: "write the settings of the connection" })
  .describe("Settings of the connector; any text may be {env: NAME} or {file: path}");

const erp = z
  .strictObject({
    id: identifier,
    product: identifier.describe("Which connector speaks to it, e.g. sap"),
    company: z
      .string({ error: "write the client or company in quotes" })
      .optional()
      .describe("Client or company; empty when the ERP has only one"),
    settings,
  })
  .describe("A connection to an ERP");

const machine = z
  .strictObject({ id: identifier, protocol: identifier.describe("Which connector speaks to it, e.g. opcua"), settings })
  .describe("A connection to a machine");

const yesNo = z.boolean({ error: "write true or false" });

export const postingPolicySchema = z
  .strictObject({
    erp: identifier.describe("Which ERP the policy is for"),
    unplannedConsumption: z
      .enum(["post", "ask"])
      .default("ask")
      .describe("Measured use of a material that the order does not list: post it, or ask a person"),
    receipt: yesNo.default(true).describe("Post goods receipts (where the ERP does not by itself)"),
    announceRelease: yesNo.default(false).describe("Tell the ERP that an order was accepted"),
    final: z
      .union(
        [
          z.literal("never"),
          z.strictObject({
            afterMinutes: z
              .number()
              .int()
              .min(0)
              .max(10_080)
              .describe("How long after the last run of the operation; 0 to 10080"),
          }),
        ],
        { error: "write never, or { afterMinutes: 30 } with 0 to 10080 minutes" },
      )
      .default("never")
      .describe(
        "Whether a rule makes an operation final: when its good pieces reach what is ordered, no run of it is open, and so many minutes have passed",
      ),
  })
  .describe("What is posted to one ERP, and who decides");

const policies = z
  .strictObject({
    posting: z.array(postingPolicySchema, { error: "write a list with one entry per ERP" }).default([]),
    dispatch: z
      .strictObject({
        keepStored: z
          .union([z.literal("capacity"), z.number().int().min(1).max(10_000)], {
            error: "write capacity, or how many job orders to keep stored in a machine (1 to 10000)",
          })
          .default("capacity")
          .describe("How many job orders are kept stored in a machine that keeps job orders"),
      })
      .default({ keepStored: "capacity" }),
    samples: z.strictObject({ retentionDays: days.default(90) }).default({ retentionDays: 90 }),
    buffer: z.strictObject({ retentionDays: days.default(7) }).default({ retentionDays: 7 }),
    pull: z
      .strictObject({
        everySeconds: z
          .number({ error: "write a number of seconds" })
          .min(0.1, { error: "write at least 0.1 seconds" })
          .max(86_400, { error: "write at most 86400 seconds" })
          .default(10),
      })
      .default({ everySeconds: 10 }),
    reconcile: reconcileSchema.default(plainReconcileContent),
    ownership: ownershipSchema.default([]),
  })
  .describe("How the site wants things done");

export const siteSchema = z
  .strictObject({
    site: siteHead,
    equipment: z
      .array(equipment, { error: "write a list of equipment" })
      .min(1, { error: "write at least the site itself" }),
    calendars: z.array(calendar, { error: "write a list of calendars" }).default([]),
    erps: z.array(erp, { error: "write a list of ERP connections" }).default([]),
    machines: z.array(machine, { error: "write a list of machine connections" }).default([]),
    policies: policies.default({
      posting: [],
      dispatch: { keepStored: "capacity" },
      samples: { retentionDays: 90 },
      buffer: { retentionDays: 7 },
      pull: { everySeconds: 10 },
      reconcile: plainReconcileContent,
      ownership: [],
    }),
    terminal: terminalSchema.default(plainTerminalContent),
    notices: noticesSchema.default({ channels: [], rules: [], giveUpAfterHours: 24 }),
  })
  .describe("A site of Millrace");

/** `site.yaml` with its defaults filled in. */
export type SiteContent = z.output<typeof siteSchema>;
export type EquipmentContent = SiteContent["equipment"][number];
