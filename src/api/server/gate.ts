/**
 * Who may call a route: session or key, cross-site protection, permission. Runs before the body is read. Whether the
 * caller may see the thing that a route is about is the handler's question, which knows the thing.
 */
import { isSameSecret } from "../../access/secret.ts";
import { mayAnywhere } from "../../access/grant.ts";
import type { Caller } from "../../access/caller.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { Entrant } from "../../flows/session.ts";
import type { RouteDeclaration } from "../contract/route.ts";

export interface Approach {
  readonly method: string;
  /** Of the route, e.g. `/api/v1/people/:person`. */
  readonly path: string;
  readonly header: (name: string) => string | undefined;
  /** Scheme and host that the caller used, e.g. `https://millrace.plant:8443`. */
  readonly ownOrigin: string;
  /** The token in the cookie. */
  readonly token: string | null;
}

export interface Doorkeeper {
  ofSession(token: string): Promise<Entrant | null>;
  ofKey(text: string): Promise<Entrant | null>;
}

export interface Admitted {
  readonly caller: Caller;
  readonly session: Entrant["session"];
}

const nobody: Caller = { person: null, key: null, actor: "nobody", may: () => false, visible: () => new Set() };

/**
 * @fault refused access/not-signed-in          neither a session nor a key that holds
 * @fault refused access/foreign-origin         a change that another page's script asks for
 * @fault refused access/csrf                   a change without the session's token
 * @fault refused access/change-password-first  a one-time password was used
 * @fault refused access/forbidden              not with these roles or scopes
 */
export async function admit(
  keeper: Doorkeeper,
  approach: Approach,
  { permission }: Pick<RouteDeclaration, "permission">,
): Promise<Result<Admitted>> {
  const isChange = approach.method !== "GET";
  const bearer = bearerOf(approach);
  if (bearer === null && isChange) {
    const origin = checkOrigin(approach);
    if (!origin.ok) return origin;
  }
  if (permission === null) return ok({ caller: nobody, session: null });
  const entrant = bearer === null ? await bySession(keeper, approach) : await keeper.ofKey(bearer);
  if (!entrant) return notSignedIn(bearer !== null);
  const { caller, session } = entrant;
  if (session && isChange) {
    const token = checkToken(approach, session.csrfToken);
    if (!token.ok) return token;
  }
  if (session?.account.mustChangePassword && !isSessionRoute(approach)) {
    const text = "You have signed in with a one-time password. Choose a password of your own first.";
    return fail("refused", "access/change-password-first", text);
  }
  if (permission === "signed-in") return session ? ok(entrant) : forbidden("a session; API keys have none");
  return mayAnywhere(caller, permission) ? ok({ caller, session }) : forbidden(`the permission ${permission}`);
}

export function bearerOf(approach: Pick<Approach, "header">): string | null {
  const header = approach.header("authorization");
  return header === undefined ? null : header.replace(/^Bearer +/i, "");
}

function bySession(keeper: Doorkeeper, { token }: Approach): Promise<Entrant | null> {
  return token === null ? Promise.resolve(null) : keeper.ofSession(token);
}

/** Browsers say where a change comes from; what says nothing is no browser, and then the token decides alone. */
function checkOrigin({ header, ownOrigin }: Approach): Result<void> {
  const origin = header("origin");
  const site = header("sec-fetch-site");
  const isOwn =
    origin === undefined ? site === undefined || site === "same-origin" || site === "none" : origin === ownOrigin;
  if (isOwn) return ok(undefined);
  const text = `This was asked for by a page of ${origin ?? "another site"}, not by Millrace at ${ownOrigin}. Open Millrace itself.`;
  return fail("refused", "access/foreign-origin", text);
}

function checkToken({ header }: Approach, csrfToken: string): Result<void> {
  if (isSameSecret(header("x-csrf-token") ?? "", csrfToken)) return ok(undefined);
  return fail("refused", "access/csrf", "The page is older than its session. Load it again, then repeat.");
}

function isSessionRoute({ path }: Approach): boolean {
  return path === "/api/v1/session" || path.startsWith("/api/v1/session/");
}

function notSignedIn(isKey: boolean): Result<never> {
  const text = isKey
    ? "This API key is unknown, was revoked or has expired. Have a new one made."
    : "You are not signed in, or have been away too long. Sign in again.";
  return fail("refused", "access/not-signed-in", text);
}

function forbidden(needs: string): Result<never> {
  return fail("refused", "access/forbidden", `This needs ${needs}. Ask an administrator if it is yours to do.`);
}
