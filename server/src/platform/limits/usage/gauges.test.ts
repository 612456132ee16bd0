import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commitPoint, statement, type Statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { advance, makeAccount, makeGrant, revokeGrant } from '@plinth/testkit/factories';
import { permitOf, openLimits, waitsForLocks } from '@plinth/testkit/fixtures/limits';
import { assertWithin } from '@plinth/testkit/property';
import { engine, testDatabase } from '@plinth/testkit/services';
import { gaugeDenial, gaugeRefusal } from '../index.ts';

const { db } = await testDatabase();
const STORE = commitPoint('test.limits.gauge', 'something that is measured');
const fixture = await openLimits(db, {
  limits: {
    bytes: { kind: 'gauge', by: 'account', unit: 'bytes' },
    uses: { kind: 'quota', per: 'day', by: 'account' },
  },
  plans: { small: { bytes: 100, uses: 5 }, big: { bytes: 250, uses: 5 } },
  features: { use: ['uses'] },
});
await db.script(`
  create table public.files (account_id uuid not null, bytes bigint not null);
  grant select, insert, delete on public.files to plinth_tenant;`);

const moveBytes = (delta: number): Statement => fixture.limits.gauging('demo', 'bytes', delta);

/** Stores a file: the thing, and last its size. */
async function store(accountId: AccountId, bytes: number): Promise<'stored' | 'denied'> {
  const file = statement('insert into public.files values ($1, $2)', [accountId, bytes]);
  try {
    await db.tenant(accountId, STORE, [file, moveBytes(bytes)]);
    return 'stored';
  } catch (error) {
    if (gaugeDenial(error) === undefined) throw error;
    return 'denied';
  }
}

async function drop(accountId: AccountId, bytes: number): Promise<void> {
  const gone = statement(
    `delete from public.files where ctid in (select ctid from public.files where account_id = $1 and bytes = $2 limit 1)`,
    [accountId, bytes],
  );
  await db.tenant(accountId, STORE, [gone, moveBytes(-bytes)]);
}

async function readStored(accountId: AccountId): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ bytes: number }>(
      'select coalesce(sum(bytes), 0)::bigint as bytes from public.files where account_id = $1',
      [accountId],
    ),
  );
  return row?.bytes ?? 0;
}

const readUsed = async (accountId: AccountId) =>
  (await fixture.limits.usage(accountId)).find(({ limit }) => limit === 'bytes');

