import { afterEach, expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';
import type { Statement } from '#platform/db';
import { systemClock } from '#platform/kernel';

/** Trips to the database and calls of the provider, in their order. */
let trips: string[] = [];
const startedAt = { now: systemClock.now(), monotonic: systemClock.monotonic() };

const app = await testApp({
  work: false,
  settings: { AI_CONFIG: JSON.stringify({ version: '2026-11-28', own_keys: { sandbox: {} } }) },
  // Caches of seconds stay fresh, however busy the machine is.
  clock: { now: () => startedAt.now, monotonic: () => startedAt.monotonic },
  crashHook(point, when) {
    if (point === 'ai.dispatch' && when === 'before') trips.push('THE PROVIDER');
  },
  over: ({ system, tenant, user, member, ...db }) => ({
    ...db,
    system: recorded(system),
    tenant: recorded(tenant),
    user: recorded(user),
    member: recorded(member),
  }),
});

afterEach(() => (trips = []));

function recorded<Verb extends (...given: never[]) => Promise<unknown>>(verb: Verb): Verb {
  return new Proxy(verb, {
    apply(target, self, given: unknown[]) {
      const job = given.at(-1);
      // The lease of the process is renewed beside its calls.
      if (given[0] !== 'limits.holders')
        trips.push(Array.isArray(job) ? job.map(nameOf).join(', ') : `a transaction: ${String(given[0])}`);
      return Reflect.apply(target, self, given as never) as unknown;
    },
  });
}

/** `select limits.admit`: the verb, and the table or function that it is about. */
function nameOf({ text }: Statement): string {
  const [, verb, , subject] = /^\s*(\w+)([^]*?\bfrom\b|)[^]*?\b([a-z]+\.\w+)/.exec(text) ?? [];
  return `${verb} ${subject}`;
}

async function chat(key: string): Promise<readonly string[]> {
  trips = [];
  const body = { model: 'sandbox-small', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 20 };
  expect((await app.call(key, 'POST /v1/ai/chat/completions', { body })).status).toBe(200);
  // A call is settled behind its answer.
  await expect.poll(() => app.app.modules.limits.ends.size).toBe(0);
  return trips;
}

/** The embedded database has one process, which counts rates in its memory. */
const counted = (...trip: string[]) => (app.db.engine === 'postgres' ? trip : []);

const ofKeys = (of: readonly string[]) => of.filter((trip) => trip.includes('provider_keys'));

test('a process asks once which accounts have keys of their own, and for the keys of those alone', async () => {
  const [one, other, owner] = [await app.customer(), await app.customer(), await app.customer()];
  expect(ofKeys(await chat(one.key))).toEqual(['select ai.provider_keys']);
  expect(ofKeys(await chat(other.key))).toEqual([]);
  const saved = await app.call(owner.key, 'PUT /v1/provider-keys/sandbox', {
    body: { key: 'sk-their-own-key-0001' },
  });
  expect(saved.status).toBe(200);
  expect(ofKeys(await chat(owner.key))).toEqual(['select ai.provider_keys', 'select ai.provider_keys']);
  expect(ofKeys(await chat(owner.key))).toEqual([]);
  expect(ofKeys(await chat(other.key))).toEqual([]);
});

test('a plain call makes two trips to the database before the provider is asked, and one after', async () => {
  const { key } = await app.customer('gateway.developer');
  // The process meets the caller, and the rate of the account has no row yet.
  expect(await chat(key)).toEqual([
    'select identity.api_keys',
    'update identity.api_keys',
    'select accounts.members',
    ...counted('select limits.take_rates_alone', 'select limits.take_rates'),
    'select limits.admit',
    'THE PROVIDER',
    'select limits.close_plain',
  ]);
  expect(await chat(key)).toEqual([
    ...counted('select limits.take_rates_alone'),
    'select limits.admit',
    'THE PROVIDER',
    'select limits.close_plain',
  ]);
});
