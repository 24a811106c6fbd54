/** An ERP that speaks B2MML before its connector. */
import { unwrap } from "../../../src/base/result.ts";
import { b2mmlConnector } from "../../../src/erp/b2mml/index.ts";
import { send, startFakePartner, type Mishap as PartnerMishap } from "../../../src/erp/b2mml/testing/fake-partner.ts";
import { scheduleMessage } from "../b2mml/schedule.ts";
import type { Mishap, Stage } from "./suite.ts";

const mishaps: Readonly<Record<Mishap, PartnerMishap>> = {
  "lost after commit": (request, _, commit) => (commit(), request.socket.destroy()),
  "cut before reading": (request) => request.socket.destroy(),
  "500 after commit": (_, response, commit) => (commit(), send(response, 500, "broken")),
  "unreadable after commit": (_, response, commit) => send(response, 200, commit().slice(0, 200)),
};

export async function openB2mmlStage(more: Readonly<Record<string, unknown>> = {}): Promise<Stage> {
  const partner = await startFakePartner();
  const { url, pullUrl } = partner;
  const settings = { url, pullUrl, plant: "PL01", timeoutMs: 500, settleMs: 0, ...more };
  const session = unwrap(await b2mmlConnector.open(settings, new AbortController().signal));
  const component = { material: "WIRE-1", quantity: "40", unit: "MTR" };
  return {
    session,
    order: (number) => {
      const orders = [{ number, quantity: "100", component }];
      partner.schedule = scheduleMessage({ bodId: "8b0c2a52-0001-4000-8000-000000000001", orders });
    },
    next: (mishap) => void partner.mishaps.push(mishaps[mishap]),
    refuse: () => void (partner.refusal = "Period 2026/10 is closed"),
    count: () => partner.responses.length,
    alter: () => {
      const last = partner.responses.pop();
      const text = JSON.stringify(last).replace('"ValueString":"5"', '"ValueString":"99"');
      // a response with one digit changed is a response
      if (last) partner.responses.push(JSON.parse(text) as typeof last);
    },
    away: () => partner.close(),
    close: async () => {
      await session.close();
      await partner.close();
    },
  };
}
