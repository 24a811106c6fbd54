/** A key through the HTTP port: by no way, and by no two one after the other, does it come to more than it holds. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { permissions, permissionsOf, type Permission, type Role } from "../../../src/access/permission.ts";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { openHouse, type House } from "./house.ts";
import type { Answer, Visitor } from "./visitor.ts";

const people = "/api/v1/people";

describe("the bounds of a key", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let house: House;
  let chief: Visitor;
  before(async () => {
    house = await openHouse();
    chief = house.administrator;
  });
  after(() => house?.close());

  type Program = (method: string, path: string, body?: unknown) => Promise<Answer>;

  function asking(secret: string): Program {
    return async (method, path, body) => {
      const person = path.startsWith(`${people}/`) ? (path.split("/")[4] ?? "") : "";
      const version = person === "" ? "" : (await accountOf(person)).version;
      const headers = {
        authorization: `Bearer ${secret}`,
        "if-match": `"${version}"`,
        "idempotency-key": randomUUID(),
      };
      return house.visitor().ask(method, path, body, headers);
    };
  }

  async function keyWith(scopes: readonly Permission[], equipment = "plant"): Promise<Program> {
    const made = await chief.command("POST", "/api/v1/keys", { name: "program", scopes, equipment, expiresAt: null });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    return asking(made.body.secret);
  }

  async function accountOf(person: string): Promise<Answer["body"]> {
    return (await chief.get(people)).body.items.find((one: { person: string }) => one.person === person);
  }

  function account(login: string, role: Role, equipment = "plant"): Record<string, unknown> {
    return { login, name: login, email: null, grants: [{ role, equipment }] };
  }

  /** Every way to change an account. */
  const ways: readonly (readonly [method: string, tail: string, body?: unknown])[] = [
    ["POST", "/password"],
    ["PATCH", "", { name: "Somebody else" }],
    ["PATCH", "", { email: "elsewhere@plant.example" }],
    ["PATCH", "", { isActive: false }],
    ["PATCH", "", { isActive: true }],
    ["PATCH", "", { grants: [] }],
    ["DELETE", "/name"],
  ];

  test("managing people is not enough to change an account that may more", async () => {
    const program = await keyWith(["people.read", "people.manage"]);
    const closed = await house.person("administrator", "plant");
    await chief.ask(
      "PATCH",
      `${people}/${closed.person}`,
      { isActive: false },
      {
        "if-match": `"${(await accountOf(closed.person)).version}"`,
      },
    );
    const operator = await house.person("operator", "north");
    for (const { person } of [chief, closed, operator]) {
      const before = await accountOf(person);
      for (const [method, tail, body] of ways) {
        const answer = await program(method, `${people}/${person}${tail}`, body);
        const way = `${method} ${tail} ${JSON.stringify(body)}`;
        assert.deepEqual([answer.status, answer.body.code], [404, "access/unknown-person"], way);
        assert.equal(answer.body.oneTimePassword, undefined);
      }
      assert.deepEqual(await accountOf(person), before, "nothing has changed");
    }
    assert.equal((await operator.get("/api/v1/session")).status, 200, "its session goes on");
  });

  test("a key with all that an operator may manages operators, and nobody who may more besides", async () => {
    const program = await keyWith(["people.read", "people.manage", ...permissionsOf.operator], "north");
    const operator = await house.person("operator", "north-1");
    const reset = await program("POST", `${people}/${operator.person}/password`);
    assert.equal(reset.status, 200, JSON.stringify(reset.body));
    assert.equal((await program("PATCH", `${people}/${operator.person}`, { name: "Renamed" })).body.name, "Renamed");
    assert.equal((await program("POST", people, account("lea", "operator", "north"))).status, 200);
    const { version } = await accountOf(operator.person);
    const grants = [
      { role: "operator", equipment: "north-1" },
      { role: "supervisor", equipment: "north-1" },
    ];
    const path = `${people}/${operator.person}`;
    assert.equal((await chief.ask("PATCH", path, { grants }, { "if-match": `"${version}"` })).status, 200);
    assert.equal((await program("POST", `${path}/password`)).status, 404);
    assert.equal(
      (await program("PATCH", path, { grants: grants.slice(0, 1) })).status,
      404,
      "nor makes it smaller first",
    );
  });

  test("roles and keys that a key gives are within what it holds", async () => {
    const program = await keyWith(["key.manage", "people.manage"]);
    const more = { name: "more", scopes: ["audit.read"], equipment: "plant", expiresAt: null };
    assert.equal((await program("POST", "/api/v1/keys", more)).body.code, "access/beyond-own-bounds");
    const role = await program("POST", people, account("kim", "administrator"));
    assert.deepEqual([role.status, role.body.code], [403, "access/beyond-own-bounds"]);
  });

  test("an administrator is made by a key that holds everything: he could give himself every role", async () => {
    const program = await keyWith(permissionsOf.administrator);
    const asked = await program("POST", people, account("max", "administrator"));
    assert.deepEqual([asked.status, asked.body.code], [403, "access/beyond-own-bounds"]);
    assert.equal((await program("POST", `${people}/${chief.person}/password`)).status, 404);
    const whole = await keyWith(permissions);
    assert.equal((await whole("POST", people, account("max", "administrator"))).status, 200);
  });

  test("a key that ends makes none that lasts longer", async () => {
    const end = (ms: number): string => new Date(house.now() + ms).toISOString();
    const asked = { name: "brief", scopes: ["key.manage"], equipment: "plant", expiresAt: end(600_000) };
    const brief = asking((await chief.command("POST", "/api/v1/keys", asked)).body.secret);
    for (const expiresAt of [null, end(600_001)]) {
      const longer = await brief("POST", "/api/v1/keys", { ...asked, expiresAt });
      assert.deepEqual([longer.status, longer.body.code], [403, "access/beyond-own-bounds"], String(expiresAt));
    }
    assert.equal((await brief("POST", "/api/v1/keys", asked)).status, 200);
    const endless = await keyWith(["key.manage"]);
    assert.equal((await endless("POST", "/api/v1/keys", { ...asked, expiresAt: null })).status, 200);
  });
});
