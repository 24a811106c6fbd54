-- Holds the number for what is to be mended until it is here; says nothing.
select 1;
