import type { RouteName } from '@plinth/sdk';
import { usePageSearch } from '../../parts/search.ts';
import { Csv } from '../../parts/csv.tsx';
import { usePages } from '../../parts/pages.ts';
import { Pick } from '../../parts/pick.tsx';
import { pastMonths } from '../../parts/spans.ts';
import { type Column, Table } from '../../parts/table.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { type DrawnReport, ReportChart } from './report-chart.tsx';
import { type GROUPS, readRevenueSearch, VIEWS } from './search.ts';
import { texts } from './texts.ts';

export type Group = (typeof GROUPS)[number];

interface ReportProps<Row extends object> {
  readonly route: RouteName;
  readonly query: Readonly<Record<string, string>>;
  readonly groups: readonly Group[];
  readonly by: Group;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly empty: string;
  readonly drawn: DrawnReport<Row>;
}

interface ReportPage<Row> {
  readonly data: readonly Row[];
  readonly next_cursor: string | null;
}

const PAST = pastMonths(12);

/** The days of a month, or of the last twelve. */
export function rangeOf(month: string | undefined): { readonly from: string; readonly until?: string } {
  if (month === undefined || !/^\d{4}-\d\d$/.test(month)) return { from: `${PAST.at(-1) ?? ''}-01` };
  const next = new Date(`${month}-01T00:00:00Z`);
  next.setUTCMonth(next.getUTCMonth() + 1);
  return { from: `${month}-01`, until: next.toISOString().slice(0, 10) };
}

/** Sums of a report of the API, page by page, with the choices of what they are, and all of it as a file. */
export function Report<Row extends object>({
  route,
  query,
  groups,
  by,
  columns,
  keyOf,
  empty,
  drawn,
}: ReportProps<Row>) {
  const { say } = useTexts(texts);
  const [{ view = 'recurring', month, product, model }, change] = usePageSearch(readRevenueSearch);
  const asked = usePages<ReportPage<Row>>({
    key: ['report', route, query],
    // The four reports answer pages alike.
    read: (paging) =>
      apiFor(undefined).call(route, { query: { ...paging, ...query } }) as unknown as Promise<
        ReportPage<Row>
      >,
  });
  const narrowed = product ?? model;
  return (
    <>
      <div className="filters">
        <Pick
          label={say('view')}
          value={view}
          options={
            Object.fromEntries(VIEWS.map((one) => [one, say(`view.${one}`)])) as Record<typeof view, string>
          }
          choose={(next) => change({ view: next, by: undefined, product: undefined, model: undefined })}
        />
        <Pick
          label={say('by')}
          value={by}
          options={Object.fromEntries(groups.map((one) => [one, say(`by.${one}`)])) as Record<Group, string>}
          choose={(next) => change({ by: next })}
        />
        <Pick
          label={say('month')}
          value={month}
          none={say('all')}
          options={PAST}
          choose={(next) => change({ month: next })}
        />
        {narrowed !== undefined && (
          <button
            type="button"
            className="quiet"
            onClick={() => change({ product: undefined, model: undefined })}
          >
            {narrowed} ×
          </button>
        )}
        <span className="right">
          <Csv route={route} query={query} name={view} />
        </span>
      </div>
      {asked.rows !== undefined && asked.hasNextPage !== true && (
        <ReportChart label={say(`view.${view}`)} rows={asked.rows} drawn={drawn} />
      )}
      <section aria-label={say(`view.${view}`)}>
        <Table label={say(`view.${view}`)} keyOf={keyOf} asked={asked} empty={empty} columns={columns} />
      </section>
    </>
  );
}
