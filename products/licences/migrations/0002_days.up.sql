-- What a licence was used for on a day of UTC that is over: what is asked of a year must not read each session of it.
create table coditect.days (
  account_id uuid not null,
  license_id uuid not null,
  day date not null,
  -- Its seats when the day ended, and those that were taken at once at most.
  seats integer not null,
  seats_used integer not null,
  -- Subscriptions in effect when the day ended; of these, those that are tried.
  subscriptions integer not null,
  trials integer not null,
  -- Sessions that began; that ended, and the microseconds that these had lasted; and the microseconds of all of them on this day.
  sessions integer not null,
  ended integer not null,
  ended_us bigint not null,
  worked_us bigint not null,
  -- Acquires for which no seat was free.
  denials integer not null,
  created_at timestamptz not null default app.now(),
  primary key (account_id, day),
  foreign key (account_id, license_id) references coditect.licenses (account_id, id) on delete cascade
);
create index days_by_day on coditect.days (day);
call app.protect_tenant('coditect.days');

-- Days whose rows are written.
create table coditect.rolled_days (
  day date primary key,
  created_at timestamptz not null default app.now()
);
call app.protect_system('coditect.rolled_days');

-- Acquires of one commit for which no seat was free. A row is appended and never changed, so that nobody waits for it; gone when its day is written.
create table coditect.denials (
  account_id uuid not null,
  id uuid not null,
  license_id uuid not null,
  denied integer not null check (denied > 0),
  created_at timestamptz not null default app.now(),
  primary key (account_id, id),
  foreign key (account_id, license_id) references coditect.licenses (account_id, id) on delete cascade
);
create index denials_by_time on coditect.denials (created_at);
call app.protect_tenant('coditect.denials');

-- Those that ended on a day, and those that go on.
create index sessions_by_end on coditect.sessions (ended_at);
