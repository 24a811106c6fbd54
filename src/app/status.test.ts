import assert from "node:assert/strict";
import { test } from "node:test";
import { instant, type Instant } from "../base/instant.ts";
import type { Fault } from "../base/result.ts";
import type { OutboxCounts, Store, Tx } from "../flows/ports.ts";
import type { FeedStatus } from "../gateway/feed-status.ts";
import { machineWorkOf, statusOf, summaryOf, type StatusSources } from "./status.ts";

interface Told {
  readonly feed: Partial<FeedStatus>;
  readonly outbox: Partial<OutboxCounts>;
  readonly attention: Partial<{ quarantine: number; questions: number; instructions: number }>;
  readonly erp: { readonly isReached: boolean; readonly fault: Fault | null };
  readonly recovering: boolean;
  readonly reconciled: { readonly endedAt: Instant; readonly unexplained: number | null };
  readonly buffered: number;
}

/** One machine and one ERP at rest, and what is told to be otherwise. */
function sourcesOf(told: Partial<Told> = {}): StatusSources {
  const feed: Partial<FeedStatus> = {
    source: "komax",
    connected: true,
    lastSampleAt: instant(Date.parse("2025-02-03T07:00:00Z")),
    samplesPerSecond: 12.4,
    backfilling: null,
    waitingSamples: 0,
    gaps: { opened: 4, filled: 1, empty: 1, unfilled: 2 },
    lostSamples: 500,
    fault: null,
    ...told.feed,
  };
  const tx = {
    status: {
      outbox: async () => ({ pending: 0, inDoubt: 0, refused: 0, parked: 0, ...told.outbox }),
      attention: async () => ({ quarantine: 0, questions: 0, instructions: 0, ...told.attention }),
      finals: async () => [],
    },
    site: { isRecovering: async () => told.recovering ?? false },
    reconciliations: { newest: async () => told.reconciled ?? null },
  } as unknown as Tx; // the status asks nothing else
  const store: Store = { transaction: (work) => work(tx) };
  const erp = told.erp ?? { isReached: true, fault: null };
  // Each part is asked for what is given here.
  return {
    site: { erps: [{ id: "s4" }] },
    store,
    buffer: { head: () => 7 + (told.buffered ?? 0), damage: () => null },
    gateway: { feeds: () => [feed] },
    operations: { consumed: () => 7, fault: () => null },
    exchanges: [{ erp: "s4", isReached: () => erp.isReached, fault: () => erp.fault }],
  } as unknown as StatusSources;
}

test("what programs read of the status: every field of it, as JSON", async () => {
  assert.deepEqual(JSON.parse(JSON.stringify(await statusOf(sourcesOf()))), {
    ready: true,
    machines: [
      {
        id: "komax",
        connected: true,
        held: false,
        lastSampleAt: "2025-02-03T07:00:00.000Z",
        samplesPerSecond: 12.4,
        backfilling: false,
        waitingSamples: 0,
        unfilledGaps: 2,
        lostSamples: 500,
        fault: null,
      },
    ],
    erps: [{ id: "s4", reached: true, fault: null }],
    outbox: { pending: 0, inDoubt: 0, refused: 0, parked: 0 },
    finals: [],
    buffered: 0,
    bufferFault: null,
    instructions: 0,
    quarantine: 0,
    questions: 0,
    reconcile: null,
    recovering: false,
    idle: true,
  });
  const reconciled = { endedAt: instant(Date.parse("2025-02-04T01:00:00Z")), unexplained: 2 };
  const { reconcile } = await statusOf(sourcesOf({ reconciled }));
  assert.deepEqual(reconcile, { at: "2025-02-04T01:00:00.000Z", unexplained: 2 });
});

test("idle only while nothing waits anywhere; what waits for a person alone is no work", async () => {
  const idle = async (told: Partial<Told>): Promise<boolean> => (await statusOf(sourcesOf(told))).idle;
  for (const told of [
    { feed: { connected: false } },
    { feed: { backfilling: { from: instant(0), to: instant(1) } } },
    { feed: { waitingSamples: 1 } },
    { outbox: { pending: 1 } },
    { outbox: { inDoubt: 1 } },
    { outbox: { parked: 1 } },
    { attention: { instructions: 1 } },
    { recovering: true },
    { buffered: 1 },
  ] as Partial<Told>[])
    assert.equal(await idle(told), false, JSON.stringify(told));
  for (const told of [{ outbox: { refused: 3 } }, { attention: { quarantine: 74, questions: 2 } }])
    assert.equal(await idle(told), true, JSON.stringify(told));
});

test("the sentence about it does not call nothing what waits for a person", async () => {
  const said = async (told: Partial<Told>): Promise<string> => summaryOf(await statusOf(sourcesOf(told)));
  assert.equal(await said({}), "Nothing is waiting.");
  assert.equal(await said({ outbox: { parked: 1 }, attention: { questions: 1 } }), "Work is waiting.");
  const wait = { outbox: { refused: 1 }, attention: { quarantine: 2, questions: 8 } };
  assert.equal(await said(wait), "Nothing goes on by itself; 11 wait for a person.");
  assert.equal(await said({ outbox: { refused: 1 } }), "Nothing goes on by itself; 1 waits for a person.");
});

test("a machine that is away is no work that waits, and its sentence does not say so", async () => {
  const said = async (told: Partial<Told>): Promise<string> => summaryOf(await statusOf(sourcesOf(told)));
  const feed = { connected: false };
  assert.equal(await said({ feed }), "Nothing is waiting; 1 machine is not connected.");
  const outbox = { refused: 1 };
  assert.equal(
    await said({ feed, outbox }),
    "Nothing goes on by itself; 1 waits for a person; 1 machine is not connected.",
  );
  const waits: readonly Partial<Told>[] = [
    { outbox: { pending: 1 } },
    { attention: { instructions: 1 } },
    { recovering: true },
    { buffered: 1 },
    { feed: { backfilling: { from: instant(0), at: instant(1) } } },
    { feed: { waitingSamples: 1 } },
  ];
  for (const told of waits) assert.equal(await said({ feed, ...told }), "Work is waiting.", JSON.stringify(told));
});

test("what waits between Millrace and the machines is counted in a line", async () => {
  const said = async (told: Partial<Told>): Promise<string> => machineWorkOf(await statusOf(sourcesOf(told)));
  const none = "machines: 0 samples and 0 batches to be read, 0 instructions to be carried out";
  assert.equal(await said({}), none);
  assert.equal(
    await said({ feed: { waitingSamples: 7 }, buffered: 2, attention: { instructions: 3 } }),
    "machines: 7 samples and 2 batches to be read, 3 instructions to be carried out",
  );
  assert.equal(await said({ recovering: true }), `${none}; after the restore all is read again, and the ERP is asked`);
});

test("not ready, with the reason, while a machine or the ERP cannot be used", async () => {
  const fault: Fault = { kind: "refused", code: "erp/sap-login", message: "SAP refuses the login." };
  const away = await statusOf(sourcesOf({ erp: { isReached: false, fault } }));
  assert.deepEqual([away.ready, away.erps], [false, [{ id: "s4", reached: false, fault: "SAP refuses the login." }]]);
  const silent = await statusOf(sourcesOf({ feed: { connected: false, fault: { ...fault, message: "No answer." } } }));
  assert.deepEqual([silent.ready, silent.machines[0]?.fault], [false, "No answer."]);
});
