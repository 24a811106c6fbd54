/**
 * The one way to the server: a typed call by the route's name. Method and path come out of the name at run time, types
 * out of the contract at compile time; nothing of the contract itself is in the bundle.
 */
import type { BodyOf, QueryOf, ReplyOf, RouteName, Routes } from "../../api/contract/contract.ts";
import { deviceMs, learnServerTime } from "../clock.ts";
import { answered, unanswered } from "./hearing.ts";
import { CallProblem, problemOf } from "./problem.ts";

type ParamsOf<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer After}`
    ? Readonly<Record<Name, string>> & ParamsOf<After>
    : Readonly<Record<Rest, string>>
  : unknown;

type Needs<Name extends string, Value> = Value extends undefined ? unknown : Readonly<Record<Name, Value>>;
/** A query of which every field may be left out may itself be left out. */
type NeedsQuery<Query> = Query extends undefined ? unknown : { readonly query?: Query };

/** What a route needs to be called, and nothing that it does not take. */
export type Input<R extends RouteName> = (keyof ParamsOf<R> extends never
  ? unknown
  : { readonly params: ParamsOf<R> }) &
  NeedsQuery<QueryOf<R>> &
  Needs<"body", BodyOf<R>> &
  (Routes[R] extends { readonly isCommand: true } ? { readonly intent: string } : unknown) &
  (Routes[R] extends { readonly isVersioned: true } ? { readonly version: string } : unknown);

/** The same, loosely, as the function below reads it. */
interface Loose {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly intent?: string;
  readonly version?: string;
}

let csrfToken = "";

/** Told by whoever reads the session; sent with every change. */
export function rememberCsrfToken(token: string): void {
  csrfToken = token;
}

/** `GET /api/v1/orders/:order` → `/api/v1/orders/4711?limit=5` */
export function addressOf(route: string, input: Pick<Loose, "params" | "query">): string {
  const path = route.slice(route.indexOf(" ") + 1);
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(input.params?.[name] ?? ""));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query ?? {})) {
    if (typeof value === "string" || typeof value === "number") query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? filled : `${filled}?${text}`;
}

/** Whoever has no answer by then has none: the connection may be gone without a word. */
const answerMs = 30_000;

/**
 * @param signal  ends the waiting; what the server does with a command it already has does not end with it
 * @returns       the reply of the contract
 * @throws        CallProblem, always: for what the server refuses, and for a server that does not answer
 */
export async function call<R extends RouteName>(route: R, input: Input<R>, signal?: AbortSignal): Promise<ReplyOf<R>> {
  // Input<R> is Loose with fewer fields left open; the compiler cannot see it through the conditional types
  const loose = input as unknown as Loose;
  const method = route.slice(0, route.indexOf(" "));
  const init: RequestInit = { method, headers: headersOf(method, loose), credentials: "same-origin" };
  if (loose.body !== undefined) init.body = JSON.stringify(loose.body);
  const limit = AbortSignal.timeout(answerMs);
  init.signal = signal ? AbortSignal.any([signal, limit]) : limit;
  const askedMs = deviceMs();
  const reply = await fetch(addressOf(route, loose), init).catch(noAnswer);
  const date = reply.headers.get("date");
  if (date !== null) learnServerTime(date, askedMs);
  const body: unknown = await reply
    .json()
    .catch((cause: unknown) => (cause instanceof SyntaxError ? null : noAnswer(cause)));
  // a proxy speaks for a server that is not there
  if (reply.status >= 502) unanswered();
  else answered();
  if (!reply.ok) throw problemOf(reply.status, body);
  // the server answers with the route's own schema, and a test holds it to that
  return body as ReplyOf<R>;
}

function noAnswer(cause: unknown): never {
  if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
  unanswered();
  throw new CallProblem({ status: 0, code: "web/no-answer", detail: "" }, { cause });
}

function headersOf(method: string, input: Loose): Record<string, string> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (input.body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET") headers["x-csrf-token"] = csrfToken;
  if (input.intent !== undefined) headers["idempotency-key"] = input.intent;
  if (input.version !== undefined) headers["if-match"] = `"${input.version}"`;
  return headers;
}
