import type { ReplyOf } from '@plinth/sdk';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { CustomerLink } from '../../parts/customer-link.tsx';
import { moneyText } from '../../parts/money.ts';
import { changed, useSearchOf } from '../../parts/search.ts';
import { Head } from '../../parts/section.tsx';
import type { Column } from '../../parts/table.tsx';
import { readRevenueSearch, type RevenueSearch } from './search.ts';
import { useTexts } from '../../text/index.ts';
import { type Group, rangeOf, Report } from './report.tsx';
import { texts } from './texts.ts';

type Recurring = ReplyOf<'GET /v1/admin/billing/recurring'>['data'][number];
type Revenue = ReplyOf<'GET /v1/admin/billing/revenue'>['data'][number];
type Margin = ReplyOf<'GET /v1/admin/margin'>['data'][number];
type Leaving = ReplyOf<'GET /v1/admin/billing/leaving'>['data'][number];
type Usage = ReplyOf<'GET /v1/admin/usage'>['data'][number];

const REPORTS = {
  recurring: RecurringReport,
  revenue: RevenueReport,
  margin: MarginReport,
  models: ModelReport,
  leaving: LeavingReport,
};

/** What comes in: MRR and how it moves, revenue, what is left of it after models, and what these cost. */
export function RevenuePage() {
  const { say } = useTexts(texts);
  const { view = 'recurring' } = useSearchOf(readRevenueSearch);
  const View = REPORTS[view];
  return (
    <>
      <Head title={say('nav.revenue')} />
      <View />
    </>
  );
}

/** What of the address a report takes, and cells that several of them have. */
function useReport<G extends Group>(groups: readonly G[], usual: G) {
  const { say, format, language } = useTexts(texts);
  const { by, month, product, model } = useSearchOf(readRevenueSearch);
  const group = groups.find((one) => one === by) ?? usual;
  const money = (minor: number, currency: string): string =>
    minor === 0 ? '–' : moneyText(language, minor, currency);
  const percent = (value: number | null): string =>
    value === null
      ? '–'
      : new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(value);
  /** The columns that say what a sum is of. */
  const of: readonly Column<Sold>[] = [
    { head: say('month'), cell: (row) => row.month },
    {
      head: say(group === 'account' ? 'customer' : 'name'),
      isLong: true,
      cell: (row) =>
        group === 'account' ? (
          <CustomerLink account={row.account_id} name={row.account_name} />
        ) : (
          (row[group] ?? '–')
        ),
    },
    { head: say('sales'), count: ({ sales }) => sales },
  ];
  const navigate = useNavigate({ from: '/app/revenue' });
  /** Opens what a point of the chart is made of. */
  const open = (search: RevenueSearch) => void navigate({ search: (before) => changed(before, search) });
  /** A chart of months. */
  const monthly = {
    amountOf: (minor: number, currency: string) => moneyText(language, minor, currency),
    open: (next: string) => open({ month: next }),
  };
  return { say, format, group, money, percent, of, product, model, range: rangeOf(month), open, monthly };
}

interface Sold
  extends Readonly<Partial<Record<Group | 'account_id' | 'account_name', string | null | undefined>>> {
  readonly sales: number;
}

interface PartsProps extends Pick<Sold, 'month' | 'product'> {
  readonly group: Group;
  readonly children: ReactNode;
}

/** A sum leads to the customers that it is made of; of one of them it leads nowhere. */
function Parts({ group, month, product, children }: PartsProps) {
  if (group === 'account') return children;
  return (
    <Link
      from="/app/revenue"
      to="."
      search={(search) =>
        changed(search, { by: 'account', month: month ?? search.month, product: product ?? search.product })
      }
    >
      {children}
    </Link>
  );
}

