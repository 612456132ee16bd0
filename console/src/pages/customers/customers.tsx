import { TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Table } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';
import { CustomerPage } from './customer.tsx';

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
  const { say, format } = useTexts(texts);
  const { q } = useSearch({ from: '/app/customers' });
  const asked = useQuery({
    queryKey: ['customers', q],
    queryFn: () => apiFor(undefined).call('GET /v1/admin/customers', { query: { q: q ?? '' } }),
    enabled: q !== undefined && q.length > 1,
  });
  if (q === undefined || q.length < 2) return <p className="dim">{say('begin')}</p>;
  return (
    <Table
      label={say('nav.customers')}
      rows={asked.data?.data}
      keyOf={({ account_id: id }) => id}
      asked={asked}
      lines={8}
      empty={say('none', { q })}
      columns={[
        {
          head: say('name'),
          cell: ({ account_id: account, name }) => (
            <Link to="/app/customers" search={{ q, account }}>
              {name}
            </Link>
          ),
        },
        { head: say('owner'), isDim: true, cell: ({ owner_email: owner }) => owner },
        {
          head: say('plans'),
          isDim: true,
          cell: ({ plans }) => plans.map(({ plan }) => plan).join(', ') || '–',
        },
        { head: say('cost'), isFigure: true, cell: ({ cost_micros: cost }) => format.micros(cost) },
        {
          head: say('denied'),
          isFigure: true,
          cell: ({ denied }) => (denied === 0 ? '–' : format.count(denied)),
        },
        {
          head: say('lastCall'),
          isFigure: true,
          cell: ({ last_call_at: last }) => (last === null ? '–' : <When at={last} isPast />),
        },
      ]}
    />
  );
}
