/** Accounts and keys through the HTTP port: made once, bounded, never without an administrator, and erased. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { instant } from "../../../src/base/instant.ts";
import { verifyAudit } from "../../../src/flows/verify-audit.ts";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { openHouse, type House } from "./house.ts";
import type { Answer, Visitor } from "./visitor.ts";

const people = "/api/v1/people";

describe("accounts and keys", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let house: House;
  let chief: Visitor;
  before(async () => {
    house = await openHouse();
    chief = house.administrator;
  });
  after(() => house?.close());

  function made(login: string, equipment = "north", role = "operator"): Record<string, unknown> {
    return { login, name: `Name of ${login}`, email: `${login}@plant.example`, grants: [{ role, equipment }] };
  }

  async function accountOf(person: string): Promise<Answer["body"]> {
    const { body } = await chief.get(people);
    return body.items.find((one: { person: string }) => one.person === person);
  }

  async function change(as: Visitor, person: string, body: unknown): Promise<Answer> {
    const { version } = await accountOf(person);
    return as.ask("PATCH", `${people}/${person}`, body, { "if-match": `"${version}"` });
  }

  test("the same command makes one account, and its password is told once", async () => {
    const id = randomUUID(); // "otto" is no part of any hexadecimal key, as "ada" would be
    const first = await chief.command("POST", people, made("otto"), id);
    assert.equal(first.status, 200);
    const again = await chief.command("POST", people, made("otto"), id);
    assert.deepEqual([again.status, again.body.code], [409, "access/answered-before"]);
    assert.match(again.body.detail, new RegExp(first.body.account.person));
    const other = await chief.command("POST", people, made("tom"), id);
    assert.deepEqual([other.status, other.body.code], [409, "flows/command-reused"]);
    const taken = await chief.command("POST", people, made("otto"));
    assert.deepEqual([taken.status, taken.body.code], [409, "access/login-taken"]);
    const kept = await house.world.sql("select content::text || coalesce(outcome::text, '') as t from command");
    for (const { t } of kept) {
      assert.ok(!String(t).includes("otto"), `a login stays in the list of commands: ${String(t)}`);
      assert.ok(!String(t).includes(first.body.oneTimePassword), "a password stays in the list of commands");
    }
  });

  test("two at once with one key make one account", async () => {
    const id = randomUUID();
    const both = await Promise.all([1, 2].map(() => chief.command("POST", people, made("eve"), id)));
    assert.deepEqual(
      both.map(({ status }) => status).toSorted((a, b) => a - b),
      [200, 409],
    );
  });

  test("a one-time password opens nothing but the choice of a password", async () => {
    const { body } = await chief.command("POST", people, made("fay", "north", "administrator"));
    const fay = house.visitor();
    assert.equal((await fay.signIn("FAY", body.oneTimePassword)).body.mustChangePassword, true);
    const asked = await fay.get(people);
    assert.deepEqual([asked.status, asked.body.code], [403, "access/change-password-first"]);
    const change = (next: string): Promise<Answer> =>
      fay.ask("POST", "/api/v1/session/password", { old: body.oneTimePassword, new: next });
    assert.equal((await change("fay fay fay fay")).body.code, "access/weak-password");
    assert.equal((await change("short")).status, 400);
    const before = fay.cookie;
    assert.equal((await change("correct horse battery")).status, 200);
    assert.notEqual(fay.cookie, before, "the session is another one");
    assert.equal((await fay.get(people)).status, 200);
  });

  test("whoever manages a part of the plant manages that part", async () => {
    const north = await house.person("administrator", "north");
    const south = await house.person("operator", "south");
    const listed = await north.get(people);
    assert.ok(!listed.body.items.some((one: { person: string }) => one.person === south.person));
    for (const answer of [
      await change(north, south.person, { isActive: false }),
      await north.command("POST", `${people}/${south.person}/password`),
      await north.ask("DELETE", `${people}/${south.person}/name`),
    ]) {
      assert.deepEqual([answer.status, answer.body.code], [404, "access/unknown-person"]);
    }
    // And one who has a role beyond it, here the chief.
    assert.equal((await north.command("POST", `${people}/${chief.person}/password`)).status, 404);
    assert.equal((await north.command("POST", people, made("gus", "plant"))).body.code, "access/beyond-own-bounds");
    assert.equal((await north.command("POST", people, made("gus", "south-1"))).status, 403);
    assert.equal((await north.command("POST", people, made("gus", "north-1"))).status, 200);
    assert.equal((await north.command("POST", people, { ...made("hal"), grants: [] })).status, 403);
    assert.equal((await north.get("/api/v1/audit")).body.code, "access/whole-site-only");
    assert.equal((await chief.command("POST", people, made("ian", "no-such"))).body.code, "access/unknown-equipment");
  });

  test("what is taken away is gone with the next call", async () => {
    const person = await house.person("supervisor", "north");
    assert.equal((await person.get(people)).status, 200);
    const changed = await change(chief, person.person, { grants: [{ role: "operator", equipment: "north" }] });
    assert.equal(changed.status, 200);
    assert.equal((await person.get(people)).status, 401, "its sessions have ended");
    await person.signIn(person.login, person.password);
    assert.equal((await person.get(people)).status, 403);
    assert.equal((await change(chief, person.person, { isActive: false })).status, 200);
    assert.equal((await person.signIn(person.login, person.password)).status, 401);
  });

  test("a change names the version that it is about", async () => {
    const person = await house.person("operator", "north");
    const path = `${people}/${person.person}`;
    assert.equal((await chief.ask("PATCH", path, { name: "New" })).status, 428);
    const stale = await chief.ask("PATCH", path, { name: "New" }, { "if-match": '"0"' });
    assert.deepEqual([stale.status, stale.body.code], [412, "access/account-moved"]);
    assert.equal((await change(chief, person.person, { name: "New" })).body.name, "New");
  });

  test("one administrator of the whole site remains, however many leave at once", async () => {
    const second = await house.person("administrator", "plant");
    const both = await Promise.all([
      change(second, chief.person, { isActive: false }),
      change(chief, second.person, { isActive: false }),
    ]);
    assert.equal(both.filter(({ status }) => status === 200).length, 1, JSON.stringify(both.map((b) => b.body)));
    const left = await house.store.transaction((tx) => tx.accounts.list());
    const chiefs = left.filter(
      (one) => one.isActive && one.grants.some((g) => g.role === "administrator" && g.equipment === "plant"),
    );
    assert.equal(chiefs.length, 1);
    const remaining = chiefs[0]!.person === chief.person ? chief : second;
    const gone = remaining === chief ? second : chief;
    for (const body of [
      { isActive: false },
      { grants: [] },
      { grants: [{ role: "administrator", equipment: "north" }] },
    ]) {
      const { version } = (await remaining.get(people)).body.items.find(
        (one: { person: string }) => one.person === remaining.person,
      );
      const answer = await remaining.ask("PATCH", `${people}/${remaining.person}`, body, {
        "if-match": `"${version}"`,
      });
      assert.deepEqual([answer.status, answer.body.code], [409, "access/last-administrator"]);
    }
    assert.equal(
      (await remaining.ask("DELETE", `${people}/${remaining.person}/name`)).body.code,
      "access/last-administrator",
    );
    // The house goes on with both.
    const { version } = (await remaining.get(people)).body.items.find(
      (one: { person: string }) => one.person === gone.person,
    );
    await remaining.ask("PATCH", `${people}/${gone.person}`, { isActive: true }, { "if-match": `"${version}"` });
    assert.equal((await gone.signIn(gone.login, gone.password)).status, 200);
  });

  test("an erased name is nowhere, and the audit is whole", async () => {
    const person = await house.person("operator", "north");
    await change(chief, person.person, { name: "Zebedee Quill", email: "zebedee@plant.example" });
    const erased = await chief.ask("DELETE", `${people}/${person.person}/name`);
    assert.equal(erased.status, 200);
    assert.deepEqual(
      [erased.body.name, erased.body.email, erased.body.login, erased.body.isActive],
      [null, null, person.person, false],
    );
    assert.equal((await chief.ask("DELETE", `${people}/${person.person}/name`)).status, 200, "twice is once");
    assert.equal((await person.signIn(person.login, person.password)).status, 401);
    const tables = await house.world.sql("select tablename from pg_tables where schemaname = 'millrace'");
    for (const { tablename } of tables) {
      const found = await house.world.sql(
        `select t::text as row from millrace."${String(tablename)}" t where t::text ilike '%zebedee%' or t::text like $1`,
        [`%${person.login}%`],
      );
      assert.deepEqual(found, [], `something is left in ${String(tablename)}`);
    }
    assert.equal((await verifyAudit(house.store, null)).broken, null);
    const entries = await chief.get(`/api/v1/audit?about=${person.person}`);
    assert.ok(entries.body.items.length >= 4);
    assert.ok(entries.body.items.every((one: { aboutName: unknown }) => one.aboutName === null));
    assert.ok(
      entries.body.items.every((one: { name: unknown; who: string }) => one.who !== person.person || one.name === null),
    );
  });

  test("nobody can keep another's name from being erased by taking his key as a login", async () => {
    const person = await house.person("operator", "north");
    const taken = await chief.command("POST", people, made(person.person));
    assert.deepEqual([taken.status, taken.body.code], [409, "access/login-taken"]);
    assert.equal((await chief.ask("DELETE", `${people}/${person.person}/name`)).status, 200);
  });

  test("a key does what it may where it may, until it is revoked or over", async () => {
    const expiresAt = new Date(house.now() + 600_000).toISOString();
    const asked = { name: "reader", scopes: ["people.read"], equipment: "north", expiresAt };
    const id = randomUUID();
    const { body, status } = await chief.command("POST", "/api/v1/keys", asked, id);
    assert.equal(status, 200);
    assert.equal((await chief.command("POST", "/api/v1/keys", asked, id)).body.code, "access/answered-before");
    const key = { authorization: `Bearer ${body.secret}` };
    const program = house.visitor();
    const list = await program.ask("GET", people, undefined, key);
    assert.equal(list.status, 200);
    assert.ok(list.body.items.length > 0);
    assert.ok(
      list.body.items.every((one: { grants: { equipment: string }[] }) =>
        one.grants.some((g) => g.equipment.startsWith("north")),
      ),
    );
    assert.equal((await program.ask("GET", "/api/v1/session", undefined, key)).status, 403, "a key has no session");
    const wrong = { authorization: `Bearer ${body.secret.slice(0, -1)}${body.secret.endsWith("A") ? "B" : "A"}` };
    assert.equal((await program.ask("GET", people, undefined, wrong)).status, 401);
    const did = { at: instant(house.now()), who: `key:${body.key.id}`, what: "test/done", about: "x", detail: {} };
    await house.store.transaction((tx) => tx.audit.append(did));
    assert.equal((await chief.get("/api/v1/audit?about=x")).body.items[0].name, "reader", "by the name of the key");
    const [ofKey] = (await chief.get(`/api/v1/audit?about=${body.key.id}`)).body.items;
    assert.equal(ofKey.aboutName, "reader");
    const rows = await house.world.sql("select row(k.*)::text as t from api_key k");
    assert.ok(
      rows.every(({ t }) => !String(t).includes(body.secret)),
      "the secret is not kept",
    );
    assert.equal((await chief.ask("DELETE", `/api/v1/keys/${body.key.id}`)).body.revokedAt !== null, true);
    assert.equal((await program.ask("GET", people, undefined, key)).status, 401);
    const brief = await chief.command("POST", "/api/v1/keys", asked);
    const other = { authorization: `Bearer ${brief.body.secret}` };
    assert.equal((await program.ask("GET", people, undefined, other)).status, 200);
    house.later(600_000);
    assert.equal((await program.ask("GET", people, undefined, other)).status, 401);
    assert.equal((await chief.command("POST", "/api/v1/keys", asked)).body.code, "access/expired");
  });
});
