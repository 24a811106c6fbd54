/** The books of an order over PostgreSQL, each read in one read-only snapshot. Sums are made where the facts are. */
import { withExactNumbers } from "../../base/json.ts";
import type { BooksStore, BooksView, OrderScope, StatedFact } from "../../flows/view/books-view.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import { owedKinds, type OwedKind, type PostingContent } from "../../record/posting.ts";
import {
  at,
  exact,
  int,
  text,
  textOrNull,
  when,
  whenOrNull,
  type Database,
  type Query,
  type Row,
} from "../connection.ts";
import { spokenFor } from "../fact-repository.ts";
import { postingKindOf, postingStateOf } from "../posting-repository.ts";

type OrderRecord = NonNullable<Awaited<ReturnType<BooksView["books"]>>>["record"];

export function postgresBooks(database: Database): BooksStore {
  return {
    read: (work) =>
      database.transaction(async (query) => {
        query.post("books.snapshot", "set transaction isolation level repeatable read, read only");
        return work(booksView(query));
      }),
  };
}

function booksView(query: Query): BooksView {
  const stamp = (request: string): Promise<string> => stampOf(query, request);
  return {
    async find(number) {
      const rows = await query.run(
        "books.find",
        "select id from operations_request where id = $1 or ltrim(number, '0') = ltrim($1, '0') order by id",
        [number],
      );
      return rows.map((row) => text(row["id"]));
    },

    orders: (scope, after, limit) => orders(query, scope, after, limit),

    async books(request) {
      const [row] = await query.run("books.request", "select body from operations_request where id = $1", [request]);
      if (!row) return null;
      const [stated, packed, postings, ledger, version] = await Promise.all([
        statedSums(query, request),
        packedSums(query, request),
        keptPostings(query, request),
        ledgerSums(query, request),
        stamp(request),
      ]);
      return {
        request: withExactNumbers<OperationsRequest>(row["body"]),
        record: { stated, packed, postings, ledger },
        stamp: version,
      };
    },

    stamp,

    facts: (request, most) => facts(query, request, most),
  };
}

async function stampOf(query: Query, request: string): Promise<string> {
  const [row] = await query.run(
    "books.stamp",
    "select count(*) || '/' || coalesce(sum(version), 0) as stamp from posting where request = $1",
    [request],
  );
  return text(row?.["stamp"]);
}

/**
 * Orders that are named by something of the day, or since. Each condition reads what it names by its time, so that what is read
 * grows with the day, and not with all orders and facts that there are. What happened counts by our own clock: what is
 * found late is compared late.
 */
async function orders(
  query: Query,
  { orders: ids, day, material, since }: OrderScope,
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const values: unknown[] = [after, limit];
  const put = (value: unknown, type: string): string => `$${values.push(value)}::${type}`;
  const conditions = new Map<string, string>();
  if (ids) conditions.set("ids", `r.id = any (${put(ids, "text[]")})`);
  if (day) {
    const [from, to] = [put(at(day.from), "timestamptz"), put(at(day.to), "timestamptz")];
    conditions.set("day", `r.id in (${ofDay(put(day.date, "text"), from, to)})`);
  }
  if (material !== null) conditions.set("material", `r.id in (${ofMaterial(put(material, "text"))})`);
  if (since !== null) conditions.set("since", `r.id in (${changedSince(put(at(since), "timestamptz"))})`);
  const rows = await query.run(
    ["books.orders", ...conditions.keys()].join("."),
    `select r.id from operations_request r where ${["r.id > $1", ...conditions.values()].join(" and ")} order by r.id limit $2`,
    values,
  );
  return rows.map((row) => text(row["id"]));
}

const ofDay = (date: string, from: string, to: string): string =>
  `select request from posting where content #>> '{response,dates,postingDate}' = ${date}
   union select request from posting where planned_at >= ${from} and planned_at < ${to}
   union select j.request from (select distinct run from fact where event_at >= ${from} and event_at < ${to}) f
     join run u on u.id = f.run join job_order j on j.id = u.job_order`;

/** What makes it, lists it, or had it posted. Each as its index says it. */
const ofMaterial = (material: string): string =>
  `select id from operations_request where body ->> 'material' = ${material}
   union select id from operations_request where jsonb_path_query_array(body, '$.segments[*].materials[*].material') ? ${material}
   union select request from posted_material where material = ${material}`;

/** The states are named as the partial indexes name them: together they are all of a document that is open. */
const changedSince = (since: string): string =>
  `select id from operations_request where accepted_at >= ${since}
   union select request from posting where planned_at >= ${since}
   union select request from posting where settled_at >= ${since}
   union select request from posting where state = 'planned'
   union select request from posting where state in ('sending', 'in-doubt', 'refused', 'needs-person')
   union select request from posting where state = 'reversing'
   union select j.request from run u join job_order j on j.id = u.job_order where u.started_at >= ${since}
   union select j.request from run u join job_order j on j.id = u.job_order where u.ended_at >= ${since}
   union select j.request from run u join job_order j on j.id = u.job_order where u.ended_at is null`;

