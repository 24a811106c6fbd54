/**
 * Postings through the outbox: planned with a fact each, claimed, sent and settled by Millrace's own delivery, so many lanes at
 * a time. A third each of confirmations (in order per operation), goods issues and goods receipts.
 */
import { systemClock, type Clock } from "../../src/base/clock.ts";
import { contentId, postingKey } from "../../src/base/id.ts";
import { instant, type Instant } from "../../src/base/instant.ts";
import type { ErpSession } from "../../src/erp/connector.ts";
import { startDelivery, type DeliveryPort } from "../../src/exchange/delivery.ts";
import { outboxPort } from "../../src/flows/outbox.ts";
import type { NewPosting } from "../../src/flows/ports.ts";
import type { OperationsRequest } from "../../src/isa95/schedule/operations-request.ts";
import type { Fact, FactBody } from "../../src/record/fact.ts";
import type { BenchDatabase } from "./database.ts";
import { startMeter, type Stretch } from "./meter.ts";
import { erpId } from "./plant.ts";
import { note } from "./table.ts";

const warmUpRounds = 5;
const kinds = ["confirmation", "goods-issue", "goods-receipt"] as const;
const one = { micro: 1_000_000n, uom: "C62" } as const;
const none = { micro: 0n, uom: "C62" } as const;

export interface Outcome {
  readonly offered: number;
  readonly done: number;
  readonly backlog: number;
  readonly stretch: Stretch;
  readonly wrong: readonly string[];
}

/** Warms up, then plans all postings and measures from the first claim to the last outcome committed. */
export async function deliver(
  database: BenchDatabase,
  session: ErpSession,
  requests: readonly OperationsRequest[],
  { rounds, ...processes }: { readonly rounds: number; readonly peers?: readonly number[] },
): Promise<Outcome> {
  const { pid } = database;
  const port = benchOutbox(database, session, systemClock);
  const run = async (from: number, count: number): Promise<Stretch> => {
    await plan(database, requests, from, count);
    const read = startMeter({ postgres: pid, ...processes });
    return deliverPlanned(database, session, port, read);
  };
  await run(0, warmUpRounds);
  const before = await confirmed(database);
  const stretch = await run(warmUpRounds, rounds);
  const offered = rounds * requests.length;
  const done = (await confirmed(database)) - before;
  const backlog = await database.count("select count(*) from posting where state <> 'confirmed'");
  return { offered, done, backlog, stretch, wrong: await unsound(database) };
}

export function benchOutbox({ store }: BenchDatabase, session: ErpSession, clock: Clock): DeliveryPort {
  return outboxPort({ store, clock, session, erp: erpId, holder: { installation: "bench", process: "p" } });
}

/** Sends what is planned. @returns what was read as soon as all of it was settled */
export async function deliverPlanned<T>(
  database: BenchDatabase,
  session: ErpSession,
  port: DeliveryPort,
  read: () => T,
): Promise<T> {
  const log = (line: string, cause?: unknown): void => note(`${line} ${String(cause)}`);
  const stop = new AbortController();
  const planned = await database.count("select count(*) from posting where state = 'planned'");
  let settled = 0;
  const counted: DeliveryPort = {
    ...port,
    settle: async (decisions) => {
      await port.settle(decisions);
      settled += decisions.length;
    },
  };
  const delivery = startDelivery({ session, port: counted, clock: systemClock, log }, stop.signal);
  await emptied(database, () => settled >= planned);
  const found = read();
  stop.abort();
  await delivery.ended;
  return found;
}

/** Every posting was tried once, every lane is free again. */
async function unsound(database: BenchDatabase): Promise<readonly string[]> {
  const wrong: string[] = [];
  // Those of runs are of others, and were here before.
  const total = await database.count("select count(*) from posting where run is null");
  const attempts = await database.count(
    "select count(*) from posting_attempt a join posting p on p.id = a.posting where a.outcome = 'confirmed' and p.run is null",
  );
  const held = await database.count("select count(*) from lane");
  if (attempts !== total) wrong.push(`${total} postings and ${attempts} confirmed attempts`);
  if (held !== 0) wrong.push(`${held} lanes are still held`);
  return wrong;
}

