/** How documents in SAP are corrected: what its refusals mean for the table, and taking a material document back against the simulated ERP. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { postingKey } from "../../base/id.ts";
import { whole } from "../../base/quantity.ts";
import { unwrap } from "../../base/result.ts";
import type { MaterialActual } from "../../isa95/response/operations-response.ts";
import type { DocumentReversal, PostingContent } from "../../record/posting.ts";
import { cancelMaterialDocument } from "../../simulation/erp/goods-movement.ts";
import { startErp, type SimulatedErp } from "../../simulation/erp/server.ts";
import { seed } from "../../simulation/erp/testing/scene.ts";
import type { Envelope, ErpSession } from "../connector.ts";
import { sapCorrections } from "./correction.ts";
import { thaw } from "./envelope.ts";
import { businessVerdict } from "./faults.ts";
import { sapConnector } from "./index.ts";
import { composeMovementReversal, reversedDocument } from "./movement-reversal.map.ts";
import { config, never, response, settings } from "./testing/sample.ts";

const open: { close(): Promise<void> }[] = [];
after(async () => {
  for (const one of open.toReversed()) await one.close();
});

describe("the table", () => {
  test("what SAP refuses a reversal for is parked where the table says so", () => {
    const said = {
      "erp/sap-stock-short": { code: "M7/021", text: "Deficit of SL Unrestricted-use 3 PC" },
      "erp/sap-period-closed": { code: "M7/053", text: "Posting only possible in periods 2026/11 and 2026/12" },
      "erp/sap-order-status": { code: "BS/013", text: '"Confirm order" is not allowed (ORD 1000001)' },
    };
    assert.deepEqual(Object.keys(sapCorrections.refusals).toSorted(), Object.keys(said).toSorted());
    for (const [code, stage] of Object.entries(sapCorrections.refusals)) {
      const words = Object.entries(said).find(([known]) => known === code)?.[1];
      assert.ok(words);
      const error = { ...words, target: "", transactionId: "", details: [], envelope: true };
      const verdict = businessVerdict(error, "a reversal", null);
      assert.ok(verdict.outcome === "refused" && verdict.fault.code === code, code);
      assert.equal(verdict.parked, sapCorrections.table["fewer pieces"][stage] === "park", stage);
    }
  });
});

const key = postingKey("reversal");

function reversalOf(document: string): DocumentReversal {
  const { reference, dates } = response();
  const { recordedAt } = dates;
  const of = { posting: "p", document, key: postingKey("issue") };
  return { reference, ...of, postingDate: "2026-11-20", recordedAt, afterwards: "repost" };
}

describe("taking a material document back", () => {
  test("names the document and the day, and can be read again", () => {
    const around = { config: config(), model: null };
    const write = unwrap(thaw(unwrap(composeMovementReversal(key, reversalOf("4900000101/2026"), around))));
    assert.match(write.path, /API_MATERIAL_DOCUMENT_SRV\/Cancel\?/);
    const query = new URLSearchParams(write.path.slice(write.path.indexOf("?")));
    assert.deepEqual(Object.fromEntries(query), {
      MaterialDocumentYear: "'2026'",
      MaterialDocument: "'4900000101'",
      PostingDate: "datetime'2026-11-20T00:00:00'",
    });
    assert.deepEqual(reversedDocument(write), { document: "4900000101", year: "2026" });
    for (const document of ["", "4900000101", "A/2026", "1/20"]) {
      const composed = composeMovementReversal(key, reversalOf(document), around);
      assert.equal(composed.ok ? "" : composed.fault.code, "erp/sap-reversal", document);
    }
    const service = { types: new Map(), sets: new Map(), functions: new Map<string, readonly string[]>() };
    const model = { order: service, confirmation: service, materialDocument: service };
    const old = composeMovementReversal(key, reversalOf("1/2026"), { config: config(), model });
    assert.equal(old.ok ? "" : old.fault.code, "erp/sap-reversal");
  });

  interface Posted {
    readonly erp: SimulatedErp;
    readonly session: ErpSession;
    readonly issue: Envelope;
    readonly reversal: Envelope;
    readonly number: string;
  }

  /** An issue of 30 m of wire that SAP has. */
  const posted = async (issueKey = postingKey("issue")): Promise<Posted> => {
    const stock = [{ material: "WIRE", plant: "1010", storageLocation: "101C", quantity: "100", unit: "M" }];
    const erp = await startErp({ orders: [seed], stock });
    const session = unwrap(await sapConnector.open(settings(erp.url, { ...erp.login }), never));
    open.push(erp, session);
    const [message] = unwrap(await session.pull(null, never)).messages;
    assert.ok(message);
    const request = unwrap(session.interpret(message));
    const materials = [wire(request.segments[0]?.materials[0]?.id ?? null)];
    const content: PostingContent = { kind: "goods-issue", response: response({ materials }) };
    const issue = unwrap(session.compose(issueKey, request, content));
    const pushed = await session.push(issue, never);
    assert.ok(pushed.outcome === "confirmed");
    const { number } = pushed.document;
    const back: PostingContent = { kind: "movement-reversal", response: null, reversal: reversalOf(number) };
    return { erp, session, issue, number, reversal: unwrap(session.compose(key, request, back)) };
  };

  /** Metres that the order holds by its movements. */
  const withdrawn = (erp: SimulatedErp): bigint => erp.books.order(seed.order)?.components[0]?.withdrawn ?? -1n;

  test("once; a lost answer is found by what became of the document; a second time SAP refuses and it is there", async () => {
    const { erp, session, issue, reversal, number } = await posted();
    assert.deepEqual(await session.resolve(reversal, never), { outcome: "absent" });
    erp.faults.add({ fault: { kind: "reply-lost" }, calls: "write" });
    assert.equal((await session.push(reversal, never)).outcome, "in-doubt");
    const asked = await session.resolve(reversal, never);
    assert.ok(asked.outcome === "applied");
    assert.notEqual(asked.document.number, number, "the reversal has a number of its own");
    assert.deepEqual(await session.push(reversal, never), { outcome: "confirmed", document: asked.document });
    const reversing = erp.books.materialDocuments.filter((d) => d.items.some((item) => item.reverses !== null));
    assert.equal(reversing.length, 1);
    assert.equal(withdrawn(erp), 0n);
    const again = await session.resolve(issue, never);
    assert.match(again.outcome === "differs" ? again.fault.message : again.outcome, /it was reversed/);
  });

  test("another document has its number, since SAP was put back from a backup: nothing is cancelled, a person decides", async () => {
    const { erp, session, reversal, number } = await posted(postingKey("another issue"));
    const asked = await session.resolve(reversal, never);
    assert.equal(asked.outcome === "differs" && asked.fault.code, "erp/sap-reversal-unknown");
    const pushed = await session.push(reversal, never);
    assert.equal(pushed.outcome === "refused" && !pushed.parked && pushed.fault.code, "erp/sap-reversal-unknown");
    const [document = "", year = ""] = number.split("/");
    assert.equal(erp.books.document(document)?.items[0]?.isCancelled, false, `${document} of ${year} stands`);
  });

  test("somebody has cancelled it by hand: it counts; a document that is not there is for a person", async () => {
    const { erp, session, reversal, number } = await posted();
    const [document = "", year = ""] = number.split("/");
    const by = { user: "CLERK", by: "user" } as const;
    assert.ok(cancelMaterialDocument(erp.books, { number: document, year, postingDate: null }, by).ok);
    const asked = await session.resolve(reversal, never);
    assert.equal(asked.outcome, "applied");
    const around = { config: config({ baseUrl: erp.url }), model: null };
    const other = unwrap(composeMovementReversal(key, reversalOf("4999999999/2026"), around));
    const gone = await session.resolve(other, never);
    assert.equal(gone.outcome === "differs" && gone.fault.code, "erp/sap-reversal-unknown");
  });
});

function wire(requirement: string | null): MaterialActual {
  const at = { plant: "1010", location: "101C" };
  const stock = {
    material: "WIRE",
    quantity: whole(30, "MTR"),
    at,
    lot: null,
    stockType: "free",
    specialStock: null,
  } as const;
  return { use: "Consumed", requirement, stock };
}
