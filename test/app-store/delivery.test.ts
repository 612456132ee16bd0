import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { createAuthority, type Fault, signJws } from '#sandbox/app-store';
import { advance } from '@plinth/testkit/factories';
import { openSellingApp } from './fixture.ts';

const app = await openSellingApp();
const { live, trial } = app;
const { inbox } = app.app.modules;

const PRO = 'reel.pro.monthly';
const PLAN = ['reel.pro', 'app_store'];
const NONE = [null, null];

/** Has the store send none of its next notifications. */
async function withoutNotifications(doing: () => void): Promise<void> {
  live.notifyAt(undefined);
  doing();
  live.notifyAt(`${app.url}/v1/webhooks/app-store`);
}

const post = (signedPayload: unknown) =>
  app.call(undefined, 'POST /v1/webhooks/app-store', { body: { signedPayload } });
const payloadOf = (body: string) => (JSON.parse(body) as { readonly signedPayload: string }).signedPayload;
const decodeJws = (jws: string) =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as {
    readonly data: Readonly<Record<string, unknown>>;
  };

const unheardPurchase = async () => {
  const ada = await app.customer();
  await withoutNotifications(() => live.world.buy({ product: PRO, appAccountToken: ada.accountId }));
  return { ada, jws: payloadOf(live.notifications.at(-1)?.body ?? '') };
};

