/** Postings of other runs of a machine, of which a restore may have cut one otherwise. */
import type { BesidePosting } from "../flows/ports.ts";
import { textOrNull, type Query } from "./connection.ts";

/** See `PostingRepository`. */
export async function unsureBeside(query: Query, posting: string): Promise<readonly BesidePosting[]> {
  const rows = await query.run(
    "posting.unsure-beside",
    `select p.state, p.content #>> '{response,dates,postingDate}' as day, p.ordinal < own.ordinal as is_before
     from posting own join run own_run on own_run.id = own.run
       join posting p on p.request = own.request and p.segment = own.segment and p.kind = own.kind
       join run other on other.id = p.run and other.source = own_run.source and other.id <> own_run.id
     where own.id = $1 and (p.state = 'needs-person' or p.state = 'in-doubt' and p.asked_absent = 0) order by p.ordinal`,
    [posting],
  );
  return rows.map((row) => ({
    state: row["state"] === "in-doubt" ? "in-doubt" : "needs-person",
    postingDate: textOrNull(row["day"]) ?? "",
    isBefore: row["is_before"] === true,
  }));
}
