import { expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { advance, databaseTime } from '#test/factories';
import { sealedKey } from '../../src/products/coditect/signing/keys.ts';
import { insertSigningKey } from '../../src/products/coditect/signing/store.ts';
import { testApp } from '../services/app.ts';
import { sharedRsaKey } from './rsa-key.ts';
import { officeOf, rowsOf } from './sessions/office.ts';

const app = await testApp();
const { call, customer, db } = app;
const GIVEN = commitPoint('test.given-by-the-clock', 'a plan that is given for a time');
const KEY = commitPoint('test.signing-key-by-the-clock', 'a key that is made already');
const HOUR = 3_600_000;
/** Schedules are looked at once a second. */
const PATIENT = { timeout: 60_000 };
await db.system('coditect.signing', KEY, [
  insertSigningKey(sealedKey(app.app.modules, 'rsa-4096', await sharedRsaKey())),
]);

test('nobody has to call anything: a plan that was given for later has its licence and mail when it begins, its sessions and their days are written down, and so is its end', async () => {
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
  await advance(db, '3 hours');
  await expect.poll(actions, PATIENT).toEqual(['issued']);
  const subjects = async () =>
    (await app.outbox()).filter(({ to }) => to === who.email).map(({ subject }) => subject);
  await expect.poll(subjects, PATIENT).toContain('Your Coditect licence key');
  expect(rowsOf(await call(who.key, 'GET /v1/licenses'))).toMatchObject([{ status: 'active' }]);

  const at = await officeOf(app, who);
  await at.seat('a');
  await advance(db, '10 minutes');
  const written = () => app.count(who, 'coditect.sessions', `status = 'expired'`);
  await expect.poll(written, PATIENT).toBe(1);

  await advance(db, '30 hours');
  await expect.poll(() => app.count(who, 'coditect.days'), PATIENT).toBeGreaterThan(0);

  await advance(db, '30 hours');
  await expect.poll(actions, PATIENT).toEqual(['issued', 'activated', 'acquired', 'deactivated']);
}, 240_000);
