import { NativeSelect, TextInput } from '@mantine/core';
import { numberIn } from '../../parts/number-in.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { usePageSearch, useSearchOf } from '../../parts/search.ts';
import { Section } from '../../parts/section.tsx';
import { apiFor } from '../../session.ts';
import { ACTIONS, readCustomerSearch } from './search.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { useTexts } from '../../text/index.ts';
import type { Details } from './customer.tsx';
import { FormEnd, lastInstantOf } from './form-end.tsx';
import { usePlans } from '../../parts/plans.ts';
import type { CustomerAction } from './search.ts';
import { texts } from './texts.ts';

interface ActionProps extends Pick<Details, 'limits'> {
  readonly id: string;
}

/** Kinds of limits whose use can be put right by hand. */
const ADJUSTED = ['quota', 'credits', 'budget'];
const MICROS = 1_000_000;

/** What an operator gives: a plan until a day, credits, or use that is given back. Who did stands in the audit. */
export function Action({ id, limits }: ActionProps) {
  const { action } = useSearchOf(readCustomerSearch);
  const given = ACTIONS.find((one) => one === action);
  return given === undefined ? null : <ActionForm key={given} id={id} limits={limits} action={given} />;
}

function ActionForm({ id, limits, action }: ActionProps & { readonly action: CustomerAction }) {
  const { say, language } = useTexts(texts);
  const [{ plan: wanted }, change] = usePageSearch(readCustomerSearch);
  const queries = useQueryClient();
  const choices = useChoices(action, limits);
  const [chosen, setChosen] = useState(wanted ?? '');
  const [typed, setTyped] = useState('');
  const amount = numberIn(typed, language) ?? 0;
  const [until, setUntil] = useState('');
  const [reason, setReason] = useState('');
  const first = useRef<HTMLSelectElement>(null);
  useEffect(() => first.current?.focus(), []);
  useEffect(() => setChosen(wanted ?? ''), [wanted]);
  const what = choices.find(({ value }) => value === chosen) ?? choices[0];
  const close = () => change({ action: undefined, plan: undefined });
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      if (what === undefined) return;
      const [product = '', name = ''] = what.value.split(/[.:](.*)/);
      const end = until === '' ? undefined : lastInstantOf(until);
      const api = apiFor(undefined);
      if (action === 'plan')
        await api.call('POST /v1/admin/grants', {
          body: {
            account_id: id,
            product,
            ...(what.isAddOn === true ? { add_on: what.value } : { plan: what.value }),
            ...(end && { until: end }),
          },
        });
      else if (action === 'credits')
        await api.call('POST /v1/admin/credits', {
          body: {
            account_id: id,
            product,
            limit: name,
            amount,
            ...(end && { expires_at: end }),
          },
        });
      else
        await api.call('POST /v1/admin/usage/adjustments', {
          body: {
            account_id: id,
            product,
            limit: name,
            reason,
            ...(what.isMoney === true ? { cost_micros: Math.round(amount * MICROS) } : { units: amount }),
          },
        });
    },
    onSuccess: async () => {
      close();
      await queries.invalidateQueries();
    },
  });
  const isReady =
    what !== undefined &&
    (action === 'plan' || (amount !== 0 && (what.isMoney === true || Number.isInteger(amount)))) &&
    (action !== 'usage' || reason.trim().length > 2);
  return (
    <Section title={say(`give.${action}`)}>
      {choices.length === 0 ? (
        <p className="dim">{say('nothing')}</p>
      ) : (
        <form
          className="filters"
          onSubmit={(event) => {
            event.preventDefault();
            if (isReady && !isPending) mutate();
          }}
        >
          <NativeSelect
            ref={first}
            label={say(action === 'plan' ? 'plans' : 'limit')}
            value={what?.value ?? ''}
            data={choices.map(({ value, label }) => ({ value, label }))}
            onChange={({ currentTarget }) => setChosen(currentTarget.value)}
          />
          {action !== 'plan' && (
            <TextInput
              label={say(what?.isMoney === true ? 'dollars' : action === 'usage' ? 'units' : 'amount')}
              inputMode="decimal"
              value={typed}
              onChange={({ currentTarget }) => setTyped(currentTarget.value)}
            />
          )}
          {action === 'usage' ? (
            <TextInput
              label={say('reason')}
              maxLength={500}
              value={reason}
              onChange={({ currentTarget }) => setReason(currentTarget.value)}
            />
          ) : (
            <TextInput
              type="date"
              label={say(action === 'plan' ? 'untilDay' : 'expires')}
              value={until}
              onChange={({ currentTarget }) => setUntil(currentTarget.value)}
            />
          )}
          <FormEnd
            submit={say(action === 'usage' ? 'adjust' : 'give')}
            cancel={say('cancel')}
            close={close}
            isPending={isPending}
            isReady={isReady}
          />
        </form>
      )}
      <Refusal error={error} />
    </Section>
  );
}

interface Choice {
  /** `reel.pro`; of a limit `reel:generations`. */
  readonly value: string;
  readonly label: string;
  readonly isAddOn?: boolean;
  readonly isMoney?: boolean;
}

function useChoices(action: CustomerAction, limits: Details['limits']): readonly Choice[] {
  const { plans, addOns } = usePlans();
  if (action === 'plan')
    return [
      ...plans.filter((plan) => !plan.default).map(({ id }) => ({ value: id, label: id })),
      ...addOns.map(({ id }) => ({ value: id, label: id, isAddOn: true })),
    ];
  return limits
    .filter(({ kind }) => (action === 'credits' ? kind === 'credits' : ADJUSTED.includes(kind)))
    .map(({ product, limit, kind }) => ({
      value: `${product}:${limit}`,
      label: `${product} ${limit.replaceAll('_', ' ')}`,
      isMoney: kind === 'budget',
    }));
}
