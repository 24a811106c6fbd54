-- What of a sequence is still open. By an expression of its own, so that no other index of open postings can be taken instead: with
-- statistics from before an outage few are expected where there are thousands, and each was compared with all of them.
drop index posting_sequence_open;
create index posting_sequence_open on posting (sequence_key, sequence_number)
  where lower(state) not in ('confirmed', 'dismissed', 'reversed', 'reversing');
