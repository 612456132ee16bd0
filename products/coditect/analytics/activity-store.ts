import { type AccountId, type Statement, statement } from 'plinth/product';
import type { Level, PatternKind } from '@plinth/memory';

export const METRICS = ['calls', 'cost_micros', 'memory_messages', 'sessions'] as const;
export type Metric = (typeof METRICS)[number];
export type Figures = Readonly<Record<Metric, number>>;

/** Figures of one account in some days. */
export interface TenantRow extends Figures {
  readonly account_id: AccountId;
  readonly name: string;
  readonly active_days: number;
  readonly last_active_on: string | null;
}

/** An account, and its figures of the days on which it did anything. */
export interface SeriesRow {
  readonly account_id: AccountId;
  /** The first day of UTC that it was there all of. */
  readonly since: string;
  readonly days: readonly (Figures & { readonly day: string })[];
}

interface AccountsAsked {
  /** Days of UTC: the first one, and the one after the last. */
  readonly from: string;
  readonly until: string;
  /** From this account on; without it, from the first one. */
  readonly least: string | undefined;
  readonly limit: number;
}

/** The next open accounts by id, with their figures by day. What an account has none of is not read. */
const FIGURES = `
  chosen as materialized (
    select account_id, name, created_at from accounts.accounts
    where deleted_at is null and ($3::uuid is null or account_id >= $3) order by account_id limit $4),
  bounds as (select coditect.day_starts($1::date) as starts, coditect.day_starts($2::date) as ends),
  counted as (
    select u.account_id, u.slot as at, u.calls, u.posted + u.estimated + u.corrections as cost_micros, 0 as memory_messages, 0 as sessions
    from reports.usage(coditect.day_starts($1::date), coditect.day_starts($2::date)) u where u.account_id = any(array(select account_id from chosen))
    union all
    select m.account_id, m.created_at, 0, 0, 1, 0
    from chosen cross join bounds b join coditect.memory_messages m using (account_id) where m.created_at >= b.starts and m.created_at < b.ends
    union all
    select s.account_id, s.started_at, 0, 0, 0, 1
    from chosen cross join bounds b join coditect.licenses l using (account_id)
      join coditect.sessions s on s.license_id = l.id and s.started_at >= b.starts and s.started_at < b.ends),
  figures as (
    select account_id, to_char(at at time zone 'UTC', 'YYYY-MM-DD') as day, sum(calls)::bigint as calls, sum(cost_micros)::bigint as cost_micros,
      sum(memory_messages)::bigint as memory_messages, sum(sessions)::bigint as sessions
    from counted group by 1, 2)`;

const valuesOf = ({ from, until, least, limit }: AccountsAsked) => [from, until, least ?? null, limit];

/** Open accounts in the order of their ids, with zeros where they did nothing. */
export const readTenants = (asked: AccountsAsked): Statement<TenantRow> =>
  statement(
    `with ${FIGURES}
     select c.account_id, c.name, ${METRICS.map((name) => `coalesce(sum(f.${name}), 0)::bigint as ${name}`).join(', ')},
       count(f.day)::integer as active_days, max(f.day) as last_active_on
     from chosen c left join figures f using (account_id) group by c.account_id, c.name order by c.account_id`,
    valuesOf(asked),
  );

export const readSeries = (asked: AccountsAsked): Statement<SeriesRow> =>
  statement(
    `with ${FIGURES}
     select c.account_id, to_char((c.created_at at time zone 'UTC')::date + 1, 'YYYY-MM-DD') as since,
       coalesce(jsonb_agg(to_jsonb(f) - 'account_id') filter (where f.day is not null), '[]') as days
     from chosen c left join figures f using (account_id) group by c.account_id, c.created_at order by c.account_id`,
    valuesOf(asked),
  );

/** All accounts: the present day of UTC until now, and what goes on at this instant. */
export interface NowRow extends Figures {
  readonly at: Date;
  readonly running_sessions: number;
  /** Accounts with a call today. */
  readonly calling_accounts: number;
}

