import { Button, NativeSelect, TextInput } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';
import { useAccount } from '../../account.ts';
import { useSearchOf } from '../../parts/search.ts';
import { Facts } from '../../parts/facts.tsx';
import { useGrantLabel } from '../../parts/grant-label.ts';
import { amounts } from '../../parts/limit-list.tsx';
import { useMoney } from '../../parts/money.ts';
import { usePriceList } from '../../parts/price-list.ts';
import { isAtLeast } from '../../parts/of-account.ts';
import { Section } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { useTexts } from '../../text/index.ts';
import { BuyButton } from './buy-button.tsx';
import { ChangePreview } from './change-preview.tsx';
import { orderOf, useChoice } from './choice.ts';
import { type Compared, type Held, type NamedPlan, type SoldPlan, unsoldOf } from './data.ts';
import { readPlanSearch } from './search.ts';
import { texts } from './texts.ts';

interface Line {
  readonly key: string;
  readonly label: string;
  readonly cell: (plan: SoldPlan) => ReactNode;
}

/** All plans of a product side by side: what each costs and holds, and the way to have it. */
export function Comparison({
  held,
  onDone,
}: {
  readonly held: Held;
  readonly onDone: (said: string) => void;
}) {
  const { say } = useTexts(texts);
  const { product } = held.entitlement;
  const search = useSearchOf(readPlanSearch);
  const chosen = useAccount();
  const { data: prices, ...asked } = usePriceList();
  const plans = prices?.data.filter((plan) => plan.product === product) ?? [];
  const limits = prices?.comparison[product] ?? [];
  const lineOf = useLimitLines();
  const priceLine = usePriceLine(held);
  const mayBuy = isAtLeast(chosen?.account.role, 'admin');
  const lines: readonly Line[] = [
    priceLine,
    ...(mayBuy && prices?.sold === true
      ? [{ key: ' way', label: '', cell: (plan: SoldPlan) => <Way plan={plan} held={held} /> }]
      : []),
    ...limits.map(lineOf),
  ];
  const to = plans.find(({ id }) => id === search.to);
  const unsold = prices === undefined ? undefined : unsoldOf(held, plans);
  const change = unsold?.id === search.to ? unsold : to;
  return (
    <Section title={say('plans')}>
      {!mayBuy && <p className="dim">{say('notYours', { name: chosen?.account.name ?? '' })}</p>}
      <Choices plans={plans} held={held} unsold={mayBuy ? unsold : undefined} />
      {change !== undefined && held.subscription !== undefined && mayBuy && (
        <ChangePreview
          key={change.id}
          to={change}
          held={held}
          subscription={held.subscription}
          onDone={onDone}
        />
      )}
      {to !== undefined && held.subscription === undefined && mayBuy && prices?.sold === true && (
        <Purchase key={to.id} to={to} held={held} price={priceLine.cell(to)} />
      )}
      <Table
        label={say('plans')}
        rows={prices === undefined ? undefined : lines}
        asked={asked}
        lines={8}
        keyOf={({ key }) => key}
        empty=""
        columns={[
          { head: say('included'), isDim: true, cell: ({ label }) => label },
          ...plans.map((plan) => ({ head: plan.name, isFigure: true, cell: ({ cell }: Line) => cell(plan) })),
        ]}
      />
    </Section>
  );
}

/** The plan that one was led here for, where nothing is paid yet. */
function Purchase({ to, held, price }: { to: SoldPlan; held: Held; price: ReactNode }) {
  const { say } = useTexts(texts);
  const { to: _to, ...search } = useSearchOf(readPlanSearch);
  const { cycle, quantity, currency, amount } = orderOf(to, useChoice(held));
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus(), []);
  if (amount === null || amount === 0) return null;
  return (
    <div className="preview" ref={place} tabIndex={-1} role="group" aria-labelledby="purchase">
      <h2 id="purchase">{say('buyPlan', { plan: to.name })}</h2>
      <Facts of={{ [say('price')]: price }} />
      <div className="filters">
        <BuyButton
          name={to.name}
          order={{ product: to.product, plan: to.id, cycle, quantity, currency }}
          isFirst
        />
        <Link to="/app/plan" search={search} replace resetScroll={false}>
          {say('leaveIt')}
        </Link>
      </div>
    </div>
  );
}

interface ChoicesProps {
  readonly plans: readonly SoldPlan[];
  readonly held: Held;
  /** A plan that is held and sold no more, whose seats may be changed here. */
  readonly unsold: NamedPlan | undefined;
}

