/** A session of the B2MML connector with a partner that answers as a test says. */
import { after } from "node:test";
import { postingKey } from "../../../base/id.ts";
import { instant } from "../../../base/instant.ts";
import { whole } from "../../../base/quantity.ts";
import { unwrap } from "../../../base/result.ts";
import type { OperationsResponse } from "../../../isa95/response/operations-response.ts";
import { requestOf } from "../../../operations/testing/order.ts";
import type { PostingContent } from "../../../record/posting.ts";
import type { Envelope, ErpSession } from "../../connector.ts";
import { b2mmlConnector } from "../index.ts";
import { send, startFakePartner, type FakePartner, type Mishap } from "./fake-partner.ts";

export const never = new AbortController().signal;
export const open: { close(): Promise<void> }[] = [];
after(async () => {
  for (const one of open.toReversed()) await one.close();
});

export const from = instant(Date.UTC(2026, 1, 3, 8));
export const request = requestOf();
export const response: OperationsResponse = {
  reference: request.reference,
  dates: { eventFrom: from, eventTo: from, recordedAt: from, postingDate: "2026-02-03", documentDate: "2026-02-03" },
  segment: {
    segment: "0010",
    sequence: "",
    workCenter: "CUT",
    good: whole(5, "C62"),
    scrap: whole(1, "C62"),
    rework: whole(0, "C62"),
    final: false,
    materials: [
      {
        use: "Consumed",
        requirement: "R1",
        stock: {
          material: "W-1",
          quantity: { micro: 1_234_567n, uom: "MTR" },
          at: { plant: "PL01", location: "101C" },
          lot: "L1",
          stockType: "free",
          specialStock: null,
        },
      },
    ],
  },
};

export async function connect(
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ partner: FakePartner; session: ErpSession; compose(content: PostingContent, name?: string): Envelope }> {
  const partner = await startFakePartner();
  const session = unwrap(await b2mmlConnector.open({ url: partner.url, settleMs: 0, timeoutMs: 500, ...more }, never));
  open.push(partner, session);
  const compose = (content: PostingContent, name = "n"): Envelope =>
    unwrap(session.compose(postingKey(name), request, content));
  return { partner, session, compose };
}

export const confirmation = { kind: "confirmation", response } as const satisfies PostingContent;

export async function answered(how: (answer: string) => string, more = {}): Promise<string> {
  const { partner, session, compose } = await connect(more);
  const mishap: Mishap = (_, to, commit) => send(to, 200, how(commit()));
  partner.mishaps.push(mishap);
  return (await session.push(compose(confirmation), never)).outcome;
}
