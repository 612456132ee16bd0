import { Skeleton } from '@mantine/core';
import { Suspense, useState } from 'react';
import { pageTexts, useTexts } from '../text/index.ts';
import { lazyPart } from './lazy-part.ts';
import { type ChartProps, colorOf } from './series.ts';
import { Table } from './table.tsx';

const texts = pageTexts({
  asTable: ['As a table', 'Als Tabelle'],
  point: ['Shown', 'Gezeigt'],
});
const Drawing = lazyPart(() => import('./drawing.tsx'), 'Drawing');

/** A chart with its legend and, to open, its table, whose points lead to their rows as those of the chart do. */
export function Chart(props: ChartProps & { readonly hasTable?: boolean }) {
  const { label, series, isSmall = false, hasTable = !isSmall } = props;
  return (
    <figure className="chart" aria-label={label}>
      {!isSmall && series.length > 1 && hasTable && (
        <ul className="legend">
          {series.map(({ key, label: name, color }, index) => (
            <li key={key}>
              <i data-series style={{ background: color ?? colorOf(index) }} aria-hidden /> {name}
            </li>
          ))}
        </ul>
      )}
      <div className="drawing" data-series data-small={isSmall} aria-hidden>
        <Suspense fallback={<Skeleton h={isSmall ? 36 : 220} />}>
          <Drawing {...props} />
        </Suspense>
      </div>
      {hasTable && <Figures {...props} />}
    </figure>
  );
}

/** The newest point first: the one that people look for. */
function Figures({ label, points, nameOf, series, amountOf, open }: ChartProps) {
  const { say } = useTexts(texts);
  const [isOpen, setOpen] = useState(false);
  const rows = points.map((point, index) => ({ point, index })).toReversed();
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{say('asTable')}</summary>
      {isOpen && (
        <Table
          label={label}
          rows={rows}
          keyOf={({ point }) => point}
          empty=""
          columns={[
            {
              head: say('point'),
              cell: ({ point }) => nameOf(point),
              ...(open === undefined ? {} : { act: ({ point }: { readonly point: string }) => open(point) }),
            },
            ...series.map(({ label: head, values }) => ({
              head,
              isFigure: true,
              cell: ({ index }: { readonly index: number }) => amountOf(values[index] ?? 0),
            })),
          ]}
        />
      )}
    </details>
  );
}