async function emptied(database: BenchDatabase, isNear: () => boolean): Promise<void> {
  const limit = performance.now() + 120_000;
  // The database is asked once it can be: it looks at all postings that there are. The last few milliseconds count for the bench.
  while (performance.now() < limit) {
    await systemClock.sleep(20);
    if (!isNear()) continue;
    const [row] = await database.ask(
      "select exists (select from posting where state in ('planned', 'sending')) as open",
    );
    if (row?.["open"] === false) return;
  }
}

function confirmed(database: BenchDatabase): Promise<number> {
  return database.count("select count(*) from posting where state = 'confirmed'");
}

export async function plan(
  { store }: BenchDatabase,
  requests: readonly OperationsRequest[],
  from: number,
  count: number,
): Promise<void> {
  const at = systemClock.now();
  for (let round = from; round < from + count; round += 1) {
    const pairs = requests.map((request) => pair(request, round));
    await store.transaction(async (tx) => {
      await tx.facts.append(
        pairs.map(({ fact }) => fact),
        at,
      );
      await tx.postings.plan(
        pairs.map(({ posting }) => posting),
        at,
        false,
      );
    });
  }
}

/** The posting of one lane in one round, and the fact that it speaks for. */
function pair(request: OperationsRequest, round: number): { readonly fact: Fact; readonly posting: NewPosting } {
  const [segment] = request.segments;
  const [component] = segment?.materials ?? [];
  if (!segment || !component || !request.receiptLocation)
    throw new Error(`order ${request.id} is not one of this plant`);
  const kind = kinds[round % kinds.length] ?? "confirmation";
  const at = instant(Date.now());
  const parts = ["bench", request.id, kind, round];
  const body: FactBody =
    kind === "goods-issue"
      ? { kind: "MaterialConsumed", material: component.material, lot: null, quantity: one }
      : { kind: "UnitsCounted", grade: "good", quantity: one, reason: null };
  const produced = { material: request.material, quantity: one, at: request.receiptLocation };
  const consumed = { material: component.material, quantity: one, at: component.at ?? request.receiptLocation };
  const stock = {
    ...(kind === "goods-issue" ? consumed : produced),
    lot: null,
    stockType: "free",
    specialStock: null,
  } as const;
  const use = kind === "goods-issue" ? "Consumed" : "Produced";
  const requirement = kind === "goods-issue" ? component.id : null;
  const day = "2026-11-23";
  const { id, sequence, workCenter } = segment;
  const fact = benchFact(parts, at, body);
  const posting: NewPosting = {
    id: contentId("posting", ...parts),
    key: postingKey("posting", ...parts),
    erp: erpId,
    kind,
    request: request.id,
    segment: id,
    run: null,
    content: {
      kind,
      response: {
        reference: request.reference,
        dates: { eventFrom: at, eventTo: at, recordedAt: at, postingDate: day, documentDate: day },
        segment: {
          segment: id,
          sequence,
          workCenter,
          good: kind === "confirmation" ? one : none,
          scrap: none,
          rework: none,
          final: false,
          materials: kind === "confirmation" ? [] : [{ use, stock, requirement }],
        },
      },
    },
    facts: [fact.id],
    lanes: [
      `order:${request.id}`,
      ...(kind === "confirmation" ? [] : [`stock:${erpId}/${request.plant}/${stock.material}`]),
    ],
    sequenceKey: kind === "confirmation" ? `${request.id}/${sequence}/${id}` : null,
  };
  return { fact, posting };
}

function benchFact(parts: readonly (string | number)[], at: Instant, body: FactBody): Fact {
  return {
    id: contentId("fact", ...parts),
    source: "bench",
    workUnit: "bench",
    run: null,
    eventAt: at,
    rule: "bench",
    mapVersion: 1,
    revision: 0,
    saidBy: { by: "machine", source: "bench" },
    evidence: [],
    body,
  };
}
