-- Changes of a collection are numbered, and an item has the number of its last one: it grows with each change, and is never given again.
alter table vectors.collections add column revision bigint not null default 1 check (revision > 0);
alter table vectors.items add column revision bigint not null default 1 check (revision > 0);
