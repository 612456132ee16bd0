import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { suspendUser } from '@plinth/testkit/factories';
import { createPeople, tokensOf, PASSWORD, ORIGIN } from '@plinth/testkit/people';
import { testDatabase } from '@plinth/testkit/services';
import type { InvitationResult } from './admins.ts';

const { db } = await testDatabase();
const { identity, ids, clock, person, key: keyOf } = createPeople(db);
const { admins, sessions } = identity;
const newEmail = () => `${ids.next()}@example.com`;
const OTHER = 'Difference-Engine-1822';

function tokenOf(invited: InvitationResult): string {
  if (invited.kind !== 'invited') throw new Error(`there is no link: ${invited.kind}`);
  const [, token = ''] =
    /^http:\/\/plinth\.test\/v1\/auth\/accept-admin#(pla_[\w-]{43})$/.exec(invited.link) ?? [];
  return token;
}

const accept = (token: string, password = OTHER) => identity.acceptAdmin({ token, password }, ORIGIN);

async function me(email: string, password: string) {
  const { access_token: token } = tokensOf(await sessions.login({ email, password }, ORIGIN));
  const caller = await identity.identify(token);
  return caller && identity.users.me(caller);
}

describe('an invitation of an admin', () => {
  test('makes one of somebody new, with the password that they choose', async () => {
    const email = newEmail();
    const token = tokenOf(await admins.invite(email));
    expect(await accept(token)).toEqual({ email });
    expect(await me(email, OTHER)).toMatchObject({ role: 'admin', email_verified: true });
    expect((await admins.list()).admins).toContainEqual({ email, status: 'active' });
  });

  test('is good once, also where two come at once', async () => {
    const token = tokenOf(await admins.invite(newEmail()));
    const both = await Promise.allSettled([accept(token), accept(token)]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(accept(token)).rejects.toMatchObject({ code: 'link_invalid' });
  });

  test('is good for a day, and deleted some time after that', async () => {
    const email = newEmail();
    const token = tokenOf(await admins.invite(email));
    await clock.advance(24 * 3_600_000 + 1);
    await expect(accept(token)).rejects.toMatchObject({ code: 'link_invalid' });
    expect((await admins.list()).invited).toEqual([]);
    await admins.prune();
    const rows = await db.asMigrator(statement('select 1 from identity.admin_invitations'));
    expect(rows).toEqual([]);
  });

  test('ends by a newer one for the address, in any case of its letters', async () => {
    const email = newEmail();
    const first = tokenOf(await admins.invite(email));
    const second = tokenOf(await admins.invite(email.toUpperCase()));
    await expect(accept(first)).rejects.toMatchObject({ code: 'link_invalid' });
    await accept(second);
    expect((await me(email, OTHER))?.role).toBe('admin');
  });

  test('is not used up by a weak password', async () => {
    const token = tokenOf(await admins.invite(newEmail()));
    await expect(accept(token, 'password')).rejects.toMatchObject({ code: 'validation_failed' });
    await accept(token);
  });

  test('rests nowhere as it is, and is in no event of the audit; nor is the address', async () => {
    const email = newEmail();
    const token = tokenOf(await admins.invite(email));
    const rows = await db.asMigrator(
      statement<{ said: string }>(
        `select to_jsonb(i)::text as said from identity.admin_invitations i
         union all select to_jsonb(e)::text from audit.events e where action like 'admin.%'`,
      ),
    );
    const said = rows.map((row) => row.said).join('\n');
    expect(said).toContain('admin.invited');
    expect(said).not.toContain(token.slice(4));
    expect(said.split(email), 'the row of the invitation alone').toHaveLength(2);
    await accept(token);
  });
});

describe('an invitation of an admin for an address that has an account', () => {
  test('lets nobody in by what let in before: password, sessions, keys, providers, second factors; and a mail says so', async () => {
    const squatter = await person();
    const { key } = await keyOf(squatter, ['*']);
    await db.asMigrator(
      statement(
        `insert into identity.identities (user_id, id, provider, subject, email) values ($1, $1, 'google', 'somebody', $2)`,
        [squatter.userId, squatter.email],
      ),
    );
    await db.asMigrator(
      statement('insert into identity.recovery_codes (user_id, code_hash) values ($1, $2)', [
        squatter.userId,
        'hash',
      ]),
    );
    const open = tokensOf(await sessions.login({ email: squatter.email, password: PASSWORD }, ORIGIN));
    await accept(tokenOf(await admins.invite(squatter.email)));
    expect(await me(squatter.email, OTHER)).toMatchObject({ id: squatter.userId, role: 'admin' });
    await expect(me(squatter.email, PASSWORD)).rejects.toMatchObject({ code: 'invalid_credentials' });
    for (const token of [key, open.access_token]) expect(await identity.identify(token)).toBeUndefined();
    const left = await db.asMigrator(
      statement<{ left: number }>(
        `select (select count(*) from identity.identities where user_id = $1)::int
           + (select count(*) from identity.recovery_codes where user_id = $1)::int as left`,
        [squatter.userId],
      ),
    );
    expect(left).toEqual([{ left: 0 }]);
    const mails = await db.asMigrator(
      statement<{ template: string }>('select template from mail.messages where user_id = $1', [
        squatter.userId,
      ]),
    );
    expect(mails.map(({ template }) => template)).toContain('password_changed');
  });

  test('is made for nobody who is suspended, and none does who was suspended since', async () => {
    const ada = await person();
    const token = tokenOf(await admins.invite(ada.email));
    await suspendUser(db, ada.userId);
    await expect(accept(token)).rejects.toMatchObject({ code: 'link_invalid' });
    expect(await admins.invite(ada.email)).toEqual({ kind: 'inactive', status: 'suspended' });
  });

  test('is not made for an admin', async () => {
    const email = newEmail();
    await accept(tokenOf(await admins.invite(email)));
    expect(await admins.invite(email)).toEqual({ kind: 'admin_already' });
  });
});

describe('revoking', () => {
  test('makes a user of an admin at once, and is the same a second time', async () => {
    const email = newEmail();
    await accept(tokenOf(await admins.invite(email)));
    const { access_token: token } = tokensOf(await sessions.login({ email, password: OTHER }, ORIGIN));
    expect((await identity.identify(token))?.platformRole).toBe('admin');
    expect(await admins.revoke(email.toUpperCase())).toBe(true);
    expect((await identity.identify(token))?.platformRole).toBe('user');
    expect(await admins.revoke(email)).toBe(false);
  });

  test('ends an open invitation', async () => {
    const email = newEmail();
    const token = tokenOf(await admins.invite(email));
    expect(await admins.revoke(email)).toBe(true);
    await expect(accept(token)).rejects.toMatchObject({ code: 'link_invalid' });
    const events = await db.asMigrator(
      statement<{ action: string }>(
        "select action from audit.events where action like 'admin.%revoked' order by 1",
      ),
    );
    expect(new Set(events.map(({ action }) => action))).toEqual(
      new Set(['admin.invitation_revoked', 'admin.revoked']),
    );
  });
});
