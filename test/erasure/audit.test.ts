import { describe, expect, test } from 'vitest';
import { outcomeOf } from '../organizations/fixture.ts';
import { testApp } from '@plinth/testkit/services/app';
import { leavingOf } from './fixture.ts';

const app = await testApp({ work: false });
const { call, organization, resident } = leavingOf(app);
const admin = await app.admin();
const [one, two] = [await resident(), await resident()];
const acme = (await organization(one)).split('/').at(-1) ?? '';
await call(one.token, `PATCH /v1/organizations/${acme}`, { name: '=Acme, "renamed"' });
await organization(two);

interface Event {
  readonly id: string;
  readonly action: string;
  readonly account_id: string | null;
  readonly user_id: string | null;
}

async function read(query: string): Promise<Event[]> {
  const reply = await call(admin.key, `GET /v1/admin/audit?limit=100&${query}`);
  expect(outcomeOf(reply)).toBe('200');
  return reply.body['data'] as Event[];
}

async function exportAudit(query: string): Promise<string> {
  const headers = { authorization: `Bearer ${admin.key}` };
  const response = await fetch(`${app.url}/v1/admin/audit/export?${query}`, { headers });
  expect(response.status).toBe(200);
  return response.text();
}

describe('the audit of all accounts', () => {
  test('is read by platform admins alone, newest first, with what is of no account', async () => {
    const events = await read('');
    expect(events.some(({ account_id, action }) => account_id === null && action === 'session.opened')).toBe(
      true,
    );
    expect(events.some(({ account_id }) => account_id === acme)).toBe(true);
    const ids = events.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted().toReversed());
    for (const as of [one.token, one.key]) {
      expect(outcomeOf(await call(as, 'GET /v1/admin/audit'))).toBe('403 forbidden');
      expect(outcomeOf(await call(as, 'GET /v1/admin/audit/export?format=csv'))).toBe('403 forbidden');
    }
  });

  test('is narrowed by actor, action, target, account and time, each and together', async () => {
    const renamed = await read('action=account.renamed');
    expect(renamed.map(({ account_id }) => account_id)).toEqual([acme]);
    expect((await read(`actor=${two.userId}`)).every(({ user_id }) => user_id === two.userId)).toBe(true);
    expect((await read(`account=${acme}`)).every(({ account_id }) => account_id === acme)).toBe(true);
    expect((await read(`target=${acme}&action=account`)).map(({ action }) => action)).toContain(
      'account.renamed',
    );
    expect(await read(`target=${acme}&actor=${two.userId}`)).toEqual([]);
    expect(await read('until=2000-01-01T00:00:00Z')).toEqual([]);
    expect((await read('from=2000-01-01T00:00:00Z&action=account.renamed')).length).toBe(1);
    expect(outcomeOf(await call(admin.key, 'GET /v1/admin/audit?account=acme'))).toBe(
      '400 validation_failed',
    );
  });

  test('comes by pages that miss nothing and repeat nothing', async () => {
    const all = (await read('action=session')).map(({ id }) => id);
    const paged: string[] = [];
    let cursor = '';
    do {
      const { body } = await call(admin.key, `GET /v1/admin/audit?limit=1&action=session${cursor}`);
      paged.push(...(body['data'] as Event[]).map(({ id }) => id));
      const next = body['next_cursor'];
      cursor = typeof next === 'string' ? `&cursor=${next}` : '';
    } while (cursor !== '');
    expect(paged).toEqual(all);
  });

  test('is exported as CSV and as JSON lines, which is an event too', async () => {
    const csv = await exportAudit('format=csv&action=account.renamed');
    expect(csv.split('\r\n')[0]).toContain('account_id');
    expect(csv).toContain(acme);
    const lines = (await exportAudit('format=jsonl&action=account.renamed')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as Event).account_id)).toEqual([acme]);
    const exports = await read('action=audit.exported');
    expect(exports.map(({ user_id }) => user_id)).toEqual([admin.userId, admin.userId]);
  });
});
