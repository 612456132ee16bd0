import { Badge } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Chart } from '../../parts/chart.tsx';
import { Head } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { Routes } from './routes.tsx';
import { texts } from './texts.ts';

type Model = ReplyOf<'GET /v1/admin/providers'>['data'][number];

const COLOURS = { closed: 'accent', open: 'red', half_open: 'yellow' } as const;
/** Characters of a process's id that tell it from others. */
const SHOWN = 8;

/** How each model of each provider fares: what the ledger says of the last hour, and what one process knows by itself. */
export function Providers() {
  const { say, format } = useTexts(texts);
  const asked = useQuery({
    queryKey: ['providers'],
    queryFn: () => apiFor(undefined).call('GET /v1/admin/providers', {}),
    refetchInterval: 5_000,
  });
  const duration = (micros: number | null) => (micros === null ? '–' : format.duration(micros));
  const figure = (value: number) => (value === 0 ? '–' : format.count(value));
  return (
    <>
      <Head title={say('nav.providers')}>
        {asked.data !== undefined && (
          <span className="dim" title={asked.data.process}>
            {say('about', { process: `…${asked.data.process.slice(-SHOWN)}` })}
          </span>
        )}
      </Head>
      <Table<Model>
        label={say('nav.providers')}
        rows={asked.data?.data}
        keyOf={({ provider, model }) => `${provider}/${model}`}
        asked={asked}
        lines={8}
        empty={say('empty')}
        columns={[
          {
            head: say('model'),
            cell: ({ provider, model }) => (
              <>
                {model} <span className="dim">{provider}</span>
              </>
            ),
          },
          {
            head: say('breaker'),
            cell: ({ breaker, throttled_ms: wait, keys }) => (
              <>
                {breaker === null || breaker === 'closed' ? (
                  <span className="dim">{say(breaker === null ? 'breaker.none' : 'breaker.closed')}</span>
                ) : (
                  <Badge size="sm" radius="sm" tt="none" fw={400} variant="light" color={COLOURS[breaker]}>
                    {say(`breaker.${breaker}`)}
                  </Badge>
                )}
                {wait > 0 && ` ${say('throttled', { time: format.duration(wait * 1_000) })}`}
                {keys.map(({ name, throttled_ms: cools, refused }) =>
                  refused !== null ? (
                    <div key={name}>{say('key.refused', { name, status: String(refused) })}</div>
                  ) : (
                    cools > 0 && (
                      <div key={name}>{say('key.cools', { name, time: format.duration(cools * 1_000) })}</div>
                    )
                  ),
                )}
              </>
            ),
          },
          { head: say('calls'), isFigure: true, cell: ({ ledger }) => figure(ledger.calls) },
          { head: say('failed'), isFigure: true, cell: ({ ledger }) => figure(ledger.voided) },
          { head: say('estimated'), isFigure: true, cell: ({ ledger }) => figure(ledger.estimated) },
          { head: say('fallbacks'), isFigure: true, cell: ({ ledger }) => figure(ledger.fallbacks) },
          { head: say('median'), isFigure: true, cell: ({ ledger }) => duration(ledger.median_run_us) },
          { head: say('p95'), isFigure: true, cell: ({ ledger }) => duration(ledger.p95_run_us) },
          { head: say('last'), isFigure: true, past: ({ ledger }) => ledger.last_at },
          {
            head: say('outcomes'),
            isDim: true,
            cell: ({ outcomes }) =>
              Object.entries(outcomes)
                .map(
                  ([name, count]) => `${format.count(count)} ${say(`outcome.${name}` as 'outcome.served')}`,
                )
                .join(', ') || '–',
          },
          {
            head: say('failure'),
            isDim: true,
            cell: ({ last_failure: last }) =>
              last === null ? (
                '–'
              ) : (
                <>
                  {say(`outcome.${last.outcome}`)} <When at={last.at} isPast />
                </>
              ),
          },
        ]}
      />
      <Times models={asked.data?.data ?? []} />
      <Routes
        models={
          asked.data?.data
            .filter(({ breaker }) => breaker !== null)
            .map(({ provider, model }) => `${provider}/${model}`) ?? []
        }
      />
    </>
  );
}

/** Times and failures of the models in the last hour; a point leads to the model's cost. */
function Times({ models }: { readonly models: readonly Model[] }) {
  const { say, format } = useTexts(texts);
  const navigate = useNavigate();
  const used = models.filter(({ ledger: { calls } }) => calls > 0);
  if (used.length === 0) return null;
  const common = {
    points: used.map(({ model }) => model),
    nameOf: String,
    open: (model: string) =>
      void navigate({ to: '/app/revenue', search: { view: 'models', model, by: 'account' } }),
  };
  return (
    <div className="halves">
      <Chart
        {...common}
        label={say('times')}
        amountOf={format.duration}
        series={[
          {
            key: 'median',
            label: say('median'),
            as: 'beside',
            values: used.map(({ ledger }) => ledger.median_run_us ?? 0),
          },
          {
            key: 'p95',
            label: say('p95'),
            as: 'beside',
            values: used.map(({ ledger }) => ledger.p95_run_us ?? 0),
          },
        ]}
      />
      <Chart
        {...common}
        label={say('served')}
        amountOf={format.count}
        series={[
          {
            key: 'served',
            label: say('served'),
            values: used.map(({ ledger }) => ledger.calls - ledger.voided),
          },
          {
            key: 'failed',
            label: say('failed'),
            values: used.map(({ ledger }) => ledger.voided),
            color: 'var(--error)',
          },
        ]}
      />
    </div>
  );
}
