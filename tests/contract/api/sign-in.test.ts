/** Guessing passwords: how long one waits, that waiting tells nothing, and that many at once get no more tries. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { addressLimit, loginLimit } from "../../../src/access/sign-in-limit.ts";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { openHouse, type House } from "./house.ts";
import type { Answer } from "./visitor.ts";

describe("failed sign-ins", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let house: House;
  before(async () => {
    house = await openHouse({ trustProxy: ["127.0.0.1"] });
  });
  after(() => house?.close());

  let addresses = 0;
  function fromElsewhere(): (login: string, password: string) => Promise<Answer> {
    const address = `10.0.0.${++addresses}`;
    return (login, password) =>
      house.visitor().ask("POST", "/api/v1/session", { login, password }, { "x-forwarded-for": address });
  }

  test("after five failures each doubles the time, and the message says until when", async () => {
    const person = await house.person("operator", "north");
    const guess = fromElsewhere();
    for (let n = 0; n <= loginLimit.free; n++)
      assert.equal((await guess(person.login, "wrong")).status, 401, `try ${n}`);
    let wait = loginLimit.firstMs;
    for (let round = 0; round < 3; round++) {
      const blocked = await guess(person.login, person.password);
      assert.deepEqual([blocked.status, blocked.body.code], [429, "access/too-many-attempts"]);
      assert.equal(blocked.headers.get("retry-after"), String(wait / 1000));
      assert.match(blocked.body.detail, new RegExp(`in ${wait / 1000} seconds`));
      house.later(wait);
      assert.equal((await guess(person.login, "wrong")).status, 401);
      wait *= 2;
    }
    house.later(wait);
    assert.equal((await guess(person.login, person.password)).status, 200);
    assert.equal((await guess(person.login, "wrong")).status, 401, "a success begins anew");
  });

  test("nobody is told whether there is such a login", async () => {
    const person = await house.person("operator", "north");
    const known: unknown[] = [];
    const unknown: unknown[] = [];
    const [one, two] = [fromElsewhere(), fromElsewhere()];
    for (let n = 0; n < loginLimit.free + 2; n++) {
      const shown = ({ status, body, headers }: Answer): unknown => [
        status,
        body.code,
        body.detail,
        headers.get("retry-after"),
      ];
      known.push(shown(await one(person.login, "wrong")));
      unknown.push(shown(await two("nobody-of-that-name", "wrong")));
    }
    assert.deepEqual(known, unknown);
  });

  test("forty at once get no more tries than forty one after the other", async () => {
    const person = await house.person("operator", "north");
    const answers = await Promise.all(Array.from({ length: 40 }, () => fromElsewhere()(person.login, "wrong")));
    assert.equal(answers.filter(({ status }) => status === 401).length, loginLimit.free + 1);
    assert.ok(
      answers.every(({ status }) => status === 401 || status === 429),
      JSON.stringify(answers.map((a) => a.status)),
    );
  });

  test("one address that tries many logins waits too, and others do not", async () => {
    const guess = fromElsewhere();
    const person = await house.person("operator", "north");
    for (let n = 0; n <= addressLimit.free; n++)
      assert.equal((await guess(`login-${n}`, "wrong")).status, 401, `try ${n}`);
    assert.equal((await guess(person.login, person.password)).status, 429);
    assert.equal((await fromElsewhere()(person.login, person.password)).status, 200);
  });

  test("a colleague who signs in gives the address no new tries, and costs it none", async () => {
    const guess = fromElsewhere();
    const person = await house.person("operator", "north");
    for (let n = 0; n < addressLimit.free; n++) {
      await guess(`other-${n}`, "wrong");
      if (n % 10 === 0) assert.equal((await guess(person.login, person.password)).status, 200);
    }
    assert.equal((await guess("other-x", "wrong")).status, 401);
    assert.equal((await guess("other-y", "wrong")).status, 429);
  });

  test("neither logins nor passwords are in the log or the counts", async () => {
    const guess = fromElsewhere();
    await guess("secret-login", "secret-password");
    const written =
      JSON.stringify(house.log) + JSON.stringify(await house.world.sql("select bucket from sign_in_attempt"));
    assert.ok(!written.includes("secret-"), "found");
  });
});
