import type { PlanRate, PlanRatesNow } from '#platform/entitlements';
import { type Caller, routesFor } from '#platform/http';
import type { AccountId, KeyId, UserId } from '#platform/kernel';
import { ids } from '@plinth/testkit/factories';
import { serve } from '@plinth/testkit/shop';
import { z } from 'zod';
import { beforeEach, describe, expect, test } from 'vitest';
import type { UpgradeQuestion } from '#platform/entitlements';

const upgrades: UpgradeQuestion[] = [];
let now: PlanRatesNow;
/** An account of its own for each test, whose minutes are unused. */
let accountId: AccountId;
const users = { one: ids.next<UserId>(), other: ids.next<UserId>() };
const [maker, child] = [ids.next<KeyId>(), ids.next<KeyId>()];
const CALLERS: Readonly<Record<string, Partial<Caller>>> = {
  one: {},
  other: { userId: users.other },
  maker: { keyId: maker },
  child: { keyId: child, firstKeyId: maker },
};

const { call } = await serve(
  {},
  {
    planRates: { now: async () => now },
    upgradeFor: (question) => {
      upgrades.push(question);
      return 'shop.pro';
    },
    identify: async (bearer) => ({
      userId: users.one,
      platformRole: 'user',
      scopes: ['*'],
      accountId,
      ...CALLERS[bearer],
    }),
    roleOf: async () => 'owner',
  },
);
beforeEach(() => {
  accountId = ids.next<AccountId>();
});

const rate = (name: string, by: PlanRate['by'], perMinute: number | null): [string, PlanRate] => [
  name,
  { name, by, perMinute },
];
function sells(...rates: [string, PlanRate][]): void {
  now = { plan: 'shop.basic', rates: new Map(rates), grants: {} };
}
const ask = (as = 'one') => call('/v1/sold', { as });
const beat = async (machine?: string) =>
  (await call('/v1/heartbeats', { method: 'POST', as: 'one', body: JSON.stringify({ machine }) })).status;

describe('a rate that a plan sells', () => {
  test('refuses what is past it, names itself and the plan that would help, and counts over all routes that name it', async () => {
    sells(rate('requests', 'account', 3), rate('heartbeats', 'machine', 100));
    expect([(await ask()).status, await beat('a'), (await ask('other')).status]).toEqual([200, 200, 200]);
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(refused.headers.get('ratelimit-policy')).toBe('"requests";q=3;w=60');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.json.error).toMatchObject({
      code: 'limit_exceeded',
      details: { limit: 'requests', used: 3, max: 3, upgrade: 'shop.pro' },
    });
    expect(upgrades.at(-1)).toEqual({ product: 'shop', plan: 'shop.basic', grant: 'requests', atLeast: 4 });
    // A bigger plan lifts it at once.
    sells(rate('requests', 'account', 5), rate('heartbeats', 'machine', 100));
    expect((await ask()).status).toBe(200);
  });

  test('by member counts each for themselves, by key a key with those that come from it', async () => {
    sells(rate('requests', 'member', 1));
    expect([(await ask()).status, (await ask('other')).status, (await ask()).status]).toEqual([
      200, 200, 429,
    ]);
    sells(rate('requests', 'key', 2));
    const keys = ['maker', 'child', 'child', 'maker'];
    const statuses = [];
    for (const key of keys) statuses.push((await ask(key)).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
  });

  test('by machine counts each machine of an account, and no call that names none', async () => {
    sells(rate('requests', 'ip', null), rate('heartbeats', 'machine', 2));
    const beats = [];
    for (const machine of ['one', 'one', 'one', 'two', undefined, undefined, undefined])
      beats.push(await beat(machine));
    expect(beats).toEqual([200, 200, 429, 200, 200, 200, 200]);
  });

  test('without a plan, or of a plan that has none of it, is 402 with the plan that would help', async () => {
    sells(rate('requests', 'account', 0));
    expect((await ask()).json.error).toMatchObject({
      code: 'plan_required',
      details: { plan: 'shop.basic', grant: 'requests', upgrade: 'shop.pro' },
    });
    now = { plan: null, rates: new Map(), grants: {} };
    expect((await ask()).status).toBe(402);
  });
});

test('what was made once of a caller is not taken for another account, nor when identity knows better', async () => {
  const [mine, other] = [ids.next<AccountId>(), ids.next<AccountId>()];
  const small = routesFor<object>()(
    'GET /v1/small',
    {
      summary: 'Counts by account',
      tag: 'Shop',
      auth: 'account',
      may: 'viewer',
      scope: 'shop:read',
      rate: { perMinute: 2, by: 'account' },
      reply: { 200: z.strictObject({}) },
      example: { reply: {} },
    },
    async () => ({}),
  );
  let caller: Caller = { userId: users.one, platformRole: 'user', scopes: ['*'], accountId: mine };
  const serving = await serve(
    {},
    {
      mounted: [{ module: 'shop', routes: [small], service: {} }],
      identify: async () => caller,
      roleOf: async () => 'owner',
    },
  );
  const askSmall = async (headers = {}) => (await serving.call('/v1/small', { as: 'one', headers })).status;
  expect([await askSmall(), await askSmall(), await askSmall()]).toEqual([200, 200, 429]);
  const there = { 'x-account-id': other };
  expect([await askSmall(there), await askSmall(), await askSmall(there), await askSmall(there)]).toEqual([
    200, 429, 200, 429,
  ]);
  // The same token, looked up again.
  caller = { ...caller, accountId: ids.next<AccountId>() };
  expect(await askSmall()).toBe(200);
  await serving.server.stop(0);
});
