/** A shift that comes in at once: everybody signs in and changes passwords from one address, and nobody waits for another. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { verifyAudit } from "../../../src/flows/verify-audit.ts";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { openHouse, type House } from "./house.ts";

describe("a crowd", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house?.close());

  test("comes in at once, and the audit has everybody", async () => {
    const before = (await verifyAudit(house.store, null)).head.seq;
    const people = await Promise.all(Array.from({ length: 24 }, () => house.person("operator", "north")));
    const again = await Promise.all(people.map((person) => person.signIn(person.login, person.password)));
    assert.deepEqual(
      again.filter(({ status }) => status !== 200).map(({ body }) => body),
      [],
    );
    const { broken, head } = await verifyAudit(house.store, null);
    // Made, signed in, password changed, signed in again.
    assert.deepEqual([broken, head.seq - before], [null, 24 * 4]);
    const deadlocks = await house.world.sql(
      "select deadlocks::int as n from pg_stat_database where datname = current_database()",
    );
    assert.deepEqual(deadlocks, [{ n: 0 }], "two waited for each other");
  });
});
