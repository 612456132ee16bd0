import { Anchor } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { Link } from '@tanstack/react-router';
import { useMoney } from '../../parts/money.ts';
import { usePagesOfAccount } from '../../parts/pages.ts';
import { Empty, Head } from '../../parts/section.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { Table } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { useTexts } from '../../text/index.ts';
import { useSoldNames } from '../plan/data.ts';
import { texts } from './texts.ts';

type Invoice = ReplyOf<'GET /v1/billing/invoices'>['data'][number];

/** What was billed, the newest first, with the way to see, pay and keep each. */
export function Invoices() {
  const { say } = useTexts(texts);
  const { column } = useMoney();
  const asked = usePagesOfAccount(
    ['invoices'],
    (api, paging) => api.call('GET /v1/billing/invoices', { query: paging }),
    { again: 10_000 },
  );
  return (
    <>
      <Head title={say('nav.invoices')} />
      <Table
        label={say('nav.invoices')}
        asked={asked}
        keyOf={({ id }) => id}
        empty={
          <Empty
            way={
              <Link className="link" to="/app/plan">
                {say('nav.plan')}
              </Link>
            }
          >
            {say('none')}
          </Empty>
        }
        columns={[
          {
            head: say('number'),
            cell: ({ number, id, url }) => {
              const name = number ?? id.slice(0, 8);
              return url === null ? name : <Anchor href={url}>{name}</Anchor>;
            },
          },
          { head: say('issued'), isDim: true, past: (row) => row.issued_at },
          { head: say('what'), cell: (invoice) => <What invoice={invoice} /> },
          { head: say('state'), cell: (invoice) => <State invoice={invoice} /> },
          { head: 'PDF', cell: ({ pdf_url: pdf }) => pdf !== null && <Anchor href={pdf}>PDF</Anchor> },
          column(say('tax'), 'tax'),
          column(say('total'), 'total'),
        ]}
      />
    </>
  );
}

/** What is charged for; lines that cost nothing are left out where others do. */
function What({ invoice: { lines } }: { readonly invoice: Invoice }) {
  const { say } = useTexts(texts);
  const nameOf = useSoldNames();
  const costing = lines.filter(({ amount }) => amount !== 0);
  const names = (costing.length === 0 ? lines : costing).map(
    ({ product, plan, add_on: addOn, overage, quantity }) => {
      const id = plan ?? addOn;
      const name = id === null ? product : `${product} ${nameOf(id)}`;
      const what = overage === null ? name : say('past', { limit: `${product} ${overage}` });
      return quantity > 1 ? `${what} × ${quantity}` : what;
    },
  );
  return [...new Set(names)].join(', ') || '–';
}

function State({ invoice }: { readonly invoice: Invoice }) {
  const { state, url, refunded, currency, next_attempt_at: next } = invoice;
  const { say } = useTexts(texts);
  const { minor } = useMoney();
  if (state !== 'open') {
    const back = refunded === 0 ? '' : `, ${say('refunded', { amount: minor(refunded, currency) })}`;
    return <span className="dim">{`${say(state)}${back}`}</span>;
  }
  return (
    <>
      <StateBadge color="red">{say(state)}</StateBadge>{' '}
      {url !== null && <Anchor href={url}>{say('pay')}</Anchor>}
      {next !== null && (
        <span className="dim">
          {' '}
          {say('again')} <When at={next} />
        </span>
      )}
    </>
  );
}
