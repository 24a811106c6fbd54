/** Delivery between an ERP and an outbox that do as they are told, on a clock that only moves when everybody waits. */
import { startDelivery, type Delivery } from "../delivery.ts";
import { FakeErp, type PushFate } from "./fake-erp.ts";
import { MemoryOutbox, type DatabaseFaults } from "./memory-outbox.ts";
import { virtualClock, type VirtualClock } from "./virtual-clock.ts";

export interface Scene {
  readonly clock: VirtualClock;
  readonly erp: FakeErp;
  readonly outbox: MemoryOutbox;
  readonly stop: AbortController;
  readonly delivery: Delivery;
  readonly lines: string[];
}

/** @param fates of the pushes, one after the other; then all are confirmed */
export function scene(options: {
  readonly fates?: readonly PushFate[];
  readonly erp?: Partial<ConstructorParameters<typeof FakeErp>[0]>;
  readonly faults?: DatabaseFaults;
  readonly postings?: (outbox: MemoryOutbox) => void;
}): Scene {
  const clock = virtualClock();
  const fates = [...(options.fates ?? [])];
  const erp = new FakeErp({ clock, push: () => fates.shift() ?? "confirm", ...options.erp });
  const outbox = new MemoryOutbox(clock, options.faults);
  (options.postings ?? ((o) => void o.add("K1")))(outbox);
  const stop = new AbortController();
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const delivery = startDelivery({ session: erp.session(), port: outbox, clock, log }, stop.signal);
  return { clock, erp, outbox, stop, delivery, lines };
}

export const states = (s: Scene): string[] => s.outbox.postings.map((p) => p.state);
export const rest = (s: Scene): Promise<void> =>
  s.clock.until(
    () => s.outbox.postings.every((p) => p.state !== "planned" && p.state !== "sending" && p.state !== "in-doubt"),
    3_600_000,
  );
export const docs = (s: Scene): number[] => [...s.erp.documents.values()].map((d) => d.length);

export async function end(s: Scene): Promise<void> {
  let isOver = false;
  void s.delivery.ended.then(() => (isOver = true));
  s.stop.abort();
  await s.clock.until(() => isOver, 120_000);
}
