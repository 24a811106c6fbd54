/** Marks restored data as recovering; see `markRecovering` in `store/schema.ts`. */
import { instant, type Instant } from "../../base/instant.ts";
import type { Data } from "./data.ts";
import { operationsRequest, siteState } from "./schema/order.ts";
import { erpContact, erpOutage } from "./schema/outage.ts";
import { lane, posting, type PostingColumns } from "./schema/posting.ts";
import { instruction, type InstructionColumns } from "./schema/shop-floor.ts";
import type { TableOf } from "./table.ts";

export function markRecovering(data: Data, now: Instant): void {
  const since = { recovering_since: now, restored_at: now };
  data.of(siteState).put("true", { id: true, site: "", ...since });
  for (const [erp, at] of lastHeard(data)) {
    const number = (data.of(erpOutage).lastNumber += 1);
    const lostAt = instant(Math.min(at, now));
    data.of(erpOutage).put(String(number), { number, erp, lost_at: lostAt, back_at: now, restored: true });
  }
  change(data, instruction, (row: InstructionColumns): InstructionColumns =>
    ["planned", "writing", "verified"].includes(row.state)
      ? { ...row, state: "in-doubt", read_back: null, version: row.version + 1 }
      : row,
  );
  change(data, posting, (row: PostingColumns): PostingColumns => {
    const { sent_at, version, state, parked } = row;
    const mayHaveLeft = state === "planned" || state === "sending" || (state === "refused" && parked);
    const asked = { due_at: now, asked_absent: 0, parked: false, version: version + 1 };
    return mayHaveLeft ? { ...row, ...asked, state: "in-doubt", sent_at: sent_at ?? now } : row;
  });
  for (const key of data.of(lane).rows.keys()) data.of(lane).remove(key);
}

function lastHeard(data: Data): ReadonlyMap<string, Instant> {
  const heard = new Map<string, Instant>();
  // A table holds its own rows alone.
  for (const { erp, accepted_at: at } of data.of(operationsRequest).rows.values() as Iterable<Accepted>)
    heard.set(erp, instant(Math.min(at, heard.get(erp) ?? at)));
  // As above.
  for (const { erp, seen_at: at } of data.of(erpContact).rows.values() as Iterable<Contact>) heard.set(erp, at);
  return heard;
}

type Accepted = { readonly erp: string; readonly accepted_at: Instant };
type Contact = { readonly erp: string; readonly seen_at: Instant };

function change<R extends object>(data: Data, table: TableOf<R>, changed: (row: R) => R): void {
  const held = data.of(table);
  // A table holds its own rows alone.
  for (const [key, row] of held.rows) held.put(key, changed(row as R));
}
