import { describe, expect, test, vi } from 'vitest';
import { statement } from '#platform/db';
import {
  advance,
  advanceTo,
  advanceWithout,
  makeAccount,
  makeGrant,
  makeMember,
  setTimeZone,
} from '@plinth/testkit/factories';
import {
  denialOf,
  permitOf,
  ledgerLines,
  openLimits,
  openNode,
  permits,
  request,
  tally,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import {
  openOptimisticAdmission,
  PATIENCE,
  watchDatabase,
} from '@plinth/testkit/fixtures/optimistic-admission';

const { db } = await testDatabase();
await advanceTo(db, '2031-03-12T10:00:10Z');

describe('who asks again', () => {
  test('is admitted by what is known, with the rows and the charges that the lock would have given', async () => {
    const { ask, known, ways, member, limits } = await openOptimisticAdmission(db);
    const own = await member();
    await known(own);
    const permit = permitOf(await ask(own, { reserve: 300, key: 'mine', subject: 'a', as: 'job' }));
    expect(ways).toEqual(['known']);
    const other = await member();
    permitOf(await limits.admit(request(other, { reserve: 300, key: 'mine', subject: 'a', as: 'job' })));
    const rows = `select p.user_id is not null as user, p.product, p.feature, p.plan, p.units, p.reserve, p.state, p.fence, p.slots, p.charges, p.subject, p.operator_budgets,
        p.job_id, p.due_at - p.created_at as due, p.request_id, e.attempt, e.fence as sent_by, e.provider, e.model, e.reserve as held, e.price_version, e.state as call,
        k.state as key, k.body_hash = 'body' as plain, k.expires_at - k.created_at as kept
      from limits.permits p join limits.usage_events e on e.permit_id = p.id join idempotency.keys k on k.permit_id = p.id where p.account_id = $1`;
    const [ours, theirs] = await Promise.all(
      [own, other].map(({ accountId }) => db.asMigrator(statement(rows, [accountId]))),
    );
    expect(ours).toHaveLength(1);
    expect(ours).toEqual(theirs);
    expect((await windows(db, own.accountId))['demo cost']).toBe(300);
    await permit.release('not needed');
    expect((await windows(db, own.accountId))['demo cost']).toBe(0);
  });

  test('under a key that is known gets its first answer’s word, and is charged once', async () => {
    const { ask, known, member } = await openOptimisticAdmission(db);
    const own = await member();
    await known(own);
    const before = (await windows(db, own.accountId))['demo monthly'] ?? 0;
    permitOf(await ask(own, { key: 'mine' }));
    expect(await ask(own, { key: 'mine' })).toEqual({ kind: 'running' });
    expect(await ask(own, { key: 'mine', body: 'another' })).toEqual({ kind: 'mismatch' });
    const both = await Promise.all([ask(own, { key: 'twin' }), ask(own, { key: 'twin' })]);
    expect(tally(both)).toEqual({ permit: 1, running: 1 });
    expect((await windows(db, own.accountId))['demo monthly']).toBe(before + 2);
  });

  test('in a crowd of its own is admitted in one call, and each has its permit', async () => {
    const { ask, known, ways, member } = await openOptimisticAdmission(db);
    const own = await member();
    await known(own);
    const crowd = await Promise.all(
      Array.from({ length: 40 }, (_, n) => ask(own, { key: `${n}`, reserve: 10 })),
    );
    expect(tally(crowd)).toEqual({ permit: 40 });
    expect(ways).not.toContain('lock');
    expect(ways.length).toBeLessThan(10);
    const running = (await permits(db, own.accountId)).filter(({ state }) => state === 'running');
    expect(new Set(running.map(({ id }) => id)).size).toBe(40);
    expect((await windows(db, own.accountId))['demo cost']).toBe(400);
    expect((await ledgerLines(db, own.accountId)).filter((line) => line === 'sent')).toHaveLength(40);
  });

  test('with limits by member, subject and key counts in each of them', async () => {
    const { ask, ways, member } = await openOptimisticAdmission(db, {
      limits: {
        each: { kind: 'quota', per: 'month', by: 'member' },
        about: { kind: 'quota', per: 'week', by: 'subject' },
        pause: { kind: 'cooldown', by: 'subject' },
      },
      plans: { only: { each: 1_000, about: 3, pause: 20 } },
    });
    const own = await member();
    let subjects = 0;
    await vi.waitFor(async () => {
      subjects += 1;
      permitOf(await ask(own, { subject: `before ${subjects}` }));
      expect(ways.at(-1)).toBe('known');
    }, PATIENCE);
    ways.length = 0;
    permitOf(await ask(own, { subject: 'a' }));
    expect(denialOf(await ask(own, { subject: 'a' }))).toMatchObject({ limit: 'pause' });
    permitOf(await ask(own, { subject: 'b' }));
    await advance(db, '20 seconds');
    permitOf(await ask(own, { subject: 'a' }));
    expect(ways.filter((way) => way === 'known').length).toBeGreaterThan(1);
    expect(await windows(db, own.accountId)).toMatchObject({
      [`demo/member:${own.userId} each`]: subjects + 3,
      'demo/subject:a about': 2,
      'demo/subject:b about': 1,
    });
  });
});

describe('a limit that another process has filled', () => {
  test.each([
    ['a quota', { kind: 'quota', per: 'day', by: 'account' }, {}, 5, 'full'],
    ['a burst', { kind: 'burst', per: 'minute', by: 'account' }, {}, 5, 'full'],
    ['a burst that slides', { kind: 'burst', per: 'hour', by: 'account', sliding: true }, {}, 5, 'full'],
    ['a budget', { kind: 'budget', per: 'month', by: 'account' }, { reserve: 10 }, 50, 'full'],
    ['places', { kind: 'concurrency', by: 'account' }, {}, 5, 'places'],
    ['a pause', { kind: 'cooldown', by: 'account' }, {}, 20, 'pause'],
  ] as const)('denies: %s', async (...[, limit, one, size, why]) => {
    await advanceTo(db, '2031-04-02T10:00:10Z');
    const { ask, known, ways, member, another } = await openOptimisticAdmission(db, {
      limits: { limit, lot: { kind: 'quota', per: 'month', by: 'account' } } as never,
      plans: { only: { limit: size, lot: 1_000 } },
      features: { other: ['lot'] },
    });
    const own = await member();
    const other = await another();
    await known(own, { feature: 'other' });
    let admitted = 0;
    while ((await other.limits.admit(request(own, one))).kind === 'permit') admitted += 1;
    expect(admitted).toBe(limit.kind === 'cooldown' ? 1 : 5);
    const before = await windows(db, own.accountId);
    expect(denialOf(await ask(own, one))).toMatchObject({ limit: 'limit', of: limit.kind });
    expect(ways).toEqual([why, 'lock']);
    expect(await windows(db, own.accountId)).toEqual(before);
  });

  test('with four processes that all know the account, exactly its size is admitted', async () => {
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
    const seen = [watchDatabase(db), watchDatabase(db), watchDatabase(db), watchDatabase(db)];
    const nodes = await Promise.all(seen.map((one) => openNode(one.db, [first.catalogue])));
    for (const [index, node] of nodes.entries()) {
      await vi.waitFor(async () => {
        await permitOf(await node.limits.admit(request(own))).release('not needed');
        expect(seen[index]?.ways.at(-1)).toBe('known');
      }, PATIENCE);
    }
    const crowd = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        (nodes[n % 4] ?? first).limits.admit(request(own, { reserve: 10, key: `crowd ${n}` })),
      ),
    );
    expect(tally(crowd)).toEqual({ permit: 60, denied: 140 });
    expect(await windows(db, own.accountId)).toMatchObject({ 'demo uses': 60, 'demo cost': 600 });
    expect(seen.flatMap(({ ways }) => ways.slice(1)).filter((way) => way === 'known').length).toBeGreaterThan(
      0,
    );
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

describe('windows of one who is known', () => {
  test('are new when they are: of UTC by what is known, of a zone and a billing period under the lock first', async () => {
    await advanceTo(db, '2031-06-02T10:00:10Z');
    const { ask, known, ways, member } = await openOptimisticAdmission(db, {
      limits: {
        daily: { kind: 'quota', per: 'day', by: 'account' },
        zoned: { kind: 'quota', per: 'day', zone: 'account', by: 'account' },
        period: { kind: 'quota', per: 'billing_period', by: 'account' },
      },
      plans: { only: { daily: 1_000, zoned: 1_000, period: 1_000 } },
      features: { plain: ['daily'] },
    });
    const own = await member();
    await setTimeZone(db, own.accountId, 'America/Havana');
    await known(own, { feature: 'plain' });
    await known(own);
    permitOf(await ask(own));
    await advance(db, '1 day');
    ways.length = 0;
    permitOf(await ask(own, { feature: 'plain' }));
    expect((await windows(db, own.accountId))['demo daily']).toBe(1);
    await known(own, { feature: 'plain' });
    permitOf(await ask(own));
    expect(ways).toEqual(['window', 'lock']);
    expect((await windows(db, own.accountId))['demo zoned']).toBe(1);
    await known(own);
    // The window that began in the zone before stays, and is counted in.
    const before = await windows(db, own.accountId);
    await setTimeZone(db, own.accountId, 'UTC');
    permitOf(await ask(own));
    expect(ways).toEqual(['known']);
    expect((await windows(db, own.accountId))['demo zoned']).toBe((before['demo zoned'] ?? 0) + 1);
  });

  test('that fill up are told of at 80 and 100 percent', async () => {
    const { ask, ways, member } = await openOptimisticAdmission(db, {
      limits: { uses: { kind: 'quota', per: 'month', by: 'account' } },
      plans: { only: { uses: 20 } },
    });
    const own = await member();
    for (let use = 0; use < 20; use += 1) permitOf(await ask(own));
    expect(ways.filter((way) => way === 'known').length).toBeGreaterThan(3);
    const alerts = await db.asMigrator(
      statement<{ line: string }>(
        `select threshold || ' at ' || used as line from limits.alerts where account_id = $1 order by threshold`,
        [own.accountId],
      ),
    );
    expect(alerts.map(({ line }) => line)).toEqual(['80 at 16', '100 at 20']);
    expect(denialOf(await ask(own))).toMatchObject({ used: 20, max: 20 });
  });

  test('under a clock that was set back are judged under the lock', async () => {
    await advanceTo(db, '2031-07-02T10:00:10Z');
    const { ask, known, ways, catalogue } = await openOptimisticAdmission(db);
    const own = await makeAccount(db);
    const startsAt = new Date('2031-07-01T00:00:00Z');
    await makeGrant(db, own.accountId, { catalogue, plan: 'only', startsAt });
    await known(own);
    await advanceWithout(db, '-10 minutes');
    permitOf(await ask(own));
    expect(ways).toEqual(['time', 'lock']);
  });

  test('that are gone, with the meter that they were in, begin again', async () => {
    const { ask, known, ways, member } = await openOptimisticAdmission(db);
    const own = await member();
    await known(own);
    await db.asMigrator(statement('delete from limits.meters where account_id = $1', [own.accountId]));
    permitOf(await ask(own));
    expect(ways.slice(-2)).toEqual(['new', 'lock']);
    expect((await windows(db, own.accountId))['demo monthly']).toBe(1);
  });

  test('that slide hold what was used in the last hour, by whichever way it was admitted', async () => {
    await advanceTo(db, '2031-08-02T10:00:10Z');
    const { ask, known, ways, member } = await openOptimisticAdmission(db, {
      limits: {
        slide: { kind: 'burst', per: 'hour', by: 'account', sliding: true },
        lot: { kind: 'quota', per: 'month', by: 'account' },
      },
      plans: { only: { slide: 6, lot: 1_000 } },
      features: { other: ['lot'] },
    });
    const own = await member();
    await known(own, { feature: 'other' });
    expect(tally(await Promise.all(Array.from({ length: 4 }, () => ask(own))))).toEqual({ permit: 4 });
    await advance(db, '40 minutes');
    permitOf(await ask(own));
    expect(await ask(own, { units: 2 })).toMatchObject({ kind: 'denied' });
    await advance(db, '23 minutes');
    expect(tally([await ask(own, { units: 5 }), await ask(own)])).toEqual({ permit: 1, denied: 1 });
    expect(ways).toContain('known');
  });

  test('of kinds that need more than sums are never tried', async () => {
    const { ask, ways, member } = await openOptimisticAdmission(db, {
      limits: {
        slide: { kind: 'burst', per: 'minute', by: 'account', sliding: true },
        coins: { kind: 'credits', per: 'month', by: 'account' },
      },
      plans: { only: { slide: 100, coins: 100 } },
    });
    const own = await member();
    for (let use = 0; use < 6; use += 1) permitOf(await ask(own));
    expect(new Set(ways)).toEqual(new Set(['lock']));
  });
});

test('a second member of the account is known with it, and judged as who they are', async () => {
  const { ask, known, ways, member } = await openOptimisticAdmission(db);
  const own = await member();
  await known(own);
  const second = await makeMember(db, own.accountId);
  permitOf(await ask(second));
  expect(ways).toEqual(['known']);
  const stranger = await makeAccount(db);
  expect(await ask({ ...own, userId: stranger.userId })).toEqual({ kind: 'refused', reason: 'not_a_member' });
});
