import { randomUUID } from 'node:crypto';
import { unzipSync } from 'fflate';
import { beforeAll, expect, test } from 'vitest';
import { concealModelCost, exampleOf } from '#platform/http';
import { allRoutes } from '../../server/src/app/lists.ts';
import { send } from '@plinth/testkit/walkers/calls';
import { type Customer, type Reply, testApp } from '@plinth/testkit/services/app';

/** Costs of model calls are the operator's, unless SHOW_MODEL_COST says otherwise (docs/limits.md). */

const app = await testApp({ settings: { SHOW_MODEL_COST: 'false' } });
const admin = await app.admin();
/** The cost of the call, the reserve of the next one, and the size of the budget: found in no other number. */
const [COST, RESERVE, SIZE] = [21_234_567, 9_876_543, 25_000_000];
const FIGURES = new RegExp([COST, RESERVE].join('|'));
const FEATURE = { product: 'gateway', feature: 'external' };
const next = { ...FEATURE, estimate: { cost_micros: RESERVE } };

let member: Customer;
const ids: string[] = [];
const call = (key: string, name: string, body?: unknown) =>
  app.call(key, name, { body, headers: { 'idempotency-key': randomUUID() } });
const textOf = ({ body }: Reply) => JSON.stringify(body);
const backend = (name: string, body?: unknown) =>
  app.call(admin.key, name, {
    body,
    headers: { 'idempotency-key': randomUUID(), 'x-account-id': member.accountId },
  });

beforeAll(async () => {
  member = await app.customer('gateway.scale');
  const taken = await call(member.key, 'POST /v1/permits', FEATURE);
  const id = String(taken.body['permit_id']);
  const settled = await call(member.key, `POST /v1/permits/${id}/settle`, { cost_micros: COST });
  expect(
    [taken, settled].map(({ body }) => [body['reserve_micros'] ?? null, body['cost_micros'] ?? null]),
  ).toEqual([
    [null, null],
    [null, null],
  ]);
  const { body } = await call(member.key, 'GET /v1/usage');
  ids.push(id, ...(body['events'] as { id: string }[]).map((event) => event.id));
});

test('a denial says how full a budget is, and nothing of money', async () => {
  const denied = await call(member.key, 'POST /v1/permits', next);
  expect(denied).toMatchObject({
    status: 429,
    body: { error: { code: 'limit_exceeded', details: { limit: 'daily_cost', used: 84, max: 100 } } },
  });
  const { body: looked } = await call(
    member.key,
    `GET /v1/permits/preview?product=gateway&feature=external&cost_micros=${RESERVE}`,
  );
  expect(looked).toMatchObject({ refusal: { code: 'limit_exceeded', details: { used: 84, max: 100 } } });
  const { body: held } = await call(member.key, 'POST /v1/permits', FEATURE);
  const extended = await call(member.key, `POST /v1/permits/${String(held['permit_id'])}/extend`, {
    cost_micros: RESERVE,
  });
  expect(extended.status).toBe(429);
  const again = await call(member.key, `POST /v1/permits/${ids[0]}/settle`, { cost_micros: 1 });
  expect(again.status).toBe(409);
  for (const text of [
    textOf(denied),
    JSON.stringify(looked),
    textOf(extended),
    textOf(again),
    denied.headers.get('ratelimit-policy') ?? '',
  ])
    expect(text).not.toMatch(/\$\d|21234567|25000000|needed|cost_micros/);
  await call(member.key, `POST /v1/permits/${String(held['permit_id'])}/release`, {});
});

