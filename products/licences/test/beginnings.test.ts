import { expect, test } from 'vitest';
import { commitPoint } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { advance, databaseTime } from '@plinth/testkit/factories';
import { type Customer, testApp } from '@plinth/testkit/services/app';
import { officeOf, rowsOf } from './sessions/office.ts';

const app = await testApp({ work: false });
const { call, customer, db } = app;
const admin = await app.admin();
const { service } = app.app.modules.mounted.find(({ module }) => module === 'coditect/licences') ?? {};
const { lifecycle } = service as {
  lifecycle: { begin(): Promise<number>; lapse(): Promise<number> };
};
const HOUR = 3_600_000;
const GIVEN = commitPoint('test.given', 'a plan that is given for a time');

/** Gives a plan from so many hours on until so many hours from now, as an import does. */
async function grant(accountId: AccountId, plan: string, [from, until]: readonly [number, number]) {
  const now = (await databaseTime(db)).getTime();
  const { entitlements } = app.app.modules;
  return db.system('admin.grants', GIVEN, (tx) =>
    entitlements.grantIn(tx, {
      accountId,
      product: 'coditect',
      plan,
      source: 'import',
      cause: 'test',
      startsAt: new Date(now + from * HOUR),
      until: new Date(now + until * HOUR),
      by: { kind: 'system' },
    }),
  );
}

const letters = (who: Customer) => app.count(who, 'jobs.jobs', `kind = 'coditect.letters'`);

test('a plan that was given for later has its licence, and its mail, once its time has begun: once, though several processes look', async () => {
  const who = await customer();
  await grant(who.accountId, 'pro', [2, 48]);
  const licences = async () => rowsOf(await call(who.key, 'GET /v1/licenses'));
  await lifecycle.begin();
  expect(await licences()).toEqual([]);
  await advance(db, '3 hours');
  await Promise.all([lifecycle.begin(), lifecycle.begin()]);
  expect(await lifecycle.begin()).toBe(0);
  expect(await licences()).toMatchObject([{ status: 'active', tier: 'pro', max_seats: 10 }]);
  expect(await letters(who)).toBe(1);
  const at = await officeOf(app, who);
  expect((await at.acquire('a')).status).toBe(201);
});

test('a licence that had ended is revived by one, with its key, and told of', async () => {
  const who = await customer();
  await grant(who.accountId, 'starter', [0, 1]);
  const { key } = await officeOf(app, who);
  await grant(who.accountId, 'pro', [5, 48]);
  await advance(db, '2 hours');
  await lifecycle.lapse();
  const before = await letters(who);
  await advance(db, '4 hours');
  await lifecycle.begin();
  await lifecycle.lapse();
  const again = await officeOf(app, who);
  expect(again.key).toBe(key);
  expect(rowsOf(await call(who.key, 'GET /v1/licenses'))).toMatchObject([{ status: 'active', tier: 'pro' }]);
  expect(await letters(who)).toBe(before + 1);
});

test('a plan without seats, and one that was taken back, get none', async () => {
  const [free, revoked] = [await customer(), await customer()];
  await grant(free.accountId, 'free', [1, 48]);
  const { id } = await grant(revoked.accountId, 'pro', [1, 48]);
  expect((await call(admin.key, `DELETE /v1/admin/grants/${id}`)).status).toBeLessThan(300);
  await advance(db, '2 hours');
  await lifecycle.begin();
  for (const who of [free, revoked]) expect(rowsOf(await call(who.key, 'GET /v1/licenses'))).toEqual([]);
});
