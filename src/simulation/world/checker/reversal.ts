/**
 * Documents that were taken back: each of them is reversed in the ERP and known as reversed here, and what was not taken back
 * by us stands.
 */
import type { Books } from "../../erp/books.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import { posting, type PostingColumns } from "../../store/schema/posting.ts";
import type { Happened } from "../happened.ts";
import { isToldApart } from "./disagreement.ts";
import type { Complain } from "./finding.ts";
import { isBeforePerson } from "./restored.ts";

export function checkReversals(world: {
  readonly database: MemoryDatabase;
  readonly books: Books;
  readonly happened: Happened;
  readonly isRestored: boolean;
  readonly complain: Complain;
}): void {
  const { database, books, happened, isRestored, complain } = world;
  const reversals = reversalsIn(books);
  for (const row of database.rows(posting)) {
    // See `comparison`; its numbers may be those of others now.
    if (isToldApart(happened, row.request.split("/").at(-1) ?? "")) continue;
    const number = row.document;
    const [reversal] = database.find(posting, "posting_reversed_once", row.id);
    const there = number === null ? undefined : reversals.get(nameOf(row, number));
    if (row.state === "reversed" && there === undefined)
      complain("reversals-known", `${row.kind} ${row.key} is reversed here; ${number} stands in the ERP`);
    if (reversal?.state === "confirmed" && reversal.document !== there)
      complain(
        "reversals-known",
        `${number} was reversed with ${reversal.document}; the ERP says ${there ?? "nothing"}`,
      );
    // What takes it back here waits as long as a person is asked about the order.
    const isHeld = isRestored && row.state === "reversing" && isBeforePerson(database, row.request);
    if (there !== undefined && row.state !== "reversed" && !isHeld)
      complain("reversals-known", `the ERP has reversed ${row.kind} ${row.key}, which is ${row.state} here`);
  }
}

/** What was taken back → the number of the document that did it. */
function reversalsIn(books: Books): ReadonlyMap<string, string> {
  const reversals = new Map<string, string>();
  for (const one of books.confirmations) {
    const group = Number(one.group);
    if (one.reverses !== null)
      reversals.set(`confirmation ${group}/${Number(one.reverses)}`, `${group}/${Number(one.count)}`);
  }
  for (const { items, document, year } of books.materialDocuments) {
    const reversed = items[0]?.reverses;
    if (reversed) reversals.set(`material document ${reversed.document}/${reversed.year}`, `${document}/${year}`);
  }
  return reversals;
}

function nameOf({ kind }: PostingColumns, number: string): string {
  return `${kind === "confirmation" || kind === "final-confirmation" ? "confirmation" : "material document"} ${number}`;
}
