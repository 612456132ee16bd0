import { Button, Text, TextInput } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { useState } from 'react';
import { useAccount } from '../../account.ts';
import { useSearchOf } from '../../parts/search.ts';
import { labelOf } from '../../parts/limit-list.tsx';
import { useMoney } from '../../parts/money.ts';
import { usePriceList } from '../../parts/price-list.ts';
import { isAtLeast, useAct, useOfAccount } from '../../parts/of-account.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Section } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { useTexts } from '../../text/index.ts';
import { BuyButton } from './buy-button.tsx';
import { type Held, useSoldNames } from './data.ts';
import { readPlanSearch } from './search.ts';
import { texts } from './texts.ts';

type Overage = ReplyOf<'GET /v1/billing/overage'>['data'][number];

/** What is sold on top of the plans of a product, for some days. */
export function AddOns({ held: { entitlement } }: { readonly held: Held }) {
  const { say, format } = useTexts(texts);
  const { minor } = useMoney();
  const { data: prices } = usePriceList();
  const sold = prices?.add_ons.filter(({ product }) => product === entitlement.product) ?? [];
  const { currency } = useSearchOf(readPlanSearch);
  const chosen = useAccount();
  const mayBuy = prices?.sold === true && isAtLeast(chosen?.account.role, 'admin');
  const nameOf = useSoldNames();
  if (sold.length === 0) return null;
  return (
    <Section title={say('addOns')}>
      <Table
        label={say('addOns')}
        rows={sold}
        keyOf={({ id }) => id}
        empty=""
        columns={[
          { head: say('name'), cell: ({ name }) => name },
          {
            head: say('included'),
            isDim: true,
            cell: ({ days, lifts, pack }) =>
              pack === null
                ? say('lifts', { plan: nameOf(lifts ?? ''), days: String(days) })
                : say('adds', {
                    credits: format.count(pack.credits),
                    limit: labelOf({ limit: pack.limit, kind: 'credits' }, null, say),
                    months: String(pack.months),
                  }),
          },
          {
            head: say('price'),
            isFigure: true,
            cell: ({ price }) => say('once', { price: minor(price.once, price.currency) }),
          },
          {
            head: '',
            isFigure: true,
            cell: ({ id, product, name, price, pack }) =>
              mayBuy && (
                <BuyButton
                  name={name}
                  isPack={pack !== null}
                  order={{
                    product,
                    add_on: id,
                    ...(currency !== undefined && currency in price.also ? { currency } : {}),
                  }}
                />
              ),
          },
        ]}
      />
    </Section>
  );
}

/** Limits that may be passed for money, as far as the account allows it. */
export function Overages({ product }: { readonly product: string }) {
  const { say } = useTexts(texts);
  const { data } = useOfAccount(['overage'], (api) => api.call('GET /v1/billing/overage', {}), {
    again: 10_000,
  });
  const own = data?.data.filter((one) => one.product === product) ?? [];
  if (own.length === 0) return null;
  return (
    <Section title={say('overage')}>
      <Text c="dimmed" mb="sm">
        {say('overageAbout')}
      </Text>
      {own.map((one) => (
        <OverageForm key={`${one.limit} ${one.most}`} overage={one} />
      ))}
    </Section>
  );
}

function OverageForm({ overage }: { readonly overage: Overage }) {
  const { say, format } = useTexts(texts);
  const { millionths } = useMoney();
  const chosen = useAccount();
  const [most, setMost] = useState(overage.most);
  const { product, limit, unit_micros: unit, currency, past } = overage;
  const { mutate, isPending, error } = useAct(async () =>
    chosen?.api.call('PUT /v1/billing/overage', {
      body: { product, limit, most, agreed: { unit_micros: unit, currency } },
    }),
  );
  const mayBuy = isAtLeast(chosen?.account.role, 'admin');
  const isWhole = Number.isSafeInteger(most) && most >= 0;
  return (
    <form
      className="filters"
      onSubmit={(event) => {
        event.preventDefault();
        mutate();
      }}
    >
      <TextInput
        type="number"
        min={0}
        label={labelOf({ limit, kind: 'quota' }, 'month', say)}
        value={Number.isNaN(most) ? '' : most}
        disabled={!mayBuy}
        onChange={({ currentTarget }) => setMost(currentTarget.valueAsNumber)}
      />
      {mayBuy && (
        <Button
          type="submit"
          variant="default"
          mt="auto"
          loading={isPending}
          disabled={!isWhole || most === overage.most}
        >
          {most === 0
            ? say('overageOff')
            : say('overageUpTo', { price: isWhole ? millionths(most * unit, currency) : '' })}
        </Button>
      )}
      <Text c="dimmed" mt="auto">
        {say('overageUnit', { price: millionths(unit, currency), past: format.count(past) })}
      </Text>
      <Refusal error={error} />
    </form>
  );
}
