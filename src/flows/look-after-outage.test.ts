/** Which orders are looked at after an outage; what is found in them is tests/contract/reconcile. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../base/instant.ts";
import { fail, ok } from "../base/result.ts";
import { requestOf } from "../operations/testing/order.ts";
import { lookAfterOutage, type LookPorts } from "./look-after-outage.ts";
import type { Unseen } from "./outage-ports.ts";

test("however many orders the ERP fails on, each of the others is looked at", async () => {
  const failing = 40;
  const asked = new Set<string>();
  const ports = lookPorts(60, (request) => {
    asked.add(request);
    return Number(request) < failing;
  });
  for (let look = 0; look < 4; look += 1) await lookAfterOutage(ports, new AbortController().signal);
  assert.equal(asked.size, 60);
});

/** So many orders that wait for it, kept as the store keeps them. */
function lookPorts(orders: number, failsOn: (request: string) => boolean): LookPorts {
  const since = instant(0);
  const waiting = Array.from({ length: orders }, (_, n) => ({
    request: String(n),
    since,
    outage: 1,
    ordinal: BigInt(n + 1),
  }));
  const tx = {
    outages: {
      unseen: (_erp: string, limit: number, after = 0n) => {
        const behind = waiting.filter(({ ordinal }) => ordinal > after);
        return Promise.resolve([...behind, ...waiting].slice(0, Math.min(limit, waiting.length)));
      },
      looked: ({ request }: Unseen) => {
        waiting.splice(
          waiting.findIndex((one) => one.request === request),
          1,
        );
        return Promise.resolve([]);
      },
    },
    requests: { get: ([id = ""]: readonly string[]) => Promise.resolve([{ ...requestOf(), id }]) },
  };
  const documents = ({ id }: { readonly id: string }): Promise<unknown> =>
    Promise.resolve(failsOn(id) ? fail("transient", "erp/sap-failed", "SAP failed (HTTP 500).") : ok([]));
  const ports = {
    store: { transaction: (work: (within: unknown) => unknown) => work(tx) },
    site: { zone: "Europe/Warsaw", posting: () => ({ receipt: true }) },
    clock: { now: () => instant(1_000_000) },
    erp: "s4",
    session: { documents },
    turn: { after: 0n },
  };
  return ports as unknown as LookPorts; // what looking uses of them
}
