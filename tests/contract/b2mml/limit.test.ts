/** Orders that no sender should write: each is refused for itself, and holds up nothing that comes beside or behind it. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { unwrap } from "../../../src/base/result.ts";
import { startFakePartner, type FakePartner } from "../../../src/erp/b2mml/testing/fake-partner.ts";
import { b2mmlConnector } from "../../../src/erp/b2mml/index.ts";
import type { ErpSession } from "../../../src/erp/connector.ts";
import { pullOrders } from "../../../src/flows/pull-orders.ts";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { erpSettings, openScene, type Scene } from "./scene.ts";
import { scheduleMessage, type OrderText } from "./schedule.ts";

const never = new AbortController().signal;

/** Signs that no index makes shorter. */
function long(signs: number): string {
  return Array.from({ length: Math.ceil(signs / 36) }, randomUUID)
    .join("")
    .slice(0, signs);
}

const wrong: readonly (readonly [string, Omit<OrderText, "number"> & { readonly number?: string }, RegExp])[] = [
  ["an amount that no ledger holds", { quantity: "1E90" }, /"1E90" is no quantity of at most/],
  ["a component of such an amount", { component: { material: "W", quantity: "99999999999999", unit: "MTR" } }, /99999999999999/], // prettier-ignore
  ["a number of 9000 signs", { number: long(9000) }, /number .* has 9000 signs/],
  ["a number of 300 signs", { number: long(300) }, /number .* has 300 signs/],
  ["no number", { number: "" }, /order has no number/],
  ["a material of 9000 signs", { material: long(9000) }, /material .* has 9000 signs/],
  ["an operation of 9000 signs", { operations: [long(9000)] }, /operation .* has 9000 signs/],
  ["a component's material of 9000 signs", { component: { material: long(9000), quantity: "1", unit: "MTR" } }, /material .* has 9000 signs/], // prettier-ignore
];

describe("orders beyond all measure", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let scene: Scene;
  let partner: FakePartner;
  let session: ErpSession;
  before(async () => {
    scene = await openScene();
    partner = await startFakePartner();
    const { url, pullUrl } = partner;
    session = unwrap(await b2mmlConnector.open({ ...erpSettings, url, pullUrl }, never));
  });
  after(async () => {
    await session?.close();
    await partner?.close();
    await scene?.close();
  });

  const poll = async (text: string): Promise<Awaited<ReturnType<typeof pullOrders>>> => {
    partner.schedule = text;
    const { store, clock, mend } = scene.sources;
    const ports = { store, clock, site: scene.site, erp: "office", session, evaluate: mend.evaluate };
    return pullOrders(ports, never);
  };
  const quarantined = async (): Promise<readonly string[]> =>
    (await scene.world.sql("select message from quarantine order by id")).map((row) => String(row["message"]));
  const messageWith = (order: Partial<OrderText>, bodId: string = randomUUID()): string => {
    const [before, behind] = [`A-${randomUUID()}`, `B-${randomUUID()}`];
    const orders = [{ number: before }, { number: randomUUID(), ...order }, { number: behind }];
    return scheduleMessage({ bodId, orders });
  };

  for (const [name, order, why] of wrong) {
    test(`${name}: polled it stands in quarantine, and the others are taken`, async () => {
      const polled = unwrap(await poll(messageWith(order)));
      assert.deepEqual(polled, { accepted: 2, quarantined: 1, known: 0, unchanged: 0 });
      assert.match((await quarantined()).at(-1) ?? "", why);
    });

    test(`${name}: at the door the answer says so, and the others are taken`, async () => {
      const given = await scene.give(messageWith(order));
      assert.deepEqual([given.status, given.verdict], [200, "part"], given.text.slice(0, 300));
      assert.match(given.text.replaceAll("&quot;", '"'), why);
    });
  }

  test("a BODID of 9000 signs is one like any other, polled and at the door", async () => {
    const bodId = long(9000);
    assert.equal(unwrap(await poll(messageWith({}, bodId))).accepted, 3);
    const message = messageWith({}, `${bodId}2`);
    const given = await scene.give(message);
    assert.equal(given.verdict, "whole", given.text.slice(0, 300));
    assert.equal((await scene.give(message)).text, given.text);
    assert.match((await scene.give(messageWith({}, `${bodId}2`))).text, /b2mml\/bod-reused/);
  });

  test("an amount may begin with its point", async () => {
    assert.equal(unwrap(await poll(messageWith({ quantity: ".5", unit: "KGM" }))).accepted, 3);
  });
});
