import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateSync } from 'otplib';
import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { engine } from '@plinth/testkit/services';
import { startProgram } from '@plinth/testkit/program';
import { openProvider } from '@plinth/testkit/services/provider';
import { makeMarks } from './leaks/marks.ts';
import { openLeaksFixture } from './leaks/fixture.ts';
import { isRecord } from '@plinth/testkit/walkers/calls';

/** What lets people in. It is said once, to those whom it is for, and stands in the clear nowhere: not in a table either. */

const RETURN_TO = 'https://app.example.com/signed-in';
const marks = makeMarks();
const masterKey = randomBytes(32).toString('base64');
marks.add('a master key', masterKey);
const clientSecret = marks.as('the secret of our client at Google');
const provider = await openProvider({
  clients: [{ clientId: 'web', clientSecret }, { clientId: 'app' }],
});
const fixture = await openLeaksFixture(marks, {
  MASTER_KEYS: `test:${masterKey}`,
  GOOGLE_ISSUER: provider.url,
  GOOGLE_CLIENT_ID: 'web',
  GOOGLE_CLIENT_SECRET: clientSecret,
  GOOGLE_APP_CLIENT_ID: 'app',
  FIREBASE_PROJECT_ID: 'plinth-test',
  FIREBASE_KEYS_URL: provider.firebaseKeysUrl,
  SIGN_IN_RETURN_TO: RETURN_TO,
});
const { say, leaks, linksSent, program, database } = fixture;

let made = 0;

interface Somebody {
  readonly email: string;
  readonly password: string;
  readonly token: string;
}

/** Remembers the tokens of a sign-in; answers the one to call with. */
function rememberTokens(body: Readonly<Record<string, unknown>>): string {
  marks.add('a refresh token', body['refresh_token']);
  marks.add('an access token', body['access_token']);
  return String(body['access_token']);
}

/** The same of a cookie; answers what its browser sends back. */
function rememberCookie({ headers }: { readonly headers: Headers }): string {
  const [cookie = ''] = headers.get('set-cookie')?.split(';') ?? [];
  marks.add('a refresh token in a cookie', cookie.split('=')[1]);
  return cookie;
}

async function signUp(): Promise<Somebody> {
  made += 1;
  const email = `somebody-${made}@example.com`;
  const password = `Aa1-${marks.as('a password')}`;
  await say('POST /v1/auth/register', { body: { email, password } });
  const { body } = await say('POST /v1/auth/login', { body: { email, password } });
  return { email, password, token: rememberTokens(body) };
}

