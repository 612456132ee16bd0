import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { createGooglePlaySandbox, type TokenOverrides, type SentNotification } from '#sandbox/google-play';
import type { AccountId } from '#platform/kernel';
import { testApp, type Customer } from '@plinth/testkit/services/app';
import { atEndOfFile } from '@plinth/testkit/closing';
import { advanceTo, databaseTime, stopTime } from '@plinth/testkit/factories';
import { basePlans } from '../../../server/src/app/google-play.ts';
import { chanceOf } from '../../faults/chance.ts';
import { shuffle } from '../every-order.ts';
import { HISTORIES, PlayCustomer } from './histories.ts';

const BASIC = 'reel.basic:monthly';
const TO = {
  audience: 'http://127.0.0.1/v1/webhooks/google-play',
  email: 'play-push@sandbox.iam.gserviceaccount.com',
};
const settings = { GOOGLE_PLAY_PUSH_AUDIENCE: TO.audience };

const sandbox = await createGooglePlaySandbox({ plans: basePlans() });
atEndOfFile(() => sandbox.close());
const app = await testApp({ googlePlay: sandbox, settings, work: false });
const other = await testApp({ googlePlay: sandbox, settings, work: false, beside: app });
const { db } = app;
await stopTime(db);
sandbox.world.advanceTo(await databaseTime(db));
const { inbox, acknowledging } = app.app.modules;

async function advance(days: number): Promise<void> {
  sandbox.advance(days);
  await advanceTo(db, sandbox.now().toISOString());
}

/** Pushes it as Pub/Sub does. Answers the status. */
async function push(told: SentNotification, forging?: TokenOverrides, { url } = app): Promise<number> {
  const { body, headers } = await sandbox.push(told, TO, forging);
  const { status } = await fetch(`${url}/v1/webhooks/google-play`, { method: 'POST', body, headers });
  return status;
}

const toldOf = ({ tokens }: PlayCustomer) => sandbox.told().filter(({ token }) => tokens.includes(token));
const newestNotification = (customer: PlayCustomer): SentNotification => {
  const told = toldOf(customer).at(-1);
  if (told === undefined) throw new Error('nothing was told');
  return told;
};

async function planOf({ key }: Pick<Customer, 'key'>): Promise<unknown> {
  const { body } = await app.call(key, 'GET /v1/billing/entitlements');
  const [reel] = (body['data'] as { product: string; plan: string | null }[]).filter(
    (one) => one.product === 'reel',
  );
  return reel?.plan ?? null;
}

async function createCustomer() {
  const who = await app.customer();
  return { who, phone: new PlayCustomer(sandbox, who.accountId) };
}

const rows = <Row>(sql: string, { accountId }: Pick<Customer, 'accountId'>) =>
  db.asMigrator(statement<Row>(sql, [accountId]));

test('a plan that is bought in the app opens its gate by the notification alone, and is acknowledged', async () => {
  const { who, phone } = await createCustomer();
  const post = {
    body: { platform: 'x', topic: 'Small gardens', language: 'en', variants: 1 },
    headers: { 'idempotency-key': who.accountId },
  };
  expect((await app.call(who.key, 'POST /v1/create', post)).status).toBe(402);
  phone.buys(BASIC);
  expect(await push(newestNotification(phone))).toBe(200);
  await inbox.drain();
  expect(await planOf(who)).toBe('reel.basic');
  expect((await app.call(who.key, 'POST /v1/create', post)).status).toBe(202);
  expect(sandbox.world.purchase(phone.token).isAcknowledged).toBe(false);
  expect(await acknowledging.run()).toBe(1);
  expect(sandbox.world.purchase(phone.token).isAcknowledged).toBe(true);
  expect(await acknowledging.run()).toBe(0);
  await advance(4);
  expect(await planOf(who)).toBe('reel.basic');
});

/** How many purchases are about to go back, as Prometheus reads it. */
const gauge = async () =>
  /plinth_purchases_unacknowledged\{store="google_play"\} (\d+)/.exec(
    await app.app.telemetry.prometheus(),
  )?.[1];

