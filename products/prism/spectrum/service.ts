import { type AccountId, AppError, type ProductContext } from 'plinth/product';
import type { FragmentKind } from '../mirror/fragment-store.ts';
import { type Bucket, readSpectrum, readToday, type SpectrumRow } from './store.ts';

/** Days of a range that is not said, and the most of one. */
const USUAL = 28;
const LONGEST = 366;
const DAY = 86_400_000;

export interface SpectrumQuery {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly bucket: Bucket;
}

/** One feeling, theme … in one bucket: how often, and how strong on average. */
export interface Shade {
  readonly text: string;
  readonly count: number;
  readonly intensity: number;
}

export interface SpectrumBucket {
  readonly starts: string;
  readonly ends: string;
  /** `2026-W47`, of a week. */
  readonly week: string | null;
  readonly shades: Readonly<Record<FragmentKind, readonly Shade[]>>;
}

export interface Spectrum {
  readonly from: string;
  readonly to: string;
  readonly bucket: Bucket;
  readonly buckets: readonly SpectrumBucket[];
}

/** Spectrum: how themes and feelings moved over time. */
export function createSpectrum({ db, accounts }: ProductContext) {
  /** Buckets that have something, the oldest first. Weeks are whole ones, from Monday. */
  return async function spectrumOf(accountId: AccountId, query: SpectrumQuery): Promise<Spectrum> {
    const { time_zone: zone } = await accounts.settings.get(accountId);
    const [[{ today } = { today: '' }]] = await db.tenant(accountId, [readToday(zone)]);
    const range = rangeOf(query, today);
    const { bucket } = query;
    const [rows] = await db.tenant(accountId, [readSpectrum(accountId, { ...range, bucket })]);
    const byStart = Map.groupBy(rows, ({ starts }) => starts);
    return { ...range, bucket, buckets: [...byStart].map(([starts, of]) => bucketOf(bucket, starts, of)) };
  };
}

/** The days that are asked for, whole weeks where weeks are. Throws `validation_failed` for a range that ends before it begins, or is too long. */
function rangeOf({ from, to, bucket }: SpectrumQuery, today: string): { from: string; to: string } {
  const last = to ?? (from === undefined ? today : addDays(from, USUAL - 1));
  const first = from ?? addDays(last, 1 - USUAL);
  const days = (Date.parse(last) - Date.parse(first)) / DAY + 1;
  if (days < 1 || days > LONGEST)
    throw new AppError('validation_failed', {
      details: {
        issues: [{ path: 'query.to', message: `must lie in the ${LONGEST} days from \`from\` on.` }],
      },
    });
  return bucket === 'day'
    ? { from: first, to: last }
    : { from: mondayOf(first), to: addDays(mondayOf(last), 6) };
}

function bucketOf(bucket: Bucket, starts: string, rows: readonly SpectrumRow[]): SpectrumBucket {
  const shadesOf = (kind: FragmentKind): Shade[] =>
    rows.filter((row) => row.kind === kind).map(({ text, count, intensity }) => ({ text, count, intensity }));
  return {
    starts,
    ends: bucket === 'day' ? starts : addDays(starts, 6),
    week: bucket === 'day' ? null : weekOf(starts),
    shades: {
      feeling: shadesOf('feeling'),
      theme: shadesOf('theme'),
      need: shadesOf('need'),
      strength: shadesOf('strength'),
      value: shadesOf('value'),
    },
  };
}

/** So many days after a day. */
function addDays(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY).toISOString().slice(0, 10);
}

function mondayOf(day: string): string {
  return addDays(day, -((new Date(Date.parse(day)).getUTCDay() + 6) % 7));
}

/** The number of a week by ISO 8601: that of its Thursday, in the Thursday's year. */
export function weekOf(monday: string): string {
  const thursday = addDays(monday, 3);
  const year = thursday.slice(0, 4);
  const days = (Date.parse(thursday) - Date.parse(`${year}-01-01`)) / DAY;
  return `${year}-W${String(Math.floor(days / 7) + 1).padStart(2, '0')}`;
}
