-- How far the master data of an ERP that is asked for it have been read.
create table master_cursor (
  erp text primary key,
  cursor text not null,
  pulled_at timestamptz not null
);
