import { Progress } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { usePriceList } from './price-list.ts';
import { type Formats, isText, type Say, useTexts } from '../text/index.ts';
import { fullAt } from './pace.ts';
import { When } from './when.tsx';

type Limit = ReplyOf<'GET /v1/usage'>['data'][number];

/** Share of a limit from which on it is said to be near. */
const NEAR = 0.8;
/** As many as one looks at. */
const MOST = 8;

/** Each limit with what is used of it and when it begins anew, those that are nearest to their end first. */
export function LimitList({ limits }: { readonly limits: readonly Limit[] }) {
  const { data: plans } = usePriceList();
  return (
    <ul className="limits">
      {limits
        .filter(({ max }) => max !== 0)
        .toSorted((one, other) => shareOf(other) - shareOf(one))
        .slice(0, MOST)
        .map((limit) => {
          const about = plans?.comparison[limit.product]?.find(({ name }) => name === limit.limit);
          return (
            <Gauge
              key={`${limit.product}.${limit.limit}`}
              limit={limit}
              per={about?.per ?? null}
              unit={about?.unit ?? null}
            />
          );
        })}
    </ul>
  );
}

const shareOf = ({ used, max }: Limit): number => (max === null || max === 0 ? 0 : used / max);

/** `Calls a month`, in the words of the product where it is one that ships. */
export function labelOf(
  { limit, kind }: Pick<Limit, 'kind' | 'limit'>,
  per: string | null,
  say: Say,
): string {
  const key = `limit.name.${limit}`;
  const name = isText(key) ? say(key) : limit.replaceAll('_', ' ');
  if (kind === 'concurrency') return say('limit.atOnce', { name });
  const span = `limit.per.${per}`;
  return isText(span) ? say(span, { name }) : name;
}

function Gauge({
  limit,
  per,
  unit,
}: {
  readonly limit: Limit;
  readonly per: string | null;
  readonly unit: string | null;
}) {
  const { say, format } = useTexts();
  const share = shareOf(limit);
  const color = share >= 1 ? 'var(--error)' : share >= NEAR ? 'var(--warn)' : 'var(--accent)';
  const label = labelOf(limit, per, say);
  const amountOf = amounts(format, limit.kind, limit.unit ?? unit);
  const used = amountOf(limit.used);
  const full = fullAt(limit, per, Date.now());
  return (
    <li className="limit">
      <span>
        {label}{' '}
        <span className="dim">
          {limit.product}
          {full !== undefined && ` · ${say('limit.pace', { day: format.day(full) })}`}
        </span>
      </span>
      {limit.max === null ? (
        <span />
      ) : (
        <Progress value={Math.min(100, share * 100)} size={4} color={color} aria-label={label} />
      )}
      <span className="num">
        {limit.max === null
          ? say('limit.unbounded', { used })
          : say('limit.of', { used, max: amountOf(limit.max) })}
      </span>
      <span className="num dim">
        {limit.resets_at !== null ? (
          <When at={limit.resets_at} />
        ) : limit.kind === 'concurrency' ? (
          say('limit.frees')
        ) : (
          ''
        )}
      </span>
    </li>
  );
}

/** How amounts of a limit are written, by its kind and unit. */
export const amounts =
  (format: Formats, kind: string, unit: string | null) =>
  (value: number): string => {
    if (unit === 'percent') return `${format.count(value)} %`;
    if (kind === 'budget' || unit === 'micro_dollars') return format.micros(value);
    return unit === 'bytes' ? format.bytes(value) : format.count(value);
  };
