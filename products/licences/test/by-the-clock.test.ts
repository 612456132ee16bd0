import { expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { PLATFORM_ACCOUNT } from '#platform/jobs';
import { advance, databaseTime } from '@plinth/testkit/factories';
import { sealedKey } from '#platform/signing';
import { LICENSE_KEYS } from '../signing/store.ts';
import { testApp } from '@plinth/testkit/services/app';
import { sharedRsaKey } from './rsa-key.ts';
import { officeOf, rowsOf } from './sessions/office.ts';

const app = await testApp();
const { call, customer, db } = app;
const GIVEN = commitPoint('test.given-by-the-clock', 'a plan that is given for a time');
const KEY = commitPoint('test.signing-key-by-the-clock', 'a key that is made already');
const HOUR = 3_600_000;
/** Schedules are looked at once a second. */
const PATIENT = { timeout: 120_000, interval: 20 };
await db.system('coditect.signing', KEY, [
  LICENSE_KEYS.insert(
    sealedKey({ ...app.app.modules, store: LICENSE_KEYS }, 'rsa-4096', await sharedRsaKey()),
  ),
]);

const BEGUN = statement<{ begun: number }>('select count(*)::integer as begun from jobs.schedules');
/** Work that the clock has begun and is not done: schedules that are due, and their jobs. */
const UNDER_WAY = statement<{ left: number }>(
  `select (select count(*) from jobs.schedules where next_at <= app.now())::integer
     + (select count(*) from jobs.jobs where account_id = $1 and state in ('ready', 'delayed', 'running')
        and run_at <= app.now())::integer as left`,
  [PLATFORM_ACCOUNT],
);

/** Moves the clock on and waits for all that it then begins: what has not happened by then does not happen later. */
async function passTime(interval: string): Promise<void> {
  await advance(db, interval);
  await expect.poll(() => db.asMigrator(UNDER_WAY), PATIENT).toEqual([{ left: 0 }]);
}

test('nobody has to call anything: a plan that was given for later has its licence and mail when it begins, its sessions and their days are written down, and so is its end', async () => {
  // Work that begins after the clock has moved on is due minutes later.
  await expect.poll(async () => (await db.asMigrator(BEGUN))[0]?.begun, PATIENT).toBeGreaterThan(0);
  const who = await customer();
  const now = (await databaseTime(db)).getTime();
  await db.system('admin.grants', GIVEN, (tx) =>
    app.app.modules.entitlements.grantIn(tx, {
      accountId: who.accountId,
      product: 'coditect',
      plan: 'starter',
      source: 'import',
      cause: 'test',
      startsAt: new Date(now + 2 * HOUR),
      until: new Date(now + 60 * HOUR),
      by: { kind: 'system' },
    }),
  );
  const actions = async () => {
    const rows = await db.asMigrator(
      statement<{ action: string }>(
        `select action from audit.events where account_id = $1 and action like 'coditect.license.%' order by created_at, id`,
        [who.accountId],
      ),
    );
    return rows.map(({ action }) => action.replace('coditect.license.', ''));
  };
  await passTime('3 hours');
  expect(await actions()).toEqual(['issued']);
  const subjects = async () =>
    (await app.outbox()).filter(({ to }) => to === who.email).map(({ subject }) => subject);
  await expect.poll(subjects, PATIENT).toContain('Your Coditect licence key');
  expect(rowsOf(await call(who.key, 'GET /v1/licenses'))).toMatchObject([{ status: 'active' }]);

  const at = await officeOf(app, who);
  await at.seat('a');
  await passTime('10 minutes');
  expect(await app.count(who, 'coditect.sessions', `status = 'expired'`)).toBe(1);

  await passTime('30 hours');
  expect(await app.count(who, 'coditect.days')).toBeGreaterThan(0);

  await passTime('30 hours');
  expect(await actions()).toEqual(['issued', 'activated', 'acquired', 'deactivated']);
}, 240_000);
