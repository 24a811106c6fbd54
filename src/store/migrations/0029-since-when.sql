-- Since when the ERP has had the document: `settled_at` goes on with whatever becomes of the posting afterwards.
alter table posting add column confirmed_at timestamptz;

-- Nothing has happened since where nobody has begun to take the document back. Where somebody has: the attempt that the ERP has
-- confirmed says when; else what confirmed it came last, the ERP's answer to a question (`asked_at`) or a person's command.
update posting p set confirmed_at = case
  when p.state = 'confirmed' and not exists (select 1 from posting r where r.reverses = p.id) then coalesce(p.settled_at, p.planned_at)
  else coalesce(
    (select max(a.ended_at) from posting_attempt a where a.posting = p.id and a.outcome = 'confirmed'),
    greatest(p.asked_at, (select c.at from command c where c.id = p.command)),
    (select r.planned_at from posting r where r.reverses = p.id),
    p.settled_at,
    p.planned_at)
  end
where p.document is not null and (p.state in ('confirmed', 'reversing', 'reversed') or exists (select 1 from posting r where r.reverses = p.id));

-- A question is told once for each time that it is asked, which was once for ever: who was told of one that is open has heard of it.
insert into notice_cause (kind, subject, occurrence, at)
select c.kind, c.subject, (extract(epoch from q.asked_at) * 1000)::bigint::text, c.at
from question q join notice_cause c on c.kind = 'question' and c.subject = q.subject and c.occurrence = '' and c.at >= q.asked_at
where q.state = 'open'
on conflict do nothing;
