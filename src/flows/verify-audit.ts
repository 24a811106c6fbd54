/** Recomputes the audit from its first entry to its last. */
import { checkChain, noHead, type AuditHead, type BrokenEntry } from "../access/audit.ts";
import type { Store } from "./ports.ts";

export interface AuditVerdict {
  /** How far the chain is whole. */
  readonly head: AuditHead;
  /** The first entry that does not fit; null when all do. */
  readonly broken: BrokenEntry | null;
}

const entriesAtOnce = 1_000;

/**
 * @param known  an entry that was noted down elsewhere before: it must be there with this hash. Only this can show that
 *               the newest entries were cut off
 */
export async function verifyAudit(store: Store, known: AuditHead | null): Promise<AuditVerdict> {
  let head = noHead;
  for (;;) {
    const from = head.seq;
    const entries = await store.transaction((tx) => tx.audit.after(from, entriesAtOnce));
    if (entries.length === 0) break;
    const checked = checkChain(head, entries);
    if (!checked.ok) return { head, broken: checked.broken };
    const noted = known && entries.find(({ seq }) => seq === known.seq);
    if (known && noted && noted.hash !== known.hash) {
      const why = "it is not the entry that was noted down: everything up to it was written anew";
      return { head, broken: { seq: known.seq, why } };
    }
    head = checked.head;
  }
  if (known && known.seq > head.seq) {
    return { head, broken: { seq: head.seq + 1, why: `entries up to ${known.seq} were there and are gone` } };
  }
  return { head, broken: null };
}
