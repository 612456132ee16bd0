import { describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { createAuthority, signJws } from '#sandbox/app-store';
import { advance } from '@plinth/testkit/factories';
import type { Customer } from '@plinth/testkit/services/app';
import { LISTED, openSellingApp } from './fixture.ts';

const app = await openSellingApp();
const { live, trial } = app;
const { limits, answering } = app.app.modules;
const USED = commitPoint('test.app-store.used', 'what a test says was used');
const PRO = 'reel.pro.monthly';

const bring = ({ key }: Customer, purchase: string, from = live) =>
  app.call(key, 'POST /v1/billing/purchases', {
    body: { signed_transaction: from.signedTransaction(purchase) },
  });
const codeOf = ({ body }: { readonly body: Readonly<Record<string, unknown>> }) =>
  (body['error'] as { readonly code?: string } | undefined)?.code;

const PLAN = ['reel.pro', 'app_store'];
const NONE = [null, null];

test('a plan that was bought by notification alone opens its gate', async () => {
  const ada = await app.customer();
  const { body } = await app.call(ada.key, 'GET /v1/billing/purchases');
  expect(body['app_account_token']).toBe(ada.accountId);
  const denied = await app.call(ada.key, 'POST /v1/create', {
    body: REQUEST,
    headers: { 'idempotency-key': 'a' },
  });
  live.world.buy({ product: PRO, appAccountToken: ada.accountId.toUpperCase() });
  await app.settled();
  const opened = await app.call(ada.key, 'POST /v1/create', {
    body: REQUEST,
    headers: { 'idempotency-key': 'a' },
  });
  expect([denied.status, opened.status]).toEqual([402, 202]);
});

const REQUEST = { platform: 'linkedin', topic: 'Why small teams ship faster' };

describe('a purchase belongs', () => {
  test('to the account that it names, by any caller', async () => {
    const [ada, eve] = [await app.customer(), await app.customer()];
    live.notifyAt(undefined);
    const { id } = live.world.buy({ product: PRO, appAccountToken: ada.accountId });
    live.notifyAt(`${app.url}/v1/webhooks/app-store`);
    const stolen = await bring(eve, id);
    expect([stolen.status, codeOf(stolen)]).toEqual([409, 'purchase_bound']);
    expect([await app.plan(eve.accountId), await app.plan(ada.accountId)]).toEqual([NONE, PLAN]);
    // Nor does anything say that it was hers for a moment.
    expect(
      await app.db.asMigrator(
        statement(`select 1 from audit.events where account_id = $1 and action = 'purchase.bound'`, [
          eve.accountId,
        ]),
      ),
    ).toEqual([]);
    const own = await bring(ada, id);
    expect([own.status, own.body]).toEqual([
      200,
      expect.objectContaining({ store: 'app_store', mode: 'live', plan: 'reel.pro', state: 'active' }),
    ]);
  });

  test.each([
    ['bought outside of the app', {}],
    ['shared by a family', { family: true }],
  ])('to the first account that brings it, where it was %s and names nobody', async (_, how) => {
    const [ada, eve] = [await app.customer(), await app.customer()];
    const { id } = live.world.buy({ product: PRO, ...how });
    await app.settled();
    expect(await app.plan(ada.accountId)).toEqual(NONE);
    const [one, two] = await Promise.all([bring(ada, id), bring(eve, id)]);
    expect(new Set([one.status, two.status])).toEqual(new Set([200, 409]));
    const [winner, loser] = one.status === 200 ? [ada, eve] : [eve, ada];
    expect([await app.plan(winner.accountId), await app.plan(loser.accountId)]).toEqual([PLAN, NONE]);
    // Apple names the account from now on.
    expect(live.world.purchase(id).appAccountToken).toBe(winner.accountId);
    const again = await bring(winner, id);
    expect(again.status).toBe(200);
  });

  test('to its bringer during an outage of Apple too: 503 until Apple answers, and nobody else gets it then', async () => {
    const [ada, eve] = [await app.customer(), await app.customer()];
    const { id } = live.world.buy({ product: PRO });
    await app.settled();
    live.faults.push(...Array.from({ length: 200 }, () => 500));
    const early = await bring(ada, id);
    live.faults.length = 0;
    expect([early.status, codeOf(early)]).toEqual([503, 'store_unavailable']);
    await advance(app.db, '10 minutes');
    expect([(await bring(eve, id)).status, (await bring(ada, id)).status]).toEqual([409, 200]);
    expect([await app.plan(ada.accountId), await app.plan(eve.accountId)]).toEqual([PLAN, NONE]);
  });

  test('to nobody who brings it when it is over, or was given back', async () => {
    const ada = await app.customer();
    const given = live.world.buy({ product: PRO }).id;
    const token = live.signedTransaction(given);
    live.world.refund(given);
    const late = await app.call(ada.key, 'POST /v1/billing/purchases', {
      body: { signed_transaction: token },
    });
    expect([late.status, codeOf(late), await app.plan(ada.accountId)]).toEqual([409, 'purchase_over', NONE]);
  });

  test('to nobody of another app, or by another signature', async () => {
    const ada = await app.customer();
    for (const signed_transaction of [
      signJws(createAuthority().issue(), { bundleId: live.app.bundleId }),
      'nonsense',
      'a.b.c',
    ]) {
      const answer = await app.call(ada.key, 'POST /v1/billing/purchases', { body: { signed_transaction } });
      expect([answer.status, codeOf(answer)]).toEqual([422, 'purchase_unknown']);
    }
    const google = await app.call(ada.key, 'POST /v1/billing/purchases', {
      body: { purchase_token: 'token' },
    });
    expect([google.status, codeOf(google)]).toEqual([503, 'app_not_sold']);
  });
});

test('purchases in Apple’s sandbox are granted to listed accounts alone, beside paid ones', async () => {
  const eve = await app.customer();
  trial.world.buy({ product: PRO, appAccountToken: LISTED });
  trial.world.buy({ product: PRO, appAccountToken: eve.accountId });
  await app.settled();
  expect([await app.plan(LISTED), await app.plan(eve.accountId)]).toEqual([PLAN, NONE]);
  // Both worlds of one account are one source: neither ends what the other grants.
  live.world.buy({ product: 'reel.basic.monthly', appAccountToken: LISTED });
  await app.settled();
  const reel = (await app.app.modules.entitlements.current(LISTED)).find(({ product }) => product === 'reel');
  expect(reel?.paid.map(({ id }) => id).sort()).toEqual(['reel.basic', 'reel.pro']);
  expect(await app.plan(LISTED)).toEqual(PLAN);
});

test('where customers have not agreed to it, Apple gets no answer to how a purchase was used', async () => {
  const ada = await app.customer();
  const { id } = live.world.buy({ product: PRO, appAccountToken: ada.accountId });
  live.world.askRefund(id);
  await app.settled();
  expect([await answering.run(), live.consumption]).toEqual([0, []]);
});

test('an add-on is granted once, and taken back with its money', async () => {
  const ada = await app.customer();
  const { id } = live.world.buy({ product: 'reel.pro_boost', appAccountToken: ada.accountId });
  await app.settled();
  expect(await app.plan(ada.accountId)).toEqual(PLAN);
  live.world.refund(id);
  await app.settled();
  expect(await app.plan(ada.accountId)).toEqual(NONE);
  live.world.reverseRefund(id);
  await app.settled();
  expect(await app.plan(ada.accountId)).toEqual(PLAN);
});

// The last one: it moves the store's clock on.
test('a purchase goes to another account that a later one names, once a period, and takes along what was used', async () => {
  const [ada, bob, eve] = [await app.customer(), await app.customer(), await app.customer()];
  const { id } = live.world.buy({ product: 'reel.basic.monthly', appAccountToken: ada.accountId });
  await app.settled();
  await use(ada.accountId, 50);
  live.world.upgrade(id, PRO, bob.accountId);
  await app.settled();
  expect([await app.plan(ada.accountId), await app.plan(bob.accountId)]).toEqual([NONE, PLAN]);
  expect(await readUsed(bob.accountId)).toBe(50);
  await use(bob.accountId, 100);
  // A second time in the period nothing goes anywhere.
  live.world.upgrade(id, PRO, eve.accountId);
  await app.settled();
  live.world.upgrade(id, PRO, ada.accountId);
  await app.settled();
  expect([
    await app.plan(ada.accountId),
    await app.plan(bob.accountId),
    await app.plan(eve.accountId),
  ]).toEqual([NONE, PLAN, NONE]);
  live.world.advance(32);
  await app.settled();
  expect([
    await app.plan(ada.accountId),
    await readUsed(ada.accountId),
    await app.plan(bob.accountId),
  ]).toEqual([PLAN, 200, NONE]);
  const { body } = await app.call(ada.key, 'GET /v1/billing/invoices');
  expect(body['data']).toHaveLength(5);
});

/** Has an account use so many generations of the month. */
const use = (accountId: AccountId, units: number) =>
  app.db.system('billing.inbox', USED, async (tx) => {
    const amounts = await limits.carrier.usedIn(tx, { accountId, product: 'reel' });
    const some = amounts
      .filter(({ rule }) => rule.name === 'generations')
      .map((of) => ({ ...of, used: units }));
    await limits.carrier.chargeIn(tx, { accountId, product: 'reel' }, some);
  });

const readUsed = async (accountId: AccountId) =>
  (await limits.usage(accountId)).find(({ product, limit }) => product === 'reel' && limit === 'generations')
    ?.used;
