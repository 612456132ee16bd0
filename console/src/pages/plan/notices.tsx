import { Anchor } from '@mantine/core';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { chooseAccount, useAccount, useMe } from '../../account.ts';
import { useSearchOf } from '../../parts/search.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { isAtLeast, useOfAccount } from '../../parts/of-account.ts';
import { usePriceList } from '../../parts/price-list.ts';
import { When } from '../../parts/when.tsx';
import { useTexts } from '../../text/index.ts';
import { type Held, isThere, shownPrice, type Subscription, useSoldNames } from './data.ts';
import { Portal } from './portal.tsx';
import { readPlanSearch } from './search.ts';
import { texts } from './texts.ts';

/** Milliseconds after which a payment that nothing is known of is said to take longer. */
const LONG = 30_000;

/** Facts that come first: what became of a checkout, what failed, what waits for the customer. */
export function Notices({ held }: { readonly held: readonly Held[] }) {
  const { say } = useTexts(texts);
  const { bought, closed } = useSearchOf(readPlanSearch);
  const { data: prices } = usePriceList();
  const [arrived, setArrived] = useState<string>();
  return (
    <>
      {bought !== undefined && <Arrival bought={bought} held={held} onArrived={setArrived} />}
      {arrived !== undefined && <Notice hasWayBack>{say('arrived', { name: arrived })}</Notice>}
      {closed === true && <Notice hasWayBack>{say('closed')}</Notice>}
      {prices?.sold === false && (
        <Notice>
          {say('notSold')} <span className="mono">STRIPE_SECRET_KEY, SANDBOX_STRIPE=true</span>
        </Notice>
      )}
      {held.map(
        ({ entitlement, subscription }) =>
          subscription !== undefined && (
            <Troubles key={entitlement.product} name={entitlement.name} subscription={subscription} />
          ),
      )}
    </>
  );
}

export function Notice({
  children,
  isBad = false,
  hasWayBack = false,
}: {
  readonly children: ReactNode;
  readonly isBad?: boolean;
  /** It ends what one was led here for: a link leads back to the page that one came from. */
  readonly hasWayBack?: boolean;
}) {
  const { say } = useTexts(texts);
  const { back } = useSearchOf(readPlanSearch);
  const { history } = useRouter();
  return (
    <div className="notice" data-bad={isBad} role={isBad ? 'alert' : 'status'}>
      {children}
      {hasWayBack && back !== undefined && (
        <Anchor
          className="right"
          href={back}
          onClick={(event) => {
            event.preventDefault();
            history.push(back);
          }}
        >
          {say('goOn')}
        </Anchor>
      )}
    </div>
  );
}

interface ArrivalProps {
  readonly bought: string;
  readonly held: readonly Held[];
  readonly onArrived: (name: string) => void;
}

/** Back from the provider's page: its message may take a moment, and the plan shows itself once it has come. */
function Arrival({ bought, held, onArrived }: ArrivalProps) {
  const { say } = useTexts(texts);
  const { account, bought: _bought, ...search } = useSearchOf(readPlanSearch);
  const chosen = useAccount();
  const navigate = useNavigate({ from: '/app/plan' });
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG);
    return () => clearTimeout(timer);
  }, []);
  const name = useSoldNames()(bought);
  const { data: me } = useMe();
  const isOther = account !== chosen?.account.id && me?.accounts.some(({ id }) => id === account) === true;
  const isHere = !isOther && isThere(held, bought);
  useEffect(() => {
    // What was paid for is for that account, whichever was chosen meanwhile.
    if (isOther && account !== undefined) chooseAccount(account);
    if (!isHere) return;
    onArrived(name);
    void navigate({ search, replace: true, resetScroll: false });
    // The rest of the address is that of this moment.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [isOther, isHere, name]);
  const isDebited = held.some(
    ({ subscription }) => subscription?.plan === bought && subscription.state === 'pending',
  );
  if (isHere) return null;
  if (isDebited) return <Notice>{say('debited', { name })}</Notice>;
  return <Notice>{say(isLong ? 'awaitedLong' : 'awaited', { name })}</Notice>;
}

/** What keeps a plan from going on as it is: a payment that failed, a bank that asks. */
function Troubles({ name, subscription }: { readonly name: string; readonly subscription: Subscription }) {
  const { say, format } = useTexts(texts);
  const chosen = useAccount();
  const nameOf = useSoldNames();
  const { product, pending, plan, ends_unpaid: endsUnpaid, trial_ends_at: trial } = subscription;
  const { grace_ends_at: grace, suspends_at: off, suspended_by: by, invoiced } = subscription;
  const mayBuy = isAtLeast(chosen?.account.role, 'admin');
  const isOff = by !== null && off !== null && Date.parse(off) <= Date.now();
  return (
    <>
      {(grace !== null || isOff) && (
        <Notice isBad>
          {isOff || grace === null
            ? say(`off.${by ?? 'payment'}`, { name })
            : say(invoiced === null ? 'grace' : 'overdue', { name, day: format.day(grace) })}
          {mayBuy && (
            <span className="right">
              <OpenInvoice />
              {invoiced === null && <Portal text={say('otherCard')} />}
            </span>
          )}
        </Notice>
      )}
      {endsUnpaid && trial !== null && (
        <Notice>
          {say('endsUnpaid', { name, day: format.day(trial) })}
          {mayBuy && (
            <span className="right">
              <Portal text={say('addCard')} />
            </span>
          )}
        </Notice>
      )}
      {pending !== null && (
        <Notice isBad>
          <span>
            {say('waits', { plan: nameOf(pending.plan) })} <When at={pending.expires_at} />
          </span>
          {mayBuy && (
            <span className="right">
              {pending.confirm_url !== null && (
                <Anchor href={pending.confirm_url}>{say('confirmPayment')}</Anchor>
              )}
              <Confirm
                text={say('keep', { plan: nameOf(plan) })}
                act={async () =>
                  chosen?.api.call('POST /v1/billing/subscription/change', {
                    body: { product, plan, when: 'now', agreed: { due_now: 0, ...shownPrice(subscription) } },
                  })
                }
              />
            </span>
          )}
        </Notice>
      )}
    </>
  );
}

function OpenInvoice() {
  const { say } = useTexts(texts);
  const { data } = useOfAccount(['invoices', 'open'], (api) =>
    api.call('GET /v1/billing/invoices', { query: { limit: 20 } }),
  );
  const open = data?.data.find(({ state, url }) => state === 'open' && url !== null);
  return open !== undefined && open.url !== null && <Anchor href={open.url}>{say('payInvoice')}</Anchor>;
}
