/**
 * Kept samples by day: a partition for each day ahead, and the end of days that are older than the site wants. Facts,
 * ledger and documents are kept for good and are not touched here.
 */
import type { Tx } from "../flows/ports.ts";
import { at, text, type Query } from "./connection.ts";

const dayMs = 86_400_000;
const prefix = "sample_batch_";

export function retentionRepository(query: Query): Tx["retention"] {
  return {
    async prepareDays(now, days) {
      for (let ahead = 0; ahead <= days; ahead += 1) {
        const from = new Date(now + ahead * dayMs).toISOString().slice(0, 10);
        const to = new Date(now + (ahead + 1) * dayMs).toISOString().slice(0, 10);
        const name = prefix + from.replaceAll("-", "");
        const [held] = await query.run(
          "retention.held",
          "select 1 from sample_batch_default where recorded_on = $1 limit 1",
          [from],
        );
        // What was written before its day had a partition stays where it is.
        if (held) continue;
        // Names and dates are made here from the clock: nothing of them comes from outside.
        const made = `create table if not exists ${name} partition of sample_batch for values from ('${from}') to ('${to}')`;
        await query.run(`retention.prepare.${name}`, made);
      }
    },

    async dropBefore(limit) {
      const before = prefix + new Date(limit).toISOString().slice(0, 10).replaceAll("-", "");
      const rows = await query.run(
        "retention.days",
        `select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'sample_batch'::regclass and c.relname ~ '^sample_batch_[0-9]{8}$' and c.relname < $1 order by 1`,
        [before],
      );
      const dropped: string[] = [];
      for (const row of rows) {
        const name = text(row["relname"]);
        if (await isNeeded(query, name)) continue;
        await query.run(`retention.drop.${name}`, `drop table ${name}`);
        dropped.push(name.slice(prefix.length));
      }
      await query.run(
        "retention.default",
        `delete from sample_batch_default d where recorded_on < ($1::timestamptz at time zone 'UTC')::date
         and exists (select 1 from collector_checkpoint k where k.source = d.source and k.ordinal >= d.ordinal)`,
        [at(limit)],
      );
      await query.run(
        "retention.days-begun",
        "delete from collector_day where day < ($1::timestamptz at time zone 'UTC')::date",
        [at(limit)],
      );
      return dropped;
    },
  };
}

/** A collector that has not moved on since still needs its samples to find its state again. */
async function isNeeded(query: Query, name: string): Promise<boolean> {
  const rows = await query.run(
    `retention.needed.${name}`,
    `select 1 from ${name} b left join collector_checkpoint k on k.source = b.source where b.ordinal > coalesce(k.ordinal, 0) limit 1`,
  );
  return rows.length > 0;
}
