import { Button, NativeSelect, TextInput } from '@mantine/core';
import { PlinthError } from '@plinth/sdk/errors';
import type { ReplyOf } from '@plinth/sdk';
import { useState } from 'react';
import { useAccount } from '../../account.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Facts } from '../../parts/facts.tsx';
import { useLimitLabel } from '../../parts/grant-label.ts';
import { useMoney } from '../../parts/money.ts';
import { isAtLeast, useAct, useOfAccount } from '../../parts/of-account.ts';
import { usePriceList } from '../../parts/price-list.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { useSearchOf } from '../../parts/search.ts';
import { Section } from '../../parts/section.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { Table } from '../../parts/table.tsx';
import { useTexts } from '../../text/index.ts';
import type { AddOn, Held } from './data.ts';
import { Portal } from './portal.tsx';
import { readPlanSearch } from './search.ts';
import { texts } from './top-up-texts.ts';

type TopUp = ReplyOf<'GET /v1/billing/top-ups'>['data'][number];
type Attempt = TopUp['attempts'][number];

const isTextOf = (key: string): key is keyof typeof texts => Object.hasOwn(texts, key);

/** Packs that are bought with the saved card when little is left: one consent for each limit that packs are sold of. */
export function TopUps({ held }: { readonly held: Held }) {
  const { product } = held.entitlement;
  const { say } = useTexts(texts);
  const { data: prices } = usePriceList();
  const chosen = useAccount();
  const packs = prices?.add_ons.filter((one) => one.product === product && one.pack !== null) ?? [];
  const { data } = useOfAccount(['top-ups'], (api) => api.call('GET /v1/billing/top-ups', {}), {
    isWanted: prices?.sold === true && packs.length > 0,
    again: 10_000,
  });
  if (data === undefined) return null;
  const own = data.data.filter((one) => one.product === product);
  const limits = [
    ...new Set([...own.map(({ limit }) => limit), ...packs.map(({ pack }) => pack?.limit ?? '')]),
  ];
  const mayBuy = isAtLeast(chosen?.account.role, 'admin');
  return (
    <Section title={say('topUps')}>
      {limits.map((limit) => {
        const topUp = own.find((one) => one.limit === limit);
        const sold = packs.filter(({ pack }) => pack?.limit === limit);
        return (
          <div key={limit}>
            {topUp !== undefined && <Shown topUp={topUp} packs={packs} mayBuy={mayBuy} />}
            {mayBuy && sold.length > 0 && (
              <Consent key={topUp?.agreed_at} held={held} packs={sold} topUp={topUp} />
            )}
          </div>
        );
      })}
      {!mayBuy && own.length === 0 && (
        <p className="dim">{say('notYours', { name: chosen?.account.name ?? '' })}</p>
      )}
    </Section>
  );
}

interface ShownProps {
  readonly topUp: TopUp;
  readonly packs: readonly AddOn[];
  readonly mayBuy: boolean;
}

function Shown({ topUp, packs, mayBuy }: ShownProps) {
  const { say, format } = useTexts(texts);
  const { minor } = useMoney();
  const chosen = useAccount();
  const { product, limit, threshold, monthly_cap: cap, spent, currency, card, state, stopped } = topUp;
  const name = packs.find(({ id }) => id === topUp.add_on)?.name ?? topUp.add_on;
  return (
    <>
      <Facts
        of={{
          [say('state')]:
            stopped === null ? (
              say(`state.${state}`)
            ) : (
              <StateBadge color="red">{say('state.stopped')}</StateBadge>
            ),
          [say('pack')]: `${name}, ${minor(topUp.unit_amount, currency)}`,
          [say('below')]: format.count(threshold),
          [say('cap')]: minor(cap, currency),
          [say('spent')]: minor(spent, currency),
          [say('card')]: `${card.brand} ${card.last4}`,
        }}
      />
      {stopped !== null && (
        <p className="notice">
          {say(`stopped.${stopped.reason}`)}{' '}
          {stopped.checkout_url !== null && <a href={stopped.checkout_url}>{say('pay')}</a>}
        </p>
      )}
      <Attempts attempts={topUp.attempts} />
      {mayBuy && (
        <Confirm
          text={say('end')}
          isDangerous
          act={async () => chosen?.api.call('DELETE /v1/billing/top-ups', { query: { product, limit } })}
        />
      )}
    </>
  );
}

