/** Signing in and out through the HTTP port: what the session holds, and what ends it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { passwords } from "../../../src/access/password.ts";
import { instant } from "../../../src/base/instant.ts";
import { sessionRule, type AccessPorts } from "../../../src/flows/access-ports.ts";
import type { Store } from "../../../src/flows/ports.ts";
import { entrantOfSession } from "../../../src/flows/session.ts";
import { signIn } from "../../../src/flows/sign-in.ts";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { openHouse, type House } from "./house.ts";
import type { Answer } from "./visitor.ts";

const minuteMs = 60_000;

describe("sessions", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house?.close());

  test("who is signed in knows what he may do", async () => {
    const me = await house.administrator.get("/api/v1/session");
    assert.equal(me.status, 200);
    assert.equal(me.body.login, "admin");
    assert.equal(me.body.mustChangePassword, false);
    assert.ok(me.body.permissions.includes("people.manage"));
    assert.ok(!me.body.permissions.includes("terminal.report"));
    assert.equal(me.body.csrfToken, house.administrator.csrf);
  });

  test("nobody is told that he is not signed in, as a problem", async () => {
    const answer = await house.visitor().get("/api/v1/session");
    assert.equal(answer.status, 401);
    assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/);
    assert.equal(answer.body.code, "access/not-signed-in");
    assert.equal(answer.body.status, 401);
    assert.match(answer.body.traceId, /^[0-9a-f]{32}$/);
  });

  test("a session that a page has brought along is not the one that signing in opens", async () => {
    const person = await house.person("operator", "north");
    const fixed = person.cookie;
    const attacker = house.visitor();
    attacker.cookie = fixed;
    const other = await house.person("supervisor", "north");
    const signed = await attacker.signIn(other.login, other.password);
    assert.equal(signed.status, 200);
    assert.notEqual(attacker.cookie, fixed);
    // And the one that was brought along has ended.
    assert.equal((await person.get("/api/v1/session")).status, 401);
    const invented = house.visitor();
    invented.cookie = `${other.cookie.split("=")[0]}=${"a".repeat(43)}`;
    await invented.signIn(other.login, other.password);
    assert.notEqual(invented.cookie.split("=")[1], "a".repeat(43));
  });

  test("a session ends when nothing is asked for an hour, and when twelve hours are over", async () => {
    const idle = await house.person("operator", "north");
    const busy = await house.person("operator", "north");
    const admin = house.administrator;
    house.later(59 * minuteMs);
    assert.equal((await idle.get("/api/v1/session")).status, 200);
    assert.equal((await busy.get("/api/v1/session")).status, 200);
    for (let minutes = 0; minutes < 60; minutes += 30) {
      house.later(30 * minuteMs);
      assert.equal((await busy.get("/api/v1/session")).status, 200);
    }
    assert.equal((await idle.get("/api/v1/session")).status, 401);
    for (let minutes = 0; minutes < 11 * 60; minutes += 30) {
      house.later(30 * minuteMs);
      await busy.get("/api/v1/session");
    }
    assert.equal((await busy.get("/api/v1/session")).status, 401);
    assert.equal((await admin.signIn("admin", admin.password)).status, 200);
  });

  test("a password that is taken away while somebody signs in with it leaves no session behind", async () => {
    const person = await house.person("operator", "north");
    const resets: Promise<Answer>[] = [];
    const progress = { isReset: false };
    /** Beside the sign-in that is under way: until it is done, or waits for it. */
    const resetMeanwhile = async (): Promise<void> => {
      const asked = house.administrator.command("POST", `/api/v1/people/${person.person}/password`);
      resets.push(asked.finally(() => (progress.isReset = true)));
      for (let waits = 0; !progress.isReset && waits === 0;) {
        const [locks] = await house.world.sql("select count(*)::int as waits from pg_locks where not granted");
        waits = Number(locks?.["waits"]);
      }
    };
    const store: Store = {
      ...house.store,
      transaction: (work) =>
        house.store.transaction((tx) =>
          work({
            ...tx,
            sessions: {
              ...tx.sessions,
              insert: async (session) => {
                await resetMeanwhile();
                await tx.sessions.insert(session);
              },
            },
          }),
        ),
    };
    const ports: AccessPorts = {
      store,
      clock: { now: () => instant(house.now()), monotonicMs: house.now, sleep: () => Promise.resolve() },
      hierarchy: house.site,
      passwords: passwords({ n: 1024, r: 8, p: 1 }),
      sessions: sessionRule,
    };
    const { login, password } = person;
    const signed = await signIn(ports, { login, password, address: "10.1.1.1", replaces: null });
    assert.deepEqual(
      (await Promise.all(resets)).map(({ status }) => status),
      [200],
    );
    const token = signed.ok ? signed.value.token : "";
    assert.equal(await entrantOfSession(ports, token), null, "the old password's session lives on");
  });
});
