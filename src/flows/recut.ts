/**
 * What is asked about and was never sent in this life of the database may have been posted before a restore, and cut
 * otherwise: the same facts of a run in more documents, or in fewer. Then the ERP does not have it under its own key, and
 * has part of it under another one of its run. Or in another run: where a word was late, one run was two, and what the ERP
 * has of the one holds what is the other's now. Spec: docs/spec/exactly-once.md, "After a restore"
 */
import type { Envelope, ErpSession } from "../erp/connector.ts";
import type { Recut } from "../exchange/delivery.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import { keyAt } from "../operations/execution/posting-plan.ts";
import { owedKinds } from "../record/posting.ts";
import type { MadePosting, PostingRow, Tx } from "./ports.ts";

/** So many keys that would come next are asked for: of documents that came before them the ERP may have refused some. */
const nextKeys = 3;

/** @returns null when the ERP can have it under its own key alone */
export async function recutOf(
  tx: Tx,
  session: Pick<ErpSession, "compose">,
  request: OperationsRequest,
  posting: PostingRow,
): Promise<Recut | null> {
  const { run, content } = posting;
  const kind = owedKinds.find((one) => one === posting.kind);
  const date = content.response?.dates.postingDate;
  if (posting.attempts > 0 || run === null || kind === undefined || date === undefined) return null;
  const made = (await tx.postings.made(run)).filter((one) => one.kind === kind && one.postingDate === date);
  const number = made.findIndex(({ key }) => key === posting.key);
  const segment = request.segments.find(
    (one) => number >= 0 && keyAt({ request, segment: one, kind, run, date, number }) === posting.key,
  );
  // What a person has put in the place of another one has a key of its own.
  if (!segment) return null;
  const next = Array.from({ length: nextKeys }, (_, i) => made.length + i).flatMap((further): Envelope[] => {
    const key = keyAt({ request, segment, kind, run, date, number: further });
    const envelope = session.compose(key, request, content);
    return envelope.ok ? [envelope.value] : [];
  });
  const beside = (await tx.postings.unsureBeside(posting.id)).filter(
    // Two do not wait for each other.
    ({ postingDate, state, isBefore }) => postingDate === date && (state === "needs-person" || isBefore),
  );
  return { earlier: earlierOf([...made.slice(0, number), ...beside]), next };
}

function earlierOf(made: readonly Pick<MadePosting, "state">[]): Recut["earlier"] {
  if (made.some(({ state }) => state === "needs-person")) return "differs";
  return made.some(({ state }) => state === "in-doubt") ? "in-doubt" : "settled";
}