describe('a gauge', () => {
  test('refuses growth beyond the plan, and with it the whole transaction; nothing says when to come back', async () => {
    const { accountId } = await fixture.member();
    expect(await store(accountId, 80)).toBe('stored');
    const file = statement('insert into public.files values ($1, 30)', [accountId]);
    const failure: unknown = await db
      .tenant(accountId, STORE, [file, moveBytes(30)])
      .catch((error: unknown) => error);
    expect(gaugeDenial(failure)).toEqual({
      limit: 'bytes',
      of: 'gauge',
      used: 80,
      max: 100,
      units: 30,
      resetsAt: null,
      retryAfter: undefined,
      plan: 'demo.small',
    });
    const refusal = gaugeRefusal(failure, 'demo.big');
    expect(refusal).toMatchObject({
      code: 'limit_exceeded',
      details: { resets_at: null, upgrade: 'demo.big' },
    });
    expect(refusal).not.toHaveProperty('retryAfter', expect.anything());
    expect(await readStored(accountId)).toBe(80);
    expect(await readUsed(accountId)).toMatchObject({ kind: 'gauge', used: 80, max: 100, resetsAt: null });
  });

  test('keeps what there is on a smaller plan, lets it shrink, and refuses to grow until it fits', async () => {
    const member = await makeAccount(db);
    const { accountId } = member;
    await makeGrant(db, accountId, { catalogue: fixture.catalogue, plan: 'small' });
    const big = await makeGrant(db, accountId, { catalogue: fixture.catalogue, plan: 'big' });
    expect(await store(accountId, 120)).toBe('stored');
    expect(await store(accountId, 100)).toBe('stored');
    await revokeGrant(db, big, fixture.catalogue);
    expect(await readUsed(accountId)).toMatchObject({ used: 220, max: 100 });
    expect(await store(accountId, 1)).toBe('denied');
    await drop(accountId, 100);
    expect(await store(accountId, 1)).toBe('denied');
    await drop(accountId, 120);
    expect(await store(accountId, 100)).toBe('stored');
    expect(await store(accountId, 1)).toBe('denied');
  });

  test('of an account without a plan has no room, and never goes below nothing', async () => {
    const { accountId } = await makeAccount(db);
    expect(await store(accountId, 1)).toBe('denied');
    await db.tenant(accountId, STORE, [moveBytes(-5)]);
    await makeGrant(db, accountId, { catalogue: fixture.catalogue, plan: 'small' });
    expect(await readUsed(accountId)).toMatchObject({ used: 0 });
  });

  test('of which there is none, and parts of things, are mistakes of ours', () => {
    expect(() => fixture.limits.gauging('demo', 'uses', 1)).toThrow('no gauge');
    expect(() => moveBytes(0.5)).toThrow('whole amounts');
  });

  test.runIf(engine === 'postgres')(
    'that a long transaction holds stops no decision on the account, and is judged by the plan after the wait',
    async () => {
      const member = await makeAccount(db);
      const { accountId } = member;
      const plan = await makeGrant(db, accountId, { catalogue: fixture.catalogue, plan: 'small' });
      const [written, commit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const long = db.tenant(accountId, STORE, async (tx) => {
        await tx.run(moveBytes(10));
        written.resolve();
        await commit.promise;
      });
      await written.promise;
      permitOf(await fixture.admit(member));
      const waiting = store(accountId, 10);
      await expect.poll(() => waitsForLocks(db)).toBe(1);
      await revokeGrant(db, plan, fixture.catalogue);
      commit.resolve();
      await long;
      expect(await waiting).toBe('denied');
      expect(await readStored(accountId)).toBe(0);
    },
  );
});

type Step = { readonly store: readonly number[] } | { readonly drop: number } | { readonly plan: boolean };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      store: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ drop: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ plan: fc.boolean() }) },
);

test('whatever is stored at once, dropped, up- and downgraded: the gauge is what there is, and grows past no plan', async () => {
  await assertWithin(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (plan) => {
      const { accountId } = await fixture.member();
      const files: number[] = [];
      let [max, big] = [100, ''];
      const total = () => files.reduce((sum, bytes) => sum + bytes, 0);
      for (const one of plan) {
        if ('store' in one) {
          const before = total();
          const answers = await Promise.all(one.store.map((bytes) => store(accountId, bytes)));
          files.push(...one.store.filter((_, i) => answers[i] === 'stored'));
          if (total() > before) expect(total()).toBeLessThanOrEqual(max);
          const refused = one.store.filter((_, i) => answers[i] === 'denied');
          for (const bytes of refused) expect(total() + bytes).toBeGreaterThan(max);
        } else if ('drop' in one) {
          const [bytes] = files.length === 0 ? [] : files.splice(one.drop % files.length, 1);
          if (bytes !== undefined) await drop(accountId, bytes);
        } else if (one.plan && max === 100) {
          big = await makeGrant(db, accountId, { catalogue: fixture.catalogue, plan: 'big' });
          max = 250;
        } else if (!one.plan && max === 250) {
          await advance(db, '1 second');
          await revokeGrant(db, big, fixture.catalogue);
          max = 100;
        }
        expect(await readStored(accountId)).toBe(total());
        expect(await readUsed(accountId)).toMatchObject({ used: total(), max });
      }
    }),
    { numRuns: 20, within: 40_000 },
  );
}, 90_000);
