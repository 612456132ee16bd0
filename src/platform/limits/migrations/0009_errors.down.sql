drop table limits.errors;
