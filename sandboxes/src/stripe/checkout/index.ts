import type { Entity, Operations } from '../operation.ts';
import { invalidRequest } from '../operation.ts';
import { readCard } from '../pages/card.ts';
import { go, type Page, type PageAnswer, type PageRequest, show } from '../pages/page.ts';
import { idOf, listOf } from '../world/changes.ts';
import { activeCode, type CheckoutSession, type Due, type World } from '../world/index.ts';
import { type AskedDiscount, checkDiscounts } from '../world/catalogue/discounts.ts';
import { expire } from '../world/subscriptions/endings.ts';
import { Form } from '../world/form.ts';
import { openSession, pageOf } from './open-session.ts';
import { checkoutPage } from './page.ts';
import { confirm, isAsked, laterOf, submit, type VisitedSession } from './submit.ts';
import { sumsOf, sumUp } from './sums.ts';
import type { Visit } from './visit.ts';

export type { Visit } from './visit.ts';

/** How a customer pays without a browser. */
export interface PaymentInput {
  /** 4242 4242 4242 4242 when not said. */
  readonly card?: string;
  /** IBAN of an account that is debited, in place of a card. */
  readonly iban?: string;
  /** What they say when their bank asks; yes when not said. */
  readonly confirms?: boolean;
  readonly email?: string;
  readonly code?: string;
  readonly taxId?: string;
}

/** What the page says then. */
export interface Paid {
  readonly outcome: 'complete' | 'declined' | 'expired';
  /** What the bank said. */
  readonly says: string | null;
  /** Where the person is led; null: they stay on the page. */
  readonly location: string | null;
}

/** Pages on which to pay. */
export class Checkouts {
  readonly #world: World;
  readonly #visits: Map<string, Visit>;

  constructor(world: World, visits: readonly (readonly [string, Visit])[] = []) {
    this.#world = world;
    this.#visits = new Map(visits);
  }

