import { describe, expect, test } from 'vitest';
import { commitPoint, type Database, statement } from '#platform/db';
import type { AccountId, KeyId } from '#platform/kernel';
import { advance, ids, makeGrant, makeKey, type Member } from '@plinth/testkit/factories';
import {
  boundedKeys,
  figures,
  permitOf,
  openLimits,
  plannedCall,
  tally,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { createSeats } from '../index.ts';

const { db } = await testDatabase();
const boundedKey = boundedKeys(db);
const MOVE = commitPoint('test.limits.alerts', 'a gauge that is moved');
const TAKE = commitPoint('test.limits.alerts-taken', 'alerts that are due');
const fixture = await openLimits(db, {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    daily: { kind: 'quota', per: 'day', zone: 'account', by: 'account' },
    each: { kind: 'quota', per: 'month', by: 'member' },
    hourly: { kind: 'burst', per: 'hour', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
    credits: { kind: 'credits', per: 'month', by: 'account' },
    bytes: { kind: 'gauge', by: 'account', unit: 'bytes' },
    machines: { kind: 'seats', by: 'account' },
  },
  plans: {
    small: { monthly: 10, daily: 8, each: 10, hourly: 10, cost: 1_000, credits: 10, bytes: 100, machines: 5 },
    big: {
      monthly: 100,
      daily: 80,
      each: 100,
      hourly: 100,
      cost: 10_000,
      credits: 100,
      bytes: 900,
      machines: 50,
    },
  },
  features: {
    use: ['monthly'],
    use_zoned: ['daily'],
    use_widely: ['monthly', 'each', 'hourly'],
    spend: ['cost'],
    draw: ['credits'],
  },
});
const another = await fixture.another();

/** Alerts of an account, in the order in which they were written: `monthly 80 of 10 at 8`. */
async function alerts(of: AccountId): Promise<string[]> {
  const rows = await db.asMigrator(
    statement<{ line: string }>(
      `select name || ' ' || threshold || ' of ' || size || ' at ' || used as line from limits.alerts
       where account_id = $1 order by created_at, name, threshold`,
      [of],
    ),
  );
  return rows.map(({ line }) => line);
}

/** Those of an account that are to be told now, as the worker that tells them asks. */
async function due(of: AccountId): Promise<string[]> {
  const [rows] = await db.system('limits.alerts', TAKE, [
    statement<{ line: string }>(
      `select (alert).name || ' ' || (alert).threshold as line from limits.due_alerts(1000) where (alert).account_id = $1`,
      [of],
    ),
  ]);
  return rows.map(({ line }) => line);
}

const use = (member: Member, units = 1, feature = 'use') => fixture.admit(member, { units, feature });
/** A call that was admitted at its reserve and is under way; the answer ends it at what it cost. */
async function spend(member: Member, reserve: number, keyId?: KeyId) {
  const permit = permitOf(await fixture.admit(member, { feature: 'spend', reserve, keyId }));
  await permit.send(plannedCall(reserve));
  return (cost: number) => {
    permit.served(figures(cost));
    return permit.settle();
  };
}
const moveGauge = (of: AccountId, delta: number, database: Database = db) =>
  database.tenant(of, MOVE, [fixture.limits.gauging('demo', 'bytes', delta)]);

describe('a quota that fills up', () => {
  test('alerts at 80 and at 100 percent, with the call that crosses it, and at no other', async () => {
    const member = await fixture.member();
    await use(member, 7);
    expect(await alerts(member.accountId)).toEqual([]);
    await use(member);
    expect(await alerts(member.accountId)).toEqual(['monthly 80 of 10 at 8']);
    await use(member);
    await use(member);
    await use(member);
    expect(await alerts(member.accountId)).toEqual(['monthly 80 of 10 at 8', 'monthly 100 of 10 at 10']);
  });

  test('alerts once each, whichever caller crosses it: fifty callers at once in two processes', async () => {
    const member = await fixture.member();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        (n % 2 === 0 ? fixture.node : another).limits.admit({
          ...member,
          product: 'demo',
          feature: 'use',
          call: plannedCall(0),
          as: 'inline',
          requestId: 'request',
        }),
      ),
    );
    expect(tally(answers)).toEqual({ permit: 10, denied: 40 });
    expect((await alerts(member.accountId)).map((line) => line.slice(0, 11))).toEqual([
      'monthly 80 ',
      'monthly 100',
    ]);
  });

  test('crossed, left by a release and crossed again, alerts once', async () => {
    const member = await fixture.member();
    await use(member, 7);
    const crossing = permitOf(await use(member, 3));
    await crossing.release('failed');
    await use(member, 1);
    await use(member, 2);
    expect(await alerts(member.accountId)).toEqual(['monthly 80 of 10 at 10', 'monthly 100 of 10 at 10']);
  });

  test('alerts anew in the next window, and where a bigger plan fills up', async () => {
    const member = await fixture.member();
    await use(member, 8);
    await advance(db, '31 days');
    await use(member, 8);
    await makeGrant(db, member.accountId, { catalogue: fixture.catalogue, plan: 'big' });
    await use(member, 72);
    expect(await alerts(member.accountId)).toEqual([
      'monthly 80 of 10 at 8',
      'monthly 80 of 10 at 8',
      'monthly 80 of 100 at 80',
    ]);
  });

  test('in the account’s own zone alerts like any, and says when it resets', async () => {
    const member = await fixture.member();
    await use(member, 8, 'use_zoned');
    expect(await alerts(member.accountId)).toEqual(['daily 80 of 8 at 8', 'daily 100 of 8 at 8']);
    const [row] = await db.asMigrator(
      statement<{ ahead: boolean }>(
        'select bool_and(resets_at > app.now()) as ahead from limits.alerts where account_id = $1',
        [member.accountId],
      ),
    );
    expect(row).toEqual({ ahead: true });
  });

  test('of one member alerts nobody, and neither does a burst', async () => {
    const member = await fixture.member();
    await use(member, 10, 'use_widely');
    expect(await alerts(member.accountId)).toEqual(['monthly 80 of 10 at 10', 'monthly 100 of 10 at 10']);
  });
});

