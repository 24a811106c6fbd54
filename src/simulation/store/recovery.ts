/** Marks restored data as recovering; see `markRecovering` in `store/schema.ts`. */
import type { Instant } from "../../base/instant.ts";
import type { Data } from "./data.ts";
import { siteState } from "./schema/order.ts";
import { lane, posting, type PostingColumns } from "./schema/posting.ts";
import { instruction, type InstructionColumns } from "./schema/shop-floor.ts";
import type { TableOf } from "./table.ts";

export function markRecovering(data: Data, now: Instant): void {
  const since = { recovering_since: now, restored_at: now };
  data.of(siteState).put("true", { id: true, site: "", ...since });
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

function change<R extends object>(data: Data, table: TableOf<R>, changed: (row: R) => R): void {
  const held = data.of(table);
  // A table holds its own rows alone.
  for (const [key, row] of held.rows) held.put(key, changed(row as R));
}
