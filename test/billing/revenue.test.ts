import { createStripeSandbox } from '#sandbox/stripe';
import { advanceTo, makeAccount } from '@plinth/testkit/factories';
import { expect, test } from 'vitest';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { testApp } from '@plinth/testkit/services/app';
import { StripeCustomer } from './stripe-customer.ts';

// The middle of a month: reports are of whole ones.
const NOON = '2031-01-15T12:00:00Z';
const sandbox = await createStripeSandbox({ driven: new Date(NOON) });
const app = await testApp({ work: false, stripe: sandbox });
await advanceTo(app.db, NOON);
const { inbox, reports } = app.app.modules;
const stripe = packageAt(sandbox);

const sum = (numbers: readonly number[]) => numbers.reduce((so, number) => so + number, 0);

test('what was bought, changed and refunded at the provider is each sold once, net of its fees, and is its MRR', async () => {
  const { accountId } = await makeAccount(app.db);
  const shopper = new StripeCustomer({ stripe, sandbox });
  await shopper.register(accountId);
  await shopper.subscribes('reel.basic');
  await shopper.changesTo('reel.pro');
  await shopper.buys('reel.pro_boost');
  await shopper.isRefunded(0, 100);
  await sandbox.idle();
  await inbox.drain();
  const { data: charges } = await stripe.charges.list({
    customer: shopper.id,
    expand: ['data.balance_transaction'],
  });
  const fees = charges.map(({ balance_transaction: balance }) =>
    typeof balance === 'object' ? (balance?.fee ?? 0) : 0,
  );
  const revenue = await reports.revenue({ group: ['kind'], zone: 'UTC', accountId });
  expect(await revenue.page({ limit: 10 })).toMatchObject([
    { kind: 'refund', gross_minor: -100 },
    {
      kind: 'sale',
      sales: charges.length,
      gross_minor: sum(charges.map(({ amount }) => amount)),
      fee_minor: sum(fees),
      fees_missing: 0,
    },
  ]);
  const recurring = await reports.recurring({ group: ['plan'], zone: 'UTC' });
  const pro = app.app.modules.entitlements.catalogues.get('reel')?.plans['pro']?.price.monthly;
  expect(await recurring.page({ limit: 10 })).toMatchObject([
    { plan: 'reel.pro', mrr_minor: pro, customers: 1 },
  ]);
});