describe('a budget', () => {
  test('alerts when the money is spent, and not while it is only reserved', async () => {
    const member = await fixture.member();
    const end = await spend(member, 900);
    expect(await due(member.accountId)).toEqual([]);
    await end(100);
    expect(await due(member.accountId)).toEqual([]);
    await (await spend(member, 800))(750);
    expect(await due(member.accountId)).toEqual(['cost 80']);
  });

  test('alerts where a provider charges more than was reserved', async () => {
    const member = await fixture.member();
    await (await spend(member, 100))(1_200);
    expect(await due(member.accountId)).toEqual(['cost 80', 'cost 100']);
  });

  test('that nobody looked at until its window had passed is told as it was reserved', async () => {
    const member = await fixture.member();
    await (await spend(member, 900))(100);
    await advance(db, '1 day');
    await spend(member, 1);
    expect(await due(member.accountId)).toEqual(['cost 80']);
  });

  test('that was only reserved alerts nobody when its window passes, if somebody looked while it lasted', async () => {
    const member = await fixture.member();
    await (await spend(member, 900))(100);
    expect(await due(member.accountId)).toEqual([]);
    await advance(db, '1 day');
    await spend(member, 1);
    expect(await due(member.accountId)).toEqual([]);
  });

  test('of a key alerts too, once for all products', async () => {
    const member = await fixture.member('big');
    const keyId = await makeKey(db, member);
    await db.asMigrator(
      statement('update identity.api_keys set monthly_budget_micros = 500 where id = $1', [keyId]),
    );
    await (await spend(member, 450, keyId))(450);
    expect(await due(member.accountId)).toEqual(['key_budget 80']);
  });
});

describe('a bound of a key', () => {
  test('in calls alerts at 80 and 100 percent, once in its window; one of a minute and those of end users alert nobody', async () => {
    const member = await fixture.member('big');
    const each = { user_daily_calls: 5, calls_per_minute: 5 };
    const keyId = await boundedKey(member, { daily_calls: 5, ...each });
    const call = () => fixture.admit(member, { feature: 'spend', keyId, tags: { user_id: 'ada' } });
    for (let n = 0; n < 4; n += 1) await call();
    expect(await due(member.accountId)).toEqual(['key_daily_calls 80']);
    await permitOf(await call()).release('failed');
    await advance(db, '1 minute');
    await call();
    expect(await due(member.accountId)).toEqual(['key_daily_calls 80', 'key_daily_calls 100']);
  });

  test('in tokens alerts when they are taken, and not while they are only held', async () => {
    const member = await fixture.member('big');
    const keyId = await boundedKey(member, { monthly_tokens: 100 });
    for (const [completionTokens, told] of [
      [10, []],
      [70, ['key_monthly_tokens 80', 'key_monthly_tokens 100']],
    ] as const) {
      const permit = permitOf(
        await fixture.admit(member, { feature: 'spend', reserve: 10, tokens: 80, keyId }),
      );
      await permit.send({ ...plannedCall(10), tokens: 80 });
      expect(await due(member.accountId)).toEqual([]);
      permit.served(figures(1, { promptTokens: 10, completionTokens }));
      await permit.settle();
      expect(await due(member.accountId)).toEqual(told);
    }
  });
});

