import { beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '#platform/config';
import { createGooglePlaySandbox } from '#sandbox/google-play';
import { atEndOfFile } from '@plinth/testkit/closing';
import { basePlans } from '../../../server/src/app/google-play.ts';
import { googlePlayChecks } from '../../../server/src/main/google-play-check.ts';
import { temporaryFolder } from '@plinth/testkit/services';
import { openPlayProvider } from './provider.ts';

const sandbox = await createGooglePlaySandbox({ plans: basePlans() });
atEndOfFile(() => sandbox.close());
const { faults, world } = sandbox;
const provider = openPlayProvider(sandbox);

beforeEach(() => {
  faults.length = 0;
});

const buy = (account: string | undefined, replaces?: string) => {
  const token = world.buy({ productId: 'reel.pro', basePlanId: 'monthly', account, replaces });
  world.acknowledge(token);
  return token;
};

/** The first of three purchases names an account. */
const chain = () => {
  const first = buy('01932c07-1f6e-7d0a-8b9a-2f6d3c1e5a44');
  const middle = buy(undefined, first);
  return { first, middle, last: buy(undefined, middle) };
};

describe('in the middle of purchases that took each other’s place', () => {
  test('all are one customer, whose the first one names', async () => {
    const { first, last } = chain();
    expect(await provider.factsOf(last)).toMatchObject({
      customer: first,
      claims: '01932c07-1f6e-7d0a-8b9a-2f6d3c1e5a44',
      keepsCustomer: false,
    });
  });

  test.each([
    [410, 'subscriptionPurchaseNoLongerAvailable'],
    [404, 'purchaseTokenNotFound'],
    [400, 'invalid'],
  ])(
    'one that Google answers with %i for good ends what is known, and nothing else',
    async (status, reason) => {
      const { middle, last } = chain();
      faults.push({ status, reason, of: middle });
      const facts = await provider.factsOf(last);
      expect(facts).toMatchObject({
        customer: middle,
        claims: undefined,
        keepsCustomer: true,
        foreign: false,
      });
      expect(facts.subscription).toMatchObject({ id: last, plan: 'pro', state: 'active', replaces: middle });
      expect(facts.sales).toHaveLength(1);
      expect(faults).toEqual([]);
    },
  );

  test.each([
    [401, 'authError', 'store_refused'],
    [403, 'permissionDenied', 'store_refused'],
    [429, 'rateLimitExceeded', 'store_unavailable'],
    [503, 'backendError', 'store_unavailable'],
  ])(
    'one that is answered with %i says nothing of the purchase: all is read again',
    async (status, reason, code) => {
      const { middle, last } = chain();
      faults.push({ status, reason, of: middle });
      await expect(provider.factsOf(last)).rejects.toMatchObject({ code });
    },
  );
});

describe('doctor says of Google Play', () => {
  const look = async (more: Readonly<Record<string, string>> = {}) => {
    const config = readConfig({
      NODE_ENV: 'test',
      DATA_DIR: temporaryFolder(),
      GOOGLE_PLAY_PACKAGE: sandbox.packageName,
      GOOGLE_PLAY_SERVICE_ACCOUNT: sandbox.serviceAccount,
      GOOGLE_PLAY_PUSH_ACCOUNT: 'push@example.iam.gserviceaccount.com',
      GOOGLE_PLAY_API_URL: sandbox.url,
      ...more,
    });
    const lines = googlePlayChecks(config, async () => 'in use').filter(
      ({ name }) => name !== 'Play purchases',
    );
    const said: string[] = [];
    for (const { name, look: looking } of lines)
      said.push(
        await looking().then(
          (right) => `ok ${name}: ${right}`,
          (error: unknown) => `FAIL ${name}: ${error instanceof Error ? error.message : ''}`,
        ),
      );
    return said;
  };
  const SEEN = `ok Google Play: purchases of ${sandbox.packageName} can be read`;
  const BOOKED = 'ok Play orders: orders can be read: revenue is in the books';

  test('that all is well', async () => {
    expect(await look()).toEqual([SEEN, BOOKED]);
  });

  test('that the key is not let in', async () => {
    faults.push({ status: 401, reason: 'authError' }, { status: 401, reason: 'authError' });
    expect(await look()).toEqual([
      'FAIL Google Play: GOOGLE_PLAY_SERVICE_ACCOUNT may not read purchases: invite it in Play Console, Users and permissions.',
      expect.stringMatching(/^FAIL Play orders: The service account may not read orders/),
    ]);
  });

  test('that orders are not shown to it, and what follows', async () => {
    faults.push({ status: 403, reason: 'permissionDenied', of: '/orders/' });
    expect(await look()).toEqual([
      SEEN,
      expect.stringMatching(/^FAIL Play orders: .* plans are had, and their money is in no report\./),
    ]);
  });

  test('that it knows no such app', async () => {
    expect((await look({ GOOGLE_PLAY_PACKAGE: 'com.example.other' }))[0]).toBe(
      'FAIL Google Play: Google Play knows no app com.example.other: look at GOOGLE_PLAY_PACKAGE.',
    );
  });

  test('that it does not answer', async () => {
    faults.push({ status: 503 });
    expect(await look()).toEqual([
      'FAIL Google Play: Google Play does not answer.',
      'FAIL Play orders: Not known, because Google Play does not answer.',
    ]);
  });
});
