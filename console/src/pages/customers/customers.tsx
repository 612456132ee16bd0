import { Link } from '@tanstack/react-router';
import { Csv } from '../../parts/csv.tsx';
import { timeOfId } from '../../parts/id-time.ts';
import { moneyTexts } from '../../parts/money.ts';
import { usePages } from '../../parts/pages.ts';
import { Pick } from '../../parts/pick.tsx';
import { usePageSearch, useSearchOf } from '../../parts/search.ts';
import { withoutSecret } from '../../parts/secrets.ts';
import { Head } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { TextFilter } from '../../parts/text-filter.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { CustomerPage } from './customer.tsx';
import { SORTS, readCustomerSearch } from './search.ts';
import { texts } from './texts.ts';

/** A search over all accounts; the one that is opened, with all that explains its calls. */
export function Customers() {
  const { say } = useTexts(texts);
  const { account } = useSearchOf(readCustomerSearch);
  return (
    <>
      {account === undefined && <Head title={say('nav.customers')} />}
      <SearchBox />
      {account === undefined ? <Found /> : <CustomerPage id={account} />}
    </>
  );
}

function SearchBox() {
  const { say } = useTexts(texts);
  const [{ q, account }, change] = usePageSearch(readCustomerSearch);
  return (
    <TextFilter
      label={say('search')}
      value={q}
      clean={withoutSecret}
      isWide
      dropBy={account}
      choose={(next) => change({ q: next, account: undefined, action: undefined, plan: undefined })}
    />
  );
}

function Found() {
  const { say, format, language } = useTexts(texts);
  const [{ q, sort = 'newest', status, payment }, change] = usePageSearch(readCustomerSearch);
  const isSearch = q !== undefined && q.length > 1;
  const query = { sort, ...(isSearch ? { q } : {}), ...(status && { status }), ...(payment && { payment }) };
  const asked = usePages({
    key: ['customers', query],
    read: (paging) => apiFor(undefined).call('GET /v1/admin/customers', { query: { ...paging, ...query } }),
  });
  return (
    <>
      <div className="filters">
        <Pick
          label={say('status')}
          value={status}
          none={say('anyStatus')}
          options={{ active: say('active'), suspended: say('suspended') }}
          choose={(next) => change({ status: next })}
        />
        {!isSearch && (
          <Pick
            label={say('paymentState')}
            value={payment}
            none={say('anyPayment')}
            options={{ failing: say('failing') }}
            choose={(next) => change({ payment: next })}
          />
        )}
        {!isSearch && (
          <Pick
            label={say('sort')}
            value={sort}
            options={
              Object.fromEntries(SORTS.map((one) => [one, say(`sort.${one}`)])) as Record<
                (typeof SORTS)[number],
                string
              >
            }
            choose={(next) => change({ sort: next })}
          />
        )}
        <span className="dim note">{say('list.note')}</span>
        <span className="right">
          <Csv route="GET /v1/admin/customers" query={query} name="customers" />
        </span>
      </div>
      <Table
        label={say('list.label')}
        keyOf={({ account_id: id }) => id}
        asked={asked}
        empty={isSearch ? <NothingKnown q={q} /> : say('noCustomers')}
        columns={[
          {
            head: say('name'),
            isLong: true,
            cell: ({ account_id: account, name, status: state }) => (
              <>
                <Link from="/app/customers" to="." search={(rest) => ({ ...rest, account })}>
                  {name}
                </Link>
                {state === 'suspended' && <span className="dim"> {say('suspended')}</span>}
              </>
            ),
          },
          { head: say('owner'), isDim: true, isLong: true, cell: ({ owner_email: owner }) => owner },
          {
            head: say('plans'),
            isDim: true,
            isLong: true,
            cell: ({ plans }) => plans.map(({ plan }) => plan).join(', ') || '–',
          },
          {
            head: say('list.paid'),
            isFigure: true,
            cell: ({ money }) => moneyTexts(language, money, (one) => one.paid_minor),
          },
          {
            head: say('mrr'),
            isFigure: true,
            cell: ({ money }) => moneyTexts(language, money, (one) => one.mrr_minor),
          },
          { head: say('list.cost'), micros: (row) => row.cost_micros },
          {
            head: say('list.margin'),
            isFigure: true,
            cell: ({ money }) => moneyTexts(language, money, (one) => one.margin_minor),
          },
          {
            head: say('list.denied'),
            isFigure: true,
            cell: ({ denied }) => (denied === 0 ? '–' : format.count(denied)),
          },
          { head: say('lastCall'), isFigure: true, past: (row) => row.last_call_at },
        ]}
      />
    </>
  );
}

/** A denied request leaves no row but the last one's of an hour: its id says when it came, and that leads to who was denied then. */
function NothingKnown({ q }: { readonly q: string }) {
  const { say, format } = useTexts(texts);
  const at = timeOfId(q);
  return (
    <div className="stack">
      <p className="dim">{say('none', { q })}</p>
      {at !== undefined && (
        <p>
          {say('none.denied', { at: format.instant(at) })}{' '}
          <Link className="link" to="/app/denials" search={{ around: at }}>
            {say('none.hour')}
          </Link>
        </p>
      )}
    </div>
  );
}
