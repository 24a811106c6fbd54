/** Answers about the ledger. */
import type { Caller } from "../../access/caller.ts";
import { instant } from "../../base/instant.ts";
import { ok } from "../../base/result.ts";
import { ledgerSight } from "../../flows/view/material.ts";
import type { LedgerSight } from "../../flows/view/material-view.ts";
import type { ViewStore } from "../../flows/view/store-view.ts";
import type { Site } from "../../site/site.ts";
import type { HandlersOf } from "../handler.ts";
import { amountOf, cursorOf, partsOf, timeOf, timeOrNull } from "./answer.ts";

export function materialHandlers({
  views: store,
  site,
}: {
  readonly views: ViewStore;
  readonly site: Site;
}): HandlersOf<"GET /api/v1/materials" | "GET /api/v1/materials/:material/movements"> {
  const sightOf = (caller: Caller): LedgerSight | null => ledgerSight(site, caller.visible("material.read"));
  return {
    "GET /api/v1/materials": async ({ caller, query }) => {
      const place = partsOf(query.cursor, ["string", "string", "string", "string"]);
      if (!place.ok) return place;
      const [material = "", account = "", lot = "", uom = ""] = place.value?.map(String) ?? [];
      const filter = { text: query.text?.trim() || null, account: query.account ?? null, sight: sightOf(caller) };
      const rows = await store.read((views) =>
        views.materials.balances(filter, place.value && { material, account, lot, uom }, query.limit + 1),
      );
      const shown = rows.slice(0, query.limit);
      const end = rows.length > query.limit ? shown.at(-1) : undefined;
      return ok({
        items: shown.map(({ quantity, lastMovementAt, ...row }) => ({
          ...row,
          amount: amountOf(quantity),
          lastMovementAt: timeOrNull(lastMovementAt),
        })),
        next: end ? cursorOf([end.material, end.account, end.lot ?? "", end.quantity.uom]) : null,
      });
    },

    "GET /api/v1/materials/:material/movements": async ({ caller, params, query }) => {
      const place = partsOf(query.cursor, ["number", "string"]);
      if (!place.ok) return place;
      const [at, last] = place.value ?? [];
      const after = at === undefined ? null : { at: instant(Number(at)), id: String(last) };
      const { account = null, lot = null, uom = null } = query;
      const of = { material: params["material"] ?? "", account, lot, uom };
      const rows = await store.read((views) => views.materials.movements(of, sightOf(caller), after, query.limit + 1));
      const shown = rows.slice(0, query.limit);
      const end = rows.length > query.limit ? shown.at(-1) : undefined;
      return ok({
        items: shown.map(({ quantity, eventAt, recordedAt, request, ...row }) => ({
          ...row,
          amount: amountOf(quantity),
          eventAt: timeOf(eventAt),
          recordedAt: timeOf(recordedAt),
          order: request,
        })),
        next: end ? cursorOf([end.eventAt, end.id]) : null,
      });
    },
  };
}
