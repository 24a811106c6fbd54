/**
 * What is stated of an operation and no document speaks for, by the facts and the lines alone; and who has been told. Such a
 * rest is there when something was stated otherwise after it was posted, and nobody but a person may put that right.
 */
import type { OwedKind } from "../../../record/posting.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import { correction, posting, postingLine, type PostingColumns } from "../../store/schema/posting.ts";
import { fact, question, run } from "../../store/schema/shop-floor.ts";
import { keyOf } from "../../store/table.ts";
import { component } from "../plan.ts";
import { isByBill } from "./stated.ts";

/** Of an operation, in millionths. */
export interface Amounts {
  yield: bigint;
  scrap: bigint;
  received: bigint;
  issued: bigint;
}

/**
 * Below zero where the ERP has more than is stated.
 *
 * @param isLeftOut  what of a run and kind is not asked for
 */
export function owedOf(
  database: MemoryDatabase,
  jobOrder: string,
  isLeftOut: (run: string, kind: OwedKind) => boolean = () => false,
): Amounts {
  const owed: Amounts = { yield: 0n, scrap: 0n, received: 0n, issued: 0n };
  for (const { id } of database.find(run, "job_order", jobOrder)) {
    for (const row of database.find(fact, "run", id)) {
      const body = row.body.kind === "Corrected" ? row.body.was : row.body;
      const sign = row.body.kind === "Corrected" ? -1n : 1n;
      const isFree = (kind: OwedKind): boolean =>
        !isLeftOut(id, kind) && database.find(postingLine, "posting_line_once", keyOf(row.id, kind)).length === 0;
      // What a machine has merely counted of it is owed to nobody.
      if (
        body.kind === "MaterialConsumed" &&
        body.material === component &&
        isByBill(row.rule) &&
        isFree("goods-issue")
      )
        owed.issued += sign * body.quantity.micro;
      if (body.kind !== "UnitsCounted" || body.grade === "rework") continue;
      const by = sign * body.quantity.micro;
      if (isFree("confirmation")) owed[body.grade === "good" ? "yield" : "scrap"] += by;
      if (body.grade === "good" && isFree("goods-receipt")) owed.received += by;
    }
  }
  return owed;
}

/** Whether an open question says that something of the operation, or of one of its runs, waits for a person, or a refused reversal. */
export function isAsked(
  database: MemoryDatabase,
  { id, request }: { readonly id: string; readonly request: string },
): boolean {
  const runs = database.find(run, "job_order", id).map((row) => row.id);
  // What the ERP refuses to take back is before a person, and with it what would be posted instead.
  const refused = database.find(posting, "request", request).filter((row) => row.state === "refused");
  if (refused.some(({ reverses }) => reverses !== null && runs.includes(database.row(posting, reverses)?.run ?? "")))
    return true;
  return [...database.rows(question)].some(
    ({ state, subject }) =>
      state === "open" && (subject.startsWith(`final/${request}/`) || runs.some((one) => subject.includes(`/${one}/`))),
  );
}

/**
 * What is stated otherwise of a run waits while a person judges whether the ERP has its document: before that nobody knows
 * whether there is anything to take back. It waits as an open correction, and the document is shown to people. See "wait" in
 * docs/spec/correction.md.
 */
export function isBehindJudged(database: MemoryDatabase, of: string, kind: OwedKind): boolean {
  return database
    .find(posting, "run", of)
    .some(
      (row) =>
        row.kind === kind &&
        row.state === "needs-person" &&
        database
          .find(correction, "operation", keyOf(row.request, row.segment))
          .some((one) => one.run === of && one.kind === kind && one.state === "open"),
    );
}

/** What takes a document back may wait behind one that the ERP has refused, which a person sees: it speaks for the rest. */
export function isBeingTakenBack(postings: readonly PostingColumns[]): boolean {
  return postings.some(({ state }) => state === "reversing");
}
