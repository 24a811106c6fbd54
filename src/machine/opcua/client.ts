/**
 * One connection to one OPC UA server: channel and session, asked by `request`, and gone for good at the first break.
 * How one is opened is in `client-open.ts`; it never repairs itself: `connection.ts` makes a new one.
 */
import {
  AttributeIds,
  ClientSecureChannelLayer,
  type ClientSession,
  CloseSessionRequest,
  CloseSessionResponse,
  LogLevel,
  type OPCUAClient,
  ReadRequest,
  ReadResponse,
  setLogLevel,
  StatusCodes,
} from "node-opcua";
import { makeFault, type Fault } from "../../base/result.ts";
import type { OpcuaSettings } from "./config.ts";
import type { Answer, ServiceFailure } from "./faults.ts";

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

const serverState = "i=2259";
export const limitDefault = 1000;
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
  #session: KeptSession | null = null;
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
  get session(): KeptSession | null {
    return this.#session;
  }

  set session(session: KeptSession | null) {
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
      await this.#send(
        session,
        request,
        CloseSessionResponse,
        Math.min(closeTimeoutMs, this.settings.requestTimeoutMs),
      );
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

/** Ends the library's client, within bounds whatever it is waiting for. */
export async function disconnect(client: OPCUAClient): Promise<void> {
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

/** The status code that an error of the library carries; null when there was no answer. */
export function statusOf(error: Error | null, response?: ServiceResponse): { value: number; name: string } | null {
  // See WithAnswer.
  const told = error as WithAnswer | null;
  const status =
    response?.responseHeader.serviceResult ?? told?.response?.responseHeader.serviceResult ?? told?.statusCode;
  if (status && status.value !== 0) return { value: status.value, name: status.name };
  const name = /\bBad[A-Z]\w+/.exec(error?.message ?? "")?.[0];
  // Names of status codes are properties of this table.
  const known = name ? (StatusCodes as unknown as Record<string, { value: number } | undefined>)[name] : undefined;
  return name && known ? { value: known.value, name } : null;
}

function lost(settings: OpcuaSettings, text: string): Fault {
  return makeFault(
    "transient",
    "machine/connection-lost",
    `The connection to ${settings.endpointUrl} is gone: ${text}.`,
  );
}
