-- Identities of samples, facts and movements begin with the second of what happened (ADR 0025). What an older version has stated keeps
-- the names that it has, and what is read again must get the same: per source, what it says from then on is named anew. A machine's
-- clock may go ahead of ours.
alter table collector add column timed_since timestamptz;
update collector c set timed_since = greatest(now(), c.position) + interval '1 day';
