/**
 * The double-entry ledger of material: which movements a fact causes. What a machine says happened is always booked; a
 * shortage is drawn from `world:unexplained` and becomes a question. Balances are derived in the store.
 */
import { followingId } from "../../base/id.ts";
import type { Quantity } from "../../base/quantity.ts";
import type { Fact, LoadedMaterial } from "../../record/fact.ts";
import type { StorageLocation } from "../../isa95/resource/material.ts";
import { erpAccount, movementId, stockAccount, type Account, type Movement } from "../../record/movement.ts";
import type { UsedMaterial } from "../execution/issue-line.ts";
import { billRequirement } from "./consumption.ts";
import { isShort, loadIn } from "./loaded.ts";

/** Where a run takes its material from and puts its products. */
export interface MaterialPlaces {
  /** Where a component is taken from; null when the order does not say. */
  sourceOf(material: string): StorageLocation | null;
  /** Where good pieces go; null when this operation receives nothing. */
  readonly productTo: StorageLocation | null;
  readonly product: string | null;
  /** True for a location whose stock we keep ourselves; elsewhere only the ERP knows what is there. */
  isOurs(at: StorageLocation): boolean;
  /** False for what a counter has read of a component that the bill alone speaks for. */
  isUse(used: UsedMaterial): boolean;
}

export const production: Account = "world:production";
export const scrapped: Account = "world:scrap";
export const difference: Account = "world:difference";

/** Movements of one fact; none for facts that move nothing. `held` are the movements of a fact that is taken back. */
export function movementsOf(fact: Fact, places: MaterialPlaces, held: readonly Movement[] = []): Movement[] {
  const { body } = fact;
  switch (body.kind) {
    case "UnitsCounted": {
      if (places.product === null || body.quantity.micro <= 0n) return [];
      if (body.grade === "scrap") return [move(fact, places.product, null, body.quantity, production, scrapped)];
      if (body.grade !== "good" || !places.productTo) return [];
      return [move(fact, places.product, null, body.quantity, production, account(places.productTo, places))];
    }
    case "MaterialConsumed":
      if (!places.isUse({ material: body.material, named: billRequirement(fact) })) return [];
      return used(fact, body, usedFrom(fact, body.material, places), body.quantity.micro);
    case "MaterialReturned":
      if (loadIn(fact.rule) === null)
        return used(fact, body, account(places.sourceOf(body.material), places), -body.quantity.micro);
      return [move(fact, body.material, body.lot, body.quantity, difference, accountAt(body.to ?? null, places))];
    case "MaterialLoaded":
    case "MaterialUnloaded":
      return loaded(fact, body, places);
    case "Corrected":
      return held.filter((m) => m.fact === body.corrects).map((m) => takeBack(fact, m));
    default:
      return [];
  }
}

/** What is loaded stands in an account of its own; whatever of it is missing when it is taken away is a difference. */
function loaded(fact: Fact, body: LoadedMaterial & { readonly kind: string }, places: MaterialPlaces): Movement[] {
  const unit = loadAccount(fact);
  if (unit === null || body.quantity === null || body.quantity.micro <= 0n) return [];
  if (body.kind === "MaterialUnloaded") return [move(fact, body.material, body.lot, body.quantity, unit, difference)];
  return [move(fact, body.material, body.lot, body.quantity, accountAt(body.from, places), unit)];
}

function usedFrom(fact: Fact, material: string, places: MaterialPlaces): Account {
  const source = places.sourceOf(material);
  if (isShort(fact.rule)) return `world:unexplained@${source ? `${source.plant}/${source.location}` : fact.workUnit}`;
  return loadAccount(fact) ?? account(source, places);
}

function loadAccount({ rule, workUnit }: Fact): Account | null {
  const load = loadIn(rule);
  return load === null ? null : `unit:${workUnit}/${load}`;
}

/** `plant/location`, as facts write it. */
function accountAt(text: string | null, places: MaterialPlaces): Account {
  const [plant, ...rest] = text?.split("/") ?? [];
  return account(plant === undefined ? null : { plant, location: rest.join("/") }, places);
}

/** From stock into production; less than nothing goes back, e.g. when a count is taken back that had used by bill. */
function used(
  fact: Fact,
  { material, lot, quantity: { uom } }: { material: string; lot: string | null; quantity: Quantity },
  stock: Account,
  micro: bigint,
): Movement[] {
  if (micro === 0n) return [];
  if (micro > 0n) return [move(fact, material, lot, { micro, uom }, stock, production)];
  return [move(fact, material, lot, { micro: -micro, uom }, production, stock)];
}

/** A withdrawal that a real account cannot cover: the covered part from it, the rest from what is unexplained. */
export function drawShortage(movement: Movement, available: bigint): Movement[] {
  const short = movement.quantity.micro - (available > 0n ? available : 0n);
  if (short <= 0n) return [movement];
  const unexplained: Account = `world:unexplained@${movement.from.slice(movement.from.indexOf(":") + 1)}`;
  const rest = { ...movement, quantity: { ...movement.quantity, micro: short }, from: unexplained };
  const own = movementId(movement.fact, unexplained, movement.to);
  const drawn: Movement = {
    ...rest,
    id: movement.corrects === null ? own : followingId(own, "movement", own, movement.id),
  };
  if (available <= 0n) return [drawn];
  // Of a movement that takes one back only the first part says so: each is taken back once.
  return [
    { ...movement, quantity: { ...movement.quantity, micro: available } },
    { ...drawn, corrects: null },
  ];
}

function account(at: StorageLocation | null, places: MaterialPlaces): Account {
  return at && places.isOurs(at) ? stockAccount(at, "free") : erpAccount(at);
}

function move(
  fact: Fact,
  material: string,
  lot: string | null,
  quantity: Movement["quantity"],
  from: Account,
  to: Account,
): Movement {
  const id = movementId(fact.id, from, to);
  return { id, fact: fact.id, material, lot, quantity, from, to, eventAt: fact.eventAt, corrects: null };
}

function takeBack(fact: Fact, original: Movement): Movement {
  const { from: to, to: from } = original;
  return {
    ...original,
    // One decision may take back many movements between the same accounts.
    id: followingId(fact.id, "movement-back", fact.id, original.id),
    fact: fact.id,
    from,
    to,
    corrects: original.id,
  };
}
