-- Pieces may be counted in a unit that the order's unit cannot say in whole millionths. What each count left over was dropped: a
-- dozen counted one by one was 0.999996 dozen. From here on it is kept beside the amount, as a part of a millionth for each grade
-- that has one: {"good": {"numerator": "1", "denominator": "3"}}.
alter table job_order add column count_parts jsonb not null default '{}';

-- Of anything else the amount would not be the next lower whole one.
alter table job_order add constraint count_parts_are_parts check (
  ((count_parts #>> '{good,numerator}')::numeric > 0 and (count_parts #>> '{good,numerator}')::numeric < (count_parts #>> '{good,denominator}')::numeric
    or count_parts -> 'good' is null)
  and ((count_parts #>> '{scrap,numerator}')::numeric > 0 and (count_parts #>> '{scrap,numerator}')::numeric < (count_parts #>> '{scrap,denominator}')::numeric
    or count_parts -> 'scrap' is null)
  and ((count_parts #>> '{rework,numerator}')::numeric > 0 and (count_parts #>> '{rework,numerator}')::numeric < (count_parts #>> '{rework,denominator}')::numeric
    or count_parts -> 'rework' is null));

-- A version that held an order was taken over whatever it asked for: of an operation that asks for nothing no count can be read. Such
-- an operation asks for what its job orders ask for, until the ERP says more.
update operations_request r set body = jsonb_set(r.body, '{segments}', (
  select jsonb_agg(case when (s.segment #>> '{quantity,micro}')::numeric > 0 then s.segment
      else jsonb_set(s.segment, '{quantity,micro}', to_jsonb(coalesce(
        (select sum(j.quantity_micro) from job_order j where j.request = r.id and j.segment = s.segment ->> 'id'), 1000000)::text)) end
    order by s.place)
  from jsonb_array_elements(r.body -> 'segments') with ordinality as s (segment, place)))
where jsonb_path_exists(r.body, '$.segments[*].quantity ? (@.micro.double() <= 0)');

alter table operations_request add constraint operations_ask_for_something
  check (not jsonb_path_exists(body, '$.segments[*].quantity ? (@.micro.double() <= 0)'));

-- What a person was asked about while the ERP had ended an order is corrected when the order is released again.
create index correction_asked on correction (request) where state = 'asked';
