import {
  browserSession,
  createClient,
  LimitExceeded,
  PlanRequired,
  PlinthError,
  type ReplyOf,
  Unauthenticated,
} from '@plinth/sdk';
import { button, byId, day, el, field, price, time } from './parts.ts';

type Plan = ReplyOf<'GET /v1/plans'>['data'][number];
type AddOn = ReplyOf<'GET /v1/plans'>['add_ons'][number];
type Entitlement = ReplyOf<'GET /v1/billing/entitlements'>['data'][number];
type Subscription = ReplyOf<'GET /v1/billing/subscription'>;

/** What may be used now, and what is paid for each month: a boost lifts the first and leaves the second alone. */
interface Held {
  readonly entitlement: Entitlement | undefined;
  readonly subscription: Subscription | undefined;
}

const PRODUCT = 'reel';
const baseUrl = document.querySelector<HTMLMetaElement>('meta[name=plinth]')?.content ?? '';
const plinth = createClient({ baseUrl, session: browserSession() });

const says = (text: string) => byId('says').replaceChildren(text);
const act = (text: string, work: () => Promise<unknown>, plain = false) =>
  button(text, work, { plain, failed });

/** What went wrong, in words that help the reader. */
function failed(error: unknown): void {
  if (error instanceof LimitExceeded || error instanceof PlanRequired) {
    const more = error.upgrade === null ? '' : ` ${error.upgrade} has room for it.`;
    says(`${error.message}${more}`);
  } else if (error instanceof Unauthenticated) {
    says('Please sign in.');
    void show();
  } else says(error instanceof PlinthError ? error.message : 'That did not work. Try again.');
}

/** The page of the visitor. */
async function show(): Promise<void> {
  const { data: plans, add_ons: addOns } = await plinth.plans.list({ product: PRODUCT });
  const me = await plinth.me.get().catch((error: unknown) => {
    if (error instanceof Unauthenticated) return undefined;
    throw error;
  });
  byId('who').replaceChildren(me?.email ?? '');
  if (me === undefined) return byId('page').replaceChildren(door(), shelf({ plans, addOns }, undefined));
  const held = await holdings();
  const own = held.entitlement?.plan == null && held.subscription === undefined ? [] : [desk(), shown(held)];
  byId('page').replaceChildren(
    ...own,
    shelf({ plans, addOns }, held.subscription),
    act('Sign out', () => plinth.auth.signOut().then(show), true),
  );
}

/** Signing in, and up. */
function door(): HTMLFormElement {
  const form = el(
    'form',
    {},
    el('h2', {}, 'Come in'),
    el('label', {}, 'Email', el('input', { name: 'email', type: 'email', autocomplete: 'email' })),
    el('label', {}, 'Password', el('input', { name: 'password', type: 'password' })),
  );
  const enter = (how: 'signUp' | 'signIn') => async () => {
    const given = { email: field(form, 'email'), password: field(form, 'password') };
    const { status } = await plinth.auth[how](given);
    says(status === 'signed_in' ? 'Welcome.' : 'Look into your mails, then sign in.');
    await show();
  };
  form.append(
    el('div', { className: 'row' }, act('Sign up', enter('signUp')), act('Sign in', enter('signIn'), true)),
  );
  return form;
}

async function holdings(): Promise<Held> {
  const { data } = await plinth.entitlements();
  const subscription = await plinth.billing.subscription.get({ product: PRODUCT }).catch((error: unknown) => {
    if (error instanceof PlinthError && error.status === 404) return undefined;
    throw error;
  });
  return { entitlement: data.find(({ product }) => product === PRODUCT), subscription };
}

