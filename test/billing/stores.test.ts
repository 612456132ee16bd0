import { describe, expect, test } from 'vitest';
import { checkUnacknowledged } from '#platform/billing';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { openStores } from './stores.ts';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';

const death = plannedDeath();
const app = await openStores(death.crashHook);
const { apple, play, db, call, heard, passes, plan } = app;
const { acknowledging, endings } = app.app.modules;
const other = await app.beside();
const NONE = [null, null];

const rows = <Row>(sql: string, accountId: AccountId) => db.asMigrator(statement<Row>(sql, [accountId]));

/** Bought on a phone: a plan of Reel by the month. */
const onIPhone = (name: string, appAccountToken: AccountId) =>
  apple.world.buy({ product: `reel.${name}.monthly`, appAccountToken }).id;
const onAndroid = (name: string, account: AccountId) =>
  play.world.buy({ productId: `reel.${name}`, basePlanId: 'monthly', account });

test('what three providers are paid for is had in the best plan, all are shown, the customer is told; each ends by itself', async () => {
  const { accountId, key } = await app.customer();
  await app.subscribesAtStripe(accountId, 'reel.basic');
  await heard();
  expect(await plan(accountId)).toEqual(['reel.basic', 'stripe']);
  const token = onAndroid('standard', accountId);
  play.world.acknowledge(token);
  const id = onIPhone('pro', accountId);
  await heard();
  expect(await plan(accountId)).toEqual(['reel.pro', 'app_store']);

  const listed = await call(key, 'GET /v1/billing/subscriptions');
  const shown = (listed.body['data'] as { store: string; plan: string }[]).map((one) => [
    one.store,
    one.plan,
  ]);
  expect(new Set(shown.map((one) => one.join(' ')))).toEqual(
    new Set(['app_store reel.pro', 'google_play reel.standard', 'stripe reel.basic']),
  );
  expect(shown).toHaveLength(3);
  const entitlements = await call(key, 'GET /v1/billing/entitlements');
  const [reel] = (entitlements.body['data'] as { product: string; paid: { id: string }[] }[]).filter(
    ({ product }) => product === 'reel',
  );
  expect(reel?.paid.map((one) => one.id).toSorted()).toEqual(['reel.basic', 'reel.pro', 'reel.standard']);
  const told = await rows<{ about: string }>(
    `select about from billing.notices where account_id = $1 and kind = 'paid_twice' order by about`,
    accountId,
  );
  expect(told.map(({ about }) => about)).toEqual([
    'reel app_store google_play',
    'reel app_store stripe',
    'reel google_play stripe',
  ]);
  expect(
    await rows(`select 1 from mail.messages where account_id = $1 and template = 'paid_twice'`, accountId),
  ).toHaveLength(3);

  // The better one is given back: the next better one is in effect, and nothing of it is lost.
  apple.world.refund(id);
  await heard();
  expect(await plan(accountId)).toEqual(['reel.standard', 'google_play']);
  apple.world.reverseRefund(id);
  await heard();
  expect(await plan(accountId)).toEqual(['reel.pro', 'app_store']);
  // One ends with what is paid for, and the others go on.
  apple.world.cancel(id);
  play.world.cancel(token);
  await heard();
  expect(await plan(accountId)).toEqual(['reel.pro', 'app_store']);
  await passes(32);
  expect(await plan(accountId)).toEqual(['reel.basic', 'stripe']);
});

describe('a purchase at Google is', () => {
  test.each(['before', 'after'])(
    'acknowledged by the next run of one that died %s Google was told',
    async (phase) => {
      const { accountId } = await app.customer();
      const token = onAndroid('basic', accountId);
      await heard();
      death.plan(`${phase} billing.google-change`);
      await acknowledging.run();
      expect(play.world.purchase(token).isAcknowledged).toBe(phase === 'after');
      await acknowledging.run();
      expect(play.world.purchase(token).isAcknowledged).toBe(true);
      expect(await acknowledging.run()).toBe(0);
      await passes(4);
      expect(await plan(accountId)).toEqual(['reel.basic', 'google_play']);
    },
  );

  test.each(['before', 'after'])(
    'not renewed after its account was closed, even if the process died %s Google was told',
    async (phase) => {
      const { accountId } = await app.customer();
      const token = onAndroid('basic', accountId);
      play.world.acknowledge(token);
      await heard();
      await rows('update accounts.accounts set deleted_at = app.now() where account_id = $1', accountId);
      death.plan(`${phase} billing.google-change`);
      await expect(endings.run()).rejects.toThrow();
      expect(play.world.purchase(token).autoRenews).toBe(phase === 'before');
      // Running work is left alone for as long as it may take.
      await passes(0.01);
      await endings.run();
      await heard();
      expect(play.world.purchase(token)).toMatchObject({ state: 'CANCELED', autoRenews: false });
    },
  );
});

