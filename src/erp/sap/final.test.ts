/** Final confirmations and their cancellation in SAP's words: composing, refusals, and asking what has become of them. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { guidOf, postingKey } from "../../base/id.ts";
import { instant } from "../../base/instant.ts";
import { unwrap } from "../../base/result.ts";
import type { DocumentReversal, PostingContent } from "../../record/posting.ts";
import { startErp, type SimulatedErp } from "../../simulation/erp/server.ts";
import { seed } from "../../simulation/erp/testing/scene.ts";
import type { Envelope, ErpSession } from "../connector.ts";
import { composeConfirmation } from "./confirmation.map.ts";
import { composeConfirmationReversal, reversedConfirmation } from "./confirmation-reversal.map.ts";
import { thaw } from "./envelope.ts";
import { sapConnector } from "./index.ts";
import { config, never, orderRow, requestOf, response, settings } from "./testing/sample.ts";

const open: { close(): Promise<void> }[] = [];
after(async () => {
  for (const one of open.toReversed()) await one.close();
});

const key = postingKey("final");
const none = { micro: 0n, uom: "C62" };
const finalResponse = (number: string): ReturnType<typeof response> => {
  const one = response({ good: none, scrap: none, rework: none, final: true, materials: [] });
  return { ...one, reference: { ...one.reference, number } };
};
const reversalOf = (document: string): DocumentReversal => ({
  reference: requestOf(orderRow()).reference,
  posting: "p",
  document,
  key,
  postingDate: "2026-11-20",
  recordedAt: instant(Date.parse("2026-11-20T10:00:00Z")),
});

test("a final confirmation has no amounts, type X, and clears reservations where the site wants it", () => {
  for (const clearReservations of [true, false]) {
    const around = { config: config({ clearReservations }), model: null, kind: "final-confirmation" as const };
    const envelope = unwrap(composeConfirmation(key, requestOf(orderRow()), finalResponse("1000101"), around));
    assert.equal(envelope.kind, "final-confirmation");
    const body: unknown = JSON.parse(unwrap(thaw(envelope)).body ?? "");
    assert.ok(typeof body === "object" && body !== null);
    const has = (name: string): unknown => Reflect.get(body, name);
    assert.deepEqual(
      ["FinalConfirmationType", "IsFinalConfirmation", "OpenReservationsIsCleared", "ConfirmationYieldQuantity"].map(
        has,
      ),
      ["X", true, clearReservations, "0"],
    );
  }
});

test("a cancellation names the confirmation with leading zeros, its day and our key; read again it is the same", () => {
  const envelope = unwrap(composeConfirmationReversal(key, reversalOf("1001/2"), { config: config(), model: null }));
  const write = unwrap(thaw(envelope));
  const query = new URLSearchParams(write.path.split("?")[1]);
  assert.deepEqual(Object.fromEntries(query), {
    ConfirmationGroup: "'0000001001'",
    ConfirmationCount: "'00000002'",
    PostingDate: "datetime'2026-11-20T00:00:00'",
    ConfirmationText: `'${key}'`,
    ExternalSystemConfirmation: `guid'${guidOf(key)}'`,
  });
  assert.deepEqual(reversedConfirmation(write), { group: "1001", count: "2" });
});

test("no number of a confirmation, and a release without the function, are said and not sent", () => {
  const around = { config: config(), model: null };
  for (const document of ["", "1001", "A/1", "1001/'"]) {
    const composed = composeConfirmationReversal(key, reversalOf(document), around);
    assert.equal(composed.ok ? "" : composed.fault.code, "erp/sap-reversal", document);
  }
  const service = { types: new Map(), sets: new Map(), functions: new Map<string, readonly string[]>() };
  const model = { order: service, confirmation: service, materialDocument: service };
  const old = composeConfirmationReversal(key, reversalOf("1001/1"), { config: config(), model });
  assert.equal(old.ok ? "" : old.fault.code, "erp/sap-reversal");
  const few = { ...service, functions: new Map([["CancelProdnOrdConf", ["ConfirmationGroup", "ConfirmationCount"]]]) };
  const short = unwrap(
    composeConfirmationReversal(key, reversalOf("1001/1"), {
      config: config(),
      model: { ...model, confirmation: few },
    }),
  );
  assert.doesNotMatch(unwrap(thaw(short)).path, /PostingDate|External/);
});

async function connect(): Promise<{ erp: SimulatedErp; session: ErpSession; final: Envelope }> {
  const erp = await startErp({ orders: [seed] });
  const session = unwrap(await sapConnector.open(settings(erp.url, { ...erp.login }), never));
  open.push(erp, session);
  const [message] = unwrap(await session.pull(null, never)).messages;
  assert.ok(message);
  const request = unwrap(session.interpret(message));
  const content: PostingContent = { kind: "final-confirmation", response: finalResponse(request.reference.number) };
  return { erp, session, final: unwrap(session.compose(key, request, content)) };
}

test("SAP refuses a second final confirmation: ours is found by its key, another one is a refusal", async () => {
  const { erp, session, final } = await connect();
  const first = await session.push(final, never);
  assert.equal(first.outcome, "confirmed");
  assert.deepEqual(await session.push(final, never), first, "the same document, not a second one");
  const text = new TextDecoder()
    .decode(final.bytes)
    .replaceAll(key, postingKey("other"))
    .replaceAll(guidOf(key), guidOf(postingKey("other")));
  const foreign = { ...final, key: postingKey("other"), bytes: new TextEncoder().encode(text) };
  assert.equal((await session.push(foreign, never)).outcome, "refused");
  assert.equal(erp.books.confirmations.length, 1);
});

test("another confirmation has its number, since SAP was put back from a backup: it is not cancelled, a person decides", async () => {
  const { erp, session, final } = await connect();
  const pushed = await session.push(final, never);
  assert.ok(pushed.outcome === "confirmed");
  const of = { ...reversalOf(pushed.document.number), key: postingKey("one that SAP no longer has") };
  const around = { config: config({ baseUrl: erp.url }), model: null };
  const reversal = unwrap(composeConfirmationReversal(postingKey("r"), of, around));
  const refused = await session.push(reversal, never);
  assert.equal(refused.outcome === "refused" && !refused.parked && refused.fault.code, "erp/sap-reversal-unknown");
  assert.deepEqual(
    erp.books.confirmations.map(({ isReversed }) => isReversed),
    [false],
  );
});

test("cancelled once; asked, the confirmation says so; a reversed final confirmation is no final one", async () => {
  const { erp, session, final } = await connect();
  const pushed = await session.push(final, never);
  assert.ok(pushed.outcome === "confirmed");
  const around = { config: config({ baseUrl: erp.url }), model: null };
  const reversal = unwrap(composeConfirmationReversal(postingKey("r"), reversalOf(pushed.document.number), around));
  assert.deepEqual(await session.resolve(reversal, never), { outcome: "absent" });
  erp.faults.add({ fault: { kind: "reply-lost" }, calls: "write" });
  assert.equal((await session.push(reversal, never)).outcome, "in-doubt");
  const asked = await session.resolve(reversal, never);
  assert.ok(asked.outcome === "applied");
  assert.notEqual(asked.document.number, pushed.document.number, "the reversal has a number of its own");
  assert.deepEqual(await session.push(reversal, never), { outcome: "confirmed", document: asked.document });
  assert.equal(erp.books.confirmations.filter((c) => c.isReversal).length, 1);
  const again = await session.resolve(final, never);
  assert.equal(again.outcome, "differs");
  const unknown = unwrap(composeConfirmationReversal(postingKey("u"), reversalOf("999/9"), around));
  const gone = await session.resolve(unknown, never);
  assert.equal(gone.outcome === "differs" && gone.fault.code, "erp/sap-reversal-unknown");
});
