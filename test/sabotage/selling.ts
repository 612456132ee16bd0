import type { Patch } from './patch.ts';

const CHECKOUT = 'test/selling/checkout.test.ts ::';
const FREE = 'test/selling/free.test.ts ::';
const CHANGES = 'test/selling/changes.test.ts ::';
const SYNC = 'test/selling/sync.test.ts ::';

/** What accounts buy, and what is done at Stripe for them. */
export const SELLING: readonly Patch[] = [
  {
    name: 'checkout-asked-under-another-key-each-time',
    file: 'src/platform/billing/providers/stripe/checkout.ts',
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
    name: 'trial-in-each-account',
    file: 'src/platform/billing/functions/sales.sql',
    find: 'where billing.tried_elsewhere(app.account(), p_mode, product, null) < p_most',
    replace: 'where p_most > 0',
    expects: `${FREE} a product is tried in one account of a user; in the others it is paid at once, and the page says so`,
  },
  {
    name: 'trial-on-each-account-of-a-card',
    file: 'src/platform/billing/projection/record-trial.ts',
    find: '(elsewhere?.tried ?? 0) >= mostPerPerson',
    replace: '(elsewhere?.tried ?? 0) > 100 * mostPerPerson',
    expects: `${FREE} a trial on a card that has tried the product begins for nobody: nothing is had, nothing is charged, and it ends at the provider`,
  },
  {
    name: 'dearer-plan-before-it-is-paid',
    file: 'src/platform/billing/providers/stripe/subscription-changes.ts',
    find: "payment_behavior: 'error_if_incomplete',",
    replace: "payment_behavior: 'allow_incomplete',",
    expects: `${CHANGES} a dearer plan > is not had when the card is declined, and nothing has changed`,
  },
  {
    name: 'prorated-from-any-instant',
    file: 'src/platform/billing/subscriptions/changes.ts',
    find: 'if (is?.recent !== true)',
    replace: 'if (is === undefined)',
    expects: `${CHANGES} a change > is prorated from an instant of a preview, and from no other that its customer would like`,
  },
  {
    name: 'trial-of-what-is-dearer',
    file: 'src/platform/billing/subscriptions/changes.ts',
    find: 'keepsTrial: !dearer && to.trialDays !== undefined,',
    replace: 'keepsTrial: dearer || to.trialDays !== undefined,',
    expects: `${CHANGES} a change > to something dearer ends a trial, and is paid before it is had`,
  },
  {
    name: 'declined-and-arranged-no-more',
    file: 'src/platform/billing/providers/stripe/subscription-changes.ts',
    find: 'if (arranged !== undefined) await scheduleChange(',
    replace: 'if (arranged === null) await scheduleChange(',
    expects: `${CHANGES} a change > that is declined leaves what was arranged`,
  },
  {
    name: 'arranged-from-the-first-phase',
    file: 'src/platform/billing/providers/stripe/schedule.ts',
    find: 'schedule.phases.find((phase) => phase.start_date === schedule.current_phase?.start_date)',
    replace: 'schedule.phases.at(0)',
    expects: `${CHANGES} a change > is arranged anew after one that was arranged has come`,
  },
  {
    name: 'arranged-without-discounts',
    file: 'src/platform/billing/providers/stripe/schedule.ts',
    find: '(discounts.length === 0 ? {} : { discounts })',
    replace: '(discounts.length >= 0 ? {} : { discounts })',
    expects: `${CHANGES} a change > that is arranged leaves discounts what they are`,
  },
  {
    name: 'former-price-taken-away',
    file: 'src/platform/billing/providers/stripe/subscription-changes.ts',
    find: 'isSold &&\n    item?.quantity === quantity',
    replace: 'isSold && item?.price.lookup_key !== null &&\n    item?.quantity === quantity',
    expects: `${CHANGES} a change > to what it is moves nobody from a former price`,
  },
  {
    name: 'ended-and-unbilled',
    file: 'src/platform/billing/providers/stripe/subscription-changes.ts',
    find: 'invoice_now: true',
    replace: 'invoice_now: false',
    expects: `${CHANGES} a change > that ends it at once, by its customer, leaves nothing unbilled that was used past a limit`,
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
    file: 'src/platform/billing/providers/stripe/schedule.ts',
    find: 'if (schedule === undefined) return subscription;',
    replace: 'if (schedule !== undefined) return subscription;',
    expects: `${CHANGES} a subscription > with a change arranged is canceled with it`,
  },
  {
    name: 'price-made-at-each-sync',
    file: 'src/platform/billing/providers/stripe/prices.ts',
    find: "if (found !== undefined && isSame(found, price)) return { price: found.id, was: 'kept' };",
    replace: '',
    expects: `${SYNC} what is sold > is known to Stripe after it was told, by two at once and again, once`,
  },
  {
    name: 'page-for-an-order-that-was-given-up',
    file: 'src/platform/billing/subscriptions/checkouts-store.ts',
    find: "and state = 'making' returning id, asked, attempt",
    replace: 'returning id, asked, attempt',
    expects: `${CHECKOUT} one page is open at a time > of two orders that are under way at the same instant`,
  },
  {
    name: 'order-given-up-that-the-store-was-asked-for',
    file: 'src/platform/billing/subscriptions/checkouts-store.ts',
    find: 'and asked is not distinct from $3::jsonb',
    replace: 'and ($3::jsonb is null or true)',
    expects: `${CHECKOUT} one page is open at a time > and an order is given up by nobody who has not seen that the provider was asked for it`,
  },
  {
    name: 'newest-customer-alone-is-asked',
    file: 'src/platform/billing/subscriptions/checkouts.ts',
    find: 'const customers = await customersOf({ db: parts.db, client }, accountId);',
    replace: 'const customers = [customer];',
    expects: `${CHECKOUT} an account that is several customers of the provider > has its trial once`,
  },
  {
    name: 'portal-of-who-does-not-pay',
    file: 'src/platform/billing/providers/stripe/customers.ts',
    find: "and s.state in ('trialing', 'active', 'past_due', 'paused')) desc",
    replace: "and s.state in ('trialing', 'active', 'past_due', 'paused'))",
    expects: `${CHECKOUT} an account that is several customers of the provider > is sold nothing twice, and its portal is that of who pays`,
  },
  {
    name: 'change-without-its-key-at-the-store',
    file: 'src/platform/billing/providers/stripe/client.ts',
    find: 'return { ...client, change: (asking) => client.change((stripe) => asking(stripe, once)) };',
    replace: 'return once === undefined ? client : { ...client };',
    expects:
      'test/selling/keyed.test.ts :: a change with an Idempotency-Key > that the provider made and never answered is not made again by its repeat',
  },
  {
    name: 'stuck-with-a-failure-of-the-store',
    file: 'src/platform/billing/providers/stripe/client.ts',
    find: 'Number(cause.statusCode) >= 500',
    replace: 'Number(cause.statusCode) >= 999',
    expects: `${CHECKOUT} a payment provider that > is away is said to be, and nothing is lost by it`,
  },
  {
    name: 'page-of-a-failure-left-open',
    file: 'src/platform/billing/providers/stripe/checkout.ts',
    find: 'if (attempt > 0)',
    replace: 'if (attempt > 99)',
    expects: `${CHECKOUT} a payment provider that > fails after it has done it leaves one customer and one page, and is not stuck with its failure`,
  },
];
