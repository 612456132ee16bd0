delete from limits.alerts where kind = 'tokens';
alter table limits.alerts drop constraint alerts_kind_check,
  add constraint alerts_kind_check check (kind in ('quota', 'credits', 'budget', 'gauge', 'seats'));
