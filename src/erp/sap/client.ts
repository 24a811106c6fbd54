/**
 * The session with SAP: login, cookies, the one CSRF token, reading rows to the last page, and writing once. What an
 * answer means is faults.ts. Nothing is repeated, with one exception: a write that SAP turned away because the token
 * was gone is sent once more with a new one, for it provably did nothing.
 */
import { fail, makeFault, ok, type Result } from "../../base/result.ts";
import type { SapConfig } from "./config.ts";
import { readFault, writeVerdict, type WriteVerdict } from "./faults.ts";
import { retryAfterMs, type Http, type HttpOutcome, type HttpReply, type Sending } from "../http.ts";
import { isRow, parseJson, type Row } from "./row.ts";

/** A write as frozen in an envelope. `path` is below the base URL and begins with the service. */
export interface FrozenWrite {
  readonly method: "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text; null for a function import. */
  readonly body: string | null;
  /** Key of the document that this takes back; not sent. Left out for everything else. */
  readonly takesBack?: string;
}

export interface SapClient {
  /** All rows of a query, following server paging to the end. `what` is for the words of a fault. */
  rows(path: string, what: string, signal: AbortSignal): Promise<Result<readonly Row[]>>;
  text(path: string, what: string, signal: AbortSignal): Promise<Result<string>>;
  /** `identities`: our keys, by which an error that speaks of them is known. */
  write(
    write: FrozenWrite,
    what: string,
    identities: readonly string[],
    sending: Sending,
  ): Promise<HttpReply | WriteVerdict>;
  /** Gets a token, which proves login and writing session; null when it worked. */
  greet(service: string, signal: AbortSignal): Promise<WriteVerdict | null>;
  close(): void;
}

/** Pages that one query may have: a server whose paging never ends is a fault, not an endless loop. */
const pagesMax = 10_000;
/** After a refused login nothing is sent for so long, doubling: SAP locks users after a few wrong passwords. */
const loginPauseMs = { first: 60_000, longest: 3_600_000 };

export function openClient(config: SapConfig, monotonicMs: () => number, http: Http): SapClient {
  return new Session(config, monotonicMs, http);
}

class Session implements SapClient {
  readonly #http: Http;
  readonly #config: SapConfig;
  readonly #monotonicMs: () => number;
  readonly #common: Readonly<Record<string, string>>;
  readonly #cookies = new Map<string, string>();
  #token: string | null = null;
  #tokenCall: Promise<WriteVerdict | null> | null = null;
  #login = { pauseMs: 0, until: 0 };