/**
 * The order's runs with their operations. Here and below what belongs to one row is read for that row, whatever the tables' sizes
 * were when the plan was made: as joins all runs and all movements of the plant were read for the books of one order.
 */
const ownRuns = `own as materialized (select u.id, j.segment from job_order j,
    lateral (select id from run where job_order = j.id offset 0) u where j.request = $1)`;
const factsOfRuns = "own o, lateral (select * from fact where run = o.id offset 0) f";

/** Facts of the order's runs with the operation, and what they state; what is taken back counts negative. */
const statements = `with ${ownRuns}, stated as (
    select o.segment, f.id, f.event_at, f.source, f.kind, f.body, s.body as said, (s.body #>> '{quantity,uom}') as uom,
      (s.body #>> '{quantity,micro}')::bigint * (case when f.kind = 'Corrected' then -1 else 1 end) as micro,
      regexp_replace(f.rule, '\\|((load|open):[0-9a-ft]{32}|short)$', '') as rule
    from ${factsOfRuns},
      lateral (select case when f.kind = 'Corrected' then f.body -> 'was' else f.body end as body) s
    where s.body ->> 'kind' in ('UnitsCounted', 'MaterialConsumed'))`;

/**
 * What is stated for a kind of document, each with the key of the posting that speaks for it. Nearly always that is one of the
 * order's own, and those are read as a whole: where the line of a fact stands among all lines says nothing, and to look each up
 * cost the more the more lines there were. Both sides in full, because then the database can neither compare each fact with
 * each line nor is left to; a line of a fact that is not the order's falls away.
 */
const spoken = (kind: OwedKind): string =>
  `(select f.*, coalesce(f.own, other.key) as key from (
      select s.*, n.key as own from (select * from stated where ${spokenFor[kind]}) s
      full join (
        select l.fact, p.key from posting p,
          lateral (select fact from posting_line where posting = p.id and kind = '${kind}' and active offset 0) l
        where p.request = $1) n on n.fact = s.id
      offset 0) f
    left join lateral (select p.key from posting_line l join posting p on p.id = l.posting
      where f.own is null and l.fact = f.id and l.kind = '${kind}' and l.active offset 0) other on true
    where f.id is not null)`;

async function statedSums(query: Query, request: string): Promise<OrderRecord["stated"]> {
  const sums: OrderRecord["stated"][number][] = [];
  for (const kind of owedKinds) {
    const rows = await query.run(
      `books.stated.${kind}`,
      `${statements}
       select s.segment, s.said ->> 'grade' as grade, s.said ->> 'material' as material, s.said ->> 'lot' as lot,
         case when s.rule ~ '^(corrected:)?bill:' then regexp_replace(s.rule, '^(corrected:)?bill:', '') end as named,
         s.uom, s.key, sum(s.micro)::bigint as micro, count(*)::integer as facts, min(s.event_at) as first_at
       from ${spoken(kind)} s
       group by 1, 2, 3, 4, 5, 6, 7 order by 1, 2, 3, 4, 5, 6, 7`,
      [request],
    );
    sums.push(...rows.map((row) => statedOf(row, kind)));
  }
  return sums;
}

function statedOf(row: Row, kind: OwedKind): OrderRecord["stated"][number] {
  const grade = textOrNull(row["grade"]);
  return {
    kind,
    segment: text(row["segment"]),
    grade: grade === "good" || grade === "scrap" || grade === "rework" ? grade : null,
    material: textOrNull(row["material"]),
    lot: textOrNull(row["lot"]),
    named: textOrNull(row["named"]),
    quantity: { micro: exact(row["micro"]), uom: text(row["uom"]) },
    posting: textOrNull(row["key"]),
    facts: int(row["facts"]),
    firstAt: when(row["first_at"]),
  };
}

