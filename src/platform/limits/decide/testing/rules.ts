import fc from 'fast-check';

export const FAILURES = 500;
/** A product with limits of every kind. */
export const PRODUCT = {
  limits: {
    minute: { kind: 'burst', per: 'minute', by: 'account' },
    hourly: { kind: 'burst', per: 'hour', by: 'member' },
    daily: { kind: 'quota', per: 'day', by: 'account' },
    zoned_day: { kind: 'quota', per: 'day', zone: 'account', by: 'account' },
    zoned_week: { kind: 'quota', per: 'week', zone: 'account', by: 'member' },
    zoned_month: { kind: 'budget', per: 'month', zone: 'account', by: 'key' },
    weekly: { kind: 'quota', per: 'week', by: 'subject' },
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    period: { kind: 'quota', per: 'billing_period', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
    period_cost: { kind: 'budget', per: 'billing_period', by: 'member' },
    slide_minute: { kind: 'burst', per: 'minute', by: 'account', sliding: true },
    slide_hour: { kind: 'burst', per: 'hour', by: 'subject', sliding: true },
    pause: { kind: 'cooldown', by: 'subject' },
    own_pause: { kind: 'cooldown', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
    each_at_once: { kind: 'concurrency', by: 'member' },
    coins: { kind: 'credits', per: 'month', by: 'account', rollover: { percent: 50, most: 4 } },
    gems: { kind: 'credits', per: 'billing_period', by: 'account' },
  },
  plans: {
    none: sizes(0),
    small: sizes(1),
    big: { ...sizes(2), cost: Number.MAX_SAFE_INTEGER, daily: Number.MAX_SAFE_INTEGER },
  },
  features: {
    windows: ['minute', 'hourly', 'daily', 'monthly'],
    zones: ['zoned_day', 'zoned_week', 'zoned_month', 'weekly'],
    periods: ['period', 'period_cost', 'daily'],
    money: ['cost', 'zoned_month', 'at_once'],
    slides: ['slide_minute', 'slide_hour'],
    pauses: ['pause', 'own_pause'],
    places: ['at_once', 'each_at_once'],
    purses: ['coins', 'daily', 'gems'],
    narrow: ['hourly'],
  },
  longestSeconds: 600,
} as const;
function sizes(times: number) {
  const units = {
    minute: 4,
    hourly: 6,
    daily: 9,
    zoned_day: 6,
    zoned_week: 9,
    zoned_month: 200,
    weekly: 5,
    monthly: 20,
  };
  const rest = {
    period: 12,
    cost: 150,
    period_cost: 250,
    slide_minute: 5,
    slide_hour: 5,
    at_once: 3,
    each_at_once: 2,
    coins: 7,
    gems: 5,
  };
  const scaled = Object.fromEntries(
    Object.entries({ ...units, ...rest }).map(([name, size]) => [name, size * times]),
  );
  return { ...scaled, pause: times * 20, own_pause: times === 2 ? 0 : times * 5 } as Record<string, number>;
}

const FEATURES = ['use', ...Object.keys(PRODUCT.features)];

export interface Wish {
  readonly feature: string;
  readonly units: number;
  readonly reserve: number;
  readonly least: number;
  readonly member: number;
  readonly key: number;
  readonly subject: string;
  readonly again: number;
  readonly body: string;
  readonly state: 'queued' | 'running';
  readonly provider: string;
  readonly needs: Readonly<Record<string, number>> | undefined;
}
export type Step =
  | { readonly do: 'ask'; readonly wishes: readonly Wish[] }
  | { readonly do: 'pass'; readonly interval: string }
  | { readonly do: 'event'; readonly what: keyof typeof EVENTS };

/** What else happens to an account, as others write it. */
export const EVENTS = {
  close: `update limits.permits set state = 'settled' where id = (select id from limits.permits where account_id = $1 and state in ('queued', 'running') order by id limit 1)`,
  void: `update limits.permits set state = 'voided' where id = (select id from limits.permits where account_id = $1 and state in ('queued', 'running') order by id desc limit 1)`,
  enqueue: `update limits.permits set job_id = id where id = (select id from limits.permits where account_id = $1 and state = 'queued' order by id limit 1)`,
  lend: `update limits.permits set holder = '00000000-0000-7000-8000-000000000001', due_at = app.now() + interval '1 minute' where id = (select id from limits.permits where account_id = $1 and state = 'running' order by id limit 1)`,
  leave: `update limits.permits set holder = gen_random_uuid() where account_id = $1 and state in ('queued', 'running')`,
  answer: `update idempotency.keys set state = 'done', status = 200, answer = '{"a": 1}' where ctid = (select ctid from idempotency.keys where account_id = $1 limit 1)`,
  fail: `select limits.charge($1, 'demo', 'failures', limits.window_start('day', app.now()), 300)`,
  fail_elsewhere: `select limits.charge($1, 'sample', 'failures', limits.window_start('day', app.now()), 300)`,
  top_up: `insert into limits.credits (account_id, id, product, name, source, amount, remaining, expires_at, cause) values ($1, limits.new_id(app.now()), 'demo', 'coins', 'top_up', 4, 4, app.now() + interval '40 minutes', 'test')`,
  gift: `insert into limits.credits (account_id, id, product, name, source, amount, remaining, cause) values ($1, limits.new_id(app.now()), 'demo', 'gems', 'admin', 3, 3, 'test')`,
  suspend: `update accounts.accounts set status = case status when 'active' then 'suspended' else 'active' end where account_id = $1`,
  revoke: `update identity.api_keys set revoked_at = case when revoked_at is null then app.now() end where account_id = $1 and makers <> '{}'`,
  expire: `update identity.api_keys set expires_at = app.now() + interval '30 seconds' where account_id = $1 and makers <> '{}'`,
  end_session: `update identity.sessions set expires_at = app.now() + interval '30 seconds' where user_id in (select user_id from accounts.members where account_id = $1)`,
  govern: `select limits.set_operator_budget(gen_random_uuid(), 'demo', null, 'openai', null, null, (select count(*) % 2 = 1 from limits.permits where account_id = $1))`,
  govern_all: `select limits.set_operator_budget(gen_random_uuid(), null, 'money', null, 'demo.small', null, (select count(*) % 5 = 1 from limits.permits where account_id = $1))`,
  ungovern: `delete from limits.operator_budgets where $1::uuid is not null`,
  shut: `update limits.holders set expires_at = app.now() - interval '1 minute' where $1::uuid is not null`,
  zone: `update accounts.accounts set time_zone = case time_zone when 'UTC' then 'Pacific/Kiritimati' when 'Pacific/Kiritimati' then 'America/Havana' else 'UTC' end where account_id = $1`,
  bigger: '',
  smaller: '',
  nothing: '',
} as const;

const wish: fc.Arbitrary<Wish> = fc.record({
  feature: fc.constantFrom(...FEATURES),
  units: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 1, max: 4 }) },
    { weight: 1, arbitrary: fc.constantFrom(0, 15) },
  ),
  reserve: fc.integer({ min: 0, max: 120 }),
  least: fc.integer({ min: 0, max: 120 }),
  member: fc.integer({ min: 0, max: 1 }),
  key: fc.integer({ min: 0, max: 3 }),
  subject: fc.constantFrom('a', 'b'),
  again: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) },
  ),
  body: fc.constantFrom('one', 'one', 'other'),
  state: fc.constantFrom('queued', 'running'),
  provider: fc.constantFrom('sandbox', 'openai'),
  needs: fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constant({ period_cost: 300, coins: 8, gems: 20 }) },
  ),
});
/** Mostly a crowd that asks for the same, for only then anything is used up. */
const wishes = fc.oneof(
  fc.array(wish, { minLength: 1, maxLength: 1 }),
  fc.array(wish, { minLength: 2, maxLength: 5 }),
  fc
    .tuple(
      wish,
      fc.array(
        fc.record({ units: fc.integer({ min: 1, max: 3 }), reserve: fc.integer({ min: 0, max: 80 }) }),
        { minLength: 1, maxLength: 5 },
      ),
    )
    .map(([one, more]) => [one, ...more.map((other) => ({ ...one, ...other }))]),
);
const INTERVALS = [
  '1 second',
  '7 seconds',
  '31 seconds',
  '3 minutes',
  '50 minutes',
  '13 hours',
  '3 days',
  '35 days',
  '-2 minutes',
  '-4 minutes',
  '-1 day',
  '-40 days',
];
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('ask' as const), wishes }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pass' as const), interval: fc.constantFrom(...INTERVALS) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('event' as const),
      what: fc.constantFrom(...(Object.keys(EVENTS) as (keyof typeof EVENTS)[])),
    }),
  },
);
