import { PlinthError } from '@plinth/sdk/errors';
import { Button, Skeleton } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useAccount } from '../../account.ts';
import { useSearchOf } from '../../parts/search.ts';
import { Facts } from '../../parts/facts.tsx';
import { labelOf } from '../../parts/limit-list.tsx';
import { useMoney } from '../../parts/money.ts';
import { useAct, useOfAccount } from '../../parts/of-account.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { useTexts } from '../../text/index.ts';
import { changeOf, useChoice } from './choice.ts';
import type { Held, NamedPlan, Subscription } from './data.ts';
import { Portal } from './portal.tsx';
import { usePriceText } from './price-text.ts';
import { readPlanSearch } from './search.ts';
import { texts } from './texts.ts';

interface ChangePreviewProps {
  readonly to: NamedPlan;
  readonly held: Held;
  readonly subscription: Subscription;
  /** Called with a message once it is made. */
  readonly onDone: (said: string) => void;
}

/** What a change would cost now and later, before it is made. */
export function ChangePreview({ to, held, subscription, onDone }: ChangePreviewProps) {
  const { say, format } = useTexts(texts);
  const { minor } = useMoney();
  const priceText = usePriceText();
  const { to: _to, ...search } = useSearchOf(readPlanSearch);
  const navigate = useNavigate({ from: '/app/plan' });
  const chosen = useAccount();
  const place = useRef<HTMLDivElement>(null);
  const [isLater, setLater] = useState(false);
  const order = changeOf(to, useChoice(held), subscription);
  const asked = {
    product: to.product,
    plan: to.id,
    ...order,
    ...(isLater ? { when: 'period_end' as const } : {}),
  };
  const { data: preview, error } = useOfAccount(
    ['preview', asked, subscription.plan, subscription.cycle, subscription.quantity],
    (api) => api.call('GET /v1/billing/subscription/preview', { query: asked }),
  );
  const leave = () => navigate({ search, replace: true, resetScroll: false });
  const change = useAct(
    async () => {
      if (preview === undefined) return undefined;
      const { when, due_now, unit_amount, quantity: seats, currency, prorated_at: at } = preview;
      const agreed = { due_now, unit_amount, quantity: seats, currency };
      return chosen?.api.call('POST /v1/billing/subscription/change', {
        body: { ...asked, when, agreed, ...(at !== null && { prorated_at: at }) },
      });
    },
    (reply) => {
      if (reply?.confirmation === null)
        onDone(
          reply.subscription.next === null
            ? say('changed', { plan: to.name })
            : say('arranged', { plan: to.name, day: format.day(reply.subscription.next.at) }),
        );
      void leave();
    },
  );
  useEffect(() => place.current?.focus(), []);
  const unfitting = preview?.not_fitting ?? [];
  const isRefused = preview?.when === 'now' && unfitting.length > 0;
  return (
    <div className="preview" ref={place} tabIndex={-1} role="group" aria-labelledby="change">
      <h2 id="change">{say('changeTo', { plan: to.name })}</h2>
      {preview === undefined && error === null && <Skeleton h={52} />}
      {preview !== undefined && (
        <Facts
          of={{
            [say(preview.due_now < 0 ? 'creditNow' : 'dueNow')]: minor(
              Math.abs(preview.due_now),
              preview.currency,
            ),
            [say('inEffect')]: preview.at === null ? say('atOnce') : format.day(preview.at),
            [say('later')]: priceText({
              price: preview,
              quantity: preview.quantity,
              cycle: order.cycle ?? subscription.cycle,
            }),
          }}
        />
      )}
      {preview?.when === 'now' && subscription.state === 'trialing' && <p>{say('endsTrial')}</p>}
      {unfitting.map(({ limit, used, max }) => (
        <p key={limit}>
          {say('tooSmall', {
            limit: labelOf({ limit, kind: 'gauge' }, null, say),
            used: format.count(used),
            max: format.count(max),
          })}
        </p>
      ))}
      <Refusal error={error ?? change.error} />
      {change.error instanceof PlinthError && change.error.code === 'card_missing' && (
        <Portal text={say('addCard')} />
      )}
      <div className="filters">
        {isRefused ? (
          <Button variant="default" onClick={() => setLater(true)}>
            {say('arrange')}
          </Button>
        ) : (
          <Button loading={change.isPending} disabled={preview === undefined} onClick={() => change.mutate()}>
            {preview === undefined || preview.due_now <= 0
              ? say('change')
              : say('pay', { price: minor(preview.due_now, preview.currency) })}
          </Button>
        )}
        <Button variant="default" onClick={() => void leave()}>
          {say('leaveIt')}
        </Button>
      </div>
    </div>
  );
}
