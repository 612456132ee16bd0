import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { Guest } from '../organizations/fixture.ts';
import { type Company, openFixture, outcomeOf } from './fixture.ts';
import { openProvider } from '@plinth/testkit/services/provider';

const fixture = await openFixture();
const { app, call, company, join, logIn, person, provider, setUp, signIn, trail } = fixture;

const rowOf = (sql: string, ...values: string[]) => app.db.asMigrator(statement(sql, values));
const moveTo = ({ userId }: Guest, email: string) =>
  rowOf('update identity.users set email = $2 where user_id = $1', userId, email);
const makeRole = ({ path, owner }: Company, { userId }: Guest, role: string) =>
  call(owner.token, `PATCH ${path}/members/${userId}`, { role });

/** A company that requires single sign-on, and one of its members, who has come by it. */
async function strictCompany(): Promise<{ acme: Company; ada: Guest; token: string }> {
  const acme = await company();
  const ada = await person(`ada@${acme.domain}`);
  await join(acme.path, ada, 'member');
  const token = await signIn(acme, ada.email);
  expect(outcomeOf(await setUp(acme, { enforced: true }))).toBe('200');
  return { acme, ada, token };
}

async function refreshTokenOf({ email }: Guest): Promise<unknown> {
  return (await logIn(email)).body['refresh_token'];
}
const refresh = (refresh_token: unknown) =>
  app.call(undefined, 'POST /v1/auth/refresh', { body: { refresh_token } });

describe('who is bound by a company that requires single sign-on', () => {
  test('is no admin of the platform, for whom no provider speaks', async () => {
    const { acme } = await strictCompany();
    const root = await person(`root@${acme.domain}`);
    await join(acme.path, root, 'member');
    expect(outcomeOf(await logIn(root.email))).toBe('403 sso_required');
    await rowOf(`update identity.users set role = 'admin' where user_id = $1`, root.userId);
    expect(outcomeOf(await logIn(root.email))).toBe('200');
  });

  test('does not come by the provider of another one', async () => {
    const { acme, ada } = await strictCompany();
    const other = await company();
    const there = `ada@${other.domain}`;
    await moveTo(ada, there);
    expect(await signIn(other, there)).toBe('403 sso_required');
    await makeRole(acme, ada, 'owner');
    expect(await signIn(other, there)).toMatch(/^ey/);
    expect(await trail(acme, 'sso.bypassed')).toHaveLength(1);
  });

  test('and was not when they took their address elsewhere is free again once an admin forgets their link', async () => {
    const { acme, ada } = await strictCompany();
    const elsewhere = `ada@${fixture.newDomain()}`;
    await moveTo(ada, elsewhere);
    expect(outcomeOf(await logIn(elsewhere))).toBe('403 sso_required');
    await call(acme.owner.token, `DELETE ${acme.path}/sso/links/${ada.userId}`);
    expect(outcomeOf(await logIn(elsewhere))).toBe('200');
  });

  test('takes their address to no other domain than its own', async () => {
    const { acme, ada, token } = await strictCompany();
    const second = await fixture.proven(acme);
    const elsewhere = await changeTo(token, `ada@${fixture.newDomain()}`);
    expect(outcomeOf(elsewhere)).toBe('409 conflict');
    expect(JSON.stringify(elsewhere.body)).toContain('Acme requires single sign-on');
    expect(await signIn(acme, ada.email)).toMatch(/^ey/);
    expect(outcomeOf(await changeTo(token, `ada@${second}`))).toBe('200');
    expect(await signIn(acme, `ada@${acme.domain}`)).toMatch(/^ey/);
    await setUp(acme, { enforced: false });
    expect(outcomeOf(await changeTo(token, `ada@${fixture.newDomain()}`))).toBe('200');
  });

  test('is outside at the next refresh: who joins later, and who is no owner any more', async () => {
    const { acme } = await strictCompany();
    const [later, boss] = [await person(`later@${acme.domain}`), await person(`boss@${acme.domain}`)];
    await join(acme.path, boss, 'owner');
    const [theirs, bosses] = [await refreshTokenOf(later), await refreshTokenOf(boss)];
    const again = await refresh(theirs);
    expect(again.status).toBe(200);
    await join(acme.path, later, 'member');
    expect(outcomeOf(await refresh(again.body['refresh_token']))).toBe('401 unauthenticated');
    const bossAgain = await refresh(bosses);
    expect(bossAgain.status).toBe(200);
    expect(await trail(acme, 'sso.bypassed')).toHaveLength(1);
    await makeRole(acme, boss, 'member');
    expect(outcomeOf(await refresh(bossAgain.body['refresh_token']))).toBe('401 unauthenticated');
  });
});

/** Asks for another address, and uses the link that goes there. */
async function changeTo(token: string, email: string) {
  const asked = await call(token, 'POST /v1/auth/change-email', {
    email,
    password: 'Analytical-Engine-1843',
  });
  expect(outcomeOf(asked)).toBe('202');
  const mails = (await app.outbox()).filter(({ to }) => to === email);
  const link = /ple_[\w-]{43}/.exec(mails.at(-1)?.text ?? '')?.[0];
  return app.call(undefined, 'POST /v1/auth/verify-email', { body: { token: link } });
}

/** A user signed in by the provider, and by their password besides. */
async function twiceSignedIn() {
  const acme = await company();
  const ada = await person(`ada@${acme.domain}`);
  return { acme, ada, token: await signIn(acme, ada.email) };
}
const getMe = async (token: string) => outcomeOf(await call(token, 'GET /v1/me'));

describe('sessions that a provider has opened end', () => {
  test('with single sign-on, and with another provider; what was opened otherwise goes on', async () => {
    const another = await openProvider();
    const ways: ((acme: Company) => Promise<unknown>)[] = [
      (acme) => call(acme.owner.token, `DELETE ${acme.path}/sso`),
      (acme) => setUp(acme, { provider: another }),
    ];
    for (const end of ways) {
      const { acme, ada, token } = await twiceSignedIn();
      await setUp(acme, { default_role: 'viewer' });
      expect(await getMe(token)).toBe('200');
      await end(acme);
      expect(await getMe(token)).toBe('401 unauthenticated');
      expect(await getMe(ada.token)).toBe('200');
    }
  });

  test('with the link of a user, and of nobody else', async () => {
    const { acme, ada, token } = await twiceSignedIn();
    const grace = await signIn(acme, `grace@${acme.domain}`);
    await call(acme.owner.token, `DELETE ${acme.path}/sso/links/${ada.userId}`);
    expect(await getMe(token)).toBe('401 unauthenticated');
    expect([await getMe(ada.token), await getMe(grace)]).toEqual(['200', '200']);
  });
});

describe.runIf(app.db.engine === 'postgres')('an issuer', () => {
  test('is one however it is written, and never the address of a discovery document', async () => {
    const acme = await company();
    await signIn(acme, `grace@${acme.domain}`);
    const { port } = new URL(provider.url);
    for (const url of [`${provider.url}/`, `HTTP://127.1:${port}`]) {
      const stored = await setUp(acme, { provider: { ...provider, url } });
      expect(stored.body).toMatchObject({ issuer: provider.url, proven_at: expect.any(String) });
    }
    for (const path of ['/.well-known/openid-configuration', '\\.well-known\\x', '/?at=/.well-known/x']) {
      const url = `${provider.url}${path}`;
      expect(outcomeOf(await setUp(acme, { provider: { ...provider, url } }))).toBe('400 validation_failed');
    }
  });
});
