/**
 * Kept samples by day: a partition for each day ahead, and the end of days that are older than the site wants. Facts,
 * ledger and documents are kept for good and are not touched here. Spec: docs/spec/exactly-once.md
 */
import type { Tx } from "../flows/ports.ts";
import { at, text, type Query } from "./connection.ts";
import { ifReadable } from "./readable.ts";

const dayMs = 86_400_000;
const prefix = "sample_batch_";

/**
 * Making and dropping a day needs the table for itself. Behind a backup or a replay that would be waited for as long as they
 * take, and whoever keeps samples meanwhile would wait behind us: so we give up at once. A transaction runs four times
 * before it fails, so nobody is held up for longer than a second.
 */
const patience = "set local lock_timeout = '250ms'";

export function retentionRepository(query: Query): Tx["retention"] {
  return {
    async prepareDays(now, days) {
      query.post("retention.patience", patience);
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
      query.post("retention.patience", patience);
      const unread: string[] = [];
      const late = await ifReadable(query, "retention", () =>
        query.run(
          "retention.default",
          `delete from sample_batch_default d where recorded_on < ($1::timestamptz at time zone 'UTC')::date
           and exists (select 1 from collector_checkpoint k where k.source = d.source and k.ordinal >= d.ordinal)`,
          [at(limit)],
        ),
      );
      if (late === null) unread.push("default");
      await query.run(
        "retention.days-begun",
        "delete from collector_day where day < ($1::timestamptz at time zone 'UTC')::date",
        [at(limit)],
      );
      const before = prefix + new Date(limit).toISOString().slice(0, 10).replaceAll("-", "");
      const rows = await query.run(
        "retention.days",
        `select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'sample_batch'::regclass and c.relname ~ '^sample_batch_[0-9]{8}$' and c.relname < $1 order by 1`,
        [before],
      );
      const over: string[] = [];
      for (const row of rows) {
        const name = text(row["relname"]);
        const needed = await ifReadable(query, "retention", () => isNeeded(query, name));
        if (needed === null) unread.push(name.slice(prefix.length));
        else if (!needed) over.push(name);
      }
      // Last and together: until the transaction ends the table is ours alone.
      for (const name of over) await query.run(`retention.drop.${name}`, `drop table ${name}`);
      return { dropped: over.map((name) => name.slice(prefix.length)), unread };
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
