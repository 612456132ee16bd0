import { describe, expect, test } from 'vitest';
import type { GitHubFault, GitHubPlace } from '#sandbox/github';
import { testApp } from '@plinth/testkit/services/app';
import { browser } from './browser.ts';
import { newEmail, PASSWORD, somebodyAt } from './mailbox.ts';
import { openGitHub } from './providers.ts';

const { github, settings } = await openGitHub();
const app = await testApp({ settings });
const FAILED = { error: 'sign_in_failed' };
const ada = () => browser(app, github, 'github');

/** Signs a person in: answers `/v1/me`, or the error that the product's page is told. */
async function signIn(email: string) {
  const page = ada();
  const query = await page.signIn(email);
  const code = query.get('code');
  if (code === null) return Object.fromEntries(query);
  const { body } = await page.exchange(code);
  return (await app.call(String(body['access_token']), 'GET /v1/me')).body;
}

async function openVictim() {
  const email = newEmail();
  const victim = somebodyAt(app, email);
  await victim.auth('register', { email, password: PASSWORD });
  await victim.auth('verify-email', { token: await victim.link() });
  return { email, id: (await app.call((await victim.enter()).access, 'GET /v1/me')).body['id'] };
}

test('a user of GitHub is registered, found again by their number, and linked by a proven address', async () => {
  const email = newEmail();
  const { id } = await signIn(email);
  const renamed = newEmail();
  github.user(renamed, { id: github.user(email).id, login: 'another-login' });
  expect((await signIn(renamed))['id']).toBe(id);
  const victim = await openVictim();
  expect((await signIn(victim.email))['id']).toBe(victim.id);
});

const postCode = (body: object) => app.call(undefined, 'POST /v1/auth/github', { body });

describe('at GitHub an attacker', () => {
  test.each([
    ['primary and not verified', (email: string) => [{ email, primary: true, verified: false }]],
    [
      'verified, and not the primary one, which is not verified',
      (email: string) => [
        { email: newEmail(), primary: true, verified: false },
        { email, primary: false, verified: true },
      ],
    ],
    ['not primary', (email: string) => [{ email, primary: false, verified: true }]],
  ])('has a victim’s address that is %s, and is not linked', async (_what, emails) => {
    const { email } = await openVictim();
    const own = newEmail();
    github.user(own, { emails: emails(email) });
    expect(await signIn(own)).toEqual({ error: 'provider_email_unverified' });
  });

  test('takes the login that a victim gave up, and is another person', async () => {
    const [email, own] = [newEmail(), newEmail()];
    github.user(email, { login: 'ada' });
    const victim = await signIn(email);
    github.user(own, { login: 'ada' });
    expect((await signIn(own))['id']).not.toBe(victim['id']);
  });

  test('brings a state to another browser, and an answer twice, and neither lets in', async () => {
    const [page, eve] = [ada(), ada()];
    const from = await github.decide((await page.begin()).href, newEmail());
    await eve.begin();
    expect(await eve.back(from)).toMatchObject({ status: 401, code: 'sign_in_failed' });
    expect((await page.back(from)).location.searchParams.get('code')).toMatch(/^plo_/);
    expect(await page.back(from)).toMatchObject({ status: 401, code: 'sign_in_failed' });
  });

  test('puts the code of their own sign-in into another’s, which fails by PKCE', async () => {
    const [page, eve] = [ada(), ada()];
    const own = await github.decide((await eve.begin()).href, newEmail());
    const from = await github.decide((await page.begin()).href, newEmail());
    from.searchParams.set('code', own.searchParams.get('code') ?? '');
    expect(Object.fromEntries((await page.back(from)).location.searchParams)).toEqual(FAILED);
  });

  test('brings an app’s code without its verifier, or with another, and is refused', async () => {
    const { verifier, challenge } = ada();
    const redirect_uri = 'com.example.app:/signed-in';
    const query = { client_id: github.clientId, redirect_uri, code_challenge: challenge, state: 's' };
    const code = async () => {
      const url = `${github.url}/login/oauth/authorize?${new URLSearchParams(query).toString()}`;
      return (await github.decide(url, newEmail())).searchParams.get('code');
    };
    expect((await postCode({ code: await code(), redirect_uri })).status).toBe(400);
    expect((await postCode({ code: await code(), code_verifier: 'v'.repeat(43), redirect_uri })).status).toBe(
      401,
    );
    expect((await postCode({ code: await code(), code_verifier: verifier, redirect_uri })).status).toBe(200);
  });

  test.each<[GitHubPlace, GitHubFault, string]>(
    (['token', 'user', 'emails'] as const).flatMap((place) => [
      [place, 'reset', 'sign_in_unavailable'],
      [place, 'endless', 'sign_in_unavailable'],
      [place, { status: 503 }, 'sign_in_unavailable'],
      [place, { status: 403 }, 'sign_in_failed'],
      [place, 'redirect', 'sign_in_failed'],
      [place, 'html', 'sign_in_failed'],
    ]),
  )('has %s answered by %j, and the product hears: %s', async (place, fault, error) => {
    const page = ada();
    const from = await github.decide((await page.begin()).href, newEmail());
    github.faultAt(place, fault);
    expect(Object.fromEntries((await page.back(from)).location.searchParams)).toEqual({ error });
  });
});
