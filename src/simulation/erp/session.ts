/** Who may talk to the simulated ERP: Basic login, a session per cookie, one CSRF token per session. */
import { randomId } from "../../base/id.ts";
import type { IncomingHttpHeaders } from "node:http";

export interface Login {
  readonly user: string;
  readonly password: string;
}

const cookieName = "SAP_SESSIONID_S4H_100";

export class Sessions {
  readonly #authorization: string;
  /** Session → its token. */
  readonly #tokens = new Map<string, string>();

  constructor(login: Login) {
    this.#authorization = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
  }

  isLoggedIn(headers: IncomingHttpHeaders): boolean {
    return headers.authorization === this.#authorization;
  }

  /** Headers to answer with when a token is asked for: the session's token, and its cookies when it is new. */
  fetchToken(headers: IncomingHttpHeaders): Record<string, string | readonly string[]> {
    const known = sessionOf(headers);
    const token = known === null ? undefined : this.#tokens.get(known);
    if (token !== undefined) return { "x-csrf-token": token };
    const session = randomId();
    const fresh = Buffer.from(randomId()).toString("base64url");
    this.#tokens.set(session, fresh);
    return {
      "x-csrf-token": fresh,
      "set-cookie": [`${cookieName}=${session}; path=/; HttpOnly`, "sap-usercontext=sap-client=100; path=/"],
    };
  }

  mayWrite(headers: IncomingHttpHeaders): boolean {
    const session = sessionOf(headers);
    return session !== null && this.#tokens.has(session) && this.#tokens.get(session) === headers["x-csrf-token"];
  }

  /** Ends the session of this caller. */
  end(headers: IncomingHttpHeaders): void {
    const session = sessionOf(headers);
    if (session !== null) this.#tokens.delete(session);
  }

  endAll(): void {
    this.#tokens.clear();
  }
}

function sessionOf(headers: IncomingHttpHeaders): string | null {
  for (const pair of headers.cookie?.split(";") ?? []) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === cookieName && value) return value;
  }
  return null;
}
