import { commitPoint, statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import { sealedKey } from '#platform/signing';
import type { TestApp } from '@plinth/testkit/services/app';
import { LICENSE_KEYS } from '../../products/licences/signing/store.ts';
import { sharedRsaKey } from '../../products/licences/test/rsa-key.ts';

const KEY = commitPoint('test.walkers.license-key', 'a key that is made already');

/** The key that signs licences: the first purchase would make one, which takes a processor between one second and thirty. */
export async function makeLicenseKey({ app, db }: TestApp): Promise<void> {
  const key = sealedKey({ ...app.modules, store: LICENSE_KEYS }, 'rsa-4096', await sharedRsaKey());
  await db.system('coditect.signing', KEY, [LICENSE_KEYS.insert(key)]);
}

/** What is kept of an account's licence beside it: a machine, a session, figures of a day, denials, and files that hold no more. */
export async function makeLicenses(
  { app, db }: TestApp,
  userId: UserId,
  accountId: AccountId,
): Promise<void> {
  const [machine, session] = [app.modules.ids.next(), app.modules.ids.next()];
  const insert = `with license as (select account_id, id from coditect.licenses where account_id = $1),
    machine as (insert into coditect.machines (account_id, license_id, id, hardware_id, last_ip, last_agent)
      select account_id, id, $3::uuid, 'hardware-' || $3::text, '203.0.113.7', 'a client' from license),
    figures as (insert into coditect.days (account_id, license_id, day, seats, seats_used, subscriptions, trials, sessions, ended, ended_us, worked_us, denials)
      select account_id, id, date '2026-01-01', 3, 1, 1, 0, 1, 1, 1, 1, 1 from license),
    denied as (insert into coditect.denials (account_id, id, license_id, denied) select account_id, $3::uuid, id, 1 from license),
    revoked as (insert into coditect.revocations (account_id, license_id, version, reason)
      select account_id, id, 1, 'payment' from license)
    insert into coditect.sessions (account_id, id, license_id, machine_id, user_id, fence, ip, agent, said_agent, said_ip)
      select account_id, $4::uuid, id, $3::uuid, $2::uuid, 1, '203.0.113.7', 'a client', 'a client', '203.0.113.7' from license`;
  await db.asMigrator(statement(insert, [accountId, userId, machine, session]));
}