describe('a notification is refused', () => {
  test('that was signed by another chain, or changed, or is none', async () => {
    const { ada, jws } = await unheardPurchase();
    const payload = decodeJws(jws);
    const [head = '', , signature = ''] = jws.split('.');
    const changed = Buffer.from(JSON.stringify({ ...payload, notificationType: 'REFUND' })).toString(
      'base64url',
    );
    const own = createAuthority().issue();
    const forged = [
      signJws(own, payload),
      // Its own signature, under the certificates of Apple’s chain.
      signJws(
        {
          key: own.key,
          x5c: (JSON.parse(Buffer.from(head, 'base64url').toString()) as { x5c: string[] }).x5c,
        },
        payload,
      ),
      `${head}.${changed}.${signature}`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${jws.split('.')[1]}.`,
      'nonsense',
      '',
    ];
    for (const one of forged) expect((await post(one)).status).toBe(401);
    await app.settled();
    expect(await app.plan(ada.accountId)).toEqual(NONE);
  });

  test('of another app, or another environment', async () => {
    const { jws } = await unheardPurchase();
    const payload = decodeJws(jws);
    const { data } = payload;
    for (const other of [{ bundleId: 'com.example.other' }, { appAppleId: 1 }, { environment: 'Xcode' }])
      expect((await post(live.sign({ ...payload, data: { ...data, ...other } }))).status).toBe(401);
    // The sandbox’s root signs nothing of production.
    expect((await post(trial.sign(payload))).status).toBe(401);
    expect((await post(live.sign(payload))).status).toBe(200);
  });

  test('whose certificate was over when it was signed, or is none that signs for the App Store', async () => {
    const { jws } = await unheardPurchase();
    const payload = decodeJws(jws);
    const over = { from: new Date('2020-01-01'), until: new Date('2021-01-01') };
    for (const chain of [live.issue({ validity: over }), live.issue({ marked: false })])
      expect((await post(signJws(chain, { ...payload, signedDate: Date.now() }))).status).toBe(401);
    expect((await post(signJws(live.issue({}), { ...payload, signedDate: Date.now() }))).status).toBe(200);
  });

  test('by none that comes a second time: it changes nothing', async () => {
    const { ada, jws } = await unheardPurchase();
    for (let time = 0; time < 3; time += 1) expect((await post(jws)).status).toBe(200);
    await app.settled();
    expect(await app.plan(ada.accountId)).toEqual(PLAN);
    live.world.refund([...live.world.purchases.keys()].at(-1) ?? '');
    await app.settled();
    expect((await post(jws)).status).toBe(200);
    await app.settled();
    expect(await app.plan(ada.accountId)).toEqual(NONE);
  });
});

/** One purchase, with all that may come of it in an hour: eight notifications. */
function live8(accountId: AccountId): string {
  const { world } = live;
  const { id } = world.buy({ product: 'reel.basic.monthly', appAccountToken: accountId });
  world.cancel(id);
  world.resume(id);
  world.upgrade(id, PRO);
  world.refund(id);
  world.reverseRefund(id);
  world.downgrade(id, 'reel.basic.monthly');
  world.extend(id, 3);
  return id;
}

/** The same each time. */
function pseudoRandom() {
  let state = 16;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const ROWS = ['subscriptions', 'invoices', 'payments', 'refunds'].map(
  (
    table,
  ) => `select '${table}' as of, coalesce(jsonb_agg(to_jsonb(t) - array['id', 'account_id', 'store_id', 'charge', 'invoice', 'payment',
    'subscription', 'number', 'last_charge', 'created_at', 'updated_at', 'issued_at', 'paid_at', 'occurred_at', 'starts_at',
    'period_starts_at', 'period_ends_at', 'next_at'] order by t.created_at, t.store_id), '[]') as rows
    from billing.${table} t where account_id = $1`,
);
const rowsOf = (accountId: AccountId) => app.db.asMigrator(statement(ROWS.join(' union all '), [accountId]));

test('told in order, shuffled and doubled, or found later: the account has the same', async () => {
  const [inOrder, shuffled, lost] = [await app.customer(), await app.customer(), await app.customer()];
  live8(inOrder.accountId);
  await app.settled();

  const from = live.notifications.length;
  await withoutNotifications(() => live8(shuffled.accountId));
  const told = live.notifications.slice(from);
  const random = pseudoRandom();
  const deliveries = [...told, ...told].map((one) => ({ one, at: random() })).sort((a, b) => a.at - b.at);
  for (const { one } of deliveries) {
    expect(await live.deliver(one.uuid)).toBe(200);
    if (random() < 0.3) await inbox.drain();
  }
  await app.settled();

  await withoutNotifications(() => live8(lost.accountId));
  expect(await app.plan(lost.accountId)).toEqual(NONE);
  expect((await inbox.reconcile()).events).toBeGreaterThanOrEqual(8);
  await app.settled();
  expect(await app.plan(lost.accountId)).toEqual(PLAN);

  const expected = await rowsOf(inOrder.accountId);
  expect(await rowsOf(shuffled.accountId)).toEqual(expected);
  expect(await rowsOf(lost.accountId)).toEqual(expected);
});

test('of two processes whose answers overtake each other the one that asked later is believed', async () => {
  const ada = await app.customer();
  const { id } = live.world.buy({ product: PRO, appAccountToken: ada.accountId });
  await live.idle();
  const late = live.hold();
  const first = inbox.drain();
  await late.asked;
  live.world.refund(id);
  await live.idle();
  // The first one has the purchase for itself until its lease is over.
  await advance(app.db, '2 minutes');
  const other = await app.beside();
  await other.app.modules.inbox.drain();
  expect(await app.plan(ada.accountId)).toEqual(NONE);
  late.release();
  await first;
  expect(await app.plan(ada.accountId)).toEqual(NONE);
  await inbox.rebuild();
  expect(await app.plan(ada.accountId)).toEqual(NONE);
});

test('what was never told, and is no longer listed, is found where everything is read', async () => {
  const ada = await app.customer();
  const { id } = live.world.buy({ product: PRO, appAccountToken: ada.accountId });
  await app.settled();
  await withoutNotifications(() => live.world.refund(id));
  live.forget();
  await inbox.reconcile();
  await app.settled();
  expect(await app.plan(ada.accountId)).toEqual(PLAN);
  await inbox.reconcile({ all: true });
  await app.settled();
  expect(await app.plan(ada.accountId)).toEqual(NONE);
});

test('while the App Store is away, or asks for less, nothing is lost', async () => {
  const ada = await app.customer();
  live.faults.push(500, 429);
  live.world.buy({ product: PRO, appAccountToken: ada.accountId });
  await app.settled();
  expect(await app.plan(ada.accountId)).toEqual(NONE);
  for (let time = 0; time < 2; time += 1) {
    await advance(app.db, '10 minutes');
    await app.settled();
  }
  expect(await app.plan(ada.accountId)).toEqual(PLAN);
});

describe('a purchase that Apple does not find', () => {
  const LATER: readonly [string, Fault][] = [
    ['4040002, to be tried again', { status: 404, errorCode: 4_040_002 }],
    ['4040004, to be tried again', { status: 404, errorCode: 4_040_004 }],
    ['4040006, to be tried again', { status: 404, errorCode: 4_040_006 }],
    ['4040010, as to the key of another app', { status: 404, errorCode: 4_040_010 }],
    ['404 without a body, by its gateway', { status: 404, errorCode: null }],
    ['400', { status: 400, errorCode: 4_000_006 }],
    ['403 with a number', { status: 403, errorCode: 4_030_000 }],
    ['410', { status: 410, errorCode: null }],
  ];

  test.each(LATER)('(%s) once keeps its plan, and is asked again', async (_, fault) => {
    const ada = await app.customer();
    const { id } = live.world.buy({ product: PRO, appAccountToken: ada.accountId });
    await app.settled();
    live.faults.push(fault);
    live.world.cancel(id);
    await app.settled();
    expect(await app.plan(ada.accountId)).toEqual(PLAN);
    live.world.refund(id);
    await advance(app.db, '1 minute');
    await app.settled();
    expect(await app.plan(ada.accountId)).toEqual(NONE);
  });

  test('when it is heard of first has its plan once Apple finds it', async () => {
    const ada = await app.customer();
    live.faults.push({ status: 404, errorCode: 4_040_006 });
    live.world.buy({ product: PRO, appAccountToken: ada.accountId });
    await app.settled();
    expect(await app.plan(ada.accountId)).toEqual(NONE);
    await advance(app.db, '1 minute');
    await app.settled();
    expect(await app.plan(ada.accountId)).toEqual(PLAN);
  });
});
