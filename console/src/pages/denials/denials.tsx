import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReplyOf } from '@plinth/sdk';
import { Link } from '@tanstack/react-router';
import { CustomerLink } from '../../parts/customer-link.tsx';
import { Chart } from '../../parts/chart.tsx';
import { Csv } from '../../parts/csv.tsx';
import { useLimitLabel } from '../../parts/grant-label.ts';
import { hoursOf } from '../../parts/id-time.ts';
import { allRows, usePages } from '../../parts/pages.ts';
import { Pick } from '../../parts/pick.tsx';
import { usePlans } from '../../parts/plans.ts';
import { changed, usePageSearch } from '../../parts/search.ts';
import { Head } from '../../parts/section.tsx';
import { SpanPick } from '../../parts/span.tsx';
import { sinceOf } from '../../parts/spans.ts';
import { type Column, Table } from '../../parts/table.tsx';
import { apiFor } from '../../session.ts';
import { dayAt, zone } from '../usage/sums.ts';
import { readDenialSearch } from './search.ts';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

type Sum = ReplyOf<'GET /v1/admin/denials/totals'>['data'][number];

/** Denials of a span by customer, or by limit and plan; each sum leads to what it is made of. */
export function DenialTotals() {
  const { say, format } = useTexts(texts);
  const [{ by = 'account', span = 'week', product, limit, plan, around: time }, change] =
    usePageSearch(readDenialSearch);
  const around = time !== undefined && Number.isFinite(Date.parse(time)) ? time : undefined;
  const { largerThan } = usePlans();
  const labelOf = useLimitLabel();
  const query = {
    group: by,
    ...(around === undefined ? { from: sinceOf(span) } : hoursOf(around)),
    ...(product && { product }),
    ...(limit && { limit_name: limit }),
    ...(plan && { plan }),
  };
  const asked = usePages({
    key: ['denial-totals', query],
    read: (paging) =>
      apiFor(undefined).call('GET /v1/admin/denials/totals', { query: { ...paging, ...query } }),
  });
  const amount = ({ kind }: Sum) => (kind === 'budget' ? format.micros : format.count);
  const columns: Column<Sum>[] = [
    {
      head: say('limit'),
      cell: (sum) => {
        const name = (
          <>
            {labelOf(sum)} <span className="dim">{sum.product}</span>
          </>
        );
        return by === 'account' ? (
          name
        ) : (
          <Link
            from="/app/denials"
            to="."
            search={(search) =>
              changed(search, { by: 'account', product: sum.product, limit: sum.limit, plan: sum.plan })
            }
          >
            {name}
          </Link>
        );
      },
    },
    { head: say('plan'), isDim: true, cell: (sum) => sum.plan },
    { head: say('size'), isFigure: true, cell: (sum) => amount(sum)(sum.max) },
    { head: say('denied'), count: ({ denied }) => denied },
    { head: say('hours'), count: ({ hours }) => hours },
  ];
  return (
    <>
      <Head title={say('nav.denials')} about={say('about')}>
        <span className="right">
          <Csv route="GET /v1/admin/denials/totals" query={query} name="denials" />
        </span>
      </Head>
      <div className="filters">
        {around === undefined ? (
          <SpanPick value={span} choose={(value) => change({ span: value })} />
        ) : (
          <Button variant="default" onClick={() => change({ around: undefined })}>
            {say('around', { at: format.instant(around) })} ×
          </Button>
        )}
        <Pick
          label={say('by')}
          value={by}
          options={{ account: say('by.account'), limit: say('by.limit') }}
          choose={(value) => change({ by: value })}
        />
        {limit !== undefined && (
          <Button
            variant="default"
            onClick={() => change({ by: 'limit', product: undefined, limit: undefined, plan: undefined })}
          >
            {say('of', { limit: labelOf({ product: product ?? '', limit }), plan: plan ?? '' })} ×
          </Button>
        )}
      </div>
      {around === undefined && span !== 'day' && <ByDay query={query} days={span === 'week' ? 7 : 31} />}
      <section aria-label={say('nav.denials')}>
        <Table<Sum>
          label={say('nav.denials')}
          keyOf={(sum) => `${sum.account_id ?? ''} ${sum.product} ${sum.limit} ${sum.kind} ${sum.plan}`}
          asked={asked}
          empty={say('empty')}
          columns={[
            ...(by === 'account'
              ? [
                  {
                    head: say('customer'),
                    isLong: true,
                    cell: (sum: Sum) => <CustomerLink account={sum.account_id} name={sum.account_name} />,
                  },
                ]
              : []),
            ...columns,
            ...(by === 'limit' ? [{ head: say('customers'), count: ({ accounts }: Sum) => accounts }] : []),
            { head: say('last'), isFigure: true, past: (row) => row.last_at },
            {
              head: say('next'),
              isDim: true,
              cell: (sum) => {
                const larger = largerThan(sum);
                if (larger === undefined) return '–';
                return `${larger.id}${larger.max === null ? '' : ` (${amount(sum)(larger.max)})`}`;
              },
            },
          ]}
        />
      </section>
    </>
  );
}

interface ByDayProps {
  readonly query: Readonly<Record<string, string>>;
  readonly days: number;
}

/** Denials of each day, by limit. */
function ByDay({ query, days }: ByDayProps) {
  const { say, format } = useTexts(texts);
  const labelOf = useLimitLabel();
  const { data: rows = [] } = useQuery({
    queryKey: ['denials by day', query],
    queryFn: () =>
      allRows((paging) =>
        apiFor(undefined).call('GET /v1/admin/denials/totals', {
          query: { ...query, ...paging, group: 'day', zone },
        }),
      ),
  });
  if (rows.length === 0) return null;
  const points = Array.from({ length: days }, (_one, index) => dayAt(index + 1 - days));
  const limits = [...new Set(rows.map((row) => `${row.product} ${row.limit}`))];
  return (
    <Chart
      label={say('byDay')}
      points={points}
      nameOf={format.day}
      amountOf={format.count}
      series={limits.map((limit) => ({
        key: limit,
        label: labelOf({ product: limit.split(' ')[0] ?? '', limit: limit.split(' ')[1] ?? '' }),
        values: points.map((day) =>
          rows
            .filter((row) => row.day === day && `${row.product} ${row.limit}` === limit)
            .reduce((sum, { denied }) => sum + denied, 0),
        ),
      }))}
    />
  );
}