test('no call that a member’s key, or a caller without any, may read tells a figure of it', async () => {
  await app.app.modules.denials.write();
  const told: string[] = [];
  let read = 0;
  for (const route of allRoutes().filter(({ method, shape }) => method === 'GET' && shape.auth !== 'admin')) {
    const holes = Object.keys(exampleOf(route).params ?? {});
    const fillings = holes.length === 0 ? [{}] : ids.map((id) => ({ [`params.${holes[0]}`]: id }));
    for (const filling of fillings)
      for (const query of [
        {},
        exampleOf(route).query as object | undefined,
        { format: 'csv' },
        { format: 'jsonl' },
      ]) {
        const asked = { as: member.key, filling, ...(query === undefined ? {} : { query: { ...query } }) };
        const { status, text } = await send(app.url, route, asked);
        read += status < 400 ? 1 : 0;
        if (FIGURES.test(text) || /"daily_cost":\d/.test(text))
          told.push(`${route.name} ${JSON.stringify(asked.query)}`);
      }
  }
  expect(told).toEqual([]);
  expect(read).toBeGreaterThan(100);
});

/** Prices, and bounds that a customer sets on keys of their own. */
const OWN = /^(unit|daily_budget|monthly_budget)_micros$/;

function figuresIn(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => figuresIn(one, path));
  if (typeof value !== 'object' || value === null) return [];
  const { kind, unit, ...fields } = value as Record<string, unknown>;
  const isBare = (kind === 'budget' || kind === 'failures') && 'used' in fields && unit !== 'percent';
  return [
    ...(isBare ? [`${path}: a budget in micro-dollars`] : []),
    ...Object.entries(fields).flatMap(([name, field]) =>
      typeof field === 'number' && name.endsWith('_micros') && !OWN.test(name)
        ? [`${path}.${name}`]
        : figuresIn(field, `${path}.${name}`),
    ),
  ];
}

test('the example of every route for customers is concealed by its schema', () => {
  const open = allRoutes()
    .filter(({ shape }) => shape.auth !== 'admin')
    .flatMap((route) => {
      const [schema] = Object.values(route.shape.reply);
      return schema === undefined
        ? []
        : figuresIn(concealModelCost(schema, exampleOf(route).reply), route.name);
    });
  expect(open).toEqual([]);
});

test('an operator and their backend see all of it', async () => {
  const { body } = await backend('GET /v1/usage');
  expect(body).toMatchObject({
    events: expect.arrayContaining([expect.objectContaining({ cost_micros: COST })]),
  });
  expect((body['data'] as { limit: string }[]).find(({ limit }) => limit === 'daily_cost')).toMatchObject({
    used: COST,
    max: SIZE,
  });
  const denied = await backend('POST /v1/permits', next);
  expect(denied.body).toMatchObject({ error: { details: { used: COST, max: SIZE, needed: RESERVE } } });
  const file = await fetch(`${app.url}/v1/usage/export?format=csv`, {
    headers: { authorization: `Bearer ${admin.key}`, 'x-account-id': member.accountId },
  });
  expect(await file.text()).toContain(String(COST));
});

const mailsOfBudget = async () => (await app.outbox()).filter(({ text }) => text.includes('daily cost'));

test('mails tell of a budget in percent', async () => {
  await expect.poll(async () => (await mailsOfBudget()).length).toBeGreaterThan(0);
  expect(JSON.stringify(await mailsOfBudget())).not.toMatch(/\$\d/);
});

test('the archive of an account has no figure of it', async () => {
  const { body } = await call(admin.key, 'POST /v1/admin/data/exports', { account_id: member.accountId });
  const find = async () => {
    const { body: listed } = await call(admin.key, 'GET /v1/admin/data/export?limit=100');
    return (listed['data'] as Record<string, unknown>[]).find(({ id }) => id === body['id']);
  };
  await expect.poll(async () => (await find())?.['status'], { timeout: 60_000 }).toBe('ready');
  const file = await fetch(String((await find())?.['url']));
  const files = unzipSync(new Uint8Array(await file.arrayBuffer()));
  const told = Object.entries(files).filter(([, bytes]) =>
    new RegExp(`${FIGURES.source}|${SIZE}`).test(Buffer.from(bytes).toString('utf8')),
  );
  expect(told.map(([name]) => name)).toEqual([]);
  expect(Object.keys(files)).toContain('account/limits.usage_events.json');
});
