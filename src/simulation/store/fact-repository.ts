/** Facts: appended once, never changed; and which of them no posting speaks for yet; see `store/fact-repository`. */
import type { FactRepository } from "../../flows/ports.ts";
import type { HeldUse } from "../../operations/tracking/levelling.ts";
import type { Fact } from "../../record/fact.ts";
import type { OwedKind } from "../../record/posting.ts";
import type { Query } from "./database.ts";
import { byEventTime, isSpokenForBy, manualSourcePrefix, orderLineOf } from "./fact-rule.ts";
import { lineOf } from "./run-repository.ts";
import { postingLine } from "./schema/posting.ts";
import { fact as table, type FactColumns } from "./schema/shop-floor.ts";
import { keyOf, type Seen } from "./table.ts";

export function factRepository(query: Query): FactRepository {
  return {
    async append(facts, recordedAt) {
      if (facts.length === 0) return new Set();
      return query.run(async (s) => {
        const added = new Set<string>();
        for (const one of facts) {
          const row: FactColumns = {
            id: one.id,
            source: one.source,
            work_unit: one.workUnit,
            run: one.run,
            kind: one.body.kind,
            event_at: one.eventAt,
            recorded_at: recordedAt,
            rule: one.rule,
            map_version: one.mapVersion,
            revision: one.revision,
            said_by: one.saidBy,
            evidence: one.evidence,
            body: one.body,
          };
          if (!(await s.insertOrFind(table, row))) added.add(one.id);
        }
        return added;
      });
    },

    after: (source, position) =>
      query.run((s) => s.after(table, "event", source, position).toSorted(byEventTime).map(factOf)),

    owed: (run, kind) => query.run((s) => owed(s, run, kind)),

    standing: (run) =>
      query.run((s) => {
        const all = s.find(table, "run", run);
        const takenBack = correctedIn(all);
        return all
          .filter((row) => row.kind !== "Corrected" && !takenBack.has(row.id))
          .toSorted(byEventTime)
          .map(factOf);
      }),

    leftByPeople: (run) =>
      query.run((s) => {
        const all = lineOf(s, run)
          .slice(1)
          .flatMap((id) => s.find(table, "run", id));
        const takenBack = correctedIn(all);
        return all
          .filter((row) => row.kind === "UnitsCounted" || row.kind === "MaterialConsumed")
          .filter((row) => row.source.startsWith(manualSourcePrefix) && !takenBack.has(row.id))
          .toSorted(byEventTime)
          .map(factOf);
      }),

    usedByBill: (runs) => query.run((s) => usedByBill(s, runs)),
  };
}

function owed(seen: Seen, run: string, kind: OwedKind): readonly Fact[] {
  // By the fact alone, whose text is known to the index: a key of several parts is made anew for each of an order's facts.
  const isFree = (row: FactColumns): boolean =>
    !seen.find(postingLine, "fact", row.id).some((line) => line.active && line.kind === kind);
  return lineOf(seen, run)
    .flatMap((id) => seen.find(table, "run", id))
    .filter((row) => isSpokenForBy(kind, row) && isFree(row))
    .toSorted(byEventTime)
    .map(factOf);
}

const quarterMs = 900_000;

function usedByBill(seen: Seen, ids: readonly string[]): readonly HeldUse[] {
  const sums = new Map<string, HeldUse>();
  for (const run of ids.toSorted()) {
    const all = lineOf(seen, run).flatMap((id) => seen.find(table, "run", id));
    const takenBack = correctedIn(all);
    for (const { id, rule, body, event_at: at } of all) {
      if (body.kind !== "MaterialConsumed" || !rule.startsWith("bill:") || takenBack.has(id)) continue;
      const { material, lot, quantity } = body;
      const line = orderLineOf(rule);
      const key = keyOf(run, line, material, lot ?? "", quantity.uom, String(Math.floor(at / quarterMs)));
      const known = sums.get(key);
      sums.set(key, {
        run,
        rule: line,
        material,
        lot,
        uom: quantity.uom,
        micro: (known?.micro ?? 0n) + quantity.micro,
        lastAt: known && known.lastAt > at ? known.lastAt : at,
      });
    }
  }
  return [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use);
}

function correctedIn(rows: readonly FactColumns[]): ReadonlySet<string> {
  return new Set(rows.flatMap(({ body }) => (body.kind === "Corrected" ? [body.corrects] : [])));
}

export function factOf(row: FactColumns): Fact {
  return {
    id: row.id,
    source: row.source,
    workUnit: row.work_unit,
    run: row.run,
    eventAt: row.event_at,
    rule: row.rule,
    mapVersion: row.map_version,
    revision: row.revision,
    saidBy: row.said_by,
    evidence: row.evidence,
    body: row.body,
  };
}