test('a purchase stays whose it is when Google tells no more of those that it took the place of', async () => {
  const [ada, eve] = [await app.customer(), await app.customer()];
  const buys = (name: string, replaces?: string) => {
    const token = play.world.buy({ productId: `reel.${name}`, basePlanId: 'monthly', replaces });
    play.world.acknowledge(token);
    return token;
  };
  const bring = ({ key }: typeof ada, purchase_token: string) =>
    call(key, 'POST /v1/billing/purchases', { body: { purchase_token } });
  const first = buys('basic');
  expect((await bring(ada, first)).status).toBe(200);
  const second = buys('standard', first);
  await heard();
  const third = buys('pro', second);
  await heard();
  expect(await plan(ada.accountId)).toEqual(['reel.pro', 'google_play']);
  // 60 days after their end the first two are told of no more; one that Google has lost altogether is the same.
  await passes(64);
  await app.app.modules.inbox.reconcile({ all: true });
  await heard();
  expect(await plan(ada.accountId)).toEqual(['reel.pro', 'google_play']);
  play.world.purchases.delete(second);
  expect((await bring(eve, third)).status).toBe(409);
  expect((await bring(ada, third)).status).toBe(200);
  expect(await plan(ada.accountId)).toEqual(['reel.pro', 'google_play']);
});

test('doctor says that purchases are about to go back', async () => {
  const { accountId } = await app.customer();
  expect((await checkUnacknowledged(db)).isWrong).toBe(false);
  const token = onAndroid('basic', accountId);
  await heard();
  await passes(2);
  expect(await checkUnacknowledged(db)).toEqual({
    of: 'Play purchases',
    says: expect.stringMatching(/^1 are not acknowledged, and Google gives the money back at /),
    isWrong: true,
  });
  await acknowledging.run();
  expect(play.world.purchase(token).isAcknowledged).toBe(true);
  expect((await checkUnacknowledged(db)).isWrong).toBe(false);
});

test.each(['app_store', 'google_play'])(
  'a payment that fails at the %s is told of by the store alone; how long the plan is kept is shown',
  async (store) => {
    const { accountId, key } = await app.customer();
    const isApple = store === 'app_store';
    const id = isApple ? onIPhone('pro', accountId) : onAndroid('pro', accountId);
    if (!isApple) play.world.acknowledge(id);
    await heard();
    if (isApple) apple.world.setCard(id, 'declined');
    else play.world.decline(id);
    await passes(32);
    const readSubscription = async () => {
      const { body } = await call(key, 'GET /v1/billing/subscriptions');
      const [one] = body['data'] as {
        state: string;
        period_starts_at: string;
        grace_ends_at: string | null;
      }[];
      return one;
    };
    const failing = await readSubscription();
    expect(failing).toMatchObject({ state: 'past_due', grace_ends_at: expect.any(String) });
    const entitlements = await call(key, 'GET /v1/billing/entitlements');
    const held = entitlements.body['data'] as { product: string; grace: { until: string } | null }[];
    expect(held.find(({ product }) => product === 'reel')?.grace).not.toBeNull();
    const kept = Date.parse(failing?.grace_ends_at ?? '') - Date.parse(failing?.period_starts_at ?? '');
    expect(kept / 86_400_000).toBeGreaterThanOrEqual(7);
    expect(await plan(accountId)).toEqual(['reel.pro', store]);
    await passes(10);
    expect(await plan(accountId)).toEqual(NONE);
    await app.app.modules.suspensions.run();
    const over = await mailsTo(accountId);
    if (isApple) apple.world.setCard(id, 'good');
    else play.world.fix(id);
    await heard();
    expect(await plan(accountId)).toEqual(['reel.pro', store]);
    if (isApple) apple.world.cancel(id);
    else play.world.cancel(id);
    // A month of any length: an end a week ago would be no news.
    for (const days of [26, 3, 3]) await passes(days);
    expect([over, await mailsTo(accountId)]).toEqual([[], ['subscription_canceled']]);
  },
);

const mailsTo = async (accountId: AccountId) =>
  (
    await rows<{ template: string }>(
      'select distinct template from mail.messages where account_id = $1 order by template',
      accountId,
    )
  ).map(({ template }) => template);

const admin = await app.admin();
const extend = (body: Readonly<Record<string, unknown>>, { key } = admin) =>
  call(key, 'PUT /v1/admin/billing/renewal-date', { body: { product: 'reel', ...body } });
const codeOf = async (body: Readonly<Record<string, unknown>>, by = admin) => {
  const answer = await extend(body, by);
  const error = answer.body['error'] as { code: string; details?: { code?: string } } | undefined;
  return [answer.status, error?.code, error?.details?.code].filter((part) => part !== undefined);
};
const inDays = (from: Date, days: number) => new Date(from.getTime() + days * 86_400_000).toISOString();

