/** What is to be corrected in an ERP, and how far taking documents back has come. */
import { isLocalDate } from "../base/instant.ts";
import type { Tx } from "../flows/ports.ts";
import { correctionCauses, type CorrectionCause } from "../record/correction.ts";
import { owedKinds, type OwedKind } from "../record/posting.ts";
import { at, int, text, type Query, type Row } from "./connection.ts";
import { factColumns, factOf } from "./fact-repository.ts";
import { withExactNumbers } from "../base/json.ts";
import { postingStateOf } from "./posting-repository.ts";

type CorrectionRepository = Tx["corrections"];
type Correction = Awaited<ReturnType<CorrectionRepository["waiting"]>>[number];
type KnownReversal = Awaited<ReturnType<CorrectionRepository["reversalsOf"]>>[number];

export function correctionRepository(query: Query): CorrectionRepository {
  return {
    async open(corrections, openedAt) {
      for (const correction of corrections) await openOne(query, correction, at(openedAt));
    },

    async waiting(erp) {
      const rows = await query.run(
        "correction.waiting",
        `select id, erp, run, kind, posting_date::text as day, cause from correction where erp = $1 and state = 'open' order by id`,
        [erp],
      );
      return rows.map(correctionOf);
    },

    resume: (request) => resume(query, request),

    async settle(id, to, settledAt) {
      await query.run(
        "correction.settle",
        "update correction set state = $2, settled_at = $3 where id = $1 and state = 'open'",
        [id, to, at(settledAt)],
      );
    },

    async settledReversals(erp) {
      const rows = await query.run(
        "correction.settled-reversals",
        `select p.id from posting p join posting r on r.reverses = p.id
         where p.erp = $1 and p.state = 'reversing' and p.kind in ('confirmation', 'goods-receipt', 'goods-issue')
         and r.state in ('confirmed', 'dismissed') order by p.ordinal`,
        [erp],
      );
      return rows.map((row) => text(row["id"]));
    },

    async reversalsOf(postings) {
      if (postings.length === 0) return [];
      const rows = await query.run(
        "correction.reversals-of",
        "select id, reverses, state, fault from posting where reverses = any ($1::text[])",
        [postings],
      );
      return rows.map(reversalOf);
    },

    async isCorrecting(request, segments) {
      const [row] = await query.run(
        "correction.is-correcting",
        `select exists (select 1 from correction where request = $1 and segment = any ($2::text[]) and state = 'open')
           or exists (select 1 from posting where request = $1 and segment = any ($2::text[]) and state = 'reversing'
             and kind in ('confirmation', 'goods-receipt', 'goods-issue')) as is_correcting`,
        [request, segments],
      );
      return row?.["is_correcting"] === true;
    },

    async factsOf(posting) {
      const rows = await query.run(
        "correction.facts-of",
        `select ${factColumns} from fact where id in (select fact from posting_line where posting = $1) order by event_at, id`,
        [posting],
      );
      return rows.map(factOf);
    },
  };
}

async function resume(query: Query, request: string): Promise<void> {
  await query.run(
    "correction.resume",
    `update correction c set state = 'open', settled_at = null where c.request = $1 and c.state = 'asked'
     and not exists (select 1 from correction n where (n.run, n.kind, n.posting_date) = (c.run, c.kind, c.posting_date) and n.id > c.id)
     and exists (select 1 from question q where q.state = 'open' and starts_with(q.subject, c.kind || '/' || c.run || '/' || to_char(c.posting_date, 'YYYY-MM-DD') || '/'))`,
    [request],
  );
}

async function openOne(
  query: Query,
  correction: Parameters<CorrectionRepository["open"]>[0][number],
  openedAt: string,
): Promise<void> {
  const { erp, request, segment, run, kind, postingDate, cause } = correction;
  const facts = correction.facts.toSorted();
  await query.run(
    "correction.open",
    `insert into correction (erp, request, segment, run, kind, posting_date, cause, facts, opened_at)
     select $1, $2, $3, $4, $5, $6::date, $7, $8::text[], $9
     where not exists (
       select 1 from (select state, facts from correction where run = $4 and kind = $5 and posting_date = $6::date order by id desc limit 1) last
       where last.state = 'asked' and last.facts = $8::text[])
     on conflict (run, kind, posting_date) where state = 'open' do nothing`,
    [erp, request, segment, run, kind, postingDate, cause, facts, openedAt],
  );
}

function correctionOf(row: Row): Correction {
  return {
    id: int(row["id"]),
    erp: text(row["erp"]),
    run: text(row["run"]),
    kind: known<OwedKind>(owedKinds, row["kind"]),
    postingDate: dayOf(row["day"]),
    cause: known<CorrectionCause>(correctionCauses, row["cause"]),
  };
}

function reversalOf(row: Row): KnownReversal {
  return {
    id: text(row["id"]),
    reverses: text(row["reverses"]),
    state: postingStateOf(row["state"]),
    fault: withExactNumbers<KnownReversal["fault"]>(row["fault"]),
  };
}

function dayOf(value: unknown): Correction["postingDate"] {
  const day = text(value);
  if (!isLocalDate(day)) throw new Error(`The database holds "${day}" as the day of a correction.`);
  return day;
}

function known<T extends string>(all: readonly T[], value: unknown): T {
  const found = all.find((one) => one === value);
  if (found === undefined)
    throw new Error(`The database holds "${String(value)}" of a correction, which this program does not know.`);
  return found;
}
