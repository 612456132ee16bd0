import { Button, Progress } from '@mantine/core';
import { Link, useRouterState } from '@tanstack/react-router';
import { useAccount } from '../account.ts';
import { isText, pageTexts, useTexts } from '../text/index.ts';
import { type Lack, useLackOnSale } from './lack.ts';
import { useGrantLabel } from './grant-label.ts';
import { amounts } from './limit-list.tsx';
import { useMoney } from './money.ts';
import { isAtLeast, useAct } from './of-account.ts';
import { When } from './when.tsx';

const texts = pageTexts({
  used: ['{label}: all {max} are used.', '{label}: Alle {max} sind verbraucht.'],
  atOnce: ['{label}: all {max} are running.', '{label}: Alle {max} laufen.'],
  taken: ['{label}: all {max} are taken.', '{label}: Alle {max} sind belegt.'],
  waits: ['{label}: one at a time.', '{label}: eins nach dem anderen.'],
  left: [
    '{label}: {left} of {max} are left, and this call may take {needed}.',
    '{label}: {left} von {max} sind übrig, und dieser Aufruf kann {needed} brauchen.',
  ],
  larger: [
    '{label}: this call may take {needed}, more than all {max}. Ask for less.',
    '{label}: Dieser Aufruf kann {needed} brauchen, mehr als alle {max}. Verlange weniger.',
  ],
  lacks: ['Your plan does not include this: {label}.', 'Dein Tarif enthält das nicht: {label}.'],
  fewer: [
    '{label}: your plan has {max}, this needs {needed}.',
    '{label}: Dein Tarif hat {max}, das braucht {needed}.',
  ],
  allUsed: ['{label}: all of it is used.', '{label}: Alles ist verbraucht.'],
  partUsed: [
    '{label}: {used} % is used, and this call may need more than the rest. Ask for less.',
    '{label}: {used} % sind verbraucht, und dieser Aufruf kann mehr als den Rest brauchen. Verlange weniger.',
  ],
  noPlan: ['This account has no plan for this yet.', 'Dieses Konto hat dafür noch keinen Tarif.'],
  opens: ['Opens again', 'Wieder frei'],
  ends: ['Opens as soon as one of them ends', 'Wieder frei, sobald einer von ihnen endet'],
  removed: ['Remove something to make room', 'Entferne etwas, um Platz zu machen'],
  most: ['No plan has more', 'Kein Tarif hat mehr'],
  mostAsked: ['No plan has more: ask for less', 'Kein Tarif hat mehr: verlange weniger'],
  free: ['Nothing was charged', 'Nichts wurde berechnet'],
  has: ['{plan} has {size}', '{plan} hat {size}'],
  unbounded: ['{plan} has no such limit', '{plan} hat hier kein Limit'],
  plan: ['{plan}: {price} a month', '{plan}: {price} im Monat'],
  pack: ['{pack}: {price} once', '{pack}: {price} einmal'],
  notYours: [
    'Owners and admins of {name} can change to {plan}, {price} a month.',
    'Besitzer und Admins von {name} können zu {plan} wechseln, {price} im Monat.',
  ],
});

type Pack = NonNullable<Lack['pack']>;

interface DenialProps {
  readonly lack: Lack;
  readonly message: string;
  readonly isQuiet: boolean;
}

/** Names the limit that denied a call, its use, when it opens, what the call cost, and the plan that has more, with the way there and back. */
export function Denial({ lack, message, isQuiet }: DenialProps) {
  const { say } = useTexts(texts);
  const { used, max, needed } = lack;
  const title = useTitle(lack, message);
  const hasBar =
    used !== undefined && max !== undefined && max > 0 && !(needed !== undefined && needed > max);
  return (
    <div className="refusal" role={isQuiet ? 'status' : 'alert'}>
      <div>
        <b>{title}</b>
        <p className="dim">
          <Help lack={lack} kind={useLackOnSale(lack)?.grant?.kind} />
          {!isQuiet && lack.isFree && <span>{say('free')}</span>}
          <Next lack={lack} />
        </p>
      </div>
      <WayOn lack={lack} />
      {lack.pack !== null && <BuyPack pack={lack.pack} />}
      {hasBar && (
        <Progress
          value={Math.min(100, (100 * used) / max)}
          size={4}
          color="var(--error)"
          aria-label={title}
        />
      )}
    </div>
  );
}

