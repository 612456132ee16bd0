import type { ReplyOf } from '@plinth/sdk';
import { Link, useNavigate } from '@tanstack/react-router';
import { Confirm } from '../../parts/confirm.tsx';
import { useMoney } from '../../parts/money.ts';
import { usePages } from '../../parts/pages.ts';
import { Pick } from '../../parts/pick.tsx';
import { usePriceList } from '../../parts/price-list.ts';
import { changed, useSearchOf } from '../../parts/search.ts';
import { StateBadge } from '../../parts/state-badge.tsx';
import { Table } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { readPayoutSearch } from './search.ts';
import { texts } from './texts.ts';

type Books = ReplyOf<'GET /v1/admin/payouts'>;

/** As many months as one chooses from, with the present one, which can't be paid yet. */
const MONTHS = 13;

function months(): Record<string, string> {
  const now = new Date();
  const names = Array.from({ length: MONTHS }, (_one, ago) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago)).toISOString().slice(0, 7),
  );
  return Object.fromEntries(names.map((name) => [name, name]));
}

/** What payees were paid and are owed, month by month, and how the provider's books differ. */
export function Payouts() {
  const { say } = useTexts(texts);
  const { minor } = useMoney();
  const { period } = useSearchOf(readPayoutSearch);
  const navigate = useNavigate({ from: '/app/payouts' });
  const { data: prices } = usePriceList();
  const { pages, ...asking } = usePages({
    key: ['payouts', period],
    read: (paging) =>
      apiFor(undefined).call('GET /v1/admin/payouts', { query: { ...paging, ...(period && { period }) } }),
    again: 5_000,
  });
  const books = pages?.[0];
  const running = books?.running;
  return (
    <>
      <header className="page">
        <h1>{say('nav.payouts')}</h1>
        <span className="dim">{say('about')}</span>
      </header>
      {prices?.sold === false && <p className="dim">{say('app.nothingSold')}</p>}
      <div className="filters">
        <Pick
          label={say('period')}
          value={period}
          options={period === undefined ? months() : { ...months(), [period]: period }}
          none={say('allPeriods')}
          choose={(value) => void navigate({ search: (search) => changed(search, { period: value }) })}
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
        rows={pages?.flatMap(({ data }) => data)}
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
                <Link to="/app/customers" search={{ account }}>
                  {name}
                </Link>
              ),
          },
          { head: say('period'), cell: (one) => one.period },
          { head: say('amount'), isFigure: true, cell: ({ amount, currency }) => minor(amount, currency) },
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
          {
            head: say('when'),
            isFigure: true,
            isDim: true,
            cell: ({ created_at: at }) => <When at={at} isPast />,
          },
        ]}
      />
      {books !== undefined && <Owed books={books} />}
      {books !== undefined && <Differences books={books} />}
    </>
  );
}

function Owed({ books: { owed } }: { readonly books: Books }) {
  const { say } = useTexts(texts);
  const { minor } = useMoney();
  return (
    <section aria-labelledby="owed">
      <h2 id="owed">{say('owed')}</h2>
      <Table
        label={say('owed')}
        rows={owed}
        keyOf={({ currency }) => currency}
        empty={say('nothingOwed')}
        columns={[
          { head: say('currency'), cell: ({ currency }) => currency.toUpperCase() },
          { head: say('owedInAll'), isFigure: true, cell: (one) => minor(one.owed, one.currency) },
          { head: say('payable'), isFigure: true, cell: (one) => minor(one.payable, one.currency) },
          { head: say('waiting'), isFigure: true, cell: (one) => minor(one.waiting, one.currency) },
        ]}
      />
    </section>
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