function RecurringReport() {
  const { say, group, money, percent, range, monthly } = useReport(['month', 'product', 'plan'], 'month');
  const figure = (head: string, minor: (row: Recurring) => number): Column<Recurring> => ({
    head,
    isFigure: true,
    cell: (row) => money(minor(row), row.currency),
  });
  return (
    <Report<Recurring>
      route="GET /v1/admin/billing/recurring"
      query={{ ...range, group: group === 'month' ? '' : group }}
      groups={['month', 'product', 'plan']}
      by={group}
      keyOf={(row) => `${row.month} ${row.currency} ${row.product ?? ''} ${row.plan ?? ''}`}
      empty={say('empty')}
      drawn={{
        pointOf: ({ month }) => month,
        partOf: (row) => row.plan ?? row.product ?? say('mrr'),
        valueOf: ({ mrr_minor: mrr }) => mrr,
        ...monthly,
      }}
      columns={[
        {
          head: say('month'),
          cell: ({ month }) => (
            <Link to="/app/revenue" search={{ view: 'revenue', month }}>
              {month}
            </Link>
          ),
        },
        ...(group === 'month'
          ? []
          : [{ head: say('name'), cell: (row: Recurring) => row.plan ?? row.product }]),
        figure(say('before'), (row) => row.mrr_before_minor),
        figure(say('new'), (row) => row.new_minor),
        figure(say('returned'), (row) => row.returned_minor),
        figure(say('expansion'), (row) => row.expansion_minor),
        figure(say('contraction'), (row) => -row.contraction_minor),
        figure(say('churned'), (row) => -row.churned_minor),
        {
          head: say('mrr'),
          isFigure: true,
          cell: ({ mrr_minor: mrr, currency }) => (
            <Link to="/app/customers" search={{ sort: 'mrr' }}>
              {money(mrr, currency)}
            </Link>
          ),
        },
        { head: say('customers'), count: ({ customers }) => customers },
        { head: say('logoChurn'), isFigure: true, cell: (row) => percent(row.logo_churn) },
        { head: say('revenueChurn'), isFigure: true, cell: (row) => percent(row.revenue_churn) },
      ]}
    />
  );
}

const SOLD = ['product', 'plan', 'item', 'kind', 'account'] as const;

function RevenueReport() {
  const { say, group, money, of, range, product, monthly } = useReport(SOLD, 'product');
  const figure = (head: string, minor: (row: Revenue) => number): Column<Revenue> => ({
    head,
    isFigure: true,
    cell: (row) => money(minor(row), row.currency),
  });
  return (
    <Report<Revenue>
      route="GET /v1/admin/billing/revenue"
      query={{ ...range, group: `month,${group}`, ...(product && { product }) }}
      groups={SOLD}
      by={group}
      keyOf={(row) =>
        [row.month, row.currency, row.account_id, row.product, row.plan, row.item, row.kind].join(' ')
      }
      empty={say('empty')}
      drawn={{
        pointOf: ({ month = '' }) => month,
        partOf: (row) => (group === 'account' ? row.account_name : row[group]) ?? '–',
        valueOf: ({ net_minor: net }) => net,
        ...monthly,
      }}
      columns={[
        ...of,
        figure(say('gross'), (row) => row.gross_minor),
        figure(say('fee'), (row) => -row.fee_minor),
        figure(say('tax'), (row) => -row.tax_minor),
        {
          head: say('net'),
          isFigure: true,
          cell: (row) => (
            <Parts group={group} month={row.month} product={row.product}>
              {money(row.net_minor, row.currency)}
            </Parts>
          ),
        },
      ]}
    />
  );
}

const EARNED = ['product', 'plan', 'account'] as const;

function MarginReport() {
  const { say, format, group, money, percent, of, range, product, monthly } = useReport(EARNED, 'product');
  return (
    <Report<Margin>
      route="GET /v1/admin/margin"
      query={{ ...range, group, ...(product && { product }) }}
      groups={EARNED}
      by={group}
      keyOf={(row) => [row.month, row.currency, row.account_id, row.product, row.plan].join(' ')}
      empty={say('empty')}
      drawn={{
        pointOf: ({ month }) => month,
        partOf: (row) => (group === 'account' ? row.account_name : row[group]) ?? '–',
        valueOf: ({ margin_minor: margin }) => margin ?? 0,
        ...monthly,
      }}
      columns={[
        ...of,
        { head: say('net'), isFigure: true, cell: (row) => money(row.net_minor, row.currency) },
        {
          head: say('cost'),
          isFigure: true,
          cell: ({ cost_minor: cost, cost_micros: micros, currency }) =>
            cost === null ? `${format.micros(micros)}, ${say('noRate')}` : money(-cost, currency),
        },
        {
          head: say('margin'),
          isFigure: true,
          cell: (row) => (
            <Parts group={group} month={row.month} product={row.product}>
              {row.margin_minor === null ? '–' : money(row.margin_minor, row.currency)}
            </Parts>
          ),
        },
        {
          head: say('share'),
          isFigure: true,
          cell: ({ margin_minor: margin, net_minor: net }) =>
            percent(margin === null || net <= 0 ? null : margin / net),
        },
      ]}
    />
  );
}