function Attempts({ attempts }: { readonly attempts: readonly Attempt[] }) {
  const { say } = useTexts(texts);
  const { column } = useMoney();
  if (attempts.length === 0) return null;
  const failureOf = (failure: string) => {
    const key = `failure.${failure}`;
    return say(isTextOf(key) ? key : 'failure.card_declined');
  };
  return (
    <Table
      label={say('attempts')}
      rows={attempts}
      keyOf={({ id }) => id}
      empty=""
      columns={[
        { head: say('attempts'), past: ({ at }) => at },
        { head: say('packs'), count: ({ quantity }) => quantity },
        column(say('amount'), 'amount'),
        {
          head: say('state'),
          isText: true,
          cell: ({ state, failure }) =>
            [say(`attempt.${state}`), ...(failure === null ? [] : [failureOf(failure)])].join(': '),
        },
        {
          head: '',
          cell: ({ checkout_url: page }) => page !== null && <a href={page}>{say('pay')}</a>,
        },
      ]}
    />
  );
}

interface ConsentProps {
  readonly held: Held;
  readonly packs: readonly AddOn[];
  readonly topUp: TopUp | undefined;
}

/** The price of a pack in a currency, or in its own; the one that the server names where it is another than was shown. */
function priceIn({ price }: AddOn, currency: string | undefined, error: Error | null) {
  if (error instanceof PlinthError && error.code === 'price_changed')
    return error.details['price'] as Pick<TopUp, 'unit_amount' | 'currency'>;
  const also = currency === undefined ? undefined : price.also[currency];
  return currency === undefined || also === undefined
    ? { unit_amount: price.once, currency: price.currency }
    : { unit_amount: also.once, currency };
}

/** Agrees to a pack at its price, below which rest it is bought, and how many a month at most. */
function Consent({ held, packs, topUp }: ConsentProps) {
  const { say, format } = useTexts(texts);
  const { minor } = useMoney();
  const labelOf = useLimitLabel();
  const chosen = useAccount();
  const { currency: asked } = useSearchOf(readPlanSearch);
  const [picked, setPack] = useState(topUp?.add_on);
  const [threshold, setThreshold] = useState(topUp?.threshold ?? 1);
  const [most, setMost] = useState(
    topUp === undefined ? 1 : Math.max(1, Math.floor(topUp.monthly_cap / topUp.unit_amount)),
  );
  const { mutate, isPending, error } = useAct(async (body: Agreement) =>
    chosen?.api.call('PUT /v1/billing/top-ups', { body }),
  );
  const pack = packs.find(({ id }) => id === picked) ?? packs[0];
  if (pack?.pack == null) return null;
  const { product, id, name } = pack;
  const currency = held.subscription?.price.currency ?? topUp?.currency ?? asked;
  const agreed = priceIn(pack, currency, error);
  const limit = labelOf({ product, limit: pack.pack.limit });
  const isWhole = [threshold, most].every((one) => Number.isSafeInteger(one) && one > 0);
  const cap = isWhole ? most * agreed.unit_amount : 0;
  const price = minor(agreed.unit_amount, agreed.currency);
  return (
    <form
      className="filters"
      onSubmit={(event) => {
        event.preventDefault();
        mutate({ product, add_on: id, threshold, monthly_cap: cap, agreed });
      }}
    >
      {packs.length > 1 && (
        <NativeSelect
          label={say('pack')}
          value={id}
          data={packs.map((one) => ({ value: one.id, label: one.name }))}
          onChange={({ currentTarget }) => setPack(currentTarget.value)}
        />
      )}
      <Count label={say('belowOf', { limit })} value={threshold} onChange={setThreshold} />
      <Count label={say('mostPacks')} value={most} onChange={setMost} />
      <Button type="submit" variant="default" mt="auto" loading={isPending} disabled={!isWhole}>
        {topUp === undefined ? say('agree') : say('agreeAnew')}
      </Button>
      <p className="dim">
        {isWhole &&
          say('about', {
            pack: name,
            price,
            left: format.count(threshold),
            cap: minor(cap, agreed.currency),
          })}
      </p>
      <Refusal error={error} />
      {error instanceof PlinthError && error.code === 'card_missing' && <Portal text={say('addCard')} />}
    </form>
  );
}

interface Agreement {
  readonly product: string;
  readonly add_on: string;
  readonly threshold: number;
  readonly monthly_cap: number;
  readonly agreed: Pick<TopUp, 'unit_amount' | 'currency'>;
}

interface CountProps {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

const Count = ({ label, value, onChange }: CountProps) => (
  <TextInput
    type="number"
    min={1}
    label={label}
    value={Number.isNaN(value) ? '' : value}
    onChange={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
  />
);
