-- What of a reserved file's bytes its gauge was charged so far; null: all of them. A file that takes the place of another one is charged
-- what it has more: the rest with the commit that forgets the former.
alter table blobs.blobs add column charged bigint check (charged between 0 and bytes);
