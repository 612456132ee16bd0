import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { UserId } from '#platform/kernel';
import { suspendUser } from '@plinth/testkit/factories';
import { type Company, openFixture } from './fixture.ts';
import { openProvider } from '@plinth/testkit/services/provider';

const fixture = await openFixture();
const { app, call, company, person, provider, roleOf, setUp, signIn, trail } = fixture;

interface Me {
  readonly id: UserId;
  readonly email: string;
}

/** The user of a token. */
async function getMe(token: string): Promise<Me> {
  const { body } = await call(token, 'GET /v1/me');
  return body as unknown as Me;
}
/** A user's role in a company; undefined: they are no member. */
async function roleAt({ path, owner }: Company, token: string): Promise<unknown> {
  return roleOf(path, owner, { userId: (await getMe(token)).id, email: '', token });
}
const countUsers = async (email: string) =>
  (await app.db.asMigrator(statement('select from identity.users where email = $1', [email]))).length;

describe('somebody of a company', () => {
  test('signs in by its provider: made a user and a member, without a password, and acting for it', async () => {
    const acme = await company({ default_role: 'viewer' });
    const email = `grace@${acme.domain}`;
    const token = await signIn(acme, email);
    expect(await getMe(token)).toMatchObject({ email, default_account_id: acme.id });
    expect(await roleAt(acme, token)).toBe('viewer');
    expect(await fixture.logIn(email)).toMatchObject({ status: 401 });
    expect(await trail(acme)).toContain('sso.linked');
    expect(await trail(acme, 'member.joined')).toHaveLength(1);
  });

  test('is the same user whenever they come, also when their address there has become another of its domain', async () => {
    const acme = await company();
    const [before, after] = [`grace@${acme.domain}`, `hopper@${acme.domain}`];
    const { id } = await getMe(await signIn(acme, before));
    const { subject } = provider.person(before);
    provider.person(after, { subject });
    expect(await getMe(await signIn(acme, after))).toMatchObject({ id, email: before });
    expect(await countUsers(after)).toBe(0);
    expect(await getMe(await signIn(acme, before))).toMatchObject({ id });
  });

  test('is the same user too when their address there has become one of another proven domain', async () => {
    const acme = await company();
    const domain = await fixture.proven(acme);
    const [before, after] = [`grace@${acme.domain}`, `grace@${domain}`];
    const { id } = await getMe(await signIn(acme, before));
    provider.person(after, { subject: provider.person(before).subject });
    expect(await getMe(await signIn(acme, after))).toMatchObject({ id, email: before });
  });

  test('who has registered and verified the address keeps what they have', async () => {
    const acme = await company();
    const ada = await person(`ada@${acme.domain}`);
    const token = await signIn(acme, ada.email.toUpperCase());
    expect(await getMe(token)).toMatchObject({ id: ada.userId });
    expect(await roleAt(acme, token)).toBe('member');
  });

  test('who was known here before hears once, by mail, that there is another way in; who is new does not', async () => {
    const acme = await company();
    const ada = await person(`ada@${acme.domain}`);
    const grace = `grace@${acme.domain}`;
    for (const email of [ada.email, ada.email, grace]) expect(await signIn(acme, email)).toMatch(/^ey/);
    const told = (await app.outbox()).filter(({ subject }) =>
      subject.includes('can be signed in to by Acme'),
    );
    expect(told.filter(({ to }) => [ada.email, grace].includes(to)).map(({ to }) => to)).toEqual([ada.email]);
  });

  test('takes over an unverified account with their address, and removes its other ways in', async () => {
    const acme = await company();
    const squatter = await person(`ada@${acme.domain}`, false);
    expect(await getMe(squatter.token)).toMatchObject({ id: squatter.userId });
    const token = await signIn(acme, squatter.email);
    expect(await getMe(token)).toMatchObject({ id: squatter.userId, email: squatter.email });
    expect((await call(squatter.token, 'GET /v1/me')).status).toBe(401);
    expect(await fixture.logIn(squatter.email)).toMatchObject({ status: 401 });
    const mails = (await app.outbox()).filter(({ to }) => to === squatter.email);
    expect(mails.at(-1)?.subject).toBe('The account with your address is yours now');
    expect(mails.at(-1)?.text).toContain('you signed in by Acme');
  });

  test('stays outside where nobody is made a member by it, unless they are one', async () => {
    const acme = await company({ provisions: false });
    const [ada, grace] = [await person(`ada@${acme.domain}`), `grace@${acme.domain}`];
    await fixture.join(acme.path, ada, 'admin');
    expect(await signIn(acme, grace)).toBe('sso_not_a_member');
    expect(await countUsers(grace)).toBe(0);
    const token = await signIn(acme, ada.email);
    expect(await roleAt(acme, token)).toBe('admin');
  });

  test('who was removed does not come back by themselves, until an admin forgets whom the provider means', async () => {
    const acme = await company();
    const email = `grace@${acme.domain}`;
    const { id } = await getMe(await signIn(acme, email));
    await call(acme.owner.token, `DELETE ${acme.path}/members/${id}`);
    expect(await signIn(acme, email)).toBe('sso_not_a_member');
    expect(await call(acme.owner.token, `DELETE ${acme.path}/sso/links/${id}`)).toMatchObject({
      status: 200,
    });
    expect(await call(acme.owner.token, `DELETE ${acme.path}/sso/links/${id}`)).toMatchObject({
      status: 404,
    });
    expect(await getMe(await signIn(acme, email))).toMatchObject({ id });
  });

  test('is outside a day later, unless the provider lets them in again', async () => {
    const acme = await company();
    const trip = await fixture.depart(acme, `grace@${acme.domain}`);
    const { body } = await fixture.exchange(await fixture.codeOf(trip), trip.verifier);
    const refresh = (refresh_token: unknown) =>
      app.call(undefined, 'POST /v1/auth/refresh', { body: { refresh_token } });
    const again = await refresh(body['refresh_token']);
    expect(again.status).toBe(200);
    const sql = `update identity.sessions set created_at = created_at - interval '24 hours' where method = 'sso'`;
    await app.db.asMigrator(statement(sql));
    expect(await refresh(again.body['refresh_token'])).toMatchObject({ status: 401 });
  });

  test('is asked for a second factor here, even after the provider’s', async () => {
    const acme = await company();
    const { id } = await getMe(await signIn(acme, `grace@${acme.domain}`));
    const secret = app.app.modules.secrets.seal('GEZDGNBVGY3TQOJQ', `identity.totp.secret/${id}`);
    const sql = 'insert into identity.totp (user_id, secret, confirmed_at) values ($1, $2, app.now())';
    await app.db.asMigrator(statement(sql, [id, secret]));
    const trip = await fixture.depart(acme, `grace@${acme.domain}`);
    const { body } = await fixture.exchange(await fixture.codeOf(trip), trip.verifier);
    expect(body).toMatchObject({ mfa_required: true, methods: ['totp'] });
    expect(body).not.toHaveProperty('access_token');
  });

  test('is one user, however many of their tabs come for the first time at once', async () => {
    const acme = await company();
    const email = `grace@${acme.domain}`;
    const tokens = await Promise.all([signIn(acme, email), signIn(acme, email), signIn(acme, email)]);
    const ids = await Promise.all(tokens.map(async (token) => (await getMe(token)).id));
    expect(new Set(ids).size).toBe(1);
    expect(await trail(acme, 'member.joined')).toHaveLength(1);
  });
});

