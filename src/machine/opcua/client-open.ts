/**
 * From settings to a link: the library's options, signing in, taking over a session that a broken line left behind,
 * and what went wrong, in words that say what to do.
 */
import { once } from "node:events";
import { connect as connectLine } from "node:net";
import {
  AttributeIds,
  MessageSecurityMode,
  OPCUAClient,
  ReadRequest,
  ReadResponse,
  SecurityPolicy,
  TimestampsToReturn,
  type UserIdentityInfo,
  UserTokenType,
} from "node-opcua";
import { systemClock } from "../../base/clock.ts";
import { fail, makeFault, ok, type Fault, type FaultCode, type Result } from "../../base/result.ts";
import type { CertificateStore } from "./client-store.ts";
import { disconnect, limitDefault, Link, sessionTimeoutMs, statusOf, type KeptSession } from "./client.ts";
import type { OpcuaSettings } from "./config.ts";
import { isLoginRefusal } from "./faults.ts";

const namespaceArray = "i=2255";
const limitNodes = { read: "i=11705", history: "i=12165", browse: "i=11710", monitor: "i=11714" } as const;
/** Of OPC UA over TCP, as IANA has registered it. */
const usualPort = 4840;
/** More than this in one call makes messages too large, whatever the server allows. */
const limitMost = 10_000;

/**
 * Connects and signs in within `requestTimeoutMs` per step. With a session left over from a broken link it first tries
 * to take that over: its subscriptions then live on.
 *
 * @returns the link, and whether the old session lives on in it
 * @fault transient machine/unreachable          no answer, or the host is unknown
 * @fault transient machine/busy                 the server has no free session
 * @fault refused   machine/login-refused        wrong user or password
 * @fault refused   machine/certificate          the server's certificate is unknown, changed or out of date
 * @fault refused   machine/certificate-refused  the server does not trust ours
 * @fault invalid   machine/security             the server does not offer this mode and policy
 */
export async function connect(
  settings: OpcuaSettings,
  store: CertificateStore,
  leftOver: KeptSession | null,
  signal: AbortSignal,
): Promise<Result<{ link: Link; sameSession: boolean }>> {
  const client = OPCUAClient.create(clientOptions(settings, store));
  client.on("secure_channel_created", (channel) => void channel.on("security_token_created", ageWithTime));
  try {
    await within(client.connect(settings.endpointUrl), settings.requestTimeoutMs, signal);
    const link = new Link(client, settings);
    const sameSession = leftOver !== null && (await takeOver(client, leftOver, settings, signal));
    link.session = sameSession
      ? leftOver
      : await within(client.createSession(identityOf(settings)), settings.requestTimeoutMs, signal);
    const described = await describe(link);
    if (described.ok) {
      await store.keep();
      return ok({ link, sameSession });
    }
    await link.dispose();
    return described;
  } catch (error) {
    await disconnect(client);
    const fault = connectFault(settings, store, error);
    return { ok: false, fault: fault ?? (await lineFault(settings, error, signal)) };
  }
}

function clientOptions(settings: OpcuaSettings, store: CertificateStore): Parameters<typeof OPCUAClient.create>[0] {
  return {
    applicationName: "Millrace",
    clientName: "Millrace",
    clientCertificateManager: store.manager,
    securityMode: MessageSecurityMode[settings.security.mode],
    securityPolicy: SecurityPolicy[settings.security.policy],
    // A machine behind a router or in a container announces a host name that we may not know.
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 100 },
    // The library fills a buffer of this size for each request, 512 kB unless told otherwise: at 25 requests a second
    // that alone had all memory swept every 0.7 s.
    transportSettings: { sendBufferSize: 65_536 },
    keepSessionAlive: false,
    keepPendingSessionsOnDisconnect: true,
    requestedSessionTimeout: sessionTimeoutMs,
    defaultTransactionTimeout: settings.requestTimeoutMs,
    transportTimeout: Math.max(60_000, 2 * settings.requestTimeoutMs, 3 * settings.watchdogMs),
  };
}

/**
 * The library reckons the age of a channel's keys by the wall clock: when that is set forward they count as out of date, no
 * answer is read any more, and no request leaves. Their age is the time that has passed.
 */
function ageWithTime(keys: { createdAt: Date | null }): void {
  const madeMs = systemClock.monotonicMs();
  const createdAt = (): Date => new Date(systemClock.now() - (systemClock.monotonicMs() - madeMs));
  Object.defineProperty(keys, "createdAt", { get: createdAt, enumerable: true });
}

function identityOf({ user, password }: OpcuaSettings): UserIdentityInfo {
  if (user === null) return { type: UserTokenType.Anonymous };
  return { type: UserTokenType.UserName, userName: user, password: password ?? "" };
}

async function takeOver(
  client: OPCUAClient,
  session: KeptSession,
  settings: OpcuaSettings,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await within(client.reactivateSession(session), settings.requestTimeoutMs, signal);
    return true;
  } catch {
    // The server no longer knows the session, or it belongs to somebody else now: a new one is made.
    return false;
  }
}

