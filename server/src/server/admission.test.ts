import { expect, test } from 'vitest';
import type { Micros, PermitId } from '#platform/kernel';
import type { Admission, Permit } from '#platform/limits';
import { MINE, serve } from '@plinth/testkit/shop';
import type { UpgradeQuestion } from '#platform/entitlements';
import type { SpendingRequest } from './index.ts';

const asked: SpendingRequest[] = [];
const upgrades: UpgradeQuestion[] = [];
const released: string[] = [];
const settled: string[] = [];
const finished: (string | undefined)[] = [];
let next: Admission;

const permit = {
  id: 'permit-1' as PermitId,
  reserve: 0 as Micros,
  walked: () => undefined,
  release: async (reason: string) => {
    released.push(reason);
  },
  finish: async (failure?: string) => {
    finished.push(failure);
  },
  isHandled: true,
  settle: async () => {
    settled.push('settled');
  },
} as unknown as Permit;

const { call, shop } = await serve(
  {},
  {
    admit: async (request) => {
      asked.push(request);
      return next;
    },
    upgradeFor: (question) => {
      upgrades.push(question);
      return 'shop.pro';
    },
  },
);

const granted: Admission = { kind: 'permit', permit, adopted: false };
const generate = (topic: string, key = 'k') =>
  call('/v1/generate', {
    method: 'POST',
    as: 'token',
    headers: { 'idempotency-key': key, 'x-request-id': 'req-1' },
    body: JSON.stringify({ topic, variants: 3 }),
  });

test('a call that spends is admitted with all that its declaration says', async () => {
  next = granted;
  const answered = await generate('tea');
  expect([answered.status, answered.json]).toEqual([202, { permit: 'permit-1' }]);
  expect(asked.at(-1)).toMatchObject({
    product: 'shop',
    feature: 'generation',
    as: 'job',
    accountId: MINE,
    units: 1,
    needs: { variants: 3 },
    idempotency: {
      route: 'POST /v1/generate',
      key: 'k',
      bodyHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      sealed: false,
    },
    requestId: 'req-1',
  });
  expect(released).toEqual([]);
});

test.each<[Admission, number, string]>([
  [{ kind: 'running' }, 409, 'idempotency_in_progress'],
  [{ kind: 'mismatch' }, 422, 'idempotency_mismatch'],
  [{ kind: 'outcome_unknown' }, 409, 'outcome_unknown'],
  [{ kind: 'refused', reason: 'key_revoked' }, 401, 'unauthenticated'],
  [{ kind: 'refused', reason: 'not_a_member' }, 404, 'not_found'],
  [{ kind: 'refused', reason: 'suspended' }, 403, 'forbidden'],
])('admission that says %o is answered so, and the handler never runs', async (admission, status, code) => {
  next = admission;
  const before = shop.done.length;
  const answered = await generate('tea');
  expect([answered.status, answered.json.error?.code]).toEqual([status, code]);
  expect(shop.done).toHaveLength(before);
});

test('a denial names the limit, what is used, when to come back and what would help', async () => {
  const denial = {
    limit: 'generations',
    of: 'quota',
    used: 60,
    max: 60,
    resetsAt: '2026-12-01T00:00:00.000Z',
    retryAfter: 90,
    plan: 'shop.basic',
  } as const;
  next = { kind: 'denied', denial };
  const answered = await generate('tea');
  expect(answered.status).toBe(429);
  expect(answered.headers.get('retry-after')).toBe('90');
  expect(answered.headers.get('ratelimit')).toBe('"generations";r=0;t=90');
  expect(answered.headers.get('ratelimit-policy')).toBe('"generations";q=60');
  expect(answered.json.error).toMatchObject({
    code: 'limit_exceeded',
    details: {
      limit: 'generations',
      used: 60,
      max: 60,
      resets_at: '2026-12-01T00:00:00.000Z',
      upgrade: 'shop.pro',
    },
  });
  expect(upgrades.at(-1)).toEqual({ product: 'shop', plan: 'shop.basic', grant: 'generations', atLeast: 61 });
});

test('a limit that never resets has no Retry-After, so that nobody retries for nothing', async () => {
  const denial = {
    limit: 'storage',
    of: 'quota',
    used: 5,
    max: 5,
    resetsAt: null,
    retryAfter: undefined,
    plan: 'shop.basic',
  } as const;
  next = { kind: 'denied', denial };
  const answered = await generate('tea');
  expect(answered.headers.get('retry-after')).toBeNull();
  expect(answered.json.error?.details).toMatchObject({ resets_at: null });
});

test('what the plan lacks is 402 with the plan that has it', async () => {
  next = { kind: 'plan_required', plan: 'shop.basic', grant: 'variants', needed: 3 };
  const answered = await generate('tea');
  expect([answered.status, answered.json.error?.code]).toEqual([402, 'plan_required']);
  expect(answered.json.error?.details).toMatchObject({ grant: 'variants', needed: 3, upgrade: 'shop.pro' });
});

test('a repeat gets the stored answer, marked as such', async () => {
  next = { kind: 'replay', answer: { status: 202, body: { permit: 'old' }, headers: { Location: '/v1/x' } } };
  const answered = await generate('tea');
  expect([answered.status, answered.json]).toEqual([202, { permit: 'old' }]);
  expect(answered.headers.get('idempotent-replayed')).toBe('true');
  expect(answered.headers.get('location')).toBe('/v1/x');
});

test('a text in crisis is answered before anything is asked of admission', async () => {
  next = granted;
  const before = asked.length;
  expect((await generate('i want to kill myself')).json).toMatchObject({ safety: { status: 'crisis' } });
  expect(asked).toHaveLength(before);
});

test('a handler that refuses gives its permit back', async () => {
  next = granted;
  released.length = 0;
  expect((await generate('refuse')).status).toBe(409);
  expect(released).toEqual(['handler failed']);
});

test('a handler that breaks may have handed its permit on, so it is left to the sweeper', async () => {
  next = granted;
  released.length = 0;
  const answered = await generate('break');
  expect([answered.status, answered.text.includes('marker')]).toEqual([500, false]);
  expect(released).toEqual([]);
});

test('an inline call that breaks ends its permit by what was served: a settled one would ignore it', async () => {
  next = granted;
  finished.length = 0;
  expect((await call('/v1/chat', { method: 'POST', as: 'token' })).status).toBe(500);
  expect(finished).toEqual(['handler failed']);
});
