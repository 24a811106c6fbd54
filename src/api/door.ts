/** What handlers of sessions need beyond a call: where it comes from and the cookie. Everybody else takes the call alone. */
import type { OpenSession } from "../flows/session.ts";
import type { Result } from "../base/result.ts";
import type { ReplyOf, RouteName } from "./contract/contract.ts";
import type { Call } from "./handler.ts";

export interface Door {
  /** Address of whoever calls, for limits. */
  readonly address: string;
  /** The token in the cookie, right or wrong; null without one. */
  readonly token: string | null;
  /** Null for nobody and for an API key. */
  readonly session: OpenSession | null;
  /** Sets the cookie, or takes it away. */
  setToken(token: string | null): void;
}

export type DoorHandler<R extends RouteName> = (call: Call<R>, door: Door) => Promise<Result<ReplyOf<R>>>;
