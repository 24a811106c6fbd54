/**
 * Material that machines have counted is in the ERP, order by order: what is stated of it stands there, is refused for good,
 * or was kept out by a person; of what no document speaks for somebody is told. And the ledger has moved it.
 */
import type { MemoryDatabase } from "../../store/database.ts";
import { jobOrder, operationsRequest } from "../../store/schema/order.ts";
import { posting, postingLine, type PostingColumns } from "../../store/schema/posting.ts";
import { fact, movement, run, type FactColumns } from "../../store/schema/shop-floor.ts";
import { keyOf } from "../../store/table.ts";
import { countedMaterials, type CountedMaterial } from "../plan.ts";
import { isToldApart } from "./disagreement.ts";
import { countedInRun } from "./stated.ts";
import { isAsked, isBehindJudged, isBeingTakenBack } from "./owed.ts";
import { isReadOtherwise } from "./restored.ts";
import type { AtRest } from "./scene.ts";

export function checkUsed(world: AtRest): void {
  for (const { id, number } of world.database.rows(operationsRequest))
    for (const counted of countedMaterials) checkMaterial(world, { id, number }, counted);
}

interface Order {
  readonly id: string;
  readonly number: string;
}

/** All in the unit of the order, in millionths. */
function checkMaterial(world: AtRest, { id, number }: Order, { material, perUnit }: CountedMaterial): void {
  const { database, books, complain } = world;
  const inUnits = (micro: bigint): bigint => micro / BigInt(perUnit);
  const orders = database.find(jobOrder, "request", id);
  const runs = orders.flatMap((order) => database.find(run, "job_order", order.id));
  const all = runs.flatMap((one) => database.find(fact, "run", one.id));
  const facts = all.filter((row) => bodyOf(row).material === material);
  const stated = inUnits(runs.reduce((sum, one) => sum + (countedInRun(database, one.id).get(material) ?? 0n), 0n));
  const sumOf = (some: readonly FactColumns[]): bigint => inUnits(some.reduce((sum, row) => sum + amountOf(row), 0n));
  const free = facts.filter((row) => linesOf(database, row).length === 0);
  const owed = sumOf(free);
  const keptOut = sumOf(facts.filter((row) => isKeptOut(database, row)));
  const issued = books
    .movementsOfOrder(number)
    .filter((item) => item.movementType === "261" && item.material === material && !item.isCancelled && !item.reverses)
    .reduce((sum, item) => sum + item.baseQuantity, 0n);
  const waiting = database.find(posting, "request", id).reduce((sum, row) => sum + waitingIn(row, material), 0n);
  const there = issued + waiting + keptOut;
  const what = `order ${number}: ${stated} of ${material} are counted`;
  // What it no longer has is told document by document, what a restore has cut otherwise by a person.
  const isSound = world.isRestored
    ? there + owed <= stated + unbound(world, number, material)
    : there + owed === stated;
  if (!isSound && !isToldApart(world.happened, number) && !isReadOtherwise(world, id))
    complain("stated-is-posted", `${what}, ${issued} issued, ${waiting} refused, ${keptOut} kept out, ${owed} owed`);
  const isUnderWay = isBeingTakenBack(database.find(posting, "request", id));
  const untold = sumOf(free.filter((row) => row.run === null || !isBehindJudged(database, row.run, "goods-issue")));
  if (untold !== 0n && !isUnderWay && !orders.some((order) => isAsked(database, order)))
    complain("rest-is-asked", `${what}; nobody is told that no document speaks for ${untold} of it`);
  const moved = inUnits(all.reduce((sum, row) => sum + movedFor(database, row, material), 0n));
  if (moved !== stated) complain("posted-is-moved", `${what}, the ledger moved ${moved}`);
}

function bodyOf({ body: said }: FactColumns): { readonly material: string | null; readonly micro: bigint } {
  const body = said.kind === "Corrected" ? said.was : said;
  if (body.kind !== "MaterialConsumed") return { material: null, micro: 0n };
  return { material: body.material, micro: said.kind === "Corrected" ? -body.quantity.micro : body.quantity.micro };
}

function amountOf(row: FactColumns): bigint {
  return bodyOf(row).micro;
}

function linesOf(database: MemoryDatabase, { id }: FactColumns): readonly { readonly posting: string }[] {
  return database.find(postingLine, "posting_line_once", keyOf(id, "goods-issue"));
}

function isKeptOut(database: MemoryDatabase, row: FactColumns): boolean {
  return linesOf(database, row).some((line) =>
    ["dismissed", "reversed"].includes(database.row(posting, line.posting)?.state ?? ""),
  );
}

/** What the ERP has refused for good, and what waits behind that. */
function waitingIn({ kind, state, content }: PostingColumns, material: string): bigint {
  if (kind !== "goods-issue" || !["refused", "planned"].includes(state) || !content.response) return 0n;
  return content.response.segment.materials
    .filter(({ stock }) => stock.material === material)
    .reduce((sum, { stock }) => sum + stock.quantity.micro, 0n);
}

/** Of runs that named the order and are bound to nothing: after a restore their documents may stand there. */
function unbound({ database }: AtRest, number: string, material: string): bigint {
  return [...database.rows(run)]
    .filter((one) => one.job_order === null && one.result !== "corrected" && one.job.startsWith(`${number}-`))
    .reduce((sum, one) => sum + (countedInRun(database, one.id).get(material) ?? 0n), 0n);
}

function movedFor(database: MemoryDatabase, { id }: FactColumns, material: string): bigint {
  return database.find(movement, "fact", id).reduce((sum, moved) => {
    if (moved.material !== material) return sum;
    if (moved.to_account === "world:production") return sum + moved.micro;
    return moved.from_account === "world:production" ? sum - moved.micro : sum;
  }, 0n);
}