/** Namespaces and limits, in one read. */
async function describe(link: Link): Promise<Result<void>> {
  const nodes = [namespaceArray, limitNodes.read, limitNodes.history, limitNodes.browse, limitNodes.monitor];
  const request = new ReadRequest({
    nodesToRead: nodes.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })),
    timestampsToReturn: TimestampsToReturn.Neither,
  });
  const answer = await link.request(request, ReadResponse);
  if (!answer.ok) {
    return fail("transient", "machine/unreachable", unreachable(link.settings, answer.failure.text), answer.failure);
  }
  const values = (answer.value.results ?? []).map((result): unknown => result.value?.value);
  const limit = (value: unknown): number =>
    typeof value === "number" && value > 0 ? Math.min(value, limitMost) : limitDefault;
  link.namespaces = Array.isArray(values[0]) ? values[0].map(String) : [];
  link.limits = {
    read: limit(values[1]),
    history: limit(values[2]),
    browse: limit(values[3]),
    monitor: limit(values[4]),
  };
  return ok(undefined);
}

async function within<T>(work: Promise<T>, timeoutMs: number, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let abort = (): void => {};
  const bound = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    abort = () =>
      reject(new Error(isTimedOut(signal) ? "no answer in the time there was" : "given up before it was done"));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
  });
  // Whichever loses the race must not count as an unhandled rejection.
  work.catch(() => {});
  try {
    return await Promise.race([work, bound]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

/** The caller waits no longer, and has not changed his mind. */
function isTimedOut({ reason }: AbortSignal): boolean {
  return reason instanceof DOMException && reason.name === "TimeoutError";
}

function unreachable(settings: OpcuaSettings, text: string): string {
  return `${settings.endpointUrl} cannot be reached (${text}). Check power, network and port of the machine.`;
}

/** @returns null when the library does not say what went wrong */
function connectFault(settings: OpcuaSettings, store: CertificateStore, error: unknown): Fault | null {
  const problem = error instanceof Error ? error : new Error(String(error));
  const status = statusOf(problem);
  const refused = (code: FaultCode, message: string): Fault => makeFault("refused", code, message, problem);
  if (/server Certificate verification failed/i.test(problem.message))
    return certificateFault(settings, store, problem);
  if (isLoginRefusal(status?.value ?? null)) {
    const who = settings.user === null ? "anonymous users" : `user "${settings.user}" with this password`;
    return refused("machine/login-refused", `${settings.endpointUrl} does not let ${who} in (${status?.name}).`);
  }
  if (
    /cannot find an? ?endpoint|End point must exist|BadSecurityPolicyRejected|BadSecurityModeRejected/i.test(
      problem.message,
    )
  ) {
    const { mode, policy } = settings.security;
    const text = `${settings.endpointUrl} does not offer security mode ${mode} with policy ${policy}; choose another.`;
    return makeFault("invalid", "machine/security", text, problem);
  }
  if (status && /^BadCertificate|^BadSecurityChecksFailed/.test(status.name)) {
    const own = `the certificate in ${store.manager.rootDir}/own/certs`;
    const text = `${settings.endpointUrl} does not accept our certificate (${status.name}). Let the machine trust ${own}.`;
    return refused("machine/certificate-refused", text);
  }
  if (status?.name === "BadTooManySessions") {
    const text = `${settings.endpointUrl} has no free session. Close other clients, or allow more sessions.`;
    return makeFault("transient", "machine/busy", text, problem);
  }
  const why =
    /\bE[A-Z]{4,}\b|no answer (?:within \d+ ms|in the time there was)|given up/.exec(problem.message)?.[0] ??
    status?.name;
  return why ? makeFault("transient", "machine/unreachable", unreachable(settings, why), problem) : null;
}

/** Where it first asks for a secure server's certificate, the library keeps the reason to itself: a bare line tells it. */
async function lineFault(settings: OpcuaSettings, error: unknown, signal: AbortSignal): Promise<Fault> {
  const { hostname, port } = new URL(settings.endpointUrl);
  const line = connectLine({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || usualPort) });
  let why = "no connection";
  try {
    await within(once(line, "connect"), settings.requestTimeoutMs, signal);
  } catch (failed) {
    if (failed instanceof Error) why = "code" in failed ? String(failed.code) : failed.message;
  } finally {
    line.destroy();
  }
  return makeFault("transient", "machine/unreachable", unreachable(settings, why), error);
}

function certificateFault(settings: OpcuaSettings, store: CertificateStore, problem: Error): Fault {
  const why = /Bad\w+/.exec(problem.message)?.[0] ?? problem.message;
  const refused = store.takeRefused();
  const text = refused
    ? `The certificate of ${settings.endpointUrl} (thumbprint ${refused.thumbprint}) is not trusted: ${why}. ` +
      `If it is the machine's, move ${refused.file} to ${refused.trustedFolder}.`
    : `The certificate of ${settings.endpointUrl} is not acceptable: ${why}.`;
  return makeFault("refused", "machine/certificate", text, problem);
}
