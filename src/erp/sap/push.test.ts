/**
 * What an answer to a write is worth. Whose it is: whatever stands between SAP and us may pass one on twice, the second time
 * on another call. And what is no refusal although it speaks of an error: the document may be there.
 */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { guidOf, postingKey } from "../../base/id.ts";
import { whole } from "../../base/quantity.ts";
import { unwrap } from "../../base/result.ts";
import type { Envelope, ErpSession } from "../connector.ts";
import { sapConnector } from "./index.ts";
import { reply, sapError, startFakeSap, type FakeSap, type Mishap } from "./testing/fake-sap.ts";
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

describe("an error that is no refusal", () => {
  async function connect(more: Readonly<Record<string, unknown>> = {}): Promise<{ sap: FakeSap; session: ErpSession }> {
    const sap = await startFakeSap();
    const session = unwrap(await sapConnector.open(settings(sap.baseUrl, more), never));
    open.push(sap, session);
    return { sap, session };
  }

  const confirmation = (session: ErpSession): Envelope =>
    unwrap(
      session.compose(postingKey("doubt"), requestOf(orderRow()), { kind: "confirmation", response: response({}) }),
    );

  async function isDoubtAndThere(mishap: Mishap, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const { sap, session } = await connect(more);
    sap.mishaps.push(mishap);
    const sent = confirmation(session);
    assert.equal((await session.push(sent, never)).outcome, "in-doubt");
    assert.equal((await session.resolve(sent, never)).outcome, "applied");
  }

  for (const [how, cut] of [
    ["cut off", (body: string) => body.slice(0, body.length / 2)],
    ["missing", () => ""],
  ] as const) {
    test(`in the header of a 201 whose body is ${how}`, () =>
      isDoubtAndThere((_, to, commit) => {
        const about = { code: "RU/100", message: "Goods movements: 1 error", severity: "error" };
        to.setHeader("sap-message", JSON.stringify(about));
        reply(to, 201, cut(JSON.stringify({ d: commit() })));
      }));
  }

  test("with a request id that SAP knows", () =>
    isDoubtAndThere(
      (incoming, to, commit) => {
        commit();
        to.setHeader("RepeatabilityResult", "rejected");
        sapError(412, "/IWBEP/CX_MGW/412", "Request was already executed")(incoming, to, commit);
      },
      { repeatability: true },
    ));

  test("because the state is reached, when SAP does not say by whom", async () => {
    const { sap, session } = await connect();
    sap.mishaps.push((incoming, to, commit) => {
      commit();
      sap.gate = (call, answer) => call.method === "GET" && (reply(answer, 503, "busy"), true);
      sapError(400, "RU/505", "Operation 0010 is already finally confirmed")(incoming, to, commit);
    });
    const none = { good: whole(0, "C62"), scrap: whole(0, "C62"), final: true };
    const content = { kind: "final-confirmation", response: response(none) } as const;
    const sent = unwrap(session.compose(postingKey("final"), requestOf(orderRow()), content));
    assert.equal((await session.push(sent, never)).outcome, "in-doubt");
    sap.gate = null;
    assert.equal((await session.resolve(sent, never)).outcome, "applied");
  });
});

test("the right to deliver ends while SAP thinks about the token: the document does not leave", async () => {
  const sap = await startFakeSap({});
  const session = unwrap(await sapConnector.open(settings(sap.baseUrl), never));
  open.push(sap, session);
  const content = { kind: "confirmation", response: response() } as const;
  const sent = unwrap(session.compose(postingKey("late"), requestOf(orderRow()), content));
  let isOurs = true;
  const begun = session.push(sent, never, () => isOurs);
  isOurs = false;
  const late = await begun;
  assert.equal(late.outcome, "not-applied");
  assert.equal(late.outcome === "not-applied" && late.fault.code, "exchange/no-lease");
  assert.ok(!sap.seen.some(({ line }) => line.startsWith("POST")));
  isOurs = true;
  assert.equal((await session.push(sent, never, () => isOurs)).outcome, "confirmed");
});
