import { expect, test } from 'vitest';
import { readConfig } from './index.ts';
import { problemsOf } from '@plinth/testkit/fixtures/config-problems';

const PRODUCTION = {
  NODE_ENV: 'production',
  EMBEDDED_DATABASE: 'true',
  EMBEDDED_MASTER_KEY: 'true',
  SANDBOX_AI: 'true',
  MAIL_TRANSPORT: 'outbox',
};
const GOOGLE = { GOOGLE_CLIENT_ID: 'web', GOOGLE_CLIENT_SECRET: 'marker' };

const signIn = (environment: Record<string, string>) => readConfig(environment).signIn;

test('with nothing set a sandbox stands in, on this machine alone', () => {
  expect(signIn({})).toEqual({
    returnTo: ['http://localhost:*/*', 'http://127.0.0.1:*/*'],
    google: undefined,
    firebase: undefined,
    sandbox: true,
    byMail: true,
  });
  expect(signIn({ SIGN_IN_BY_MAIL: 'false' }).byMail).toBe(false);
  expect(signIn({ SANDBOX_SIGN_IN: 'false' }).sandbox).toBe(false);
  expect(signIn(GOOGLE).sandbox).toBe(false);
});

test('apps are a client of their own where one is named, and the browsers’ where not', () => {
  const web = { clientId: 'web', clientSecret: 'marker' };
  const issuer = 'https://accounts.google.com';
  expect(signIn(GOOGLE).google).toEqual({ issuer, web, app: web });
  const app = { clientId: 'app', clientSecret: undefined };
  expect(signIn({ ...GOOGLE, GOOGLE_APP_CLIENT_ID: 'app' }).google).toEqual({ issuer, web, app });
  expect(signIn({ GOOGLE_APP_CLIENT_ID: 'app' }).google).toEqual({ issuer, web: undefined, app });
});

test('Microsoft is asked for the tenant that is named, and Apple by one key for browsers and apps', () => {
  const microsoft = { MICROSOFT_CLIENT_ID: 'web', MICROSOFT_CLIENT_SECRET: 'marker' };
  expect(signIn(microsoft).microsoft).toMatchObject({
    issuer: 'https://login.microsoftonline.com/common/v2.0',
    tenant: 'common',
  });
  const key = { APPLE_TEAM_ID: 'T', APPLE_KEY_ID: 'K', APPLE_PRIVATE_KEY: String.raw`PRIVATE KEY\n` };
  expect(signIn({ ...key, APPLE_APP_CLIENT_ID: 'app' }).apple).toEqual({
    issuer: 'https://appleid.apple.com',
    web: undefined,
    app: { clientId: 'app', clientSecret: undefined },
    key: { teamId: 'T', keyId: 'K', privateKey: 'PRIVATE KEY\n' },
  });
});

test.each([
  [{ GOOGLE_CLIENT_ID: 'marker' }, 'GOOGLE_CLIENT_SECRET is missing'],
  [{ GOOGLE_CLIENT_SECRET: 'marker' }, 'GOOGLE_CLIENT_ID is missing'],
  [{ MICROSOFT_CLIENT_ID: 'marker' }, 'MICROSOFT_CLIENT_SECRET is missing'],
  [{ MICROSOFT_TENANT: 'marker.onmicrosoft.com' }, 'MICROSOFT_TENANT must be'],
  [{ GITHUB_CLIENT_SECRET: 'marker' }, 'GITHUB_CLIENT_ID is missing'],
  [{ APPLE_CLIENT_ID: 'marker' }, 'APPLE_TEAM_ID, APPLE_KEY_ID and APPLE_PRIVATE_KEY are missing'],
  [{ FIREBASE_PROJECT_ID: 'a marker' }, 'FIREBASE_PROJECT_ID must be'],
  [{ SIGN_IN_RETURN_TO: 'https://app.example.com/*/marker' }, 'SIGN_IN_RETURN_TO must be'],
  [{ SIGN_IN_RETURN_TO: 'marker' }, 'SIGN_IN_RETURN_TO must be'],
])('%j stops the start, with a line that quotes no value', (environment, says) => {
  const problems = problemsOf(environment);
  expect(problems).toEqual([expect.stringContaining(says)]);
  expect(problems.join()).not.toContain('marker');
});

test('in production no sandbox lets anybody in, and browsers are sent nowhere that nobody named', () => {
  expect(signIn(PRODUCTION)).toMatchObject({ sandbox: false, returnTo: [] });
  expect(problemsOf({ ...PRODUCTION, SANDBOX_SIGN_IN: 'true' })).toEqual([
    expect.stringContaining('SANDBOX_SIGN_IN lets anybody in as anybody'),
  ]);
  expect(problemsOf({ ...PRODUCTION, ...GOOGLE })).toEqual([
    expect.stringContaining('PUBLIC_URL is missing'),
    expect.stringContaining('SIGN_IN_RETURN_TO is missing'),
  ]);
  const whole = {
    PUBLIC_URL: 'https://api.example.com',
    SIGN_IN_RETURN_TO: 'https://app.example.com/signed-in,app://',
  };
  expect(problemsOf({ ...PRODUCTION, ...GOOGLE, ...whole })).toEqual([]);
});
