/**
 * Settings of a connection to an ERP that speaks B2MML, as they stand in `site.yaml`, checked and completed with
 * defaults. Secrets arrive here already resolved; nothing is read from the environment.
 */
import { z } from "zod";
import { fail, ok, type Result } from "../../base/result.ts";
import { timeZone, type TimeZone } from "../../base/site-time.ts";
import { unitOf } from "../../base/unit.ts";
import { confirmationKinds, consumptionModes } from "../../isa95/definition/operation.ts";

const mode = z.enum(consumptionModes);
const httpUrl = z.url({ protocol: /^https?$/ });

const isZone = (name: string): boolean => timeZone(name).ok;
const notZone = "write an IANA time zone, for example Europe/Berlin";

/** What `site.yaml` may say under `settings`; `erp` is filled in by whoever opens the connection. */
export const b2mmlSettings = z.strictObject({
  /** Id of this connection; becomes the `erp` of every reference. */
  erp: z.string().min(1).default("b2mml"),
  /** Client or company of every reference; empty when the ERP has only one. */
  company: z.string().default(""),
  /** The LogicalID with which the ERP signs what it sends us; left out: whatever no other connection is known by. */
  logicalId: z.string().min(1).optional(),
  /** The LogicalID with which we sign. */
  ownLogicalId: z.string().min(1).default("millrace"),
  /** Where results are posted, and where the ERP is asked for them. */
  url: httpUrl,
  /** Polled for schedules; left out when the ERP sends them to our doors. */
  pullUrl: httpUrl.optional(),
  /** A folder that is watched for files: `in/`, `taking/`, `done/` and `failed/` are made in it. */
  folder: z.string().min(1).optional(),
  /** HTTP Basic, or a bearer token; none when left out. */
  login: z
    .union([
      z.strictObject({ user: z.string().min(1), password: z.string() }),
      z.strictObject({ token: z.string().min(1) }),
    ])
    .optional(),
  /** PEM texts: own certificate authority, client certificate and its key. */
  tls: z.strictObject({ ca: z.string(), cert: z.string(), key: z.string() }).partial().optional(),
  timeoutMs: z.int().min(100).max(600_000).default(30_000),
  /** How long after a lost reply the ERP may still take a document over. */
  settleMs: z.int().min(0).max(3_600_000).default(60_000),
  concurrency: z.int().min(1).max(64).default(4),
  /** What the ERP can do of Part 5. */
  partner: z
    .strictObject({
      /** Answers a Process with an Acknowledge; when not, any status 2xx counts as accepted. */
      acknowledges: z.boolean().default(true),
      /** Answers a GetOperationsPerformance with what it has: the way to find out what became of a lost document. */
      shows: z.boolean().default(true),
      /** Applies a message with the same BODID once, whatever happens: then a lost one is sent again without asking. */
      idempotent: z.boolean().default(false),
    })
    .prefault({}),
  /** For orders that name no site. */
  plant: z.string().min(1).optional(),
  /** IANA zone of times without an offset; without it they are refused. */
  timeZone: z.string().refine(isZone, { error: notZone }).optional(),
  /** The ERP's own unit → Rec 20 code; codes of Rec 20 need no entry. */
  units: z
    .record(
      z.string().min(1),
      z.string().refine((code) => unitOf(code), "is not a known Rec 20 code"),
    )
    .default({}),
  /** How components are used up, which B2MML does not say; the first rule whose prefix fits decides. */
  consumption: z
    .strictObject({
      default: mode.default("bill"),
      rules: z.array(z.strictObject({ materialPrefix: z.string().min(1), mode })).default([]),
    })
    .prefault({}),
  /** What every operation means to the ERP. */
  operation: z
    .strictObject({
      confirmation: z.enum(confirmationKinds).default("required"),
      automaticReceipt: z.boolean().default(false),
    })
    .prefault({}),
});

export type B2mmlConfig = Omit<z.output<typeof b2mmlSettings>, "timeZone"> & { readonly timeZone: TimeZone | null };

/** @fault invalid erp/config  names each setting that makes no sense; never repeats its value */
export function readConfig(settings: unknown): Result<B2mmlConfig> {
  const parsed = b2mmlSettings.safeParse(settings);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".") || "settings"}: ${issue.message}`);
    return fail("invalid", "erp/config", `The B2MML connection cannot be used as configured. ${wrong.join("; ")}.`);
  }
  const { timeZone: name, ...rest } = parsed.data;
  if (name === undefined) return ok({ ...rest, timeZone: null });
  const zone = timeZone(name);
  if (!zone.ok) return fail("invalid", "erp/config", `The B2MML connection: timeZone: ${zone.fault.message}`);
  return ok({ ...rest, timeZone: zone.value });
}
