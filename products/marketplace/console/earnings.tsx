import {
  Act,
  pastMonths,
  Pick,
  Section,
  State,
  Table,
  Trouble,
  useApi,
  useMoney,
  useOfAccount,
  usePriceList,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { useState } from 'react';
import { texts } from './texts.ts';

/** Whether money can come, what was earned in a month, and what was paid out. */
export function Earnings() {
  const { say } = useTexts(texts);
  const { data: prices } = usePriceList();
  if (prices === undefined) return null;
  return prices.sold ? <Earned /> : <p className="dim">{say('app.nothingSold')}</p>;
}

function Earned() {
  const { say } = useTexts(texts);
  const { column } = useMoney();
  const { search, change } = useProductSearch();
  const months = pastMonths();
  const { period = months[0] as string } = search;
  const { data, error, refetch } = useOfAccount(
    ['plugin earnings', period],
    ({ call }) => call('GET /v1/developer/earnings', { query: { period } }),
    { again: 10_000 },
  );
  if (error !== null && data === undefined) return <Trouble error={error} retry={() => void refetch()} />;
  return (
    <>
      <Payee />
      <Table
        label={say('owed')}
        rows={data?.balances}
        keyOf={({ currency }) => currency}
        empty=""
        lines={1}
        columns={[
          column(say('owed'), 'owed'),
          column(say('payableNow'), 'payable'),
          ...(data?.balances.some(({ minimum }) => minimum > 1) ? [column(say('minimum'), 'minimum')] : []),
          column(say('sent'), 'sent'),
        ]}
      />
      <Section title={say('sales')}>
        <p className="filters">
          <Pick
            label={say('month')}
            value={period}
            options={[...new Set([...months, period])]}
            choose={(one) => change({ period: one })}
          />
        </p>
        <Table
          label={say('sales')}
          rows={data?.items}
          keyOf={({ item, currency }) => `${item} ${currency}`}
          empty={say('noSales')}
          lines={3}
          columns={[
            { head: say('name'), cell: ({ item }) => item },
            { head: say('sales'), count: ({ sales }) => sales },
            column(say('total'), 'total'),
            column(say('share'), 'share'),
          ]}
        />
      </Section>
      <Section title={say('payouts')}>
        <Table
          label={say('payouts')}
          rows={data?.payouts}
          keyOf={({ id }) => id}
          empty={say('noPayouts')}
          lines={3}
          columns={[
            { head: say('month'), cell: (one) => one.period },
            column(say('total'), 'amount'),
            { head: say('state'), cell: ({ state }) => <State of={state} text={say(state)} /> },
            { head: say('made'), isDim: true, past: (row) => row.created_at },
          ]}
        />
      </Section>
    </>
  );
}

/** Where Stripe pays to from another of these countries (docs/sharing.md). */
const PAID_ACROSS =
  'US GB CA CH AT BE BG HR CY CZ DK EE FI FR DE GR HU IS IE IT LV LI LT LU MT NL NO PL PT RO SK SI ES SE';

function Payee() {
  const { say } = useTexts(texts);
  const [country, setCountry] = useState<string>();
  const api = useApi();
  const { data, error, refetch } = useOfAccount(
    ['payee'],
    ({ call }) => call('GET /v1/developer/payee', {}),
    { again: 10_000 },
  );
  if (error !== null && data === undefined) return <Trouble error={error} retry={() => void refetch()} />;
  const open = async () => {
    const body = { return_url: location.href, ...(country === undefined ? {} : { country }) };
    const { url } = await api.call('POST /v1/developer/payee', { body });
    location.assign(url);
  };
  return (
    data !== undefined && (
      <section aria-label={say('payee')}>
        <p className="filters">
          <span role="status">{say(data.state)}</span>
          {data.state === 'none' && <Country value={country} choose={setCountry} />}
          {data.state !== 'payable' && <Act text={say('onboard')} act={open} />}
        </p>
      </section>
    )
  );
}

function Country(picked: { readonly value: string | undefined; choose(country: string | undefined): void }) {
  const { say, language } = useTexts(texts);
  const names = new Intl.DisplayNames([language], { type: 'region' });
  const countries = PAID_ACROSS.split(' ')
    .map((one) => [one, names.of(one) ?? one] as const)
    .toSorted(([, a], [, b]) => a.localeCompare(b, language));
  return (
    <Pick
      label={say('country')}
      options={Object.fromEntries(countries)}
      none={say('sameCountry')}
      {...picked}
    />
  );
}
