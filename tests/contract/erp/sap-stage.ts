/** SAP S/4HANA before its connector. */
import { unwrap } from "../../../src/base/result.ts";
import { sapConnector } from "../../../src/erp/sap/index.ts";
import { reply, sapError, startFakeSap, type Mishap as SapMishap } from "../../../src/erp/sap/testing/fake-sap.ts";
import { orderRow, settings } from "../../../src/erp/sap/testing/sample.ts";
import type { Mishap, Stage } from "./suite.ts";

const mishaps: Readonly<Record<Mishap, SapMishap>> = {
  "lost after commit": (request, _, commit) => (commit(), request.socket.destroy()),
  "cut before reading": (request) => request.socket.destroy(),
  "500 after commit": (_, response, commit) => (commit(), reply(response, 500, "<html/>", "text/html")),
  "unreadable after commit": (_, response, commit) => (commit(), reply(response, 201, '{"d":{"Confir')),
};

export async function openSapStage(): Promise<Stage> {
  const sap = await startFakeSap();
  const session = unwrap(
    await sapConnector.open(settings(sap.baseUrl, { timeoutMs: 500 }), new AbortController().signal),
  );
  return {
    session,
    order: (number) => void sap.orders.push(orderRow({ ManufacturingOrder: number })),
    next: (mishap) => void sap.mishaps.push(mishaps[mishap]),
    refuse: () => void sap.mishaps.push(sapError(400, "F5/286", "Period 2026/10 is closed")),
    count: () => sap.confirmations.length + sap.documents.length,
    alter: () => void Object.assign(sap.confirmations.at(-1) ?? {}, { ConfirmationYieldQuantity: "99" }),
    away: () => sap.close(),
    close: async () => {
      await session.close();
      await sap.close();
    },
  };
}
