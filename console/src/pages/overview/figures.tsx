import { Skeleton } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Chart } from '../../parts/chart.tsx';
import { moneyText } from '../../parts/money.ts';
import { allRows } from '../../parts/pages.ts';
import { Section } from '../../parts/section.tsx';
import { pastMonths } from '../../parts/spans.ts';
import { Trouble } from '../../parts/trouble.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import type { RevenueSearch } from '../revenue/search.ts';
import { dayAt, zone } from '../usage/sums.ts';
import { texts } from './texts.ts';

type Sale = ReplyOf<'GET /v1/admin/billing/revenue'>['data'][number];
type Margin = ReplyOf<'GET /v1/admin/margin'>['data'][number];
type Month = ReplyOf<'GET /v1/admin/billing/recurring'>['data'][number];

const MONTHS = pastMonths(6);
const api = () => apiFor(undefined);

const readMargin = (from: string, until: string) =>
  allRows((paging) =>
    api().call('GET /v1/admin/margin', { query: { ...paging, from, until, zone, group: '' } }),
  );

/** Reads what the four figures are made of: two spans of days, and the last months. */
async function readFigures(days: number) {
  const [first, middle, end] = [dayAt(1 - 2 * days), dayAt(1 - days), dayAt(1)];
  const [months, sales, margins, marginsBefore] = await Promise.all([
    allRows((paging) =>
      api().call('GET /v1/admin/billing/recurring', {
        query: { ...paging, from: `${MONTHS.at(-1) ?? ''}-01`, group: '' },
      }),
    ),
    allRows((paging) =>
      api().call('GET /v1/admin/billing/revenue', {
        query: { ...paging, from: first, until: end, zone, group: 'day' },
      }),
    ),
    readMargin(middle, end),
    readMargin(first, middle),
  ]);
  return { months, sales, margins, marginsBefore, middle };
}

const sum = <Row,>(rows: readonly Row[], amount: (row: Row) => number): number =>
  rows.reduce((all, row) => all + amount(row), 0);

/** The currency that most is sold in: figures of several can't be added. */
function mainCurrency(months: readonly Month[], sales: readonly Sale[]): string {
  const sold = new Map<string, number>();
  for (const { currency, gross_minor: gross } of sales) sold.set(currency, (sold.get(currency) ?? 0) + gross);
  for (const { currency, mrr_minor: mrr } of months) sold.set(currency, (sold.get(currency) ?? 0) + mrr);
  return [...sold].toSorted(([, one], [, other]) => other - one)[0]?.[0] ?? 'usd';
}

/** Margin over net revenue; null where nothing was sold, or no exchange rate is known. */
function shareOf(rows: readonly Margin[]): number | null {
  const net = sum(rows, ({ net_minor: minor }) => minor);
  if (net <= 0 || rows.some(({ margin_minor: minor }) => minor === null)) return null;
  return sum(rows, ({ margin_minor: minor }) => minor ?? 0) / net;
}

/** MRR, net revenue, margin and paying customers, each against what was before. */
export function Figures({ days }: { readonly days: number }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['overview', 'figures', days],
    queryFn: () => readFigures(days),
    placeholderData: (before) => before,
  });
  if (error !== null && data === undefined) return <Trouble error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Skeleton h={132} />;
  return <Tiles data={data} days={days} />;
}

const netOf = (rows: readonly Sale[]): number => sum(rows, ({ net_minor: minor }) => minor);

/** The figures in the currency that most is sold in. */
function computeFigures({ months, sales, margins, marginsBefore, middle }: Data) {
  const currency = mainCurrency(months, sales);
  const isMain = (row: { readonly currency: string }) => row.currency === currency;
  const sold = sales.filter(isMain);
  return {
    currency,
    months: months.filter(isMain).toSorted((one, other) => (one.month < other.month ? -1 : 1)),
    sales: sold,
    net: netOf(sold.filter(({ day = '' }) => day >= middle)),
    netBefore: netOf(sold.filter(({ day = '' }) => day < middle)),
    share: shareOf(margins.filter(isMain)),
    shareBefore: shareOf(marginsBefore.filter(isMain)),
  };
}