  /** What is to be kept over a restart. */
  visits(): readonly (readonly [string, Visit])[] {
    return [...this.#visits];
  }

  /** The server is reached elsewhere: pages that are open are there now. */
  moved(): void {
    for (const session of this.#open()) session.url = pageOf(this.#world, session.id);
  }

  *dues(): Generator<Due> {
    for (const session of this.#open())
      yield { at: session.expires_at, of: session, run: () => this.#expire(session.id) };
    for (const [id, visit] of this.#visits)
      yield* laterOf(this.#world, { session: this.#world.table('checkout.session').get(id), visit });
  }

  open(world: World, params: Parameters<typeof openSession>[0]['params']): CheckoutSession {
    const { session, visit } = openSession({ world, params, ids: [] });
    this.#visits.set(session.id, visit);
    return world.table('checkout.session').add(session);
  }

  expire(id: string): CheckoutSession {
    const session = this.#world.table('checkout.session').get(id);
    if (session.status !== 'open') {
      throw invalidRequest(
        `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${session.status}\`.`,
      );
    }
    return this.#expire(id);
  }

  lines(id: string): Entity[] {
    const { session, visit } = this.#visited(id);
    return sumsOf(this.#world, visit, session).map(({ line, price, subtotal, discount, tax }) => ({
      id: line.id,
      object: 'item',
      adjustable_quantity: line.adjustable === null ? null : { enabled: true, ...line.adjustable },
      amount_discount: discount,
      amount_subtotal: subtotal,
      amount_tax: tax,
      amount_total: subtotal - discount + tax,
      currency: price.currency,
      description: this.#world.table('product').get(idOf(price.product)).name,
      metadata: {},
      price: structuredClone(price),
      quantity: price.recurring?.usage_type === 'metered' ? null : line.quantity,
    }));
  }

  /** What a session has only for those who ask for it. */
  included(object: Entity, field: string): object | undefined {
    const isMeant = object.object === 'checkout.session' && field === 'line_items' && 'id' in object;
    if (!isMeant || typeof object.id !== 'string') return undefined;
    return listOf(`/v1/checkout/sessions/${object.id}/line_items`, this.lines(object.id));
  }

  /** Does what a person would do on the page, with that card. Throws StripeFault for a page that there is not. */
  pay(
    checkout: string,
    { card = '4242424242424242', iban, confirms = true, email, code, taxId }: PaymentInput = {},
  ): Paid {
    const visited = this.#visited(checkout.split('/').at(-1) ?? '');
    const { session, visit } = visited;
    if (code !== undefined) {
      const says = this.#redeem(visited, code);
      if (says !== null) return { outcome: 'declined', says, location: null };
    }
    const filled = { number: card, expiry: '12/40', cvc: '123', name: 'Ada Lovelace' };
    submit(this.#world, visited, { ...filled, email: email ?? 'ada@example.com', taxId, iban });
    if (isAsked(this.#world, visit)) confirm(this.#world, visited, confirms);
    const outcome =
      session.status === 'open' ? 'declined' : session.status === 'complete' ? 'complete' : 'expired';
    return { outcome, says: visit.declined, location: outcome === 'complete' ? backTo(session) : null };
  }

  readonly page: Page = (request) => {
    const [, id, step] = /^\/c\/pay\/([\w-]+)(?:\/(bank|code|pay|quantity))?$/.exec(request.path) ?? [];
    if (id === undefined) return undefined;
    const session = this.#world.table('checkout.session').find(id);
    const visit = this.#visits.get(id);
    if (session === undefined || visit === undefined) return show(notFound, 404);
    const visited = { session, visit };
    if (request.method !== 'POST' || step === undefined) return show(checkoutPage(this.#world, visited));
    return this.#step(visited, step, request);
  };

  #step(visited: VisitedSession, step: string, { form }: PageRequest): PageAnswer {
    const { session } = visited;
    const says = session.status === 'open' ? this.#take(visited, step, form) : null;
    if (session.status === 'complete') return go(backTo(session));
    if (says !== null) return show(checkoutPage(this.#world, visited, says), 400);
    return go(`/c/pay/${session.id}`);
  }

  /** Does what a form asks for; the answer is what was wrong with it. */
  #take(visited: VisitedSession, step: string, form: URLSearchParams): string | null {
    if (step === 'pay') submit(this.#world, visited, readCard(form));
    if (step === 'bank') confirm(this.#world, visited, form.get('decision') === 'confirm');
    if (step === 'code') return this.#redeem(visited, form.get('code') ?? '');
    if (step === 'quantity') return this.#count(visited, form);
    return null;
  }

  #redeem({ session, visit }: VisitedSession, typed: string): string | null {
    const code = activeCode(this.#world, typed.trim());
    const coupon = code?.promotion.coupon ?? null;
    if (
      code === undefined ||
      coupon === null ||
      session.allow_promotion_codes !== true ||
      isAsked(this.#world, visit)
    )
      return 'This code is invalid.';
    const discount = { coupon: idOf(coupon), promotionCode: code.id };
    const payer = session.customer === null ? null : idOf(session.customer);
    if (!isFor(this.#world, discount, { customer: payer, currency: session.currency ?? 'usd' }))
      return 'This code is invalid.';
    this.#forgetTry(visit);
    visit.discount = discount;
    sumUp(this.#world, session, visit);
    return null;
  }

  #count({ session, visit }: VisitedSession, form: URLSearchParams): string | null {
    const line = visit.lines.find(({ id }) => id === form.get('line'));
    const quantity = Number(form.get('quantity'));
    const bounds = line?.adjustable;
    if (line === undefined || bounds == null || isAsked(this.#world, visit)) return 'This can’t be changed.';
    if (!Number.isInteger(quantity) || quantity < bounds.minimum || quantity > bounds.maximum)
      return `From ${bounds.minimum} to ${bounds.maximum}.`;
    this.#forgetTry(visit);
    line.quantity = quantity;
    sumUp(this.#world, session, visit);
    return null;
  }

  /** What was declined was for another amount: it is begun anew. */
  #forgetTry(visit: Visit): void {
    this.#dropSubscription(visit);
    visit.intent = null;
    visit.subscription = null;
    visit.declined = null;
  }

  #dropSubscription({ subscription: id }: Visit): void {
    const subscription = id === null ? undefined : this.#world.table('subscription').find(id);
    if (subscription?.status === 'incomplete') expire(this.#world, subscription);
  }

  #visited(id: string): VisitedSession {
    const session = this.#world.table('checkout.session').get(id);
    const visit = this.#visits.get(id);
    if (visit === undefined) throw new Error(`the sandbox lost the page of ${id}`);
    return { session, visit };
  }

  #open(): CheckoutSession[] {
    return this.#world
      .table('checkout.session')
      .oldestFirst()
      .filter(({ status }) => status === 'open');
  }

  /** A payment that was begun and not completed is void. */
  #expire(id: string): CheckoutSession {
    const { session, visit } = this.#visited(id);
    session.status = 'expired';
    session.url = null;
    this.#dropSubscription(visit);
    this.#world.emit('checkout.session.expired', session);
    return session;
  }
}

function isFor(world: World, discount: AskedDiscount, buyer: Parameters<typeof checkDiscounts>[2]): boolean {
  try {
    checkDiscounts(world, [discount], buyer);
    return true;
  } catch {
    return false;
  }
}

const notFound =
  '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>No such page</title>\n<h1>No such page</h1>\n</html>\n';

/** Where a person who has paid goes. */
function backTo({ id, success_url: url }: CheckoutSession): string {
  return (url ?? '/').replaceAll(/\{CHECKOUT_SESSION_ID\}|%7BCHECKOUT_SESSION_ID%7D/g, id);
}

/** Calls about checkout sessions. */
export function checkoutCalls(checkouts: Checkouts): Operations {
  return {
    'POST /v1/checkout/sessions': ({ world, params }) => checkouts.open(world, params),
    'GET /v1/checkout/sessions': ({ world, params }) => {
      const form = new Form(params);
      const [customer, intent] = [form.text('customer'), form.text('payment_intent')];
      const [subscription, status] = [form.text('subscription'), form.text('status')];
      return world
        .table('checkout.session')
        .list()
        .filter((session) => customer === undefined || session.customer === customer)
        .filter((session) => intent === undefined || session.payment_intent === intent)
        .filter((session) => subscription === undefined || session.subscription === subscription)
        .filter((session) => status === undefined || session.status === status);
    },
    'GET /v1/checkout/sessions/:id': ({ world, ids: [id = ''] }) => world.table('checkout.session').get(id),
    'GET /v1/checkout/sessions/:id/line_items': ({ ids: [id = ''] }) => checkouts.lines(id),
    'POST /v1/checkout/sessions/:id/expire': ({ ids: [id = ''] }) => checkouts.expire(id),
  };
}
