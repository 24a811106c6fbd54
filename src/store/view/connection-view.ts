/** What waits for each ERP. Open postings have an index of their own, so history costs nothing here. */
import type { ConnectionView } from "../../flows/view/connection-view.ts";
import { int, text, whenOrNull, type Query } from "../connection.ts";

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

    async isRecovering() {
      const [row] = await query.run(
        "connections.recovering",
        "select 1 from site_state where recovering_since is not null",
      );
      return row !== undefined;
    },
  };
}
