import { beforeAll, describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { testApp } from '@plinth/testkit/services/app';
import { type Guest, outcomeOf, fixtureOf } from './fixture.ts';

const app = await testApp();
const { call, guest, join, organization, signIn } = fixtureOf(app);

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
interface EventRow extends Event {
  readonly ip: string | null;
}
async function text(
  as: Guest | undefined,
  query: string,
  { headers: more = {} }: { readonly headers?: Readonly<Record<string, string>> } = {},
) {
  const headers = { authorization: `Bearer ${as?.token}`, ...more };
  const of = 'x-account-id' in more ? '/v1/account' : path;
  const response = await fetch(`${app.url}${of}/audit/export?${query}`, { headers });
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
    expect(outcomeOf(await call(member?.token ?? '', `GET ${path}/audit`))).toBe('403 forbidden');
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
    expect(outcomeOf(await call(member?.token ?? '', `GET ${path}/audit/export?format=csv`))).toBe(
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
      expect(outcomeOf(await call(owner?.token ?? '', `GET ${other}/${what}`))).toBe('404 not_found');
    }
  });
});

/** A user at work in their personal account: beside it they have an organization, to which calls go that name none. */
async function person() {
  const { userId, email, password } = await app.customer();
  const me = { userId, email, password, token: await signIn(email, password) };
  const { body } = await call(me.token, 'GET /v1/me');
  const accounts = body['accounts'] as { id: string; kind: string }[];
  const accountId = accounts.find(({ kind }) => kind === 'personal')?.id ?? '';
  const headers = { 'x-account-id': accountId };
  const callAt = (line: string, sent?: unknown) =>
    app.call(me.token, line, { headers, ...(sent === undefined ? {} : { body: sent }) });
  const trail = async (query = '') =>
    (await callAt(`GET /v1/account/audit?limit=100${query}`)).body['data'] as EventRow[];
  const actions = async (query = '') => (await trail(query)).map(({ action }) => action);
  return { ...me, accountId, headers, callAt, trail, actions };
}

describe('the audit of a personal account', () => {
  test('has what its owner did, there and as a person, and what was tried in their name', async () => {
    const me = await person();
    await me.callAt('POST /v1/api-keys', { name: 'a key', scopes: ['reel:read'] });
    await me.callAt('PATCH /v1/account', { time_zone: 'Europe/Berlin' });
    await me.callAt('PATCH /v1/me', { full_name: 'Ada' });
    const wrong = { email: me.email, password: 'Wrong-Password-1' };
    await app.call(undefined, 'POST /v1/auth/login', { body: wrong });
    await me.callAt('POST /v1/me/exports');
    await expect.poll(() => me.actions('&action=export')).toContain('export.ready');
    const events = await me.trail();
    expect(events.toReversed().map(({ action }) => action)).toEqual([
      'account.opened',
      'user.made',
      'session.opened',
      'key.made',
      'account.time_zone_changed',
      'user.profile_changed',
      'session.refused',
      'export.asked',
      'export.ready',
    ]);
    expect(events.find(({ action }) => action === 'session.refused')).toMatchObject({ ip: '127.0.0.1' });
    expect(await (await person()).actions()).toEqual(['session.opened', 'user.made', 'account.opened']);
  });

  test('has what platform admins did to them, and not who and from where; nor has an admin’s own what they did to others', async () => {
    const [me, operator] = [await person(), await app.admin()];
    const given = { account_id: me.accountId, product: 'reel', plan: 'pro' };
    await app.call(operator.key, 'POST /v1/admin/grants', { body: given });
    for (const done of ['suspend', 'reinstate'])
      await app.call(operator.key, `POST /v1/admin/users/${me.userId}/${done}`);
    const { headers } = me;
    const again = await signIn(me.email, me.password);
    const { body } = await app.call(again, 'GET /v1/account/audit?limit=4', { headers });
    const nowhere = { actor: { id: null }, user_id: null, ip: null, user_agent: null };
    expect(body['data']).toMatchObject([
      { action: 'session.opened', user_id: me.userId, ip: '127.0.0.1' },
      { action: 'user.reinstated', ...nowhere },
      { action: 'user.suspended', ...nowhere },
      { action: 'grant.created', ...nowhere },
    ]);
    const guessed = await app.call(again, `GET /v1/account/audit?actor=${operator.userId}`, { headers });
    expect(guessed.body['data']).toEqual([]);
    const token = await signIn(operator.email, operator.password);
    const own = (await call(token, 'GET /v1/me')).body['accounts'] as { id: string; kind: string }[];
    const theirs = { 'x-account-id': own.find(({ kind }) => kind === 'personal')?.id ?? '' };
    const seen = await app.call(token, 'GET /v1/account/audit?limit=100', { headers: theirs });
    expect((seen.body['data'] as Event[]).map(({ action }) => action)).toEqual([
      'session.opened',
      'user.made',
      'account.opened',
    ]);
  });

  test('is filtered, has each event once over all pages, and is exported as JSON lines and CSV', async () => {
    const me = await person();
    await me.callAt('PATCH /v1/me', { full_name: 'Ada' });
    const whole = await me.trail();
    const [newest] = whole;
    expect(await me.trail(`&target=${me.userId}&action=user.profile_changed`)).toEqual([newest]);
    expect(await me.trail(`&from=${newest?.created_at}`)).toEqual([newest]);
    expect(await me.actions(`&actor=${me.userId}`)).toEqual([
      'user.profile_changed',
      'session.opened',
      'account.opened',
    ]);
    const seen: Event[] = [];
    for (let cursor = ''; cursor !== '&cursor=null'; ) {
      const { body } = await me.callAt(`GET /v1/account/audit?limit=1${cursor}`);
      seen.push(...(body['data'] as Event[]));
      cursor = `&cursor=${body['next_cursor'] as string | null}`;
    }
    expect(seen).toEqual(whole);
    const lines = await text(me, 'format=jsonl', me);
    const [exported, ...others] = lines.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
    expect(exported).toMatchObject({ action: 'audit.exported', user_id: me.userId });
    expect(others).toEqual(whole);
    const csv = await text(me, 'format=csv&action=session', me);
    expect(csv.text.trim().split('\r\n')).toHaveLength(2);
    expect(csv.text).toContain(',session.opened,');
  });

  test('is told to nobody else, nor by a key of their organization, whose own audit that reads', async () => {
    const [me, stranger] = [await person(), await person()];
    const { headers } = me;
    expect(outcomeOf(await app.call(stranger.token, 'GET /v1/account/audit', { headers }))).toBe(
      '404 not_found',
    );
    const body = { name: 'a key', scopes: ['account:read'] };
    const { body: made } = await call(me.token, 'POST /v1/api-keys', body);
    const { body: told } = await call(String(made['key']), 'GET /v1/account/audit?limit=100');
    expect((told['data'] as Event[]).map(({ action }) => action)).toEqual([
      'key.made',
      'key.made',
      'account.opened',
    ]);
    expect(outcomeOf(await app.call(String(made['key']), 'GET /v1/account/audit', { headers }))).toBe(
      '404 not_found',
    );
  });
});
