import { beforeEach, describe, expect, it } from 'vitest';
import { advance, advanceTo, databaseTime, makeGrant, makeKey, makeMember } from '@plinth/testkit/factories';
import {
  denialOf,
  permitOf,
  openLimits,
  request,
  settlingGate,
  type AdmissionInput,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { commitPoint } from '#platform/db';
import { createDenialCache } from './denial-cache.ts';

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
const gate = settlingGate(db);
const denials = createDenialCache({ db, clock: { now: () => at.ms, monotonic: () => at.ms } });
const { admit } = fixture.limitsWith({ db: gate.db, denials });

/** An account whose month is used up, and how it asks. */
async function closeLimit() {
  const member = await fixture.member('basic');
  permitOf(await fixture.admit(member));
  asked = 0;
  const ask = (wanted: AdmissionInput = {}) => admit(request(member, wanted));
  return { member, ask };
}

beforeEach(() => {
  at.ms += 10_000;
  gate.afterDecision(() => void (asked += 1));
});

describe('a denial', () => {
  it('answers the same question for a second without the database, and no longer', async () => {
    const { ask } = await closeLimit();
    const denial = denialOf(await ask());
    for (let tries = 0; tries < 50; tries += 1)
      expect(denialOf(await ask({ requestId: `${tries}` }))).toEqual(denial);
    at.ms += 999;
    denialOf(await ask());
    expect(asked).toBe(1);
    at.ms += 1;
    denialOf(await ask());
    expect(asked).toBe(2);
  });

  it('answers nobody else and nothing else', async () => {
    const { member, ask } = await closeLimit();
    denialOf(await ask());
    const beside = await makeMember(db, member.accountId);
    const others: AdmissionInput[] = [
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
    const ask = (wanted: AdmissionInput) => admit(request(member, wanted));
    const permit = permitOf(await ask({ key: 'first' }));
    const stored = permit.answering({ status: 202, body: { id: 7 } });
    if (stored === undefined) throw new Error('the call came with a key');
    await db.tenant(member.accountId, effect, [stored, permit.settlement()]);
    denialOf(await ask({ key: 'second' }));
    denialOf(await ask({}));
    expect(await ask({ key: 'first' })).toMatchObject({ kind: 'replay', answer: { status: 202 } });
    expect(await ask({ key: 'first', body: 'another' })).toEqual({ kind: 'mismatch' });
    asked = 0;
    denialOf(await ask({ key: 'second' }));
    expect(asked).toBe(0);
    denialOf(await ask({ key: 'third' }));
    expect(asked).toBe(1);
  });

  it('ends with a change of what the account holds', async () => {
    const { member, ask } = await closeLimit();
    denialOf(await ask());
    await makeGrant(db, member.accountId, { catalogue: fixture.catalogue, plan: 'pro' });
    db.signal('entitlements', member.accountId);
    permitOf(await ask());
  });

  it('that was decided before such a change is not remembered', async () => {
    const { member } = await closeLimit();
    gate.afterDecision(async () => {
      await makeGrant(db, member.accountId, { catalogue: fixture.catalogue, plan: 'pro' });
      db.signal('entitlements', member.accountId);
    });
    denialOf(await admit(request(member)));
    gate.afterDecision(() => {});
    permitOf(await admit(request(member)));
  });

  it('whose change nobody heard of is over within a second', async () => {
    const { member, ask } = await closeLimit();
    denialOf(await ask());
    await makeGrant(db, member.accountId, { catalogue: fixture.catalogue, plan: 'pro' });
    at.ms += 1_000;
    permitOf(await ask());
  });

  it('that resets within a second is not remembered, so that none outlives its reset', async () => {
    const member = await fixture.member('basic');
    const ask = () => admit(request(member, { feature: 'pausing', subject: 'a draft' }));
    permitOf(await ask());
    const reset = Date.parse(denialOf(await ask()).resetsAt ?? '');
    at.ms += 10_000;
    await advanceTo(db, new Date(reset - 900).toISOString());
    await ask();
    await advance(db, '1 second');
    expect((await databaseTime(db)).getTime()).toBeGreaterThan(reset);
    permitOf(await ask());
  });

  it('for want of a place is not remembered: the place is taken the moment it is free', async () => {
    const member = await fixture.member('basic');
    const ask = () => admit(request(member, { feature: 'holding' }));
    const permit = permitOf(await ask());
    denialOf(await ask());
    await permit.release('done');
    permitOf(await ask());
  });
});
