import { Badge, Skeleton, Title } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { CallTable } from '../../parts/call-table.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Facts } from '../../parts/facts.tsx';
import { LimitList } from '../../parts/limit-list.tsx';
import { Table } from '../../parts/table.tsx';
import { Trouble } from '../../parts/trouble.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

type Details = ReplyOf<'GET /v1/admin/customers/{id}'>;

/** One account: what it is, what was denied to it and why, its limits, its last calls, and what can be done. */
export function CustomerPage({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const { data, error, refetch } = useQuery({
    queryKey: ['customer', id],
    queryFn: () => apiFor(undefined).call('GET /v1/admin/customers/{id}', { params: { id } }),
    refetchInterval: 10_000,
  });
  if (error !== null) return <Trouble error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Skeleton h={320} />;
  return (
    <>
      <Head customer={data.customer} />
      <CustomerFacts customer={data.customer} />
      <Denials id={id} />
      <section aria-labelledby="limits">
        <Title order={2} id="limits">
          {say('limits.title')}
        </Title>
        <LimitList limits={data.limits} />
      </section>
      <LastCalls calls={data.calls} />
    </>
  );
}

function Head({ customer }: { readonly customer: Details['customer'] }) {
  const { say, format } = useTexts(texts);
  const isSuspended = customer.status === 'suspended';
  return (
    <header className="page">
      <Title order={1}>{customer.name}</Title>
      <Badge color={isSuspended ? 'red' : 'accent'}>{say(isSuspended ? 'suspended' : 'active')}</Badge>
      <span className="dim">{say('since', { day: format.day(customer.created_at) })}</span>
      <Standing id={customer.account_id} isSuspended={isSuspended} />
    </header>
  );
}

/** Suspends or reinstates, after a second press. */
function Standing({ id, isSuspended }: { readonly id: string; readonly isSuspended: boolean }) {
  const { say } = useTexts(texts);
  const queries = useQueryClient();
  const call = isSuspended
    ? 'POST /v1/admin/accounts/{id}/reinstate'
    : 'POST /v1/admin/accounts/{id}/suspend';
  return (
    <span className="right">
      <Confirm
        text={say(isSuspended ? 'reinstate' : 'suspend')}
        act={async () => {
          await apiFor(undefined).call(call, { params: { id } });
          await queries.invalidateQueries({ queryKey: ['customer', id] });
        }}
      />
    </span>
  );
}

function CustomerFacts({ customer }: { readonly customer: Details['customer'] }) {
  const { say, format } = useTexts(texts);
  const { plans, cost_micros: cost, calls, members, owner_email: owner, last_call_at: last } = customer;
  return (
    <Facts
      of={{
        [say('plans')]: plans.map(({ plan }) => plan).join(', ') || say('noPlan'),
        [say('cost')]: format.micros(cost),
        [say('calls')]: format.count(calls),
        [say('lastCall')]: last === null ? '–' : <When at={last} isPast />,
        [say('members')]: format.count(members),
        [say('owner')]: owner ?? '–',
      }}
    />
  );
}

/** What limits denied it, the newest hour first: who is denied often needs another plan. */
function Denials({ id }: { readonly id: string }) {
  const { say, format } = useTexts(texts);
  const { data } = useQuery({
    queryKey: ['denials', id],
    queryFn: () => apiFor(undefined).call('GET /v1/admin/denials', { query: { account_id: id, limit: 10 } }),
    refetchInterval: 10_000,
  });
  if (data === undefined || data.data.length === 0) return null;
  return (
    <section aria-labelledby="denials">
      <Title order={2} id="denials">
        {say('denials')}
      </Title>
      <Table
        label={say('denials')}
        rows={data.data}
        keyOf={(one) => `${one.hour} ${one.product} ${one.feature} ${one.limit} ${one.plan}`}
        empty=""
        columns={[
          { head: say('calls.when'), cell: ({ last_at: at }) => <When at={at} isPast /> },
          {
            head: say('limit'),
            cell: ({ limit, product }) => (
              <>
                {limit.replaceAll('_', ' ')} <span className="dim">{product}</span>
              </>
            ),
          },
          { head: say('plans'), isDim: true, cell: ({ plan }) => plan },
          {
            head: say('used'),
            isFigure: true,
            cell: ({ used, max }) => say('limit.of', { used: format.count(used), max: format.count(max) }),
          },
          { head: say('times'), isFigure: true, cell: ({ denied }) => format.count(denied) },
          {
            head: say('calls.request'),
            isDim: true,
            isMono: true,
            cell: ({ last_request_id: request }) => request,
          },
        ]}
      />
    </section>
  );
}

function LastCalls({ calls }: { readonly calls: Details['calls'] }) {
  const { say } = useTexts(texts);
  return (
    <section aria-labelledby="calls">
      <Title order={2} id="calls">
        {say('calls.last')}
      </Title>
      <CallTable events={calls} label={say('calls.last')} empty={say('noCalls')} isLinked={false} />
    </section>
  );
}
