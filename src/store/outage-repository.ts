/** Outages of ERPs, and what was keyed by hand meanwhile. */
import type { Instant } from "../base/instant.ts";
import { toJson, withExactNumbers } from "../base/json.ts";
import type { Tx } from "../flows/ports.ts";
import { waitingStates, type HandDocument } from "../record/hand-document.ts";
import { owedKinds } from "../record/posting.ts";
import { at, exact, int, text, textOrNull, when, type Query, type Row } from "./connection.ts";
import { postingColumns, postingOf } from "./posting-repository.ts";
import { unseenOutages } from "./posting-turn.ts";
import { isAskedAbout, unreadOrderRepository } from "./unread-order-repository.ts";

type OutageRepository = Tx["outages"];
type Unseen = Parameters<OutageRepository["looked"]>[0];

export function outageRepository(query: Query): OutageRepository {
  return {
    ...unreadOrderRepository(query),
    heard: (erp, now, silentMs) => heard(query, erp, now, silentMs),

    async isLost(erp, now, silentMs) {
      const rows = await query.run(
        "outage.lost",
        // what is to come was said by a clock that was set back since
        `select 1 from erp_contact where erp = $1
         and seen_at not between $2::timestamptz - $3 * interval '1 millisecond' and $2::timestamptz + $3 * interval '1 millisecond'`,
        [erp, at(now), silentMs],
      );
      return rows.length > 0;
    },

    unseen: (erp, limit, after) => unseen(query, erp, limit, after),

    async keys(request) {
      const rows = await query.run("outage.keys", "select key from posting where request = $1", [request]);
      return new Set(rows.map((row) => text(row["key"])));
    },

    looked: (unseen, found, now) => looked(query, unseen, found, at(now)),

    async held(requests) {
      const rows = await query.run(
        "outage.held",
        "select distinct request from hand_document where state = 'open' and request = any ($1::text[])",
        [requests],
      );
      return new Set(rows.map((row) => text(row["request"])));
    },

    async open(subject) {
      const rows = await query.run(
        "outage.open",
        `select ${handColumns} from hand_document h where h.state = 'open' and ${handSubjectText} = $1 for update`,
        [subject],
      );
      return rows[0] ? handOf(rows[0]) : null;
    },

    async decide({ erp, kind, document, request }, verdict, command) {
      await query.run(
        "outage.decide",
        `update hand_document set state = $5, command = $6
         where erp = $1 and kind = $2 and document = $3 and request = $4 and state = 'open'`,
        [erp, kind, document, request, verdict, command],
      );
    },

    async waiting(request) {
      const rows = await query.run(
        "outage.waiting",
        `select ${postingColumns} from posting p where p.request = $1 and p.state = any ($2::text[]) order by p.ordinal`,
        [request, waitingStates],
      );
      return rows.map(postingOf);
    },

    async standBack(postings, document) {
      await query.run("outage.stand-back", "update posting set stands_back_for = $2 where id = any ($1::text[])", [
        postings,
        document,
      ]);
    },
  };
}

async function unseen(query: Query, erp: string, limit: number, after: bigint): Promise<readonly Unseen[]> {
  const rows = await query.run(
    "outage.unseen",
    `select p.request, (select min(o.lost_at) ${unseenOutages}) as since, (select max(o.number) ${unseenOutages}) as outage,
     (select bool_or(o.restored) ${unseenOutages}) as restored, min(p.ordinal) as ordinal
     from posting p where p.erp = $1 and p.state = 'planned' and p.kind <> 'order-accepted' and exists (select 1 ${unseenOutages})
     and not ${isAskedAbout}
     group by p.erp, p.request order by min(p.ordinal) <= $3, min(p.ordinal) limit $2`,
    [erp, limit, after],
  );
  return rows.map((row) => ({
    request: text(row["request"]),
    since: when(row["since"]),
    outage: int(row["outage"]),
    ordinal: exact(row["ordinal"]),
    restored: row["restored"] === true,
  }));
}

async function heard(query: Query, erp: string, now: Instant, silentMs: number): ReturnType<OutageRepository["heard"]> {
  const [row] = await query.run("outage.contact", "select seen_at from erp_contact where erp = $1 for update", [erp]);
  await query.run(
    "outage.heard",
    "insert into erp_contact (erp, seen_at) values ($1, $2) on conflict (erp) do update set seen_at = excluded.seen_at",
    [erp, at(now)],
  );
  if (row && Math.abs(now - when(row["seen_at"])) <= silentMs) return null;
  const [ended] = await query.run(
    row ? "outage.end" : "outage.first",
    row ? endText : firstText,
    row ? [erp, at(now), at(when(row["seen_at"]))] : [erp, at(now)],
  );
  return ended ? { lostAt: when(ended["lost_at"]), backAt: now } : null;
}

const endText = `insert into erp_outage (erp, lost_at, back_at, restored) values ($1, least($3::timestamptz, $2), $2, false)
  returning lost_at`;
const firstText = `insert into erp_outage (erp, lost_at, back_at, restored)
  select $1, least(restored_at, $2::timestamptz), $2, true from site_state where restored_at is not null returning lost_at`;

async function looked(
  query: Query,
  { request, outage }: Unseen,
  found: readonly HandDocument[],
  now: string,
): Promise<readonly HandDocument[]> {
  // Delivery holds the row of what it is about to send.
  await query.run(
    "outage.hold",
    "select id from posting where request = $1 and state = 'planned' order by id for update",
    [request],
  );
  const fresh: HandDocument[] = [];
  for (const one of found) {
    const rows = await query.run(
      "outage.found",
      `insert into hand_document (erp, kind, document, request, segment, materials, recorded_at, posting_date, amounts, key, found_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8::date, $9, $10, $11) on conflict do nothing returning document`,
      [
        one.erp,
        one.kind,
        one.document,
        one.request,
        one.segment,
        one.materials,
        at(one.recordedAt),
        one.postingDate,
        one.amounts && toJson(one.amounts),
        one.key,
        now,
      ],
    );
    if (rows.length > 0) fresh.push(one);
  }
  await query.run(
    "outage.looked",
    `insert into order_look (request, looked_at, outage) values ($1, $2, $3)
     on conflict (request) do update set looked_at = excluded.looked_at, outage = greatest(order_look.outage, excluded.outage)`,
    [request, now, outage],
  );
  return fresh;
}

export const handColumns =
  "h.erp, h.kind, h.document, h.request, h.segment, h.materials, h.recorded_at, h.posting_date::text as posting_date, h.amounts, h.key";

/** The subject of the question about document `h`: see `handSubject`. */
export const handSubjectText = "'by-hand/' || h.request || '/' || h.kind || '/' || h.document";

export function handOf(row: Row): HandDocument {
  const kind = owedKinds.find((one) => one === row["kind"]);
  if (!kind) throw new Error(`The database holds a document keyed by hand of the kind "${String(row["kind"])}".`);
  return {
    erp: text(row["erp"]),
    kind,
    document: text(row["document"]),
    request: text(row["request"]),
    segment: text(row["segment"]),
    // The column is text[].
    materials: row["materials"] as readonly string[],
    recordedAt: when(row["recorded_at"]),
    // The column is a date.
    postingDate: textOrNull(row["posting_date"]) as HandDocument["postingDate"],
    amounts: withExactNumbers<HandDocument["amounts"]>(row["amounts"]),
    key: textOrNull(row["key"]),
  };
}
