/**
 * What must hold when everything has come to rest: what machines really made is stated, what is stated is in the ledger
 * and in the ERP, once, and whatever is not has a place where a person finds it.
 */
import { sampleId } from "../../../record/sample.ts";
import type { Books } from "../../erp/books.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import { jobOrder, type JobOrderColumns } from "../../store/schema/order.ts";
import { posting } from "../../store/schema/posting.ts";
import { fact, movement, quarantine, run, sampleSetAside, type RunColumns } from "../../store/schema/shop-floor.ts";
import type { Disk } from "../disk.ts";
import type { SimulatedMachine } from "../machine.ts";
import type { Told } from "../person/terminal.ts";
import { component } from "../plan.ts";
import { checkTold } from "./bench.ts";
import type { Complain } from "./finding.ts";
import { addKeptOut, addRefused, checkDocuments, checkDrained, postedFor } from "./posted.ts";
import { readMachine } from "./reading.ts";

export interface AtRest {
  readonly database: MemoryDatabase;
  readonly books: Books;
  readonly disks: readonly Disk[];
  readonly machines: readonly SimulatedMachine[];
  readonly told: readonly Told[];
  readonly complain: Complain;
}

/** Pieces in millionths, by grade. */
interface Made {
  good: bigint;
  scrap: bigint;
}

export function checkAtRest(world: AtRest): void {
  const made = madeByRun(world.database);
  for (const machine of world.machines) checkMachine(world, machine, made);
  checkEvidence(world);
  checkOrders(world, made);
  checkOrphans(world);
  checkDocuments(world);
  checkDrained(world);
  checkTold(world, world.told);
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

function checkMachine(world: AtRest, machine: SimulatedMachine, made: ReadonlyMap<string, Made>): void {
  const { database, disks, complain } = world;
  const { id, hasHistory } = machine.plan;
  const aside = new Set<string>();
  for (const row of database.rows(sampleSetAside)) {
    aside.add(row.id);
    if (!mayBeSetAside.test(row.why)) complain("made-is-stated", `a value of ${row.item} was set aside: ${row.why}`);
  }
  const kept = disks
    .flatMap((disk) => disk.rows.filter((row) => row.source === id).flatMap((row) => row.samples))
    .filter((sample) => !aside.has(sampleId(id, sample)));
  const stated = new Map<string, RunColumns>();
  for (const row of database.rows(run)) {
    if (row.source === id && row.result !== "corrected") stated.set(`${row.job} ${row.started_at}`, row);
  }
  const read = readMachine(kept, machine.plan);
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
  if (hasHistory) compareWithTruth(world, machine, read);
}

/** What a machine remembers reaches us whatever happens in between. */
function compareWithTruth(world: AtRest, machine: SimulatedMachine, read: ReturnType<typeof readMachine>): void {
  const truths = machine.runs.map((one) => `${one.job} ${one.startedAt}: ${one.good}+${one.scrap}`);
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
    checkPosted(world, order, sums);
  }
}

/** What the ERP should have of an operation: all that is stated, but what it refuses for good. */
function checkPosted(world: AtRest, order: JobOrderColumns, made: Made): void {
  const { database, books, complain } = world;
  const number = order.request.split("/").at(-1) ?? "";
  const booked = books.order(number);
  const posted = postedFor(books, number, order.segment);
  addRefused(database, order, posted);
  addKeptOut(database, order, posted);
  const what = `operation ${order.segment} of order ${number}: ${made.good}+${made.scrap} are stated`;
  const later = booked?.operations.some(
    ({ number: other, controlKey }) => other > order.segment && controlKey.confirmation === "milestone",
  );
  // What a later milestone covers is not confirmed for itself, and only the last operation is received.
  const own: Made = later ? { good: 0n, scrap: 0n } : made;
  if (posted.yield !== own.good || posted.scrap !== own.scrap)
    complain("stated-is-posted", `${what}, ${posted.yield}+${posted.scrap} confirmed or refused`);
  if (posted.received !== own.good) complain("stated-is-posted", `${what}, ${posted.received} received or refused`);
  const uses = booked?.components.some((one) => one.operation === order.segment);
  // The order asks for one metre each.
  const used = uses ? made.good : 0n;
  if (posted.issued !== used)
    complain("stated-is-posted", `${what}, ${posted.issued} of ${component} issued or refused`);
  const moved = movedFor(database, order.id);
  if (moved.product !== own.good || moved.used !== used)
    complain("posted-is-moved", `${what}, the ledger moved ${moved.product} and used ${moved.used}`);
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
