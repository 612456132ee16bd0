drop function limits.report(uuid, uuid, uuid, text, text[], limits.feature[], limits.reported[]);
drop function limits.charge_all(uuid, uuid, uuid, accounts.key_budget[], limits.feature[], limits.reported[], timestamptz);
drop function limits.charge_reported(uuid, text, limits.rule, bigint, limits.reported[], timestamptz);
drop function limits.window_begins(uuid, text, limits.span, timestamptz);
drop type limits.charged;
drop type limits.reported;