const SPENT = ['model', 'product', 'account'] as const;

function ModelReport() {
  const { say, format, group, range, product, model, open } = useReport(SPENT, 'model');
  return (
    <Report<Usage>
      route="GET /v1/admin/usage"
      query={{
        ...range,
        group: group === 'model' ? 'provider,model' : group,
        ...(product && { product }),
        ...(model && { model }),
      }}
      groups={SPENT}
      by={group}
      keyOf={(row) => [row.account_id, row.product, row.provider, row.model].join(' ')}
      empty={say('noCost')}
      drawn={{
        pointOf: (row) => (group === 'account' ? row.account_name : row[group]) ?? '–',
        partOf: () => say('cost'),
        valueOf: ({ cost_micros: cost }) => cost ?? 0,
        amountOf: format.micros,
        open: (point) =>
          open(
            group === 'account' ? {} : { by: 'account', [group === 'model' ? 'model' : 'product']: point },
          ),
      }}
      columns={[
        {
          head: say(group === 'account' ? 'customer' : 'name'),
          isLong: true,
          cell: (row) =>
            group === 'account' ? (
              <CustomerLink account={row.account_id} name={row.account_name} />
            ) : (
              <>
                {row[group] ?? '–'} <span className="dim">{row.provider}</span>
              </>
            ),
        },
        { head: say('calls'), count: ({ calls }) => calls },
        {
          head: say('tokens'),
          count: ({ prompt_tokens: prompt, completion_tokens: completion }) => prompt + completion,
        },
        { head: say('estimated'), micros: (row) => row.estimated_micros },
        {
          head: say('cost'),
          isFigure: true,
          cell: (row) =>
            group === 'account' ? (
              format.micros(row.cost_micros)
            ) : (
              <Link
                from="/app/revenue"
                to="."
                search={(search) =>
                  changed(search, {
                    by: 'account',
                    ...(group === 'model'
                      ? { model: row.model ?? undefined }
                      : { product: row.product ?? undefined }),
                  })
                }
              >
                {format.micros(row.cost_micros)}
              </Link>
            ),
        },
      ]}
    />
  );
}

const LEFT = ['feedback', 'reason', 'product', 'plan'] as const;

function LeavingReport() {
  const { say, group, money, range, product, monthly } = useReport(LEFT, 'feedback');
  const nameOf = (row: Leaving) => row[group]?.replaceAll('_', ' ') ?? say('notSaid');
  return (
    <Report<Leaving>
      route="GET /v1/admin/billing/leaving"
      query={{ ...range, group: `month,${group}`, ...(product && { product }) }}
      groups={LEFT}
      by={group}
      keyOf={(row) => [row.month, row.currency, row[group]].join(' ')}
      empty={say('noneLeft')}
      drawn={{
        pointOf: ({ month = '' }) => month,
        partOf: nameOf,
        valueOf: ({ lost_minor: lost }) => lost,
        ...monthly,
      }}
      columns={[
        { head: say('month'), cell: ({ month }) => month },
        { head: say('name'), isLong: true, cell: nameOf },
        { head: say('ended'), count: ({ subscriptions }) => subscriptions },
        { head: say('trials'), count: ({ trials }) => trials },
        { head: say('lost'), isFigure: true, cell: (row) => money(row.lost_minor, row.currency) },
      ]}
    />
  );
}
