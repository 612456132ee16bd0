import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { outcomeOf } from '../organizations/fixture.ts';
import { testApp } from '@plinth/testkit/services/app';
import { leavingOf } from './fixture.ts';

const app = await testApp({ work: false });
const { call, guest, join, resident } = leavingOf(app);
const admin = await app.admin();

const POST = { platform: 'x', topic: 'A topic', language: 'en', variants: 1 };
let posts = 0;
const create = (key: string) => {
  posts += 1;
  const headers = { 'idempotency-key': `post-${posts}` };
  return app.call(key, 'POST /v1/create', { body: POST, headers });
};
const changeStanding = (id: string, what: 'suspend' | 'reinstate', as = admin.key) =>
  call(as, `POST /v1/admin/accounts/${id}/${what}`);
const permits = statement<{ state: string }>('select state from limits.permits order by id');
const states = async () => (await app.db.asMigrator(permits)).map(({ state }) => state);

describe('an account that an admin suspends', () => {
  test('spends nothing more, gives back what waits, is read on, and spends again once it is reinstated', async () => {
    const who = await resident('reel.pro');
    expect(outcomeOf(await create(who.key))).toBe('202');
    expect(await states()).toEqual(['queued']);
    expect(outcomeOf(await changeStanding(who.accountId, 'suspend'))).toBe('200');
    expect(outcomeOf(await changeStanding(who.accountId, 'suspend'))).toBe('200');
    expect(outcomeOf(await create(who.key))).toBe('403 forbidden');
    const path = `/v1/organizations/${who.accountId}`;
    expect((await call(who.token, `GET ${path}`)).body).toMatchObject({ status: 'suspended' });
    const { body } = await call(who.token, 'GET /v1/me');
    expect(body['accounts']).toContainEqual(
      expect.objectContaining({ id: who.accountId, status: 'suspended' }),
    );
    const worker = app.app.modules.jobs.work();
    await expect.poll(states, { timeout: 120_000 }).toEqual(['voided']);
    await worker.stop(1_000);
    expect(outcomeOf(await changeStanding(who.accountId, 'reinstate'))).toBe('200');
    expect(outcomeOf(await create(who.key))).toBe('202');
    const trail = await call(who.token, `GET ${path}/audit?action=account`);
    const actions = (trail.body['data'] as { action: string }[]).map(({ action }) => action);
    expect(actions.slice(0, 2)).toEqual(['account.reinstated', 'account.suspended']);
  });

  test('is suspended by no one else, and must be there', async () => {
    const [who, member] = [await resident(), await guest()];
    await join(`/v1/organizations/${who.accountId}`, member, 'admin');
    for (const as of [who.key, who.token, member.token]) {
      expect(outcomeOf(await changeStanding(who.accountId, 'suspend', as))).toMatch(/^40[34]/);
    }
    expect(outcomeOf(await changeStanding('0193a000-0000-7000-8000-000000000001', 'suspend'))).toBe(
      '404 not_found',
    );
  });
});

test('a user who closed their account is neither suspended nor reinstated: the admin is told that nothing was done', async () => {
  const who = await resident();
  expect(outcomeOf(await call(who.token, 'DELETE /v1/me', { password: who.password }))).toBe('200');
  for (const what of ['suspend', 'reinstate'])
    expect(outcomeOf(await call(admin.key, `POST /v1/admin/users/${who.userId}/${what}`))).toBe(
      '409 conflict',
    );
});