/** How it is paid: by month or year, in which currency, for how many. */
function Choices({ plans, held, unsold }: ChoicesProps) {
  const { say } = useTexts(texts);
  const search = useSearchOf(readPlanSearch);
  const navigate = useNavigate({ from: '/app/plan' });
  const chosen = useChoice(held);
  const choose = (next: object) =>
    void navigate({ search: readPlanSearch({ ...search, ...next }), replace: true, resetScroll: false });
  const currencies = [...new Set(plans.flatMap(({ price }) => [price.currency, ...Object.keys(price.also)]))];
  const isYearly = plans.some(({ price }) => price.yearly !== null);
  const isBySeat = unsold !== undefined || plans.some(({ per_seat: limits }) => limits.length > 0);
  if (!isYearly && !isBySeat && currencies.length < 2) return null;
  return (
    <div className="filters">
      {isYearly && (
        <NativeSelect
          aria-label={say('cycle')}
          value={chosen.cycle}
          data={[
            { value: 'monthly', label: say('monthly') },
            { value: 'yearly', label: say('yearly') },
          ]}
          onChange={({ currentTarget }) => choose({ cycle: currentTarget.value })}
        />
      )}
      {currencies.length > 1 && !chosen.isCurrencyFixed && (
        <NativeSelect
          aria-label={say('currency')}
          value={chosen.currency ?? currencies[0]}
          data={currencies.map((currency) => ({ value: currency, label: currency.toUpperCase() }))}
          onChange={({ currentTarget }) => choose({ currency: currentTarget.value })}
        />
      )}
      {isBySeat && (
        <TextInput
          type="number"
          min={1}
          max={10_000}
          w={120}
          aria-label={say('seats')}
          leftSection={say('seats')}
          leftSectionWidth={60}
          value={chosen.seats}
          onChange={({ currentTarget }) => choose({ seats: currentTarget.valueAsNumber })}
        />
      )}
      {unsold !== undefined && chosen.seats !== held.subscription?.quantity && (
        <Button variant="default" onClick={() => choose({ to: unsold.id })}>
          {say('changeSeats', { count: String(chosen.seats) })}
        </Button>
      )}
    </div>
  );
}

function usePriceLine(held: Held): Line {
  const { say } = useTexts(texts);
  const { minor } = useMoney();
  const chosen = useChoice(held);
  return {
    key: ' price',
    label: say('price'),
    cell(plan) {
      const { cycle, currency, amount, quantity } = orderOf(plan, chosen);
      if (amount === null) return say('notSoldSo');
      const price = say(`each.${cycle}`, { price: minor(amount * quantity, currency) });
      const trial =
        plan.trial_days !== null && held.entitlement.trial_available ? plan.trial_days : undefined;
      if (amount === 0) return say('freePlan');
      const isUncarded = plan.trial_needs_card === false && held.entitlement.trial_without_card;
      return (
        <>
          {trial !== undefined && (
            <span className="dim">
              {say(isUncarded ? 'trialDaysUncarded' : 'trialDays', { days: String(trial) })}{' '}
            </span>
          )}
          {price}
        </>
      );
    },
  };
}

/** The way to a plan: the provider's page where nothing is paid yet, else a look at what the change costs. */
function Way({ plan, held }: { readonly plan: SoldPlan; readonly held: Held }) {
  const { say } = useTexts(texts);
  const search = useSearchOf(readPlanSearch);
  const navigate = useNavigate({ from: '/app/plan' });
  const { cycle, quantity, currency, amount } = orderOf(plan, useChoice(held));
  const { entitlement, subscription } = held;
  if (subscription !== undefined && subscription.store !== 'stripe') return null;
  const isPresent =
    subscription === undefined
      ? entitlement.plan === plan.id
      : subscription.plan === plan.id &&
        subscription.cycle === cycle &&
        (plan.per_seat.length === 0 || subscription.quantity === quantity);
  if (isPresent) return <span className="dim">{say('present')}</span>;
  if (amount === null || amount === 0) return null;
  if (subscription !== undefined)
    return (
      <Button
        variant="default"
        aria-label={say('changeTo', { plan: plan.name })}
        onClick={() =>
          void navigate({ search: { ...search, product: plan.product, to: plan.id }, resetScroll: false })
        }
      >
        {say('change')}
      </Button>
    );
  return (
    <BuyButton name={plan.name} order={{ product: plan.product, plan: plan.id, cycle, quantity, currency }} />
  );
}

/** Limits and options of plans, in words and in their units. */
function useLimitLines(): (compared: Compared) => Line {
  const { say, format } = useTexts(texts);
  const labelOf = useGrantLabel();
  return (compared) => {
    const { name, kind, unit, plans } = compared;
    const amountOf = amounts(format, kind, name.endsWith('_bytes') ? 'bytes' : unit);
    return {
      key: name,
      label: labelOf(compared),
      cell({ id }) {
        const size = plans[id];
        if (size === undefined || size === false) return '–';
        if (size === true) return say('yes');
        if (size === null) return say('unlimited');
        return unit === 'seconds' ? format.duration(size * 1_000_000) : amountOf(size);
      },
    };
  };
}
