/**
 * What must hold when everything has come to rest: what machines really made is stated, what is stated is in the ledger
 * and in the ERP, once, and whatever is not has a place where a person finds it.
 */
import { guidOf } from "../../../base/id.ts";
import { sampleId } from "../../../record/sample.ts";
import type { Books } from "../../erp/books.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import { jobOrder, type JobOrderColumns } from "../../store/schema/order.ts";
import { lane, posting } from "../../store/schema/posting.ts";
import {
  fact,
  movement,
  quarantine,
  question,
  run,
  sampleSetAside,
  type RunColumns,
} from "../../store/schema/shop-floor.ts";
import { keyOf } from "../../store/table.ts";
import type { Disk } from "../disk.ts";
import type { Happened } from "../happened.ts";
import type { SimulatedMachine } from "../machine.ts";
import type { Told } from "../person/terminal.ts";
import { component, type Plan } from "../plan.ts";
import { checkTold } from "./bench.ts";
import type { Complain } from "./finding.ts";
import { predict } from "./model.ts";
import { checkPrediction, type Foresight } from "./outcome.ts";
import { isAsked, owedOf, type Amounts } from "./owed.ts";
import { addKeptOut } from "./posted.ts";
import { readMachine, type Read } from "./reading.ts";
import { checkReversals } from "./reversal.ts";

export interface AtRest {
  readonly plan: Plan;
  readonly happened: Happened;
  readonly database: MemoryDatabase;
  readonly books: Books;
  readonly disks: readonly Disk[];
  readonly machines: readonly SimulatedMachine[];
  readonly told: readonly Told[];
  /** Our own state was put back from a backup: what was in buffers before is gone, and read again from the machines. */
  readonly isRestored: boolean;
  readonly complain: Complain;
}

/** Pieces in millionths, by grade. */
interface Made {
  good: bigint;
  scrap: bigint;
}

/** @returns how much of it could be foretold */
export function checkAtRest(world: AtRest): Foresight {
  const made = madeByRun(world.database);
  const read = new Map(world.machines.map((machine) => [machine.plan.id, checkMachine(world, machine, made)]));
  checkEvidence(world);
  checkOrders(world, made);
  checkOrphans(world);
  checkDocuments(world);
  checkReversals(world);
  checkDrained(world);
  checkTold(world, world.told);
  return checkPrediction(world, predict({ ...world, read }));
}

const micro = 1_000_000n;
/** What comes later than the map allows is kept and named; nothing else may be left unread. */
const mayBeSetAside = /^It came so late/;

/** What holds after all corrections. */
function madeByRun(database: MemoryDatabase): ReadonlyMap<string, Made> {
  const made = new Map<string, Made>();
  for (const row of database.rows(fact)) {
    const isBack = row.body.kind === "Corrected";
    const body = row.body.kind === "Corrected" ? row.body.was : row.body;
    if (body.kind !== "UnitsCounted" || row.run === null || body.grade === "rework") continue;
    const sums = made.get(row.run) ?? { good: 0n, scrap: 0n };
    sums[body.grade] += isBack ? -body.quantity.micro : body.quantity.micro;
    made.set(row.run, sums);
  }
  return made;
}

/** @returns what a simple reader makes of what was heard */
function checkMachine(world: AtRest, machine: SimulatedMachine, made: ReadonlyMap<string, Made>): Read["runs"] {
  const { database, disks, complain } = world;
  const { id, hasHistory } = machine.plan;
  const aside = new Set<string>();
  for (const row of database.rows(sampleSetAside)) {
    aside.add(row.id);
    if (!mayBeSetAside.test(row.why)) complain("made-is-stated", `a value of ${row.item} was set aside: ${row.why}`);
  }
  const heard = world.isRestored
    ? machine.said
    : disks.flatMap((disk) => disk.rows.filter((row) => row.source === id).flatMap((row) => row.samples));
  const kept = heard.filter((sample) => !aside.has(sampleId(id, sample)));
  const stated = new Map<string, RunColumns>();
  for (const row of database.rows(run)) {
    if (row.source === id && row.result !== "corrected") stated.set(`${row.job} ${row.started_at}`, row);
  }
  const { runs: read, doubts } = readMachine(kept, machine.plan, machine.scrapIsGoodFrom);
  for (const one of read) {
    const row = stated.get(`${one.job} ${one.startedAt}`);
    const sums = (row && made.get(row.id)) ?? { good: 0n, scrap: 0n };
    if (!row) complain("made-is-stated", `${id} has said that it did ${one.job} at ${one.startedAt}; no run says so`);
    else if (sums.good !== BigInt(one.good) * micro || sums.scrap !== BigInt(one.scrap) * micro)
      complain(
        "made-is-stated",
        `${id} said ${one.good}+${one.scrap} of ${one.job}; stated are ${sums.good}+${sums.scrap}`,
      );
  }
  if (read.length !== stated.size)
    complain("made-is-stated", `${id} did ${read.length} runs; stated are ${stated.size}`);
  if (doubts > 0 && ![...database.rows(question)].some(({ subject }) => subject.startsWith(`${id}/`)))
    complain("doubts-asked", `${doubts} values of ${id} cannot be told; nobody is asked`);
  if (hasHistory) compareWithTruth(world, machine, read);
  return read;
}

