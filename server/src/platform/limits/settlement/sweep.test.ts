import { describe, expect, test } from 'vitest';
import { commitPoint, type Database, statement } from '#platform/db';
import type { AccountId, Clock, JobId } from '#platform/kernel';
import { advance, advanceWithout, ids } from '@plinth/testkit/factories';
import {
  denialOf,
  figures,
  permitOf,
  limitsCatalogue,
  holdMeters,
  holdRows,
  kill,
  ledgerLines,
  openLimits,
  openNode,
  permits,
  plannedCall,
  request,
  waitsForLocks,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { engine, testDatabase } from '@plinth/testkit/services';
import { LEASE, startHolder } from '../index.ts';

const { db, url } = await testDatabase();
const effect = commitPoint('test.limits.sweeping', 'a job that owns a permit');
const rules = {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    hourly: { kind: 'burst', per: 'hour', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
  },
  plans: { only: { monthly: 50, hourly: 50, at_once: 1, cost: 1_000 } },
  longestSeconds: 600,
} as const;
const fixture = await openLimits(db, rules);
const nothing = { 'demo monthly': 0, 'demo hourly': 1, 'demo cost': 0 };

const states = async (accountId: AccountId) =>
  (await permits(db, accountId)).map(({ state, reason }) => `${state}: ${reason}`);

describe('when a process dies', () => {
  test('its places are free again as soon as its lease has run out, before any sweep', async () => {
    const node = await fixture.another();
    const member = await fixture.member();
    permitOf(await node.limits.admit(request(member)));
    denialOf(await fixture.admit(member));
    await kill(node);
    permitOf(await fixture.admit(member));
  });

  test('its calls that went out are posted at their reserve, as estimates, and keep their quota', async () => {
    const node = await fixture.another();
    const member = await fixture.member();
    const permit = permitOf(await node.limits.admit(request(member, { reserve: 100 })));
    await permit.send(plannedCall(100));
    await kill(node);
    expect(await fixture.limits.sweep()).toBeGreaterThan(0);
    expect(await states(member.accountId)).toEqual(['settled: holder dead']);
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated']);
    expect(await windows(db, member.accountId)).toEqual({
      'demo monthly': 1,
      'demo hourly': 1,
      'demo cost': 100,
    });
  });

  test('work whose only call was certainly not served is voided, and gives back', async () => {
    const node = await fixture.another();
    const member = await fixture.member();
    const permit = permitOf(await node.limits.admit(request(member, { reserve: 100 })));
    await permit.send(plannedCall(100));
    permit.notServed();
    await expect(permit.send(plannedCall(2_000))).rejects.toMatchObject({ code: 'limit_exceeded' });
    await kill(node);
    await fixture.limits.sweep();
    expect(await states(member.accountId)).toEqual(['voided: holder dead']);
    expect(await windows(db, member.accountId)).toEqual(nothing);
  });

  test('its settlements come too late, and a second sweep finds nothing', async () => {
    const node = await fixture.another();
    const member = await fixture.member();
    const permit = permitOf(await node.limits.admit(request(member, { reserve: 100 })));
    await kill(node);
    await fixture.limits.sweep();
    await expect(permit.settle()).rejects.toMatchObject({ code: 'permit_stale' });
    const before = await permits(db, member.accountId);
    expect(await fixture.limits.sweep()).toBe(0);
    expect(await permits(db, member.accountId)).toEqual(before);
  });

  test('a process that only was away, and never sent the call, gives all of it back: its key is free, its quota unused', async () => {
    const node = await fixture.another();
    const member = await fixture.member();
    const wanted = { reserve: 100, key: 'once' };
    const permit = permitOf(await node.limits.admit(request(member, wanted)));
    await permit.send(plannedCall(100));
    await kill(node);
    await fixture.limits.sweep();
    expect(await fixture.admit(member, wanted)).toEqual({ kind: 'outcome_unknown' });
    permit.notServed({ throttled: true });
    await expect(permit.release('server_stopping')).rejects.toMatchObject({ code: 'permit_stale' });
    expect(await states(member.accountId)).toEqual(['voided: server_stopping']);
    expect(await windows(db, member.accountId)).toEqual(nothing);
    permitOf(await fixture.admit(member, wanted));
    expect(await ledgerLines(db, member.accountId)).toEqual([
      'posted 100 estimated',
      'correction -100',
      'sent',
    ]);
  });

  test('what it left in hundreds is closed, so many at a time as asked for', async () => {
    const node = await fixture.another();
    const members = await Promise.all(Array.from({ length: 25 }, () => fixture.member()));
    await Promise.all(members.map((member) => node.limits.admit(request(member))));
    await kill(node);
    expect(await fixture.limits.sweep(20)).toBe(20);
    expect(await fixture.limits.sweep(20)).toBe(5);
  });
});

describe('the sweeper leaves alone', () => {
  test('what a living process runs', async () => {
    const member = await fixture.member();
    permitOf(await fixture.admit(member));
    await advance(db, '5 minutes');
    await fixture.limits.sweep();
    expect(await states(member.accountId)).toEqual(['running: null']);
  });

  test('what a job owns, queued or running, however dead its holder is', async () => {
    const node = await fixture.another();
    const [waiting, running] = [await fixture.member(), await fixture.member()];
    for (const member of [waiting, running]) {
      const permit = permitOf(await node.limits.admit(request(member, { as: 'job' })));
      await db.tenant(member.accountId, effect, [permit.attaching(ids.next<JobId>())]);
      if (member === running) {
        await db.system('jobs.queue', effect, [
          statement('select limits.take($1, $2, $3)', [member.accountId, permit.id, node.holder.id]),
        ]);
      }
    }
    await kill(node);
    await advance(db, '1 hour');
    await fixture.limits.sweep();
    expect(await states(waiting.accountId)).toEqual(['queued: null']);
    expect(await states(running.accountId)).toEqual(['running: null']);
    // Their places stay taken: the work is still to be done.
    denialOf(await fixture.admit(waiting));
    denialOf(await fixture.admit(running));
  });
});

describe('a queued permit that never got its job', () => {
  test('is voided after 60 seconds, not before, and gives back', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { as: 'job', reserve: 100, key: 'mine' }));
    await advance(db, '55 seconds');
    await fixture.limits.sweep();
    expect(await states(member.accountId)).toEqual(['queued: null']);
    await advance(db, '10 seconds');
    await fixture.limits.sweep();
    expect(await states(member.accountId)).toEqual(['voided: no job']);
    expect(await ledgerLines(db, member.accountId)).toEqual(['voided']);
    expect(await windows(db, member.accountId)).toEqual(nothing);
    const attaching = db.tenant(member.accountId, effect, [permit.attaching(ids.next<JobId>())]);
    await expect(attaching).rejects.toMatchObject({ code: 'PL010' });
    permitOf(await fixture.admit(member, { as: 'job', key: 'mine' }));
  });
});

