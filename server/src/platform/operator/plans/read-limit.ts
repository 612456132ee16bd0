import type { LimitDeclaration } from '#platform/entitlements';
import type { Path } from './document.ts';
import { nameOf, type PlansReader } from './reader.ts';

/** Windows of each kind that a plans file may declare; none: the kind has no window. */
const WINDOWS: Readonly<Record<string, readonly string[]>> = {
  quota: ['day', 'week', 'month', 'billing_period'],
  budget: ['day', 'week', 'month', 'billing_period'],
  credits: ['month', 'billing_period'],
  burst: ['minute', 'hour'],
  cooldown: [],
  concurrency: [],
  gauge: [],
};
/** Kinds that only code moves: nothing in a file, and no call of a backend, changes them. */
const IN_CODE: Readonly<Record<string, string>> = {
  seats:
    'Seats of machines are for products in source. Sell a plan by the seat with per_seat, or count members with "gauge of members".',
  rate: 'A rate is for routes in source. Use "burst per minute".',
};
const SUBJECTS = ['account', 'member', 'key', 'subject'] as const;
const SHORT = /^(\w+)(?: of (\w+))?(?: per (\w+(?: period)?))?(?: by (\w+))?$/;

/** A limit: `quota per month by member`, or the same as a map of kind, per, by and what else its kind has. */
export function readLimit(reader: PlansReader, value: unknown, path: Path): LimitDeclaration | undefined {
  const of = typeof value === 'string' ? shortOf(reader, value, path) : longOf(reader, value, path);
  if (of === undefined) return undefined;
  const kind = String(of['kind']);
  const code = Object.hasOwn(IN_CODE, kind) ? IN_CODE[kind] : undefined;
  if (code !== undefined) return reader.fail(path, code);
  const windows = Object.hasOwn(WINDOWS, kind) ? WINDOWS[kind] : undefined;
  if (windows === undefined)
    return reader.fail(
      path,
      `${nameOf(path)} must be of a kind that there is: ${Object.keys(WINDOWS).join(', ')}.`,
    );
  return withWindow(reader, { of, kind, windows, path });
}

function shortOf(reader: PlansReader, text: string, path: Path) {
  const [, kind, unit, per, by] = SHORT.exec(text.trim()) ?? [];
  if (kind === undefined)
    return reader.fail(
      path,
      `${nameOf(path)} must read as "quota per month", or be a map of kind, per and by.`,
    );
  return { kind, unit, per: per?.replace(' ', '_'), by };
}

function longOf(reader: PlansReader, value: unknown, path: Path) {
  return reader.fields(value, path, ['kind', 'per', 'by', 'zone', 'sliding', 'rollover', 'unit']);
}

function withWindow(
  reader: PlansReader,
  {
    of,
    kind,
    windows,
    path,
  }: {
    readonly of: Readonly<Record<string, unknown>>;
    readonly kind: string;
    readonly windows: readonly string[];
    readonly path: Path;
  },
): LimitDeclaration | undefined {
  const name = nameOf(path);
  const { per, zone, sliding, unit } = of;
  const by = reader.choice(of['by'], [...path, 'by'], { of: SUBJECTS, otherwise: 'account' });
  if (by === undefined) return undefined;
  if (windows.length === 0 && per !== undefined)
    return reader.fail(path, `${name} is a ${kind}, which has no window: leave out "per".`);
  if (windows.length > 0 && !windows.includes(String(per)))
    return reader.fail(path, `${name} is a ${kind}: say per ${windows.join(', per ').replace('_', ' ')}.`);
  if ((kind === 'credits' || kind === 'gauge') && by !== 'account')
    return reader.fail(path, `${name} counts by account alone: leave out "by".`);
  if (kind === 'gauge' && unit !== 'members')
    return reader.fail(path, `${name} can count members alone: write "gauge of members".`);
  if (kind !== 'gauge' && unit !== undefined)
    return reader.fail(path, `${name} is a ${kind}, which has no unit: leave out "of".`);
  if (zone !== undefined && (zone !== 'account' || !['day', 'week', 'month'].includes(String(per))))
    return reader.fail(
      path,
      `${name} can have "zone: account" alone, and where it counts by day, week or month.`,
    );
  if (sliding !== undefined && (kind !== 'burst' || sliding !== true))
    return reader.fail(path, `${name} can have "sliding: true" where it is a burst.`);
  const rollover =
    kind === 'credits' ? readRollover(reader, of['rollover'], [...path, 'rollover']) : undefined;
  if (kind !== 'credits' && of['rollover'] !== undefined)
    return reader.fail([...path, 'rollover'], `${name} is a ${kind}: only credits roll over.`);
  // Each field was held against the kind above.
  return {
    kind,
    by,
    ...(per === undefined ? {} : { per }),
    ...(zone === undefined ? {} : { zone }),
    ...(sliding === undefined ? {} : { sliding }),
    ...(unit === undefined ? {} : { unit }),
    ...(rollover === undefined ? {} : { rollover }),
  } as LimitDeclaration;
}

function readRollover(reader: PlansReader, value: unknown, path: Path) {
  if (value === undefined) return undefined;
  const of = reader.fields(value, path, ['percent', 'most']);
  const percent = reader.whole(of['percent'], [...path, 'percent'], 1);
  const most = reader.whole(of['most'], [...path, 'most']);
  return percent === undefined || most === undefined ? undefined : { percent, most };
}
