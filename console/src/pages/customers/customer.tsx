import { Badge, Button, Skeleton, Title } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { CallTable } from '../../parts/call-table.tsx';
import { LimitList } from '../../parts/limit-list.tsx';
import { Scroll } from '../../parts/scroll.tsx';
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
      <Facts customer={data.customer} />
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
      <Badge size="sm" radius="sm" tt="none" fw={400} variant="light" color={isSuspended ? 'red' : 'accent'}>
        {say(isSuspended ? 'suspended' : 'active')}
      </Badge>
      <span className="dim">{say('since', { day: format.day(customer.created_at) })}</span>
      <Standing id={customer.account_id} isSuspended={isSuspended} />
    </header>
  );
}

/** Suspends or reinstates, after a second press. */
function Standing({ id, isSuspended }: { readonly id: string; readonly isSuspended: boolean }) {
  const { say } = useTexts(texts);
  const queries = useQueryClient();
  const [isSure, setSure] = useState(false);
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      apiFor(undefined).call(
        isSuspended ? 'POST /v1/admin/accounts/{id}/reinstate' : 'POST /v1/admin/accounts/{id}/suspend',
        { params: { id } },
      ),
    onSettled: () => {
      setSure(false);
      return queries.invalidateQueries({ queryKey: ['customer', id] });
    },
  });
  const text = isSuspended ? 'reinstate' : 'suspend';
  return (
    <span className="right">
      {error !== null && <span role="alert">{error.message}</span>}
      <Button
        variant="default"
        loading={isPending}
        onClick={() => (isSure ? mutate() : setSure(true))}
        onBlur={() => setSure(false)}
      >
        {isSure ? say('sure', { what: say(text) }) : say(text)}
      </Button>
    </span>
  );
}

function Facts({ customer }: { readonly customer: Details['customer'] }) {
  const { say, format } = useTexts(texts);
  const { plans, cost_micros: cost, calls, members, owner_email: owner, last_call_at: last } = customer;
  return (
    <dl className="facts">
      <div>
        <dt>{say('plans')}</dt>
        <dd>{plans.map(({ plan }) => plan).join(', ') || say('noPlan')}</dd>
      </div>
      <div>
        <dt>{say('cost')}</dt>
        <dd>{format.micros(cost)}</dd>
      </div>
      <div>
        <dt>{say('calls')}</dt>
        <dd>{format.count(calls)}</dd>
      </div>
      <div>
        <dt>{say('lastCall')}</dt>
        <dd>{last === null ? '–' : <When at={last} isPast />}</dd>
      </div>
      <div>
        <dt>{say('members')}</dt>
        <dd>{format.count(members)}</dd>
      </div>
      <div>
        <dt>{say('owner')}</dt>
        <dd>{owner ?? '–'}</dd>
      </div>
    </dl>
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
  const [newest] = data?.data ?? [];
  if (data === undefined || newest === undefined) return null;
  return (
    <section aria-labelledby="denials">
      <Title order={2} id="denials">
        {say('denials')}
      </Title>
      <Scroll label={say('denials')}>
        <table>
          <thead>
            <tr>
              <th>{say('calls.when')}</th>
              <th>{say('limit')}</th>
              <th>{say('plans')}</th>
              <th className="num">{say('used')}</th>
              <th className="num">{say('times')}</th>
              <th>{say('calls.request')}</th>
            </tr>
          </thead>
          <tbody>
            {data.data.map((one) => (
              <tr key={`${one.hour} ${one.product} ${one.feature} ${one.limit} ${one.plan}`}>
                <td>
                  <When at={one.last_at} isPast />
                </td>
                <td>
                  {one.limit.replaceAll('_', ' ')} <span className="dim">{one.product}</span>
                </td>
                <td className="dim">{one.plan}</td>
                <td className="num">
                  {say('limit.of', { used: format.count(one.used), max: format.count(one.max) })}
                </td>
                <td className="num">{format.count(one.denied)}</td>
                <td className="dim mono">{one.last_request_id}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
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
      {calls.length === 0 ? (
        <p className="dim">{say('noCalls')}</p>
      ) : (
        <CallTable events={calls} label={say('calls.last')} isLinked={false} />
      )}
    </section>
  );
}
