/** How much is waiting, for people and for the commands that ask. */
import type { StatusRepository } from "../flows/ports.ts";
import { int, text, type Query } from "./connection.ts";

export function statusRepository(query: Query): StatusRepository {
  return {
    async outbox() {
      const rows = await query.run(
        "status.outbox",
        "select state, parked, count(*) as postings from posting where state not in ('confirmed', 'dismissed', 'reversed') group by 1, 2",
      );
      const count = (wanted: (state: string, parked: boolean) => boolean): number =>
        rows.reduce(
          (sum, row) => (wanted(text(row["state"]), row["parked"] === true) ? sum + int(row["postings"]) : sum),
          0,
        );
      return {
        pending: count((state) => state === "planned" || state === "sending"),
        inDoubt: count((state) => state === "in-doubt"),
        refused: count((state, parked) => (state === "refused" && !parked) || state === "needs-person"),
        parked: count((state, parked) => state === "refused" && parked),
      };
    },

    async attention() {
      const [row] = await query.run(
        "status.attention",
        `select (select count(*) from quarantine where state = 'open') as quarantine,
                (select count(*) from question where answered_at is null) as questions,
                (select count(*) from instruction where state in ('planned', 'writing', 'verified', 'in-doubt')) as instructions`,
      );
      return {
        quarantine: int(row?.["quarantine"]),
        questions: int(row?.["questions"]),
        instructions: int(row?.["instructions"]),
      };
    },
  };
}
