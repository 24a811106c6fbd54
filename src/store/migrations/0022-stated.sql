-- What a source has stated, as a chain: a process that reads after another one sees in it whether it has come to the same.
alter table collector add column stated text not null default '';
