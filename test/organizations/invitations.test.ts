import { beforeEach, describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { testApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { outcomeOf, fixtureOf } from './fixture.ts';

const app = await testApp();
const fixture = fixtureOf(app);
const { accept, call, guest, invite, join, organization, roleOf, tokensTo } = fixture;
const owner = await guest();
const path = await organization(owner);

// One minute has more calls here than anybody makes.
beforeEach(() => forgetRates(app));

/** A person who was invited, with the token that they were sent. */
async function createInvited(role = 'member') {
  const invitee = await guest();
  const { body } = await invite(path, owner, { email: invitee.email, role });
  const [token = ''] = await tokensTo(invitee.email);
  return { invitee, token, line: `${path}/invitations/${String(body['id'])}` };
}

describe('an invitation', () => {
  test('goes by mail, and its acceptance makes a member with its role', async () => {
    const invitee = await guest();
    const made = await invite(path, owner, { email: invitee.email.toUpperCase(), role: 'admin' });
    expect(made).toMatchObject({
      status: 201,
      body: { role: 'admin', status: 'open', invited_by: owner.userId, email: invitee.email.toUpperCase() },
    });
    const listed = await call(owner.token, `GET ${path}/invitations`);
    expect(listed.body['data']).toContainEqual(made.body);
    expect(JSON.stringify([made.body, listed.body])).not.toContain('pli_');
    const [token = ''] = await tokensTo(invitee.email.toUpperCase());
    const joined = await accept(invitee, token);
    expect(joined).toMatchObject({ status: 200, body: { name: 'Acme', role: 'admin' } });
    expect(await roleOf(path, owner, invitee)).toBe('admin');
    expect((await call(invitee.token, `GET ${path}/invitations`)).body['data']).not.toContainEqual(made.body);
  });

  test('answers alike for a known and an unknown email, and reaches a user who registers later', async () => {
    const [known, unknown] = [(await guest()).email, `nobody-${Date.now()}@example.com`];
    const answers = [
      await invite(path, owner, { email: known }),
      await invite(path, owner, { email: unknown }),
    ];
    const shapes = answers.map(({ status, headers, body }) => [
      status,
      [...headers.keys()],
      Object.keys(body),
    ]);
    expect(shapes[1]).toEqual(shapes[0]);
    const registering = { email: unknown, password: 'Analytical-Engine-1843' };
    await app.call(undefined, 'POST /v1/auth/register', { body: registering });
    const newcomer = { token: await fixture.signIn(unknown, registering.password) };
    const [token = ''] = await tokensTo(unknown);
    expect(outcomeOf(await accept(newcomer, token))).toBe('403 email_not_verified');
    const verify = 'update identity.users set email_verified = true where email = $1';
    await app.db.asMigrator(statement(verify, [unknown]));
    expect(outcomeOf(await accept(newcomer, token))).toBe('200');
  });

  test('is kept as a hash, and its token is nowhere in the database once the mail is sent', async () => {
    const { token } = await createInvited();
    const dump = await app.db.asMigrator(
      statement<{ rows: string }>(
        `select (select json_agg(i)::text from accounts.invitations i) || (select json_agg(e)::text from audit.events e)
           || (select json_agg(m)::text from mail.messages m) || (select json_agg(j)::text from jobs.jobs j) as rows`,
      ),
    );
    expect(dump[0]?.rows).toContain('token_hash');
    expect(dump[0]?.rows).not.toContain(token);
  });

  test('is good once, also for two who come with it at once', async () => {
    const { invitee, token } = await createInvited();
    const answers = await Promise.all([accept(invitee, token), accept(invitee, token)]);
    expect(answers.map(outcomeOf).toSorted()).toEqual(['200', '404 not_found']);
    expect(outcomeOf(await accept(invitee, token))).toBe('404 not_found');
    expect(await roleOf(path, owner, invitee)).toBe('member');
  });

  test('is good for the email that it was sent to alone, and not for a token that was altered', async () => {
    const { invitee, token } = await createInvited();
    const other = await guest();
    expect(outcomeOf(await accept(other, token))).toBe('403 invitation_for_another');
    const altered = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
    for (const bad of [altered, token.slice(4), `${token}A`]) {
      expect(outcomeOf(await accept(invitee, bad))).toBe('404 not_found');
    }
    expect(await roleOf(path, owner, other)).toBeUndefined();
    expect(outcomeOf(await accept(invitee, token))).toBe('200');
  });

  test('that was revoked is worth nothing; revoked while it is accepted, one of the two happens', async () => {
    const { invitee, token, line } = await createInvited();
    expect(outcomeOf(await call(owner.token, `DELETE ${line}`))).toBe('200');
    expect(outcomeOf(await accept(invitee, token))).toBe('404 not_found');
    expect(outcomeOf(await call(owner.token, `DELETE ${line}`))).toBe('404 not_found');
    for (let round = 0; round < 4; round += 1) {
      const one = await createInvited();
      const [accepted, revoked] = await Promise.all([
        accept(one.invitee, one.token),
        call(owner.token, `DELETE ${one.line}`),
      ]);
      const isMember = (await roleOf(path, owner, one.invitee)) !== undefined;
      expect([outcomeOf(accepted), outcomeOf(revoked)]).toEqual(
        isMember ? ['200', '404 not_found'] : ['404 not_found', '200'],
      );
    }
  });

  test('that is sent anew has another token, and the one before is worth nothing', async () => {
    const { invitee, token, line } = await createInvited();
    expect(outcomeOf(await call(owner.token, `POST ${line}/resend`))).toBe('200');
    const tokens = await tokensTo(invitee.email);
    expect(tokens).toEqual([token, expect.not.stringMatching(token)]);
    expect(outcomeOf(await accept(invitee, token))).toBe('404 not_found');
    expect(outcomeOf(await accept(invitee, tokens[1] ?? ''))).toBe('200');
  });

  test('is the only open one of its email, and no member gets one', async () => {
    const { invitee, token } = await createInvited();
    expect(outcomeOf(await invite(path, owner, { email: invitee.email.toUpperCase() }))).toBe(
      '409 already_invited',
    );
    expect(outcomeOf(await accept(invitee, token))).toBe('200');
    expect(outcomeOf(await invite(path, owner, { email: invitee.email }))).toBe('409 already_member');
  });

  test('to an organization that is closed is worth nothing until that is opened again', async () => {
    const [maker, invitee] = [await guest(), await guest()];
    const closing = await organization(maker);
    await invite(closing, maker, { email: invitee.email });
    const [token = ''] = await tokensTo(invitee.email);
    await call(maker.token, `DELETE ${closing}`);
    expect(outcomeOf(await accept(invitee, token))).toBe('404 not_found');
    await call(maker.token, `POST ${closing}/restore`);
    expect(outcomeOf(await accept(invitee, token))).toBe('200');
  });

  test('to a user who has become a member otherwise changes nothing', async () => {
    const { invitee, token } = await createInvited('admin');
    await join(path, invitee, 'viewer');
    expect(outcomeOf(await accept(invitee, token))).toBe('409 already_member');
    expect(await roleOf(path, owner, invitee)).toBe('viewer');
  });
});

describe('who invites', () => {
  test('is an admin, and only an owner invites an owner, or has such an invitation sent anew or revoked', async () => {
    const [admin, viewer, member] = [await guest(), await guest(), await guest()];
    await join(path, admin, 'admin');
    await join(path, viewer, 'viewer');
    await join(path, member, 'member');
    for (const who of [viewer, member]) {
      expect(outcomeOf(await invite(path, who, { email: 'new@example.com' }))).toBe('403 forbidden');
      expect(outcomeOf(await call(who.token, `GET ${path}/invitations`))).toBe('403 forbidden');
    }
    expect(outcomeOf(await invite(path, admin, { email: 'new@example.com', role: 'owner' }))).toBe(
      '403 forbidden',
    );
    const { invitee, token, line } = await createInvited('owner');
    expect(outcomeOf(await call(admin.token, `DELETE ${line}`))).toBe('403 forbidden');
    expect(outcomeOf(await call(admin.token, `POST ${line}/resend`))).toBe('403 forbidden');
    expect(outcomeOf(await accept(invitee, token))).toBe('200');
    expect(await roleOf(path, owner, invitee)).toBe('owner');
  });

  test('is no key where a key could make somebody who may do more than it', async () => {
    const made = await app.call(owner.token, 'POST /v1/api-keys', {
      body: { name: 'narrow', scopes: ['account:write'] },
      headers: { 'x-account-id': path.split('/').at(-1) ?? '' },
    });
    const key = String(made.body['key']);
    const by = { ...owner, token: key };
    expect(outcomeOf(await invite(path, by, { email: 'by-key@example.com', role: 'member' }))).toBe('201');
    expect(outcomeOf(await invite(path, by, { email: 'admin@example.com', role: 'admin' }))).toBe(
      '403 forbidden',
    );
    const [member, other] = [await guest(), await guest()];
    await join(path, member, 'member');
    await join(path, other, 'owner');
    const line = `${path}/members/`;
    expect(outcomeOf(await call(key, `PATCH ${line}${member.userId}`, { role: 'admin' }))).toBe(
      '403 forbidden',
    );
    expect(outcomeOf(await call(key, `PATCH ${line}${other.userId}`, { role: 'viewer' }))).toBe(
      '403 forbidden',
    );
    expect(outcomeOf(await call(key, `DELETE ${line}${other.userId}`))).toBe('403 forbidden');
    expect(outcomeOf(await call(key, `DELETE ${line}${member.userId}`))).toBe('200');
  });

  test('fills no letter box: an address gets five invitations an hour, from whomever', async () => {
    const { email } = await guest();
    for (let n = 0; n < 5; n += 1) {
      const { body } = await invite(path, owner, { email });
      await call(owner.token, `DELETE ${path}/invitations/${String(body['id'])}`);
    }
    const elsewhere = await organization(owner);
    await forgetRates(app);
    const asked = await invite(elsewhere, owner, { email: email.toUpperCase() });
    expect(outcomeOf(asked)).toBe('429 invited_too_often');
    await advance(app.db, '61 minutes');
    expect(outcomeOf(await invite(elsewhere, owner, { email }))).toBe('201');
  });

  test('has a verified email', async () => {
    const admin = await guest();
    await join(path, admin, 'admin');
    const unverify = 'update identity.users set email_verified = false where user_id = $1';
    await app.db.asMigrator(statement(unverify, [admin.userId]));
    expect(outcomeOf(await invite(path, admin, { email: 'new@example.com' }))).toBe('403 email_not_verified');
  });

  test('may be gone when it is accepted', async () => {
    const [admin, invitee] = [await guest(), await guest()];
    await join(path, admin, 'admin');
    await invite(path, admin, { email: invitee.email });
    const [token = ''] = await tokensTo(invitee.email);
    expect(outcomeOf(await call(owner.token, `DELETE ${path}/members/${admin.userId}`))).toBe('200');
    expect(outcomeOf(await accept(invitee, token))).toBe('200');
  });

  test('brings no link of their own into the mail', async () => {
    const invitee = await guest();
    const name = 'Free https://evil.example/prize now at www.evil.example or evil.example/x\u2028Bcc';
    const { body } = await call(owner.token, 'POST /v1/organizations', { name });
    await invite(`/v1/organizations/${String(body['id'])}`, owner, { email: invitee.email });
    const mail = (await app.outbox()).find(({ to }) => to === invitee.email);
    expect(`${mail?.subject}${mail?.text}${mail?.html}`).not.toContain('evil');
    expect(mail?.text).toContain(owner.email);
  });
});

test('after seven days an invitation is over, and the email can be invited again', async () => {
  const { invitee, token } = await createInvited();
  await advance(app.db, '7 days');
  expect(outcomeOf(await accept(invitee, token))).toBe('410 invitation_expired');
  const listed = await call(owner.token, `GET ${path}/invitations`);
  expect(listed.body['data']).toContainEqual(
    expect.objectContaining({ email: invitee.email, status: 'expired' }),
  );
  expect(outcomeOf(await invite(path, owner, { email: invitee.email }))).toBe('201');
  const tokens = await tokensTo(invitee.email);
  expect(outcomeOf(await accept(invitee, token))).toBe('404 not_found');
  expect(outcomeOf(await accept(invitee, tokens[1] ?? ''))).toBe('200');
});

test('a month after it was over an invitation is forgotten, and no sooner', async () => {
  const { invitee } = await createInvited();
  const { prune } = app.app.modules.accounts.invitations;
  const kept = statement('select from accounts.invitations where lower(email) = lower($1)', [invitee.email]);
  await advance(app.db, '36 days');
  await prune();
  expect(await app.db.asMigrator(kept)).toHaveLength(1);
  await advance(app.db, '2 days');
  await prune();
  expect(await app.db.asMigrator(kept)).toHaveLength(0);
});
