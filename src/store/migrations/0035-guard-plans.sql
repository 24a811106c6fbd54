-- What a guard looks up it finds by its key. A plan is kept, and of a table that has few pages at that moment it reads all of them: few
-- lanes are ever held, so whatever was sent was compared with all of them and with what was left of those before.
-- Functions only: no table is locked, and an older release that still runs goes on.

-- As before, but what the posting holds is looked up once, and not lane by lane.
create or replace function refuse_out_of_turn() returns trigger language plpgsql set enable_seqscan = off as $$
declare
  broken text := case
    when not new.lanes <@ array(select l.key from lane l where l.posting = new.id) then 'lanes_are_held'
    when exists (select 1 from posting q
      where q.sequence_key = new.sequence_key and q.sequence_number < new.sequence_number
      -- as its index says it: posting_sequence_open
      and lower(q.state) not in ('confirmed', 'dismissed', 'reversed', 'reversing')) then 'numbers_go_in_order' end;
begin
  if broken is not null then
    raise exception 'Posting % is sent before its turn: %.', new.id, broken using errcode = '23514', constraint = broken;
  end if;
  return new;
end $$;

alter function refuse_after_final() set enable_seqscan = off;
alter function refuse_further_lines() set enable_seqscan = off;
alter function refuse_before_hand() set enable_seqscan = off;
alter function refuse_freeing() set enable_seqscan = off;
alter function book_movements() set enable_seqscan = off;
