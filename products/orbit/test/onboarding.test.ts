import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { fixtureOf } from '../../../test/organizations/fixture.ts';
import type { Reply } from '@plinth/testkit/services/app';
import { orbitFixture } from './fixture.ts';

const fixture = await orbitFixture({ settings: { FREE_ACCOUNTS_PER_USER: '10' } });
const { call, guest, invite, join, organization, tokensTo } = fixtureOf(fixture);

type Item = Readonly<Record<string, unknown>>;

/** A user who begins, by the calls that they make for their new workspace. */
async function beginner() {
  const who = await guest();
  const begin = (name = 'Ada & Co', headers = {}) =>
    fixture.call(who.token, 'POST /v1/onboarding/workspace', { body: { name }, headers });
  const began = await begin();
  const id = String(began.body['workspace_id']);
  const post = (path: string, body?: unknown, headers = {}): Promise<Reply> =>
    fixture.call(who.token, `POST /v1/onboarding/${path}`, {
      headers: { 'x-account-id': id, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  return {
    who,
    id,
    began,
    begin,
    post,
    status: (query = '') => call(who.token, `GET /v1/onboarding/status${query}`),
  };
}

const statesOf = (status: Item) =>
  Object.fromEntries((status['steps'] as Item[]).map(({ step, state }) => [step, state]));

/** Result of each invitation. */
const outcomes = (reply: Reply) =>
  (reply.body['invitations'] as Item[]).map(({ outcome, code }) => code ?? outcome);

/** The declaration of a logo before its upload. */
const logo = (bytes: Buffer) => ({
  filename: 'logo.png',
  type: 'image/png',
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

describe('the onboarding', () => {
  test('goes step by step, and ends', async () => {
    const { who, id, began, post, status } = await beginner();
    expect(began).toMatchObject({ status: 201, body: { slug: 'ada-co', plan: 'orbit.free', next: 'team' } });
    const team = await post('team', {
      workspace_id: id,
      invitations: [{ email: 'grace@example.com', role: 'member' }],
      privacy: 'no_models',
    });
    expect(team).toMatchObject({
      status: 200,
      body: { invitations: [{ outcome: 'invited' }], status: { privacy: 'no_models', next: 'goals' } },
    });
    expect(await tokensTo('grace@example.com')).toHaveLength(1);
    const { body: invitations } = await call(who.token, `GET /v1/organizations/${id}/invitations`);
    expect(invitations['data']).toMatchObject([{ email: 'grace@example.com', role: 'member' }]);
    await post('goals', { goals: ['Scopes in hours'], role: 'agency', team_size: 3 });
    const last = await post('subscribe', { plan: 'free' });
    expect(last).toMatchObject({ status: 200, body: { checkout_url: null, status: { next: null } } });
    expect(statesOf((await status()).body)).toEqual({
      workspace: 'done',
      team: 'done',
      goals: 'done',
      subscribe: 'done',
    });
  });

  test('is begun once, however often somebody asks; a second workspace begins when the first is through', async () => {
    const { id, begin, post, who } = await beginner();
    const again = await begin();
    const keyed = await begin('Ada & Co', { 'idempotency-key': 'again' });
    expect([again.body['workspace_id'], keyed.body['workspace_id']]).toEqual([id, id]);
    for (const step of ['team', 'goals', 'subscribe']) await post(`${step}/skip`);
    const other = await begin('Ada & Co');
    expect(other.body['workspace_id']).not.toBe(id);
    expect(other.body['slug']).not.toBe('ada-co');
    const { body } = await call(who.token, 'GET /v1/organizations?limit=100');
    expect((body['data'] as Item[]).filter(({ name }) => name === 'Ada & Co')).toHaveLength(2);
  });

  test('is begun once by tabs that ask at once', async () => {
    const { token } = await guest();
    const begun = await Promise.all(
      Array.from({ length: 8 }, () =>
        fixture.call(token, 'POST /v1/onboarding/workspace', { body: { name: 'Ada & Co' } }),
      ),
    );
    expect(begun.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 201));
    expect(new Set(begun.map(({ body }) => body['workspace_id'])).size).toBe(1);
    const { body } = await call(token, 'GET /v1/organizations');
    expect((body['data'] as Item[]).filter(({ name }) => name === 'Ada & Co')).toHaveLength(1);
  });

  test('is skipped and gone on with later; what is done stays done', async () => {
    const { post, status } = await beginner();
    expect((await post('team/skip')).body).toMatchObject({ next: 'goals' });
    expect((await post('goals/skip')).body).toMatchObject({ next: 'subscribe' });
    // Back another day, at no step in particular.
    await post('goals', { goals: ['Later'] });
    expect(statesOf((await post('goals/skip')).body)).toMatchObject({ team: 'skipped', goals: 'done' });
    const { body } = await status();
    expect(body).toMatchObject({
      next: 'subscribe',
      steps: expect.arrayContaining([expect.objectContaining({ step: 'goals', said: { goals: ['Later'] } })]),
    });
    expect(refusalOf(await post('workspace/skip'))).toMatchObject({ status: 409, code: 'step_required' });
    expect((await post('nothing/skip')).status).toBe(404);
  });

  test('invites each once, and says of the others why not', async () => {
    const { post, who } = await beginner();
    const team = (...emails: readonly string[]) =>
      post('team', { invitations: emails.map((email) => ({ email })) });
    expect(outcomes(await team('one@example.net', 'one@example.net', who.email))).toEqual([
      'invited',
      'already_invited',
      'already_member',
    ]);
    expect(await tokensTo('one@example.net')).toHaveLength(1);
    expect((await post('team', { invitations: [{ email: 'x@example.net', role: 'owner' }] })).status).toBe(
      400,
    );
  });

  test('invites no more than its plan has members, and members of who never opened Orbit are not counted', async () => {
    const full = async () => {
      const { who, id, post } = await beginner();
      for (let n = 0; n < 2; n += 1) await join(`/v1/organizations/${id}`, await guest(), 'member');
      return { who, post };
    };
    const { post } = await full();
    const team = await post('team', { invitations: [{ email: 'two@example.net' }] });
    expect(team.body['invitations']).toMatchObject([{ outcome: 'refused', code: 'limit_exceeded' }]);
    // No invitation was sent: the step is open, and can be skipped.
    expect(team.body['status']).toMatchObject({ next: 'team' });
    expect((await post('team', { privacy: 'no_models' })).body['status']).toMatchObject({ next: 'team' });
    expect(await tokensTo('two@example.net')).toHaveLength(0);
    const owner = await guest();
    const elsewhere = await organization(owner);
    for (let n = 0; n < 4; n += 1) await join(elsewhere, await guest(), 'member');
    expect((await invite(elsewhere, owner, { email: 'three@example.net' })).status).toBe(201);
  });

  test('is that of the workspace that is asked for, and of nobody else’s', async () => {
    const { id, status } = await beginner();
    const other = await beginner();
    expect((await status(`?workspace_id=${id}`)).body['workspace_id']).toBe(id);
    expect((await other.status(`?workspace_id=${id}`)).status).toBe(404);
    expect(refusalOf(await other.post('goals', { workspace_id: id, goals: ['x'] })).code).toBe(
      'workspace_mismatch',
    );
    const before = await guest();
    // A customer of the fixture has an organization that Orbit was never opened in.
    expect((await call(before.token, 'GET /v1/onboarding/status')).body).toMatchObject({ next: 'workspace' });
  });

  test('sells nothing where nothing is sold, and the step stays open', async () => {
    const { post, status } = await beginner();
    const pages = { success_url: 'https://example.com/a', cancel_url: 'https://example.com/b' };
    expect(refusalOf(await post('subscribe', { plan: 'pro', ...pages })).code).toBe('nothing_sold');
    expect((await post('subscribe', { plan: 'pro' })).status).toBe(400);
    expect(statesOf((await status()).body)).toMatchObject({ subscribe: 'open' });
  });
});

describe('a workspace', () => {
  test('is changed by its admins, and its slug is nobody else’s', async () => {
    const { id, admin, member, viewer } = await fixture.workspace();
    const path = `/v1/workspaces/${id}`;
    const changed = await admin.patch(path, { name: 'Ada', slug: 'the-adas', settings: { currency: 'eur' } });
    expect(changed).toMatchObject({
      status: 200,
      body: { name: 'Ada', slug: 'the-adas', settings: { currency: 'EUR', language: 'en' } },
    });
    expect((await viewer.get(path)).body).toEqual({ ...changed.body, role: 'viewer' });
    expect((await member.patch(path, { slug: 'mine' })).status).toBe(403);
    expect((await admin.patch(path, { slug: 'late' }, { 'if-match': '"1"' })).status).toBe(412);
    const other = await fixture.workspace();
    expect(refusalOf(await other.owner.patch(`/v1/workspaces/${other.id}`, { slug: 'the-adas' })).code).toBe(
      'slug_taken',
    );
    expect((await other.owner.get(path)).status).toBe(404);
    expect((await other.owner.patch(path, { slug: 'theirs' })).status).toBe(404);
    expect((await admin.patch(path, { slug: 'No Slug' })).status).toBe(400);
  });

  test('is opened by who changes it, and by no reading', async () => {
    const who = await guest();
    const id = String((await call(who.token, 'POST /v1/organizations', { name: 'Elsewhere' })).body['id']);
    const readWorkspaceRows = () =>
      fixture.db.asMigrator(statement('select 1 from orbit.workspaces where account_id = $1', [id]));
    expect(await call(who.token, `GET /v1/workspaces/${id}`)).toMatchObject({
      status: 200,
      body: { slug: null, version: 1 },
    });
    expect((await call(who.token, `GET /v1/onboarding/status?workspace_id=${id}`)).status).toBe(200);
    expect(await readWorkspaceRows()).toEqual([]);
    const changed = await call(who.token, `PATCH /v1/workspaces/${id}`, { slug: 'elsewhere' });
    expect(changed).toMatchObject({ status: 200, body: { slug: 'elsewhere' } });
    expect(await readWorkspaceRows()).toHaveLength(1);
  });

  test('is not opened by a change that is refused', async () => {
    const who = await guest();
    const id = String((await call(who.token, 'POST /v1/organizations', { name: 'Elsewhere' })).body['id']);
    const other = await fixture.workspace();
    await other.owner.patch(`/v1/workspaces/${other.id}`, { slug: 'taken-already' });
    const path = `/v1/workspaces/${id}`;
    const pages = { success_url: 'https://example.com/a', cancel_url: 'https://example.com/b' };
    const headers = { 'x-account-id': id, 'if-match': '"2"' };
    const asked: [string, object, string][] = [
      [`PATCH ${path}`, { slug: 'mine' }, 'precondition_failed'],
      [`PATCH ${path}`, { colours: { primary: '#112233', accent: '#aabbcc' } }, 'plan_required'],
      [`PATCH ${path}`, { slug: 'taken-already' }, 'slug_taken'],
      [`POST ${path}/logo`, logo(Buffer.from('a picture')), 'plan_required'],
      [`POST ${path}/logo/${other.id}/complete`, {}, 'blob_not_found'],
      ['POST /v1/onboarding/subscribe', { plan: 'pro', ...pages }, 'nothing_sold'],
    ];
    for (const [line, body, code] of asked) {
      const { 'if-match': version, ...rest } = headers;
      const said = code === 'precondition_failed' ? { ...rest, 'if-match': version } : rest;
      const reply = await fixture.call(who.token, line, { body, headers: said });
      expect(refusalOf(reply).code, line).toBe(code);
    }
    for (const table of ['orbit.workspaces', 'limits.gauges'])
      expect(
        await fixture.db.asMigrator(statement(`select 1 from ${table} where account_id = $1`, [id])),
      ).toEqual([]);
  });

  test('gives new scopes its currency', async () => {
    const { id, admin, member } = await fixture.workspace();
    await admin.patch(`/v1/workspaces/${id}`, { settings: { currency: 'chf' } });
    const made = await member.post('/v1/scopes', { title: 'A shop in Bern' });
    expect(made).toMatchObject({ status: 201, body: { currency: 'CHF' } });
    const said = await member.post('/v1/scopes', { title: 'A shop in Rome', currency: 'EUR' });
    expect(said.body['currency']).toBe('EUR');
    const other = await fixture.workspace();
    expect((await other.member.post('/v1/scopes', { title: 'A shop' })).body['currency']).toBe('USD');
  });

  test('has colours of its own by a plan that has them', async () => {
    const colours = { primary: '#112233', accent: '#AABBCC' };
    const pro = await fixture.workspace('orbit.pro');
    expect(refusalOf(await pro.owner.patch(`/v1/workspaces/${pro.id}`, { colours }))).toMatchObject({
      status: 402,
      code: 'plan_required',
      details: { upgrade: 'orbit.team' },
    });
    const team = await fixture.workspace();
    expect(await team.owner.patch(`/v1/workspaces/${team.id}`, { colours })).toMatchObject({
      status: 200,
      body: { colours: { primary: '#112233', accent: '#aabbcc' } },
    });
  });

  test('has a logo by a plan that has it: a picture, which counts in its storage', async () => {
    const free = await fixture.workspace('orbit.free');
    const picture = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(1_000, 1)]);
    expect((await free.owner.post(`/v1/workspaces/${free.id}/logo`, logo(picture))).status).toBe(402);
    const { id, admin, member, viewer, owner } = await fixture.workspace('orbit.pro');
    const path = `/v1/workspaces/${id}/logo`;
    const send = async (bytes: Buffer) => {
      const { body } = await admin.post(path, logo(bytes));
      const { url, headers } = body['upload'] as { url: string; headers: Record<string, string> };
      await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) });
      return admin.post(`${path}/${String(body['blob_id'])}/complete`);
    };
    expect((await member.post(path, logo(picture))).status).toBe(403);
    expect((await viewer.get(path)).status).toBe(404);
    expect((await send(picture)).status).toBe(200);
    const link = await viewer.get(path);
    const read = await fetch(String(link.body['url']));
    expect(Buffer.from(await read.arrayBuffer())).toEqual(picture);
    const other = Buffer.concat([picture, Buffer.alloc(500)]);
    expect((await send(other)).status).toBe(200);
    expect(await owner.used()).toMatchObject({ storage: other.length });
    const page = Buffer.from('<html><script>alert(1)</script></html>');
    expect(refusalOf(await send(page))).toMatchObject({ status: 422, code: 'logo_unreadable' });
    expect((await viewer.get(path)).status).toBe(404);
    expect(await owner.used()).toMatchObject({ storage: 0 });
    await send(picture);
    expect((await admin.remove(path)).status).toBe(200);
    expect(await owner.used()).toMatchObject({ storage: 0 });
  });

  test('is listed with the others of its person, and closed by its owner alone', async () => {
    const { who, id } = await beginner();
    const other = await guest();
    const { body } = await call(who.token, 'GET /v1/workspaces');
    expect((body['data'] as Item[])[0]).toMatchObject({ id, slug: expect.any(String), role: 'owner' });
    expect((await call(other.token, `DELETE /v1/workspaces/${id}`)).status).toBe(404);
    expect(await call(who.token, `DELETE /v1/workspaces/${id}`)).toMatchObject({ status: 200, body: { id } });
    expect((await call(who.token, `GET /v1/workspaces/${id}`)).status).toBe(404);
  });
});
