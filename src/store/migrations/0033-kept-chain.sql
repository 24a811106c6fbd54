-- Kept batches of a source are a chain: each names the one before it (0: none), and the cursor names the last. So rows that are gone
-- are noticed when the memory of a machine is made from them. Null where they were kept before this was noted.
alter table sample_batch add column follows bigint;
alter table collector add column kept bigint;
