/** What only this connector has: answers of Part 5 in every shape, an ERP that cannot be asked, and what travels. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { guidOf, postingKey } from "../../base/id.ts";
import { unwrap } from "../../base/result.ts";
import { foundByHand } from "../../operations/reconciliation/by-hand.ts";
import { documentKinds, type PostingContent } from "../../record/posting.ts";
import { openDocuments } from "./documents.ts";
import { b2mmlConnector } from "./index.ts";
import { scheduleMessage } from "../../../tests/contract/b2mml/schedule.ts";
import { send, startFakePartner, type Mishap } from "./testing/fake-partner.ts";
import { confirmation, open, connect, from, never, request, response } from "./testing/session-scene.ts";

test("what is polled is read in the encoding that it is in", async () => {
  const partner = await startFakePartner();
  const { url, pullUrl } = partner;
  const session = unwrap(await b2mmlConnector.open({ url, pullUrl, plant: "PL01" }, never));
  open.push(partner, session);
  const orders = [
    { number: "Ü-1", material: "ÄRMEL" },
    { number: "Ä-1", material: "ÖSE" },
  ];
  const text = scheduleMessage({ orders });
  const pulled = async (bytes: Uint8Array, type: string): Promise<unknown> => {
    Object.assign(partner, { schedule: bytes, scheduleType: type });
    const page = await session.pull(null, never);
    if (!page.ok) return page.fault.kind;
    return page.value.messages.map((message) => [message.number, unwrap(session.interpret(message)).material]);
  };
  const right = [
    ["Ü-1", "ÄRMEL"],
    ["Ä-1", "ÖSE"],
  ];
  const latin1 = Buffer.from(text.replace("UTF-8", "ISO-8859-1"), "latin1");
  const undeclared = text.replace(/^<\?xml.*\?>/, "");
  assert.deepEqual(await pulled(latin1, "application/xml"), right);
  assert.deepEqual(await pulled(latin1, "application/xml; charset=utf-8"), right);
  assert.deepEqual(await pulled(Buffer.from(undeclared, "latin1"), "application/xml; charset=ISO-8859-1"), right);
  assert.deepEqual(await pulled(Buffer.from(text), "application/xml"), right);
  assert.equal(await pulled(Buffer.from(undeclared, "latin1"), "application/xml"), "transient");
});

test("of two documents without a BODID that differ in one letter of ISO-8859-1 each is one of its own", async () => {
  const partner = await startFakePartner();
  const { url, pullUrl } = partner;
  const session = unwrap(await b2mmlConnector.open({ url, pullUrl, plant: "PL01" }, never));
  open.push(partner, session);
  const keys = new Set<string>();
  for (const material of ["ÄRMEL", "ÜRMEL"]) {
    const text = scheduleMessage({ orders: [{ number: "1", material }] }).replace("UTF-8", "ISO-8859-1");
    partner.schedule = Buffer.from(text, "latin1");
    for (const { idempotencyKey } of unwrap(await session.pull(null, never)).messages) keys.add(idempotencyKey);
  }
  assert.equal(keys.size, 2);
});

test("why the ERP says no is told in its own letters", async () => {
  const { partner, session, compose } = await connect();
  partner.mishaps.push((_, to) =>
    to
      .writeHead(422, { "content-type": "text/plain; charset=ISO-8859-1" })
      .end(Buffer.from("Menge ungültig", "latin1")),
  );
  const pushed = await session.push(compose(confirmation), never);
  assert.match(pushed.outcome === "refused" ? pushed.fault.message : pushed.outcome, /Menge ungültig/);
});

test("a no that names the document, and a conflict, may say that the ERP has it: asked, not refused", async () => {
  const { partner, session, compose } = await connect();
  const [key, bodId] = [postingKey("n"), guidOf(postingKey("n"))];
  const sent = compose(confirmation);
  const repeated: Mishap = (_, to, commit) => {
    commit();
    partner.refusal = `duplicate message ${bodId.toUpperCase()}`;
    send(to, 200, commit());
    partner.refusal = null;
  };
  partner.mishaps.push(repeated);
  const named = await session.push(sent, never);
  assert.deepEqual([named.outcome, "fault" in named && named.fault.kind], ["in-doubt", "conflict"]);
  assert.equal((await session.resolve(sent, never)).outcome, "applied");
  for (const [status, words, outcome, kind] of [
    [409, "order 4711 is closed", "in-doubt", "conflict"],
    [400, `response ${key} exists already`, "in-doubt", "conflict"],
    [400, "order 4711 is closed", "refused", "refused"],
    [500, `response ${key} broke something`, "in-doubt", "ambiguous"],
  ] as const) {
    partner.mishaps.push((_, to) => send(to, status, words));
    const pushed = await session.push(sent, never);
    assert.deepEqual([pushed.outcome, "fault" in pushed && pushed.fault.kind], [outcome, kind], words);
    assert.ok("fault" in pushed && pushed.fault.message.includes(words), "in the ERP's own words");
  }
});

test("busy is not applied, with the time that the ERP names; a login that is refused is parked", async () => {
  const { partner, session, compose } = await connect();
  const said = (status: number, header: Record<string, string> = {}): Mishap => (_, to) => void to.writeHead(status, { connection: "close", ...header }).end("no"); // prettier-ignore
  partner.mishaps.push(
    said(429, { "retry-after": "7" }),
    said(429, { "retry-after": "" }),
    said(403),
    said(422),
    said(408),
  );
  const busy = await session.push(compose(confirmation), never);
  assert.equal(busy.outcome === "not-applied" && busy.retryAfterMs, 7000);
  const mute = await session.push(compose(confirmation), never);
  assert.equal(mute.outcome === "not-applied" && mute.retryAfterMs, null);
  const login = await session.push(compose(confirmation), never);
  assert.equal(login.outcome === "refused" && login.parked, true);
  const wrong = await session.push(compose(confirmation), never);
  assert.equal(wrong.outcome === "refused" && wrong.parked, false);
  const late = await session.push(compose(confirmation), never);
  assert.equal(late.outcome, "in-doubt", "408 says nothing of what was read");
});

test("an ERP that cannot be asked leaves the doubt to a person, or repeats where it is declared to be idempotent", async () => {
  const { session, compose } = await connect({ partner: { shows: false } });
  const asked = await session.resolve(compose(confirmation), never);
  assert.equal(asked.outcome, "unanswerable");
  assert.equal(session.traits.idempotent.size, 0);
  const other = await connect({ partner: { shows: false, idempotent: true } });
  assert.deepEqual([...other.session.traits.idempotent], [...documentKinds]);
});

test("an ERP that is not polled is asked whether it answers, and one that is away is not heard of", async () => {
  const { partner, session } = await connect();
  assert.equal((await session.pull(null, never)).ok, true);
  partner.shown.push(() => "<html>maintenance</html>");
  assert.equal((await session.pull(null, never)).ok, false);
  await partner.close();
  const away = await session.pull(null, never);
  assert.equal(!away.ok && away.fault.code, "erp/b2mml-unreachable");
});

test("of an ERP that shows nothing and is not polled it is asked whether anybody is there, which is no message", async () => {
  const { partner, session } = await connect({ partner: { shows: false } });
  const isThere = async (status: number): Promise<boolean> => {
    partner.probed = status;
    return (await session.pull(null, never)).ok;
  };
  for (const status of [200, 204, 401, 403, 404, 405, 500, 501]) assert.equal(await isThere(status), true, `${status}`);
  for (const status of [502, 503, 504]) assert.equal(await isThere(status), false, `${status}: it is away, says what stands before it`); // prettier-ignore
  assert.ok(partner.seen.every(({ line, body }) => line === "OPTIONS /b2mml" && body === ""));
  assert.equal((await session.check(never))?.kind, "transient");
  await partner.close();
  const away = await session.pull(null, never);
  assert.equal(!away.ok && away.fault.code, "erp/b2mml-unreachable");
  assert.equal(!away.ok && away.fault.kind, "transient");
});

test("an answer to another question is no answer: nothing is absent, taken back or listed by it", async () => {
  const { partner, session, compose } = await connect();
  const sent = compose(confirmation, "first");
  const absent = compose(confirmation, "second");
  await session.push(sent, never);
  let earlier = "";
  const keep = (answer: string): string => (earlier = answer);
  partner.shown.push(keep);
  assert.equal((await session.resolve(absent, never)).outcome, "absent");
  const again = (): string => earlier;
  const reversal = { reference: request.reference, posting: "p", document: postingKey("first"), postingDate: "2026-02-03", recordedAt: from } as const; // prettier-ignore
  const back = compose({ kind: "confirmation-reversal", response: null, reversal }, "back");
  partner.shown.push(again, again, again);
  for (const asked of [sent, back]) {
    const outcome = await session.resolve(asked, never);
    assert.equal(outcome.outcome === "unknown" && outcome.fault.code, "erp/b2mml-not-shown");
    assert.equal(outcome.outcome === "unknown" && outcome.fault.kind, "transient");
  }
  const listed = await session.documents(request, never);
  assert.equal(!listed.ok && listed.fault.code, "erp/b2mml-not-shown");
  assert.equal((await session.resolve(sent, never)).outcome, "applied", "asked again");
});

test("an ERP that does not echo the question is taken at its word, unless it shows what was not asked for", async () => {
  const { partner, session, compose } = await connect();
  const [sent, absent] = [compose(confirmation, "first"), compose(confirmation, "second")];
  await session.push(sent, never);
  const silent = (answer: string): string =>
    answer.replace(/<OriginalApplicationArea>.*?<\/OriginalApplicationArea>/s, "");
  let ofFirst = "";
  partner.shown.push(silent, silent, (answer) => (ofFirst = silent(answer)), () => ofFirst); // prettier-ignore
  assert.equal((await session.resolve(absent, never)).outcome, "absent");
  assert.equal((await session.resolve(sent, never)).outcome, "applied");
  assert.equal((await session.resolve(sent, never)).outcome, "applied");
  assert.ok(ofFirst.includes(postingKey("first")));
  assert.equal((await session.resolve(absent, never)).outcome, "unknown", "it shows the other one");
});

test("of an ERP that cannot be asked no documents are listed, and it is not called for them", async () => {
  const { partner, session } = await connect({ partner: { shows: false } });
  const listed = await session.documents(request, never);
  assert.equal(!listed.ok && listed.fault.code, "erp/b2mml-cannot-ask");
  assert.equal(!listed.ok && listed.fault.kind, "refused");
  assert.deepEqual(partner.seen, []);
});

test("counts stand in the confirmation alone, material in receipts and issues alone, digit by digit", async () => {
  const { partner, session, compose } = await connect();
  const issue: PostingContent = { kind: "goods-issue", response };
  const counted: PostingContent = { ...confirmation, response: { ...response, segment: { ...response.segment, materials: [] } } }; // prettier-ignore
  for (const [content, name] of [[counted, "c"], [issue, "i"]] as const) await session.push(compose(content, name), never); // prettier-ignore
  const [first, second] = partner.responses.map(({ SegmentResponse }) => SegmentResponse[0]);
  assert.equal(first?.SegmentData?.[0]?.Value?.[0]?.ValueString, "5");
  assert.equal(first?.MaterialActual, undefined);
  assert.equal(second?.SegmentData, undefined);
  assert.equal(second?.MaterialActual?.[0]?.Quantity?.[0]?.QuantityString, "1.234567");
  const [, listed] = unwrap(await session.documents(request, never));
  assert.deepEqual(listed?.response.segment.materials, response.segment.materials);
});

test("what somebody else has said is read whole: pieces, use and receipts of every operation, each under a number of its own", async () => {
  const { partner, session, compose } = await connect();
  const segmentIn = async (kind: "confirmation" | "goods-issue", change: Partial<typeof response.segment>) => {
    const said = { ...response, segment: { ...response.segment, materials: [], ...change } };
    await session.push(compose({ kind, response: said }, JSON.stringify(change.segment) + kind), never);
    const segment = partner.responses.pop()?.SegmentResponse[0];
    assert.ok(segment);
    return segment;
  };
  const [used] = response.segment.materials;
  assert.ok(used);
  const made = { ...used, use: "Produced", requirement: null, stock: { ...used.stock, material: request.material } } as const; // prettier-ignore
  const pieces = await segmentIn("confirmation", { segment: "0010" });
  const material = await segmentIn("goods-issue", { segment: "0020", materials: [used, made] });
  const both = { ...pieces, ...material, SegmentData: pieces.SegmentData ?? [], ID: "2" };
  const nothing = { ID: "3" };
  const of = { OperationsRequestID: [request.reference.number] };
  partner.responses.push(
    { ...of, ID: "H-1", SegmentResponse: [{ ...material, ID: "any" }] },
    { ...of, ID: "H-2", SegmentResponse: [{ ...pieces, ID: "1", SegmentResponseChild: [both] }, nothing] },
  );
  const listed = unwrap(await session.documents(request, never));
  assert.deepEqual(
    listed.map(({ document, key, response: { segment } }) => [
      document.kind,
      document.number,
      key,
      segment.segment,
      Number(segment.good.micro) / 1e6,
      segment.materials.map(({ use }) => use).join(),
    ]),
    [
      ["goods-issue", "H-1", null, "0020", 0, "Consumed"],
      ["goods-receipt", "H-1", null, "0020", 0, "Produced"],
      ["confirmation", "H-2/1", null, "0010", 5, ""],
      ["confirmation", "H-2/2", null, "0020", 5, ""],
      ["goods-issue", "H-2/2", null, "0020", 0, "Consumed"],
      ["goods-receipt", "H-2/2", null, "0020", 0, "Produced"],
    ],
  );
  const found = foundByHand({ request, receipt: true }, listed, from);
  assert.deepEqual(
    found.map(({ kind, document }) => `${kind} ${document}`),
    listed.map(({ document }) => `${document.kind} ${document.number}`),
    "after an outage all of it is asked about",
  );
});

test("a confirmation is taken back by naming it, once, and asking finds that it is gone", async () => {
  const { partner, session, compose } = await connect();
  await session.push(compose(confirmation, "first"), never);
  const reversal = { reference: request.reference, posting: "p", document: postingKey("first"), postingDate: "2026-02-03", recordedAt: from } as const; // prettier-ignore
  const back = compose({ kind: "confirmation-reversal", response: null, reversal }, "back");
  assert.equal((await session.resolve(back, never)).outcome, "absent");
  partner.mishaps.push((incoming, _, commit) => (commit(), incoming.socket.destroy()));
  assert.equal((await session.push(back, never)).outcome, "in-doubt");
  assert.equal((await session.resolve(back, never)).outcome, "applied");
  assert.deepEqual(partner.responses, []);
});

test("no receipt and no issue is taken back: B2MML has no document for it, and that is said before anything travels", async () => {
  const { partner, session } = await connect();
  const reversal = { reference: request.reference, posting: "p", document: "R-1", postingDate: "2026-02-03", recordedAt: from } as const; // prettier-ignore
  const back = session.compose("back", request, { kind: "movement-reversal", response: null, reversal });
  assert.equal(!back.ok && back.fault.code, "erp/b2mml-no-document");
  assert.equal(!back.ok && back.fault.kind, "invalid");
  assert.deepEqual(partner.responses, []);
});

test("what travels is valid by MESA's schema, and bears a BODID that follows from the key", async () => {
  const { compose } = await connect();
  const { bytes, key } = compose(confirmation);
  const read = unwrap((await openDocuments()).read(bytes, "sent"));
  assert.deepEqual(read.warnings, []);
  assert.equal(read.document.verb !== null && read.document.applicationArea.BODID, guidOf(key));
});

test("settings that make no sense are named, and their values are not repeated", async () => {
  const wrong = await b2mmlConnector.open({ url: "ftp://secret-host", units: { KAR: "no-unit" }, timeZone: "Moon" }, never); // prettier-ignore
  assert.equal(!wrong.ok && wrong.fault.code, "erp/config");
  const text = wrong.ok ? "" : wrong.fault.message;
  assert.match(text, /url.*units\.KAR/);
  assert.doesNotMatch(text, /secret-host/);
});
