/** What an ERP may say to Millrace over `POST /b2mml`, and what it is answered. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { documentDoor } from "../../../src/app/document-door.ts";
import { unwrap } from "../../../src/base/result.ts";
import { openDocuments } from "../../../src/erp/b2mml/documents.ts";
import { saidIn } from "../../../src/erp/b2mml/verdict.ts";
import type { Received } from "../../../src/document/received.ts";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { openScene, type Scene } from "./scene.ts";
import { scheduleMessage, type OrderText } from "./schedule.ts";

const read = async (text: string): Promise<Received> =>
  unwrap((await openDocuments()).read(new TextEncoder().encode(text), "answer"));

describe("a conversation in B2MML", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let scene: Scene;
  before(async () => void (scene = await openScene()));
  after(() => scene?.close());
  const count = async (table: string): Promise<number> =>
    Number((await scene.world.sql(`select count(*)::int as n from ${table}`))[0]?.["n"]);

  test("a Process is taken over, acknowledged and echoes who asked; JSON says the same", async () => {
    const bodId = randomUUID();
    const given = await scene.give(scheduleMessage({ bodId, orders: [{ number: "100" }] }));
    assert.equal(given.status, 200, given.text);
    assert.equal(given.verdict, "whole");
    const answer = await read(given.text);
    assert.equal(answer.document.verb, "Acknowledge");
    const said = { code: "accepted", word: "Accepted", why: "", about: bodId, verb: "Acknowledge", noun: "OperationsSchedule" }; // prettier-ignore
    assert.deepEqual(saidIn(answer), said);
    assert.deepEqual(await stateOf("100"), "Released");
    const other = unwrap((await openDocuments()).write((await read(scheduleMessage({ bodId: randomUUID(), orders: [{ number: "101" }] }))).document, { form: "json" })); // prettier-ignore
    const json = await scene.give(other, { type: "application/json" });
    assert.match(json.type, /^application\/json/);
    assert.equal(saidIn(await read(json.text))?.code, "accepted");
    assert.equal(await stateOf("101"), "Released");
  });

  test("version 10 after version 9 is done, and version 8 after that is not", async () => {
    for (const [version, state] of [
      ["9", "Released"],
      ["10", "Cancelled"],
      ["8", "Released"],
    ] as const)
      // prettier-ignore
      await scene.give(scheduleMessage({ bodId: randomUUID(), orders: [{ number: "V-1", version, state }] }));
    assert.equal(await stateOf("V-1"), "Cancelled");
  });

  test("one bad request in 500 goes to quarantine with its place, 499 are accepted, the answer says Modified", async () => {
    const orders: OrderText[] = Array.from({ length: 500 }, (_, n) => ({ number: `B${1000 + n}` }));
    orders[316] = { number: "B1316", quantity: "a dozen" };
    const given = await scene.give(scheduleMessage({ bodId: randomUUID(), orders }));
    assert.equal(given.verdict, "part", given.text.slice(0, 500));
    const said = saidIn(await read(given.text));
    assert.equal(said?.code, "modified");
    assert.match(said?.why ?? "", /B1316.*OperationsRequest\[317\].*QuantityString/);
    const [taken] = await scene.world.sql("select count(*)::int as n from operations_request where number like 'B1%'");
    assert.equal(taken?.["n"], 499);
    const [held] = await scene.world.sql(
      "select subject, message, state from quarantine where subject = 'office/B1316'",
    );
    assert.equal(held?.["state"], "open");
    assert.match(String(held?.["message"]), /a dozen/);
  });

  test("sent again, in any form, it changes nothing and gets the same answer, byte for byte", async () => {
    const bodId = randomUUID();
    const message = scheduleMessage({ bodId, orders: [{ number: "200" }, { number: "201", unit: "no-unit" }] });
    const first = await scene.give(message);
    const rows = [await count("erp_message"), await count("b2mml_message"), await count("operations_request")];
    const again = await scene.give(message.replace("05:30:00Z", "05:31:00Z").replaceAll("><", ">\n<"));
    assert.deepEqual(again, first);
    assert.deepEqual(
      [await count("erp_message"), await count("b2mml_message"), await count("operations_request")],
      rows,
    );
  });

  test("killed before the commit nothing of it is there, neither orders nor message; sent again it is done", async () => {
    const { store, mend } = scene.sources;
    const killed = (): Promise<never> => Promise.reject(new Error("killed"));
    const dying: typeof store = {
      transaction: (work) =>
        store.transaction((tx) => work({ ...tx, conversations: { ...tx.conversations, settle: killed } })),
    };
    const give = documentDoor({ ...scene.sources, ...mend, store: dying }, () => undefined);
    const message = scheduleMessage({ bodId: randomUUID(), orders: [{ number: "205" }] });
    const rows = async (): Promise<readonly number[]> => [await count("erp_message"), await count("b2mml_message"), await count("operations_request")]; // prettier-ignore
    const before = await rows();
    const given = { bytes: Buffer.from(message), file: "message", erp: null, givenBy: "test" };
    await assert.rejects(give(given), /killed/);
    assert.deepEqual(await rows(), before);
    assert.equal((await scene.give(message)).verdict, "whole");
    assert.equal(await stateOf("205"), "Released");
  });

  test("of the same message twice at once one is done", async () => {
    const message = scheduleMessage({ bodId: randomUUID(), orders: [{ number: "210" }] });
    const answers = await Promise.all([1, 2, 3, 4].map(() => scene.give(message)));
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
    const [kept] = await scene.world.sql("select count(*)::int as n from erp_message where number = '210'");
    assert.equal(kept?.["n"], 1);
  });

  test("the same BODID with other content is refused, also when only what was refused differs", async () => {
    const bodId = randomUUID();
    const said = (quantity: string): string => scheduleMessage({ bodId, orders: [{ number: "220" }, { number: "221", quantity }] }); // prettier-ignore
    assert.equal((await scene.give(said("many"))).verdict, "part");
    for (const quantity of ["7", "more"]) {
      const other = await scene.give(said(quantity));
      assert.equal(other.status, 409, other.text);
      assert.match(other.text, /b2mml\/bod-reused/);
    }
    assert.equal(await stateOf("221"), undefined);
  });

  test("a Change takes the order's new quantity and is answered with Respond; a Cancel takes it back", async () => {
    await scene.give(scheduleMessage({ bodId: randomUUID(), orders: [{ number: "300", quantity: "12" }] }));
    const change = scheduleMessage({ bodId: randomUUID(), verb: "Change", says: ' responseCode="Always"', orders: [{ number: "300", quantity: "15" }] }); // prettier-ignore
    const changed = await read((await scene.give(change)).text);
    assert.equal(changed.document.verb, "Respond");
    assert.equal(changed.document.verb === "Respond" && changed.document.action.ResponseCriteria?.[0]?.ResponseExpression?.actionCode, "Replaced"); // prettier-ignore
    const [row] = await scene.world.sql(
      "select body -> 'quantity' ->> 'micro' as n from operations_request where number = '300'",
    );
    assert.equal(row?.["n"], "15000000");
    const cancel = scheduleMessage({ bodId: randomUUID(), verb: "Cancel", says: "", confirmation: "Always", orders: [{ number: "300" }, { number: "never" }] }); // prettier-ignore
    const cancelled = await scene.give(cancel);
    const confirmed = await read(cancelled.text);
    assert.equal(confirmed.document.noun, "ConfirmBOD");
    assert.equal(saidIn(confirmed)?.code, "modified");
    assert.match(saidIn(confirmed)?.why ?? "", /no order never/);
    assert.equal(await stateOf("300"), "Cancelled");
  });

  test("a Cancel, which names no version, is the last word about a version that was refused", async () => {
    const give = (order: Partial<OrderText>, verb: "Process" | "Cancel"): Promise<unknown> =>
      scene.give(scheduleMessage({ bodId: randomUUID(), verb, says: "", orders: [{ number: "320", ...order }] }));
    const refused = async (): Promise<unknown> =>
      (await scene.world.sql("select state from quarantine where subject like '%/320'"))[0]?.["state"];
    await give({ version: "1" }, "Process");
    await give({ version: "3", quantity: "0" }, "Process");
    await give({ version: "2", quantity: "15" }, "Process");
    assert.equal(await refused(), "open");
    await give({}, "Cancel");
    assert.deepEqual([await stateOf("320"), await refused()], ["Cancelled", "resolved"]);
  });

  test("a Sync adds and deletes by its actionCode, and without one is refused", async () => {
    const sync = (code: string): string =>
      scheduleMessage({ bodId: randomUUID(), verb: "Sync", says: "", confirmation: "OnError", criteria: `<ActionCriteria><ActionExpression actionCode="${code}">/*</ActionExpression></ActionCriteria>`, orders: [{ number: "310" }] }); // prettier-ignore
    const added = await scene.give(sync("Add"));
    assert.equal(added.status, 204);
    assert.equal(added.verdict, "whole");
    assert.equal(await stateOf("310"), "Released");
    await scene.give(sync("Delete"));
    assert.equal(await stateOf("310"), "Cancelled");
    assert.match((await scene.give(sync("Paint"))).text, /b2mml\/action-code/);
  });

  test("only who asks is answered", async () => {
    const ask = async (says: string, confirmation: string, quantity: string): Promise<string> => {
      const given = await scene.give(
        scheduleMessage({ bodId: randomUUID(), says, confirmation, orders: [{ number: randomUUID(), quantity }] }),
      );
      if (given.status === 204) return "nothing";
      const { document } = await read(given.text);
      return document.verb ?? document.noun;
    };
    // nothing is no amount to be made: a document that can be read, and an order that is refused
    const cases: readonly [string, string, string, string][] = [
      ["", "Never", "3", "nothing"],
      [' acknowledgeCode="OnError"', "Never", "3", "nothing"],
      [' acknowledgeCode="OnError"', "Never", "0", "Acknowledge"],
      ["", "Always", "3", "ConfirmBOD"],
      ["", "OnError", "3", "nothing"],
      ["", "OnError", "0", "ConfirmBOD"],
      [' acknowledgeCode="Always"', "Always", "3", "Acknowledge"],
    ];
    for (const [says, confirmation, quantity, wanted] of cases) {
      assert.equal(await ask(says, confirmation, quantity), wanted, `${says} ${confirmation} ${quantity}`);
    }
  });

  test("a Get is shown the orders that fit, with * for anything", async () => {
    const ids = ["G-1", "G-2", "GX"];
    await scene.give(scheduleMessage({ bodId: randomUUID(), orders: ids.map((number) => ({ number })) }));
    const get = (id: string): string =>
      scheduleMessage({ orders: [{ number: id }] }).replace(/<Process[^>]*><\/Process>/, "<Get/>").replaceAll("ProcessOperationsSchedule", "GetOperationsSchedule"); // prettier-ignore
    const found = async (id: string): Promise<readonly string[]> => {
      const { document } = await read((await scene.give(get(id))).text);
      assert.ok(document.verb === "Show" && document.noun === "OperationsSchedule");
      return document.content.flatMap(({ OperationsRequest }) => OperationsRequest.map(({ ID }) => ID));
    };
    assert.deepEqual(await found("G-*"), ["G-1", "G-2"]);
    assert.deepEqual(await found("GX"), ["GX"]);
    assert.deepEqual(await found("G_1"), []);
  });

  test("a sender that nobody knows, a verb that is not offered, no document, and a key for a part of the plant are refused", async () => {
    const status = async (text: string, how?: Parameters<Scene["give"]>[1]): Promise<string> => {
      const given = await scene.give(text, how);
      return `${given.status} ${/"code":"([^"]*)"/.exec(given.text)?.[1] ?? ""}`;
    };
    assert.equal(await status(scheduleMessage({ sender: "ERP-9" })), "409 b2mml/unknown-sender");
    assert.equal(await status(scheduleMessage({ sender: "ERP-9" }), { query: "?erp=office" }), "200 ");
    const show = scheduleMessage().replace(/<Process[^>]*><\/Process>/, "<Show/>").replaceAll("ProcessOperationsSchedule", "ShowOperationsSchedule"); // prettier-ignore
    assert.equal(await status(show), "409 b2mml/not-offered");
    assert.equal(await status("<!DOCTYPE x><x/>"), "422 b2mml/doctype");
    assert.equal(await status("plain", { type: "text/plain" }), "415 api/media-type");
    assert.equal(await status("x".repeat(16 * 1024 * 1024 + 1)), "413 api/too-large");
    const asked = { name: "north", scopes: ["document.exchange"], equipment: "north", expiresAt: null };
    const made = await scene.administrator.command("POST", "/api/v1/keys", asked);
    assert.equal(await status(scheduleMessage(), { key: made.body.secret }), "403 access/whole-site-only");
  });

  async function stateOf(number: string): Promise<string | undefined> {
    return (await scene.orders()).find((order) => order.number === number)?.state;
  }
});