export const readNow = statement<NowRow>(
  `with day as materialized (select coditect.day_starts((app.now() at time zone 'UTC')::date) as starts),
   used as (
     select coalesce(sum(u.calls), 0)::bigint as calls, coalesce(sum(u.posted + u.estimated + u.corrections), 0)::bigint as cost_micros,
       count(distinct u.account_id)::integer as calling_accounts
     from day d cross join lateral reports.usage(d.starts, app.now()) u),
   said as (
     select count(*)::bigint as memory_messages from day d join coditect.memory_messages m on m.created_at >= d.starts),
   seated as (
     select count(*) filter (where s.started_at >= d.starts)::bigint as sessions,
       count(*) filter (where s.ended_at is null or s.ended_at > app.now())::integer as running_sessions
     from day d cross join lateral coditect.sessions_between(d.starts, app.now()) s)
   select app.now() as at, u.calls, u.cost_micros, m.memory_messages, s.sessions, s.running_sessions, u.calling_accounts
   from used u cross join said m cross join seated s`,
  [],
);

/** The bounds of days that are over; without them, the last seven. */
export const daysOver = (asked: {
  readonly from: string | undefined;
  readonly until: string | undefined;
}): Statement<{ from: string; until: string; first_week: string }> =>
  statement(
    `select to_char(d.starts, 'YYYY-MM-DD') as "from", to_char(d.ends, 'YYYY-MM-DD') as until, to_char(d.starts - 56, 'YYYY-MM-DD') as first_week
     from (select (app.now() at time zone 'UTC')::date as today) n
       cross join lateral (select least(coalesce($2::date, n.today), n.today) as ends) e
       cross join lateral (select coalesce($1::date, e.ends - 7) as starts, e.ends) d`,
    [asked.from ?? null, asked.until ?? null],
  );

/** One that a day's value of a metric is made of; what it has no such thing as is null. */
export interface CauseRow {
  readonly user_id: string | null;
  readonly feature: string | null;
  readonly model: string | null;
  readonly session_id: string | null;
  readonly machine_id: string | null;
  readonly value: number;
}

const used = (sum: string) =>
  `select u.user_id, u.product || '.' || u.feature as feature, u.model, null::uuid as session_id, null::uuid as machine_id, ${sum}::bigint as value
   from reports.usage(a.starts, a.ends) u where u.account_id = a.account_id group by 1, 2, 3`;
const CAUSES: Readonly<Record<Metric, string>> = {
  calls: used('sum(u.calls)'),
  cost_micros: used('sum(u.posted + u.estimated + u.corrections)'),
  memory_messages: `select s.author_id as user_id, null as feature, null as model, m.session_id, null::uuid as machine_id, count(*)::bigint as value
    from coditect.memory_messages m join coditect.memory_sessions s on s.account_id = m.account_id and s.id = m.session_id
    where m.account_id = a.account_id and m.created_at >= a.starts and m.created_at < a.ends group by s.author_id, m.session_id`,
  sessions: `select s.user_id, null as feature, null as model, null::uuid as session_id, s.machine_id, count(*)::bigint as value
    from coditect.licenses l join coditect.sessions s on s.license_id = l.id and s.started_at >= a.starts and s.started_at < a.ends
    where l.account_id = a.account_id group by s.user_id, s.machine_id`,
};
const MOST_CAUSES = 10;

/** Causes of a metric's values, the largest first; `place` says of which account and day. */
export const readCauses = (
  metric: Metric,
  of: readonly { readonly account_id: AccountId; readonly day: string }[],
): Statement<{ place: number; cause: CauseRow }> =>
  statement(
    `select a.place::integer, to_jsonb(c) as cause
     from (select o.account_id, o.place, coditect.day_starts(o.day::date) as starts, coditect.day_starts(o.day::date + 1) as ends
       from unnest($1::uuid[], $2::text[]) with ordinality as o (account_id, day, place)) a
     cross join lateral (select * from (${CAUSES[metric]}) x where x.value > 0
       order by x.value desc, x.user_id, x.feature, x.model, x.session_id, x.machine_id limit ${MOST_CAUSES}) c
     order by a.place, c.value desc, c.user_id, c.feature, c.model, c.session_id, c.machine_id`,
    [of.map(({ account_id: id }) => id), of.map(({ day }) => day)],
  );

export interface PatternCount {
  readonly kind: PatternKind;
  readonly level: Level;
  readonly patterns: number;
  readonly accounts: number;
  readonly occurrences: number;
}

/** How many patterns there are of each kind and level, in how many accounts, and how often they occur. */
export const countPatterns: Statement<PatternCount> = statement(
  `select p.kind, p.level, count(*)::integer as patterns, count(distinct p.account_id)::integer as accounts, sum(c.occurrences)::bigint as occurrences
   from coditect.patterns p cross join lateral (
     select count(*) as occurrences from coditect.pattern_sources x where x.account_id = p.account_id and x.pattern_id = p.id) c
   group by p.kind, p.level order by p.kind, p.level`,
);
