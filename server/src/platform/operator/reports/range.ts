import { type Statement, statement } from '#platform/db';
import { calendarDay } from '#platform/http';
import { isTimeZone, invalidInput, hasCode } from '#platform/kernel';
import { z } from 'zod';

/** Whole days of a zone, as a report is asked for: the first one, and the one after the last. */
export interface RangeQuery {
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly zone: string;
}

/** The same with its bounds as instants. */
export interface Range {
  readonly from: string;
  readonly until: string;
  readonly zone: string;
  readonly starts: Date;
  readonly ends: Date;
}

/** The query of a report over time: spread it into the route's `query` object. */
export const rangeQuery = {
  from: calendarDay.optional().describe('The first day; without it, the first of the present month.'),
  until: calendarDay.optional().describe('The day after the last; without it, tomorrow.'),
  zone: z
    .string()
    .max(64)
    .refine(isTimeZone, { error: 'is no time zone' })
    .default('UTC')
    .describe('Where days begin: `Europe/Berlin`.'),
};

/** A longer report is one that was asked for by mistake. */
const MOST_DAYS = 366;
const DAY = 86_400_000;

interface BoundsRow {
  readonly from: string;
  readonly until: string;
  readonly starts: Date;
  readonly ends: Date;
}

/** Finds the bounds of a range, at the database's time; `run` opens the transaction. Throws `validation_failed` for one that is none. */
export async function resolveRange(
  { from, until, zone }: RangeQuery,
  run: (bounds: Statement<BoundsRow>) => Promise<readonly BoundsRow[]>,
): Promise<Range> {
  const bounds = statement<BoundsRow>(
    `select to_char(first, 'YYYY-MM-DD') as "from", to_char(after, 'YYYY-MM-DD') as until,
       first at time zone $3 as starts, after at time zone $3 as ends
     from (select coalesce($1::timestamp, date_trunc('month', app.now() at time zone $3)) as first,
       coalesce($2::timestamp, date_trunc('day', app.now() at time zone $3) + interval '1 day') as after) as days`,
    [from ?? null, until ?? null, zone],
  );
  const [row] = await run(bounds).catch(refuseUnknownZone);
  if (row === undefined) throw new Error('the database did not say what range this is');
  if (row.starts >= row.ends) throw invalidInput('query.until', 'It must be after the first day.');
  if (row.ends.getTime() - row.starts.getTime() > (MOST_DAYS + 1) * DAY)
    throw invalidInput('query.from', `A report is over ${MOST_DAYS} days at most.`);
  return { ...row, zone };
}

/** This server's PostgreSQL has another list of zones than this program. */
function refuseUnknownZone(error: unknown): never {
  const isRefused = hasCode(error, '22023');
  throw isRefused ? invalidInput('query.zone', 'is no time zone') : error;
}
