import { beforeAll, describe, expect, test } from 'vitest';
import { createSso } from '#platform/sso';
import { advance } from '@plinth/testkit/factories';
import { type Company, openFixture, outcomeOf } from './fixture.ts';
import { openProvider } from '@plinth/testkit/services/provider';

const fixture = await openFixture();
const { app, arrive, call, codeOf, company, depart, exchange, provider, setUp, trail } = fixture;
const NOT_GOOD = '401 sign_in_failed';

describe('a browser that comes back', () => {
  test('is let in once by what it brings, also of two at once', async () => {
    const acme = await company();
    const trip = await depart(acme, `grace@${acme.domain}`);
    const both = await Promise.all([arrive(trip), arrive(trip)]);
    expect(both.filter((one) => one === NOT_GOOD)).toHaveLength(1);
    const [code = ''] = both.flatMap((one) => (typeof one === 'string' ? [] : [one.get('code') ?? '']));
    expect(await arrive(trip)).toBe(NOT_GOOD);
    expect(await exchange(code, 'a'.repeat(43))).toMatchObject({ status: 401 });
    const twice = await Promise.all([exchange(code, trip.verifier), exchange(code, trip.verifier)]);
    expect(twice.map(outcomeOf).toSorted()).toEqual(['200', NOT_GOOD]);
  });

  test('is not let in with an altered state, with another’s cookie or none, nor at another organization', async () => {
    const [acme, other] = [await company(), await company()];
    const trip = await depart(acme, `grace@${acme.domain}`);
    const { cookie } = await depart(acme, `grace@${acme.domain}`);
    const altered = new URL(trip.back);
    altered.searchParams.set('state', `${trip.back.searchParams.get('state')}x`);
    const elsewhere = new URL(trip.back);
    elsewhere.pathname = elsewhere.pathname.replace(acme.id, other.id);
    for (const wrong of [
      { ...trip, back: altered },
      { ...trip, cookie },
      { ...trip, cookie: '' },
      { ...trip, back: elsewhere },
    ])
      expect(await arrive(wrong)).toBe(NOT_GOOD);
    expect(await codeOf(trip)).toMatch(/^plo_/);
  });

  test('is not let in after ten minutes, nor by a code after one', async () => {
    const acme = await company();
    const [late, later] = [
      await depart(acme, `grace@${acme.domain}`),
      await depart(acme, `grace@${acme.domain}`),
    ];
    const code = await codeOf(late);
    await advance(app.db, '61 seconds');
    expect(await exchange(code, late.verifier)).toMatchObject({ status: 401 });
    await advance(app.db, '10 minutes');
    expect(await arrive(later)).toBe(NOT_GOOD);
  });

  test('is told where it began what the provider or its person said no to', async () => {
    const acme = await company();
    const arrived = await arrive(await depart(acme, undefined));
    expect(String(arrived)).toBe('error=sign_in_canceled');
  });
});

describe('while somebody is under way', () => {
  test('single sign-on ends: nobody is let in, at the provider or on the way back', async () => {
    const acme = await company();
    const email = `grace@${acme.domain}`;
    const [there, back] = [await depart(acme, email), await depart(acme, email)];
    const code = await codeOf(back);
    expect(await call(acme.owner.token, `DELETE ${acme.path}/sso`)).toMatchObject({ status: 200 });
    expect(await arrive(there)).toBe('404 sso_unconfigured');
    expect(outcomeOf(await exchange(code, back.verifier))).toBe(NOT_GOOD);
    await setUp(acme);
    expect(await arrive(there)).toBe(NOT_GOOD);
  });

  test('it is set up otherwise: a sign-in begun before begins anew', async () => {
    const acme = await company();
    const trip = await depart(acme, `grace@${acme.domain}`);
    await setUp(acme, { default_role: 'viewer' });
    expect(await arrive(trip)).toBe(NOT_GOOD);
  });

  test('the domain is given up: nobody is let in, at the provider or on the way back', async () => {
    const acme = await company();
    const email = `grace@${acme.domain}`;
    const [there, back] = [await depart(acme, email), await depart(acme, email)];
    const code = await codeOf(back);
    await call(acme.owner.token, `DELETE ${acme.path}/sso/domains/${acme.domain}`);
    expect(String(await arrive(there))).toBe('error=sso_refused');
    expect(outcomeOf(await exchange(code, back.verifier))).toBe(NOT_GOOD);
  });

  test('the organization is closed: there is nothing to sign in to', async () => {
    const acme = await company();
    const trip = await depart(acme, `grace@${acme.domain}`);
    await call(acme.owner.token, `DELETE ${acme.path}`);
    expect(await arrive(trip)).toBe('404 sso_unconfigured');
  });
});

// What a provider gets wrong is the same to every database.
describe.runIf(app.db.engine === 'postgres')('a provider', () => {
  let acme: Company;
  beforeAll(async () => {
    acme = await company();
  });

  test.each([
    'wrong nonce',
    'no nonce',
    'wrong audience',
    'wrong issuer',
    'expired',
    'not signed by us',
    'unsigned',
  ] as const)('whose ID token has this wrong lets nobody in: %s', async (fault) => {
    const trip = await depart(acme, `grace@${acme.domain}`);
    provider.faults.tokens(fault);
    expect(String(await arrive(trip))).toBe('error=sign_in_failed');
    expect((await trail(acme, 'sso.refused')).length).toBeGreaterThan(0);
  });

  test('that fails, answers without end, breaks off or leads elsewhere is told to be away, and another is tried', async () => {
    for (const fault of [{ status: 500 }, 'reset', 'endless'] as const) {
      const trip = await depart(acme, `grace@${acme.domain}`);
      provider.faults.at('token', fault);
      expect(String(await arrive(trip))).toBe('error=sign_in_unavailable');
    }
    const trip = await depart(acme, `grace@${acme.domain}`);
    provider.faults.at('jwks', 'redirect');
    expect(String(await arrive(trip))).toBe('error=sign_in_failed');
  });

  test('that keeps silent holds nobody for longer than is said', async () => {
    const silent = await openProvider();
    await setUp(acme, { provider: silent });
    const { modules } = app.app;
    const impatient = createSso({
      ...modules,
      baseUrl: app.url,
      dnsServers: [],
      allowLoopback: true,
      log: modules.telemetry.logger,
      patience: 50,
    });
    silent.faults.at('discovery', 'hang');
    const asked = { returnTo: 'http://localhost:4000/signed-in', codeChallenge: 'c', cookie: undefined };
    await expect(impatient.signIn.redirect(acme.id, asked)).rejects.toMatchObject({
      code: 'sign_in_unavailable',
    });
  });

  test('that names places inside our own network, or what a browser would run, is not asked', async () => {
    const evil = await openProvider();
    for (const [name, place, told] of [
      ['token_endpoint', 'http://10.0.0.1/token', 'error=sign_in_unavailable'],
      ['jwks_uri', 'https://169.254.169.254/latest/meta-data', 'error=sign_in_unavailable'],
    ] as const) {
      evil.metadata[name] = place;
      await setUp(acme, { provider: evil });
      expect(String(await arrive(await depart(acme, `grace@${acme.domain}`, evil)))).toBe(told);
      delete evil.metadata[name];
    }
    evil.metadata['authorization_endpoint'] = 'javascript:alert(1)';
    const sent = await fixture.open(
      `${app.url}/v1/auth/sso/${acme.id}?return_to=http://localhost:4000/signed-in&code_challenge=${'c'.repeat(43)}`,
    );
    expect(sent.status).toBe(401);
  });
});
