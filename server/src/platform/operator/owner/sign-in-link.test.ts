import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, systemRandom } from '#platform/kernel';
import { testApp } from '@plinth/testkit/services/app';
import { ORIGIN } from '@plinth/testkit/people';
import { temporaryFolder } from '@plinth/testkit/services';
import { expect, test } from 'vitest';
import { ensureOwner } from './owner.ts';
import { createOwnerSignIn, newSignInLink } from './sign-in-link.ts';

const { app, db, call } = await testApp({ work: false });
const dataDir = temporaryFolder();
await ensureOwner(app.modules, dataDir);
const INVALID = { code: 'sign_in_link_invalid', status: 403 };
const WRONG = '0000-0000';
const FILE = join(dataDir, 'sign-in-code.json');

let ahead = 0;
const clock = { now: () => systemClock.now() + ahead, monotonic: () => 0 };
const parts = { db, identity: app.modules.identity, clock, random: systemRandom, dataDir, isOpen: true };
/** Two processes that answer calls, beside one that prints links. */
const [server, other] = [createOwnerSignIn(parts), createOwnerSignIn(parts)];
const printLink = () =>
  newSignInLink({ clock: systemClock, random: systemRandom, dataDir }, 'http://localhost:1');
const printCode = () => new URLSearchParams(new URL(printLink()).hash.slice(1)).get('code') ?? '';
const signIn = (code: string, at = server) => at.signIn({ code, deviceName: undefined }, ORIGIN);

test('a link signs the local owner in once, at whichever process, and leaves no file', async () => {
  expect(printLink()).toMatch(/^http:\/\/localhost:1\/app\/sign-in#code=[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  const code = printCode();
  expect(statSync(FILE).mode & 0o777).toBe(0o600);
  const tokens = await signIn(code, other);
  const token = 'access_token' in tokens ? tokens.access_token : '';
  expect((await call(token, 'GET /v1/me')).body).toMatchObject({
    email: 'owner@plinth.local',
    role: 'admin',
  });
  expect(existsSync(FILE)).toBe(false);
  await expect(signIn(code)).rejects.toMatchObject(INVALID);
});

test('of two who use it at once, at two processes, one gets a session', async () => {
  const code = printCode();
  const both = await Promise.allSettled([signIn(code), signIn(code, other)]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
});

test('a wrong code spends a try of all processes, and the fifth ends the link', async () => {
  const code = printCode();
  for (const at of [server, other, server, other])
    await expect(signIn(WRONG, at)).rejects.toMatchObject(INVALID);
  await expect(signIn(code)).resolves.toBeDefined();
  const next = printCode();
  for (const at of [server, other, server, other, server])
    await expect(signIn(WRONG, at)).rejects.toMatchObject(INVALID);
  await expect(signIn(next)).rejects.toMatchObject(INVALID);
});

test('a link that is ten minutes old or older than another one is no longer good', async () => {
  const replaced = printCode();
  const code = printCode();
  await expect(signIn(replaced)).rejects.toMatchObject(INVALID);
  ahead = 600_000;
  await expect(signIn(code)).rejects.toMatchObject(INVALID);
  ahead = 0;
});

test('a folder without the file of this database’s owner lets nobody in, and production knows no links', async () => {
  const code = printCode();
  const production = createOwnerSignIn({ ...parts, isOpen: false });
  await expect(signIn(code, production)).rejects.toMatchObject({ code: 'not_found', status: 404 });
  rmSync(join(dataDir, 'owner.json'));
  await expect(signIn(code)).rejects.toMatchObject(INVALID);
});
