-- Who looks after notices was decided by the clocks of the processes: a lease of then may have been renewed hours ahead of the
-- database's clock, which decides now, and nobody would look until then. Its epoch stays: the next one is newer.
update lease set renewed_at = '-infinity' where role = 'notice';
