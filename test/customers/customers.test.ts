import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { type Customer, type Reply, testApp } from '@plinth/testkit/services/app';

const app = await testApp();
const { db } = app;
let operator: Customer;
beforeAll(async () => {
  operator = await app.admin();
});

const FEATURE = { product: 'gateway', feature: 'external' };
const as = (customer: string) => ({ 'x-customer-id': customer });

/** A call of the operator's backend, with an Idempotency-Key of its own. */
const call = (name: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
  app.call(operator.key, name, { body, headers: { 'idempotency-key': randomUUID(), ...headers } });
const put = (id: string, body: object = {}) => call(`PUT /v1/customers/${encodeURIComponent(id)}`, body);
const code = ({ status, body }: Reply) => `${status} ${(body['error'] as { code?: string })?.code}`;
const newId = () => `org_${randomUUID()}`;

async function keyWith(...scopes: string[]): Promise<string> {
  const { body } = await call('POST /v1/api-keys', { name: 'narrow', scopes });
  return String(body['key'] ?? body['token']);
}

describe('a customer by an id of the operator', () => {
  test('is created once, found, changed by what is given, and has its own default plan', async () => {
    const id = newId();
    const made = await put(id, {
      name: 'Northwind',
      email: 'billing@northwind.example',
      metadata: { tier: 'a' },
    });
    expect([made.status, made.body]).toMatchObject([
      201,
      { external_id: id, kind: 'organization', status: 'active' },
    ]);
    expect((await put(id)).status).toBe(200);
    const changed = await put(id, { email: null, time_zone: 'Europe/Berlin' });
    const expected = { name: 'Northwind', email: null, time_zone: 'Europe/Berlin', metadata: { tier: 'a' } };
    expect(changed.body).toMatchObject({ ...expected, account_id: made.body['account_id'] });
    expect((await call(`GET /v1/customers/${id}`)).body).toEqual(changed.body);
    const { body } = await call(`GET /v1/customers/${id}/entitlements`);
    expect(body['data']).toContainEqual(
      expect.objectContaining({ product: 'gateway', plan: 'gateway.developer', source: 'default' }),
    );
    expect(code(await put(id, { kind: 'personal' }))).toBe('409 customer_kind_fixed');
  });

  test('is listed, and found by a part of its id, name or email', async () => {
    const id = newId();
    await put(id, { name: 'Zephyr Works', email: 'money@zephyr.example' });
    const ids = async (query: string) =>
      ((await call(`GET /v1/customers?${query}`)).body['data'] as { external_id: string }[]).map(
        (one) => one.external_id,
      );
    expect(await ids('limit=1')).toEqual([id]);
    expect(await ids('q=zephyr%20w')).toEqual([id]);
    expect(await ids('q=MONEY@zeph')).toEqual([id]);
    expect(await ids(`q=${id.slice(3, 20)}`)).toEqual([id]);
    const { body: shown } = await call(`GET /v1/admin/customers?q=${id}`);
    expect(shown['data']).toMatchObject([{ found_by: 'external_id', owner_email: null }]);
    // The one of exactly that id is first, and the others follow it page by page.
    const others = [`${id}.a`, `${id}.b`, `${id}.c`];
    for (const other of [...others, `no-${id}`]) await put(other);
    const found: string[] = [];
    for (let query: string | undefined = ''; query !== undefined; ) {
      const { body } = await call(`GET /v1/customers?q=${id}&limit=2${query}`);
      found.push(...(body['data'] as { external_id: string }[]).map((one) => one.external_id));
      const next = body['next_cursor'] as string | null;
      query = next === null ? undefined : `&cursor=${next}`;
    }
    expect(found).toEqual([id, `no-${id}`, ...others.toReversed()]);
  });

  test('archived is refused to calls until a PUT opens it again, and what was under way is settled', async () => {
    const id = newId();
    await put(id);
    const { body: permit } = await call('POST /v1/permits', FEATURE, as(id));
    expect((await call(`DELETE /v1/customers/${id}`)).body).toMatchObject({ status: 'archived' });
    expect(code(await call('POST /v1/permits', FEATURE, as(id)))).toBe('409 customer_archived');
    expect(code(await call(`GET /v1/customers/${id}/entitlements`))).toBe('409 customer_archived');
    const settled = await call(
      `POST /v1/permits/${String(permit['permit_id'])}/settle`,
      { cost_micros: 5 },
      as(id),
    );
    expect(settled.body).toMatchObject({ status: 'settled', cost_micros: 5 });
    expect((await put(id)).body).toMatchObject({ status: 'active' });
    expect((await call('POST /v1/permits', FEATURE, as(id))).status).toBe(201);
  });

  test('of a batch is answered by itself', async () => {
    const [one, two, personal] = [newId(), newId(), newId()];
    await put(personal, { kind: 'personal' });
    const customers = [
      { external_id: one, name: 'One' },
      { external_id: '../two' },
      { external_id: one },
      { external_id: two, metadata: { a: 1 } },
      { external_id: personal, kind: 'organization' },
      { external_id: personal },
    ];
    const { status, body } = await call('POST /v1/customers/batch', { customers });
    expect(status).toBe(200);
    expect(body['data']).toMatchObject([
      { external_id: one, status: 'created', error: null },
      { external_id: null, status: 'refused', error: { code: 'validation_failed' } },
      { external_id: one, status: 'refused' },
      { external_id: two, status: 'refused' },
      { external_id: personal, status: 'refused', error: { code: 'customer_kind_fixed' } },
      { external_id: personal, status: 'refused' },
    ]);
  });
});

test('twenty callers of four servers that race for a new id make one account of it', async () => {
  const id = newId();
  const further = [1, 2, 3].map(() => testApp({ beside: app, work: false }));
  const servers = [app, ...(await Promise.all(further))];
  const answers = await Promise.all(
    Array.from({ length: 5 }, () =>
      servers.map((server) =>
        server.call(operator.key, `PUT /v1/customers/${id}`, {
          body: { name: 'Raced' },
          headers: { 'idempotency-key': randomUUID() },
        }),
      ),
    ).flat(),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(new Set(answers.map(({ body }) => body['account_id'])).size).toBe(1);
  const owners = await db.asMigrator(
    statement<{ n: number }>(
      'select count(*)::integer as n from identity.users u join accounts.customers c on c.owner_id = u.user_id where c.external_id = $1',
      [id],
    ),
  );
  expect(owners).toEqual([{ n: 1 }]);
});

describe('external ids', () => {
  test.each([
    ['301 characters', 'a'.repeat(301)],
    ['201 characters', 'a'.repeat(201)],
    ['a path', '..%2Fx'],
    ['a slash', 'a%2Fb'],
    ['a space', 'a%20b'],
    ['a letter of another alphabet', encodeURIComponent('оrg_1')],
    ['a combining accent', encodeURIComponent('e\u0301')],
    ['a full-width letter', encodeURIComponent('ａ')],
    ['a quote', '%27'],
  ])('of %s are refused', async (_, id) => {
    expect(code(await call(`PUT /v1/customers/${id}`, {}))).toBe('400 validation_failed');
    expect(
      code(
        await call('GET /v1/usage', undefined, {
          'x-customer-id': decodeURIComponent(id).replaceAll(/[^\x20-\x7e]/g, 'ä'),
        }),
      ),
    ).toBe('400 validation_failed');
  });

  test('are compared exactly, and one that looks like an id of ours is no more than that', async () => {
    const ours = operator.accountId;
    expect((await put(ours)).body['account_id']).not.toBe(ours);
    const [lower, upper] = ['acme@x', 'ACME@x'];
    expect((await put(lower)).body['account_id']).not.toBe((await put(upper)).body['account_id']);
    const longest = `${'a'.repeat(190)}.:@|+~=-_9`;
    expect((await put(longest)).body).toMatchObject({ external_id: longest });
  });

  test('that are unknown say what to do', async () => {
    const unknown = await call('POST /v1/permits', FEATURE, as('never-put'));
    expect(code(unknown)).toBe('404 customer_unknown');
    expect(JSON.stringify(unknown.body)).toContain('PUT /v1/customers/');
  });
});

describe('on behalf of a customer', () => {
  test('permits, usage, entitlements and billing are the customer’s own', async () => {
    const id = newId();
    const { body: customer } = await put(id);
    const { body: permit } = await call('POST /v1/permits', FEATURE, as(id));
    await call(`POST /v1/permits/${String(permit['permit_id'])}/settle`, { cost_micros: 700 }, as(id));
    const { body: usage } = await call('GET /v1/usage', undefined, as(id));
    expect(usage['events']).toMatchObject([
      { permit_id: permit['permit_id'], cost_micros: 700, key_id: null },
    ]);
    expect(
      (await call('GET /v1/permits/preview?product=gateway&feature=external', undefined, as(id))).body,
    ).toMatchObject({
      admitted: true,
    });
    const { body: mine } = await call('GET /v1/billing/entitlements', undefined, as(id));
    const { body: shown } = await call(`GET /v1/customers/${id}/entitlements`);
    expect(shown).toMatchObject({ account_id: customer['account_id'], data: mine['data'] });
    await call('POST /v1/admin/credits', { customer: id, product: 'gateway', limit: 'calls', amount: 5 });
    await call('POST /v1/admin/grants', { customer: id, product: 'gateway', plan: 'scale' });
    expect((await call(`GET /v1/admin/grants?customer=${id}`)).body['data']).toMatchObject([
      { account_id: customer['account_id'], plan: 'gateway.scale' },
    ]);
    const events = await db.asMigrator(
      statement<{ action: string }>('select action from audit.events where account_id = $1 order by id', [
        customer['account_id'],
      ]),
    );
    expect(events.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['customer.created', 'permit.taken', 'grant.created']),
    );
  });

  test('entitlements are 304 until they change, and signed where a product is named', async () => {
    const id = newId();
    await put(id);
    const first = await call(`GET /v1/customers/${id}/entitlements?product=gateway`);
    expect(first.body['token']).toMatch(/^eyJ/);
    const etag = String(first.headers.get('etag'));
    expect(first.headers.get('cache-control')).toMatch(/^private, max-age=/);
    const again = () =>
      call(`GET /v1/customers/${id}/entitlements?product=gateway`, undefined, { 'if-none-match': etag });
    expect((await again()).status).toBe(304);
    await call('POST /v1/admin/grants', { customer: id, product: 'gateway', plan: 'scale' });
    expect((await again()).status).toBe(200);
  });

  test('nothing is done for a session, a user’s key, or a key without the scope', async () => {
    const id = newId();
    await put(id);
    const user = await app.customer();
    const narrow = await keyWith('permits:write', 'permits:read', 'usage:read');
    const reading = await keyWith('permits:write', 'customers:read', 'usage:read');
    const take = (key: string) =>
      app.call(key, 'POST /v1/permits', {
        body: FEATURE,
        headers: { 'idempotency-key': randomUUID(), ...as(id) },
      });
    expect(code(await take(user.key))).toBe('403 forbidden');
    expect(code(await take(narrow))).toBe('403 forbidden');
    expect(code(await take(reading))).toBe('403 forbidden');
    expect((await app.call(reading, 'GET /v1/usage', { headers: as(id) })).status).toBe(200);
    expect(code(await app.call(narrow, 'GET /v1/usage', { headers: as(id) }))).toBe('403 forbidden');
    for (const key of [user.key, narrow, undefined])
      for (const route of [
        `GET /v1/customers/${id}`,
        'GET /v1/customers',
        `GET /v1/customers/${id}/entitlements`,
      ])
        expect(code(await app.call(key, route))).toMatch(/^40[13] /);
    expect(code(await app.call(reading, `PUT /v1/customers/${id}`, { body: {} }))).toBe('403 forbidden');
    // Intimate calls are not made for a customer, nor are those of people and of all accounts, nor calls with two names.
    for (const route of ['GET /v1/mirror/sessions', 'GET /v1/me', 'GET /v1/admin/usage', 'GET /v1/customers'])
      expect(code(await call(route, undefined, as(id)))).toBe('403 forbidden');
    expect(code(await call('GET /v1/usage', undefined, { ...as(id), 'x-account-id': user.accountId }))).toBe(
      '400 validation_failed',
    );
  });
});

interface Operation {
  readonly parameters?: readonly { readonly name: string }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: { $ref?: string } }>>;
  };
}

