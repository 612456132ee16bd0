import { Anchor, Badge, Button, Skeleton } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Suspense } from 'react';
import { CallTable } from '../../parts/call-table.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Id } from '../../parts/id.tsx';
import { LimitList } from '../../parts/limit-list.tsx';
import { moneyText, moneyTexts, useMoney } from '../../parts/money.ts';
import { usePageSearch } from '../../parts/search.ts';
import { Head, Section } from '../../parts/section.tsx';
import { lazyPart } from '../../parts/lazy-part.ts';
import { Table } from '../../parts/table.tsx';
import { Trouble } from '../../parts/trouble.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { Action } from './action.tsx';
import { Denials } from './denials.tsx';
import { Grants } from './grants.tsx';
import { ACTIONS, readCustomerSearch } from './search.ts';
import { Curve, Story } from './story.tsx';
import { Subscriptions } from './subscriptions.tsx';
import { texts } from './texts.ts';

const SaleAction = lazyPart(() => import('./sale-action.tsx'), 'SaleAction');

export type Details = ReplyOf<'GET /v1/admin/customers/{id}'>;

/** One account: what it is, what was denied to it and why, its limits, money, people and last calls, and what can be done. */
export function CustomerPage({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const { data, error, refetch } = useQuery({
    queryKey: ['customer', id],
    queryFn: () => apiFor(undefined).call('GET /v1/admin/customers/{id}', { params: { id } }),
    refetchInterval: 10_000,
  });
  if (error !== null) return <Trouble error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Skeleton h={320} />;
  const { customer, limits, payments, subscriptions, people, calls } = data;
  return (
    <>
      <CustomerHead customer={customer} />
      <CustomerFacts customer={customer} />
      <Action id={id} limits={limits} />
      <Suspense fallback={null}>
        <SaleAction id={id} payments={payments} subscriptions={subscriptions} />
      </Suspense>
      <Curve id={id} />
      <Denials id={id} limits={limits} />
      <Section title={say('limits.title')}>
        <LimitList limits={limits} />
      </Section>
      <Story id={id} customer={customer} payments={payments} />
      <Subscriptions subscriptions={subscriptions} />
      <Grants id={id} />
      <Payments payments={payments} />
      <People id={id} people={people} />
      <Section title={say('calls.last')}>
        <CallTable events={calls} label={say('calls.last')} empty={say('noCalls')} isLinked={false} />
      </Section>
    </>
  );
}

function CustomerHead({ customer }: { readonly customer: Details['customer'] }) {
  const { say, format } = useTexts(texts);
  const [, change] = usePageSearch(readCustomerSearch);
  const queries = useQueryClient();
  const { account_id: id, name, status, created_at: at } = customer;
  const isSuspended = status === 'suspended';
  const call = isSuspended
    ? 'POST /v1/admin/accounts/{id}/reinstate'
    : 'POST /v1/admin/accounts/{id}/suspend';
  return (
    <Head title={name}>
      <Badge color={isSuspended ? 'red' : 'accent'}>{say(isSuspended ? 'suspended' : 'active')}</Badge>
      <span className="dim">{say('since', { day: format.day(at) })}</span>
      <Id id={id} />
      <Anchor renderRoot={(props) => <Link {...props} to="/app/platform-audit" search={{ account: id }} />}>
        {say('audit')}
      </Anchor>
      <span className="right">
        {ACTIONS.map((action) => (
          <Button key={action} variant="default" onClick={() => change({ action, plan: undefined })}>
            {say(`give.${action}`)}
          </Button>
        ))}
        <Button variant="default" onClick={() => change({ action: 'invoice', sale: undefined })}>
          {say('sell')}
        </Button>
        <Confirm
          text={say(isSuspended ? 'reinstate' : 'suspend')}
          act={async () => {
            await apiFor(undefined).call(call, { params: { id } });
            await queries.invalidateQueries({ queryKey: ['customer', id] });
          }}
          isDangerous={!isSuspended}
        />
      </span>
    </Head>
  );
}

function CustomerFacts({ customer }: { readonly customer: Details['customer'] }) {
  const { say, format, language } = useTexts(texts);
  const {
    plans,
    money,
    cost_micros: cost,
    calls,
    members,
    owner_email: owner,
    last_call_at: last,
  } = customer;
  const share = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 });
  const [first] = money;
  const margin =
    money.length === 1 && first?.margin_minor != null && first.net_minor > 0
      ? ` (${share.format(first.margin_minor / first.net_minor)})`
      : '';
  return (
    <Facts
      of={{
        [say('plans')]: plans.map(({ plan }) => plan).join(', ') || say('noPlan'),
        [say('paid')]: moneyTexts(language, money, (one) => one.paid_minor),
        [say('mrr')]: moneyTexts(language, money, (one) => one.mrr_minor),
        [say('cost')]: format.micros(cost),
        [say('margin')]: moneyTexts(language, money, (one) => one.margin_minor) + margin,
        [say('calls')]: format.count(calls),
        [say('lastCall')]: last === null ? '–' : <When at={last} isPast />,
        [say('members')]: format.count(members),
        [say('owner')]: owner ?? '–',
      }}
    />
  );
}

