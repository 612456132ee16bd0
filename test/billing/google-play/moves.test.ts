import { expect, test } from 'vitest';
import { commitPoint } from '#platform/db';
import { createGooglePlaySandbox } from '#sandbox/google-play';
import type { AccountId } from '#platform/kernel';
import { testApp, type Customer } from '@plinth/testkit/services/app';
import { atEndOfFile } from '@plinth/testkit/closing';
import { advanceTo, databaseTime, passTheMonth, stopTime } from '@plinth/testkit/factories';
import { basePlans } from '../../../server/src/app/google-play.ts';

const TO = {
  audience: 'http://127.0.0.1/v1/webhooks/google-play',
  email: 'play-push@sandbox.iam.gserviceaccount.com',
};
const USED = commitPoint('test.google-play.used', 'what a test says was used');
const sandbox = await createGooglePlaySandbox({ plans: basePlans() });
atEndOfFile(() => sandbox.close());
const app = await testApp({
  googlePlay: sandbox,
  settings: { GOOGLE_PLAY_PUSH_AUDIENCE: TO.audience },
  work: false,
});
const { db } = app;
await stopTime(db);
await passTheMonth(db);
sandbox.world.advanceTo(await databaseTime(db));
const { inbox, limits } = app.app.modules;

/** An hour later a customer buys a plan in the app, in place of what they have, and names an account with it. */
async function buys({ accountId }: Customer, plan: string, replaces?: string): Promise<string> {
  sandbox.advance(1 / 24);
  await advanceTo(db, sandbox.now().toISOString());
  const token = sandbox.world.buy({
    productId: `reel.${plan}`,
    basePlanId: 'monthly',
    account: accountId,
    replaces,
  });
  sandbox.world.acknowledge(token);
  return token;
}

/** The server hears of a purchase. */
async function hears(token: string): Promise<void> {
  for (const told of sandbox.told().filter((one) => one.token === token)) {
    const sent = await sandbox.push(told, TO);
    await fetch(`${app.url}/v1/webhooks/google-play`, { method: 'POST', ...sent });
  }
  await inbox.drain();
}

const reel = async ({ accountId }: Customer) =>
  (await app.app.modules.entitlements.current(accountId)).find(({ product }) => product === 'reel')?.plan ??
  null;
const plansOf = (all: readonly Customer[]) => Promise.all(all.map(reel));
const people = () => Promise.all([1, 2, 3].map(() => app.customer()));

/** Has an account use so many generations of the month. */
const use = (accountId: AccountId, units: number) =>
  db.system('billing.inbox', USED, async (tx) => {
    const amounts = await limits.carrier.usedIn(tx, { accountId, product: 'reel' });
    const some = amounts
      .filter(({ rule }) => rule.name === 'generations')
      .map((of) => ({ ...of, used: units }));
    await limits.carrier.chargeIn(tx, { accountId, product: 'reel' }, some);
  });
const readUsed = async ({ accountId }: Customer) =>
  (await limits.usage(accountId)).find(({ product, limit }) => product === 'reel' && limit === 'generations')
    ?.used;

test('a purchase that takes the place of another account’s takes along what was used, and all that was paid', async () => {
  const [ada, bob, eve] = await people();
  if (ada === undefined || bob === undefined || eve === undefined) throw new Error('three are there');
  const first = await buys(ada, 'basic');
  await hears(first);
  await use(ada.accountId, 50);
  const second = await buys(bob, 'pro', first);
  await hears(second);
  expect([await plansOf([ada, bob]), await readUsed(bob)]).toEqual([[null, 'reel.pro'], 50]);
  await use(bob.accountId, 10);
  await hears(await buys(eve, 'basic', second));
  expect([await plansOf([ada, bob, eve]), await readUsed(eve)]).toEqual([[null, null, 'reel.basic'], 60]);
  const { body } = await app.call(eve.key, 'GET /v1/billing/invoices');
  expect(body['data']).toHaveLength(3);
});

test('what was used goes along although the end of the former purchase is heard of first', async () => {
  const [ada, bob] = await people();
  if (ada === undefined || bob === undefined) throw new Error('two are there');
  const first = await buys(ada, 'basic');
  await hears(first);
  await use(ada.accountId, 40);
  const second = await buys(bob, 'pro', first);
  await inbox.refresh({ provider: 'google_play', mode: 'sandbox' }, [{ kind: 'subscription', id: first }]);
  await inbox.drain();
  expect(await plansOf([ada, bob])).toEqual([null, null]);
  await hears(second);
  expect([await plansOf([ada, bob]), await readUsed(bob)]).toEqual([[null, 'reel.pro'], 40]);
});

test('so it is after more changes than are read at once', async () => {
  const [ada, bob] = await people();
  if (ada === undefined || bob === undefined) throw new Error('two are there');
  let token = await buys(ada, 'basic');
  await hears(token);
  await use(ada.accountId, 30);
  for (let nth = 0; nth < 11; nth += 1) {
    token = await buys(ada, nth % 2 === 0 ? 'pro' : 'basic', token);
    await hears(token);
  }
  await hears(await buys(bob, 'basic', token));
  expect([await plansOf([ada, bob]), await readUsed(bob)]).toEqual([[null, 'reel.basic'], 30]);
});

test.each([
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
])('the account that the newest names has it, heard of in the order %i, %i, %i', async (...order) => {
  const all = await people();
  const tokens: string[] = [];
  for (const who of all) tokens.push(await buys(who, tokens.length === 1 ? 'pro' : 'basic', tokens.at(-1)));
  for (const nth of order) await hears(tokens[nth] ?? '');
  expect(await plansOf(all)).toEqual([null, null, 'reel.basic']);
  // And what is heard again changes nothing.
  for (const nth of order) {
    await inbox.refresh({ provider: 'google_play', mode: 'sandbox' }, [
      { kind: 'subscription', id: tokens[nth] ?? '' },
    ]);
    await inbox.drain();
  }
  expect(await plansOf(all)).toEqual([null, null, 'reel.basic']);
});
