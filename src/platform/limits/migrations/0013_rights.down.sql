-- The functions go with the migrations that made them.
select;
