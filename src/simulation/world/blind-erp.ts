/**
 * An ERP whose transactions are POST-only, as Oracle's are: nothing that was posted can be read back, a lost answer stays a
 * doubt until a person has looked, and a refusal comes inside of an answer that says "created".
 */
import { fail } from "../../base/result.ts";
import type { ErpConnector } from "../../erp/connector.ts";
import { callDesk, type DeskAnswer, type DeskWorld } from "./desk-call.ts";
import { deskConnector, postSlip } from "./erp-desk.ts";

/** @param orders  the connector by which orders are read; nothing else of it is used */
export function blindConnector(orders: ErpConnector, world: DeskWorld): ErpConnector {
  const line = world.erp.answerLine<DeskAnswer>();
  return deskConnector("blind", orders, () => ({
    push: (envelope) => callDesk(world, line, desk, envelope),
    resolve: () => Promise.resolve({ outcome: "unanswerable" }),
    documents: async () => fail("invalid", "erp/sap-request", "This ERP does not show what was posted."),
  }));
}

const desk: Parameters<typeof callDesk>[2] = {
  post: postSlip,
  again: (books, envelope) => postSlip(books, envelope).outcome === "confirmed",
};
