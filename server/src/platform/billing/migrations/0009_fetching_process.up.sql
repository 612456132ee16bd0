-- Which process reads an object, so that nobody waits for one that is dead.

-- The holder that the fetch under way belongs to; null: none is under way, or an older version began it, and its lease alone ends it.
alter table billing.wants add column holder uuid;
create index wants_held on billing.wants (store, mode) where holder is not null;
