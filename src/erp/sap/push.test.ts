/** Whose answer it is: whatever stands between SAP and us may pass one on twice, the second time on another call. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { guidOf, postingKey } from "../../base/id.ts";
import { unwrap } from "../../base/result.ts";
import { sapConnector } from "./index.ts";
import { reply, startFakeSap } from "./testing/fake-sap.ts";
import { made, never, orderRow, requestOf, response, settings, used } from "./testing/sample.ts";

const open: { close(): Promise<void> }[] = [];
after(async () => {
  for (const one of open.toReversed()) await one.close();
});

const ofConfirmation = {
  ConfirmationGroup: "0000000900",
  ConfirmationCount: "00000001",
  ExternalSystemConfirmation: guidOf("OTHER"),
};
const ofMovement = { MaterialDocument: "4900000900", MaterialDocumentYear: "2026", ReferenceDocument: "OTHER" };
const strays = [
  { kind: "confirmation", materials: [], answer: ofConfirmation },
  { kind: "goods-receipt", materials: [made], answer: ofMovement },
  { kind: "goods-issue", materials: [used], answer: ofConfirmation },
] as const;

for (const { kind, materials, answer } of strays) {
  test(`${kind}: an answer that is about another document is none to this call`, async () => {
    const sap = await startFakeSap({});
    const session = unwrap(await sapConnector.open(settings(sap.baseUrl), never));
    open.push(sap, session);
    sap.mishaps.push((_, to, commit) => {
      commit();
      reply(to, 201, JSON.stringify({ d: answer }));
    });
    const content = { kind, response: response({ materials }) };
    const sent = unwrap(session.compose(postingKey(kind), requestOf(orderRow()), content));
    assert.equal((await session.push(sent, never)).outcome, "in-doubt");
    const found = await session.resolve(sent, never);
    assert.equal(found.outcome, "applied", "its own document is found by its key");
    assert.notEqual(found.outcome === "applied" && found.document.number, "900/1");
  });
}

for (const { kind, materials } of strays) {
  test(`${kind}: an answer about another document with the same content says nothing of this one`, async () => {
    const sap = await startFakeSap({});
    const session = unwrap(await sapConnector.open(settings(sap.baseUrl), never));
    open.push(sap, session);
    const content = { kind, response: response({ materials }) };
    const [other, asked] = ["other", "asked"].map((name) =>
      unwrap(session.compose(postingKey(kind, name), requestOf(orderRow()), content)),
    );
    assert.ok(other && asked);
    await session.push(other, never);
    const rows = kind === "confirmation" ? sap.confirmations : sap.documents;
    sap.gate = (request, to) => {
      if (request.method !== "GET") return false;
      reply(to, 200, JSON.stringify({ d: { results: rows } }));
      return true;
    };
    assert.equal((await session.resolve(asked, never)).outcome, "unknown");
    sap.gate = null;
    assert.equal((await session.resolve(asked, never)).outcome, "absent", "it was never sent");
  });
}
