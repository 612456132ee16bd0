import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { createPeople, ORIGIN } from '@plinth/testkit/people';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const world = createPeople(db);
const { settings } = world.accounts;

test('an account has a time zone, UTC until it is changed, and the change is in its audit', async () => {
  const { accountId, caller } = await world.person();
  expect(await settings.get(accountId)).toMatchObject({ id: accountId, kind: 'personal', time_zone: 'UTC' });
  const by = { caller, accountId, origin: ORIGIN };
  expect(await settings.changeTimeZone(by, 'Asia/Kolkata')).toMatchObject({ time_zone: 'Asia/Kolkata' });
  const other = await world.person();
  expect(await settings.get(other.accountId)).toMatchObject({ time_zone: 'UTC' });
  const events = await db.asMigrator(
    statement<{ changes: unknown }>(
      `select changes from audit.events where account_id = $1 and action = 'account.time_zone_changed'`,
      [accountId],
    ),
  );
  expect(events).toEqual([{ changes: { time_zone: { before: 'UTC', after: 'Asia/Kolkata' } } }]);
});

test.each(['Mars/Olympus', '+05:30', 'EST5EDT4', 'UTC+3', '', "Europe/Berlin'"])(
  'PostgreSQL itself refuses a zone that is none: %s',
  async (zone) => {
    const { accountId, caller } = await world.person();
    const attempt = settings.changeTimeZone({ caller, accountId, origin: ORIGIN }, zone);
    await expect(attempt).rejects.toMatchObject({ code: 'validation_failed' });
    expect(await settings.get(accountId)).toMatchObject({ time_zone: 'UTC' });
  },
);
