import { describe, expect, test } from 'vitest';
import { commitPoint, type Database, openDatabase, statement } from '#platform/db';
import { createLimits, type Limits, type Permit } from '#platform/limits';
import { answers } from '@plinth/testkit/answers';
import { atEndOfFile } from '@plinth/testkit/closing';
import { ids } from '@plinth/testkit/factories';
import {
  denialOf,
  figures,
  permitOf,
  openLimits,
  permits,
  plannedCall,
  request,
  settlingGate,
  usedOf,
} from '@plinth/testkit/fixtures/limits';
import { engine, testDatabase } from '@plinth/testkit/services';
import { createEndsElsewhere, Ends } from './ends.ts';

const { db, url } = await testDatabase();
const DELEGATE = commitPoint('test.limits.ends', 'a permit that a test delegates');
const gate = settlingGate(db);
const fixture = await openLimits(gate.db, {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    hourly: { kind: 'burst', per: 'hour', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
    bought: { kind: 'credits', per: 'month', by: 'account' },
  },
  features: {
    quota: ['monthly'],
    burst: ['hourly'],
    concurrency: ['at_once'],
    budget: ['cost'],
    credits: ['bought'],
  },
  plans: { only: { monthly: 1, hourly: 1, at_once: 1, cost: 100, bought: 1 } },
});
const { catalogue, holder } = fixture;

async function serveCall(permit: Permit, cost = 10): Promise<Permit> {
  await permit.send(plannedCall(permit.reserve));
  permit.served(figures(cost));
  return permit;
}

/** Limits with the same ends under way, over one database or another. */
function shareEnds(ends: Ends, of: Database): Limits {
  return createLimits({ db: of, ids, answers, holder, catalogues: [catalogue], ends });
}

describe('who asks while its own call is being settled', () => {
  test('has its place at once', async () => {
    const member = await fixture.member();
    for (let nth = 0; nth < 3; nth += 1) {
      gate.open();
      const permit = await serveCall(permitOf(await fixture.admit(member, { feature: 'concurrency' })));
      gate.openAfterDecision();
      const settled = permit.settle();
      const next = permitOf(await fixture.admit(member, { feature: 'concurrency' }));
      await settled;
      await next.release('not needed');
    }
  });

  test('has what its calls have left of a budget', async () => {
    const member = await fixture.member();
    const wanted = { feature: 'budget', reserve: 90 };
    const permit = await serveCall(permitOf(await fixture.admit(member, wanted)));
    gate.openAfterDecision();
    const settled = permit.settle();
    permitOf(await fixture.admit(member, wanted));
    await settled;
    expect(await usedOf(db, member.accountId, { limits: ['cost'] })).toEqual({ cost: 100 });
  });

  test('has what its calls have left of a budget that they give back while it is decided', async () => {
    const member = await fixture.member();
    const [ends, deciding] = [new Ends(), settlingGate(db)];
    const wanted = request(member, { feature: 'budget', reserve: 90 });
    const permit = await serveCall(permitOf(await shareEnds(ends, gate.db).admit(wanted)));
    gate.shut();
    const settled = permit.settle();
    // The database's no is on its way, and the end overtakes it.
    deciding.afterDecision(() => {
      gate.open();
      return settled;
    });
    permitOf(await shareEnds(ends, deciding.db).admit(wanted));
  });

  test('has it for a further call of work that goes on', async () => {
    const member = await fixture.member();
    const [ends, beside] = [new Ends(), settlingGate(db)];
    const wanted = (reserve: number) => request(member, { feature: 'budget', reserve });
    const work = await serveCall(permitOf(await shareEnds(ends, beside.db).admit(wanted(10))));
    const permit = await serveCall(permitOf(await shareEnds(ends, gate.db).admit(wanted(90))));
    gate.shut();
    const settled = permit.settle();
    beside.afterDecision(gate.open);
    await work.send(plannedCall(50));
    await settled;
    work.served(figures(50));
    await work.settle();
    expect(await usedOf(db, member.accountId, { limits: ['cost'] })).toEqual({ cost: 70 });
  });

  test('has it for more of a permit that a backend has', async () => {
    const member = await fixture.member();
    const [ends, beside] = [new Ends(), settlingGate(db)];
    const wanted = (reserve: number) => request(member, { feature: 'budget', reserve, as: 'job' });
    const { delegated, admit } = shareEnds(ends, beside.db);
    const { id, delegating } = permitOf(await admit(wanted(10)));
    await db.tenant(member.accountId, DELEGATE, [delegating('account', 600)]);
    const delegatedPermit = await delegated.find({ accountId: member.accountId, id, backend: 'account' });
    const permit = await serveCall(permitOf(await shareEnds(ends, gate.db).admit(wanted(90))));
    gate.shut();
    const settled = permit.settle();
    beside.afterDecision(gate.open);
    const extended =
      delegatedPermit && (await delegated.extend(delegatedPermit, { reserve: 60, longest: 3_600 }));
    expect(extended).toMatchObject({ kind: 'extended', reserve: 60 });
    await settled;
    expect(await usedOf(db, member.accountId, { limits: ['cost'] })).toEqual({ cost: 70 });
  });

  test.each(['quota', 'credits'])('has the %s that failed work gives back', async (feature) => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { feature }));
    gate.openAfterDecision();
    const released = permit.release('failed');
    permitOf(await fixture.admit(member, { feature }));
    await released;
  });

  test('is denied all the same by other open permits, once the end under way is over', async () => {
    const member = await fixture.member();
    const [small, large] = [
      await serveCall(permitOf(await fixture.admit(member, { feature: 'budget', reserve: 20 }))),
      permitOf(await fixture.admit(member, { feature: 'budget', reserve: 80 })),
    ];
    gate.openAfterDecision();
    const settled = small.settle();
    const next = await fixture.admit(member, { feature: 'budget', reserve: 90 });
    await settled;
    expect(denialOf(next)).toMatchObject({ limit: 'cost', used: 90 });
    await large.release('not needed');
  });

  test('waits for nothing where an end gives nothing back', async () => {
    const member = await fixture.member();
    const permit = await serveCall(permitOf(await fixture.admit(member, { feature: 'burst' })));
    gate.shut();
    const settled = permit.settle();
    expect(denialOf(await fixture.admit(member, { feature: 'burst' })).of).toBe('burst');
    gate.open();
    await settled;
  });

  test('sees in its usage what the call has cost', async () => {
    const member = await fixture.member();
    const permit = await serveCall(permitOf(await fixture.admit(member, { feature: 'budget', reserve: 90 })));
    gate.shut();
    const settled = permit.settle();
    const [usage, events] = [
      fixture.limits.usage(member.accountId),
      fixture.limits.usageEvents(member.accountId, { limit: 10, before: undefined }),
    ];
    gate.open();
    expect((await usage).find(({ limit }) => limit === 'cost')?.used).toBe(10);
    expect((await events).rows).toMatchObject([{ status: 'posted', cost_micros: 10 }]);
    await settled;
  });
});

