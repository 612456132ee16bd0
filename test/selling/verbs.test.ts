import { once } from 'node:events';
import { createServer } from 'node:http';
import { statement } from '#platform/db';
import { createGooglePlaySandbox } from '#sandbox/google-play';
import { createStripeSandbox } from '#sandbox/stripe';
import { makeAccount } from '@plinth/testkit/factories';
import { engine, temporaryFolder, testDatabase } from '@plinth/testkit/services';
import { afterAll, describe, expect, test } from 'vitest';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { basePlans } from '../../server/src/app/google-play.ts';
import { endAll, startProgram } from '@plinth/testkit/program';

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
          // No server listens there: Stripe's messages are lost.
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
    expect(first.said).toMatch(/\nSTRIPE_WEBHOOK_SECRET=whsec_/);
    expect(first.said).toMatch(/\nSTRIPE_CONNECT_WEBHOOK_SECRET=whsec_/);
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

/** An operator's terminal, on a database of its own. */
async function openTerminal(environment: Readonly<Record<string, string>>) {
  const database = await testDatabase();
  const folder = temporaryFolder();
  return {
    ...database,
    async plinth(...words: readonly string[]) {
      const settings = { DATA_DIR: folder, ...environment, ...database.settings };
      const program = startProgram(words, { cwd: folder, environment: settings });
      const { code } = await program.ended;
      return { code, said: program.said() };
    },
  };
}

describe.runIf(engine === 'postgres')('an operator has all read again', { timeout: 60_000 }, () => {
  test('where Google Play alone is sold in, and hears what it does not tell of', async () => {
    const play = await createGooglePlaySandbox({ plans: basePlans() });
    const { db, plinth } = await openTerminal({
      GOOGLE_PLAY_PACKAGE: play.packageName,
      GOOGLE_PLAY_SERVICE_ACCOUNT: play.serviceAccount,
      GOOGLE_PLAY_PUSH_ACCOUNT: 'push@example.iam.gserviceaccount.com',
      GOOGLE_PLAY_API_URL: play.url,
    });
    const account = (await makeAccount(db)).accountId;
    const token = play.world.buy({ productId: 'reel.basic', basePlanId: 'monthly', account });
    await db.script(
      `insert into billing.wants (store, mode, kind, object_id, wanted, dead, error)
       values ('google_play', 'live', 'subscription', '${token}', 1, true, 'store_refused'),
         ('google_play', 'live', 'subscription', 'a-purchase-that-was-never-made', 2, true, 'store_refused')`,
    );
    const found = await plinth('stripe', 'reconcile', '--all');
    expect(found.said).toContain('Found 0 events that had not come; 1 objects were read and are applied.');
    expect(found.said).toContain('1 objects of Google Play (live) are not applied: store_refused.');
    expect(found.said).not.toContain('Stripe');
    expect(found.code).toBe(1);
    expect((await plinth('doctor')).said).toMatch(/^FAIL  purchases .* 1 store_refused\./m);
    await db.script("delete from billing.wants where object_id like 'a-%'");
    expect((await plinth('stripe', 'reconcile')).code).toBe(0);
    await play.close();
  });

  test('from a Stripe whose lists can not be read, and hears a code', async () => {
    const garbled = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
    await once(garbled, 'listening');
    const address = garbled.address();
    const port = typeof address === 'object' ? address?.port : '';
    const { plinth } = await openTerminal({
      STRIPE_SECRET_KEY: 'sk_test_x',
      STRIPE_API_URL: `http://127.0.0.1:${port}`,
    });
    const { code, said } = await plinth('stripe', 'reconcile', '--all');
    expect(said).toContain("What Stripe (test) has can't be asked: store_unreadable. This version");
    expect(said).not.toMatch(/^ {4}at /m);
    expect(code).toBe(1);
    garbled.close();
  });

  test('where nothing is sold, and hears so', async () => {
    const { plinth } = await openTerminal({});
    const { code, said } = await plinth('stripe', 'reconcile', '--all');
    expect(said).toMatch(/^STRIPE_SECRET_KEY is not set, nor GOOGLE_PLAY_PACKAGE, nor APP_STORE_BUNDLE_ID/);
    expect(code).toBe(1);
  });
});
