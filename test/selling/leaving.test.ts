import { statement } from '#platform/db';
import { expect, test } from 'vitest';
import type { Customer } from '@plinth/testkit/services/app';
import { leavingOf } from '../erasure/fixture.ts';
import { openSellingApp } from './fixture.ts';
import { subscriptionCalls } from './subscription-calls.ts';

const selling = await openSellingApp();
const { call, customer, db, drainEvents, later, stripe } = selling;
const { erase, resident } = leavingOf(selling);
const COMMENT = '=cmd() is my reason';
const { holding, storeId } = subscriptionCalls(selling);
const BASIC = { product: 'reel', plan: 'basic' };

async function leaves(who: Customer, feedback?: 'too_expensive' | 'unused'): Promise<void> {
  const details = { comment: COMMENT, ...(feedback && { feedback }) };
  await stripe.subscriptions.cancel(await storeId(who), { cancellation_details: details });
  await drainEvents();
}

test('reasons for leaving are grouped, a trial costs nothing, and no report has a comment', async () => {
  const { key } = await selling.admin();
  for (const feedback of ['too_expensive', 'too_expensive', 'unused', undefined] as const)
    await leaves(await holding(BASIC), feedback);
  await leaves(await holding({ product: 'gateway', plan: 'scale' }), 'unused');
  const { body: today } = await call(key, 'GET /v1/admin/billing/leaving?group=month');
  const range = `from=${String(today['from'])}&until=${String(today['until'])}`;
  const read = (group: string) => call(key, `GET /v1/admin/billing/leaving?group=${group}&${range}`);
  const { body } = await read('reason,feedback');
  const reason = 'cancellation_requested';
  const row = (
    feedback: string | null,
    ...[subscriptions, trials, lost_minor]: readonly [number, number, number]
  ) => ({
    reason,
    feedback,
    currency: 'usd',
    subscriptions,
    trials,
    lost_minor,
  });
  expect(body['data']).toEqual([
    row(null, 1, 0, 595),
    row('too_expensive', 2, 0, 1_190),
    row('unused', 2, 1, 595),
  ]);
  expect(JSON.stringify((await read('month,product,plan,reason,feedback')).body)).not.toContain('cmd');
  const { body: next } = await call(key, `GET /v1/admin/billing/leaving?group=feedback&${range}&limit=1`);
  const cursor = encodeURIComponent(String(next['next_cursor']));
  const { body: second } = await call(
    key,
    `GET /v1/admin/billing/leaving?group=feedback&${range}&limit=1&cursor=${cursor}`,
  );
  expect(second['data']).toMatchObject([{ feedback: 'too_expensive' }]);
  expect((await call((await customer()).key, 'GET /v1/admin/billing/leaving')).status).toBe(403);
});

test('a comment is erased with its account, and the sums stay', async () => {
  const who = await resident();
  await selling.buy(who, BASIC);
  await leaves(who, 'unused');
  const read = async () => {
    const all = await db.asMigrator(
      statement<{ leaving_feedback: string | null; leaving_comment: string | null }>(
        'select leaving_feedback, leaving_comment from billing.subscriptions where account_id = $1',
        [who.accountId],
      ),
    );
    return all[0];
  };
  expect(await read()).toEqual({ leaving_feedback: 'unused', leaving_comment: COMMENT });
  const { status } = await call(who.token, 'DELETE /v1/me', { body: { password: who.password } });
  expect(status).toBe(200);
  await later(40);
  await erase();
  expect(await read()).toEqual({ leaving_feedback: 'unused', leaving_comment: null });
});