/** What is sold. */
function shelf(
  { plans, addOns }: { readonly plans: readonly Plan[]; readonly addOns: readonly AddOn[] },
  subscription: Subscription | undefined,
): HTMLElement {
  const boxes = plans.map((plan) => {
    const isHeld = subscription?.plan === plan.id;
    const choose = act(isHeld ? 'Your plan' : `Choose ${plan.name}`, () => buy({ plan: plan.id }));
    choose.disabled = isHeld;
    return el(
      'section',
      {},
      el('h3', {}, plan.name),
      el('div', { className: 'price' }, price(plan.price.monthly, plan.price.currency)),
      el('div', { className: 'quiet' }, `a month, ${plan.grants['generations']} posts`),
      choose,
    );
  });
  const more = addOns.map((addOn) =>
    el(
      'section',
      {},
      el('h3', {}, addOn.name),
      el('div', { className: 'price' }, price(addOn.price.once, addOn.price.currency)),
      el(
        'div',
        { className: 'quiet' },
        `once, for ${addOn.pack === null ? `${addOn.days} days` : `${addOn.pack.credits} ${addOn.pack.limit}`}`,
      ),
      act(`Buy ${addOn.name}`, () => buy({ add_on: addOn.id })),
    ),
  );
  return el('div', { className: 'plans' }, ...boxes, ...more);
}

/** To the store's page, where a visitor without a plan pays; a plan that is paid already becomes the other one. */
async function buy(what: { plan: string } | { add_on: string }): Promise<void> {
  const here = location.origin + location.pathname;
  try {
    const { checkout_url } = await plinth.billing.checkout({
      product: PRODUCT,
      ...what,
      success_url: `${here}?bought=${'plan' in what ? what.plan : what.add_on}`,
      cancel_url: here,
    });
    location.assign(checkout_url);
  } catch (error) {
    if (!(error instanceof PlinthError) || error.code !== 'already_subscribed') throw error;
    await change(what);
  }
}

/** Asks first: what costs more is charged at once. */
async function change(to: { plan: string } | { add_on: string }): Promise<void> {
  const asked = { product: PRODUCT, ...to };
  const preview = await plinth.billing.subscription.preview(asked);
  const { due_now, unit_amount, quantity, currency, prorated_at: at, when } = preview;
  const what = when === 'now' ? `${price(due_now, currency)} now` : 'with the end of what is paid for';
  if (!confirm(`Change the plan: ${what}?`)) return;
  const { subscription, confirmation } = await plinth.billing.subscription.change({
    ...asked,
    when,
    agreed: { due_now, unit_amount, quantity, currency },
    ...(at === null ? {} : { prorated_at: at }),
  });
  // The bank wants to see the customer: until they have confirmed it, the plan is what it was.
  if (confirmation !== null) return location.assign(confirmation.confirm_url);
  const { plan, next } = subscription;
  says(
    next === null ? `You have ${plan} now.` : `You have ${plan} until ${day(next.at)}, then ${next.plan}.`,
  );
  await show();
}

async function toPortal(): Promise<void> {
  const { portal_url } = await plinth.billing.portal({
    return_url: location.origin + location.pathname,
  });
  location.assign(portal_url);
}

/** What is held, how much of it is used, and the ways to change it. */
function shown({ entitlement, subscription }: Held): HTMLElement {
  const used = entitlement?.used['generations'] ?? 0;
  const most = entitlement?.grants['generations'] ?? 0;
  const max = typeof most === 'number' ? most : used;
  const boosts = (entitlement?.add_ons ?? []).map(({ id, expires_at: end }) =>
    el('div', { className: 'quiet' }, `${id} until ${end === null ? 'further notice' : day(end)}`),
  );
  return el(
    'section',
    { id: 'held' },
    el('h2', {}, entitlement?.plan_name ?? 'No plan'),
    el('div', {}, `${used} of ${max} posts`),
    el('meter', { max, value: used, title: 'posts used' }),
    ...boosts,
    ...(subscription === undefined ? [] : subscriptionLines(subscription)),
  );
}