  constructor(config: SapConfig, monotonicMs: () => number, http: Http) {
    this.#config = config;
    this.#monotonicMs = monotonicMs;
    this.#http = http;
    const login = Buffer.from(`${config.user}:${config.password}`, "utf8").toString("base64");
    this.#common = {
      authorization: `Basic ${login}`,
      accept: "application/json",
      "accept-language": config.language.toLowerCase(),
      "sap-language": config.language,
      ...(config.sapClient ? { "sap-client": config.sapClient } : {}),
      ...(config.apiKey ? { [config.apiKey.header]: config.apiKey.value } : {}),
    };
  }

  async rows(path: string, what: string, signal: AbortSignal): Promise<Result<readonly Row[]>> {
    const rows: Row[] = [];
    let next: string | null = path;
    for (let page = 0; next !== null; page++) {
      if (page >= pagesMax) return fail("transient", "erp/sap-reply", `SAP's pages of ${what} do not end.`);
      const outcome: HttpOutcome = await this.#exchange("GET", next, {}, undefined, signal);
      if (outcome.reply?.status !== 200) return { ok: false, fault: readFault(outcome, what) };
      const read = readPage(outcome.reply.text);
      if (!read)
        return fail(
          "transient",
          "erp/sap-reply",
          `SAP's answer about ${what} cannot be read.`,
          outcome.reply.text.slice(0, 500),
        );
      rows.push(...read.rows);
      next = read.next === null ? null : nextPath(path, read.next);
    }
    return ok(rows);
  }

  async text(path: string, what: string, signal: AbortSignal): Promise<Result<string>> {
    const outcome = await this.#exchange("GET", path, { accept: "application/xml" }, undefined, signal);
    return outcome.reply?.status === 200 ? ok(outcome.reply.text) : { ok: false, fault: readFault(outcome, what) };
  }

  async write(
    write: FrozenWrite,
    what: string,
    identities: readonly string[],
    { signal, mayLeave }: Sending,
  ): Promise<HttpReply | WriteVerdict> {
    const service = write.path.slice(0, write.path.lastIndexOf("/"));
    for (let attempt = 1; ; attempt++) {
      if (this.#token === null) {
        const failed = await this.greet(service, signal);
        if (failed) return failed;
      }
      const token = this.#token;
      const headers = { ...write.headers, ...(token === null ? {} : { "x-csrf-token": token }) };
      const outcome = await this.#exchange(write.method, write.path, headers, write.body ?? "", signal, mayLeave);
      if (!outcome.reply || !isTokenRequired(outcome.reply))
        return isSuccess(outcome) ?? writeVerdict(outcome, what, identities);
      // Another write may have fetched a new token meanwhile: only the one that failed is thrown away.
      if (this.#token === token) this.#token = null;
      if (attempt === 2) return noToken(what);
    }
  }

  greet(service: string, signal: AbortSignal): Promise<WriteVerdict | null> {
    this.#tokenCall ??= this.#fetchToken(service, signal).finally(() => {
      this.#tokenCall = null;
    });
    return this.#tokenCall;
  }

  close(): void {
    this.#http.close();
  }

  /** HEAD costs SAP least; servers that do not give a token for it give one for GET. No query options: they break it. */
  async #fetchToken(service: string, signal: AbortSignal): Promise<WriteVerdict | null> {
    for (const method of ["HEAD", "GET"] as const) {
      const outcome = await this.#exchange(method, `${service}/`, { "x-csrf-token": "Fetch" }, undefined, signal);
      const token = outcome.reply?.headers["x-csrf-token"];
      if (typeof token === "string" && !/^required$/i.test(token) && outcome.reply && outcome.reply.status < 400) {
        this.#token = token;
        return null;
      }
      const last = method === "GET" || !outcome.reply || [401, 429].includes(outcome.reply.status);
      if (last) return beforeWriting(outcome);
    }
    return noToken("the session");
  }

  async #exchange(
    method: "GET" | "HEAD" | "POST",
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string | undefined,
    signal: AbortSignal,
    mayLeave?: () => boolean,
  ): Promise<HttpOutcome> {
    if (this.#monotonicMs() < this.#login.until) return loginPause;
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const outcome = await this.#http.exchange(
      {
        method,
        url: `${this.#config.baseUrl}/${path}`,
        headers: { ...this.#common, ...headers, ...(cookie ? { cookie } : {}) },
        ...(body === undefined ? {} : { body }),
        mayLeave,
      },
      signal,
    );
    if (outcome.reply) this.#note(outcome.reply);
    return outcome;
  }

  #note(reply: HttpReply): void {
    for (const line of reply.headers["set-cookie"] ?? []) {
      const [pair = ""] = line.split(";", 1);
      const at = pair.indexOf("=");
      if (at <= 0) continue;
      const gone = /;\s*max-age=0\b/i.test(line) || pair.slice(at + 1) === "";
      if (gone) this.#cookies.delete(pair.slice(0, at).trim());
      else this.#cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
    }
    if (reply.status === 401) {
      const pauseMs = Math.min(this.#login.pauseMs * 2 || loginPauseMs.first, loginPauseMs.longest);
      this.#login = { pauseMs, until: this.#monotonicMs() + pauseMs };
    } else if (reply.status < 400) this.#login = { pauseMs: 0, until: 0 };
  }
}

const loginPause: HttpOutcome = {
  reply: {
    status: 401,
    headers: {},
    bytes: new Uint8Array(),
    text: "SAP refused the login a moment ago; it is not asked again for a while, so that it does not lock the user.",
  },
};

function isTokenRequired(reply: HttpReply): boolean {
  const token = reply.headers["x-csrf-token"];
  return reply.status === 403 && typeof token === "string" && /^required$/i.test(token);
}

function isSuccess(outcome: HttpOutcome): HttpReply | null {
  return outcome.reply && outcome.reply.status >= 200 && outcome.reply.status < 300 ? outcome.reply : null;
}

function noToken(what: string): WriteVerdict {
  const message = `SAP gives no valid CSRF token (${what}). A proxy may drop cookies or the header x-csrf-token.`;
  return { outcome: "not-applied", retryAfterMs: null, fault: makeFault("transient", "erp/sap-csrf", message) };
}

/** The token call failed, so the write was never sent: whatever the reason, nothing was applied. */
function beforeWriting(outcome: HttpOutcome): WriteVerdict {
  if (outcome.reply && outcome.reply.status < 400) return noToken("the session");
  const fault = readFault(outcome, "the session for writing");
  const wait = outcome.reply ? retryAfterMs(outcome.reply) : null;
  return {
    outcome: "not-applied",
    retryAfterMs: wait,
    fault: makeFault("transient", fault.code, fault.message, fault.cause),
  };
}

interface Read {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

function readPage(body: string): Read | null {
  let parsed: unknown;
  try {
    parsed = parseJson(body);
  } catch {
    return null; // cut off, or a page of a proxy with status 200
  }
  const d = isRow(parsed) ? parsed["d"] : null;
  if (Array.isArray(d)) return { rows: d.filter(isRow), next: null };
  if (!isRow(d)) return null;
  const results = d["results"];
  if (results === undefined) return { rows: [d], next: null };
  const next = d["__next"];
  return Array.isArray(results) ? { rows: results.filter(isRow), next: typeof next === "string" ? next : null } : null;
}

/** Only the query of `__next` counts: behind a front it names a host and path that are not ours to call. */
function nextPath(path: string, next: string): string {
  const [resource = ""] = path.split("?", 1);
  const at = next.indexOf("?");
  return at < 0 ? resource : `${resource}?${next.slice(at + 1)}`;
}