/** Every row of every table as text: a dump. Out of reach where the database is the program's own. */
async function dump(): Promise<string> {
  const tables = await database.db.asMigrator(
    statement<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    ),
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await database.db.asMigrator(
      statement<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t`),
    );
    texts.push(...rows.map(({ row }) => row));
  }
  return texts.join('\n');
}

/** In the log, the metrics, a refusal; and in any row, the audit's and the mail log's among them. */
async function findLeaks(): Promise<string[]> {
  return [...(await leaks()), ...(engine === 'postgres' ? marks.foundIn('a table', await dump()) : [])];
}

describe('nothing that lets people in stands in the log, the metrics, a refusal or a table', () => {
  test('of authenticator apps: secrets, codes, recovery codes and the tokens of sign-ins that were begun', async () => {
    const { email, password, token } = await signUp();
    const { body: enrolled } = await say('POST /v1/auth/mfa/totp', { as: token });
    const secret = marks.add('the secret of an authenticator app', enrolled['secret']);
    expect(secret).not.toBe('');
    const code = () => generateSync({ secret: String(enrolled['secret']) });
    const wrong = await say('POST /v1/auth/mfa/totp/confirm', {
      as: token,
      body: { code: marks.as('a code') },
    });
    expect(wrong.status).toBe(400);
    const confirmed = await say('POST /v1/auth/mfa/totp/confirm', { as: token, body: { code: code() } });
    expect(confirmed.status).toBe(200);
    const codes = confirmed.body['recovery_codes'] as string[];
    for (const one of codes) marks.add('a recovery code', one);
    const challenged = await say('POST /v1/auth/login', { body: { email, password } });
    const mfaToken = challenged.body['mfa_token'];
    marks.add('the token of a sign-in that was begun', mfaToken);
    const [first = '', second = ''] = codes;
    for (const recovery_code of ['AAAAA-AAAAA-AAAAA-AAAAA', first, first, marks.as('a made-up code')])
      await say('POST /v1/auth/mfa/verify', { body: { mfa_token: mfaToken, recovery_code } });
    await say('POST /v1/auth/mfa/verify', { body: { mfa_token: mfaToken, code: marks.as('a code') } });
    await say('POST /v1/auth/mfa/verify', {
      body: { mfa_token: `plm_${marks.as('a made-up token')}`, code: '000000' },
    });
    expect((await say('POST /v1/auth/step-up', { as: token, body: { recovery_code: second } })).status).toBe(
      200,
    );
    expect(await findLeaks()).toEqual([]);
  });

  test('of passwords and addresses that are changed, and links that are sent for it', async () => {
    const { email, password, token } = await signUp();
    const next = `${marks.as('a next password')}-Aa1`;
    const change = { password: `${marks.as('a wrong password')}-Aa1`, new_password: next };
    expect((await say('POST /v1/auth/change-password', { as: token, body: change })).status).toBe(403);
    const weak = { password, new_password: marks.as('a weak password') };
    expect((await say('POST /v1/auth/change-password', { as: token, body: weak })).status).toBe(400);
    const moved = await say('POST /v1/auth/change-email', {
      as: token,
      body: { email: `new-${email}`, password },
    });
    expect(moved.status).toBeLessThan(300);
    await expect.poll(() => linksSent('ple', `new-${email}`)).toHaveLength(1);
    const [link = ''] = await linksSent('ple', `new-${email}`);
    marks.add('a link of a change of address', link);
    await say('POST /v1/auth/verify-email', { body: { token: link.slice(0, -1) } });
    expect(
      (await say('POST /v1/auth/change-password', { as: token, body: { password, new_password: next } }))
        .status,
    ).toBe(200);
    const left = await say('DELETE /v1/me', {
      as: token,
      body: { password: marks.as('a password that comes too late') },
    });
    expect(left.status).toBeGreaterThanOrEqual(400);
    expect(await findLeaks()).toEqual([]);
  });

  test('of a session in a cookie', async () => {
    const { email, password } = await signUp();
    const page = { origin: await program.url(), 'plinth-session': 'cookie' };
    const opened = await say('POST /v1/auth/login', { body: { email, password }, headers: page });
    const headers = { ...page, cookie: rememberCookie(opened) };
    rememberCookie(await say('POST /v1/auth/refresh', { body: {}, headers }));
    // Refused, and written down: from nowhere, with a token in its body too, and by another call.
    await say('POST /v1/auth/refresh', { body: {}, headers: { ...headers, origin: 'null' } });
    await say('POST /v1/auth/refresh', { body: { refresh_token: headers.cookie.split('=')[1] }, headers });
    expect((await say('GET /v1/me', { headers })).status).toBe(401);
    expect(await findLeaks()).toEqual([]);
  });

  test('of tokens that are used again, and keys that are revoked', async () => {
    const { token, email, password } = await signUp();
    const { body: first } = await say('POST /v1/auth/login', { body: { email, password } });
    rememberTokens(first);
    const refresh = { body: { refresh_token: first['refresh_token'] } };
    rememberTokens((await say('POST /v1/auth/refresh', refresh)).body);
    await say('POST /v1/auth/refresh', refresh);
    await say('POST /v1/auth/refresh', { body: { refresh_token: `plr_${marks.as('a made-up token')}` } });
    const { body: made_ } = await say('POST /v1/api-keys', {
      as: token,
      body: { name: 'x', scopes: ['account:read'] },
    });
    marks.add('an API key', made_['key']);
    await say(`DELETE /v1/api-keys/${String(made_['id'])}`, { as: token });
    expect((await say('GET /v1/me', { as: String(made_['key']) })).status).toBe(401);
    expect(await findLeaks()).toEqual([]);
  });

  test('of sign-ins elsewhere: codes, verifiers, ID tokens, cookies, and the secrets of clients', async () => {
    const verifier = marks.as('a code_verifier').padEnd(50, 'x');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const query = new URLSearchParams({ return_to: RETURN_TO, code_challenge: challenge });
    const begun = await fetch(`${fixture.url}/v1/auth/google?${query.toString()}`, { redirect: 'manual' });
    const [cookie = ''] = begun.headers.getSetCookie().map((set) => set.split(';', 1)[0] ?? '');
    marks.add('the cookie of a sign-in', cookie);
    const email = 'elsewhere@example.com';
    const from = await provider.decide(begun.headers.get('location') ?? '', email);
    for (const name of ['code', 'state']) marks.add(`the provider’s ${name}`, from.searchParams.get(name));
    const path = from.pathname + from.search;
    const back = await fetch(fixture.url + path, { redirect: 'manual', headers: { cookie } });
    const code = new URL(back.headers.get('location') ?? 'none:').searchParams.get('code');
    marks.add('a one-time code', code);
    await fetch(fixture.url + path, { redirect: 'manual', headers: { cookie } });
    await say('POST /v1/auth/exchange', {
      body: { code, code_verifier: marks.as('another verifier').padEnd(50, 'x') },
    });
    rememberTokens((await say('POST /v1/auth/exchange', { body: { code, code_verifier: verifier } })).body);
    const idToken = await provider.firebaseToken('plinth-test', provider.person('firebase@example.com'));
    marks.add('an ID token', idToken);
    rememberTokens((await say('POST /v1/auth/firebase', { body: { id_token: idToken } })).body);
    expect(
      (await say('POST /v1/auth/firebase', { body: { id_token: `${idToken.slice(0, -4)}AAAA` } })).status,
    ).toBe(401);
    expect(await findLeaks()).toEqual([]);
  });

  test('of the provider of an organization: its client’s secret', async () => {
    const { token, email } = await signUp();
    await database.db.asMigrator(
      statement('update identity.users set email_verified = true where email = $1', [email]),
    );
    const { body: organization } = await say('POST /v1/organizations', { as: token, body: { name: 'Acme' } });
    const { body: document } = await say('GET /openapi.json');
    const example = exampleOf(document, '/v1/organizations/{id}/sso');
    const client_secret = marks.as('the secret of an organization’s client');
    const call = `PUT /v1/organizations/${String(organization['id'])}/sso`;
    const body = { ...example, issuer: provider.url, client_id: 'web', client_secret };
    expect((await say(call, { as: token, body })).status).toBe(200);
    await say(call, { as: token, body: { ...example, issuer: marks.as('an issuer'), client_secret } });
    expect(await findLeaks()).toEqual([]);
  });

  test.runIf(engine === 'postgres')(
    'of a file that is imported: its lines are in no report; hashes go where passwords are',
    async () => {
      const hash = `$2b$05$${marks.as('a hash').padEnd(53, 'x')}`;
      const lines = [
        { email: 'imported@example.com', password_hash: marks.as('a hash of no form') },
        { email: marks.as('no address'), password_hash: hash },
        { email: 'imported@example.com', [marks.as('an unknown field')]: 1 },
      ];
      writeFileSync(
        join(fixture.folder, 'people.jsonl'),
        lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
      );
      const { folder: cwd, environment } = fixture;
      const importing = startProgram(['import', 'users', 'people.jsonl'], { cwd, environment });
      expect(await importing.ended).toMatchObject({ code: 1 });
      expect(importing.said()).toContain('0 added, 0 known, 3 not taken');
      expect(marks.foundIn('the report', importing.said())).toEqual([]);
      expect(await findLeaks()).toEqual([]);
    },
  );

  test('though it would be seen in each', async () => {
    const requestId = 'a-request-that-is-logged';
    await say('POST /v1/auth/refresh', {
      headers: { 'x-request-id': requestId },
      body: { refresh_token: 'plr_none' },
    });
    await expect.poll(() => program.said()).toContain(requestId);
    if (engine === 'postgres') expect(await dump()).toContain('somebody-1@example.com');
  });
});

/** What the docs show as the body of a PUT. */
function exampleOf(document: Readonly<Record<string, unknown>>, path: string): Record<string, unknown> {
  const steps = ['paths', path, 'put', 'requestBody', 'content', 'application/json', 'example'];
  const found = steps.reduce<unknown>((at, step) => (isRecord(at) ? at[step] : undefined), document);
  return isRecord(found) ? found : {};
}