test('each call of operators that takes an account takes a customer in its place, and says the same', async () => {
  const { body } = await app.call(undefined, 'GET /openapi.json');
  const { paths, components } = body as unknown as {
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, { properties?: object }> };
  };
  const id = newId();
  const account = String((await put(id)).body['account_id']);
  const fieldsOf = ({ parameters = [], requestBody }: Operation) => {
    const named = requestBody?.content['application/json']?.schema.$ref?.split('/').at(-1) ?? '';
    const fields = Object.keys(components.schemas[named]?.properties ?? {});
    return new Set([...parameters.map(({ name }) => name), ...fields]);
  };
  const naming = Object.entries(paths)
    .filter(([path]) => path.startsWith('/v1/admin/'))
    .flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, one]) => ({ path, method, fields: fieldsOf(one) })),
    )
    .filter(({ fields }) => fields.has('account_id') || fields.has('account'));
  expect(naming.filter(({ fields }) => !fields.has('customer')).map(({ path }) => path)).toEqual([]);
  const lists = naming.filter(({ method }) => method === 'get');
  expect(lists.length).toBeGreaterThan(10);
  for (const { path, fields } of lists) {
    const name = fields.has('account') ? 'account' : 'account_id';
    const needed = fields.has('format') && path.endsWith('/export') ? '&format=jsonl' : '';
    const [named, known] = [`customer=${id}${needed}`, `${name}=${account}${needed}`];
    const read = (query: string) => call(`GET ${path}?${query}`);
    const [byCustomer, byAccount] = [await read(named), await read(known)];
    expect([path, byCustomer.status, byCustomer.body]).toEqual([path, 200, byAccount.body]);
    expect([path, code(await read(`customer=never-put${needed}`))]).toEqual([path, '404 customer_unknown']);
    expect([path, code(await read(`${named}&${known}`))]).toEqual([path, '400 validation_failed']);
  }
});