function subscriptionLines(subscription: Subscription): HTMLElement[] {
  const query = { product: PRODUCT };
  const { next, plan, cycle, quantity } = subscription;
  const agreed = { ...subscription.price, quantity };
  const other =
    subscription.cancels_at === null
      ? act('Cancel', () => plinth.billing.subscription.cancel(query).then(show), true)
      : act('Keep it', () => plinth.billing.subscription.resume({ ...query, agreed }).then(show));
  // A change to what it is already takes back what was arranged.
  const stay = () =>
    plinth.billing.subscription
      .change({
        ...query,
        plan,
        ...soldBy(cycle),
        quantity,
        when: 'period_end',
        agreed: { due_now: 0, ...agreed },
      })
      .then(show);
  const undo = next === null ? [] : [act('Stay with this plan', stay, true)];
  return [
    el('div', { id: 'subscription', className: 'quiet' }, standing(subscription)),
    ...waiting(subscription),
    el('div', { className: 'row' }, act('Card and invoices', toPortal), ...undo, other),
  ];
}

/** A change that the customer has not confirmed: the way to the page, and back to what they have. */
function waiting({ plan, pending, price: present, quantity }: Subscription): HTMLElement[] {
  if (pending === null) return [];
  const { confirm_url: page, expires_at: end } = pending;
  const agreed = { due_now: 0, ...present, quantity };
  const stay = () => plinth.billing.subscription.change({ product: PRODUCT, plan, when: 'now', agreed });
  return [
    el('div', { id: 'waiting' }, `You have ${plan}. ${pending.plan} waits for your bank until ${time(end)}.`),
    el(
      'div',
      { className: 'row' },
      ...(page === null ? [] : [act('Confirm the payment', async () => location.assign(page))]),
      act(`Stay with ${plan}`, () => stay().then(show), true),
    ),
  ];
}

/** Cycles of other lengths are not for sale: it keeps its own. */
function soldBy(cycle: string): { cycle?: 'monthly' | 'yearly' } {
  return cycle === 'monthly' || cycle === 'yearly' ? { cycle } : {};
}

function standing({
  state,
  next,
  cancels_at: end,
  suspends_at: off,
  period_ends_at: renewal,
}: Subscription): string {
  if (off !== null)
    return `The last payment failed. It works until ${day(off)}: pay the invoice, or change the card.`;
  if (end !== null) return `ends on ${day(end)}`;
  return next === null
    ? `${state}, renews on ${day(renewal)}`
    : `${state}, becomes ${next.plan} on ${day(next.at)}`;
}

/** Where posts are written. */
function desk(): HTMLFormElement {
  const posts = el('div', { id: 'posts' });
  const form = el(
    'form',
    {},
    el('h2', {}, 'Write a post'),
    el('label', {}, 'About', el('input', { name: 'topic', value: 'Why small teams ship faster' })),
  );
  const write = async () => {
    const { generation_id: id } = await plinth.reel.create({
      platform: 'linkedin',
      topic: field(form, 'topic'),
    });
    says('It is being written …');
    const { variants } = await plinth.reel.ended(id);
    posts.replaceChildren(
      ...variants.map(({ hook, body }) => el('blockquote', {}, el('b', {}, hook), el('p', {}, body))),
    );
    says('');
    byId('held').replaceWith(shown(await holdings()));
  };
  form.append(act('Write', write), posts);
  return form;
}

/** The store tells Plinth, which takes a moment: until then what was bought is not there yet. */
async function arrive(bought: string): Promise<void> {
  says('Thank you. A moment …');
  for (let tries = 0; tries < 40 && !(await isThere(bought)); tries += 1) {
    await new Promise((done) => {
      setTimeout(done, 250);
    });
  }
  history.replaceState(null, '', location.pathname);
  says('Thank you.');
}

async function isThere(id: string): Promise<boolean> {
  const { data } = await plinth.entitlements();
  return data.some(({ plan, add_ons }) => plan === id || add_ons.some((addOn) => addOn.id === id));
}

const bought = new URLSearchParams(location.search).get('bought');
if (bought !== null) await arrive(bought).catch(failed);
await show().catch(failed);
