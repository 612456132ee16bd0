import { unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { outcomeOf } from '../organizations/fixture.ts';
import { testApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { filesWith, tablesWith } from '@plinth/testkit/walkers/erasure/dump';
import { leavingOf } from './fixture.ts';

const app = await testApp();
const { call, close, erase, guest, invite, join, later, links, resident, signIn } = leavingOf(app);

type Export = Readonly<Record<string, unknown>>;

/** Has an export made, and waits until it is there. */
async function createExport(token: string, path = '/v1/me/exports'): Promise<Export> {
  await forgetRates(app);
  const asked = await call(token, `POST ${path}`);
  expect(outcomeOf(asked)).toBe('202');
  const id = String(asked.body['id']);
  const status = statement<{ status: string }>('select status from erasure.exports where id = $1', [id]);
  await expect
    .poll(async () => (await app.db.asMigrator(status))[0]?.status, { timeout: 120_000 })
    .toBe('ready');
  return (await call(token, `GET /v1/me/exports/${id}`)).body;
}

const fetchArchive = (token: string, id: unknown) =>
  fetch(`${app.url}/v1/me/exports/${String(id)}/archive`, { headers: { authorization: `Bearer ${token}` } });

/** The files of an archive, by name, as texts. */
async function archive(token: string, id: unknown): Promise<Record<string, string>> {
  const response = await fetchArchive(token, id);
  expect(response.headers.get('content-type')).toBe('application/zip');
  const files = unzipSync(new Uint8Array(await response.arrayBuffer()));
  return Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('utf8')]),
  );
}

const POST = { platform: 'x', topic: 'The loom of Jacquard', language: 'en', variants: 1 };

