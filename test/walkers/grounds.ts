import { statement } from '#platform/db';
import { systemClock } from '#platform/kernel';
import { type TestApp, testApp } from '../services/app.ts';
import { makeHousehold, makeKey, makePerson, type Person, walkedApp } from './cast.ts';
import type { Grounds, OpenApi } from './rules/rule.ts';

const AN_HOUR = 3_600_000;

/** The whole program, running, with everybody in it whom the walkers need. */
export async function groundsOf(): Promise<Grounds> {
  const app = await walkedApp();
  const [me, admin] = [await makePerson(app, { company: true }), await makePerson(app, { role: 'admin' })];
  return {
    app,
    me,
    admin,
    url: app.url,
    db: app.db,
    mounted: app.app.modules.mounted,
    document: app.app.server.openApi() as OpenApi,
    household: await makeHousehold(app),
    refused: await refusedCredentials(app, me),
  };
}

/** Credentials of every kind that must not be believed. */
async function refusedCredentials(app: TestApp, me: Person): Promise<Record<string, string>> {
  const [header = '', claims = '', signature = ''] = me.token.split('.');
  const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
  const revoked = await makeKey(app, me, ['*']);
  const ended = await makePerson(app, { company: true });
  const suspended = await makePerson(app);
  const expired = await makeKey(app, me, ['*']);
  const set = (sql: string, values: readonly unknown[]) => app.db.asMigrator(statement(sql, values));
  await set(`update identity.api_keys set revoked_at = app.now() where prefix = $1`, [revoked.slice(0, 11)]);
  await set(`update identity.api_keys set expires_at = app.now() where prefix = $1`, [expired.slice(0, 11)]);
  await set(`update identity.sessions set revoked_at = app.now() where user_id = $1`, [ended.userId]);
  await set(`update identity.users set status = 'suspended' where user_id = $1`, [suspended.userId]);
  return {
    'no token at all': 'garbage',
    'a key that nobody has': `pl_${'a'.repeat(43)}`,
    'a token without a signature': `${unsigned}.${claims}.`,
    'a token with another signature': `${header}.${claims}.${signature.split('').reverse().join('')}`,
    'a token of an hour ago': await tokenOfAnHourAgo(app),
    'a revoked key': revoked,
    'an expired key': expired,
    'a token of an ended session': ended.token,
    'a token of a suspended user': suspended.token,
    'a key of a suspended user': suspended.key,
  };
}

/** Signed by a process whose clock is an hour behind; it lived ten minutes. */
async function tokenOfAnHourAgo(app: TestApp): Promise<string> {
  const clock = { now: () => systemClock.now() - AN_HOUR, monotonic: () => systemClock.monotonic() };
  const before = await testApp({ beside: app, clock, work: false });
  const { token } = await makePerson(before);
  await before.close();
  return token;
}
