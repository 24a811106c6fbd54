-- What of a machine was kept and not read, newest first: shown with its connection.
create index sample_set_aside_newest on sample_set_aside (source, recorded_at desc);
