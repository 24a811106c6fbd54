/** Orders that are polled from an ERP: each message once for its BODID, whichever way it comes. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { unwrap } from "../../../src/base/result.ts";
import { startFakePartner, type FakePartner } from "../../../src/erp/b2mml/testing/fake-partner.ts";
import { b2mmlConnector } from "../../../src/erp/b2mml/index.ts";
import type { ErpSession } from "../../../src/erp/connector.ts";
import { acceptOrderAgain } from "../../../src/flows/decide-order.ts";
import { pullOrders, type PullReport } from "../../../src/flows/pull-orders.ts";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { by } from "../store/mend-scene.ts";
import { erpSettings, openScene, type Scene } from "./scene.ts";
import { scheduleMessage } from "./schedule.ts";

const never = new AbortController().signal;

describe("orders that are polled in B2MML", { skip: clusterUnavailable({ major: 18 }) }, () => {
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

  const poll = async (text: string): Promise<PullReport> => {
    partner.schedule = text;
    const { store, clock, mend } = scene.sources;
    const ports = { store, clock, site: scene.site, erp: "office", session, evaluate: mend.evaluate };
    return unwrap(await pullOrders(ports, never));
  };
  const piecesOf = async (number: string): Promise<unknown> => {
    const found = await scene.world.sql(
      `select body -> 'quantity' ->> 'micro' as n from operations_request where number = '${number}'`,
    );
    return Number(found[0]?.["n"]) / 1e6;
  };
  const quarantined = async (number: string): Promise<Readonly<Record<string, unknown>> | undefined> =>
    (await scene.world.sql(`select * from quarantine where subject = 'office/${number}'`))[0];
  const mendable = async (number: string): Promise<{ readonly id: number; readonly version: number }> => {
    const { id, version } = (await quarantined(number)) ?? {};
    return { id: Number(id), version: Number(version) };
  };
  const said = (bodId: string, number: string, quantity: string): string =>
    scheduleMessage({ bodId, orders: [{ number, quantity }] });

  test("the same BODID with other content is not taken over and not lost: it stands in quarantine, once, by its name", async () => {
    const bodId = randomUUID();
    assert.equal((await poll(said(bodId, "P-1", "12"))).accepted, 1);
    assert.equal((await poll(said(bodId, "P-1", "12"))).known, 1);
    assert.equal((await poll(said(bodId, "P-1", "15"))).quarantined, 1);
    const held = await quarantined("P-1");
    assert.deepEqual([held?.["state"], held?.["code"]], ["open", "b2mml/bod-reused"]);
    assert.ok(String(held?.["message"]).includes(bodId), String(held?.["message"]));
    assert.equal(await piecesOf("P-1"), 12);
    assert.equal((await poll(said(bodId, "P-1", "15"))).known, 1, "polled again it is the same one");
    assert.equal((await poll(said(bodId, "P-1", "12"))).known, 1);
    assert.equal((await quarantined("P-1"))?.["version"], held?.["version"]);
  });

  test("an ERP that writes its document anew for each poll says nothing new by that", async () => {
    const written = (number: string, quantity: string): string => said(randomUUID(), number, quantity).replace("05:30:00Z", "05:31:00Z"); // prettier-ignore
    const kept = async (number: string): Promise<number> =>
      (await scene.world.sql(`select 1 from erp_message where number = '${number}'`)).length;
    const verdictOf = async (number: string, quantity: string): Promise<string> =>
      Object.entries(await poll(written(number, quantity))).find(([, n]) => n === 1)?.[0] ?? "";
    assert.equal(await verdictOf("W-1", "12"), "accepted");
    assert.deepEqual([await verdictOf("W-1", "12"), await kept("W-1")], ["known", 1]);
    assert.deepEqual([await verdictOf("W-1", "15"), await piecesOf("W-1")], ["accepted", 15]);
    assert.deepEqual([await verdictOf("W-1", "12"), await piecesOf("W-1"), await kept("W-1")], ["accepted", 12, 3]);
    assert.equal(await verdictOf("W-2", "0"), "quarantined");
    await scene.world.sql("update quarantine set state = 'dismissed' where subject = 'office/W-2'");
    assert.deepEqual([await verdictOf("W-2", "0"), (await quarantined("W-2"))?.["state"]], ["known", "dismissed"]);
    const given = await scene.give(written("W-2", "0"));
    assert.equal(given.verdict, "none", "at a door each message is answered for itself");
  });

  test("a person may take it over all the same, and a message of its own ends the matter too", async () => {
    const bodId = randomUUID();
    await poll(said(bodId, "P-2", "12"));
    await poll(said(bodId, "P-2", "15"));
    const held = await mendable("P-2");
    const ports = { ...scene.sources.mend, store: scene.sources.store, site: scene.site, clock: scene.sources.clock, session: () => session }; // prettier-ignore
    unwrap(await acceptOrderAgain(ports, { ...by(held.version), quarantine: held.id }));
    assert.equal(await piecesOf("P-2"), 15);
    await poll(said(bodId, "P-2", "18"));
    assert.equal((await quarantined("P-2"))?.["state"], "open");
    await poll(said(randomUUID(), "P-2", "18"));
    assert.deepEqual([await piecesOf("P-2"), (await quarantined("P-2"))?.["state"]], [18, "resolved"]);
  });

  test("a BODID that was polled and comes to the door with other content: the ERP is told", async () => {
    const bodId = randomUUID();
    await poll(said(bodId, "P-3", "12"));
    const given = await scene.give(said(bodId, "P-3", "15"));
    assert.equal(given.verdict, "none", given.text);
    assert.match(given.text, new RegExp(`Rejected[^]*P-3[^]*${bodId}`));
    assert.equal(await piecesOf("P-3"), 12);
    assert.equal((await quarantined("P-3"))?.["code"], "b2mml/bod-reused");
  });

  test("a Cancel that only names its order withdraws it, and one of an order that nobody knows stands in quarantine", async () => {
    const cancel = (number: string, says: Parameters<typeof scheduleMessage>[0] = { verb: "Cancel" }): string =>
      scheduleMessage({ says: "", ...says, bodId: randomUUID(), orders: [{ number }] })
        .replace(/<MaterialRequirement>.*<\/MaterialRequirement>/s, "")
        .replace(/<EquipmentRequirement>.*<\/EquipmentRequirement>/s, "");
    const stateOf = async (number: string): Promise<unknown> =>
      (await scene.orders()).find((order) => order.number === number)?.state;
    await poll(said(randomUUID(), "C-1", "12"));
    await poll(said(randomUUID(), "C-2", "12"));
    assert.equal((await poll(cancel("C-1"))).accepted, 1);
    assert.deepEqual([await stateOf("C-1"), await quarantined("C-1")], ["Cancelled", undefined]);
    const criteria = `<ActionCriteria><ActionExpression actionCode="Delete">/*</ActionExpression></ActionCriteria>`;
    assert.equal((await poll(cancel("C-2", { verb: "Sync", criteria }))).accepted, 1);
    assert.equal(await stateOf("C-2"), "Cancelled");
    assert.equal((await poll(cancel("C-3"))).quarantined, 1);
    assert.equal((await quarantined("C-3"))?.["code"], "b2mml/unknown-order");
  });

  test("a BODID that is blank is none: each document is one of its own", async () => {
    assert.equal((await poll(said("", "P-4", "12"))).accepted, 1);
    assert.equal((await poll(said("", "P-4", "15"))).accepted, 1);
    assert.equal(await piecesOf("P-4"), 15);
  });
});
