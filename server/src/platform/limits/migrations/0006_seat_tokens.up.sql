-- Each renewal answers with the number of a token, and the next one shows it: whoever shows one from before the last that was used is a copy.
alter table limits.seats
  -- The token that was used last; those from the first to the last were handed out for it, and not used yet.
  add column used_token integer not null default 0,
  add column first_token integer not null default 1,
  add column last_token integer not null default 1;
