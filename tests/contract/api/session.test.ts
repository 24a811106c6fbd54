/** Signing in and out through the HTTP port: what the session holds, and what ends it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { openHouse, type House } from "./house.ts";

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
});
