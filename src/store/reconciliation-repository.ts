/** Comparisons that were made by schedule: each day once, never changed. */
import { toJson } from "../base/json.ts";
import type { Tx } from "../flows/ports.ts";
import { isLocalDate } from "../base/instant.ts";
import { at, int, text, when, type Query } from "./connection.ts";

export function reconciliationRepository(query: Query): Tx["reconciliations"] {
  return {
    async save({ day, beganAt, endedAt, unexplained, orders, counts, findings, fault }) {
      const kept = fault && { kind: fault.kind, code: fault.code, message: fault.message };
      const rows = await query.run(
        "reconciliation.save",
        `insert into reconciliation (day, began_at, ended_at, unexplained, orders, counts, findings, fault)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (day) where fault is null do nothing returning id`,
        [day, at(beganAt), at(endedAt), unexplained, orders, toJson(counts), toJson(findings), kept && toJson(kept)],
      );
      return rows.length === 1;
    },

    async newest() {
      const [row] = await query.run(
        "reconciliation.newest",
        "select day::text as day, ended_at, unexplained from reconciliation where fault is null order by ended_at desc, id desc limit 1",
      );
      return row
        ? { day: dayOf(row["day"]), endedAt: when(row["ended_at"]), unexplained: int(row["unexplained"]) }
        : null;
    },

    async openDays(before) {
      const rows = await query.run(
        "reconciliation.open-days",
        `select day::text as day, jsonb_path_query_array(findings, '$[*].order') as orders,
           jsonb_array_length(findings) >= unexplained as is_whole
         from reconciliation where unexplained > 0 and day < $1::date
           and exists (select 1 from question where subject = 'reconcile/' || day::text and state = 'open')
         order by day desc limit 100`,
        [before],
      );
      return rows.map((row) => ({
        day: dayOf(row["day"]),
        orders: [...new Set(textsOf(row["orders"]))],
        isWhole: row["is_whole"] === true,
      }));
    },
  };
}

function dayOf(value: unknown): `${number}-${string}-${string}` {
  const day = text(value);
  if (!isLocalDate(day)) throw new TypeError(`The database holds the day "${day}".`);
  return day;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map((one: unknown) => text(one)) : [];
}
