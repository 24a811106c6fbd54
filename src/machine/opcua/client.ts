/**
 * One connection to one OPC UA server: channel and session, opened within bounds, asked by `request`, and gone for
 * good at the first break. It never repairs itself: `connection.ts` makes a new one, which may take over the session.
 */
import {
  AttributeIds,
  ClientSecureChannelLayer,
  type ClientSession,
  CloseSessionRequest,
  CloseSessionResponse,
  LogLevel,
  MessageSecurityMode,
  OPCUAClient,
  ReadRequest,
  ReadResponse,
  SecurityPolicy,
  setLogLevel,
  StatusCodes,
  TimestampsToReturn,
  type UserIdentityInfo,
  UserTokenType,
} from "node-opcua";
import { fail, makeFault, ok, type Fault, type FaultCode, type Result } from "../../base/result.ts";
import type { CertificateStore } from "./client-store.ts";
import type { OpcuaSettings } from "./config.ts";
import { isLoginRefusal, type Answer, type ServiceFailure } from "./faults.ts";

// Whatever goes wrong is told as a fault; the library's own warnings would only repeat it on the console.
setLogLevel(LogLevel.Critic);
// Its floor of 5 s under every timeout would keep a short watchdog from noticing.
ClientSecureChannelLayer.minTransactionTimeout = 100;

/** What the server says it takes in one call; where it says nothing, a size that servers stand. */
export interface OperationLimits {
  readonly read: number;
  readonly history: number;
  readonly browse: number;
  readonly monitor: number;
}

/** A session that a broken link leaves behind. */
export type KeptSession = ClientSession;

interface ServiceRequest {
  readonly requestHeader: { authenticationToken: unknown; timeoutHint: number };
}

/** The client's own method that its published interface leaves out; the session's variant repairs sessions itself. */
interface Transactor {
  performMessageTransaction(
    request: ServiceRequest,
    done: (error: Error | null, response?: ServiceResponse) => void,
  ): void;
}

interface ServiceResponse {
  readonly responseHeader: { readonly serviceResult: { readonly value: number; readonly name: string } };
}

const namespaceArray = "i=2255";
const serverState = "i=2259";
const limitNodes = { read: "i=11705", history: "i=12165", browse: "i=11710", monitor: "i=11714" } as const;
const limitDefault = 1000;
const unsent = /No SecureChannel|Invalid client state|Socket is closed|not connected/;
/** A session outlives a break of the line for so long, and its subscription keeps queueing. */
export const sessionTimeoutMs = 120_000;
const closeTimeoutMs = 1_500;

export class Link {
  namespaces: readonly string[] = [];
  limits: OperationLimits = { read: limitDefault, history: limitDefault, browse: limitDefault, monitor: limitDefault };
  /** Resolves, never rejects, when this link is of no more use. */
  readonly ended: Promise<Fault>;
  readonly settings: OpcuaSettings;
  readonly #client: OPCUAClient;
  #session: ClientSession | null = null;
  #end: (fault: Fault) => void = () => {};
  #alive = true;

  constructor(client: OPCUAClient, settings: OpcuaSettings) {
    this.#client = client;
    this.settings = settings;
    this.ended = new Promise((resolve) => {
      this.#end = (fault) => {
        this.#alive = false;
        resolve(fault);
      };
    });
    client.on("connection_lost", () => this.end(lost(settings, "the line broke")));
    client.on("close", () => this.end(lost(settings, "the line was closed")));
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Only for what needs the library's own session: types of structures. */
  get session(): ClientSession | null {
    return this.#session;
  }

  set session(session: ClientSession | null) {
    this.#session = session;
  }

  /** Declares the link dead, whoever finds out first. */
  end(fault: Fault): void {
    this.#end(fault);
  }

  /** Sends one service request. Resolves always: with the response, or with what is known about its failure. */
  request<T extends ServiceResponse>(
    request: ServiceRequest,
    kind: new () => T,
    timeoutMs: number = this.settings.requestTimeoutMs,
  ): Promise<Answer<T>> {
    if (!this.#alive || !this.#session) return Promise.resolve(failed(false, null, "not connected"));
    return this.#send(this.#session, request, kind, timeoutMs);
  }

  #send<T extends ServiceResponse>(
    session: KeptSession,
    request: ServiceRequest,
    kind: new () => T,
    timeoutMs: number,
  ): Promise<Answer<T>> {
    // See WithToken.
    request.requestHeader.authenticationToken = (session as unknown as WithToken).authenticationToken;
    request.requestHeader.timeoutHint = timeoutMs;
    return new Promise((resolve) => {
      // See Transactor.
      (this.#client as unknown as Transactor).performMessageTransaction(request, (error, response) => {
        if (response instanceof kind && response.responseHeader.serviceResult.value === 0) {
          resolve({ ok: true, value: response });
        } else resolve({ ok: false, failure: failureOf(error, response) });
      });
    });
  }

  /** Ends the session on the server where it can be reached, and every socket and timer here. Idempotent. */
  async dispose(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    this.end(lost(this.settings, "it was closed by us"));
    if (session) {
      // The line may well stand although the link is of no use: the machine should not keep a session for nobody.
      const request = new CloseSessionRequest({ deleteSubscriptions: true });
      await this.#send(session, request, CloseSessionResponse, Math.min(closeTimeoutMs, this.settings.requestTimeoutMs));
    }
    await disconnect(this.#client);
  }
}

