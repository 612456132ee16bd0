import { ask } from '../ask.ts';
import { cardParams } from '../checkout/submit.ts';
import { StripeFault } from '../operation.ts';
import { readCard } from '../pages/card.ts';
import { idOf } from '../world/changes.ts';
import {
  authenticate,
  type PortalConfiguration,
  type PortalSession,
  type Subscription,
  type World,
} from '../world/index.ts';

/** A visit of the portal. */
export interface Portal {
  readonly world: World;
  readonly session: PortalSession;
  readonly features: PortalConfiguration['features'];
}

/** What came of what a person did there. */
export interface ActionResult {
  /** What was wrong, in words. */
  readonly says?: string;
  /** The bank asks first: the id of what it asks about. */
  readonly asks?: string;
}

type Action = (portal: Portal, form: URLSearchParams) => ActionResult;

/** What a person can do, by the last word of the form's address. The page shows refusals. */
export const ACTIONS: Readonly<Record<string, Action>> = {
  card: changeCard,
  bank: (portal, form) => answerBank(portal, form),
  cancel: (portal, form) => cancel(portal, subscriptionOf(portal, form), form),
  resume: (portal, form) => {
    ask(portal.world, `POST /v1/subscriptions/${subscriptionOf(portal, form).id}`, {
      cancel_at_period_end: 'false',
    });
    return {};
  },
  plan: changePlan,
  details: changeDetails,
};

/** Does it, and says what was wrong. */
export function runAction(portal: Portal, step: string, form: URLSearchParams): ActionResult {
  try {
    return ACTIONS[step]?.(portal, form) ?? {};
  } catch (error) {
    if (error instanceof StripeFault) return { says: error.message };
    throw error;
  }
}

/** Subscriptions that are not over, newest first. */
export function subscriptionsOf({ world, session }: Portal): Subscription[] {
  return world
    .table('subscription')
    .list()
    .filter(
      (one) =>
        idOf(one.customer) === session.customer && one.ended_at === null && one.status !== 'incomplete',
    );
}

function subscriptionOf(portal: Portal, form: URLSearchParams): Subscription {
  const found = subscriptionsOf(portal).find(({ id }) => id === form.get('subscription'));
  if (found === undefined) throw new StripeFault(404, 'invalid_request_error', 'This subscription is over.');
  return found;
}

function changeCard(portal: Portal, form: URLSearchParams): ActionResult {
  const { world, session } = portal;
  if (!portal.features.payment_method_update.enabled) return { says: 'Cards can’t be changed here.' };
  const method = ask(world, 'POST /v1/payment_methods', cardParams(readCard(form))).id;
  const asked = { customer: session.customer, payment_method: method };
  const setup = ask(world, 'POST /v1/setup_intents', asked).id;
  ask(world, `POST /v1/setup_intents/${setup}/confirm`, {});
  if (world.table('setup_intent').get(setup).status === 'requires_action') return { asks: setup };
  return useCard(portal, method);
}

function answerBank(portal: Portal, form: URLSearchParams): ActionResult {
  const asked = portal.world.table('setup_intent').find(form.get('intent') ?? '');
  if (asked?.customer !== portal.session.customer || asked.status !== 'requires_action')
    return { says: 'Nothing was asked.' };
  authenticate(portal.world, asked.id, form.get('decision') === 'confirm');
  const { status, payment_method: method } = portal.world.table('setup_intent').get(asked.id);
  if (status !== 'succeeded' || method === null)
    return { says: 'Your bank did not confirm the card. The old one stays.' };
  return useCard(portal, idOf(method));
}

/** The new card is the customer's, and of each of their subscriptions, and pays what is owed for these. */
function useCard(portal: Portal, method: string): ActionResult {
  const { world, session } = portal;
  ask(world, `POST /v1/customers/${session.customer}`, {
    invoice_settings: { default_payment_method: method },
  });
  for (const { id, default_payment_method: own } of subscriptionsOf(portal)) {
    if (own !== null) ask(world, `POST /v1/subscriptions/${id}`, { default_payment_method: method });
  }
  for (const { latest_invoice: latest, status } of subscriptionsOf(portal)) {
    const open = latest === null ? undefined : world.table('invoice').find(idOf(latest));
    const isOwed = status === 'past_due' || status === 'unpaid';
    if (isOwed && open?.status === 'open') ask(world, `POST /v1/invoices/${open.id}/pay`, {});
  }
  return {};
}

function cancel(
  { world, features: { subscription_cancel: feature } }: Portal,
  { id }: Subscription,
  form: URLSearchParams,
): ActionResult {
  if (!feature.enabled) return { says: 'Subscriptions can’t be canceled here.' };
  const feedback = form.get('feedback') ?? '';
  if (feature.cancellation_reason.options.some((option) => option === feedback))
    ask(world, `POST /v1/subscriptions/${id}`, { cancellation_details: { feedback } });
  if (feature.mode === 'at_period_end')
    ask(world, `POST /v1/subscriptions/${id}`, { cancel_at_period_end: 'true' });
  else
    ask(
      world,
      `DELETE /v1/subscriptions/${id}`,
      feature.proration_behavior === 'none' ? {} : { prorate: 'true' },
    );
  return {};
}

function changePlan(portal: Portal, form: URLSearchParams): ActionResult {
  const { enabled, products, proration_behavior } = portal.features.subscription_update;
  const price = form.get('price') ?? '';
  if (!enabled || products?.some(({ prices }) => prices.includes(price)) !== true)
    return { says: 'This plan can’t be chosen here.' };
  const subscription = subscriptionOf(portal, form);
  const items = [{ id: subscription.items.data[0]?.id ?? '', price }];
  ask(portal.world, `POST /v1/subscriptions/${subscription.id}`, { items, proration_behavior });
  return {};
}

function changeDetails({ world, session, features }: Portal, form: URLSearchParams): ActionResult {
  const { enabled, allowed_updates: allowed } = features.customer_update;
  if (!enabled) return { says: 'These can’t be changed here.' };
  const asked = Object.fromEntries(
    ['name', 'email', 'phone']
      .filter((name) => allowed.includes(name) && form.has(name))
      .map((name) => [name, form.get(name) ?? '']),
  );
  ask(world, `POST /v1/customers/${session.customer}`, asked);
  const taxId = form.get('tax_id')?.trim() ?? '';
  if (taxId !== '' && allowed.includes('tax_id'))
    ask(world, `POST /v1/customers/${session.customer}/tax_ids`, { type: 'eu_vat', value: taxId });
  return {};
}
