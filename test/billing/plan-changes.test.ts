import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { openStores } from './stores.ts';

// A customer who changes the plan gets a mail about the change and none about an end, in any order of the provider's events.

const app = await openStores();
const { apple, play, db, heard, passes, plan } = app;

/** What an account was mailed, the oldest first. */
async function mailsTo(accountId: AccountId): Promise<readonly string[]> {
  const rows = await db.asMigrator(
    statement<{ template: string }>('select template from mail.messages where account_id = $1 order by id', [
      accountId,
    ]),
  );
  return rows.map(({ template }) => template);
}

const buys = (name: string, account: AccountId, replaces?: string) => {
  const token = play.world.buy({ productId: `reel.${name}`, basePlanId: 'monthly', account, replaces });
  play.world.acknowledge(token);
  return token;
};
/** What Google has told of purchases since, by a purchase. */
async function tells(from: number, ...tokens: readonly string[]): Promise<void> {
  const told = play.told().slice(from);
  for (const token of tokens) {
    for (const one of told.filter((of) => of.token === token)) expect(await app.push(one)).toBe(200);
    await app.app.modules.inbox.drain();
  }
}
describe('at Google Play, where another purchase takes its place,', () => {
  const ORDERS = ['the end first', 'the beginning first'] as const;
  const inOrder = (order: (typeof ORDERS)[number], former: string, next: string) =>
    order === 'the end first' ? [former, next] : [next, former];

  describe.each(ORDERS)('%s:', (order) => {
    test.each(['active', 'canceled'])('what was %s is changed', async (state) => {
      const { accountId } = await app.customer();
      const former = buys('basic', accountId);
      if (state === 'canceled') play.world.cancel(former);
      await heard();
      const from = play.told().length;
      const next = buys('pro', accountId, former);
      await tells(from, ...inOrder(order, former, next));
      expect(await mailsTo(accountId)).toEqual(['plan_changed']);
      expect(await plan(accountId)).toEqual(['reel.pro', 'google_play']);
      // Twice, and another time as a whole.
      await tells(from, ...inOrder(order, former, next), ...inOrder(order, next, former));
      await heard();
      expect(await mailsTo(accountId)).toEqual(['plan_changed']);
    });

    test('the same plan, bought anew before it ended, is neither', async () => {
      const { accountId } = await app.customer();
      const former = buys('basic', accountId);
      play.world.cancel(former);
      await heard();
      const from = play.told().length;
      const next = buys('basic', accountId, former);
      await tells(from, ...inOrder(order, former, next));
      expect(await mailsTo(accountId)).toEqual([]);
    });
  });

  test('what has ended days before has ended', async () => {
    const { accountId } = await app.customer();
    const former = buys('basic', accountId);
    play.world.cancel(former);
    await passes(32);
    buys('pro', accountId, former);
    await heard();
    expect(await mailsTo(accountId)).toEqual(['subscription_canceled']);
  });

  test('what is given back has ended', async () => {
    const { accountId } = await app.customer();
    const former = buys('basic', accountId);
    play.world.cancel(former);
    await heard();
    play.world.revoke(former);
    await heard();
    expect(await mailsTo(accountId)).toEqual(['subscription_canceled']);
  });
});

test('in the App Store a change at once, and one that was arranged, are changes', async () => {
  const { accountId } = await app.customer();
  const { id } = apple.world.buy({ product: 'reel.basic.monthly', appAccountToken: accountId });
  await heard();
  apple.world.upgrade(id, 'reel.pro.monthly');
  await heard();
  expect(await mailsTo(accountId)).toEqual(['plan_changed']);
  apple.world.downgrade(id, 'reel.standard.monthly');
  await heard();
  expect(await mailsTo(accountId)).toEqual(['plan_changed']);
  await passes(32);
  expect(await plan(accountId)).toEqual(['reel.standard', 'app_store']);
  expect(await mailsTo(accountId)).toEqual(['plan_changed', 'plan_changed']);
});

test('at Stripe a change at once, and one of a schedule, are changes', async () => {
  const { accountId } = await app.customer();
  const customer = await app.subscribesAtStripe(accountId, 'reel.basic');
  await heard();
  await customer.changesTo('reel.pro');
  await heard();
  expect(await mailsTo(accountId)).toEqual(['plan_changed']);
  await customer.arranges('reel.standard');
  await heard();
  expect(await mailsTo(accountId)).toEqual(['plan_changed']);
  await passes(32);
  expect(await plan(accountId)).toEqual(['reel.standard', 'stripe']);
  expect(await mailsTo(accountId)).toEqual(['plan_changed', 'plan_changed']);
});