type Data = Awaited<ReturnType<typeof readFigures>>;

/** Writes changes: `+12.4%`, `−1.3 points`, `+28`. */
function useChanges() {
  const { say, language } = useTexts(texts);
  const signed = (value: number, style: 'decimal' | 'percent' = 'decimal'): string =>
    new Intl.NumberFormat(language, { style, maximumFractionDigits: 1, signDisplay: 'exceptZero' }).format(
      value,
    );
  return {
    share: (value: number): string =>
      new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(value),
    sinceMonth: (by: number, text: string): Change => ({
      text: say('sinceMonth', { change: by === 0 ? '±0' : text }),
      by,
    }),
    ofNet: (now: number, before: number, amount: string): Change =>
      before <= 0
        ? { text: say('noneBefore') }
        : { text: say('before', { change: signed(now / before - 1, 'percent'), amount }), by: now - before },
    ofShare: (now: number | null, before: number | null): Change =>
      now === null || before === null
        ? { text: say('noneBefore') }
        : { text: say('points', { change: signed((now - before) * 100) }), by: now - before },
    signed,
  };
}

function Tiles({ data, days }: { readonly data: Data; readonly days: number }) {
  const { say, format, language } = useTexts(texts);
  const { share: percent, sinceMonth, ofNet, ofShare, signed } = useChanges();
  const { currency, months, sales, net, netBefore, share, shareBefore } = computeFigures(data);
  const money = (minor: number) => moneyText(language, minor, currency);
  const { mrr_minor: mrr = 0, mrr_before_minor: mrrBefore = 0 } = months.at(-1) ?? {};
  const { customers = 0, customers_before: customersBefore = 0 } = months.at(-1) ?? {};
  const points = months.map(({ month }) => month);
  const daily = Array.from({ length: days }, (_one, index) => dayAt(index + 1 - days));
  const mrrChange = mrrBefore === 0 ? `+${money(mrr)}` : signed(mrr / mrrBefore - 1, 'percent');
  return (
    <div className="tiles">
      <Tile
        title={say('mrr')}
        search={{ view: 'recurring' }}
        value={money(mrr)}
        change={sinceMonth(mrr - mrrBefore, mrrChange)}
        points={points}
        values={months.map((one) => one.mrr_minor)}
      />
      <Tile
        title={say('net')}
        search={{ view: 'revenue' }}
        value={money(net)}
        change={ofNet(net, netBefore, money(netBefore))}
        points={daily}
        values={daily.map((day) => netOf(sales.filter((sale) => sale.day === day)))}
      />
      <Tile
        title={say('margin')}
        search={{ view: 'margin' }}
        value={share === null ? '–' : percent(share)}
        change={ofShare(share, shareBefore)}
      />
      <Tile
        title={say('customers')}
        search={{ view: 'recurring' }}
        value={format.count(customers)}
        change={sinceMonth(customers - customersBefore, signed(customers - customersBefore))}
        points={points}
        values={months.map((one) => one.customers)}
      />
    </div>
  );
}

interface Change {
  readonly text: string;
  /** Above 0: better. */
  readonly by?: number;
}

interface TileProps {
  readonly title: string;
  /** The report that it leads to. */
  readonly search: RevenueSearch;
  readonly value: string;
  readonly change: Change;
  /** Its course. */
  readonly points?: readonly string[];
  readonly values?: readonly number[];
}

function Tile({ title, search, value, change: { text, by = 0 }, points = [], values = [] }: TileProps) {
  return (
    <Section
      title={
        <Link className="link" to="/app/revenue" search={search}>
          {title}
        </Link>
      }
    >
      <b>{value}</b>
      <p className={by > 0 ? 'better' : by < 0 ? 'worse' : 'dim'}>{text}</p>
      {values.some((one) => one !== 0) && (
        <Chart
          label={title}
          points={points}
          nameOf={String}
          amountOf={String}
          series={[{ key: title, label: title, values, as: 'line' }]}
          isSmall
        />
      )}
    </Section>
  );
}
