import { Button } from '@mantine/core';
import type { BodyOf } from '@plinth/sdk';
import { useAccount } from '../../account.ts';
import { useAct } from '../../parts/of-account.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { useSearchOf } from '../../parts/search.ts';
import { useTexts } from '../../text/index.ts';
import { readPlanSearch } from './search.ts';
import { texts } from './texts.ts';

interface BuyButtonProps {
  readonly name: string;
  readonly order: Omit<BodyOf<'POST /v1/billing/checkout'>, 'success_url' | 'cancel_url'>;
  /** A pack: no plan shows that it was paid, but the credits. */
  readonly isPack?: boolean;
  /** The first thing to do on the page. */
  readonly isFirst?: boolean;
}

/** Leads to the provider's page, which leads back here, whichever account is chosen by then. */
export function BuyButton({ name, order, isPack = false, isFirst = false }: BuyButtonProps) {
  const { say } = useTexts(texts);
  const chosen = useAccount();
  const { back: start } = useSearchOf(readPlanSearch);
  const { mutate, isPending, error } = useAct(async () => {
    const { product = '', plan, add_on: addOn } = order;
    const back = new URLSearchParams({
      product,
      account: chosen?.account.id ?? '',
      ...(start === undefined ? {} : { back: start }),
    });
    const here = `${location.origin}/app/plan?${back.toString()}`;
    const page = await chosen?.api.call('POST /v1/billing/checkout', {
      body: {
        ...order,
        success_url: isPack ? here : `${here}&bought=${plan ?? addOn ?? ''}`,
        cancel_url: `${here}&closed=true`,
      },
    });
    if (page !== undefined) location.assign(page.checkout_url);
  });
  return (
    <>
      <Refusal error={error} />
      <Button
        variant={isFirst ? 'filled' : 'default'}
        loading={isPending}
        aria-label={say('buyPlan', { plan: name })}
        onClick={() => mutate()}
      >
        {say('buy')}
      </Button>
    </>
  );
}
