-- Holds the number for the decisions of people about finals until they are here; says nothing.
select 1;
