/**
 * Documents to the ERP over HTTP and its answers back. One exchange, nothing repeated; what an answer means for a
 * posting is push.ts and resolve.ts.
 */
import { makeFault, type Fault } from "../../base/result.ts";
import type { B2mml } from "../../document/b2mml.ts";
import type { Received } from "../../document/received.ts";
import { charsetIn, decodeText } from "../../document/text.ts";
import { lateCall, noLease, openHttp, type Http, type HttpReply, type Sending } from "../http.ts";
import type { B2mmlConfig } from "./config.ts";

/** What came back. `fault` says why nothing that can be read did. */
export type Answered =
  /** `sent`: the document may have reached the ERP. */
  | { readonly kind: "lost"; readonly sent: boolean; readonly fault: Fault }
  | { readonly kind: "status"; readonly reply: HttpReply; readonly answer: Received | null; readonly fault: Fault }
  /** 2xx; `answer` null: without a body. */
  | { readonly kind: "answer"; readonly reply: HttpReply; readonly answer: Received | null }
  /** 2xx with a body that is no document. */
  | { readonly kind: "unreadable"; readonly reply: HttpReply; readonly fault: Fault };

export class B2mmlClient {
  readonly #config: B2mmlConfig;
  readonly #b2mml: B2mml;
  readonly #http: Http;
  readonly #common: Readonly<Record<string, string>>;

  constructor(config: B2mmlConfig, b2mml: B2mml) {
    this.#config = config;
    this.#b2mml = b2mml;
    this.#http = openHttp({ ...config, baseUrl: config.url });
    this.#common = { accept: "application/xml, application/json", ...loginOf(config) };
  }

  post(
    bytes: Uint8Array,
    { signal, mayLeave }: Sending,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answered> {
    const body = new TextDecoder().decode(bytes);
    return this.#exchange(
      {
        method: "POST",
        url: this.#config.url,
        headers: { "content-type": "application/xml; charset=utf-8", ...headers },
        body,
        mayLeave,
      },
      signal,
    );
  }

  /** Reads a document that the ERP has ready. */
  get(url: string, signal: AbortSignal, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
    return this.#exchange({ method: "GET", url, headers }, signal);
  }

  /**
   * Whether anybody is there, without a message: OPTIONS, which a server answers by itself, and whatever it answers. Null: yes.
   *
   * @fault transient erp/b2mml-unreachable  nobody, or what stands before the ERP says that it is away
   */
  async probe(signal: AbortSignal): Promise<Fault | null> {
    const answered = await this.#exchange({ method: "OPTIONS", url: this.#config.url, headers: {} }, signal);
    if (answered.kind === "lost") return { ...answered.fault, kind: "transient" };
    const { status } = answered.reply;
    const text = `Before the ERP at ${this.#config.url} somebody answers ${status}: it is away.`;
    return awayStatuses.has(status) ? makeFault("transient", "erp/b2mml-unreachable", text, status) : null;
  }

  close(): void {
    this.#http.close();
  }

  async #exchange(request: Parameters<Http["exchange"]>[0], signal: AbortSignal): Promise<Answered> {
    const outcome = await this.#http.exchange({ ...request, headers: { ...this.#common, ...request.headers } }, signal);
    if (outcome.reply === null) {
      const { sent, why, errno } = outcome;
      if (errno === noLease) return { kind: "lost", sent, fault: lateCall("a document") };
      const kind = sent ? "ambiguous" : "transient";
      const text = `The ERP at ${request.url} was not reached: ${why}. Check address and network.`;
      return { kind: "lost", sent, fault: makeFault(kind, "erp/b2mml-unreachable", text, errno) };
    }
    return this.#read(outcome.reply);
  }

  #read(reply: HttpReply): Answered {
    const { status, text, bytes } = reply;
    const isEmpty = text.trim() === "";
    const read = isEmpty ? null : this.#b2mml.read(bytes, "answer", charsetOf(reply));
    const answer = read?.ok ? read.value : null;
    if (status >= 300 || status < 200) return { kind: "status", reply, answer, fault: statusFault(reply) };
    if (read && !read.ok) {
      const said = `The ERP answered ${status} with what cannot be read: ${read.fault.message}`;
      return { kind: "unreadable", reply, fault: makeFault("ambiguous", "erp/b2mml-reply", said, text.slice(0, 500)) };
    }
    return { kind: "answer", reply, answer };
  }
}

/** Bad gateway, unavailable, gateway timeout: said in place of the ERP. */
const awayStatuses: ReadonlySet<number> = new Set([502, 503, 504]);

function charsetOf({ headers }: HttpReply): string | undefined {
  return charsetIn(headers["content-type"]);
}

function statusFault(reply: HttpReply): Fault {
  const { status, bytes } = reply;
  const decoded = decodeText(bytes, "answer", charsetOf(reply));
  // Its beginning says why; what ends tags would be looked for in all of a page that ends none.
  const text = (decoded.ok ? decoded.value.text : reply.text).slice(0, 4_000);
  const words = `The ERP answered ${status}`;
  const said = text
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 200);
  const message = said === "" ? `${words} without a reason.` : `${words}: ${said}`;
  if (status === 401 || status === 403) {
    return makeFault("refused", "erp/b2mml-login", `${message} Check the login of the connection.`, status);
  }
  if (status === 429) return makeFault("transient", "erp/b2mml-busy", message, status);
  // 408: whoever answers waited for the rest of the request, and need not be the one who has begun to work on it.
  const isRefused = status >= 400 && status < 500 && status !== 408;
  return makeFault(isRefused ? "refused" : "ambiguous", "erp/b2mml-status", message, status);
}

function loginOf({ login }: B2mmlConfig): Readonly<Record<string, string>> {
  if (login === undefined) return {};
  if ("token" in login) return { authorization: `Bearer ${login.token}` };
  return { authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`, "utf8").toString("base64")}` };
}