/** When it opens by itself, or what opens it; where nothing does and no plan has more, that. */
function Help({ lack, kind }: { readonly lack: Lack; readonly kind: string | undefined }) {
  const { say } = useTexts(texts);
  const { opens, used, needed, upgrade, pack } = lack;
  if (kind === 'concurrency') return <span>{say('ends')}</span>;
  if (opens !== null)
    return (
      <span>
        {say('opens')} <When at={opens} />
      </span>
    );
  if (kind === 'gauge' && used !== undefined) return <span>{say('removed')}</span>;
  if (kind === undefined || upgrade !== null || pack !== null) return null;
  return <span>{say(needed === undefined ? 'most' : 'mostAsked')}</span>;
}

/** The limit in words; where the price list does not have it, those of the server without names of the program. */
function useTitle(lack: Lack, message: string): string {
  const { say, format } = useTexts(texts);
  const labelOf = useGrantLabel();
  const onSale = useLackOnSale(lack);
  const { name, used, max, needed } = lack;
  if (name === null) return say('noPlan');
  if (onSale?.grant === undefined) {
    const key = `limit.name.${name}`;
    // Budgets of model cost are on no price list that customers read, and their use is in percent.
    if (onSale === undefined || !isText(key) || used === undefined || max === undefined)
      return message.replaceAll(name, name.replaceAll('_', ' '));
    const label = say(key);
    return used < max ? say('partUsed', { label, used: format.count(used) }) : say('allUsed', { label });
  }
  const { grant, has } = onSale;
  const amountOf = amounts(format, grant.kind, grant.unit);
  const label = labelOf(grant);
  if (used === undefined || max === undefined) {
    if (typeof has !== 'number' || has === 0 || needed === undefined) return say('lacks', { label });
    return say('fewer', { label, max: amountOf(has), needed: amountOf(needed) });
  }
  if (grant.kind === 'cooldown') return say('waits', { label });
  const parts = { label, max: amountOf(max), left: amountOf(max - used), needed: amountOf(needed ?? 0) };
  // Packs of credits make it larger.
  if (needed !== undefined && needed > max && grant.kind !== 'credits') return say('larger', parts);
  if (used < max && needed !== undefined) return say('left', parts);
  const isHeld = grant.kind === 'gauge' || grant.kind === 'seats';
  return say(grant.kind === 'concurrency' ? 'atOnce' : isHeld ? 'taken' : 'used', parts);
}

/** The amount that the next plan has of it. */
function Next({ lack }: { readonly lack: Lack }) {
  const { say, format } = useTexts(texts);
  const onSale = useLackOnSale(lack);
  const { grant, sold } = onSale ?? {};
  if (grant === undefined || sold === undefined) return null;
  const size = grant.plans[sold.id];
  if (size === null) return <span>{say('unbounded', { plan: sold.name })}</span>;
  if (typeof size !== 'number') return null;
  const amount = amounts(format, grant.kind, grant.unit)(size);
  return <span>{say('has', { plan: sold.name, size: amount })}</span>;
}

/** To the plan that would admit it, and from there back to this page. */
function WayOn({ lack }: { readonly lack: Lack }) {
  const { say } = useTexts(texts);
  const { minor } = useMoney();
  const chosen = useAccount();
  const here = useRouterState({ select: ({ location }) => location.href });
  const onSale = useLackOnSale(lack);
  const sold = onSale?.sold;
  if (sold === undefined || onSale?.isSold !== true) return null;
  const offer = { plan: sold.name, price: minor(sold.price.monthly, sold.price.currency) };
  if (!isAtLeast(chosen?.account.role, 'admin'))
    return <p>{say('notYours', { name: chosen?.account.name ?? '', ...offer })}</p>;
  return (
    <Button
      variant="light"
      renderRoot={(props: object) => (
        <Link {...props} to="/app/plan" search={{ product: sold.product, to: sold.id, back: here }} />
      )}
    >
      {say('plan', offer)}
    </Button>
  );
}

/** To the provider's page for a pack, and from there back to this page; for who may buy, where packs are sold. */
function BuyPack({ pack }: { readonly pack: Pack }) {
  const { say } = useTexts(texts);
  const { minor } = useMoney();
  const chosen = useAccount();
  const { mutate, isPending, error } = useAct(async () => {
    const [product = ''] = pack.add_on.split('.', 1);
    const here = location.href;
    const page = await chosen?.api.call('POST /v1/billing/checkout', {
      body: { product, add_on: pack.add_on, success_url: here, cancel_url: here },
    });
    if (page !== undefined) location.assign(page.checkout_url);
  });
  if (pack.checkout_url === null) return null;
  const { currency, once } = pack.price;
  return (
    <>
      <Button variant="light" loading={isPending} onClick={() => mutate()}>
        {say('pack', { pack: pack.name, price: minor(once, currency) })}
      </Button>
      {error !== null && <p className="worse">{error.message}</p>}
    </>
  );
}
