import { describe, expect, test } from 'vitest';
import type { Catalogue } from '#platform/entitlements';
import {
  advance,
  advanceTo,
  databaseTime,
  makeAccount,
  makeGrant,
  makeKey,
  makeMember,
  revokeGrant,
  revokeKey,
  suspendAccount,
  suspendUser,
} from '@plinth/testkit/factories';
import {
  denialOf,
  permitOf,
  limitsCatalogue,
  openLimits,
  openNode,
  request,
  tally,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { refusalError } from '../index.ts';

const { db } = await testDatabase();
const fixture = await openLimits(db, {
  limits: { uses: { kind: 'quota', per: 'month', by: 'account' } },
  plans: { small: { uses: 2 }, big: { uses: 4 } },
  addOn: { days: 5, lifts: 'big' },
});
const { catalogue } = fixture;

test('a preview of an account without any plan, a default one included, says plan_required as admission does', async () => {
  const member = await makeAccount(db);
  const none = { kind: 'plan_required', grant: null, needed: null, plan: null };
  expect(await fixture.limits.preview(request(member))).toEqual(none);
  expect(await fixture.admit(member)).toEqual(none);
});

describe('what is in effect at the very instant decides', () => {
  test('a plan that ends admits until its end, and no more from then on', async () => {
    const member = await makeAccount(db);
    const now = await databaseTime(db);
    const until = new Date(now.getTime() + 3_600_000);
    await makeGrant(db, member.accountId, { catalogue, plan: 'small', until });
    await advanceTo(db, new Date(until.getTime() - 5_000).toISOString());
    permitOf(await fixture.admit(member));
    await advanceTo(db, until.toISOString());
    expect(await fixture.admit(member)).toEqual({
      kind: 'plan_required',
      grant: null,
      needed: null,
      plan: null,
    });
  });

  test('a plan that begins later admits nobody before', async () => {
    const member = await makeAccount(db);
    const startsAt = new Date((await databaseTime(db)).getTime() + 3_600_000);
    await makeGrant(db, member.accountId, { catalogue, plan: 'small', startsAt });
    expect(tally([await fixture.admit(member)])).toEqual({ plan_required: 1 });
    await advance(db, '1 hour');
    permitOf(await fixture.admit(member));
  });

  test('a boost that ends while uses run takes its room back, and stops no use that was admitted', async () => {
    await advanceTo(db, '2027-05-03T12:00:00Z');
    const member = await fixture.member('small');
    const startsAt = new Date('2027-05-03T12:00:00Z');
    await makeGrant(db, member.accountId, { catalogue, addOn: 'boost', startsAt });
    await advanceTo(db, '2027-05-08T11:59:40Z');
    const boosted = [];
    for (let use = 0; use < 3; use += 1) boosted.push(permitOf(await fixture.admit(member)));
    await advanceTo(db, '2027-05-08T12:00:00Z');
    expect(denialOf(await fixture.admit(member))).toMatchObject({ used: 3, max: 2, plan: 'demo.small' });
    for (const permit of boosted) await permit.settle();
    expect(await windows(db, member.accountId)).toEqual({ 'demo uses': 3 });
  });

  test('an upgrade has its room at once, and what was used before counts', async () => {
    const member = await fixture.member('small');
    permitOf(await fixture.admit(member));
    permitOf(await fixture.admit(member));
    denialOf(await fixture.admit(member));
    await makeGrant(db, member.accountId, { catalogue, plan: 'big' });
    permitOf(await fixture.admit(member));
    permitOf(await fixture.admit(member));
    expect(denialOf(await fixture.admit(member))).toMatchObject({ used: 4, max: 4, plan: 'demo.big' });
  });

  test('a downgrade bites at once: more may be used than the smaller plan has', async () => {
    const member = await fixture.member('small');
    const big = await makeGrant(db, member.accountId, { catalogue, plan: 'big' });
    for (let use = 0; use < 3; use += 1) permitOf(await fixture.admit(member));
    await revokeGrant(db, big, catalogue);
    expect(denialOf(await fixture.admit(member))).toMatchObject({ used: 3, max: 2, plan: 'demo.small' });
  });
});

describe('a caller who may not spend is refused at once, and charges nothing', () => {
  test('a suspended account', async () => {
    const member = await fixture.member();
    permitOf(await fixture.admit(member));
    await suspendAccount(db, member.accountId);
    expect(await fixture.admit(member)).toEqual({ kind: 'refused', reason: 'account_suspended' });
    expect(await windows(db, member.accountId)).toEqual({ 'demo uses': 1 });
    expect(refusalError('account_suspended')).toMatchObject({ status: 403 });
  });

  test('a suspended user, while others of the account go on', async () => {
    const owner = await fixture.member();
    const other = await makeMember(db, owner.accountId);
    await suspendUser(db, other.userId);
    const answers = await Promise.all([fixture.admit(other), fixture.admit(owner)]);
    expect(answers.map(({ kind }) => kind)).toEqual(['refused', 'permit']);
    expect(answers[0]).toMatchObject({ reason: 'user_suspended' });
    expect(refusalError('user_suspended')).toMatchObject({ status: 401 });
  });

  test('a revoked key, while the user goes on', async () => {
    const member = await fixture.member();
    const keyId = await makeKey(db, member);
    permitOf(await fixture.admit(member, { keyId }));
    await revokeKey(db, keyId);
    expect(await fixture.admit(member, { keyId })).toEqual({ kind: 'refused', reason: 'key_revoked' });
    permitOf(await fixture.admit(member));
  });

  test('a user who is no member, and a key of another account', async () => {
    const [mine, theirs] = [await fixture.member(), await fixture.member()];
    const foreign = { accountId: mine.accountId, userId: theirs.userId };
    expect(await fixture.admit(foreign)).toEqual({ kind: 'refused', reason: 'not_a_member' });
    expect(refusalError('not_a_member')).toMatchObject({ status: 404 });
    const keyId = await makeKey(db, theirs);
    expect(await fixture.admit(mine, { keyId })).toEqual({ kind: 'refused', reason: 'key_revoked' });
    expect(await windows(db, mine.accountId)).toEqual({});
  });
});

describe('what a plan must have beside its limits', () => {
  test('no plan at all is said to be needed', async () => {
    expect(await fixture.admit(await makeAccount(db))).toMatchObject({
      kind: 'plan_required',
      grant: null,
      plan: null,
    });
  });

  test('a grant that a request needs more of names what it takes', async () => {
    const answer = await fixture.admit(await fixture.member('small'), { needs: { uses: 3, variants: 2 } });
    expect(answer).toMatchObject({ kind: 'plan_required', plan: 'demo.small' });
    permitOf(await fixture.admit(await fixture.member('small'), { needs: { uses: 2 } }));
  });

  test('an option that a feature requires is asked for by name', async () => {
    const rules = {
      product: 'club',
      limits: { uses: { kind: 'quota', per: 'day', by: 'account' } },
    } as const;
    const plain = limitsCatalogue({ ...rules, plans: { small: { uses: 5 }, big: { uses: 5 } } });
    const { use, ...features } = plain.features;
    const { small, big } = plain.plans;
    if (use === undefined || small === undefined || big === undefined)
      throw new Error('no such feature or plan');
    const club: Catalogue = {
      ...plain,
      options: { sauna: 'boolean' },
      features: { ...features, use: { ...use, requires: ['sauna'] } },
      plans: {
        small: { ...small, grants: { uses: 5, sauna: false } },
        big: { ...big, grants: { uses: 5, sauna: true } },
      },
    };
    const { limits } = await openNode(db, [club]);
    const member = await makeAccount(db);
    await makeGrant(db, member.accountId, { catalogue: club, plan: 'small' });
    const asked = request(member, {}, 'club');
    expect(await limits.admit(asked)).toEqual({
      kind: 'plan_required',
      grant: 'sauna',
      needed: true,
      plan: 'club.small',
    });
    await makeGrant(db, member.accountId, { catalogue: club, plan: 'big' });
    permitOf(await limits.admit(asked));
  });
});

test('a product that is off admits nothing and charges nothing; what was admitted before is settled', async () => {
  const member = await fixture.member();
  const before = permitOf(await fixture.admit(member));
  const off = await openNode(db, [{ ...catalogue, isOff: true }]);
  const wanted = request(member);
  await expect(off.limits.admit(wanted)).rejects.toMatchObject({ code: 'product_off' });
  await expect(off.limits.preview(wanted)).rejects.toMatchObject({ code: 'product_off' });
  expect(await windows(db, member.accountId)).toEqual({ 'demo uses': 1 });
  expect(await off.limits.usage(member.accountId)).toEqual([]);
  await before.settle();
  expect(tally([await fixture.admit(member), await fixture.admit(member)])).toEqual({ permit: 1, denied: 1 });
});