/** What a machine remembers reaches us whatever happens in between. */
function compareWithTruth(world: AtRest, machine: SimulatedMachine, read: Read["runs"]): void {
  // Without a name it is nobody's; with another counter it is asked about.
  const told = machine.runs.filter((one) => one.job !== "" && one.endedAt < machine.replacedAt);
  const truths = told.map((one) => `${one.job} ${one.startedAt}: ${one.good}+${one.scrap}`);
  const found = read.map((one) => `${one.job} ${one.startedAt}: ${one.good}+${one.scrap}`);
  for (const truth of truths) {
    if (!found.includes(truth))
      world.complain("made-is-stated", `${machine.plan.id} really did ${truth}; it was not read so`);
  }
}

function checkEvidence({ database, machines, complain }: AtRest): void {
  const said = new Set(machines.flatMap((machine) => machine.said.map((sample) => sampleId(machine.plan.id, sample))));
  for (const row of database.rows(fact)) {
    // A gap is seen by the gateway, not said by the machine.
    if (row.said_by.by !== "machine" || row.rule.startsWith("gap/")) continue;
    if (row.evidence.length === 0) complain("facts-evident", `fact ${row.id} (${row.rule}) names no evidence`);
    const wrong = row.evidence.find((one) => !said.has(one.id));
    if (wrong)
      complain("facts-evident", `fact ${row.id} (${row.rule}) names a value of ${wrong.item} that was never said`);
  }
}

function checkOrders(world: AtRest, made: ReadonlyMap<string, Made>): void {
  const { database, complain } = world;
  for (const order of database.rows(jobOrder)) {
    const sums: Made = { good: 0n, scrap: 0n };
    for (const row of database.find(run, "job_order", order.id)) {
      const own = made.get(row.id);
      sums.good += own?.good ?? 0n;
      sums.scrap += own?.scrap ?? 0n;
    }
    if (order.good_micro !== sums.good || order.scrap_micro !== sums.scrap)
      complain(
        "counts-add-up",
        `job order ${order.id} counts ${order.good_micro}+${order.scrap_micro}, its facts ${sums.good}+${sums.scrap}`,
      );
    checkPosted(world, order, sums, made);
  }
}

/** What the ERP should have of an operation: all that is stated, but what it refuses for good. */
function checkPosted(world: AtRest, order: JobOrderColumns, made: Made, byRun: ReadonlyMap<string, Made>): void {
  const { database, books, complain } = world;
  const number = order.request.split("/").at(-1) ?? "";
  const booked = books.order(number);
  const posted = postedFor(books, number, order.segment);
  addRefused(database, order, posted);
  addKeptOut(database, order, posted);
  const owed = owedOf(database, order.id);
  const what = `operation ${order.segment} of order ${number}: ${made.good}+${made.scrap} are stated`;
  const later = booked?.operations.some(
    ({ number: other, controlKey }) => other > order.segment && controlKey.confirmation === "milestone",
  );
  // What a later milestone covers is not confirmed for itself, and only the last operation is received.
  const own: Made = later ? { good: 0n, scrap: 0n } : made;
  if (later) Object.assign(owed, { yield: 0n, scrap: 0n, received: 0n });
  const more =
    world.isRestored && isEnded(books, number) ? readAfterTheEnd(database, number, order.segment, byRun) : none;
  // What a person has to judge stands in the ERP already, or not; never twice.
  const isJudged = world.isRestored && isBeforePerson(database, order.request);
  const isOwn = (there: bigint, stated: bigint, beside: bigint): boolean =>
    (isJudged || there >= stated) && there <= stated + beside;
  if (
    !isOwn(posted.yield, own.good - owed.yield, more.good) ||
    !isOwn(posted.scrap, own.scrap - owed.scrap, more.scrap)
  )
    complain("stated-is-posted", `${what}, ${posted.yield}+${posted.scrap} confirmed or refused${restOf(owed)}`);
  if (!isOwn(posted.received, own.good - owed.received, more.good))
    complain("stated-is-posted", `${what}, ${posted.received} received or refused${restOf(owed)}`);
  const uses = booked?.components.some((one) => one.operation === order.segment);
  // The order asks for one metre each.
  const used = uses ? made.good : 0n;
  if (!isOwn(posted.issued, used - owed.issued, more.good))
    complain("stated-is-posted", `${what}, ${posted.issued} of ${component} issued or refused${restOf(owed)}`);
  if (Object.values(owed).some((micro) => micro !== 0n) && !isAsked(database, order))
    complain("rest-is-asked", `${what}; nobody is told that no document speaks for a part of it${restOf(owed)}`);
  const moved = movedFor(database, order.id);
  if (moved.product !== own.good || moved.used !== used)
    complain("posted-is-moved", `${what}, the ledger moved ${moved.product} and used ${moved.used}`);
}

