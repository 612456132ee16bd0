-- Tokens of a key are alerted as its money is: a kind of their own, for they are held as a reserve is.
alter table limits.alerts drop constraint alerts_kind_check,
  add constraint alerts_kind_check check (kind in ('quota', 'credits', 'budget', 'tokens', 'gauge', 'seats'));
