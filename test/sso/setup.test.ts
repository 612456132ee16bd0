import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { Guest } from '../organizations/fixture.ts';
import { type Company, openFixture, outcomeOf } from './fixture.ts';
import { openProvider } from '@plinth/testkit/services/provider';

const fixture = await openFixture();
const { app, call, company, person, provider, setUp, signIn, trail } = fixture;

/** A company that requires single sign-on, with a member who has used it. */
async function strictCompany(): Promise<Company> {
  const acme = await company();
  await signIn(acme, `first@${acme.domain}`);
  expect(outcomeOf(await setUp(acme, { enforced: true }))).toBe('200');
  return acme;
}
const listBypassed = (acme: Company) => trail(acme, 'sso.bypassed');

describe('who sets it up', () => {
  test('is an owner: admins read, members and strangers do not', async () => {
    const acme = await company();
    const [admin, member, stranger] = [await fixture.guest(), await fixture.guest(), await fixture.guest()];
    await fixture.join(acme.path, admin, 'admin');
    await fixture.join(acme.path, member, 'member');
    const tryAll = async (of: Guest) => [
      outcomeOf(await call(of.token, `GET ${acme.path}/sso`)),
      outcomeOf(await setUp({ ...acme, owner: of })),
      outcomeOf(await call(of.token, `DELETE ${acme.path}/sso`)),
    ];
    expect(await tryAll(admin)).toEqual(['200', '403 forbidden', '403 forbidden']);
    expect(await tryAll(member)).toEqual(['403 forbidden', '403 forbidden', '403 forbidden']);
    expect(await tryAll(stranger)).toEqual(['404 not_found', '404 not_found', '404 not_found']);
  });

  test('has proven lately who they are', async () => {
    const acme = await company();
    const { userId } = acme.owner;
    const old = `update identity.sessions set proven_at = proven_at - interval '16 minutes' where user_id = $1`;
    await app.db.asMigrator(statement(old, [userId]));
    const asked = [
      await setUp(acme),
      await call(acme.owner.token, `DELETE ${acme.path}/sso`),
      await fixture.claim(acme, fixture.newDomain()),
      await call(acme.owner.token, `DELETE ${acme.path}/sso/domains/${acme.domain}`),
      await call(acme.owner.token, `DELETE ${acme.path}/sso/links/${userId}`),
    ];
    expect(asked.map(outcomeOf)).toEqual(asked.map(() => '403 step_up_required'));
  });

  test('tells it to all owners by mail, and finds it in the audit without the secret', async () => {
    const acme = await company();
    const mails = (await app.outbox()).filter(({ to }) => to === acme.owner.email);
    expect(mails.map(({ text }) => text).join()).toContain('Single sign-on was set up.');
    const { body } = await call(acme.owner.token, `GET ${acme.path}/audit?action=sso.configured`);
    expect(JSON.stringify(body)).toContain(provider.url);
    expect(JSON.stringify(body)).not.toContain(provider.clientSecret);
  });

  test('never gets the secret back; it is sealed, and belongs to one issuer and client', async () => {
    const acme = await company();
    const read = await call(acme.owner.token, `GET ${acme.path}/sso`);
    expect(JSON.stringify(read.body)).not.toContain(provider.clientSecret);
    const stored = await app.db.asMigrator(
      statement<{ sealed_secret: string }>(
        'select sealed_secret from sso.connections where account_id = $1',
        [acme.id],
      ),
    );
    expect(stored[0]?.sealed_secret).toMatch(/^ps1\./);
    const { issuer, client_id, enforced, provisions, default_role } = read.body;
    const same = { issuer, client_id, enforced, provisions, default_role };
    expect(outcomeOf(await call(acme.owner.token, `PUT ${acme.path}/sso`, same))).toBe('200');
    expect(await signIn(acme, `grace@${acme.domain}`)).toMatch(/^ey/);
    const other = { ...same, client_id: 'another' };
    expect(outcomeOf(await call(acme.owner.token, `PUT ${acme.path}/sso`, other))).toBe(
      '400 validation_failed',
    );
  });

  test('can not name a provider inside our own network, or one without TLS', async () => {
    const acme = await company();
    const issuers = [
      'http://10.0.0.1',
      'https://169.254.169.254',
      'https://[::ffff:10.0.0.1]',
      'http://example.com',
    ];
    for (const issuer of issuers)
      expect(outcomeOf(await setUp(acme, { provider: { ...provider, url: issuer } }))).toBe(
        '400 validation_failed',
      );
  });
});

test('who has proven no address lets nobody in by a provider: its owner may come for it one day', async () => {
  const acme = await company();
  const ada = await person(`ada@${acme.domain}`, false);
  await fixture.join(acme.path, ada, 'owner');
  expect(outcomeOf(await setUp({ ...acme, owner: ada }, {}))).toBe('403 email_not_verified');
});

