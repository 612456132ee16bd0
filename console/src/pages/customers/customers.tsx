import { Skeleton, TextInput, Title } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Scroll } from '../../parts/scroll.tsx';
import { Trouble } from '../../parts/trouble.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';
import { CustomerPage } from './customer.tsx';

type Customer = ReplyOf<'GET /v1/admin/customers'>['data'][number];

/** Milliseconds after the last letter until it is looked for. */
const PAUSE = 250;
const KEY = 'pl_';
/** Characters of an API key after that which may be looked for: what is shown of it, and nothing secret. */
const SHOWN_OF_KEY = 8;

/** A search over all accounts; the one that is opened, with all that explains its calls. */
export function Customers() {
  const { say } = useTexts(texts);
  const { account } = useSearch({ from: '/app/customers' });
  return (
    <>
      <SearchBox />
      {account === undefined ? (
        <>
          <header className="page">
            <Title order={1}>{say('nav.customers')}</Title>
          </header>
          <Found />
        </>
      ) : (
        <CustomerPage id={account} />
      )}
    </>
  );
}

function SearchBox() {
  const { say } = useTexts(texts);
  const { q = '' } = useSearch({ from: '/app/customers' });
  const navigate = useNavigate({ from: '/app/customers' });
  const [text, setText] = useState(q);
  useEffect(() => setText(q), [q]);
  useEffect(() => {
    const said = text.trim();
    const wanted = said.startsWith(KEY) ? said.slice(0, KEY.length + SHOWN_OF_KEY) : said;
    if (wanted === q) return;
    const timer = setTimeout(() => void navigate({ search: wanted === '' ? {} : { q: wanted } }), PAUSE);
    return () => clearTimeout(timer);
  }, [text, q, navigate]);
  return (
    <TextInput
      type="search"
      mb="lg"
      aria-label={say('search')}
      placeholder={say('search')}
      value={text}
      maxLength={200}
      onChange={({ currentTarget }) => setText(currentTarget.value)}
    />
  );
}

function Found() {
  const { say } = useTexts(texts);
  const { q } = useSearch({ from: '/app/customers' });
  const { data, error, refetch, isPending } = useQuery({
    queryKey: ['customers', q],
    queryFn: () => apiFor(undefined).call('GET /v1/admin/customers', { query: { q: q ?? '' } }),
    enabled: q !== undefined && q.length > 1,
  });
  if (q === undefined || q.length < 2) return <p className="dim">{say('begin')}</p>;
  if (error !== null) return <Trouble error={error} retry={() => void refetch()} />;
  if (isPending) return Array.from({ length: 8 }, (_one, row) => <Skeleton key={row} h={28} mb={1} />);
  if (data.data.length === 0) return <p className="dim">{say('none', { q })}</p>;
  return (
    <Scroll label={say('nav.customers')}>
      <table>
        <thead>
          <tr>
            <th>{say('name')}</th>
            <th>{say('owner')}</th>
            <th>{say('plans')}</th>
            <th className="num">{say('cost')}</th>
            <th className="num">{say('denied')}</th>
            <th className="num">{say('lastCall')}</th>
          </tr>
        </thead>
        <tbody>
          {data.data.map((customer) => (
            <FoundRow key={customer.account_id} customer={customer} q={q} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function FoundRow({ customer, q }: { readonly customer: Customer; readonly q: string }) {
  const { format } = useTexts(texts);
  const {
    account_id: id,
    name,
    owner_email: owner,
    plans,
    cost_micros: cost,
    denied,
    last_call_at: last,
  } = customer;
  return (
    <tr>
      <td>
        <Link to="/app/customers" search={{ q, account: id }}>
          {name}
        </Link>
      </td>
      <td className="dim">{owner}</td>
      <td className="dim">{plans.map(({ plan }) => plan).join(', ') || '–'}</td>
      <td className="num">{format.micros(cost)}</td>
      <td className="num">{denied === 0 ? '–' : format.count(denied)}</td>
      <td className="num dim">{last === null ? '–' : <When at={last} isPast />}</td>
    </tr>
  );
}