describe('members of a customer', () => {
  test('take seats of its plan by ids of the operator, and are the same users when they come back', async () => {
    const id = newId();
    await put(id);
    const member = (name: string) => `/v1/customers/${id}/members/${name}`;
    const ada = await call(`PUT ${member('ada')}`, {
      role: 'admin',
      name: 'Ada',
      email: 'ada@northwind.example',
    });
    expect([ada.status, ada.body]).toMatchObject([
      201,
      { external_user_id: 'ada', role: 'admin', name: 'Ada' },
    ]);
    expect((await call(`PUT ${member('ada')}`, { role: 'member' })).body).toMatchObject({
      role: 'member',
      name: 'Ada',
    });
    expect((await call(`GET /v1/customers/${id}/members`)).body['data']).toHaveLength(1);
    expect((await call(`DELETE ${member('ada')}`)).status).toBe(204);
    expect(code(await call(`DELETE ${member('ada')}`))).toBe('404 not_found');
    const back = await call(`PUT ${member('ada')}`, {});
    expect(back.body).toMatchObject({ user_id: ada.body['user_id'], name: null, email: null });
    const personal = newId();
    await put(personal, { kind: 'personal' });
    expect(code(await call(`PUT /v1/customers/${personal}/members/ada`, {}))).toBe('403 wrong_account_kind');
  });
});