describe('a company can require single sign-on', () => {
  test('once somebody has come by it as it is, and a domain is proven', async () => {
    const acme = await company();
    expect(outcomeOf(await setUp(acme, { enforced: true }))).toBe('409 sso_unproven');
    await signIn(acme, `first@${acme.domain}`);
    const other = await openProvider();
    expect(outcomeOf(await setUp(acme, { enforced: true, provider: other }))).toBe('409 sso_unproven');
    expect(outcomeOf(await setUp(acme, { enforced: true }))).toBe('200');
    const bare = await company();
    await signIn(bare, `first@${bare.domain}`);
    await call(bare.owner.token, `DELETE ${bare.path}/sso/domains/${bare.domain}`);
    expect(outcomeOf(await setUp(bare, { enforced: true }))).toBe('409 sso_unproven');
  });

  test('members come by it or not at all; what they had opened otherwise is closed, their keys go on', async () => {
    const acme = await company();
    const ada = await person(`ada@${acme.domain}`);
    await fixture.join(acme.path, ada, 'member');
    const key = await call(ada.token, 'POST /v1/api-keys', { name: 'k', scopes: ['account:read'] });
    const token = await signIn(acme, ada.email);
    await setUp(acme, { enforced: true });
    expect(outcomeOf(await call(ada.token, 'GET /v1/me'))).toBe('401 unauthenticated');
    expect(outcomeOf(await call(token, 'GET /v1/me'))).toBe('200');
    expect(outcomeOf(await call(String(key.body['key']), 'GET /v1/me'))).toBe('200');
    expect(outcomeOf(await fixture.logIn(ada.email))).toBe('403 sso_required');
    expect(await signIn(acme, ada.email)).toMatch(/^ey/);
  });

  test('owners of its domain get in by their password when the provider is away, and the audit says so', async () => {
    const acme = await strictCompany();
    const boss = await person(`boss@${acme.domain}`);
    await fixture.join(acme.path, boss, 'owner');
    expect(await listBypassed(acme)).toEqual([]);
    expect(outcomeOf(await fixture.logIn(boss.email))).toBe('200');
    expect(await listBypassed(acme)).toEqual(['sso.bypassed']);
  });

  test('a member who takes their address elsewhere does not get round it', async () => {
    const acme = await company();
    const ada = await person(`ada@${acme.domain}`);
    await fixture.join(acme.path, ada, 'member');
    await signIn(acme, ada.email);
    await setUp(acme, { enforced: true });
    const elsewhere = `ada@${fixture.newDomain()}`;
    const moved = 'update identity.users set email = $2 where user_id = $1';
    await app.db.asMigrator(statement(moved, [ada.userId, elsewhere]));
    expect(outcomeOf(await fixture.logIn(elsewhere))).toBe('403 sso_required');
    expect(await signIn(acme, ada.email)).toBe('sso_refused');
    await call(acme.owner.token, `DELETE ${acme.path}/members/${ada.userId}`);
    expect(outcomeOf(await fixture.logIn(elsewhere))).toBe('200');
  });

  test('it binds nobody else: members of another domain, and people of its domain who are no members', async () => {
    const acme = await strictCompany();
    const [guest, stranger] = [
      await person(`ada@${fixture.newDomain()}`),
      await person(`ada@${acme.domain}`),
    ];
    await fixture.join(acme.path, guest, 'admin');
    expect(outcomeOf(await fixture.logIn(guest.email))).toBe('200');
    expect(outcomeOf(await fixture.logIn(stranger.email))).toBe('200');
  });

  test('a domain that is proven later binds its members from then on', async () => {
    const acme = await strictCompany();
    const domain = fixture.newDomain();
    const ada = await person(`ada@${domain}`);
    await fixture.join(acme.path, ada, 'member');
    expect(outcomeOf(await call(ada.token, 'GET /v1/me'))).toBe('200');
    await fixture.proven(acme, domain);
    expect(outcomeOf(await call(ada.token, 'GET /v1/me'))).toBe('401 unauthenticated');
    expect(outcomeOf(await fixture.logIn(ada.email))).toBe('403 sso_required');
  });

  test('a wrong password is no way to find out', async () => {
    const acme = await strictCompany();
    const ada = await person(`ada@${acme.domain}`);
    await fixture.join(acme.path, ada, 'member');
    const body = { email: ada.email, password: 'not the right one' };
    expect(outcomeOf(await app.call(undefined, 'POST /v1/auth/login', { body }))).toBe(
      '401 invalid_credentials',
    );
  });
});

describe.runIf(app.db.engine === 'postgres')('the start of a sign-in', () => {
  const body = { return_to: 'http://localhost:4000/signed-in', code_challenge: 'c'.repeat(43) };

  test('finds the organization by the domain of an address', async () => {
    const acme = await company();
    await person(`ada@${acme.domain}`);
    const urls = [];
    for (const name of ['ada', 'nobody']) {
      const email = `${name}@${acme.domain.toUpperCase()}`;
      const started = await app.call(undefined, 'POST /v1/auth/sso/start', { body: { ...body, email } });
      urls.push(String(started.body['url']));
    }
    expect(urls[0]).toBe(urls[1]);
    expect(urls[0]).toContain(`/v1/auth/sso/${acme.id}?`);
  });

  test('is 404 where there is none: another domain, one that is not proven, no such organization, nothing said', async () => {
    const acme = await company();
    const claimed = fixture.newDomain();
    await fixture.claim(acme, claimed);
    for (const asked of [
      { email: `ada@${fixture.newDomain()}` },
      { email: `ada@${claimed}` },
      { organization: acme.owner.userId },
      {},
    ]) {
      const started = await app.call(undefined, 'POST /v1/auth/sso/start', { body: { ...body, ...asked } });
      expect(outcomeOf(started)).toBe('404 sso_unconfigured');
    }
  });

  test('sends nobody back to where this server does not know', async () => {
    const acme = await company();
    const sent = await fixture.open(
      `${app.url}/v1/auth/sso/${acme.id}?return_to=https://evil.example/&code_challenge=${'c'.repeat(43)}`,
    );
    expect(sent.status).toBe(400);
  });
});
