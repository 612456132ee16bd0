import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { createAppStoreSandbox } from '#sandbox/app-store';
import { createGooglePlaySandbox } from '#sandbox/google-play';
import { atEndOfFile } from '@plinth/testkit/closing';
import { makeAccount } from '@plinth/testkit/factories';
import { basePlans } from '../../server/src/app/google-play.ts';
import { leavingOf } from '../erasure/fixture.ts';
import type { Customer } from '@plinth/testkit/services/app';
import { LISTED, openSellingApp } from './fixture.ts';

// Attacks of a stranger who knows the addresses, the vendors' formats and an app of their own. Real money is taken here.

const play = await createGooglePlaySandbox({ plans: basePlans() });
const stranger = await createAppStoreSandbox({
  app: { bundleId: 'com.example.stranger', environment: 'Production' },
});
for (const sandbox of [play, stranger]) atEndOfFile(() => sandbox.close());
const app = await openSellingApp({
  googlePlay: play,
  settings: { APP_STORE_CUSTOMERS_CONSENT: 'true' },
});
const { live, trial, db } = app;
const { inbox, answering } = app.app.modules;
const other = await app.beside();
const PRO = 'reel.pro.monthly';
const [PLAN, NONE] = [
  ['reel.pro', 'app_store'],
  [null, null],
];

const bring = ({ key }: Pick<Customer, 'key'>, proof: Readonly<Record<string, string>>) =>
  app.call(key, 'POST /v1/billing/purchases', { body: proof });
const codeOf = ({ body }: { readonly body: Readonly<Record<string, unknown>> }) =>
  (body['error'] as { readonly code?: string } | undefined)?.code;
const rows = <Row>(sql: string, id: string) => db.asMigrator(statement<Row>(sql, [id]));

test('what another app sells is heard by no process, and brought by nobody', async () => {
  const ada = await app.customer();
  const { id } = stranger.world.buy({ product: PRO, appAccountToken: ada.accountId });
  const { body = '' } = stranger.notifications.at(-1) ?? {};
  // As the stranger signs it, and as if they had got hold of a certificate of Apple's.
  const relabeled = live.sign(decodeJws((JSON.parse(body) as { signedPayload: string }).signedPayload));
  const sent = [body, JSON.stringify({ signedPayload: relabeled })].flatMap((one) =>
    [app, other, app, other].map(({ url }) =>
      fetch(`${url}/v1/webhooks/app-store`, {
        method: 'POST',
        body: one,
        headers: { 'content-type': 'application/json' },
      }),
    ),
  );
  expect(new Set((await Promise.all(sent)).map(({ status }) => status))).toEqual(new Set([401]));
  const brought = await bring(ada, { signed_transaction: stranger.signedTransaction(id) });
  expect([brought.status, codeOf(brought)]).toEqual([422, 'purchase_unknown']);
  expect(await rows('select 1 from billing.inbox where object_id = $1', id)).toEqual([]);
  expect(await app.plan(ada.accountId)).toEqual(NONE);
});

const decodeJws = (jws: string) =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as object;

test('a notification that two processes hear at once, before the purchase is anybody’s, is applied once it is', async () => {
  const ada = await app.customer();
  live.notifyAt(undefined);
  const { id } = live.world.buy({ product: PRO });
  live.notifyAt(`${app.url}/v1/webhooks/app-store`);
  const { body = '' } = live.notifications.at(-1) ?? {};
  const sent = [app, other, app, other].map(({ url }) =>
    fetch(`${url}/v1/webhooks/app-store`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    }),
  );
  expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  await Promise.all([app, other].map((node) => node.app.modules.inbox.drain()));
  expect(await app.plan(ada.accountId)).toEqual(NONE);
  const brought = await Promise.all(
    [1, 2].map(() => bring(ada, { signed_transaction: live.signedTransaction(id) })),
  );
  expect(brought.map(({ status }) => status)).toEqual([200, 200]);
  expect(await app.plan(ada.accountId)).toEqual(PLAN);
  expect(await rows('select 1 from billing.invoices where account_id = $1', ada.accountId)).toHaveLength(1);
});

const buyAtPlay = (account: AccountId) =>
  play.world.buy({ productId: 'reel.pro', basePlanId: 'monthly', account, isTest: true });

test('where money is taken nobody gets a plan for what a tester has bought but listed accounts', async () => {
  const eve = await app.customer();
  const tried = trial.world.buy({ product: PRO, appAccountToken: eve.accountId }).id;
  const tested = buyAtPlay(eve.accountId);
  const [apple, google] = [
    await bring(eve, { signed_transaction: trial.signedTransaction(tried) }),
    await bring(eve, { purchase_token: tested }),
  ];
  expect([apple.status, google.status, apple.body['mode']]).toEqual([200, 200, 'test']);
  expect(await app.plan(eve.accountId)).toEqual(NONE);
  const ref = { kind: 'subscription', id: buyAtPlay(LISTED) } as const;
  await inbox.refresh({ provider: 'google_play', mode: 'sandbox' }, [ref]);
  expect(await app.plan(LISTED)).toEqual(['reel.pro', 'google_play']);
  expect(
    await rows('select 1 from billing.invoices where account_id = $1 and not in_sandbox', eve.accountId),
  ).toEqual([]);
});

test('what a family shares is one account’s, costs nothing in the books, and is over for good with the sharing', async () => {
  const [ada, eve] = [await app.customer(), await app.customer()];
  const { id } = live.world.buy({ product: PRO, family: true });
  const proof = { signed_transaction: live.signedTransaction(id) };
  expect([(await bring(ada, proof)).status, codeOf(await bring(eve, proof))]).toEqual([
    200,
    'purchase_bound',
  ]);
  expect([await app.plan(ada.accountId), await app.plan(eve.accountId)]).toEqual([PLAN, NONE]);
  expect(await rows('select 1 from billing.payments where account_id = $1', ada.accountId)).toEqual([]);
  live.world.revoke(id);
  await app.settled();
  expect(await app.plan(ada.accountId)).toEqual(NONE);
  for (const who of [ada, eve]) await bring(who, proof);
  expect([await app.plan(ada.accountId), await app.plan(eve.accountId)]).toEqual([NONE, NONE]);
});

test('of an account that was erased nothing is kept or told again, and nobody else comes by what it had paid for', async () => {
  const { accountId } = await makeAccount(db);
  const eve = await app.customer();
  const { id } = live.world.buy({ product: PRO, appAccountToken: accountId });
  await app.settled();
  expect(await app.plan(accountId)).toEqual(PLAN);
  await rows(
    `update accounts.accounts set deleted_at = app.now() - interval '14 days' where account_id = $1`,
    accountId,
  );
  expect(await leavingOf(app).erase()).toBe(1);
  live.world.askRefund(id);
  live.world.cancel(id);
  await app.settled();
  await inbox.reconcile({ all: true });
  await app.settled();
  expect([await answering.run(), live.consumption]).toEqual([0, []]);
  expect(await rows(`select 1 from billing.bodies where object_id = $1`, id)).toEqual([]);
  expect(await rows(`select 1 from billing.inbox where object_id = $1 and body <> ''`, id)).toEqual([]);
  const brought = await bring(eve, { signed_transaction: live.signedTransaction(id) });
  expect([brought.status, codeOf(brought)]).toEqual([409, 'purchase_over']);
  expect(await app.plan(eve.accountId)).toEqual(NONE);
  // Nor by a purchase in it that names them, before its next period.
  live.world.upgrade(id, PRO, eve.accountId);
  await app.settled();
  expect(await app.plan(eve.accountId)).toEqual(NONE);
});
