import type { Patch } from './patch.ts';

const CHECKOUT = 'test/selling/checkout.test.ts ::';
const CHANGES = 'test/selling/changes.test.ts ::';
const SYNC = 'test/selling/sync.test.ts ::';

/** What accounts buy, and what is done at Stripe for them. */
export const SELLING: readonly Patch[] = [
  {
    name: 'checkout-asked-under-another-key-each-time',
    file: 'src/platform/billing/stripe/checkout.ts',
    find: '{ idempotencyKey: `plinth:checkout:${key}` }',
    replace: '{ idempotencyKey: `plinth:checkout:${key}:${performance.now()}` }',
    expects: `${CHECKOUT} one page is open at a time > for the same order, by however many tabs at once, and one customer`,
  },
  {
    name: 'former-page-left-open',
    file: 'src/platform/billing/subscriptions/checkouts.ts',
    find: 'return isSame ? readSession(client, row.session) : closeSession(client, row.session);',
    replace: 'return readSession(client, row.session);',
    expects: `${CHECKOUT} one page is open at a time > another order closes the former one first`,
  },
  {
    name: 'sold-twice-to-whoever-was-not-told-of',
    file: 'src/platform/billing/subscriptions/checkouts.ts',
    find: "if (subscribed === 'now') throw new AppError('already_subscribed');",
    replace: '',
    expects: `${CHECKOUT} a plan > is not sold twice, even to whoever has just paid and was not told of yet`,
  },
  {
    name: 'trial-each-time',
    file: 'src/platform/billing/subscriptions/checkouts.ts',
    find: "trialDays: subscribed === 'never' ? order.trialDays : undefined,",
    replace: 'trialDays: order.trialDays,',
    expects: `${CHECKOUT} a plan > is tried for free once, and paid at once by whoever had it before`,
  },
  {
    name: 'dearer-plan-before-it-is-paid',
    file: 'src/platform/billing/stripe/changing.ts',
    find: "payment_behavior: 'error_if_incomplete',",
    replace: "payment_behavior: 'allow_incomplete',",
    expects: `${CHANGES} a dearer plan > is not had when the card is declined, and nothing has changed`,
  },
  {
    name: 'changed-below-what-is-in-use',
    file: 'src/platform/billing/subscriptions/changes.ts',
    find: "if (when === 'now' && notFitting.length > 0)",
    replace: "if (when === 'now' && notFitting.length > 99)",
    expects: `${CHANGES} a cheaper plan > below what is in use is refused at once with the list, and arranged for later with it`,
  },
  {
    name: 'canceled-under-a-schedule',
    file: 'src/platform/billing/stripe/changing.ts',
    find: 'if (schedule === undefined) return subscription;',
    replace: 'if (schedule !== undefined) return subscription;',
    expects: `${CHANGES} a subscription > with a change arranged is canceled with it`,
  },
  {
    name: 'price-made-at-each-sync',
    file: 'src/platform/billing/stripe/prices.ts',
    find: "if (found !== undefined && isSame(found, price)) return { price: found.id, was: 'kept' };",
    replace: '',
    expects: `${SYNC} what is sold > is known to Stripe after it was told, by two at once and again, once`,
  },
];
