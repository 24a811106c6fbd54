/** What answers a route. The server has checked session, CSRF, permission, schema, idempotency key and version header. */
import type { Caller } from "../access/caller.ts";
import type { Result } from "../base/result.ts";
import type { ReplyOf, RouteName, Routes } from "./contract/contract.ts";
import type { z } from "zod";

/** A call as a handler gets it: parsed and allowed. */
export interface Call<R extends RouteName> {
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Parsed<R, "query">;
  readonly body: Parsed<R, "body">;
  readonly caller: Caller;
  /** The `Idempotency-Key`, for commands; empty otherwise. */
  readonly command: string;
  /** The version in `If-Match`, for versioned routes; empty otherwise. */
  readonly version: string;
  /** W3C trace context of the request. */
  readonly traceparent: string;
}

type Parsed<R extends RouteName, Part extends "query" | "body"> = Routes[R] extends {
  readonly [P in Part]: infer S extends z.ZodType;
}
  ? z.output<S>
  : undefined;

/** A handler answers with a value of the route's reply schema, or a fault that becomes a problem by its kind. */
export type Handler<R extends RouteName> = (call: Call<R>) => Promise<Result<ReplyOf<R>>>;

export type Handlers = { readonly [R in RouteName]: Handler<R> };

/** The handlers of one part; all parts together are `Handlers`. */
export type HandlersOf<R extends RouteName> = Pick<Handlers, R>;
