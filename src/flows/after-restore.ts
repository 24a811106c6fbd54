/**
 * What is planned after our record was put back from a backup may have been posted before that: the ERP is asked under its
 * key before anything is sent. So it is with everything while recovery lasts, in which all that machines remember is read
 * again; and afterwards with what people and rules decide again, because the backup does not know it, about whatever happened
 * before. What takes a document back needs none of that: an ERP does so once. Spec: docs/spec/exactly-once.md
 */
import type { Instant } from "../base/instant.ts";
import type { Tx } from "./ports.ts";

/** What a document follows from. What is stated when recovery is over was never stated before. */
export type Cause = "statement" | "decision";

/** By so much a machine's clock may be ahead of ours: what it says happened later may have been posted before. */
const clocksApartMs = 15 * 60_000;

/** @returns whether the ERP may have a document already of what happened then */
export async function mayBePostedAlready(tx: Tx, cause: Cause): Promise<(happenedAt: Instant) => boolean> {
  if (await tx.site.isRecovering()) return () => true;
  const restoredAt = cause === "statement" ? null : await tx.site.restoredAt();
  return (happenedAt) => restoredAt !== null && happenedAt <= restoredAt + clocksApartMs;
}
