import { beforeEach, describe, expect, it } from 'vitest';
import { advance, advanceTo, databaseTime, makeGrant, makeKey, makeMember } from '#test/factories';
import { denied, granted, openLimits, request, type Wanted } from '#test/limits';
import { testDatabase } from '#test/services';
import { commitPoint } from '#platform/db';
import { createDenialCache } from './denials.ts';

const effect = commitPoint('test.denials.effect', 'the answer of a call');
const { db } = await testDatabase();
const fixture = await openLimits(db, {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    pause: { kind: 'cooldown', by: 'subject' },
    at_once: { kind: 'concurrency', by: 'account' },
  },
  plans: { basic: { monthly: 1, pause: 20, at_once: 1 }, pro: { monthly: 100, pause: 20, at_once: 1 } },
  features: { use: ['monthly'], pausing: ['pause'], holding: ['at_once'] },
});

/** A process that remembers, on a clock that the test drives; and how often its database was asked. */
const at = { ms: 0 };
let asked = 0;
const denials = createDenialCache({ db, clock: { now: () => at.ms, monotonic: () => at.ms } });
const admit = denials.around((asking) => {
  asked += 1;
  return fixture.limits.admit(asking);
});

/** An account whose month is used up, and how it asks. */
async function closed() {
  const member = await fixture.member('basic');
  granted(await fixture.admit(member));
  asked = 0;
  const ask = (wanted: Wanted = {}) => admit(request(member, wanted));
  return { member, ask };
}

beforeEach(() => {
  at.ms += 10_000;
});

describe('a denial', () => {
  it('answers the same question for a second without the database, and no longer', async () => {
    const { ask } = await closed();
    const denial = denied(await ask());
    for (let tries = 0; tries < 50; tries += 1)
      expect(denied(await ask({ requestId: `${tries}` }))).toEqual(denial);
    at.ms += 999;
    denied(await ask());
    expect(asked).toBe(1);
    at.ms += 1;
    denied(await ask());
    expect(asked).toBe(2);
  });

  it('answers nobody else and nothing else', async () => {
    const { member, ask } = await closed();
    denied(await ask());
    const beside = await makeMember(db, member.accountId);
    const others: Wanted[] = [
      { userId: beside.userId },
      { keyId: await makeKey(db, member) },
      { units: 2 },
      { subject: 'a draft' },
      { reserve: 5 },
      { needs: { variants: 1 } },
      { feature: 'pausing', subject: 'a draft' },
      { as: 'job' },
    ];
    for (const [count, other] of others.entries()) {
      await ask(other);
      expect([other, asked]).toEqual([other, count + 2]);
    }
  });

  it('never stands in the way of a stored answer: a key that was not denied is always looked up', async () => {
    const member = await fixture.member('basic');
    const ask = (wanted: Wanted) => admit(request(member, wanted));
    const permit = granted(await ask({ key: 'first' }));
    const stored = permit.answering({ status: 202, body: { id: 7 } });
    if (stored === undefined) throw new Error('the call came with a key');
    await db.tenant(member.accountId, effect, [stored, permit.settlement()]);
    denied(await ask({ key: 'second' }));
    denied(await ask({}));
    expect(await ask({ key: 'first' })).toMatchObject({ kind: 'replay', answer: { status: 202 } });
    expect(await ask({ key: 'first', body: 'another' })).toEqual({ kind: 'mismatch' });
    asked = 0;
    denied(await ask({ key: 'second' }));
    expect(asked).toBe(0);
    denied(await ask({ key: 'third' }));
    expect(asked).toBe(1);
  });

  it('ends with a change of what the account holds', async () => {
    const { member, ask } = await closed();
    denied(await ask());
    await makeGrant(db, member.accountId, { catalogue: fixture.catalogue, plan: 'pro' });
    db.signal('entitlements', member.accountId);
    granted(await ask());
  });

  it('that was decided before such a change is not remembered', async () => {
    const { member } = await closed();
    const slow = denials.around(async (asking) => {
      const answer = await fixture.limits.admit(asking);
      await makeGrant(db, member.accountId, { catalogue: fixture.catalogue, plan: 'pro' });
      db.signal('entitlements', member.accountId);
      return answer;
    });
    denied(await slow(request(member)));
    granted(await admit(request(member)));
  });

  it('whose change nobody heard of is over within a second', async () => {
    const { member, ask } = await closed();
    denied(await ask());
    await makeGrant(db, member.accountId, { catalogue: fixture.catalogue, plan: 'pro' });
    at.ms += 1_000;
    granted(await ask());
  });

  it('that resets within a second is not remembered, so that none outlives its reset', async () => {
    const member = await fixture.member('basic');
    const ask = () => admit(request(member, { feature: 'pausing', subject: 'a draft' }));
    granted(await ask());
    const reset = Date.parse(denied(await ask()).resetsAt ?? '');
    at.ms += 10_000;
    await advanceTo(db, new Date(reset - 900).toISOString());
    await ask();
    await advance(db, '1 second');
    expect((await databaseTime(db)).getTime()).toBeGreaterThan(reset);
    granted(await ask());
  });

  it('for want of a place is not remembered: the place is taken the moment it is free', async () => {
    const member = await fixture.member('basic');
    const ask = () => admit(request(member, { feature: 'holding' }));
    const permit = granted(await ask());
    denied(await ask());
    await permit.release('done');
    granted(await ask());
  });
});
