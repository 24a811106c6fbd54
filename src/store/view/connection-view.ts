/** What waits for each ERP. Open postings have an index of their own, so history costs nothing here. */
import type { ConnectionView } from "../../flows/view/connection-view.ts";
import { at, int, text, when, whenOrNull, type Query } from "../connection.ts";

/** A machine whose clock is wrong may say nothing that is read: no more than so many are counted at each look. */
const unreadMax = 10_000;

export function connectionView(query: Query): ConnectionView {
  return {
    async erps() {
      const rows = await query.run(
        "connections.erps",
        `with open as (
           select erp, state, parked, planned_at from posting where state = 'planned'
           union all
           select erp, state, parked, planned_at from posting where state in ('sending', 'in-doubt', 'refused', 'needs-person'))
         select e.erp, (select pulled_at from erp_cursor c where c.erp = e.erp) as pulled_at,
           count(o.erp) filter (where o.state in ('planned', 'sending')) as pending,
           count(o.erp) filter (where o.state = 'in-doubt') as in_doubt,
           count(o.erp) filter (where o.state = 'refused' and o.parked) as parked,
           count(o.erp) filter (where (o.state = 'refused' and not o.parked) or o.state = 'needs-person') as refused,
           min(o.planned_at) filter (where o.state <> 'needs-person' and not (o.state = 'refused' and not o.parked)) as oldest
         from (select erp from erp_cursor union select erp from open) e left join open o on o.erp = e.erp group by e.erp`,
      );
      return rows.map((row) => ({
        erp: text(row["erp"]),
        lastPullAt: whenOrNull(row["pulled_at"]),
        pending: int(row["pending"]),
        inDoubt: int(row["in_doubt"]),
        parked: int(row["parked"]),
        refused: int(row["refused"]),
        oldestPendingAt: whenOrNull(row["oldest"]),
      }));
    },

    async unread(since) {
      const rows = await query.run(
        "connections.unread",
        `select c.source, n.count, a.recorded_at, a.item, a.why from collector c,
           lateral (select recorded_at, item, why from sample_set_aside a
             where a.source = c.source and a.recorded_at >= $1 order by a.recorded_at desc, a.at desc limit 1) a,
           lateral (select count(*) from (select 1 from sample_set_aside s where s.source = c.source and s.recorded_at >= $1 limit $2) s) n`,
        [at(since), unreadMax],
      );
      return new Map(
        rows.map((row) => [
          text(row["source"]),
          {
            count: int(row["count"]),
            recordedAt: when(row["recorded_at"]),
            item: text(row["item"]),
            why: text(row["why"]),
          },
        ]),
      );
    },

    async isRecovering() {
      const [row] = await query.run(
        "connections.recovering",
        "select 1 from site_state where recovering_since is not null",
      );
      return row !== undefined;
    },
  };
}
