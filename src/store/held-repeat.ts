/** What is sent again although it may be in the ERP, and may not leave: it is in doubt, and asked about. */
import type { PostingRepository } from "../flows/ports.ts";
import { sentAgainCode } from "../record/posting.ts";
import { at, text, type Query } from "./connection.ts";

/**
 * Found from what was keyed by hand, of which there is hardly ever any, and not from all that waits. What somebody else holds
 * is found at the next look.
 */
const heldText = `select repeat.id from (select distinct h.request from hand_document h where h.state = 'open') hand,
   lateral (select p.id from posting p where p.request = hand.request and p.erp = $1 and p.state = 'planned'
     and p.kind <> 'order-accepted' and p.fault ->> 'code' = $2 order by p.id offset 0 for update of p skip locked) repeat`;

export async function doubtHeld(
  query: Query,
  ...[erp, epoch, now]: Parameters<PostingRepository["doubtHeld"]>
): Promise<number> {
  const rows = await query.run("posting.held-repeats", heldText, [erp, sentAgainCode]);
  if (rows.length === 0) return 0;
  await query.run(
    "posting.doubt-held",
    `update posting set state = 'in-doubt', epoch = $2, version = version + 1, settled_at = $3, due_at = $3, asked_absent = 0
     where id = any ($1::text[])`,
    [rows.map((row) => text(row["id"])), epoch, at(now)],
  );
  return rows.length;
}