test('a purchase that could not be acknowledged is told of a day and a half before Google gives it back', async () => {
  const { who, phone } = await createCustomer();
  phone.buys(BASIC);
  await push(newestNotification(phone));
  await inbox.drain();
  sandbox.faults.push({ status: 503 });
  await acknowledging.run();
  expect(await gauge()).toBe('0');
  await advance(2);
  sandbox.faults.push({ status: 503 });
  await acknowledging.run();
  expect(await gauge()).toBe('1');
  await acknowledging.run();
  expect(await gauge()).toBe('0');
  await advance(2);
  expect(await planOf(who)).toBe('reel.basic');
});

describe('a push is refused, and nothing is kept of it,', () => {
  test.each<readonly [string, TokenOverrides]>([
    ['signed by a key that Google does not have', { isForged: true }],
    ['for another audience', { audience: 'https://evil.example.com' }],
    ['of another service account', { email: 'someone@else.iam.gserviceaccount.com' }],
    ['of an address that is not verified', { emailVerified: false }],
    ['of another issuer', { issuer: 'https://evil.example.com' }],
    ['that has expired', { expiresIn: -3_600 }],
    ['of another app', { packageName: 'com.evil.app' }],
  ])('%s', async (_, forging) => {
    const { phone } = await createCustomer();
    phone.buys(BASIC);
    const told = newestNotification(phone);
    expect(await push(told, forging)).toBe(401);
    expect(
      await db.asMigrator(statement('select 1 from billing.inbox where event_id = $1', [told.messageId])),
    ).toEqual([]);
    expect(await push(told)).toBe(200);
  });

  test('without a token, with half of one, and with nonsense', async () => {
    const { phone } = await createCustomer();
    phone.buys(BASIC);
    const { body, headers } = await sandbox.push(newestNotification(phone), TO);
    const send = async (more: Record<string, string>, text = body) =>
      (
        await fetch(`${app.url}/v1/webhooks/google-play`, {
          method: 'POST',
          body: text,
          headers: { 'content-type': 'application/json', ...more },
        })
      ).status;
    const authorization = headers['authorization'] ?? '';
    expect(await send({})).toBe(401);
    expect(await send({ authorization: authorization.slice(0, 60) })).toBe(401);
    expect(await send({ authorization: `Basic ${authorization}` })).toBe(401);
    const ofNul = JSON.stringify({
      packageName: sandbox.packageName,
      eventTimeMillis: '1',
      subscriptionNotification: { notificationType: 4, purchaseToken: 'a\0b' },
    });
    for (const data of [
      '',
      'AAAA',
      Buffer.from(ofNul).toString('base64'),
      Buffer.from('{"packageName":"com.example.sandbox"}').toString('base64'),
    ])
      expect(await send({ authorization }, JSON.stringify({ message: { messageId: '1', data } }))).toBe(401);
    expect(await send({ authorization })).toBe(200);
  });
});

test('a push that is played back is one event, and one that names no purchase of ours asks nothing', async () => {
  const { phone } = await createCustomer();
  phone.buys(BASIC);
  const told = newestNotification(phone);
  const sent = await sandbox.push(told, TO);
  for (const _ of [1, 2, 3]) await fetch(`${app.url}/v1/webhooks/google-play`, { method: 'POST', ...sent });
  const events = await db.asMigrator(
    statement('select state from billing.inbox where event_id = $1', [told.messageId]),
  );
  expect(events).toHaveLength(1);
  await inbox.drain();
});

const bind = (who: Customer, token: string) =>
  app.call(who.key, 'POST /v1/billing/purchases', { body: { purchase_token: token } });

