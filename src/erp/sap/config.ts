/**
 * Settings of a connection to SAP S/4HANA, as they stand in `site.yaml`, checked and completed with defaults.
 * Secrets arrive here already resolved; nothing is read from the environment.
 */
import { z } from "zod";
import { fail, ok, type Result } from "../../base/result.ts";
import { timeZone, type TimeZone } from "../../base/site-time.ts";
import { confirmationKinds } from "../../isa95/definition/operation.ts";
import { unitOf } from "../../base/unit.ts";

const operationRule = z.strictObject({
  confirmation: z.enum(confirmationKinds).default("required"),
  automaticReceipt: z.boolean().default(false),
  external: z.boolean().default(false),
});

/** Modes that a site may choose; `erp` follows from the backflush mark of the component alone. */
const ownMode = z.enum(["measured", "bill", "issued"]);

const isZone = (name: string): boolean => timeZone(name).ok;
const notZone = "write an IANA time zone, for example Europe/Berlin";

/** What `site.yaml` may say under `settings`; `erp` is filled in by whoever opens the connection. */
export const sapSettings = z.strictObject({
  /** Id of this connection; becomes the `erp` of every reference. */
  erp: z.string().min(1).default("sap"),
  /** Client or company of every reference; empty when the ERP has only one. */
  company: z.string().default(""),
  /** Root of the OData services, e.g. `https://host/sap/opu/odata/sap`. */
  baseUrl: z.url({ protocol: /^https?$/ }),
  user: z.string().min(1),
  password: z.string(),
  /** Sent with every call besides the login, e.g. `{ header: "APIKey", value: "…" }` of an API management front. */
  apiKey: z.strictObject({ header: z.string().regex(/^[\w-]+$/), value: z.string() }).optional(),
  /** PEM texts: own certificate authority, client certificate and its key. */
  tls: z.strictObject({ ca: z.string(), cert: z.string(), key: z.string() }).partial().optional(),
  sapClient: z
    .string()
    .regex(/^\d{3}$/)
    .optional(),
  /** In which SAP is asked to speak: a lock, a short stock or a closed period is known by its words where its code is not. */
  language: z.enum(["EN", "DE"]).default("EN"),
  /** IANA zone of the plant: SAP's dates and times of day are wall clock there. */
  timeZone: z.string().refine(isZone, { error: notZone }),
  /** IANA zone of SAP's own clock, by which it says when a document was entered; the later of the plant's and UTC when left out. */
  systemTimeZone: z.string().refine(isZone, { error: notZone }).optional(),
  /** Paths below `baseUrl`, for fronts that rename services. */
  services: z
    .strictObject({
      order: z.string().default("API_PRODUCTION_ORDER_2_SRV"),
      confirmation: z.string().default("API_PROD_ORDER_CONFIRMATION_2_SRV"),
      materialDocument: z.string().default("API_MATERIAL_DOCUMENT_SRV"),
      product: z.string().default("API_PRODUCT_SRV"),
    })
    .prefault({}),
  timeoutMs: z.int().min(100).max(600_000).default(30_000),
  /** How long after a lost reply SAP may still commit. */
  settleMs: z.int().min(0).max(3_600_000).default(60_000),
  concurrency: z.int().min(1).max(64).default(4),
  pageSize: z.int().min(1).max(1000).default(50),
  /** Every poll reads again what changed so shortly before the last one. */
  overlapSeconds: z.int().min(0).max(86_400).default(120),
  /** Only orders of these plants; all that the user may see when left out. */
  plants: z.array(z.string().min(1)).min(1).optional(),
  /** Only orders with an operation at one of these work centres. */
  workCenters: z.array(z.string().min(1)).min(1).optional(),
  /** Read products as master data; the communication user then needs that service, too. */
  products: z.boolean().default(false),
  /** Tell SAP that an order was taken over (OrderReleasedByMES). */
  announceRelease: z.boolean().default(true),
  /** SAP unit → Rec 20 code, besides the built-in table; for writing back, the first entry of a code is taken. */
  units: z
    .record(
      z.string().min(1),
      z.string().refine((code) => unitOf(code), "is not a known Rec 20 code"),
    )
    .default({}),
  /** Control key of an operation → what it means. */
  controlKeys: z.record(z.string(), operationRule).default({}),
  /** How the use of a component is found when SAP does not backflush it; the first rule whose prefix fits decides. */
  consumption: z
    .strictObject({
      default: ownMode.default("bill"),
      rules: z.array(z.strictObject({ materialPrefix: z.string().min(1), mode: ownMode })).default([]),
    })
    .prefault({}),
  /** Status codes (system or user) that hold an order, e.g. `E0003`. */
  holdStatuses: z.array(z.string().min(1)).default([]),
  /** ManufacturingOrderImportance → priority; larger is more urgent. */
  priorities: z.record(z.string(), z.int()).default({}),
  /** A final confirmation also clears what is still reserved for the operation. */
  clearReservations: z.boolean().default(true),
  /** InventoryStockType of receipts that are not free stock; refused when the type is not listed. */
  stockTypes: z.strictObject({ quality: z.string(), blocked: z.string() }).partial().default({}),
  /** Write order numbers with leading zeros, for systems that do not convert them. */
  padOrderNumbers: z.boolean().default(false),
  /** Send RequestID and RepeatabilityCreation, where SAP's idempotency framework is switched on. */
  repeatability: z.boolean().default(false),
});

export type SapConfig = Omit<z.output<typeof sapSettings>, "timeZone" | "systemTimeZone"> & {
  readonly timeZone: TimeZone;
  /** Null: nobody has said it. */
  readonly systemTimeZone: TimeZone | null;
};

/** @fault invalid erp/config  names each setting that makes no sense; never repeats its value */
export function readConfig(settings: unknown): Result<SapConfig> {
  const parsed = sapSettings.safeParse(settings);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".") || "settings"}: ${issue.message}`);
    return fail("invalid", "erp/config", `The SAP connection cannot be used as configured. ${wrong.join("; ")}.`);
  }
  const { timeZone: plant, systemTimeZone: system, ...rest } = parsed.data;
  const zone = timeZone(plant);
  if (!zone.ok) return fail("invalid", "erp/config", `The SAP connection: timeZone: ${zone.fault.message}`);
  const own = system === undefined ? ok(null) : timeZone(system);
  if (!own.ok) return fail("invalid", "erp/config", `The SAP connection: systemTimeZone: ${own.fault.message}`);
  return ok({ ...rest, baseUrl: rest.baseUrl.replace(/\/+$/, ""), timeZone: zone.value, systemTimeZone: own.value });
}
