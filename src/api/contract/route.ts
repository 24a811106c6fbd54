/** How a route is declared: one place for its permission, what it takes and what it answers. */
import type { z } from "zod";
import type { Permission } from "../../access/permission.ts";

export interface RouteDeclaration {
  /** Null: open to anyone. `signed-in`: to everybody who is. */
  readonly permission: Permission | "signed-in" | null;
  readonly summary: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly reply: z.ZodType;
  /** A command: needs an `Idempotency-Key`; the same key with the same content has one effect and one answer. */
  readonly isCommand?: true;
  /** A change of something that has versions: needs `If-Match` with the version that the decision is about. */
  readonly isVersioned?: true;
}

/** `METHOD /path/:name` → its declaration. */
export type RouteTable = Readonly<
  Record<`${"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} /${string}`, RouteDeclaration>
>;