describe('an export', () => {
  test('has all that is kept of a person in an archive that says what it is, and no secret', async () => {
    const who = await resident();
    const { body: me } = await call(who.token, 'PATCH /v1/me', { full_name: 'Ada, Countess of Lovelace' });
    const view = await createExport(who.token);
    expect(view).toMatchObject({ organization_id: null, status: 'ready', bytes: expect.any(Number) });
    const files = await archive(who.token, view['id']);
    expect(files['README.md']).toContain('# Your data');
    const [user] = JSON.parse(files['user/identity.users.json'] ?? '[]') as Export[];
    expect(user).toMatchObject({
      user_id: me['id'],
      email: who.email,
      full_name: 'Ada, Countess of Lovelace',
    });
    for (const name of ['user/identity.sessions', 'user/audit.events', 'account/accounts.accounts']) {
      expect(JSON.parse(files[`${name}.json`] ?? '[]')).not.toEqual([]);
    }
    const all = Object.values(files).join('\n');
    const [kept] = await app.db.asMigrator(
      statement<{ secret: string }>('select password_hash as secret from identity.users where user_id = $1', [
        who.userId,
      ]),
    );
    for (const secret of [kept?.secret ?? '', who.key, who.token, '_hash']) expect(all).not.toContain(secret);
    const mails = (await app.outbox()).filter(({ to }) => to === who.email);
    expect(mails.at(-1)?.subject).toBe('Your export is ready');
  });

  test('has no word of anybody else', async () => {
    const [one, other] = [await resident('reel.pro'), await resident('reel.pro')];
    for (const { key } of [one, other]) {
      const headers = { 'idempotency-key': `create-${key.slice(-10)}` };
      await app.call(key, 'POST /v1/create', { body: POST, headers });
    }
    for (const path of ['/v1/me/exports', `/v1/organizations/${one.accountId}/exports`]) {
      const files = await archive(one.token, (await createExport(one.token, path))['id']);
      const all = Object.values(files).join('\n');
      for (const id of [other.userId, other.accountId, other.email]) expect(all).not.toContain(id);
      expect(all).toContain(one.userId);
    }
  });

  test('has nothing that went to an address which its person never verified, and their erasure leaves it', async () => {
    const [owner, who] = [await resident(), await resident()];
    const path = `/v1/organizations/${owner.accountId}`;
    expect(outcomeOf(await invite(path, owner, who))).toBe('201');
    const setVerified = (now: boolean) =>
      statement('update identity.users set email_verified = $2 where user_id = $1', [who.userId, now]);
    await app.db.asMigrator(setVerified(false));
    const names = async () => Object.keys(await archive(who.token, (await createExport(who.token))['id']));
    expect(await names()).not.toContain('user/accounts.invitations.json');
    await app.db.asMigrator(setVerified(true));
    expect(await names()).toContain('user/accounts.invitations.json');
    await app.db.asMigrator(setVerified(false));
    await close(who);
    await later('14 days');
    await erase();
    const left = await tablesWith(app.db, who.email);
    expect(left).toEqual(['accounts.invitations', 'mail.messages']);
    expect(await tablesWith(app.db, who.userId)).not.toContain('mail.messages');
  });

  test('tells of those who did something to a person what, and not who and from where', async () => {
    const [admin, who] = [await app.admin(), await resident()];
    for (const does of ['suspend', 'reinstate']) {
      expect(outcomeOf(await call(admin.key, `POST /v1/admin/users/${who.userId}/${does}`))).toBe('200');
    }
    const token = await signIn(who.email, who.password);
    const [personal] = await app.db.asMigrator(
      statement<{ id: string }>(
        `select account_id as id from accounts.accounts where created_by = $1 and kind = 'personal'`,
        [who.userId],
      ),
    );
    expect(outcomeOf(await call(admin.key, `POST /v1/admin/accounts/${personal?.id ?? ''}/suspend`))).toBe(
      '200',
    );
    const files = await archive(token, (await createExport(token))['id']);
    const events = ['user', 'account'].flatMap(
      (of) => JSON.parse(files[`${of}/audit.events.json`] ?? '[]') as Export[],
    );
    const findEvent = (action: string) => events.find((event) => event['action'] === action);
    expect(findEvent('session.opened')).toMatchObject({ user_id: who.userId, ip: expect.any(String) });
    for (const action of ['user.suspended', 'account.suspended']) {
      expect(Object.keys(findEvent(action) ?? {})).toContain('target_id');
      for (const column of ['user_id', 'actor_id', 'ip', 'user_agent'])
        expect(findEvent(action)).not.toHaveProperty(column);
    }
    expect(JSON.stringify(files)).not.toContain(admin.userId);
  });

  test('whose archive is deleted while it is downloaded breaks off, and ends in no half of it', async () => {
    const who = await resident();
    const id = String((await createExport(who.token))['id']);
    const caller = await app.app.modules.identity.identify(who.token);
    if (caller === undefined) throw new Error('nobody has signed in');
    const origin = { requestId: 'req_1', ip: '127.0.0.1', userAgent: 'test' };
    const parts = await app.app.modules.erasure.exports.download({ caller, origin }, id);
    await createExport(who.token);
    await expect(parts.next()).rejects.toThrow('was gone after 0');
  });

  test('of an organization has its posts, is for its owners, and for one who is none no more', async () => {
    const [owner, admin] = [await resident('reel.pro'), await guest()];
    const path = `/v1/organizations/${owner.accountId}`;
    await join(path, admin, 'admin');
    const created = { body: POST, headers: { 'idempotency-key': 'a-post' } };
    expect(outcomeOf(await app.call(owner.key, 'POST /v1/create', created))).toBe('202');
    expect(outcomeOf(await call(admin.token, `POST ${path}/exports`))).toBe('403 forbidden');
    expect(outcomeOf(await call((await guest()).token, `POST ${path}/exports`))).toBe('404 not_found');
    const view = await createExport(owner.token, `${path}/exports`);
    const files = await archive(owner.token, view['id']);
    expect(files['account/reel.drafts.json']).toContain('The loom of Jacquard');
    expect(Object.keys(files).some((name) => name.startsWith('user/'))).toBe(false);
    expect((await fetchArchive(admin.token, view['id'])).status).toBe(404);
    expect(outcomeOf(await call(owner.token, `POST ${path}/transfer`, { user_id: admin.userId }))).toBe(
      '200',
    );
    expect((await fetchArchive(owner.token, view['id'])).status).toBe(404);
    expect((await fetchArchive(admin.token, view['id'])).status).toBe(404);
  });

  test('is asked for in a session that was proven of late, and by no key', async () => {
    const who = await resident();
    expect(outcomeOf(await call(who.key, 'POST /v1/me/exports'))).toBe('403 forbidden');
    const age = `update identity.sessions set proven_at = proven_at - interval '16 minutes' where user_id = $1`;
    await app.db.asMigrator(statement(age, [who.userId]));
    expect(outcomeOf(await call(who.token, 'POST /v1/me/exports'))).toBe('403 step_up_required');
  });

  test('that is under way is not begun a second time, also by two at once', async () => {
    const who = await resident();
    const asked = await Promise.all([1, 2, 3].map(() => call(who.token, 'POST /v1/me/exports')));
    const ids = asked.filter(({ status }) => status === 202).map(({ body }) => body['id']);
    const rows = await app.db.asMigrator(
      statement(`select from jobs.jobs where kind = 'erasure.export' and payload->>'user_id' = $1`, [
        who.userId,
      ]),
    );
    // One that was ready before the next came is another's beginning.
    expect(rows).toHaveLength(new Set(ids).size);
  });

  test('is its requester’s alone, for seven days, and is replaced by the next', async () => {
    const [who, other] = [await resident(), await resident()];
    const [first, second] = [await createExport(who.token), await createExport(who.token)];
    expect((await fetchArchive(who.token, first['id'])).status).toBe(404);
    expect((await fetchArchive(other.token, second['id'])).status).toBe(404);
    expect((await fetchArchive(who.key, second['id'])).status).toBe(403);
    const { body } = await call(who.token, 'GET /v1/me/exports');
    expect(body['data']).toMatchObject([{ id: second['id'] }]);
    await later('7 days');
    expect((await fetchArchive(who.token, second['id'])).status).toBe(404);
    await app.app.modules.erasure.exports.prune();
    const left = await app.db.asMigrator(
      statement('select from erasure.export_parts where user_id = $1', [who.userId]),
    );
    expect(left).toEqual([]);
  });

  test('goes with its person', async () => {
    const who = await resident();
    await createExport(who.token);
    await close(who);
    expect(await links(who)).toHaveLength(1);
    await later('14 days');
    await erase();
    const left = await tablesWith(app.db, who.userId);
    expect(left.filter((table) => table.startsWith('erasure.export'))).toEqual([]);
    expect(await tablesWith(app.db, who.email)).toEqual([]);
    const { dataDir } = app.app.modules.options.config;
    expect(await filesWith(dataDir, who.email)).toEqual([]);
  });
});
