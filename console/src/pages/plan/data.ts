import type { ReplyOf } from '@plinth/sdk';
import { useOfAccount } from '../../parts/of-account.ts';
import { useEntitlements } from '../../parts/plans.ts';
import { usePriceList } from '../../parts/price-list.ts';

type PriceList = ReplyOf<'GET /v1/plans'>;
export type SoldPlan = PriceList['data'][number];
export type AddOn = PriceList['add_ons'][number];
export type Compared = PriceList['comparison'][string][number];
export type Entitlement = ReplyOf<'GET /v1/billing/entitlements'>['data'][number];
export type Subscription = ReplyOf<'GET /v1/billing/subscriptions'>['data'][number];

/** A plan that is sold, or one that is held and sold no more. */
export type NamedPlan = SoldPlan | { readonly product: string; readonly id: string; readonly name: string };

/** A product as the account has it. */
export interface Held {
  readonly entitlement: Entitlement;
  /** What is paid, or waits to be; undefined: nothing. */
  readonly subscription: Subscription | undefined;
}

/** The plan that is paid by the seat here and sold no more: its seats still change. */
export function unsoldOf(
  { entitlement, subscription }: Held,
  plans: readonly SoldPlan[],
): NamedPlan | undefined {
  const { product, plan: id, plan_name: name, quantity } = entitlement;
  const isPaid = subscription?.store === 'stripe' && subscription.plan === id && quantity !== null;
  if (!isPaid || id === null || plans.some((plan) => plan.id === id)) return undefined;
  return { product, id, name: name ?? id };
}

/** The price that a customer saw and that a call names when it commits to it. */
export const shownPrice = ({ price, quantity }: Subscription) => ({ ...price, quantity });

const OVER: ReadonlySet<Subscription['state']> = new Set(['canceled', 'expired', 'incomplete']);
/** Milliseconds until it is asked again: what others do shows itself, and what was paid for as soon as the provider has told. */
const AGAIN = 10_000;
const SOON = 1_000;

/** What a plan or an add-on is called, by its id; the account's own plan may be sold no more. */
export function useSoldNames(): (id: string) => string {
  const { data: prices } = usePriceList();
  const { data: held } = useEntitlements();
  const names = new Map(held?.data.map(({ plan, plan_name: name }) => [plan, name]));
  return (id) =>
    [...(prices?.data ?? []), ...(prices?.add_ons ?? [])].find((one) => one.id === id)?.name ??
    names.get(id) ??
    id;
}

/** Each product that an account of this kind can have, with what is paid for it. */
export function useHeld(bought: string | undefined) {
  const again = (held: readonly Held[] | undefined) =>
    bought === undefined || (held !== undefined && isThere(held, bought)) ? AGAIN : SOON;
  return useOfAccount(
    ['held'],
    async (api): Promise<readonly Held[]> => {
      const [{ data: entitlements }, { data: subscriptions }] = await Promise.all([
        api.call('GET /v1/billing/entitlements', {}),
        api.call('GET /v1/billing/subscriptions', { query: { limit: 50 } }),
      ]);
      return entitlements.map((entitlement) => ({
        entitlement,
        subscription: subscriptions.find(
          ({ product, state }) => product === entitlement.product && !OVER.has(state),
        ),
      }));
    },
    { again },
  );
}

/** Whether what was paid for is in effect; while a more dearly one is given, it is there all the same. */
export const isThere = (held: readonly Held[], bought: string): boolean =>
  held.some(
    ({ entitlement: { plan, add_ons: addOns }, subscription }) =>
      plan === bought ||
      addOns.some(({ id }) => id === bought) ||
      (subscription?.plan === bought && subscription.state !== 'pending'),
  );