/** What was paid, and the way to a refund: here, or where a store makes them. */
function Payments({ payments }: Pick<Details, 'payments'>) {
  const { say, language } = useTexts(texts);
  const { column } = useMoney();
  const [, change] = usePageSearch(readCustomerSearch);
  if (payments.length === 0) return null;
  return (
    <Section title={say('payments')}>
      <Table
        label={say('payments')}
        rows={payments}
        keyOf={({ payment, occurred_at: at }) => `${payment} ${at}`}
        empty=""
        columns={[
          { head: say('calls.when'), past: (row) => row.occurred_at },
          {
            head: say('status'),
            cell: ({ state, failure_code: failure }) =>
              say(`payment.${state}`) + (failure === null ? '' : `: ${failure}`),
          },
          column(say('amount'), 'amount_minor'),
          {
            head: say('refunded'),
            isFigure: true,
            cell: ({ refunded_minor: amount, currency }) =>
              amount === 0 ? '–' : moneyText(language, amount, currency),
          },
          { head: say('payment'), isDim: true, isMono: true, cell: ({ payment }) => payment },
          {
            head: say('refund'),
            cell: ({
              store,
              state,
              payment,
              amount_minor: paid,
              refunded_minor: back,
              dashboard_url: url,
            }) =>
              store !== 'stripe' ? (
                <span className="dim">{say('refund.none', { store })}</span>
              ) : (
                <span className="actions">
                  {state === 'succeeded' && back < paid && (
                    <button
                      type="button"
                      className="quiet"
                      style={{ color: 'var(--error)' }}
                      onClick={() => change({ action: 'refund', sale: payment })}
                    >
                      {say('refund.do')}
                    </button>
                  )}
                  {url !== null && (
                    <a href={url} target="_blank" rel="noreferrer">
                      {say('refund.stripe')}
                    </a>
                  )}
                </span>
              ),
          },
        ]}
      />
    </Section>
  );
}

/** Who belongs to it. A member who lost their second factor has it reset here, once it is known that it is they who ask. */
function People({ id, people }: Pick<Details, 'people'> & { readonly id: string }) {
  const { say } = useTexts(texts);
  const queries = useQueryClient();
  return (
    <Section title={say('members')}>
      <Table
        label={say('members')}
        rows={people}
        keyOf={({ user_id: user }) => user}
        empty={say('noPeople')}
        columns={[
          { head: say('email'), cell: ({ email }) => email },
          { head: say('role'), isDim: true, cell: ({ role }) => say(`role.${role}`) },
          {
            head: say('factor'),
            cell: ({ second_factor: has, user_id: user }) =>
              has ? (
                <span className="actions">
                  {say('factor.on')}
                  <Confirm
                    text={say('factor.reset')}
                    act={async () => {
                      await apiFor(undefined).call('POST /v1/admin/users/{id}/mfa/reset', {
                        params: { id: user },
                      });
                      await queries.invalidateQueries({ queryKey: ['customer', id] });
                    }}
                    isDangerous
                    isQuiet
                  />
                </span>
              ) : (
                <span className="dim">{say('factor.off')}</span>
              ),
          },
        ]}
      />
    </Section>
  );
}