/** Good pieces and packed ones by operation and work unit; of work units that never packed, too. */
async function packedSums(query: Query, request: string): Promise<OrderRecord["packed"]> {
  const rows = await query.run(
    "books.packed",
    `with ${ownRuns}
     select o.segment, f.work_unit, s.body #>> '{quantity,uom}' as uom,
       coalesce(sum(n.micro) filter (where s.body ->> 'kind' = 'UnitsCounted'), 0)::bigint as good,
       coalesce(sum(n.micro) filter (where s.body ->> 'kind' = 'UnitPacked'), 0)::bigint as packed,
       (count(*) filter (where s.body ->> 'kind' = 'UnitPacked'))::integer as facts,
       coalesce(max(f.event_at) filter (where s.body ->> 'kind' = 'UnitPacked'), min(f.event_at)) as since
     from ${factsOfRuns},
       lateral (select case when f.kind = 'Corrected' then f.body -> 'was' else f.body end as body) s,
       lateral (select (s.body #>> '{quantity,micro}')::bigint * (case when f.kind = 'Corrected' then -1 else 1 end) as micro) n
     where s.body ->> 'kind' = 'UnitPacked' or s.body ->> 'kind' = 'UnitsCounted' and s.body ->> 'grade' = 'good'
     group by 1, 2, 3 order by 1, 2, 3`,
    [request],
  );
  return rows.map((row) => {
    const uom = text(row["uom"]);
    return {
      segment: text(row["segment"]),
      workUnit: text(row["work_unit"]),
      good: { micro: exact(row["good"]), uom },
      packed: { micro: exact(row["packed"]), uom },
      facts: int(row["facts"]),
      since: when(row["since"]),
    };
  });
}

async function keptPostings(query: Query, request: string): Promise<OrderRecord["postings"]> {
  const rows = await query.run(
    "books.postings",
    `select p.key, p.kind, p.state, p.parked, p.content, p.document, p.stands_back_for, p.planned_at, p.settled_at,
       p.fault ->> 'message' as fault, exists (select 1 from posting_line l where l.posting = p.id and l.active) as speaks
     from posting p where p.request = $1 order by p.ordinal`,
    [request],
  );
  return rows.map((row) => ({
    key: text(row["key"]),
    kind: postingKindOf(row["kind"]),
    state: postingStateOf(row["state"]),
    parked: row["parked"] === true,
    content: withExactNumbers<PostingContent>(row["content"]),
    speaks: row["speaks"] === true,
    document: textOrNull(row["document"]),
    standsBackFor: textOrNull(row["stands_back_for"]),
    plannedAt: when(row["planned_at"]),
    settledAt: whenOrNull(row["settled_at"]),
    fault: textOrNull(row["fault"]),
  }));
}

/** What a movement takes back counts where the movement that it takes back did. */
async function ledgerSums(query: Query, request: string): Promise<OrderRecord["ledger"]> {
  const rows = await query.run(
    "books.ledger",
    `with ${ownRuns}
     select case k.kind when 'MaterialConsumed' then 'issue' else 'receipt' end as aspect, m.material, m.lot, m.uom,
       sum(m.micro * (case when m.to_account = 'world:production' then 1 else -1 end)
         * (case k.kind when 'MaterialConsumed' then 1 else -1 end))::bigint as micro
     from ${factsOfRuns}, lateral (select * from movement where fact = f.id offset 0) m
       left join lateral (select g.kind, g.body from movement b join fact g on g.id = b.fact where b.id = m.corrects offset 0) g on true,
       lateral (select coalesce(g.body #>> '{was,kind}', g.kind, f.body #>> '{was,kind}', f.kind) as kind) k
     where k.kind in ('MaterialConsumed', 'UnitsCounted') and 'world:production' in (m.from_account, m.to_account)
       and 'world:scrap' not in (m.from_account, m.to_account)
     group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
    [request],
  );
  return rows.map((row) => ({
    aspect: text(row["aspect"]) === "issue" ? "issue" : "receipt",
    material: text(row["material"]),
    lot: textOrNull(row["lot"]),
    quantity: { micro: exact(row["micro"]), uom: text(row["uom"]) },
  }));
}

async function facts(query: Query, request: string, most: number): Promise<readonly StatedFact[]> {
  const found: StatedFact[] = [];
  for (const kind of owedKinds) {
    const rows = await query.run(
      `books.facts.${kind}`,
      `${statements}
       select * from (
         select s.key, s.id, s.event_at, s.source, s.segment, coalesce(s.said ->> 'grade', s.said ->> 'material') as what, s.uom, s.micro,
           s.rule ~ '^(corrected:)?bill:' as by_bill,
           row_number() over (partition by s.key, s.rule ~ '^(corrected:)?bill:' order by s.event_at, s.id) as place
         from ${spoken(kind)} s) shown
       where place <= $2 order by key, event_at, id`,
      [request, most],
    );
    found.push(
      ...rows.map((row) => ({
        kind,
        posting: textOrNull(row["key"]),
        id: text(row["id"]),
        at: when(row["event_at"]),
        source: text(row["source"]),
        segment: text(row["segment"]),
        what: text(row["what"]),
        isByBill: row["by_bill"] === true,
        quantity: { micro: exact(row["micro"]), uom: text(row["uom"]) },
      })),
    );
  }
  return found;
}
