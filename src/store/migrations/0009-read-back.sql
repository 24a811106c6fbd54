-- What a machine held of each set-up value before it was told, and what of a set-up and a job order was read back.
-- Null: nothing was read yet, or it was carried out before this was kept.
alter table instruction add column read_back jsonb;

-- What people were told about an order, for its time line.
create index notice_request on notice (request, raised_at) where request is not null;
create index notice_quarantine on notice (subject) where kind = 'quarantine';
create index notice_question on notice ((split_part(subject, '/', 2))) where kind = 'question';