describe('a platform admin extends', () => {
  test.each([
    ['App Store', 'app_store'],
    ['Google Play', 'google_play'],
  ])('a subscription of the %s to a date, once', async (_, store) => {
    const { accountId, email } = await app.customer();
    if (store === 'app_store') onIPhone('pro', accountId);
    else play.world.acknowledge(onAndroid('pro', accountId));
    await heard();
    const [before] = await rows<{ ends: Date }>(
      'select period_ends_at as ends from billing.subscriptions where account_id = $1',
      accountId,
    );
    if (before === undefined) throw new Error('nothing was bought');
    const until = inDays(before.ends, 9.5);
    const given = await extend({ email, store, until, reason: 'outage' });
    const ends = inDays(before.ends, 10);
    expect([given.status, given.body]).toEqual([
      200,
      expect.objectContaining({ store, plan: 'reel.pro', state: 'active', ends_at: ends }),
    ]);
    await passes(0.01);
    expect((await extend({ account_id: accountId, store, until })).body).toMatchObject({ ends_at: ends });
    await passes(35);
    expect(await plan(accountId)).toEqual(['reel.pro', store]);
    const audited = await rows<{ changes: unknown; user_id: string }>(
      `select changes, user_id from audit.events where account_id = $1 and action = 'subscription.extend' order by created_at`,
      accountId,
    );
    expect(audited).toHaveLength(2);
    expect(audited[0]).toMatchObject({ user_id: admin.userId, changes: { store, until, reason: 'outage' } });
  });

  test.each(['app_store', 'google_play'] as const)(
    'what is bought at the %s once, if two ask for it at once, or one dies when it was done',
    async (store) => {
      const [ada, bob] = [await app.customer(), await app.customer()];
      for (const { accountId } of [ada, bob])
        if (store === 'app_store') onIPhone('pro', accountId);
        else play.world.acknowledge(onAndroid('pro', accountId));
      await heard();
      const endsOf = async ({ accountId }: typeof ada) =>
        (
          await rows<{ ends: Date }>(
            'select period_ends_at as ends from billing.subscriptions where account_id = $1',
            accountId,
          )
        )[0]?.ends ?? new Date(0);
      const until = inDays(await endsOf(ada), 20);
      const [one, two] = await Promise.all([
        extend({ account_id: ada.accountId, store, until }),
        other.call(admin.key, 'PUT /v1/admin/billing/renewal-date', {
          body: { product: 'reel', account_id: ada.accountId, store, until },
        }),
      ]);
      expect([one.status, two.status].toSorted((a, b) => a - b)).toEqual([200, 503]);
      death.plan(store === 'app_store' ? 'after billing.app-store-change' : 'after billing.google-change');
      expect((await extend({ account_id: bob.accountId, store, until })).status).toBe(500);
      await passes(0.01);
      for (const { accountId } of [ada, bob])
        expect((await extend({ account_id: accountId, store, until })).status).toBe(200);
      expect([await endsOf(ada), await endsOf(bob)].map((ends) => ends.toISOString())).toEqual([
        until,
        until,
      ]);
    },
  );

  test('nothing that is not there, is not paid, or is not to be had; and nobody else extends anything', async () => {
    const [ada, family] = [await app.customer(), await app.customer()];
    const until = inDays(play.now(), 50);
    const store = 'app_store';
    expect(await codeOf({ account_id: ada.accountId, store, until })).toEqual([404, 'not_found']);
    onIPhone('pro', ada.accountId);
    apple.world.buy({ product: 'reel.pro.monthly', appAccountToken: family.accountId, family: true });
    await heard();
    expect(await codeOf({ account_id: ada.accountId, store, until: inDays(play.now(), 200) })).toEqual([
      502,
      'store_refused',
      'too_many_days',
    ]);
    expect(await codeOf({ account_id: family.accountId, store, until })).toEqual([
      502,
      'store_refused',
      '4030007',
    ]);
    expect(await codeOf({ account_id: ada.accountId, store: 'stripe', until })).toEqual([
      400,
      'validation_failed',
    ]);
    expect((await codeOf({ account_id: ada.accountId, store, until }, ada))[0]).toBe(403);
  });
});

test('a notification that two processes hear at once, of a purchase that nobody has brought, is applied once it is somebody’s', async () => {
  const ada = await app.customer();
  const token = play.world.buy({ productId: 'reel.pro', basePlanId: 'monthly' });
  const told = play.told().at(-1);
  if (told === undefined) throw new Error('nothing was told');
  const statuses = await Promise.all([app, other, app, other].map((node) => app.push(told, node)));
  expect(statuses).toEqual([200, 200, 200, 200]);
  await Promise.all([app, other].map((node) => node.app.modules.inbox.drain()));
  expect(await plan(ada.accountId)).toEqual(NONE);
  const brought = await Promise.all(
    [app, other].map((node) =>
      node.call(ada.key, 'POST /v1/billing/purchases', { body: { purchase_token: token } }),
    ),
  );
  expect(brought.map(({ status }) => status)).toEqual([200, 200]);
  expect(await plan(ada.accountId)).toEqual(['reel.pro', 'google_play']);
  expect(await rows('select 1 from billing.invoices where account_id = $1', ada.accountId)).toHaveLength(1);
});
