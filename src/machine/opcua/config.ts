/**
 * Settings of an OPC UA connection: their form, their defaults and what is said about a mistake. Secrets arrive here
 * already resolved; where they come from is decided by whoever opens the connection.
 */
import { z } from "zod";
import { fail, ok, type Result } from "../../base/result.ts";

const securityModes = ["None", "Sign", "SignAndEncrypt"] as const;
const securityPolicies = ["None", "Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"] as const;

const whole = (what: string, least: number, most: number): z.ZodNumber => {
  const error = `write ${what} as a whole number from ${least} to ${most}`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
};
const milliseconds = (least: number, most: number): z.ZodNumber => whole("milliseconds", least, most);

export const opcuaSettings = z.strictObject({
  endpointUrl: z
    .string()
    .regex(/^opc\.tcp:\/\/[^\s/:]+(:\d{1,5})?(\/\S*)?$/, { error: "write opc.tcp://<host>:<port>" }),
  /** Null: anonymous. */
  user: z.string().min(1, { error: "write a name, or null for anonymous" }).nullable().default(null),
  password: z.string().nullable().default(null),
  security: z
    .strictObject({
      mode: z.enum(securityModes, { error: `write one of ${securityModes.join(", ")}` }),
      policy: z.enum(securityPolicies, { error: `write one of ${securityPolicies.join(", ")}` }),
    })
    .default({ mode: "SignAndEncrypt", policy: "Basic256Sha256" }),
  /** Folder of the certificate store; made, with a certificate of our own, when it does not exist. */
  pkiFolder: z.string({ error: "write the folder where certificates are kept" }).min(1),
  trust: z.enum(["explicit", "accept-unknown"], { error: 'write "explicit" or "accept-unknown"' }).default("explicit"),
  /** Browse path (`Objects/Machines/A565-0026`) or node id (`nsu=<namespace uri>;s=<id>`) of the machine. */
  root: z
    .string()
    .min(1, { error: "write a browse path such as Objects/Machines/A1, or a node id" })
    .default("Objects"),
  /** `browse-path`, or a node id in which `{path}` stands for the item path. */
  addressing: z
    .string()
    .regex(/^browse-path$|^(ns=\d+;|nsu=[^;]+;)?s=.*\{path\}/, {
      error: 'write browse-path, or a node id with {path} in it, e.g. "nsu=urn:example:machine;s={path}"',
    })
    .default("browse-path"),
  publishingIntervalMs: milliseconds(10, 60_000).default(100),
  /** 0: every change. Any other value samples, and loses what is shorter. */
  samplingIntervalMs: milliseconds(0, 60_000).default(0),
  /** Values the machine keeps per item between two publishings. */
  queueSize: whole("how many values the machine keeps", 1000, 1_000_000).default(5000),
  /** Also tells values that are written again unchanged. Some machines then tell every item in every cycle. */
  reportRepeats: z.boolean({ error: "write true or false" }).default(false),
  /** Values per item that are asked for in one page of history. */
  historyPageSize: whole("values per item and page", 1, 50_000).default(1000),
  requestTimeoutMs: milliseconds(500, 120_000).default(10_000),
  /** No sign of life from the subscription for so long: it is torn down and built anew. */
  watchdogMs: milliseconds(500, 600_000).default(10_000),
  /** How often new nodes are looked for where the machine does not tell of them; 0: never. */
  rebrowseIntervalMs: milliseconds(0, 86_400_000).default(60_000),
});

export type OpcuaSettings = z.infer<typeof opcuaSettings>;

/** @fault invalid machine/config   a setting is missing, unknown or makes no sense; the message names each of them */
export function parseSettings(settings: unknown): Result<OpcuaSettings> {
  const parsed = opcuaSettings.safeParse(settings);
  if (!parsed.success) {
    const mistakes = parsed.error.issues.map((issue) => `${issue.path.join(".") || "settings"}: ${issue.message}`);
    return refused(mistakes.join("; "), parsed.error.issues);
  }
  const [wrong] = acrossOpcua(parsed.data);
  return wrong ? refused(`${wrong.path.join(".")}: ${wrong.message}`) : ok(parsed.data);
}

/** What does not go together in settings each of which is in order. */
export function acrossOpcua({
  user,
  password,
  security,
}: Pick<OpcuaSettings, "user" | "password" | "security">): readonly {
  readonly path: string[];
  readonly message: string;
}[] {
  if (user !== null && password === null)
    return [{ path: ["password"], message: "a user is given without a password; write both or none" }];
  if (user === null && password !== null)
    return [{ path: ["user"], message: "a password is given without a user; write both or none" }];
  if ((security.mode === "None") === (security.policy === "None")) return [];
  const text = `mode ${security.mode} does not go with policy ${security.policy}; write None for both, or a mode and a policy`;
  return [{ path: ["security"], message: text }];
}

function refused(mistakes: string, cause?: unknown): Result<never> {
  return fail("invalid", "machine/config", `The OPC UA connection cannot be opened. ${mistakes}.`, cause);
}
