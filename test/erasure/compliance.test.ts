import { expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';
import { leavingOf } from './fixture.ts';

const app = await testApp({ work: false });
const { call, erase, gone, later, login, resident } = leavingOf(app);
const admin = await app.admin();

type Row = Readonly<Record<string, unknown>>;
interface Line {
  readonly table: string;
  readonly of: string;
  readonly rule: string;
  readonly before: number;
  readonly after: number;
}

async function report(query: string): Promise<{ readonly data: readonly Row[]; readonly next: unknown }> {
  const { status, body } = await call(admin.key, `GET /v1/admin/compliance/reports?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return { data: body['data'] as Row[], next: body['next_cursor'] };
}

const remove = (query: string) => call(admin.key, `DELETE /v1/admin/data/delete?${query}`);

test('an erasure leaves a proof: rows of each table before and after it, and no word of whom', async () => {
  const who = await gone('reel.pro');
  await later('14 days');
  await erase();
  const { data } = await report('action=user.erased');
  const [entry] = data.filter(({ target }) => (target as Row)['id'] === who.userId);
  const lines = entry?.['erased'] as readonly Line[];
  expect(lines).toEqual(
    expect.arrayContaining([
      { table: 'identity.users', of: 'user', rule: 'erase', before: 1, after: 0 },
      expect.objectContaining({ table: 'accounts.accounts', of: 'account', before: 1, after: 0 }),
      expect.objectContaining({ table: 'audit.events', of: 'user', rule: 'unlink' }),
    ]),
  );
  const deleted = lines.filter(({ rule }) => rule === 'erase' || rule === 'follow');
  expect(deleted.length).toBeGreaterThan(5);
  expect(deleted.filter(({ after }) => after > 0)).toEqual([]);
  expect(JSON.stringify(entry)).not.toContain(who.email);
});

test('what was closed, erased, changed and released is listed page by page, the newest first', async () => {
  const who = await app.customer();
  await call(who.key, 'POST /v1/privacy/settings', { platform_statistics: true });
  await app.db.script(`
    insert into privacy.budgets (starts_on, ends_on, spent_numerator, spent_denominator) values ('2030-01-01', '2030-02-01', 1, 2);
    insert into privacy.releases (product, starts_on, epsilon_numerator, epsilon_denominator, most_kinds, minimum_group, kinds, counts) values
      ('notes', '2030-01-01', 1, 2, 5, 20, 40, '[]');`);
  const all = await report('limit=100');
  const actions = all.data.map(({ action }) => action);
  for (const action of ['user.closed', 'user.erased', 'privacy.settings_changed', 'privacy.released'])
    expect(actions).toContain(action);
  const times = all.data.map(({ at }) => String(at));
  expect(times).toEqual(times.toSorted().toReversed());
  const paged: unknown[] = [];
  for (let cursor = ''; ; ) {
    const { data, next } = await report(`limit=1${cursor}`);
    paged.push(...data);
    if (typeof next !== 'string') break;
    cursor = `&cursor=${next}`;
  }
  expect(paged).toEqual(all.data);
  expect((await report('until=2020-01-01&from=2019-01-01')).data).toEqual([]);
});

test('an operator closes a person and an organization, who are told, may undo it, and are erased with a proof', async () => {
  const [who, other, kept] = [await resident(), await resident(), await resident()];
  expect((await remove(`user_id=${who.userId}`)).body).toMatchObject({ status: 'closed' });
  expect((await remove(`account_id=${other.accountId}`)).body).toMatchObject({ status: 'closed' });
  expect(await login(who)).toBe('403 user_closed');
  expect((await app.call(other.key, 'GET /v1/account/audit')).status).not.toBe(200);
  for (const again of [`user_id=${who.userId}`, `account_id=${other.accountId}`])
    expect([404, 409]).toContain((await remove(again)).status);
  expect((await remove(`account_id=${other.accountId}&user_id=${who.userId}`)).status).toBe(400);
  expect((await remove(`user_id=${kept.accountId}`)).status).toBe(404);
  const worker = app.app.modules.jobs.work();
  const subjects = (await app.outbox()).filter(({ to }) => [who.email, other.email].includes(to));
  await worker.stop(1_000);
  expect(subjects.length).toBeGreaterThanOrEqual(2);
  await later('14 days');
  await erase();
  const { data } = await report('limit=100');
  const erased = data
    .filter(({ erased: proof }) => proof !== null)
    .map(({ target }) => (target as Row)['id']);
  expect(erased).toEqual(expect.arrayContaining([who.userId, other.accountId]));
  expect(erased).not.toContain(kept.userId);
  const closed = data.filter(
    ({ action, user_id: by }) => by === admin.userId && String(action).endsWith('.closed'),
  );
  // The person, the organization that they were alone in, and the other one.
  expect(closed).toHaveLength(3);
  expect(await login(kept)).toBe('200');
});
