import { statement } from '#platform/db';
import { systemClock } from '#platform/kernel';
import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { outcomeOf } from '../organizations/fixture.ts';
import { testApp } from '@plinth/testkit/services/app';
import { leavingOf } from './fixture.ts';

let minutes = 0;
const clock = { ...systemClock, now: () => systemClock.now() + minutes * 60_000 };
const app = await testApp({ clock });
const { call, close, erase, later, resident, signIn } = leavingOf(app);
const admin = await app.admin();

type Row = Readonly<Record<string, unknown>>;

/** Has an archive made, and waits until it can be downloaded. */
async function exportOf(of: object): Promise<Row> {
  const asked = await call(admin.key, 'POST /v1/admin/data/exports', of);
  expect(outcomeOf(asked)).toBe('202');
  expect(asked.body['url']).toBeNull();
  const { id } = asked.body;
  const read = async () => {
    const { body } = await call(admin.key, 'GET /v1/admin/data/export?limit=100');
    return (body['data'] as Row[]).find((row) => row['id'] === id) ?? {};
  };
  await expect.poll(async () => (await read())['status'], { timeout: 120_000 }).toBe('ready');
  return read();
}

async function filesAt(url: unknown): Promise<Record<string, string>> {
  const response = await fetch(String(url));
  expect(response.status).toBe(200);
  const files = unzipSync(new Uint8Array(await response.arrayBuffer()));
  return Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('utf8')]),
  );
}

const statusOf = async (url: unknown) => (await fetch(String(url))).status;

test('an operator has an account’s archive, by a link that is good for 15 minutes and that nobody can change', async () => {
  const who = await resident('reel.pro');
  const made = await exportOf({ account_id: who.accountId });
  expect(made).toMatchObject({ account_id: who.accountId, user_id: null, asked_by: admin.userId });
  const files = await filesAt(made['url']);
  const [account] = JSON.parse(files['account/accounts.accounts.json'] ?? '[]') as Row[];
  expect(account).toMatchObject({ account_id: who.accountId });
  expect(Object.keys(files).filter((name) => name.startsWith('user/'))).toEqual([]);
  const url = new URL(String(made['url']));
  url.searchParams.set('expires', String(Number(url.searchParams.get('expires')) + 1));
  expect(await statusOf(url)).toBe(403);
  minutes += 16;
  expect(await statusOf(made['url'])).toBe(410);
  const { body: listed } = await call(admin.key, 'GET /v1/admin/data/export');
  expect(await statusOf((listed['data'] as Row[])[0]?.['url'])).toBe(200);
  const events = await app.db.asMigrator(
    statement<{ action: string }>(
      `select action from audit.events where account_id = $1 and starts_with(action, 'export.') order by created_at, id`,
      [who.accountId],
    ),
  );
  expect(events.map(({ action }) => action)).toEqual([
    'export.asked',
    'export.downloaded',
    'export.downloaded',
  ]);
});

test('a person’s archive has them and their personal account, and goes when they are erased', async () => {
  const who = await resident();
  const made = await exportOf({ user_id: who.userId });
  const files = await filesAt(made['url']);
  const [user] = JSON.parse(files['user/identity.users.json'] ?? '[]') as Row[];
  expect(user).toMatchObject({ user_id: who.userId, email: who.email });
  expect(outcomeOf(await close(who))).toBe('200');
  await later('6 days');
  expect(await statusOf(made['url'])).toBe(200);
  await later('8 days');
  await app.db.asMigrator(statement(`update erasure.exports set expires_at = app.now() + interval '1 day'`));
  await erase();
  expect(await statusOf(made['url'])).toBe(404);
  const left = await app.db.asMigrator(
    statement('select from erasure.export_parts where export_id = $1', [made['id']]),
  );
  expect(left).toEqual([]);
});

test('it is none of the operator’s own exports, whose routes do not know it', async () => {
  const made = await exportOf({ account_id: (await resident()).accountId });
  const token = await signIn(admin.email, admin.password);
  const own = await call(token, 'GET /v1/me/exports');
  expect(own.body['data']).toEqual([]);
  for (const path of ['', '/archive'])
    expect((await call(token, `GET /v1/me/exports/${String(made['id'])}${path}`)).status).toBe(404);
});

test('an account or person that does not exist is 404, and both at once are refused', async () => {
  const id = admin.userId;
  const outcomes = [
    { account_id: id },
    { user_id: admin.accountId },
    {},
    { account_id: id, user_id: id },
  ].map(async (body) => (await call(admin.key, 'POST /v1/admin/data/exports', body)).status);
  expect(await Promise.all(outcomes)).toEqual([404, 404, 400, 400]);
});
