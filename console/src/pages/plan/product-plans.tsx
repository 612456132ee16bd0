import { useState } from 'react';
import { useAccount } from '../../account.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Facts } from '../../parts/facts.tsx';
import { LimitList } from '../../parts/limit-list.tsx';
import { useMoney } from '../../parts/money.ts';
import { isAtLeast, useOfAccount } from '../../parts/of-account.ts';
import { Section } from '../../parts/section.tsx';
import { useTexts } from '../../text/index.ts';
import { Comparison } from './comparison.tsx';
import { type Held, shownPrice, useSoldNames } from './data.ts';
import { AddOns, Overages } from './extras.tsx';
import { Notice } from './notices.tsx';
import { Portal } from './portal.tsx';
import { useStanding } from './standing.ts';
import { usePriceText } from './price-text.ts';
import { texts } from './texts.ts';
import { TopUps } from './top-ups.tsx';

/** One product: what the account has of it, how much of that is used, and all that it could have instead. */
export function ProductPlans({ held }: { readonly held: Held }) {
  const { say } = useTexts(texts);
  const { entitlement } = held;
  const { data: usage } = useOfAccount(
    ['usage'],
    (api) => api.call('GET /v1/usage', { query: { limit: 10 } }),
    { again: 5_000 },
  );
  const standingOf = useStanding();
  const limits = usage?.data.filter(({ product }) => product === entitlement.product) ?? [];
  const [done, setDone] = useState<string>();
  return (
    <>
      <section aria-labelledby="opened">
        <header className="page">
          <h2 id="opened">
            {entitlement.name} {entitlement.plan_name}
          </h2>
          <span className="dim">{standingOf(held).text}</span>
          {held.subscription !== undefined && <Actions held={held} />}
        </header>
        {done !== undefined && <Notice hasWayBack>{done}</Notice>}
        <PlanFacts held={held} />
      </section>
      {limits.length > 0 && (
        <Section title={say('limits.title')}>
          <LimitList limits={limits} />
        </Section>
      )}
      <Comparison held={held} onDone={setDone} />
      <AddOns held={held} />
      <TopUps held={held} />
      <Overages product={entitlement.product} />
    </>
  );
}

/** For what is paid, or lasts for some days: what it costs, for how many, by whom. */
function PlanFacts({ held: { entitlement, subscription } }: { readonly held: Held }) {
  const { say, format } = useTexts(texts);
  const priceText = usePriceText();
  const nameOf = useSoldNames();
  const boosts = entitlement.add_ons.map(({ id, expires_at: end }) => {
    return end === null ? nameOf(id) : say('until', { what: nameOf(id), day: format.day(end) });
  });
  const addOns = boosts.length === 0 ? undefined : boosts.join(', ');
  if (subscription === undefined) return addOns !== undefined && <Facts of={{ [say('addOns')]: addOns }} />;
  const { quantity, store, state, period_ends_at: renewal } = subscription;
  const isGoingOn = state === 'active' || state === 'trialing';
  return (
    <Facts
      of={{
        [say('price')]: priceText(subscription),
        [say('seats')]: quantity > 1 ? format.count(quantity) : undefined,
        [say('nextPayment')]: isGoingOn && subscription.cancels_at === null ? format.day(renewal) : undefined,
        [say('paidBy')]: say(`store.${store}`),
        [say('addOns')]: addOns,
      }}
    />
  );
}

/** What can be done with what is paid: by who may, and where it is paid here. */
function Actions({ held: { subscription } }: { readonly held: Held }) {
  const { say, format } = useTexts(texts);
  const chosen = useAccount();
  const nameOf = useSoldNames();
  if (subscription === undefined || chosen === undefined || !isAtLeast(chosen.account.role, 'admin'))
    return null;
  const { api } = chosen;
  const { product, plan, next, cancels_at: end, state, store } = subscription;
  if (store !== 'stripe') return null;
  return (
    <span className="right">
      {next !== null && (
        <Confirm
          text={say('keep', { plan: nameOf(plan) })}
          act={() =>
            api.call('POST /v1/billing/subscription/change', {
              body: {
                product,
                plan,
                quantity: subscription.quantity,
                when: 'period_end',
                agreed: { due_now: 0, ...shownPrice(subscription) },
                ...(subscription.cycle === 'yearly' || subscription.cycle === 'monthly'
                  ? { cycle: subscription.cycle }
                  : {}),
              },
            })
          }
        />
      )}
      {end !== null || state === 'paused' ? (
        <Confirm
          text={say('resume')}
          act={() =>
            api.call('POST /v1/billing/subscription/resume', {
              body: { product, agreed: shownPrice(subscription) },
            })
          }
        />
      ) : (
        <Confirm
          text={say('cancel', { day: format.day(subscription.period_ends_at) })}
          isDangerous
          act={() => api.call('DELETE /v1/billing/subscription', { query: { product } })}
        />
      )}
      <Withdraw product={product} />
      <Portal text={say('portal')} />
    </span>
  );
}

/** Gives all of the money back where the server offers that, within its days. */
function Withdraw({ product }: { readonly product: string }) {
  const { say, format } = useTexts(texts);
  const { minor } = useMoney();
  const chosen = useAccount();
  const { data } = useOfAccount(['withdrawal', product], (api) =>
    api.call('GET /v1/billing/subscription/withdrawal', { query: { product } }),
  );
  if (chosen === undefined || data === undefined || data.until === null) return null;
  const { amount_minor: amount, currency, until } = data;
  return (
    <Confirm
      text={say('withdraw', { amount: minor(amount, currency), day: format.day(until) })}
      isDangerous
      act={() => chosen.api.call('PUT /v1/billing/subscription/withdrawal', { body: { product } })}
    />
  );
}
