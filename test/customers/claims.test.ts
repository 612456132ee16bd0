import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { type Customer, testApp } from '@plinth/testkit/services/app';
import { fixtureOf, outcomeOf } from '../organizations/fixture.ts';

const app = await testApp();
const { accept, call: say, guest } = fixtureOf(app);
const FEATURE = { product: 'gateway', feature: 'external' };
let operator: Customer;
beforeAll(async () => {
  operator = await app.admin();
});

/** A call of the operator's backend. */
const call = (name: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
  app.call(operator.key, name, { body, headers: { 'idempotency-key': randomUUID(), ...headers } });

async function customer(fields: object = {}) {
  const id = `org_${randomUUID()}`;
  const { body } = await call(`PUT /v1/customers/${id}`, fields);
  const accountId = String(body['account_id']);
  const offer = (email: string, also: object = {}) =>
    call(`PUT /v1/customers/${id}/claim`, { email, ...also });
  return { id, accountId, path: `/v1/organizations/${accountId}`, offer };
}

const tokenOf = ({ body }: { readonly body: Readonly<Record<string, unknown>> }) =>
  String(body['url']).split('#')[1] ?? '';

test('a person claims a customer: they own it, and the backend goes on calling for it', async () => {
  const { id, path, accountId, offer } = await customer({ name: 'Northwind' });
  const person = await guest();
  const offered = await offer(person.email.toUpperCase());
  expect(offered.body).toMatchObject({ email: person.email.toUpperCase(), role: 'owner' });
  expect(String(offered.body['url'])).toMatch(/\/v1\/invitations\/accept#pli_[\w-]{43}$/);
  expect((await app.outbox()).filter(({ to }) => to.toLowerCase() === person.email)).toEqual([]);
  expect((await call(`GET /v1/customers/${id}`)).body).toMatchObject({ is_claimed: false });

  const twice = await Promise.all([accept(person, tokenOf(offered)), accept(person, tokenOf(offered))]);
  expect(twice.map(outcomeOf).toSorted()).toEqual(['200', '404 not_found']);
  expect((await call(`GET /v1/customers/${id}`)).body).toMatchObject({ is_claimed: true });
  const { body: members } = await say(person.token, `GET ${path}/members`);
  expect(members['data']).toMatchObject([{ user_id: person.userId, role: 'owner' }]);
  const taken = await call('POST /v1/permits', FEATURE, { 'x-customer-id': id });
  expect(outcomeOf(taken)).toBe('201');
  const [{ owner_id: hidden } = { owner_id: '' }] = await app.db.asMigrator(
    statement<{ owner_id: string }>('select owner_id from accounts.customers where external_id = $1', [id]),
  );

  // The owner that it was made with stays out of reach, and so the backend is never without one.
  for (const line of [`DELETE ${path}/members/${hidden}`, `PATCH ${path}/members/${hidden}`])
    expect(
      outcomeOf(await say(person.token, line, line.startsWith('P') ? { role: 'viewer' } : undefined)),
    ).toBe('404 not_found');
  expect(outcomeOf(await offer(person.email))).toBe('409 already_member');
  expect(outcomeOf(await say(person.token, `DELETE ${path}/members/${person.userId}`))).toBe('200');
  expect((await call(`GET /v1/customers/${id}`)).body).toMatchObject({ is_claimed: false });
  const actions = await app.db.asMigrator(
    statement<{ action: string }>('select action from audit.events where account_id = $1 order by id', [
      accountId,
    ]),
  );
  expect(actions.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['customer.claim_offered', 'member.joined', 'member.left']),
  );
});

test('a link is good for one address, once, and until the next one or its withdrawal', async () => {
  const { id, path, offer } = await customer();
  const [person, stranger] = [await guest(), await guest()];
  const first = tokenOf(await offer(person.email));
  const second = tokenOf(await offer(person.email, { role: 'viewer' }));
  expect(outcomeOf(await accept(person, first))).toBe('404 not_found');
  expect(outcomeOf(await accept(stranger, second))).toBe('403 invitation_for_another');
  expect(outcomeOf(await call(`DELETE /v1/customers/${id}/claim`))).toBe('204');
  expect(outcomeOf(await accept(person, second))).toBe('404 not_found');

  const third = tokenOf(await offer(person.email, { role: 'admin' }));
  const joined = await accept(person, third);
  expect(joined.body).toMatchObject({ role: 'admin' });
  // The backend withdraws nothing that a member sent.
  await say(person.token, `POST ${path}/invitations`, { email: stranger.email, role: 'member' });
  await call(`DELETE /v1/customers/${id}/claim`);
  expect((await say(person.token, `GET ${path}/invitations`)).body['data']).toHaveLength(1);
});

test('nobody but the operator’s backend offers a claim, and of a customer that may have members alone', async () => {
  const [team, personal] = [await customer(), await customer({ kind: 'personal' })];
  const person = await guest();
  expect(outcomeOf(await personal.offer(person.email))).toBe('403 wrong_account_kind');
  const line = `PUT /v1/customers/${team.id}/claim`;
  const { key } = await app.customer();
  for (const as of [undefined, person.token, key])
    expect(outcomeOf(await app.call(as, line, { body: { email: person.email } }))).toMatch(/^40[13] /);
  expect(outcomeOf(await call('PUT /v1/customers/never-put/claim', { email: person.email }))).toBe(
    '404 customer_unknown',
  );
  await call(`DELETE /v1/customers/${team.id}`);
  expect(outcomeOf(await team.offer(person.email))).toBe('409 customer_archived');
});

test('an archived customer refuses its people and their keys, but to read', async () => {
  const { id, accountId, offer } = await customer();
  const person = await guest();
  await accept(person, tokenOf(await offer(person.email)));
  const at = { headers: { 'x-account-id': accountId, 'idempotency-key': randomUUID() } };
  const { body: made } = await app.call(person.token, 'POST /v1/api-keys', {
    ...at,
    body: { name: 'theirs', scopes: ['*'] },
  });
  const key = String(made['key']);
  const take = () =>
    app.call(key, 'POST /v1/permits', { body: FEATURE, headers: { 'idempotency-key': randomUUID() } });
  const { body: permit } = await take();

  await call(`DELETE /v1/customers/${id}`);
  expect(outcomeOf(await take())).toBe('409 customer_archived');
  expect(outcomeOf(await app.call(person.token, 'POST /v1/permits', { ...at, body: FEATURE }))).toBe(
    '409 customer_archived',
  );
  expect((await app.call(key, 'GET /v1/usage')).status).toBe(200);
  const settled = await app.call(key, `POST /v1/permits/${String(permit['permit_id'])}/settle`, {
    body: { cost_micros: 5 },
  });
  expect(settled.body).toMatchObject({ status: 'settled' });
  await call(`PUT /v1/customers/${id}`, {});
  expect((await take()).status).toBe(201);
});
