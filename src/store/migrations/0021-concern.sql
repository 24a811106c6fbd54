-- Of a run that goes on over midnight: the posting dates before this one are planned, and are looked at again only when something of
-- them is new. Each batch read all facts of the run that no posting spoke for.
alter table run add column planned_before date;

-- Which orders are about a material: those that make it or list it, by their own words, and those of which something was posted
-- that names it. What a posting names never changes, so this is only added to.
create index operations_request_product on operations_request ((body ->> 'material'));
create index operations_request_component on operations_request using gin (jsonb_path_query_array(body, '$.segments[*].materials[*].material'));

create table posted_material (
  material text not null,
  request text not null references operations_request,
  primary key (material, request)
);

create function keep_posted_material() returns trigger language plpgsql as $$
begin
  insert into posted_material (material, request)
  select distinct m #>> '{stock,material}', new.request from jsonb_array_elements(new.content #> '{response,segment,materials}') m
  where m #>> '{stock,material}' is not null order by 1 on conflict do nothing;
  return null;
end $$;
create trigger posted_material_is_kept after insert on posting for each row
  when (jsonb_array_length(new.content #> '{response,segment,materials}') > 0) execute function keep_posted_material();

insert into posted_material (material, request)
select distinct m #>> '{stock,material}', p.request
from posting p, jsonb_array_elements(p.content #> '{response,segment,materials}') m where m #>> '{stock,material}' is not null;
