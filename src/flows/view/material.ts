/** Who sees what of the ledger. Accounts are places and jobs, not equipment: what a part of the plant works with is its own. */
import { erpAccount, stockAccount } from "../../record/movement.ts";
import { stockTypes } from "../../isa95/resource/material.ts";
import type { Site } from "../../site/site.ts";
import type { LedgerSight } from "./material-view.ts";

/**
 * Movements that work units of theirs have caused, and the balances of the places that their work centers draw from.
 *
 * @param visible equipment; null for the whole site
 */
export function ledgerSight(site: Site, visible: ReadonlySet<string> | null): LedgerSight | null {
  if (visible === null) return null;
  const workUnits = site.workUnits.filter((unit) => visible.has(unit.id)).map((unit) => unit.id);
  const centers = new Set(site.workUnits.filter((unit) => visible.has(unit.id)).map((unit) => unit.partOf));
  const places = site.workCenters.filter((center) => centers.has(center.id)).flatMap((c) => c.materialFrom ?? []);
  const accounts = places.flatMap((at) => [erpAccount(at), ...stockTypes.map((type) => stockAccount(at, type))]);
  return { workUnits, accounts: [...new Set<string>(accounts)] };
}
