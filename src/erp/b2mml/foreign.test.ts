/** What an ERP says in its own way: documents that look like ours, and pages that are none. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { systemClock } from "../../base/clock.ts";
import { postingKey } from "../../base/id.ts";
import { unwrap } from "../../base/result.ts";
import { requestOf } from "../../operations/testing/order.ts";
import type { ErpSession } from "../connector.ts";
import { b2mmlConnector } from "./index.ts";
import { send, startFakePartner, type FakePartner } from "./testing/fake-partner.ts";

const never = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];
after(async () => {
  for (const one of open.toReversed()) await one.close();
});

async function connect(): Promise<{ partner: FakePartner; session: ErpSession }> {
  const partner = await startFakePartner();
  const session = unwrap(await b2mmlConnector.open({ url: partner.url, settleMs: 0, timeoutMs: 2_000 }, never));
  open.push(partner, session);
  return { partner, session };
}

test("what is described in our words and has no key of ours is somebody else's", async () => {
  const { partner, session } = await connect();
  const request = requestOf();
  const said = (id: string) => ({
    ID: id,
    Description: ["confirmation"],
    OperationsRequestID: [request.reference.number],
    SegmentResponse: [
      {
        ID: "1",
        ActualEndTime: "2026-02-03T09:00:00Z",
        SegmentRequirementID: ["0010"],
        SegmentData: [{ ID: "GoodQuantity", Value: [{ ValueString: "5", UnitOfMeasure: "C62" }] }],
      },
    ],
  });
  const key = postingKey("ours");
  partner.responses.push(said("2026-000017"), said(key));
  const listed = unwrap(await session.documents(request, never));
  assert.deepEqual(
    listed.map(({ document, key: ours }) => [document.kind, document.number, ours]),
    [
      ["confirmation", "2026-000017", null],
      ["confirmation", key, key],
    ],
  );
});

test("a page that only opens tags is told of at once, however long it is", async () => {
  const { partner, session } = await connect();
  const request = requestOf();
  const begun = performance.now();
  partner.mishaps.push((_, to) => send(to, 500, "<".repeat(400_000), "text/html"));
  const reversal = { reference: request.reference, posting: "p", document: "d", postingDate: "2026-02-03", recordedAt: systemClock.now() } as const; // prettier-ignore
  const composed = unwrap(session.compose(postingKey("back"), request, { kind: "confirmation-reversal", response: null, reversal })); // prettier-ignore
  assert.equal((await session.push(composed, never)).outcome, "in-doubt");
  assert.ok(performance.now() - begun < 2_000, `${performance.now() - begun} ms`);
});