describe('an answer may go out before its call is settled', () => {
  test('but not under an Idempotency-Key, whose repeat must find it', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { feature: 'burst', key: 'first' }));
    expect(permit.mayAnswerFirst).toBe(false);
    await permit.release('not needed');
  });

  test('and not while thousands of others do: memory has an end', () => {
    const ends = new Ends();
    const over = Array.from({ length: 2_000 }, () => ends.begin(ids.next()));
    expect(ends.isFull).toBe(true);
    over[0]?.();
    over[0]?.();
    expect([ends.isFull, ends.size]).toEqual([false, 1_999]);
  });

  test('and its end stays under way until the database knows it, however often it is told', async () => {
    const member = await fixture.member();
    const permit = await serveCall(permitOf(await fixture.admit(member, { feature: 'budget' })));
    let isAway = true;
    const system = new Proxy(db.system, {
      apply: (target, self, given: Parameters<typeof db.system>) =>
        isAway ? Promise.reject(new Error('away')) : Reflect.apply(target, self, given),
    });
    const limits = shareEnds(new Ends(), { ...db, system });
    const held = limits.permitOf({
      ...permit,
      openEvent: undefined,
      planned: undefined,
      idempotency: undefined,
    });
    await expect(held.settle()).rejects.toThrow('away');
    expect(limits.ends.size).toBe(1);
    isAway = false;
    await limits.ends.idle();
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'settled' }]);
    expect(limits.ends.size).toBe(0);
  });
});

describe.runIf(engine === 'postgres')('on another process', async () => {
  const ends = new Ends();
  const endsElsewhere = createEndsElsewhere({ db: gate.db, ids, ends, holder: holder.id });
  const here = createLimits({ ...fixture.node, ids, answers, catalogues: [catalogue], ends, endsElsewhere });
  atEndOfFile(() => Promise.resolve(endsElsewhere.close()));

  async function another() {
    const other = await openDatabase({ engine: 'postgres', url, poolSize: 2 });
    atEndOfFile(() => other.close());
    const node = await openLimits(other, { limits: {}, plans: { only: {} } });
    const theirs = new Ends();
    const parts = { db: other, ids, ends: theirs, holder: node.node.holder.id };
    const elsewhere = createEndsElsewhere(parts);
    const limits = createLimits({
      ...parts,
      answers,
      holder: node.node.holder,
      catalogues: [catalogue],
      endsElsewhere: elsewhere,
    });
    return { limits, elsewhere, holder: node.node.holder };
  }

  test('who has its answer from this one has its place, and what is left of its budget', async () => {
    const there = await another();
    const member = await fixture.member();
    for (const wanted of [{ feature: 'concurrency' }, { feature: 'budget', reserve: 80 }]) {
      gate.open();
      const permit = await serveCall(permitOf(await here.admit(request(member, wanted, catalogue.product))));
      gate.shut();
      const asked = Promise.withResolvers<void>();
      const stop = db.onSignal('ends-asked', () => asked.resolve());
      const settled = permit.settle();
      const next = there.limits.admit(request(member, wanted, catalogue.product));
      // Its question has been heard here: it was about to be denied.
      await asked.promise;
      gate.open();
      await permitOf(await next).release('not needed');
      await settled;
      stop();
    }
    await there.holder.end();
  });

  test('a caller denied by a permit that is really open is told so; also where a process that lives says nothing', async () => {
    const there = await another();
    const member = await fixture.member();
    gate.open();
    const open = permitOf(await here.admit(request(member, { feature: 'concurrency' }, catalogue.product)));
    const ask = () => there.limits.admit(request(member, { feature: 'concurrency' }, catalogue.product));
    expect(denialOf(await ask()).of).toBe('concurrency');
    endsElsewhere.close();
    expect(denialOf(await ask()).of).toBe('concurrency');
    await open.release('not needed');
    await there.holder.end();
  });

  test('nobody is asked where no other process lives', async () => {
    await db.asMigrator(
      statement(`update limits.holders set expires_at = app.now() - interval '1 second' where id <> $1`, [
        holder.id,
      ]),
    );
    expect(await endsElsewhere.over((await fixture.member()).accountId)).toBe(false);
  });
});