describe('credits', () => {
  test('alert when a fifth is left, and when none is', async () => {
    const member = await fixture.member();
    await use(member, 8, 'draw');
    expect(await alerts(member.accountId)).toEqual(['credits 80 of 10 at 8']);
    await use(member, 2, 'draw');
    expect(await alerts(member.accountId)).toEqual(['credits 80 of 10 at 8', 'credits 100 of 10 at 10']);
  });

  test('that were used up long ago do not make new ones look used', async () => {
    const member = await fixture.member();
    await use(member, 10, 'draw');
    await db.asMigrator(
      statement(
        `insert into limits.credits (account_id, id, product, name, source, amount, remaining, cause)
         values ($1, $2, 'demo', 'credits', 'top_up', 100, 100, 'test')`,
        [member.accountId, ids.next()],
      ),
    );
    await use(member, 79, 'draw');
    expect(await alerts(member.accountId)).toHaveLength(2);
    await use(member, 1, 'draw');
    expect((await alerts(member.accountId)).slice(2)).toEqual(['credits 80 of 100 at 80']);
  });
});

describe('what is there at this moment', () => {
  test('alerts once a month, however often it shrinks and grows', async () => {
    const { accountId } = await fixture.member();
    await moveGauge(accountId, 85);
    await moveGauge(accountId, -50);
    await moveGauge(accountId, 50);
    expect(await alerts(accountId)).toEqual(['bytes 80 of 100 at 85']);
    await moveGauge(accountId, -50);
    await advance(db, '31 days');
    await moveGauge(accountId, 65);
    expect((await alerts(accountId)).sort()).toEqual([
      'bytes 100 of 100 at 100',
      'bytes 80 of 100 at 100',
      'bytes 80 of 100 at 85',
    ]);
  });

  test('alerts nothing with a transaction that is undone', async () => {
    const { accountId } = await fixture.member();
    await moveGauge(accountId, 70);
    await expect(moveGauge(accountId, 40)).rejects.toThrow();
    expect(await alerts(accountId)).toEqual([]);
  });

  test('as seats are taken: by another machine, and not by the same one again', async () => {
    const { accountId } = await fixture.member();
    const seats = createSeats({ db, ids });
    const of = { accountId, product: 'demo', limit: 'machines' };
    for (const machine of ['a', 'b', 'c', 'c', 'c']) await seats.take(of, machine, { ttlSeconds: 60 });
    expect(await alerts(accountId)).toEqual([]);
    for (const machine of ['d', 'd']) await seats.take(of, machine, { ttlSeconds: 60 });
    expect(await alerts(accountId)).toEqual(['machines 80 of 5 at 4']);
  });
});

test('an account reads its own alerts and no other’s, and writes none', async () => {
  const [one, two] = [await fixture.member(), await fixture.member()];
  await use(one, 8);
  const read = statement<{ account_id: string }>('select account_id from limits.alerts');
  expect(await db.tenant(two.accountId, [read])).toEqual([[]]);
  expect(await db.tenant(one.accountId, [read])).toEqual([[{ account_id: one.accountId }]]);
  await expect(
    db.tenant(one.accountId, MOVE, [statement('delete from limits.alerts')]),
  ).rejects.toMatchObject({ code: '42501' });
});

test('two overruns that are settled at once are seen together', async () => {
  const member = await fixture.member('small');
  const ends = [await spend(member, 350), await spend(member, 350)];
  await Promise.all(ends.map((end) => end(510)));
  expect(await alerts(member.accountId)).toEqual(['cost 80 of 1000 at 860', 'cost 100 of 1000 at 1020']);
});
