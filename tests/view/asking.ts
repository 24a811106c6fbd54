/** Asks handlers as the server does: the query is parsed by the contract, and the answer must fit it. */
import assert from "node:assert/strict";
import type { Caller } from "../../src/access/caller.ts";
import { connectionHandlers } from "../../src/api/handlers/connection.ts";
import { documentHandlers } from "../../src/api/handlers/document.ts";
import { evidenceHandlers } from "../../src/api/handlers/evidence.ts";
import { finalHandlers } from "../../src/api/handlers/final.ts";
import { floorHandlers } from "../../src/api/handlers/floor.ts";
import { materialHandlers } from "../../src/api/handlers/material.ts";
import { mendHandlers } from "../../src/api/handlers/mend.ts";
import { mendDecisionHandlers } from "../../src/api/handlers/mend-decision.ts";
import { orderHandlers } from "../../src/api/handlers/order.ts";
import { timelineHandlers } from "../../src/api/handlers/timeline.ts";
import { routes, type BodyOf, type QueryOf, type ReplyOf } from "../../src/api/contract/contract.ts";
import type { Handlers, HandlersOf } from "../../src/api/handler.ts";
import type { Result } from "../../src/base/result.ts";
import { everything, type Scene } from "./scene.ts";

export type Viewed =
  | keyof ReturnType<typeof finalHandlers>
  | keyof ReturnType<typeof mendHandlers>
  | keyof ReturnType<typeof mendDecisionHandlers>
  | keyof ReturnType<typeof floorHandlers>
  | keyof ReturnType<typeof orderHandlers>
  | keyof ReturnType<typeof timelineHandlers>
  | keyof ReturnType<typeof evidenceHandlers>
  | keyof ReturnType<typeof documentHandlers>
  | keyof ReturnType<typeof materialHandlers>
  | keyof ReturnType<typeof connectionHandlers>;

function handlersOf(scene: Scene): HandlersOf<Viewed> {
  const ports = { ...scene, onDecided: () => undefined };
  return {
    ...floorHandlers(ports),
    ...orderHandlers(ports),
    ...timelineHandlers(ports),
    ...evidenceHandlers(ports),
    ...documentHandlers(ports),
    ...materialHandlers(ports),
    ...connectionHandlers(ports),
    ...finalHandlers(ports),
    ...mendHandlers(ports),
    ...mendDecisionHandlers(ports),
  };
}

export interface Asked<R extends Viewed> {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Partial<QueryOf<R>>;
  readonly caller?: Caller;
  readonly body?: BodyOf<R>;
  readonly command?: string;
  readonly version?: string;
}

/** The answer, checked against the contract; or the fault. */
export async function tryAsk<R extends Viewed>(
  scene: Scene,
  route: R,
  asked: Asked<R> = {},
): Promise<Result<ReplyOf<R>>> {
  const declared = routes[route];
  const query: unknown = "query" in declared ? declared.query.parse(asked.query ?? {}) : undefined;
  const call = {
    params: asked.params ?? {},
    query,
    body: "body" in declared ? declared.body.parse(asked.body) : undefined,
    caller: asked.caller ?? everything,
    command: asked.command ?? "",
    version: asked.version ?? "",
    traceparent: "",
  };
  // The query was parsed by the route's own schema just above.
  const handler = handlersOf(scene)[route] as unknown as (of: typeof call) => ReturnType<Handlers[R]>;
  const answer = await handler(call);
  if (answer.ok) {
    const checked = declared.reply.safeParse(answer.value);
    assert.ok(checked.success, `${route}: ${checked.error?.message ?? ""}`);
    assert.deepEqual(checked.data, answer.value, `${route} answers nothing beside its contract`);
  }
  return answer;
}

export async function ask<R extends Viewed>(scene: Scene, route: R, asked: Asked<R> = {}): Promise<ReplyOf<R>> {
  const answer = await tryAsk(scene, route, asked);
  assert.ok(answer.ok, `${route}: ${answer.ok ? "" : answer.fault.message}`);
  return answer.value;
}

export async function codeOf<R extends Viewed>(scene: Scene, route: R, asked: Asked<R> = {}): Promise<string> {
  const answer = await tryAsk(scene, route, asked);
  return answer.ok ? "ok" : answer.fault.code;
}

/** All parts of a list, one after the other. */
export async function allPages<T, R extends Viewed>(
  scene: Scene,
  route: R,
  asked: Asked<R>,
  itemsOf: (reply: ReplyOf<R>) => { readonly items: readonly T[]; readonly next: string | null },
): Promise<readonly T[]> {
  const items: T[] = [];
  for (let cursor: string | null = null; ;) {
    const query = { ...asked.query, ...(cursor === null ? {} : { cursor }) } as Partial<QueryOf<R>>; // every list takes a cursor
    const page = itemsOf(await ask(scene, route, { ...asked, query }));
    items.push(...page.items);
    if (page.next === null) return items;
    cursor = page.next;
  }
}
