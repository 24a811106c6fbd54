/** How an outcome is written: from the state, attempt and epoch that it is about, and from no other. */
import type { Instant } from "../../base/instant.ts";
import type { Settlement } from "../../flows/ports.ts";
import { holdsFacts, type PostingState } from "../../record/posting.ts";
import { lane, posting as table, postingAttempt, postingLine, type PostingColumns } from "./schema/posting.ts";
import { keyOf } from "./table.ts";
import type { Statement } from "./transaction.ts";

/** @returns ids of those that counted */
export async function settle(
  s: Statement,
  settlements: readonly Settlement[],
  epoch: number,
  at: Instant,
): Promise<readonly string[]> {
  const done: Settlement[] = [];
  for (const settlement of settlements) {
    const row = await s.update(table, settlement.id, (was) =>
      was.state === settlement.from && was.attempts === settlement.attempt && was.epoch <= epoch
        ? {
            state: settlement.to,
            document: settlement.document?.number ?? was.document,
            fault: shown(settlement),
            due_at: settlement.dueAt ?? was.due_at,
            parked: settlement.parked,
            asked_absent: settlement.askedAbsent,
            asked_at: at,
            settled_at: at,
            confirmed_at: confirmedAt(was, settlement.to, settlement.document?.number ?? null, at),
            epoch,
            version: was.version + 1,
          }
        : null,
    );
    if (row) done.push(settlement);
  }
  for (const settlement of done) {
    if (settlement.releasesLanes) await freeLanes(s, [settlement.id]);
    if (!holdsFacts(settlement.to)) await letGo(s, settlement.id);
    await endAttempt(s, settlement.id, { outcome: settlement.to, fault: shown(settlement) }, at);
  }
  return done.map((settlement) => settlement.id);
}

/** Since when the ERP has had the document: whatever becomes of it later, and also when taking it back is given up. */
export function confirmedAt(
  was: PostingColumns,
  next: PostingState,
  document: string | null,
  at: Instant,
): Instant | null {
  const isAnother = document !== null && document !== was.document;
  return next === "confirmed" && (was.confirmed_at === null || isAnother) ? at : was.confirmed_at;
}

/** Its facts are owed again. */
export async function letGo(s: Statement, posting: string): Promise<void> {
  for (const line of s.find(postingLine, "posting", posting)) {
    await s.update(postingLine, keyOf(line.posting, line.fact), () => ({ active: false }));
  }
}

export async function freeLanes(s: Statement, postings: readonly string[]): Promise<void> {
  for (const id of postings) for (const { key } of s.find(lane, "posting", id)) await s.remove(lane, key);
}

async function endAttempt(
  s: Statement,
  posting: string,
  ended: { readonly outcome: string; readonly fault: unknown },
  at: Instant,
): Promise<void> {
  const number = s.get(table, posting)?.attempts;
  if (number === undefined) return;
  await s.update(postingAttempt, keyOf(posting, number), (row) =>
    row.ended_at === null ? { ...ended, ended_at: at } : null,
  );
}

function shown({ fault }: Settlement): unknown {
  if (!fault) return null;
  const { kind, code, message, cause } = fault;
  return { kind, code, message, cause: String(cause ?? "").slice(0, 4000) };
}
