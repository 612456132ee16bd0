import { Button } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { changed, usePageSearch } from '../../parts/search.ts';
import { Head, Section } from '../../parts/section.tsx';
import { SpanPick } from '../../parts/span.tsx';
import { sinceOf } from '../../parts/spans.ts';
import { type Column, Table } from '../../parts/table.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { readSafetySearch } from './search.ts';
import { texts } from './texts.ts';

type Sum = ReplyOf<'GET /v1/admin/safety'>['days'][number];

const FOUND = ['crisis', 'concern', 'caution', 'helplines', 'said_safe'] as const;
/** Counts of texts and replies of no kind. */
const OTHERS = ['replies', 'unmoderated'] as const;

/** How much the safety part found, by product, kind and day. Counts alone: a row is seen by the person whose it is, in their export. */
export function SafetyPage() {
  const { say, format } = useTexts(texts);
  const [{ product, span = 'month' }, change] = usePageSearch(readSafetySearch);
  const query = { from: sinceOf(span), ...(product && { product }) };
  const asked = useQuery({
    queryKey: ['safety', query],
    queryFn: () => apiFor(undefined).call('GET /v1/admin/safety', { query }),
    refetchInterval: 60_000,
  });
  const { data } = asked;
  const figure = (name: (typeof FOUND | typeof OTHERS)[number]): Column<Sum> => ({
    head: say(name),
    isFigure: true,
    cell: (sum) => (sum[name] === 0 ? '–' : format.count(sum[name])),
  });
  const table = (
    by: 'product' | 'kind' | 'day',
    rows: readonly Sum[] | undefined,
    name: (sum: Sum) => ReactNode,
  ) => (
    <Section title={say(`by.${by}`)}>
      <Table<Sum>
        label={say(`by.${by}`)}
        rows={rows}
        keyOf={(sum) => sum.name}
        lines={4}
        empty={say('noKind')}
        columns={[
          { head: say(by), cell: name },
          ...FOUND.map(figure),
          ...(by === 'kind' ? [] : OTHERS.map(figure)),
        ]}
      />
    </Section>
  );
  return (
    <>
      <Head title={say('nav.safety')} about={say('about')} />
      <div className="filters">
        <SpanPick value={span} choose={(value) => change({ span: value })} />
        {product !== undefined && (
          <Button variant="default" onClick={() => change({ product: undefined })}>
            {product} ×
          </Button>
        )}
      </div>
      {data?.days.length === 0 || (asked.error !== null && data === undefined) ? (
        <Table<Sum>
          label=""
          rows={data?.days}
          keyOf={() => ''}
          columns={[]}
          asked={asked}
          empty={say('empty')}
        />
      ) : (
        <>
          {data?.days.some(({ unmoderated }) => unmoderated > 0) === true && (
            <p>
              {say('away')}{' '}
              <Link className="link" to="/app/providers">
                {say('nav.providers')}
              </Link>
            </p>
          )}
          {table('product', data?.products, ({ name }) => (
            <Link from="/app/safety" to="." search={(search) => changed(search, { product: name })}>
              {name}
            </Link>
          ))}
          {table('kind', data?.kinds, ({ name }) => say(`kind.${name}` as 'kind.intent'))}
          {table('day', data?.days, ({ name }) => format.day(`${name}T12:00:00Z`))}
        </>
      )}
    </>
  );
}
