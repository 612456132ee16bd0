drop table limits.denials;
