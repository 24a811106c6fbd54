/** What is to be corrected in the ERP, and how far taking documents back has come; see `store/correction-repository`. */
import { isDeepStrictEqual } from "node:util";
import type { Instant } from "../../base/instant.ts";
import type { CorrectionRepository, KnownReversal, NewCorrection } from "../../flows/correction-ports.ts";
import type { Correction } from "../../record/correction.ts";
import { postingOf } from "../../store/posting-repository.ts";
import type { Query } from "./database.ts";
import { factOf } from "./fact-repository.ts";
import { byEventTime } from "./fact-rule.ts";
import { correction as table, owed, posting, postingLine, type CorrectionColumns } from "./schema/posting.ts";
import { fact, question } from "./schema/shop-floor.ts";
import { keyOf, type Seen } from "./table.ts";
import type { Statement } from "./transaction.ts";

export function correctionRepository(query: Query): CorrectionRepository {
  return {
    async open(corrections, at) {
      for (const correction of corrections) await query.run((s) => openOne(s, correction, at));
    },

    waiting: (erp) =>
      query.run((s) =>
        s
          .find(table, "open", erp)
          .toSorted((a, b) => a.id - b.id)
          .map(correctionOf),
      ),

    resume: (request) =>
      query.run(async (s) => {
        const unanswered = s.all(question).filter((row) => row.state === "open");
        for (const row of s.find(table, "asked", request)) {
          const subject = `${row.kind}/${row.run}/${row.posting_date}/`;
          if (!isLatest(s, row) || !unanswered.some((asked) => asked.subject.startsWith(subject))) continue;
          await s.update(table, String(row.id), () => ({ state: "open" as const, settled_at: null }));
        }
      }),

    settle: (id, to, at) =>
      query.run(
        async (s) =>
          void (await s.update(table, String(id), (row) =>
            row.state === "open" ? { state: to, settled_at: at } : null,
          )),
      ),

    settledReversals: (erp) =>
      query.run((s) =>
        s
          .find(posting, "state", keyOf(erp, "reversing"))
          .filter((row) => owed.has(row.kind) && isSettled(s, row.id))
          .toSorted((a, b) => a.ordinal - b.ordinal)
          .map((row) => row.id),
      ),

    reversalsOf: (postings) => query.run((s) => postings.flatMap((id) => reversalsOf(s, id))),

    isCorrecting: (request, segments) =>
      query.run((s) =>
        segments.some((segment) => {
          const operation = keyOf(request, segment);
          const isOpen = s.find(table, "operation", operation).some((row) => row.state === "open");
          const isTaken = s
            .find(posting, "operation", operation)
            .some((row) => row.state === "reversing" && owed.has(row.kind));
          return isOpen || isTaken;
        }),
      ),

    factsOf: (id) =>
      query.run((s) =>
        s
          .find(postingLine, "posting", id)
          .flatMap((line) => s.get(fact, line.fact) ?? [])
          .toSorted(byEventTime)
          .map(factOf),
      ),
  };
}

async function openOne(s: Statement, correction: NewCorrection, at: Instant): Promise<void> {
  const { erp, request, segment, run, kind, postingDate, cause } = correction;
  const facts = correction.facts.toSorted();
  const last = s
    .find(table, "latest", keyOf(run, kind, postingDate))
    .toSorted((a, b) => b.id - a.id)
    .at(0);
  if (last?.state === "asked" && isDeepStrictEqual(last.facts, facts)) return;
  const opened = { state: "open", opened_at: at, settled_at: null } as const;
  const what = { erp, request, segment, run, kind, posting_date: postingDate, cause, facts };
  await s.insertOrFind(table, { id: s.nextNumber(table), ...what, ...opened });
}

function isLatest(seen: Seen, { id, run, kind, posting_date: day }: CorrectionColumns): boolean {
  return seen.find(table, "latest", keyOf(run, kind, day)).every((row) => row.id <= id);
}

function isSettled(seen: Seen, id: string): boolean {
  return reversalsOf(seen, id).some(({ state }) => state === "confirmed" || state === "dismissed");
}

function reversalsOf(seen: Seen, id: string): readonly KnownReversal[] {
  return seen
    .find(posting, "posting_reversed_once", id)
    .map((row) => ({ id: row.id, reverses: id, state: row.state, fault: postingOf(row).fault }));
}

function correctionOf({ id, erp, run, kind, posting_date: postingDate, cause }: CorrectionColumns): Correction {
  return { id, erp, run, kind, postingDate, cause };
}