test('the users of a customer have no address: no mail goes to them and no one signs in as one', async () => {
  const id = newId();
  await put(id, { email: 'quiet@northwind.example' });
  await call(`PUT /v1/customers/${id}/members/bo`, {
    role: 'owner',
    name: 'Bo',
    email: 'bo@northwind.example',
  });
  for (const email of ['quiet@northwind.example', 'bo@northwind.example']) {
    await app.call(undefined, 'POST /v1/auth/forgot-password', { body: { email } });
    expect(
      code(
        await app.call(undefined, 'POST /v1/auth/login', {
          body: { email, password: 'correct horse battery' },
        }),
      ),
    ).toBe('401 invalid_credentials');
  }
  const { body: users } = await call('GET /v1/admin/users?email=northwind');
  expect(users['data']).toEqual([]);
  expect(await app.outbox()).toEqual([]);
});

test('an erased customer is gone with its users, and until then refused', async () => {
  const [organization, personal] = [newId(), newId()];
  for (const id of [organization, personal]) {
    await put(id, { kind: id === personal ? 'personal' : 'organization', name: 'Erased' });
    const deleted = await call(`DELETE /v1/admin/data/delete?customer=${id}`);
    expect([deleted.status, deleted.body]).toMatchObject([200, { status: 'closed' }]);
    expect(code(await call('POST /v1/permits', FEATURE, as(id)))).toBe('409 customer_archived');
    expect(code(await put(id))).toBe('409 customer_closing');
    expect((await put(id, { restore: true })).body).toMatchObject({ status: 'active' });
    await call(`DELETE /v1/admin/data/delete?customer=${id}`);
  }
  await call(`PUT /v1/customers/${newId()}`, {});
  await db.asMigrator(
    statement(
      `update accounts.accounts set deleted_at = deleted_at - interval '15 days' where deleted_at is not null`,
    ),
  );
  const before = await usersWithoutAddress();
  expect(await app.app.modules.erasure.eraser.run()).toBe(2);
  expect(await usersWithoutAddress()).toBe(before - 2);
  expect(code(await call(`GET /v1/customers/${organization}`))).toBe('404 customer_unknown');
  expect((await put(personal)).status).toBe(201);
});

async function usersWithoutAddress(): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ n: number }>('select count(*)::integer as n from identity.users where email is null'),
  );
  return row?.n ?? 0;
}
