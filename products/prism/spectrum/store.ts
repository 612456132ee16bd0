import { type AccountId, type Statement, statement } from 'plinth/product';
import type { FragmentKind } from '../mirror/fragment-store.ts';

export const BUCKETS = ['day', 'week'] as const;
export type Bucket = (typeof BUCKETS)[number];

export interface SpectrumRow {
  /** The first day of the bucket: of a week its Monday. */
  readonly starts: string;
  readonly kind: FragmentKind;
  readonly text: string;
  readonly count: number;
  readonly intensity: number;
}

/** So many of each bucket and kind, the most frequent. */
const MOST = 20;

/**
 * Fragments that were drawn out of messages, by the day on which they were written, where their writer was then: moves of the zone since
 * change nothing. What was said in sessions that were deleted is not in it.
 */
export function readSpectrum(
  accountId: AccountId,
  of: { readonly from: string; readonly to: string; readonly bucket: Bucket },
): Statement<SpectrumRow> {
  return statement<SpectrumRow>(
    `select starts::text as starts, kind, text, count, intensity from (
       select starts, kind, text, count, intensity,
         row_number() over (partition by starts, kind order by count desc, intensity desc, text) as rank
       from (
         select date_trunc($4, f.day::timestamp)::date as starts, f.kind, lower(f.text) as text, count(*)::int as count,
           round(avg(f.intensity)::numeric, 3)::double precision as intensity
         from prism.mirror_fragments f
         join prism.mirror_sessions s on s.account_id = f.account_id and s.id = f.session_id and not s.trashed
         where f.account_id = $1 and f.day between $2::date and $3::date
         group by 1, 2, 3) as counted) as ranked
     where rank <= ${MOST} order by starts, kind, rank`,
    [accountId, of.from, of.to, of.bucket],
  );
}

/** Today, where the person is. */
export function readToday(zone: string): Statement<{ today: string }> {
  return statement<{ today: string }>(`select (app.now() at time zone $1)::date::text as today`, [zone]);
}