describe('work that is not over when it had to be', () => {
  test('loses its place at that instant, and the next sweep closes it', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
    await permit.send(plannedCall(100));
    await advance(db, '599 seconds');
    denialOf(await fixture.admit(member));
    await advance(db, '1 second');
    permitOf(await fixture.admit(member));
    expect(
      (await fixture.limits.usage(member.accountId)).find(({ limit }) => limit === 'at_once')?.used,
    ).toBe(1);
    await fixture.limits.sweep();
    expect(await states(member.accountId)).toEqual(['settled: overdue', 'running: null']);
    permit.served(figures(30));
    await expect(permit.settle()).rejects.toMatchObject({ code: 'permit_stale' });
    expect(await ledgerLines(db, member.accountId)).toContain('correction -70');
  });
});

const clockAt = (at: { ms: number }): Clock => ({ now: () => at.ms, monotonic: () => at.ms });

describe('a lease', () => {
  const alone = { db, ids, kind: 'test', alone: false } as const;

  test('is renewed while its process lives', async () => {
    const node = await fixture.another();
    await fixture.holder.renew();
    for (let renewal = 0; renewal < 4; renewal += 1) {
      await advanceWithout(db, '25 seconds');
      expect(await Promise.all([node.holder.renew(), fixture.holder.renew()])).toEqual([true, true]);
    }
    expect(node.lost).toEqual([]);
  });

  test.runIf(engine === 'postgres')('whose renewal had to wait lasts from the end of the wait', async () => {
    const node = await fixture.another();
    const goOn = await holdRows(url, [
      statement(
        "update limits.holders set expires_at = expires_at + interval '1 hour' where expires_at > app.now()",
      ),
    ]);
    const renewed = node.holder.renew();
    await expect.poll(() => waitsForLocks(db)).toBe(1);
    await advanceWithout(db, '20 minutes');
    await goOn();
    expect(await renewed).toBe(true);
    await advanceWithout(db, '20 seconds');
    expect(await node.holder.renew()).toBe(true);
  });

  test('that has run out never revives: its process is told once, to stop', async () => {
    const node = await fixture.another();
    await kill(node);
    expect(await node.holder.renew()).toBe(false);
    expect(await node.holder.renew()).toBe(false);
    expect(node.lost).toEqual(['the lease of this process has run out']);
  });

  test('that ends in good order ends at once, and nobody is told', async () => {
    const node = await fixture.another();
    const member = await fixture.member();
    permitOf(await node.limits.admit(request(member)));
    await node.holder.end();
    permitOf(await fixture.admit(member));
    expect(await node.holder.renew()).toBe(false);
    expect(node.lost).toEqual([]);
  });

  test('that cannot be renewed is given up 10 seconds before others may think its process dead', async () => {
    const { db: away, close } = await testDatabase();
    const at = { ms: 1_000_000 };
    const lost: string[] = [];
    const holder = await startHolder({
      ...alone,
      db: away,
      clock: clockAt(at),
      onLost: (reason) => lost.push(reason),
    });
    await close();
    at.ms += (LEASE.ttl - LEASE.giveUpBefore) * 1_000;
    expect(await holder.renew()).toBe(true);
    at.ms += 1;
    expect(await holder.renew()).toBe(false);
    expect(await holder.renew()).toBe(false);
    expect(lost).toEqual(['the lease could not be renewed in time']);
  });

  test('of the only process on its database outlasts hours without it: nobody would take over', async () => {
    const { db: away, close } = await testDatabase();
    const at = { ms: 1_000_000 };
    const lost: string[] = [];
    const clock = clockAt(at);
    const holder = await startHolder({
      ...alone,
      alone: true,
      db: away,
      clock,
      onLost: (why) => lost.push(why),
    });
    await advanceWithout(away, '12 hours');
    expect(await holder.renew()).toBe(true);
    await close();
    at.ms += 12 * 3_600_000;
    expect([await holder.renew(), holder.isGood(), lost]).toEqual([true, true, []]);
  });

  test('counts from before the database was asked for it, however long the answer took', async () => {
    const at = { ms: 0 };
    const lost: string[] = [];
    const { db: away, close } = await testDatabase();
    const slow: Database = Object.assign(Object.create(away), {
      system: async (...call: Parameters<Database['system']>) => {
        const answer = await away.system(...call);
        at.ms += 15_000;
        return answer;
      },
    });
    const holder = await startHolder({
      ...alone,
      db: slow,
      clock: clockAt(at),
      onLost: (reason) => lost.push(reason),
    });
    await close();
    at.ms = 20_001;
    expect(await holder.renew()).toBe(false);
    expect(lost).toHaveLength(1);
  });

  test('tells its process how many there are, and how many are older, at its start and with each renewal', async () => {
    const { db: own } = await testDatabase();
    const catalogue = limitsCatalogue(rules);
    const first = await openNode(own, [catalogue]);
    expect(first.holder.fleet).toEqual({ holders: 1, older: 0 });
    const second = await openNode(own, [catalogue]);
    expect(second.holder.fleet).toEqual({ holders: 2, older: 1 });
    await first.holder.renew();
    expect(first.holder.fleet).toEqual({ holders: 2, older: 0 });
    await first.holder.end();
    await second.holder.renew();
    expect(second.holder.fleet).toEqual({ holders: 1, older: 0 });
  });

  test('of the only process on a database ends all earlier ones', async () => {
    const { db: own } = await testDatabase();
    const catalogue = limitsCatalogue(rules);
    const before = await openNode(own, [catalogue]);
    const only = await startHolder({
      ...alone,
      db: own,
      clock: clockAt({ ms: 0 }),
      alone: true,
      onLost: () => {},
    });
    expect(await before.holder.renew()).toBe(false);
    expect(await only.renew()).toBe(true);
    expect(only.fleet).toEqual({ holders: 1, older: 0 });
  });

  test('that ended a day ago is forgotten, unless an open permit still names it', async () => {
    const node = await fixture.another();
    const other = await fixture.another();
    const member = await fixture.member();
    const permit = permitOf(await other.limits.admit(request(member, { as: 'job' })));
    await db.tenant(member.accountId, effect, [permit.attaching(ids.next<JobId>())]);
    await kill(node);
    await kill(other);
    await advance(db, '25 hours');
    await fixture.limits.sweep();
    const rows = await db.asMigrator(statement<{ id: string }>('select id from limits.holders'));
    const left = new Set(rows.map(({ id }) => id));
    expect([left.has(node.holder.id), left.has(other.holder.id)]).toEqual([false, true]);
  });
});

test.runIf(engine === 'postgres')(
  'a sweep passes over a meter that somebody else holds, and comes back for it',
  async () => {
    const node = await fixture.another();
    const member = await fixture.member();
    permitOf(await node.limits.admit(request(member)));
    await kill(node);
    const release = await holdMeters(url, member.accountId);
    expect(await fixture.limits.sweep()).toBe(0);
    expect(await states(member.accountId)).toEqual(['running: null']);
    await release();
    expect(await fixture.limits.sweep()).toBe(1);
    expect(await states(member.accountId)).toEqual(['settled: holder dead']);
  },
);
