/** What people were asked about orders whose documents cannot be read after an outage. */
import type { Tx } from "../flows/ports.ts";
import { unreadErpPrefix, unreadOrderPrefix } from "../record/unread-order.ts";
import { text, type Query } from "./connection.ts";

/** Somebody is being asked about the order of posting `p`: it is read again when they have answered. */
export const isAskedAbout = `exists (select 1 from erp_outage o join question q
  on q.subject = '${unreadOrderPrefix}' || o.number || '/' || p.request where o.erp = p.erp and q.state = 'open')`;

export function unreadOrderRepository(query: Query): Pick<Tx["outages"], "asked" | "askedBefore"> {
  return {
    async asked(subject) {
      const [row] = await query.run("unread-order.asked", "select state from question where subject = $1", [subject]);
      if (!row) return "not-yet";
      return row["state"] === "open" ? "open" : "settled";
    },

    async askedBefore(erp, outage) {
      const rows = await query.run(
        "unread-order.asked-before",
        `select q.subject from erp_outage o join question q on q.subject = '${unreadErpPrefix}' || o.number || '/' || o.erp
         where o.erp = $1 and o.number < $2 and q.state = 'open' order by q.subject`,
        [erp, outage],
      );
      return rows.map((row) => text(row["subject"]));
    },
  };
}
