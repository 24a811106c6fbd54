-- Of a run that goes on over midnight: the posting dates before this one are planned, and are looked at again only when something of
-- them is new. Each batch read all facts of the run that no posting spoke for.
alter table run add column planned_before date;
