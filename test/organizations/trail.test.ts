import { beforeAll, describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { testApp } from '../services/app.ts';
import { type Guest, said, standOf } from './stand.ts';

const app = await testApp();
const { call, guest, join, organization } = standOf(app);

let [owner, admin, member]: Guest[] = [];
let path = '';

interface Event {
  readonly id: string;
  readonly action: string;
  readonly user_id: string | null;
  readonly created_at: string;
}
async function read(as: Guest | undefined, query = '', what = 'audit') {
  const { body } = await call(as?.token ?? '', `GET ${path}/${what}?limit=100${query}`);
  return body['data'] as Event[];
}
async function text(as: Guest | undefined, query: string) {
  const headers = { authorization: `Bearer ${as?.token}` };
  const response = await fetch(`${app.url}${path}/audit/export?${query}`, { headers });
  return { type: response.headers.get('content-type'), text: await response.text() };
}

beforeAll(async () => {
  [owner, admin, member] = [await guest(), await guest(), await guest()];
  if (owner === undefined || admin === undefined || member === undefined) throw new Error('nobody came');
  path = await organization(owner);
  await join(path, admin, 'admin');
  await join(path, member, 'member');
  await call(owner.token, `PATCH ${path}`, { name: 'Apex' });
  await call(admin.token, `PATCH ${path}/members/${member.userId}`, { role: 'viewer' });
  await call(owner.token, `PATCH ${path}`, { name: '=HYPERLINK("evil"), "quoted"' });
});

describe('the audit of an organization', () => {
  test('is read by owners and admins, newest first, and tells who did what from where', async () => {
    expect(said(await call(member?.token ?? '', `GET ${path}/audit`))).toBe('403 forbidden');
    const events = await read(admin);
    expect(events.map(({ action }) => action)).toEqual([
      'account.renamed',
      'member.role_changed',
      'account.renamed',
      'account.opened',
    ]);
    expect(events[1]).toMatchObject({
      actor: { kind: 'user', id: admin?.userId },
      user_id: admin?.userId,
      target: { kind: 'user', id: member?.userId },
      changes: { role: { before: 'member', after: 'viewer' } },
      ip: '127.0.0.1',
    });
  });

  test('is filtered by actor, action, subject and time', async () => {
    const [last, change, , first] = await read(owner);
    const actions = async (query: string) => (await read(owner, query)).map(({ action }) => action);
    expect(await actions(`&actor=${admin?.userId}`)).toEqual(['member.role_changed']);
    expect(await actions('&action=account.opened')).toEqual(['account.opened']);
    expect(await actions('&action=account')).toEqual([
      'account.renamed',
      'account.renamed',
      'account.opened',
    ]);
    expect(await actions('&action=accoun')).toEqual([]);
    expect(await actions(`&until=${first?.created_at}`)).toEqual([]);
    const from = new Date(Date.parse(last?.created_at ?? '') + 1).toISOString();
    expect(await actions(`&from=${from}`)).toEqual([]);
    expect(await read(owner, `&from=${change?.created_at}`)).toHaveLength(2);
  });

  test('has each event once over all pages, also of one instant', async () => {
    const at = `update audit.events set created_at = (select max(created_at) from audit.events where account_id = $1) where account_id = $1`;
    const id = path.split('/').at(-1);
    await app.db.asMigrator(statement(at, [id]));
    const whole = await read(owner);
    const seen: Event[] = [];
    let cursor: unknown = null;
    do {
      const from = typeof cursor === 'string' ? `&cursor=${cursor}` : '';
      const { body } = await call(owner?.token ?? '', `GET ${path}/audit?limit=1${from}`);
      seen.push(...(body['data'] as Event[]));
      cursor = body['next_cursor'];
    } while (cursor !== null);
    expect(seen).toEqual(whole);
  });

  test('is exported as JSON lines and as CSV that no spreadsheet takes for formulas, and that is an event too', async () => {
    expect(said(await call(member?.token ?? '', `GET ${path}/audit/export?format=csv`))).toBe(
      '403 forbidden',
    );
    const lines = await text(admin, 'format=jsonl');
    expect(lines.type).toContain('application/jsonl');
    const events = lines.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
    expect(events[0]).toMatchObject({ action: 'audit.exported', user_id: admin?.userId });
    expect(events.slice(1)).toEqual(
      (await read(owner, '&action=account'))
        .concat(await read(owner, '&action=member'))
        .sort((a, b) => (a.id < b.id ? 1 : -1)),
    );
    const csv = await text(owner, `format=csv&action=member`);
    const [names, line] = csv.text.split('\r\n');
    expect(names).toBe(
      'id,created_at,action,actor_kind,actor_id,user_id,target_kind,target_id,changes,ip,user_agent,request_id',
    );
    expect(line).toContain(`"{""role"":{""after"":""viewer"",""before"":""member""}}",127.0.0.1,node,`);
  });

  test('tells members what happened, and nothing of where anybody sat or what it was before', async () => {
    const events = await read(member, '', 'activity');
    expect(events.map(({ action }) => action)).toContain('member.role_changed');
    expect(events.map(({ action }) => action)).not.toContain('audit.exported');
    expect(new Set(events.flatMap((event) => Object.keys(event)))).toEqual(
      new Set(['id', 'created_at', 'action', 'user_id', 'target']),
    );
  });

  test('of another organization is 404', async () => {
    const other = await organization(await guest());
    for (const what of ['audit', 'activity', 'audit/export?format=csv']) {
      expect(said(await call(owner?.token ?? '', `GET ${other}/${what}`))).toBe('404 not_found');
    }
  });
});
