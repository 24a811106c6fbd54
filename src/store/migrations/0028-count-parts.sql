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
