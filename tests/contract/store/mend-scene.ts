/**
 * A scene for decisions of people: the example's site, an order with a measured and a billed component, and a machine
 * that says things. Facts go the way that facts of samples go.
 */
import type { Clock } from "../../../src/base/clock.ts";
import { instant, type Instant } from "../../../src/base/instant.ts";
import { whole } from "../../../src/base/quantity.ts";
import { unwrap, type Result } from "../../../src/base/result.ts";
import { applyFacts } from "../../../src/flows/apply-facts.ts";
import { collectorBook } from "../../../src/flows/collector-book.ts";
import type { MendCommand, MendPorts } from "../../../src/flows/mend-ports.ts";
import type { RunRow, Store, Tx } from "../../../src/flows/ports.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import {
  at,
  consumed,
  factOf,
  jobOrderOf,
  requestOf,
  requirementOf,
  segmentOf,
  units,
} from "../../../src/operations/testing/order.ts";
import type { Fact, FactBody } from "../../../src/record/fact.ts";
import type { Sample, SampleValue } from "../../../src/record/sample.ts";
import { checkSite } from "../../../src/site/load.ts";
import { example, rules } from "../../../src/site/testing/example.ts";

export const site = unwrap(checkSite(example, rules).site);
export const now = at(3_600_000);
export const clock: Clock = { now: () => now, monotonicMs: () => 0, sleep: () => Promise.resolve() };

export function portsOf(store: Store, change: Partial<MendPorts> = {}): MendPorts {
  return {
    store,
    site,
    clock,
    session: () => null,
    evaluate: () => Promise.resolve({ ok: true, value: "X" }),
    ...change,
  };
}

/** What a machine says at a time, and what was received shortly after. */
export function samplesAt(ms: number, values: Readonly<Record<string, SampleValue>>): readonly Sample[] {
  return Object.entries(values).map(([item, value]) => ({
    item,
    at: at(ms),
    receivedAt: at(ms + 5),
    status: 0,
    value,
    mark: "",
  }));
}

let commands = 0;

/** A decision of its own, by somebody, about what has this version. */
export function by(version: number, person = "p-1", id = `command-${(commands += 1)}`): MendCommand {
  // Tests give keys as they come.
  return { id, actor: { person: person as PersonKey, reason: "seen at the machine" }, version };
}

/** An order with one job order named `job`; R1 is counted by the machine, R2 used by the bill. */
export async function orderFor(
  store: Store,
  name: string,
  job: string,
): Promise<{ request: string; jobOrder: string }> {
  const materials = [
    requirementOf({ id: `${name}-R1` }),
    requirementOf({ id: `${name}-R2`, material: "T-1", quantity: whole(7, "KGM"), mode: "bill" }),
  ];
  const request = requestOf({
    reference: { erp: "s4", company: "", number: name },
    segments: [segmentOf({ materials })],
  });
  const id = `jo-${name}`;
  const machineName = { jobOrderId: job, job, article: "P-1" };
  await store.transaction(async (tx) => {
    await tx.requests.save(request, null, now);
    await tx.jobOrders.insert([jobOrderOf({ id, request: request.id, machineName })]);
  });
  return { request: request.id, jobOrder: id };
}

export interface Told {
  readonly run: string;
  readonly facts: readonly Fact[];
}

/** What a machine says about a run of a job: 30 good and 2 scrap, 300 mm of wire; ended or not. */
export function toldOf(run: string, job: string, isEnded = true): Told {
  const fact = (n: string, ms: number, body: FactBody): Fact => factOf(`${run}-${n}`, at(ms), body, { run });
  const facts = [
    fact("start", 0, { kind: "JobStarted", job, article: "P-1", outside: false }),
    fact("good-1", 1000, units("good", whole(10, "C62"))),
    fact("wire", 1500, consumed("W-1", whole(300, "MMT"))),
    fact("good-2", 2000, units("good", whole(20, "C62"))),
    fact("scrap", 3000, units("scrap", whole(2, "C62"))),
  ];
  if (isEnded) facts.push(fact("end", 4000, { kind: "JobEnded", result: "Terminated" }));
  return { run, facts };
}

export function say(store: Store, facts: readonly Fact[]): Promise<void> {
  return store.transaction((tx) => sayIn(tx, store, facts));
}

export async function sayIn(tx: Tx, store: Store, facts: readonly Fact[]): Promise<void> {
  const ports = { store, site, clock, book: collectorBook(site), dispatched: { whyNotStored: () => null } };
  await applyFacts(tx, ports, facts, now);
}

export async function runOf(store: Store, id: string): Promise<RunRow & { version: number; decided: string | null }> {
  const [run] = await store.transaction((tx) => tx.runs.lock([id]));
  if (!run) throw new Error(`run ${id} is there`);
  return run;
}

export async function made(store: Store, jobOrder: string): Promise<string> {
  const [row] = await store.transaction((tx) => tx.jobOrders.lock([jobOrder]));
  const pieces = (micro: bigint | undefined): number => Number(micro ?? 0n) / 1e6;
  return `${pieces(row?.goodMicro)} good, ${pieces(row?.scrapMicro)} scrap, ${row?.runsEnded} runs, ${row?.jobOrder.state}`;
}

/** What the runs of a job order hold as used by bill: the rule of each order line, and the sum. */
export async function usedOf(store: Store, jobOrder: string): Promise<readonly (readonly [string, bigint])[]> {
  const held = await store.transaction(async (tx) => {
    const [row] = await tx.jobOrders.lock([jobOrder]);
    const runs = row ? await tx.runs.ofRequest(row.jobOrder.request) : [];
    const own = runs.filter((run) => run.heir === null && run.jobOrder === jobOrder);
    return tx.facts.usedByBill(own.map(({ id }) => id));
  });
  const lines = Map.groupBy(held, ({ rule }) => rule);
  return [...lines].map(([rule, uses]) => [rule, uses.reduce((sum, { micro }) => sum + micro, 0n)]);
}

export function codeOf(result: Result<unknown>): string {
  return result.ok ? "ok" : result.fault.code;
}

export function instantAfter(ms: number): Instant {
  return instant(now + ms);
}