describe('a purchase that names nobody', () => {
  test('is had by who brings it first, and by nobody else', async () => {
    const [{ who: ada, phone }, { who: bob }] = [await createCustomer(), await createCustomer()];
    phone.buys(BASIC, { account: undefined });
    await push(newestNotification(phone));
    await inbox.drain();
    expect(await planOf(ada)).toBeNull();
    expect(await bind(ada, phone.token)).toMatchObject({
      status: 200,
      body: { store: 'google_play', plan: 'reel.basic' },
    });
    expect(await planOf(ada)).toBe('reel.basic');
    expect(await bind(bob, phone.token)).toMatchObject({
      status: 409,
      body: { error: { code: 'purchase_bound' } },
    });
    expect((await bind(ada, phone.token)).status).toBe(200);
    // What takes its place names no account either, and is theirs by it.
    phone.buys('reel.pro:monthly', { account: undefined, replaces: phone.token });
    await push(newestNotification(phone));
    await inbox.drain();
    expect(await planOf(ada)).toBe('reel.pro');
  });

  test('that nobody ever made, or that has ended, is had by nobody', async () => {
    const { who, phone } = await createCustomer();
    expect(await bind(who, 'a'.repeat(140))).toMatchObject({
      status: 422,
      body: { error: { code: 'purchase_unknown' } },
    });
    expect(await bind(who, '../../orders/GPA.1?x=')).toMatchObject({ status: 422 });
    phone.buys(BASIC, { account: undefined });
    phone.isAcknowledged();
    sandbox.world.revoke(phone.token);
    expect(await bind(who, phone.token)).toMatchObject({
      status: 409,
      body: { error: { code: 'purchase_over' } },
    });
  });

  test('that names another account stays there', async () => {
    const [{ who: ada, phone }, { who: bob }] = [await createCustomer(), await createCustomer()];
    phone.buys(BASIC);
    expect(await bind(bob, phone.token)).toMatchObject({
      status: 409,
      body: { error: { code: 'purchase_bound' } },
    });
    expect([await planOf(ada), await planOf(bob)]).toEqual(['reel.basic', null]);
  });
});

test('what was never told is found: a renewal, a cancellation, and money that went back', async () => {
  const { who, phone } = await createCustomer();
  phone.buys('reel.pro:monthly');
  phone.isAcknowledged();
  await push(newestNotification(phone));
  await inbox.drain();
  await advance(32);
  await inbox.reconcile();
  await inbox.drain();
  const invoices = () =>
    rows<{ paid: number }>('select paid from billing.invoices where account_id = $1', who);
  expect(await invoices()).toHaveLength(2);
  sandbox.world.refund(phone.lastOrder);
  await advance(0.1);
  await inbox.reconcile();
  await inbox.drain();
  expect(await rows('select amount, fee_returned from billing.refunds where account_id = $1', who)).toEqual([
    { amount: 3_995, fee_returned: 599 },
  ]);
  sandbox.world.cancel(phone.token);
  await advance(4);
  await inbox.reconcile();
  await inbox.drain();
  const [{ cancels_at: cancels } = { cancels_at: null }] = await rows<{ cancels_at: Date | null }>(
    'select cancels_at from billing.subscriptions where account_id = $1',
    who,
  );
  expect(cancels).not.toBeNull();
});

test('every sale is in the books with what Google keeps, in its currency', async () => {
  const { who, phone } = await createCustomer();
  phone.buys('reel.pro:monthly');
  await push(newestNotification(phone));
  await inbox.drain();
  expect(await rows('select amount, fee, currency from billing.payments where account_id = $1', who)).toEqual(
    [{ amount: 3_995, fee: 599, currency: 'usd' }],
  );
});

test('a subscription of an account that is closed ends at Google with what is paid for', async () => {
  const { who, phone } = await createCustomer();
  phone.buys(BASIC);
  phone.isAcknowledged();
  await push(newestNotification(phone));
  await inbox.drain();
  await rows('update accounts.accounts set deleted_at = app.now() where account_id = $1', who);
  await app.app.modules.endings.run();
  expect(sandbox.world.purchase(phone.token)).toMatchObject({ state: 'CANCELED', autoRenews: false });
});

