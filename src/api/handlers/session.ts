/** Signing in and out, and who one is. */
import { callerOfPerson, permissionsSomewhere } from "../../access/grant.ts";
import { formatInstant } from "../../base/instant.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { AccessPorts } from "../../flows/access-ports.ts";
import type { OpenSession } from "../../flows/session.ts";
import { changePassword, signIn, signOut, type SignedIn } from "../../flows/sign-in.ts";
import type { Site } from "../../site/site.ts";
import type { Session } from "../contract/session.ts";
import type { Door, DoorHandler } from "../door.ts";

export interface SessionPorts extends AccessPorts {
  readonly site: Pick<Site, "id" | "name" | "zone">;
  /** Told of each refusal, for the metrics. */
  readonly onRefused?: (code: string) => void;
}

export interface SessionHandlers {
  readonly "POST /api/v1/session": DoorHandler<"POST /api/v1/session">;
  readonly "GET /api/v1/session": DoorHandler<"GET /api/v1/session">;
  readonly "DELETE /api/v1/session": DoorHandler<"DELETE /api/v1/session">;
  readonly "POST /api/v1/session/password": DoorHandler<"POST /api/v1/session/password">;
}

export function sessionHandlers(ports: SessionPorts): SessionHandlers {
  const shown = (session: OpenSession): Session => sessionOf(ports, session);
  const entered = (result: Result<SignedIn>, door: Door): Result<Session> => {
    if (!result.ok) {
      ports.onRefused?.(result.fault.code);
      return result;
    }
    door.setToken(result.value.token);
    return ok(shown(result.value.session));
  };
  return {
    "POST /api/v1/session": async ({ body }, door) =>
      entered(await signIn(ports, { ...body, address: door.address, replaces: door.token }), door),

    "GET /api/v1/session": (_call, { session }) => Promise.resolve(session ? ok(shown(session)) : noSession()),

    "DELETE /api/v1/session": async (_call, door) => {
      if (door.token !== null) await signOut(ports, door.token);
      door.setToken(null);
      return ok(null);
    },

    "POST /api/v1/session/password": async ({ body }, door) => {
      if (!door.session) return noSession();
      const { person } = door.session.account;
      return entered(await changePassword(ports, { ...body, person, address: door.address }), door);
    },
  };
}

function sessionOf({ site, hierarchy }: SessionPorts, { account, csrfToken, expiresAt }: OpenSession): Session {
  const caller = callerOfPerson(account.person, account.grants, hierarchy);
  return {
    person: account.person,
    name: account.name,
    login: account.login,
    grants: [...account.grants],
    permissions: [...permissionsSomewhere(caller)],
    csrfToken,
    mustChangePassword: account.mustChangePassword,
    expiresAt: formatInstant(expiresAt),
    site: { id: site.id, name: site.name, timeZone: site.zone },
  };
}

/** The gate lets nobody without a session come so far. */
function noSession(): Result<never> {
  return fail("refused", "access/not-signed-in", "You are not signed in. Sign in again.");
}
