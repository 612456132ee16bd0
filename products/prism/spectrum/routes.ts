import {
  calendarDay,
  CSV_FORMATS,
  type CsvTable,
  JSON_OR_CSV,
  namedObject,
  productRoutes,
  sendCsv,
  wantsCsv,
} from 'plinth/product';
import { z } from 'zod';
import { FRAGMENT_KINDS } from '../mirror/fragment-store.ts';
import type { Prism } from '../service.ts';
import { day } from '../words.ts';
import type { Spectrum } from './service.ts';
import { BUCKETS } from './store.ts';

const route = productRoutes<Prism>();

const shade = namedObject('SpectrumShade', {
  text: z.string(),
  count: z.int(),
  intensity: z.number().min(0).max(1).describe('On average.'),
});
const shades = z.array(shade).describe('The most frequent first; 20 at most.');

const spectrum = namedObject('Spectrum', {
  from: day,
  to: day,
  bucket: z.enum(BUCKETS),
  data: z.array(
    namedObject('SpectrumBucket', {
      starts: day,
      ends: day,
      week: z.string().nullable().describe('By ISO 8601: `2026-W47`.'),
      feelings: shades,
      themes: shades,
      needs: shades,
      strengths: shades,
      values: shades,
    }),
  ),
});

export const readSpectrum = route(
  'GET /v1/spectrum',
  {
    summary: 'Report your themes and feelings over time',
    description:
      'From the fragments of your sessions, by the day on which you wrote, where you were. Days that have none are left out; weeks begin on Monday, and are whole. The last four weeks where you name no range; 366 days at most. With `format=csv` (or `Accept: text/csv`) as CSV, for plans that have the export.',
    tag: 'Prism Spectrum',
    auth: 'account',
    may: 'viewer',
    scope: 'prism:read',
    rate: { perMinute: 120, by: 'account' },
    requires: ['spectrum'],
    query: z.strictObject({
      from: calendarDay.optional(),
      to: calendarDay.optional(),
      bucket: z.enum(BUCKETS).default('day'),
      format: z.enum(CSV_FORMATS).optional(),
    }),
    reply: { 200: spectrum },
    produces: JSON_OR_CSV,
    errors: ['plan_required'],
  },
  async ({ accountId, query, wire, origin }, { spectrumOf, plan }) => {
    const { format, ...asked } = query;
    const isTable = wantsCsv(wire, format);
    if (isTable) await plan.assertGrants(accountId, 'spectrum_export');
    const found = await spectrumOf(accountId, asked);
    if (isTable) return sendCsv(wire, tableOf(found), origin.signal);
    return { from: found.from, to: found.to, bucket: found.bucket, data: found.buckets.map(shownBucket) };
  },
);

function shownBucket({ starts, ends, week, shades: of }: Spectrum['buckets'][number]) {
  const { feeling, theme, need, strength, value } = of;
  return {
    starts,
    ends,
    week,
    feelings: [...feeling],
    themes: [...theme],
    needs: [...need],
    strengths: [...strength],
    values: [...value],
  };
}

function tableOf({ buckets, from, to }: Spectrum): CsvTable {
  const rows = buckets.flatMap(({ starts, ends, shades: of }) =>
    FRAGMENT_KINDS.flatMap((kind) =>
      of[kind].map(({ text, count, intensity }) => [starts, ends, kind, text, count, intensity]),
    ),
  );
  return {
    name: `spectrum-${from}-${to}`,
    columns: ['starts', 'ends', 'kind', 'text', 'count', 'intensity'],
    batches: (async function* () {
      yield rows;
    })(),
  };
}
