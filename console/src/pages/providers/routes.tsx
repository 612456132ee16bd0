import type { ReplyOf } from '@plinth/sdk';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { LineForm } from '../../parts/line-form.tsx';
import { Section } from '../../parts/section.tsx';
import { State } from '../../parts/state.tsx';
import { Table } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { RouteEditor } from './route-editor.tsx';
import { texts } from './texts.ts';

export type AiRoute = ReplyOf<'GET /v1/admin/ai/routes'>['data'][number];

/** A name that has no route yet. */
const newRoute = (alias: string): AiRoute => ({
  alias,
  source: 'none',
  order: 'given',
  sticky: true,
  models: [],
  beneath: null,
  stored: null,
});

/** Names that calls ask for, each with its models and where it comes from; one is opened to be changed. */
export function Routes({ models }: { readonly models: readonly string[] }) {
  const { say, format } = useTexts(texts);
  const [opened, setOpened] = useState<AiRoute>();
  const asked = useQuery({
    queryKey: ['routes'],
    queryFn: () => apiFor(undefined).call('GET /v1/admin/ai/routes', {}),
    refetchInterval: 5_000,
  });
  return (
    <Section title={say('routes')}>
      <p className="dim">{say('routesAbout')}</p>
      <Table<AiRoute>
        label={say('routes')}
        rows={asked.data?.data}
        keyOf={({ alias }) => alias}
        asked={asked}
        opened={opened?.alias}
        lines={3}
        empty={say('noRoutes')}
        columns={[
          { head: say('alias'), cell: ({ alias }) => alias, act: setOpened },
          {
            head: say('asks'),
            isText: true,
            cell: (route) => (
              <>
                {route.order !== null && route.order !== 'given' && `${say(`order.${route.order}`)}: `}
                {route.models
                  .map(({ model, weight }) =>
                    route.order === 'weight'
                      ? `${model} ${format.count(shareOf(weight, route.models))} %`
                      : model,
                  )
                  .join(', ')}
              </>
            ),
          },
          {
            head: say('source'),
            isText: true,
            cell: ({ source, stored }) =>
              stored !== null && stored.faults.length > 0 ? (
                <>
                  <State of="failed" text={say('aside')} />{' '}
                  {stored.faults.map(({ message }) => message).join(' ')}
                </>
              ) : (
                <span className="dim">{say(`source.${source}`)}</span>
              ),
          },
          {
            head: say('changed'),
            isDim: true,
            cell: ({ stored }) =>
              stored === null ? (
                '–'
              ) : (
                <>
                  <When at={stored.changed_at} isPast /> {stored.email}
                </>
              ),
          },
        ]}
      />
      {opened === undefined ? (
        <LineForm
          label={say('newName')}
          button={say('newRoute')}
          act={async (alias) =>
            setOpened(asked.data?.data.find((route) => route.alias === alias) ?? newRoute(alias))
          }
        />
      ) : (
        <RouteEditor key={opened.alias} route={opened} models={models} leave={() => setOpened(undefined)} />
      )}
    </Section>
  );
}

/** A weight's part of all, in percent. */
export function shareOf(weight: number, models: readonly { readonly weight: number }[]): number {
  const sum = models.reduce((total, one) => total + one.weight, 0);
  return sum === 0 ? 0 : Math.round((weight / sum) * 1_000) / 10;
}
