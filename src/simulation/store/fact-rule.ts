/** What the store's statements know of facts by their names alone: who said them, and for what a document speaks. */
import type { OwedKind } from "../../record/posting.ts";
import type { FactColumns } from "./schema/shop-floor.ts";

/** Facts that people have said come from a source of this kind. */
export const manualSourcePrefix = "manual:";

/** Whether a kind of document speaks for a fact; a correction belongs where the corrected statement belongs. */
export function isSpokenForBy(kind: OwedKind, { body }: FactColumns): boolean {
  const said = body.kind === "Corrected" ? [body, body.was] : [body];
  switch (kind) {
    case "confirmation":
      return said.some((one) => one.kind === "UnitsCounted");
    case "goods-receipt":
      return said.some((one) => one.kind === "UnitsCounted" && one.grade === "good");
    case "goods-issue":
      return said.some((one) => one.kind === "MaterialConsumed");
  }
}

/** The order line of a use by bill: what was drawn from a load, or from nothing that was loaded, is of its line too. */
export function orderLineOf(rule: string): string {
  return rule.replace(/\|(?:(?:load|open):[0-9a-ft]{32}|short)$/, "");
}

export function byEventTime(a: FactColumns, b: FactColumns): number {
  return a.event_at - b.event_at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
