import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advanceTo } from '@plinth/testkit/factories';
import { denialOf, openLimits, permitOf, request, tally, windows } from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
await advanceTo(db, '2031-03-12T10:00:10Z');

describe('a limit that another process has filled', () => {
  test.each([
    ['a quota', { kind: 'quota', per: 'day', by: 'account' }, {}, 5],
    ['a burst', { kind: 'burst', per: 'minute', by: 'account' }, {}, 5],
    ['a burst that slides', { kind: 'burst', per: 'hour', by: 'account', sliding: true }, {}, 5],
    ['a budget', { kind: 'budget', per: 'month', by: 'account' }, { reserve: 10 }, 50],
    ['places', { kind: 'concurrency', by: 'account' }, {}, 5],
    ['a pause', { kind: 'cooldown', by: 'account' }, {}, 20],
  ] as const)('denies: %s', async (...[, limit, one, size]) => {
    await advanceTo(db, '2031-04-02T10:00:10Z');
    const { admit, member, another } = await openLimits(db, {
      limits: { limit },
      plans: { only: { limit: size } },
    });
    const own = await member();
    const other = await another();
    let admitted = 0;
    while ((await other.limits.admit(request(own, one))).kind === 'permit') admitted += 1;
    expect(admitted).toBe(limit.kind === 'cooldown' ? 1 : 5);
    const before = await windows(db, own.accountId);
    expect(denialOf(await admit(own, one))).toMatchObject({ limit: 'limit', of: limit.kind });
    expect(await windows(db, own.accountId)).toEqual(before);
  });

  test('with four processes, exactly its size is admitted', async () => {
    const rules = {
      limits: {
        uses: { kind: 'quota', per: 'month', by: 'account' },
        cost: { kind: 'budget', per: 'month', by: 'account' },
        at_once: { kind: 'concurrency', by: 'account' },
      },
      plans: { only: { uses: 300, cost: 1_000, at_once: 60 } },
    } as const;
    const first = await openLimits(db, rules);
    const own = await first.member();
    const nodes = [first, await first.another(), await first.another(), await first.another()];
    const crowd = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        (nodes[n % 4] ?? first).limits.admit(request(own, { reserve: 10, key: `crowd ${n}` })),
      ),
    );
    expect(tally(crowd)).toEqual({ permit: 60, denied: 140 });
    expect(await windows(db, own.accountId)).toMatchObject({ 'demo uses': 60, 'demo cost': 600 });
    for (const admission of crowd) if (admission.kind === 'permit') await admission.permit.release('done');
    const again = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        (nodes[n % 4] ?? first).limits.admit(request(own, { reserve: 20, key: `again ${n}` })),
      ),
    );
    expect(tally(again)).toEqual({ permit: 50, denied: 150 });
    expect(await windows(db, own.accountId)).toMatchObject({ 'demo uses': 50, 'demo cost': 1_000 });
  });
});

test('windows that are gone, with the meter that they were in, begin again', async () => {
  const { admit, member } = await openLimits(db, {
    limits: { monthly: { kind: 'quota', per: 'month', by: 'account' } },
    plans: { only: { monthly: 10 } },
  });
  const own = await member();
  permitOf(await admit(own));
  await db.asMigrator(statement('delete from limits.meters where account_id = $1', [own.accountId]));
  permitOf(await admit(own));
  expect((await windows(db, own.accountId))['demo monthly']).toBe(1);
});
