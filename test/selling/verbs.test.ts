import { statement } from '#platform/db';
import { createStripeSandbox } from '#sandbox/stripe';
import { makeAccount } from '#test/factories';
import { engine, temporaryFolder, testDatabase } from '#test/services';
import { afterAll, expect, test } from 'vitest';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { endAll, startProgram } from '../process/program.ts';

afterAll(endAll);

test.runIf(engine === 'postgres')(
  'an operator tells Stripe what is sold, finds what it never told, and has all of it told again without Stripe',
  { timeout: 120_000 },
  async () => {
    const database = await testDatabase();
    const sandbox = await createStripeSandbox();
    const folder = temporaryFolder();
    const plinth = async (...words: readonly string[]) => {
      const program = startProgram(['stripe', ...words], {
        cwd: folder,
        environment: {
          DATA_DIR: folder,
          STRIPE_SECRET_KEY: sandbox.secretKey,
          STRIPE_API_URL: sandbox.url,
          // Nobody listens there: Stripe's messages are lost.
          PUBLIC_URL: 'http://127.0.0.1:9',
          ...database.settings,
        },
      });
      const { code } = await program.ended;
      return { code, said: program.said() };
    };

    const first = await plinth('sync');
    expect(first.code, first.said).toBe(0);
    expect(first.said).toMatch(/made +plinth:reel\.pro:monthly +39\.95 usd +price_/);
    expect(first.said).toMatch(/STRIPE_WEBHOOK_SECRET=whsec_/);
    const second = await plinth('sync');
    expect(second.said).not.toMatch(/made|whsec_/);

    const stripe = packageAt(sandbox);
    const { accountId } = await makeAccount(database.db);
    const { id: customer } = await stripe.customers.create({ metadata: { plinth_account: accountId } });
    const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    const { data } = await stripe.prices.list({ lookup_keys: ['plinth:reel.pro:monthly'] });
    const items = [{ price: data[0]?.id ?? '' }];
    await stripe.subscriptions.create({ customer, items, default_payment_method: card });
    const had = async () => {
      const rows = statement<{ plan: string; state: string }>(
        'select plan, state from billing.subscriptions where account_id = $1',
        [accountId],
      );
      return database.db.asMigrator(rows);
    };
    expect(await had()).toEqual([]);
    const found = await plinth('reconcile');
    expect(found.code, found.said).toBe(0);
    expect(await had()).toEqual([{ plan: 'pro', state: 'active' }]);

    await sandbox.close();
    await database.db.script('update billing.subscriptions set plan = plan || $$?$$');
    const told = await plinth('replay', '--offline');
    expect(told.code, told.said).toBe(0);
    expect(told.said).toMatch(/Rebuilt 1 accounts from \d+ stored objects/);
    expect(await had()).toEqual([{ plan: 'pro', state: 'active' }]);
    expect((await plinth('resell')).code).toBe(2);
  },
);
