-- What is kept of a source is numbered one after the other (`collector.ordinal` is the last number). The number was made of the place
-- in the buffer, and each turn of two processes that read the same machine took 2^40 of them: from the 8,192nd on it was no number
-- that a program reads exactly, and what had been kept could not be read any more.
alter table collector add column ordinal bigint;
update collector set ordinal = generation * 1099511627776 + seq where generation < 8192;

-- Of a source that is beyond: its last number that is read exactly.
create table exact_place as
select c.source, greatest(0,
  (select max(b.ordinal) from sample_batch b where b.source = c.source and b.ordinal <= 9007199254740991),
  (select max(k.ordinal) from collector_checkpoint k where k.source = c.source and k.ordinal <= 9007199254740991),
  (select max(d.ordinal) from collector_day d where d.source = c.source and d.ordinal <= 9007199254740991)) as last
from collector c where c.ordinal is null;

-- On two days the same number may stand: it was rounded.
create table renumbered as
select b.source, b.recorded_on, b.ordinal as was,
  e.last + row_number() over (partition by b.source order by b.ordinal, b.recorded_on) as is
from exact_place e join sample_batch b on b.source = e.source and b.ordinal > 9007199254740991;

-- A checkpoint was taken with the first batch of its number: one that has the same is read again, and what is read twice is a double.
create table moved_checkpoint as
select k.source, k.ordinal as was, coalesce(
  (select min(r.is) from renumbered r where r.source = k.source and r.was = k.ordinal),
  (select max(r.is) from renumbered r where r.source = k.source and r.was < k.ordinal), e.last) as is
from exact_place e join (select source, ordinal from collector_checkpoint union select source, ordinal from collector_day) k
  on k.source = e.source and k.ordinal > 9007199254740991;

update collector_checkpoint k set ordinal = m.is from moved_checkpoint m where (m.source, m.was) = (k.source, k.ordinal);
update collector_day d set ordinal = m.is from moved_checkpoint m where (m.source, m.was) = (d.source, d.ordinal);
update sample_batch b set ordinal = r.is from renumbered r where (r.source, r.was, r.recorded_on) = (b.source, b.ordinal, b.recorded_on);
update collector c set ordinal = greatest(e.last, (select max(r.is) from renumbered r where r.source = c.source))
from exact_place e where e.source = c.source;
drop table moved_checkpoint, renumbered, exact_place;

-- What is kept is numbered up to here, so this bounds all of it.
alter table collector alter column ordinal set not null, drop column generation,
  add constraint ordinal_is_exact check (ordinal between 0 and 9007199254740991);
