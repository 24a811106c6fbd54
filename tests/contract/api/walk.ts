/**
 * Walks every route that a server offers as everybody who may knock: nobody, each role, a key, with and without the
 * token. What must come back follows from the table alone. Says what was let in and should not have been, or the
 * other way round.
 */
import { randomUUID } from "node:crypto";
import { permissionsOf, roles, type Permission, type Role } from "../../../src/access/permission.ts";
import type { RouteDeclaration, RouteTable } from "../../../src/api/contract/route.ts";
import type { Answer, Visitor } from "./visitor.ts";

export interface WalkCast {
  readonly nobody: Visitor;
  readonly byRole: Readonly<Record<Role, Visitor>>;
  /** The secret of a key with one scope. */
  readonly keyFor: (scope: Permission) => Promise<string>;
}

/** Stopped at the gate. Everything else has passed it, whatever the handler then said. */
function isTurnedAway({ status, body }: Answer): boolean {
  const codes = ["access/not-signed-in", "access/forbidden", "access/csrf", "access/foreign-origin"];
  return (status === 401 || status === 403) && codes.includes(body.code);
}

/** @returns what is wrong, one line each */
export async function walk(table: RouteTable, served: readonly string[], cast: WalkCast): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const name of served) {
    const declaration = table[name as keyof RouteTable];
    if (!declaration) wrong.push(`${name} is served and not declared`);
    else for (const line of await walkRoute(name, declaration, cast)) wrong.push(`${name}: ${line}`);
  }
  return wrong;
}

async function walkRoute(name: string, declaration: RouteDeclaration, cast: WalkCast): Promise<readonly string[]> {
  const wrong: string[] = [];
  const { permission } = declaration;
  const expect = (who: string, answer: Answer, code: string | null): void => {
    const got = isTurnedAway(answer) ? String(answer.body.code) : null;
    if (got !== code) wrong.push(`${who} got ${got ?? `in (${answer.status})`}, expected ${code ?? "in"}`);
    if (answer.status >= 500) wrong.push(`${who} met ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  if (permission === null) return wrong;
  expect("nobody", await knock(cast.nobody, name), "access/not-signed-in");
  expect(
    "an invented key",
    await knock(cast.nobody, name, { authorization: `Bearer mr_${"0".repeat(12)}_${"a".repeat(43)}` }),
    "access/not-signed-in",
  );
  for (const role of roles) {
    const visitor = cast.byRole[role];
    const may = permission === "signed-in" || permissionsOf[role].includes(permission);
    const isChange = !name.startsWith("GET ");
    if (isChange) {
      expect(`${role} without the token`, await knock(visitor, name, { "x-csrf-token": "" }), "access/csrf");
      expect(
        `${role} with a wrong token`,
        await knock(visitor, name, { "x-csrf-token": "a".repeat(43) }),
        "access/csrf",
      );
      expect(
        `${role} from another page`,
        await knock(visitor, name, { origin: "https://evil.example" }),
        "access/foreign-origin",
      );
      expect(
        `${role} from another page without its name`,
        await knock(visitor, name, { "sec-fetch-site": "cross-site" }),
        "access/foreign-origin",
      );
    }
    // What ends the session of the cast is walked elsewhere.
    if (name === "DELETE /api/v1/session") continue;
    expect(role, await knock(visitor, name), may ? null : "access/forbidden");
  }
  if (permission === "signed-in") return wrong;
  const other: Permission = permission === "floor.read" ? "audit.read" : "floor.read";
  expect(
    "a key with the scope",
    await knock(cast.nobody, name, { authorization: `Bearer ${await cast.keyFor(permission)}` }),
    null,
  );
  expect(
    "a key with another scope",
    await knock(cast.nobody, name, { authorization: `Bearer ${await cast.keyFor(other)}` }),
    "access/forbidden",
  );
  return wrong;
}

/** Asks with what the schemas refuse or what names nothing, so that whatever is let in changes nothing. */
function knock(visitor: Visitor, name: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const [method = "", path = ""] = name.split(" ");
  const address = path.replace(/:[a-zA-Z]+/g, "nothing-of-that-name");
  const body = method === "POST" || method === "PATCH" ? {} : undefined;
  return visitor.ask(method, address, body, { "idempotency-key": randomUUID(), "if-match": '"0"', ...headers });
}
