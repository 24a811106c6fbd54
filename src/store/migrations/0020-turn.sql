-- What is due is found queue by queue, and not by looking at all that waits. A queue: postings of one order and kind that go one
-- after the other anyway, because they share all their lanes and stand in the same sequence.

-- Of texts, which are the same to everybody: `array_to_string` is less sure of itself because it takes values of any type.
-- In this language because the other one would begin anew with each call.
create function queue_of(lanes text[], sequence_key text) returns text language plpgsql immutable parallel safe as $$
begin
  return md5(array_to_string(lanes || sequence_key, '|'));
end $$;

-- By an expression of its own, as in migration 19: no other index of what is planned can be taken instead.
create index posting_turn on posting (erp, request, kind, queue_of(lanes, sequence_key), due_at, ordinal) where lower(state) = 'planned';
