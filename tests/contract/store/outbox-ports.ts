/** What the outbox needs to stand in a test: a session that only composes, and a clock that is set by hand. */
import { ok } from "../../../src/base/result.ts";
import type { Instant } from "../../../src/base/instant.ts";
import type { Clock } from "../../../src/base/clock.ts";
import type { ErpSession } from "../../../src/erp/connector.ts";
import type { ClaimedPosting, DeliveryPort } from "../../../src/exchange/delivery.ts";
import type { OutboxPorts } from "../../../src/flows/outbox.ts";
import type { Store } from "../../../src/flows/ports.ts";
import { now } from "./world.ts";

/** A session that only composes and says what its ERP is like; nothing is ever sent from here. */
const session = {
  // as of an ERP that takes twice what comes twice
  traits: { idempotent: new Set() },
  compose: (key: string, _request: unknown, content: { kind: string }) =>
    ok({ key, kind: content.kind, bytes: new TextEncoder().encode(key) }),
} as unknown as ErpSession; // the outbox calls nothing else

function clockAt(time: () => Instant): Clock {
  return { now: time, monotonicMs: () => time() - now, sleep: () => Promise.resolve() };
}

/** @param installation  where the process runs that delivers */
export function portsOf(
  store: Store,
  erp: string,
  time: () => Instant = () => now,
  installation = "test",
): OutboxPorts {
  return { store, clock: clockAt(time), session, erp, holder: { installation, process: "p" } };
}

/** What is sent next, and nothing is asked about. */
export async function claim(port: DeliveryPort, calls: number): Promise<readonly ClaimedPosting[]> {
  return (await port.take({ calls, questions: 0 })).claimed;
}

/** What is asked about next; as long as something is, nothing is claimed. */
export async function ask(port: DeliveryPort): Promise<readonly ClaimedPosting[]> {
  return (await port.take({ calls: 1, questions: 1 })).doubtful;
}