/** True when the server answers anything at all within the time. */
export async function ping(link: Link, timeoutMs: number): Promise<boolean> {
  const request = new ReadRequest({ nodesToRead: [{ nodeId: serverState, attributeId: AttributeIds.Value }] });
  const answer = await link.request(request, ReadResponse, timeoutMs);
  return answer.ok || answer.failure.status !== null;
}

/** Opaque to the library's types, and needed in each request header. */
interface WithToken {
  readonly authenticationToken: unknown;
}

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
  try {
    await within(client.connect(settings.endpointUrl), settings.requestTimeoutMs, signal);
    const link = new Link(client, settings);
    const sameSession = leftOver !== null && (await takeOver(client, leftOver, settings, signal));
    link.session = sameSession
      ? leftOver
      : await within(client.createSession(identityOf(settings)), settings.requestTimeoutMs, signal);
    const described = await describe(link);
    if (described.ok) return ok({ link, sameSession });
    await link.dispose();
    return described;
  } catch (error) {
    await disconnect(client);
    return { ok: false, fault: connectFault(settings, store, error) };
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
    keepSessionAlive: false,
    keepPendingSessionsOnDisconnect: true,
    requestedSessionTimeout: sessionTimeoutMs,
    defaultTransactionTimeout: settings.requestTimeoutMs,
    transportTimeout: Math.max(60_000, 2 * settings.requestTimeoutMs, 3 * settings.watchdogMs),
  };
}

function identityOf({ user, password }: OpcuaSettings): UserIdentityInfo {
  if (user === null) return { type: UserTokenType.Anonymous };
  return { type: UserTokenType.UserName, userName: user, password: password ?? "" };
}

async function takeOver(
  client: OPCUAClient,
  session: ClientSession,
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
  const limit = (value: unknown): number => (typeof value === "number" && value > 0 ? Math.min(value, 10_000) : limitDefault);
  link.namespaces = Array.isArray(values[0]) ? values[0].map(String) : [];
  link.limits = { read: limit(values[1]), history: limit(values[2]), browse: limit(values[3]), monitor: limit(values[4]) };
  return ok(undefined);
}

async function within<T>(work: Promise<T>, timeoutMs: number, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let abort = (): void => {};
  const bound = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    abort = () => reject(new Error("given up before it was done"));
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

async function disconnect(client: OPCUAClient): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeTimeoutMs);
  });
  await Promise.race([client.disconnect().catch(() => {}), patience]);
  clearTimeout(timer);
}

function failed(sent: boolean, status: number | null, text: string): { ok: false; failure: ServiceFailure } {
  return { ok: false, failure: { sent, status, text } };
}

/** Errors of the library may carry the server's answer. */
interface WithAnswer {
  readonly response?: ServiceResponse;
  readonly statusCode?: { readonly value: number; readonly name: string };
}

function failureOf(error: Error | null, response: ServiceResponse | undefined): ServiceFailure {
  const answered = statusOf(error, response);
  if (answered) return { sent: true, status: answered.value, text: answered.name };
  const text = error?.message ?? "an answer of another kind";
  return { sent: !unsent.test(text), status: null, text };
}

function statusOf(error: Error | null, response?: ServiceResponse): { value: number; name: string } | null {
  // See WithAnswer.
  const told = error as WithAnswer | null;
  const status = response?.responseHeader.serviceResult ?? told?.response?.responseHeader.serviceResult ?? told?.statusCode;
  if (status && status.value !== 0) return { value: status.value, name: status.name };
  const name = /\bBad[A-Z]\w+/.exec(error?.message ?? "")?.[0];
  // Names of status codes are properties of this table.
  const known = name ? (StatusCodes as unknown as Record<string, { value: number } | undefined>)[name] : undefined;
  return name && known ? { value: known.value, name } : null;
}

function unreachable(settings: OpcuaSettings, text: string): string {
  return `${settings.endpointUrl} cannot be reached (${text}). Check power, network and port of the machine.`;
}

function lost(settings: OpcuaSettings, text: string): Fault {
  return makeFault("transient", "machine/connection-lost", `The connection to ${settings.endpointUrl} is gone: ${text}.`);
}

function connectFault(settings: OpcuaSettings, store: CertificateStore, error: unknown): Fault {
  const problem = error instanceof Error ? error : new Error(String(error));
  const status = statusOf(problem);
  const refused = (code: FaultCode, message: string): Fault => makeFault("refused", code, message, problem);
  if (/server Certificate verification failed/i.test(problem.message)) return certificateFault(settings, store, problem);
  if (isLoginRefusal(status?.value ?? null)) {
    const who = settings.user === null ? "anonymous users" : `user "${settings.user}" with this password`;
    return refused("machine/login-refused", `${settings.endpointUrl} does not let ${who} in (${status?.name}).`);
  }
  if (/cannot find an? ?endpoint|End point must exist|BadSecurityPolicyRejected|BadSecurityModeRejected/i.test(problem.message)) {
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
  const why = /\bE[A-Z]{4,}\b|no answer within \d+ ms|given up/.exec(problem.message)?.[0] ?? status?.name ?? "no connection";
  return makeFault("transient", "machine/unreachable", unreachable(settings, why), problem);
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