describe('a provider does not speak for', () => {
  test('an address outside the proven domains of its own organization', async () => {
    const [acme, other] = [await company(), await company()];
    const theirs = await person(`ada@${other.domain}`);
    await fixture.join(acme.path, theirs, 'member');
    const claimed = fixture.newDomain();
    await fixture.claim(acme, claimed);
    const foreign = [
      theirs.email,
      other.owner.email,
      `grace@${other.domain}`,
      `grace@${claimed}`,
      `grace@mail.${acme.domain}`,
      `grace@${acme.domain}.example`,
      `grace@${other.domain}@${acme.domain}x`,
      'somebody@gmail.com',
    ];
    for (const email of foreign) {
      expect(await signIn(acme, email)).toBe('sso_refused');
      expect(await countUsers(email)).toBe([theirs.email, other.owner.email].includes(email) ? 1 : 0);
    }
    expect(await trail(acme, 'sso.refused')).toHaveLength(foreign.length);
  });

  test('an address that it says itself is not verified', async () => {
    const acme = await company();
    const email = `grace@${acme.domain}`;
    provider.person(email, { emailVerified: false });
    expect(await signIn(acme, email)).toBe('sso_refused');
  });

  test('a user whose address here is no longer in the domain, though the provider says otherwise', async () => {
    const acme = await company();
    const email = `grace@${acme.domain}`;
    const { id } = await getMe(await signIn(acme, email));
    const moved = `update identity.users set email = $2 where user_id = $1`;
    await app.db.asMigrator(statement(moved, [id, `grace-${id}@example.org`]));
    expect(await signIn(acme, email)).toBe('sso_refused');
    expect(await countUsers(email)).toBe(0);
  });

  test('the new owner of an address that was another’s before', async () => {
    const acme = await company();
    const email = `grace@${acme.domain}`;
    await signIn(acme, email);
    provider.person(email, { subject: 'another person' });
    expect(await signIn(acme, email)).toBe('sso_refused');
  });

  test('an admin of the platform', async () => {
    const acme = await company();
    const { email, userId } = await person(`root@${acme.domain}`);
    await app.db.asMigrator(
      statement(`update identity.users set role = 'admin' where user_id = $1`, [userId]),
    );
    expect(await signIn(acme, email)).toBe('sso_refused');
  });

  test('a suspended user, also when they are suspended while they are under way', async () => {
    const acme = await company();
    const email = `grace@${acme.domain}`;
    const { id } = await getMe(await signIn(acme, email));
    const trip = await fixture.depart(acme, email);
    const code = await fixture.codeOf(trip);
    await suspendUser(app.db, id);
    expect(await fixture.exchange(code, trip.verifier)).toMatchObject({ status: 403 });
    expect(await signIn(acme, email)).toBe('user_suspended');
  });

  test('people of another organization that uses the same provider', async () => {
    const shared = await openProvider();
    const [acme, other] = [await company({ provider: shared }), await company({ provider: shared })];
    const email = `grace@${other.domain}`;
    const { id } = await getMe(await signIn(other, email, shared));
    expect(await signIn(acme, email, shared)).toBe('sso_refused');
    await setUp(acme, { provider });
    expect(await getMe(await signIn(other, email, shared))).toMatchObject({ id });
  });
});
