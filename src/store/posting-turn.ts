/**
 * Whose turn it is: the statement that finds what may be sent next, queue by queue. What becomes of it is in
 * `posting-repository.ts`.
 */
import { longestWaitMs } from "../record/posting.ts";

/** Its time has come; or it lies so far ahead that a clock must have been set back since it was written. */
export const isDue = (column: string, now: string): string =>
  `(${column} <= ${now} or ${column} > ${now}::timestamptz + interval '${longestWaitMs} milliseconds')`;

/** Outages since which the documents of the order of posting `p` were not read: while there is one, nothing of it goes out. */
export const unseenOutages = `from erp_outage o where o.erp = p.erp and o.number >
  coalesce((select k.outage from order_look k where k.request = p.request), 0)`;

const planned = "w.erp = $1 and lower(w.state) = 'planned'";
const place = "w.request, w.kind, queue_of(w.lanes, w.sequence_key)";
const queueColumns = `w.erp, ${place}, w.lanes, w.sequence_key`;
const mayGo = `${isDue("w.due_at", "$2")} and (w.closes is null or not exists (
       select 1 from posting q where q.request = w.request and q.segment = any (w.closes) and q.id <> w.id
       and q.state not in ('confirmed', 'dismissed', 'reversed')))`;

/** Of queue `p`: the earliest; where it stands in a sequence the first of what is open in that, and no other. */
const firstOfQueue = `(select w.id from posting w where p.sequence_key is null and ${planned} and (${place}) = (p.request, p.kind, p.name)
       and ${mayGo} order by w.due_at, w.ordinal limit 1)
     union all
     select w.id from (select * from posting q where q.sequence_key = p.sequence_key
         -- as its index says it: posting_sequence_open
         and lower(q.state) not in ('confirmed', 'dismissed', 'reversed', 'reversing') order by q.sequence_number limit 1) w
       where ${planned} and (${place}) = (p.request, p.kind, p.name) and ${mayGo}`;

/**
 * The queues in order of their orders, each found from the one before, until there are enough postings. What is planned is
 * named as the index `posting_turn` names it. `from` is not said of those that follow: the index would be read from there
 * again for each. Found in order of time, each claim looked at everything that waits.
 */
export const dueText = (
  columns: string,
  from: string,
  to: string,
): string => `with recursive queue (erp, request, kind, name, lanes, sequence_key) as (
     (select ${queueColumns} from posting w where ${planned} and ${from} order by ${place} limit 1)
     union all
     select next.* from queue p, lateral (select ${queueColumns} from posting w
       where ${planned} and ${to} and (${place}) > (p.request, p.kind, p.name) order by ${place} limit 1) next)
   select held.* from (
     select first.id from queue p, lateral (${firstOfQueue}) first
     -- read once, and not for each queue: a plan from a time when nothing was on its way would read them all each time
     where (select bool_or(own.key in (select key from lane)) from unnest(p.lanes) own (key)) is not true
     and (p.kind = 'order-accepted' or not exists (select 1 ${unseenOutages})
       and (select 1 from hand_document h where h.request = p.request and h.state = 'open' limit 1) is null) limit $3) found,
     -- one by one: a join would be planned while the table is small, and kept
     lateral (select ${columns}, p.ordinal from posting p where p.id = found.id offset 0 for update of p skip locked) held
   order by held.request, held.due_at, held.ordinal`;
