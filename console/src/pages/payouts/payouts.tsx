import type { ReplyOf } from '@plinth/sdk';
import { CustomerLink } from '../../parts/customer-link.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { useMoney } from '../../parts/money.ts';
import { usePages } from '../../parts/pages.ts';
import { Pick } from '../../parts/pick.tsx';
import { usePriceList } from '../../parts/price-list.ts';
import { usePageSearch } from '../../parts/search.ts';
import { Head, Section } from '../../parts/section.tsx';
import { pastMonths } from '../../parts/spans.ts';
import { StateBadge } from '../../parts/state-badge.tsx';
import { Table } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { readPayoutSearch } from './search.ts';
import { texts } from './texts.ts';

type Books = ReplyOf<'GET /v1/admin/payouts'>;

/** What payees were paid and are owed, month by month, and how the provider's books differ. */
export function Payouts() {
  const { say } = useTexts(texts);
  const { column } = useMoney();
  const [{ period }, change] = usePageSearch(readPayoutSearch);
  const { data: prices } = usePriceList();
  const asking = usePages({
    key: ['payouts', period],
    read: (paging) =>
      apiFor(undefined).call('GET /v1/admin/payouts', { query: { ...paging, ...(period && { period }) } }),
    again: 5_000,
  });
  const books = asking.pages?.[0];
  const running = books?.running;
  return (
    <>
      <Head title={say('nav.payouts')} about={say('about')} />
      {prices?.sold === false && <p className="dim">{say('app.nothingSold')}</p>}
      <div className="filters">
        <Pick
          label={say('period')}
          value={period}
          options={[...new Set([...pastMonths(), ...(period === undefined ? [] : [period])])]}
          none={say('allPeriods')}
          choose={(value) => change({ period: value })}
        />
        {period !== undefined && running === null && (
          <Confirm
            text={say('pay', { period })}
            act={() => apiFor(undefined).call('POST /v1/admin/payouts', { body: { period } })}
          />
        )}
        {typeof running === 'string' && <span role="status">{say('running', { period: running })}</span>}
      </div>
      <Table
        label={say('nav.payouts')}
        asked={asking}
        keyOf={({ id }) => id}
        empty={say('none')}
        lines={6}
        columns={[
          {
            head: say('payee'),
            cell: ({ name, account_id: account }) =>
              name === null ? (
                <span className="dim">{say('gone')}</span>
              ) : (
                <CustomerLink account={account} name={name} />
              ),
          },
          { head: say('period'), cell: (one) => one.period },
          column(say('amount'), 'amount'),
          {
            head: say('state'),
            cell: ({ state, code }) => (
              <>
                <StateBadge color={state === 'refused' ? 'red' : state === 'open' ? 'yellow' : 'gray'}>
                  {say(state)}
                </StateBadge>{' '}
                {code !== null && <span className="dim mono">{code}</span>}
              </>
            ),
          },
          { head: say('transfer'), isDim: true, isMono: true, cell: ({ transfer }) => transfer ?? '–' },
          { head: say('when'), isFigure: true, isDim: true, past: (row) => row.created_at },
        ]}
      />
      {books !== undefined && <Owed books={books} />}
      {books !== undefined && <Differences books={books} />}
    </>
  );
}

function Owed({ books: { owed } }: { readonly books: Books }) {
  const { say } = useTexts(texts);
  const { column } = useMoney();
  return (
    <Section title={say('owed')}>
      <Table
        label={say('owed')}
        rows={owed}
        keyOf={({ currency }) => currency}
        empty={say('nothingOwed')}
        columns={[
          { head: say('currency'), cell: ({ currency }) => currency.toUpperCase() },
          column(say('owedInAll'), 'owed'),
          column(say('payable'), 'payable'),
          column(say('waiting'), 'waiting'),
        ]}
      />
    </Section>
  );
}

/** Each difference by a sentence. */
function Differences({ books: { differences, compared_at: at } }: { readonly books: Books }) {
  const { say } = useTexts(texts);
  const { minor } = useMoney();
  return (
    <section aria-labelledby="differences">
      <header className="page">
        <h2 id="differences">{say('differences')}</h2>
        {at !== null && (
          <span className="dim">
            {say('compared')} <When at={at} isPast />
          </span>
        )}
      </header>
      <Table
        label={say('differences')}
        rows={differences}
        keyOf={({ transfer, payout }) => `${transfer} ${payout ?? ''}`}
        empty={say(at === null ? 'neverCompared' : 'same')}
        columns={[
          { head: say('transfer'), isMono: true, cell: ({ transfer }) => transfer },
          { head: say('payout'), isMono: true, isDim: true, cell: ({ payout }) => payout ?? '–' },
          {
            head: say('difference'),
            isText: true,
            cell: ({ currency, ours, theirs }) =>
              say(ours === null ? 'unknownTransfer' : theirs === null ? 'missingTransfer' : 'otherAmount', {
                ours: minor(ours ?? 0, currency),
                theirs: minor(theirs ?? 0, currency),
              }),
          },
        ]}
      />
    </section>
  );
}
