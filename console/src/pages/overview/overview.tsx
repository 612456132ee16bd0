import type { ReplyOf } from '@plinth/sdk';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CustomerLink } from '../../parts/customer-link.tsx';
import { moneyTexts } from '../../parts/money.ts';
import { Pick } from '../../parts/pick.tsx';
import { usePageSearch } from '../../parts/search.ts';
import { Head, Section } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { Calls } from './calls.tsx';
import { Figures } from './figures.tsx';
import { Needs } from './needs.tsx';
import { SampleOffer } from './sample.tsx';
import { readOverviewSearch, SPANS } from './search.ts';
import { texts } from './texts.ts';

/** The state of the business, and an operator's tasks: each part leads to its page. */
export function Overview() {
  const { say } = useTexts(texts);
  const [{ days: span = '30' }, change] = usePageSearch(readOverviewSearch);
  const days = Number(span);
  const customers = useNewCustomers();
  return (
    <>
      <Head title={say('nav.overview')} about={say('compared', { days: span })}>
        <span className="right">
          <Pick
            label={say('days')}
            value={span}
            options={
              Object.fromEntries(SPANS.map((one) => [one, say('last', { days: one })])) as Record<
                typeof span,
                string
              >
            }
            choose={(next) => change({ days: next })}
          />
        </span>
      </Head>
      {isUnsold(customers.data?.data) && <SampleOffer />}
      <Figures days={days} />
      <div className="overview">
        <div>
          <Calls days={days} />
        </div>
        <div>
          <Needs />
          <NewCustomers asked={customers} />
        </div>
      </div>
    </>
  );
}

const useNewCustomers = () =>
  useQuery({
    queryKey: ['overview', 'customers'],
    queryFn: () => apiFor(undefined).call('GET /v1/admin/customers', { query: { sort: 'newest', limit: 6 } }),
  });

type Customers = ReplyOf<'GET /v1/admin/customers'>['data'];

/** Whether no customer pays yet. */
const isUnsold = (rows: Customers | undefined): boolean =>
  rows?.every(({ money }) => money.length === 0) ?? false;

function NewCustomers({ asked }: { readonly asked: ReturnType<typeof useNewCustomers> }) {
  const { say, language } = useTexts(texts);
  return (
    <Section title={say('newCustomers')}>
      <Table
        label={say('newCustomers')}
        rows={asked.data?.data}
        asked={asked}
        lines={6}
        keyOf={({ account_id: id }) => id}
        empty={say('noCustomers')}
        columns={[
          {
            head: say('name'),
            isLong: true,
            cell: ({ account_id: id, name }) => <CustomerLink account={id} name={name} />,
          },
          {
            head: say('plan'),
            isDim: true,
            isLong: true,
            cell: ({ plans: [first, ...others] }) =>
              first === undefined ? '–' : `${first.plan}${others.length === 0 ? '' : ` +${others.length}`}`,
          },
          {
            head: say('mrr'),
            isFigure: true,
            cell: ({ money }) => moneyTexts(language, money, (one) => one.mrr_minor),
          },
        ]}
      />
      <Link className="link" to="/app/customers">
        {say('nav.customers')}
      </Link>
    </Section>
  );
}
