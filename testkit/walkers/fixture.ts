import { statement } from '#platform/db';
import { createIdentity } from '#platform/identity';
import { systemClock } from '#platform/kernel';
import { dereference } from '../openapi.ts';
import {
  type Furnishings,
  makeHousehold,
  makeKey,
  makePerson,
  PASSWORD,
  type Person,
  signIn,
} from './people.ts';
import type { WalkerFixture, OpenApi } from './rules/rule.ts';
import type { WalkedApp } from './walked-app.ts';

const AN_HOUR = 3_600_000;

/** A server with everybody in it whom the walkers need. */
export async function openWalkerFixture<App extends WalkedApp>(
  app: App,
  furnishings: Furnishings,
): Promise<WalkerFixture<App>> {
  const [me, admin] = [await makePerson(app, { company: true }), await makePerson(app, { role: 'admin' })];
  return {
    app,
    furnishings,
    me,
    admin,
    url: app.url,
    db: app.db,
    mounted: app.app.modules.mounted,
    document: dereference(app.app.server.openApi() as OpenApi),
    household: await makeHousehold(app, ['admin', 'member', 'viewer'], furnishings),
    refused: await refusedCredentials(app, me),
  };
}

/** Credentials of every kind that must not be believed. */
export async function refusedCredentials(app: WalkedApp, me: Person): Promise<Record<string, string>> {
  const [header = '', claims = '', signature = ''] = me.token.split('.');
  const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
  const revoked = await makeKey(app, me, ['*']);
  const ended = await makePerson(app, { company: true });
  const suspended = await makePerson(app);
  const expired = await makeKey(app, me, ['*']);
  const runSql = (sql: string, values: readonly unknown[]) => app.db.asMigrator(statement(sql, values));
  await runSql(`update identity.api_keys set revoked_at = app.now() where prefix = $1`, [
    revoked.slice(0, 11),
  ]);
  await runSql(`update identity.api_keys set expires_at = app.now() where prefix = $1`, [
    expired.slice(0, 11),
  ]);
  await runSql(`update identity.sessions set revoked_at = app.now() where user_id = $1`, [ended.userId]);
  await runSql(`update identity.users set status = 'suspended' where user_id = $1`, [suspended.userId]);
  return {
    'no token at all': 'garbage',
    'a key that nobody has': `pl_${'a'.repeat(43)}`,
    'a token without a signature': `${unsigned}.${claims}.`,
    'a token with another signature': `${header}.${claims}.${signature.split('').toReversed().join('')}`,
    'a token of an hour ago': await tokenOfAnHourAgo(app, me),
    'a revoked key': revoked,
    'an expired key': expired,
    'a token of an ended session': ended.token,
    'a token of a suspended user': suspended.token,
    'a key of a suspended user': suspended.key,
  };
}

/** Signed with our key by a clock that is an hour behind; it lived ten minutes. */
async function tokenOfAnHourAgo({ app, db, url }: WalkedApp, { email }: Person): Promise<string> {
  const clock = { now: () => systemClock.now() - AN_HOUR, monotonic: () => systemClock.monotonic() };
  const before = createIdentity({
    ...app.modules,
    ...app.modules.accounts,
    db,
    clock,
    settings: { issuer: 'plinth', baseUrl: url, emailVerification: 'off', products: [] },
  });
  const token = await signIn(before, { email, password: PASSWORD });
  await before.close();
  return token;
}