const none: Made = { good: 0n, scrap: 0n };

function isEnded(books: Books, number: string): boolean {
  return books.order(number)?.statuses.has("technically-completed") ?? false;
}

/**
 * After a restore a run that was posted in two documents may be read as one, under the key of the first: a person compares.
 * See "A run cut differently" in docs/spec/exactly-once.md.
 */
function isBeforePerson(database: MemoryDatabase, request: string): boolean {
  return database.find(posting, "request", request).some(({ state }) => state === "needs-person");
}

/**
 * After a restore runs are read again that were posted before it. Those of an order that has ended meanwhile are bound to
 * nothing and stand in quarantine, and the ERP has documents of them that nobody here knows; never of more.
 */
function readAfterTheEnd(
  database: MemoryDatabase,
  number: string,
  segment: string,
  made: ReadonlyMap<string, Made>,
): Made {
  const sums: Made = { ...none };
  for (const row of database.rows(run)) {
    if (row.job_order !== null || row.result === "corrected" || row.job !== `${number}-${segment}`) continue;
    sums.good += made.get(row.id)?.good ?? 0n;
    sums.scrap += made.get(row.id)?.scrap ?? 0n;
  }
  return sums;
}

function restOf({ yield: good, scrap, received, issued }: Amounts): string {
  return ` (owed: ${good}+${scrap} confirmed, ${received} received, ${issued} issued)`;
}

/** What the ERP's books hold of an operation by our documents; what people post by hand is theirs. */
function postedFor(books: Books, number: string, operation: string): Amounts {
  const sums: Amounts = { yield: 0n, scrap: 0n, received: 0n, issued: 0n };
  for (const one of books.confirmationsOfOrder(number)) {
    if (one.operation !== operation || one.externalKey === null || one.isReversal || one.isReversed) continue;
    sums.yield += one.yield;
    sums.scrap += one.scrap;
  }
  const order = books.order(number);
  const isLast = order?.operations.at(-1)?.number === operation;
  for (const item of books.movementsOfOrder(number)) {
    const line = order?.components.find((one) => Number(one.item) === Number(item.reservationItem));
    if (item.isCancelled || item.reverses) continue;
    if (item.movementType === "101" && isLast) sums.received += item.baseQuantity;
    if (item.movementType === "261" && line?.operation === operation) sums.issued += item.baseQuantity;
  }
  return sums;
}

/** What the ERP will not have, and a person has been told so; and what waits behind that. */
function addRefused(database: MemoryDatabase, order: JobOrderColumns, sums: Amounts): void {
  for (const row of database.find(posting, "operation", keyOf(order.request, order.segment))) {
    if (!["refused", "planned"].includes(row.state) || !("response" in row.content) || !row.content.response) continue;
    const { good, scrap, materials } = row.content.response.segment;
    if (row.kind === "confirmation") {
      sums.yield += good.micro;
      sums.scrap += scrap.micro;
    }
    if (row.kind === "goods-receipt") sums.received += good.micro;
    for (const { stock } of materials) if (row.kind === "goods-issue") sums.issued += stock.quantity.micro;
  }
}

