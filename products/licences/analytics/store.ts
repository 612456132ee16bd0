import { statement } from 'plinth/product';

/** Licences of all accounts and their use on a day of UTC. */
export interface DayRow {
  readonly day: string;
  readonly sign_ups: number;
  readonly licenses_issued: number;
  readonly active_subscriptions: number;
  readonly trials: number;
  readonly seats: number;
  readonly seats_used: number;
  readonly sessions: number;
  readonly sessions_ended: number;
  readonly ended_us: number;
  readonly worked_us: number;
  readonly denials: number;
}

/** Writes down the next day that is over. Answers whether there was one. */
export const rollDay = statement<{ rolled: boolean }>('select coditect.roll_day() as rolled', []);

/** Days from one on and before another, of those that have begun, the newest first: up to so many before a day, each with a row. */
export const readDays = (asked: {
  readonly from: string;
  readonly until: string;
  readonly after: string | undefined;
  readonly limit: number;
}) =>
  statement<DayRow>(
    `with asked as (
       select day::date as day, to_char(day, 'YYYY-MM-DD') as name
       from generate_series($1::timestamp, least($2::timestamp - interval '1 day', app.now() at time zone 'UTC'), interval '1 day') as day
       where $3::text is null or to_char(day, 'YYYY-MM-DD') collate "C" < $3 order by day desc limit $4),
     figures as (
       select a.day, d.seats, d.seats_used, d.subscriptions, d.trials, d.sessions, d.ended, d.ended_us, d.worked_us, d.denials
       from asked a join coditect.days d on d.day = a.day
       union all
       select a.day, f.seats, f.seats_used, f.subscriptions, f.trials, f.sessions, f.ended, f.ended_us, f.worked_us, f.denials
       from asked a cross join lateral coditect.figures_of(a.day) f where not exists (select from coditect.rolled_days r where r.day = a.day)),
     sums as (
       select day, sum(seats) as seats, sum(seats_used) as seats_used, sum(subscriptions) as subscriptions, sum(trials) as trials, sum(sessions) as sessions,
         sum(ended) as ended, sum(ended_us) as ended_us, sum(worked_us) as worked_us, sum(denials) as denials
       from figures group by day),
     came as (
       select (u.created_at at time zone 'UTC')::date as day, count(*) as people from identity.users u
       where u.created_at >= coditect.day_starts($1::date) and u.created_at < coditect.day_starts($2::date) group by 1),
     issued as (
       select (l.issued_at at time zone 'UTC')::date as day, count(*) as licenses from coditect.licenses l
       where l.issued_at >= coditect.day_starts($1::date) and l.issued_at < coditect.day_starts($2::date) group by 1)
     select a.name as day, coalesce(c.people, 0)::integer as sign_ups, coalesce(i.licenses, 0)::integer as licenses_issued,
       coalesce(s.subscriptions, 0)::integer as active_subscriptions, coalesce(s.trials, 0)::integer as trials, coalesce(s.seats, 0)::integer as seats,
       coalesce(s.seats_used, 0)::integer as seats_used, coalesce(s.sessions, 0)::integer as sessions, coalesce(s.ended, 0)::integer as sessions_ended,
       coalesce(s.ended_us, 0)::bigint as ended_us, coalesce(s.worked_us, 0)::bigint as worked_us, coalesce(s.denials, 0)::integer as denials
     from asked a left join sums s using (day) left join came c using (day) left join issued i using (day) order by a.name desc`,
    [asked.from, asked.until, asked.after ?? null, asked.limit],
  );

/** Sessions that go on now, of all accounts. */
export const countRunningSessions = statement<{ running: number }>(
  `select count(*)::integer as running from coditect.sessions_between(app.now(), app.now()) s
   where s.ended_at is null or s.ended_at > app.now()`,
  [],
);
