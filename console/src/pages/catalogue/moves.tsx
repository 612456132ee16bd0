import { NativeSelect, TextInput } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm } from '../../parts/confirm.tsx';
import { useMoney } from '../../parts/money.ts';
import { Section } from '../../parts/section.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { Table } from '../../parts/table.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

const api = apiFor(undefined);
const DAY = 86_400_000;
const WAYS = ['renewal', 'now'] as const;

type Sold = ReplyOf<'GET /v1/admin/plans/sold'>['versions'][number];

/** The terms at which plans were sold, who keeps them, and how customers pass to the present ones. */
export function Moves() {
  const { say } = useTexts(texts);
  const { minor } = useMoney();
  const paid = (sums: Sold['recurring']) =>
    sums.map(({ mrr_minor: amount, currency }) => minor(amount, currency)).join(', ');
  const sold = useQuery({
    queryKey: ['plans-sold'],
    queryFn: () => api.call('GET /v1/admin/plans/sold', {}),
  });
  const versions = sold.data?.versions;
  const former = versions?.filter((one) => !one.is_sold && one.accounts > 0) ?? [];
  return (
    <>
      <Section title={say('sold')}>
        <Table
          label={say('sold')}
          rows={versions}
          keyOf={({ plan, version }) => `${plan} ${version}`}
          asked={sold}
          lines={3}
          empty={say('noneSold')}
          columns={[
            { head: say('plan'), cell: ({ plan }) => plan },
            {
              head: say('version'),
              cell: ({ version, is_sold: isSold }) => (
                <>
                  {version} {isSold && <StateBadge>{say('soldNow')}</StateBadge>}
                </>
              ),
            },
            { head: say('accounts'), count: ({ accounts }) => accounts },
            { head: say('recurring'), isFigure: true, cell: ({ recurring }) => paid(recurring) || null },
            { head: say('since'), past: ({ first_sold_at: at }) => at },
            {
              head: say('nowOtherwise'),
              isText: true,
              cell: ({ changes }) =>
                changes
                  .map(({ path, text }) => `${path.replace(/^plans\.[^.]+\./, '')}: ${text}`)
                  .join(', ') || null,
            },
          ]}
        />
        {former.length > 0 && <MoveForm former={former} />}
      </Section>
      <Ordered />
    </>
  );
}

/** Shows whom a move would tell and when they pass, before it is ordered. */
function MoveForm({ former }: { readonly former: readonly Sold[] }) {
  const { say, format } = useTexts(texts);
  const plans = [...new Set(former.map(({ plan }) => plan))];
  const [chosen, choose] = useState<string>();
  const [way, setWay] = useState<(typeof WAYS)[number]>('renewal');
  const [typed, setTyped] = useState('30');
  const plan = plans.find((one) => one === chosen) ?? plans[0] ?? '';
  const days = /^\d{1,3}$/.test(typed) && Number(typed) <= 365 ? Number(typed) : undefined;
  const count = former.reduce((sum, one) => sum + (one.plan === plan ? one.accounts : 0), 0);
  return (
    <>
      <div className="filters">
        <NativeSelect
          label={say('movedPlan')}
          value={plan}
          data={plans}
          onChange={({ currentTarget }) => choose(currentTarget.value)}
        />
        <NativeSelect
          label={say('way')}
          value={way}
          data={WAYS.map((one) => ({ value: one, label: say(`way.${one}`) }))}
          onChange={({ currentTarget }) => setWay(WAYS.find((one) => one === currentTarget.value) ?? way)}
        />
        <TextInput
          label={say('noticeDays')}
          inputMode="numeric"
          value={typed}
          error={days === undefined ? say('noDays') : undefined}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
      </div>
      {days !== undefined && (
        <>
          <p>
            {say(`would.${way}`, {
              count: format.count(count),
              day: format.day(new Date(Date.now() + days * DAY).toISOString()),
            })}
          </p>
          <div className="filters plan-acts">
            <Confirm
              key={`${plan} ${way} ${days}`}
              text={say('move', { plan })}
              act={() =>
                api.call('POST /v1/admin/plans/moves', { body: { plan, at: way, notice_days: days } })
              }
            />
          </div>
        </>
      )}
    </>
  );
}

/** Moves that are under way or over; one that is under way can be ended. */
function Ordered() {
  const { say, format } = useTexts(texts);
  const asked = useQuery({
    queryKey: ['plans-moves'],
    queryFn: () => api.call('GET /v1/admin/plans/moves', {}),
    refetchInterval: ({ state: { data } }) =>
      data?.moves.some(({ state }) => state === 'telling') === true ? 2_000 : false,
  });
  const moves = asked.data?.moves;
  if (moves?.length === 0) return null;
  return (
    <Section title={say('moves')}>
      <Table
        label={say('moves')}
        rows={moves}
        keyOf={({ id }) => id}
        asked={asked}
        lines={2}
        empty=""
        columns={[
          { head: say('plan'), cell: ({ plan }) => plan },
          { head: say('fromVersions'), cell: ({ from, to }) => `${from.join(', ')} → ${to}` },
          { head: say('passes'), cell: ({ at }) => say(`way.${at}`) },
          { head: say('fromDay'), cell: ({ starts_at: at }) => format.day(at) },
          {
            head: say('state'),
            cell: ({ state }) => (
              <StateBadge color={state === 'waiting' || state === 'telling' ? 'accent' : 'gray'}>
                {say(`state.${state}`)}
              </StateBadge>
            ),
          },
          { head: say('passed'), count: ({ accounts }) => accounts },
          {
            head: '',
            cell: ({ id, state, at }) =>
              state === 'revoked' || (state === 'done' && at === 'now') ? null : (
                <Confirm
                  text={say('endMove')}
                  act={() => api.call('DELETE /v1/admin/plans/moves/{id}', { params: { id } })}
                  isDangerous
                  isQuiet
                />
              ),
          },
        ]}
      />
    </Section>
  );
}
