import { createStripeSandbox, type Settings, type StripeSandbox } from '#sandbox/stripe';
import { advance, databaseTime } from '@plinth/testkit/factories';
import type { Stripe } from 'stripe';
import { atEndOfFile } from '@plinth/testkit/closing';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import {
  type Customer,
  type Reply,
  testApp,
  type TestApp,
  type TestAppOptions,
} from '@plinth/testkit/services/app';

export const SUCCESS = 'https://app.example.com/welcome';
export const CANCEL = 'https://app.example.com/plans';
const DAY = 86_400;
/** States of a subscription that nothing more becomes of. */
const OVER: ReadonlySet<string> = new Set(['canceled', 'incomplete_expired']);

/** A whole app that sells at a sandbox of its own, both on driven clocks. */
export interface SellingApp extends Omit<TestApp, 'sandbox' | 'stripe'> {
  readonly sandbox: StripeSandbox;
  /** The official package: what the dashboard shows. */
  readonly stripe: Stripe;
  /** Another process of the same program, at the same database and the same sandbox. */
  beside(more?: Pick<TestAppOptions, 'settings' | 'work'>): Promise<TestApp>;
  /** Orders a page; `key`: under this Idempotency-Key. */
  order(customer: Customer, what: Readonly<Record<string, unknown>>, key?: string): Promise<Reply>;
  /** Orders, pays with a card that is good, and has it looked at. */
  buy(customer: Customer, what: Readonly<Record<string, unknown>>): Promise<void>;
  /** Everything that Stripe has told by now is seen to. */
  drainEvents(): Promise<void>;
  /** Days go by, here and there. */
  later(days: number): Promise<void>;
  /** Days go by until the second or third of the next month: of what a test counts for some weeks, no month ends meanwhile. */
  passTheMonth(): Promise<void>;
  /** Ends all subscriptions at Stripe: else they renew, and send events, whenever a later test has days go by. */
  endAll(): Promise<void>;
  /** The plan that is in effect in a product. */
  plan(customer: Customer, product?: string): Promise<unknown>;
  read(customer: Customer, product?: string): Promise<Reply['body']>;
}

export async function openSellingApp(
  options: Pick<TestAppOptions, 'settings' | 'crashHook'> & { readonly atStripe?: Partial<Settings> } = {},
): Promise<SellingApp> {
  const { atStripe = {}, ...rest } = options;
  const sandbox = await createStripeSandbox({ driven: true, settings: atStripe });
  atEndOfFile(() => sandbox.close());
  // Who has a trial is tried elsewhere: here most pay with the same card.
  const settings = { FREE_ACCOUNTS_PER_USER: '1000', ...options.settings };
  const app = await testApp({ ...rest, settings, work: false, stripe: sandbox });
  const stripe = packageAt(sandbox);
  const { call, db } = app;
  const drainEvents = async () => {
    await sandbox.idle();
    await app.app.modules.inbox.drain();
  };
  const order: SellingApp['order'] = ({ key }, what, idempotencyKey) =>
    call(key, 'POST /v1/billing/checkout', {
      body: { success_url: SUCCESS, cancel_url: CANCEL, ...what },
      ...(idempotencyKey === undefined ? {} : { headers: { 'idempotency-key': idempotencyKey } }),
    });
  const later = async (days: number) => {
    await advance(db, `${days} days`);
    sandbox.advance(days * DAY);
    await drainEvents();
  };
  return {
    ...app,
    sandbox,
    stripe,
    beside: (more) => testApp({ work: false, stripe: sandbox, beside: app, ...more }),
    order,
    async buy(customer, what) {
      const { body } = await order(customer, what);
      await sandbox.pay(String(body['checkout_url']));
      await drainEvents();
    },
    drainEvents,
    later,
    async passTheMonth() {
      const now = await databaseTime(db);
      const second = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 2);
      await later(Math.ceil((second - now.getTime()) / (DAY * 1_000)));
    },
    async endAll() {
      sandbox.faults.clear();
      for (const { id, status, schedule } of sandbox.world.table('subscription').list()) {
        if (OVER.has(status)) continue;
        if (schedule !== null) await stripe.subscriptionSchedules.release(idOf(schedule));
        await stripe.subscriptions.cancel(id);
      }
    },
    async plan({ key }, product = 'reel') {
      const { body } = await call(key, 'GET /v1/billing/entitlements');
      const held = body['data'] as readonly { readonly product: string; readonly plan: string | null }[];
      return held.find((one) => one.product === product)?.plan;
    },
    read: async ({ key }, product = 'reel') =>
      (await call(key, `GET /v1/billing/subscription?product=${product}`)).body,
  };
}

/** The id of what an object of Stripe names, expanded or not. */
export function idOf(named: string | { readonly id: string } | null | undefined): string {
  return typeof named === 'string' ? named : (named?.id ?? '');
}