const chance = chanceOf('google play');

/** Keeps the answers to one drain back; resolves once one is kept, or none will be. */
async function lateDrain(
  node: typeof app,
): Promise<{ readonly release: () => void; readonly ended: Promise<void> }> {
  const [kept, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  sandbox.delay.until = () => {
    kept.resolve();
    return answered.promise;
  };
  const ended = node.app.modules.inbox.drain();
  await Promise.race([ended, kept.promise]);
  sandbox.delay.until = undefined;
  return { release: answered.resolve, ended };
}

test.each(HISTORIES.filter(({ steps }) => steps.length > 2).filter((_, n) => n % 2 === 1))(
  'what $name ends the same on two nodes whose answers are late, with pushes doubled, lost and out of order',
  async ({ steps }) => {
    const { who, phone } = await createCustomer();
    const beginning = sandbox.now().getTime();
    let late: Awaited<ReturnType<typeof lateDrain>> | undefined;
    let has: string | null = null;
    let heard = 0;
    for (const [day, does, then] of steps) {
      await advance((beginning + day * 86_400_000 - sandbox.now().getTime()) / 86_400_000);
      does(phone);
      const told = toldOf(phone).slice(heard);
      heard = toldOf(phone).length;
      for (const one of shuffle([...told, ...told], chance))
        if (chance.happens(0.7)) await push(one, {}, chance.pick([app, other]));
      // The other node reads what is so now; then the answer comes that was given before it.
      await other.app.modules.inbox.drain();
      late?.release();
      await late?.ended;
      for (const one of told.slice(-1)) await push({ ...one, messageId: `${one.messageId} again` });
      late = await lateDrain(app);
      has = then;
    }
    await advance(0.01);
    for (const id of phone.tokens)
      await other.app.modules.inbox.refresh({ provider: 'google_play', mode: 'sandbox' }, [
        { kind: 'subscription', id },
      ]);
    late?.release();
    await late?.ended;
    expect(await planOf(who)).toBe(has === null ? null : `reel.${has}`);
  },
);

test('of plans at two providers the better one is in effect, both are shown, and the customer gets one mail', async () => {
  const { who, phone } = await createCustomer();
  await db.asMigrator(insertSubscription(who.accountId, 'reel', 'basic'));
  for (const _ of [1, 2]) {
    phone.buys('reel.pro:monthly', phone.token === '' ? {} : { replaces: phone.token });
    await push(newestNotification(phone));
    await inbox.drain();
    await inbox.refresh({ provider: 'google_play', mode: 'sandbox' }, [
      { kind: 'subscription', id: phone.token },
    ]);
  }
  expect(await planOf(who)).toBe('reel.pro');
  const { body } = await app.call(who.key, 'GET /v1/billing/subscriptions');
  const shown = (body['data'] as { store: string; state: string }[]).map(
    ({ store, state }) => `${store} ${state}`,
  );
  expect(shown.toSorted()).toEqual(['app_store active', 'google_play active', 'google_play canceled']);
  const notices = await rows(
    `select kind from billing.notices where account_id = $1 and kind = 'paid_twice'`,
    who,
  );
  const letters = await rows(
    `select template from mail.messages where account_id = $1 and template = 'paid_twice'`,
    who,
  );
  expect([notices.length, letters.length]).toEqual([1, 1]);
});

/** Bought at another store: no more of that is looked at here than its row. */
const insertSubscription = (accountId: AccountId, product: string, plan: string) =>
  statement(
    `insert into billing.subscriptions (account_id, id, store, mode, store_id, product, plan, cycle, quantity, unit_amount, currency,
       state, starts_at, period_starts_at, period_ends_at)
     values ($1, gen_random_uuid(), 'app_store', 'sandbox', gen_random_uuid()::text, $2, $3, 'monthly', 1, 595, 'usd', 'active',
       app.now(), app.now(), app.now() + interval '30 days')`,
    [accountId, product, plan],
  );
