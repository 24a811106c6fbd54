/** Every route of the HTTP interface. The server, the OpenAPI document, the tests and the screens read this table. */
import type { z } from "zod";
import { connectionRoutes } from "./connection.ts";
import { documentRoutes } from "./document.ts";
import { floorRoutes } from "./floor.ts";
import { materialRoutes } from "./material.ts";
import { mendRoutes } from "./mend.ts";
import { notificationRoutes } from "./notification.ts";
import { orderRoutes } from "./order.ts";
import { peopleRoutes } from "./people.ts";
import type { RouteTable } from "./route.ts";
import { sessionRoutes } from "./session.ts";
import { streamRoutes } from "./stream.ts";
import { terminalRoutes } from "./terminal.ts";

export const routes = {
  ...sessionRoutes,
  ...floorRoutes,
  ...terminalRoutes,
  ...orderRoutes,
  ...mendRoutes,
  ...materialRoutes,
  ...connectionRoutes,
  ...notificationRoutes,
  ...peopleRoutes,
  ...streamRoutes,
  ...documentRoutes,
} as const satisfies RouteTable;

export type Routes = typeof routes;
export type RouteName = keyof Routes;

/** What a caller sends and gets, by route. */
export type BodyOf<R extends RouteName> = Routes[R] extends { readonly body: infer B extends z.ZodType }
  ? z.input<B>
  : undefined;
export type QueryOf<R extends RouteName> = Routes[R] extends { readonly query: infer Q extends z.ZodType }
  ? z.input<Q>
  : undefined;
export type ReplyOf<R extends RouteName> = z.output<Routes[R]["reply"]>;
