/** Who may take a notice over: whoever is told of it, and nobody else at the same place. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { openHouse, type House } from "./house.ts";

describe("taking a notice over", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let house: House;
  before(async () => void (house = await openHouse()));
  after(() => house?.close());

  /** What the controller is told of, and the planner once it has been escalated. */
  async function notice(id: string, escalatedAt: string | null): Promise<string> {
    await house.world.sql(
      `insert into notice (id, kind, subject, severity, role, equipment, said, text, channels, raised_at, last_at, escalate, escalate_at, escalated_at)
       values ($1, 'posting-refused', $1, 'urgent', 'controller', 'north-1', '{}', 'x', '{}', now(), now(), '{"role": "planner", "channels": []}', now(), $2)`,
      [id, escalatedAt],
    );
    return `/api/v1/notifications/${id}/acknowledge`;
  }
  const taken = async (): Promise<unknown> =>
    (await house.world.sql("select count(*)::int as n from notice where acknowledged_at is not null"))[0]?.["n"];

  test("who is not told does not take it over, and its escalation goes on", async () => {
    const path = await notice("1".repeat(32), null);
    for (const person of [
      await house.person("operator", "north"),
      await house.person("planner", "north"),
      await house.person("controller", "south"),
    ]) {
      assert.deepEqual((await person.get("/api/v1/notifications")).body.items, []);
      assert.deepEqual((await person.get("/api/v1/notifications/open")).body, { count: 0, urgent: 0, byEquipment: [] });
      assert.notEqual((await person.command("POST", path, {})).status, 200);
    }
    assert.equal(await taken(), 0);
    const controller = await house.person("controller", "north");
    const count = async (): Promise<unknown> => (await controller.get("/api/v1/notifications/open")).body;
    const one = { count: 1, urgent: 1, byEquipment: [{ equipment: "north-1", count: 1 }] };
    assert.deepEqual(await count(), one);
    assert.equal((await controller.command("POST", path, {})).status, 200);
    assert.equal(await taken(), 1);
    assert.deepEqual(await count(), { count: 0, urgent: 0, byEquipment: [] });
  });

  test("whom it was escalated to takes it over", async () => {
    const path = await notice("2".repeat(32), new Date().toISOString());
    assert.equal((await (await house.person("planner", "north")).command("POST", path, {})).status, 200);
  });
});
