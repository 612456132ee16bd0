drop function limits.take_rates(text[], integer[], integer[], integer[]);
drop table limits.rates;