function movedFor(database: MemoryDatabase, id: string): { readonly product: bigint; readonly used: bigint } {
  let product = 0n;
  let used = 0n;
  for (const row of database.find(run, "job_order", id)) {
    for (const { id: said } of database.find(fact, "run", row.id)) {
      for (const moved of database.find(movement, "fact", said)) {
        if (moved.to_account === "world:scrap" || moved.from_account === "world:scrap") continue;
        const sign =
          moved.to_account === "world:production" ? 1n : moved.from_account === "world:production" ? -1n : 0n;
        if (moved.material === component) used += sign * moved.micro;
        else product -= sign * moved.micro;
      }
    }
  }
  return { product, used };
}

/** Production that belongs to no order waits where a person finds it, and nothing of it is posted. */
function checkOrphans({ database, complain }: AtRest): void {
  const held = new Set([...database.rows(quarantine)].filter((row) => row.state === "open").map((row) => row.subject));
  for (const row of database.rows(run)) {
    if (row.job_order !== null || row.result === "corrected" || row.decided !== null) continue;
    if (!held.has(row.id))
      complain("orphans-held", `run ${row.id} of ${row.job} belongs to no order and nobody is told`);
    if (database.find(posting, "run", row.id).length > 0)
      complain("orphans-held", `something is posted for run ${row.id}, which belongs to no order`);
  }
}

function checkDocuments({ database, books, isRestored, complain }: AtRest): void {
  const documents = new Map<string, string>();
  const orders = new Map<string, string>();
  const finals = new Set<string>();
  for (const one of books.confirmations) {
    if (one.externalKey && one.isFinal && one.yield + one.scrap === 0n) finals.add(one.externalKey);
    if (one.externalKey) orders.set(one.externalKey, one.order);
    if (one.externalKey && !one.isReversal) documents.set(one.externalKey, `${Number(one.group)}/${Number(one.count)}`);
  }
  for (const one of books.materialDocuments) {
    if (one.reference) orders.set(one.reference, one.items[0]?.order ?? "");
    if (one.reference && !one.items[0]?.reverses) documents.set(one.reference, `${one.document}/${one.year}`);
  }
  const judged = new Set<string>();
  for (const row of database.rows(posting)) {
    if (isRestored && isBeforePerson(database, row.request)) judged.add(numberOf(row.request));
    // See `reversal`.
    if (row.reverses !== null) continue;
    const name = row.kind === "confirmation" || row.kind === "final-confirmation" ? guidOf(row.key) : row.key;
    const there = documents.get(name);
    documents.delete(name);
    if (row.state === "confirmed" && there !== row.document)
      complain(
        "documents-known",
        `${row.kind} ${row.key} is confirmed as ${row.document}; the ERP has ${there ?? "nothing"}`,
      );
    if (judged.has(numberOf(row.request)) && row.state !== "confirmed") continue;
    if (there !== undefined && !["confirmed", "reversing", "reversed"].includes(row.state))
      complain("documents-known", `the ERP has ${row.kind} ${row.key}, which is ${row.state} here`);
  }
  for (const [key, number] of documents)
    // A decision after the backup is lost, and is not made again where the order has ended meanwhile.
    if (!isRestored || !(finals.has(key) || isEnded(books, orders.get(key) ?? "") || judged.has(orders.get(key) ?? "")))
      complain("documents-known", `the ERP has ${number} with our key ${key}; nobody knows it here`);
}

function numberOf(request: string): string {
  return request.split("/").at(-1) ?? "";
}

function checkDrained({ database, books, isRestored, complain }: AtRest): void {
  for (const row of database.rows(lane)) complain("lanes-drained", `lane ${row.key} is held by ${row.posting}`);
  for (const row of database.rows(posting)) {
    if (["confirmed", "dismissed", "reversed"].includes(row.state)) continue;
    if (isRestored && ["needs-person", "planned"].includes(row.state) && isBeforePerson(database, row.request))
      continue;
    // What the ERP will never take waits for a person, and what comes behind it waits for that.
    const isClosed = books.order(row.request.split("/").at(-1) ?? "")?.statuses.has("technically-completed");
    const isWaiting = (row.state === "refused" && !row.parked) || ["planned", "reversing"].includes(row.state);
    if (!isClosed || !isWaiting)
      complain("outbox-drained", `${row.kind} ${row.key} is still ${row.state}: ${JSON.stringify(row.fault)}`);
  }
}
