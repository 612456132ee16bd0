import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAudit } from '#platform/audit';
import { commitPoint, statement } from '#platform/db';
import { type AccountId, AppError, createIds, systemClock, systemRandom } from '#platform/kernel';
import { createSecrets, newMasterKey } from '#platform/secrets';
import { createWebhooks } from '#platform/webhooks';
import { advanceTo, makeAccount, makeGrant, type Member } from '@plinth/testkit/factories';
import { denialOf, permitOf, openLimits, request, tally, windows } from '@plinth/testkit/fixtures/limits';
import { assertWithin } from '@plinth/testkit/property';
import { testDatabase } from '@plinth/testkit/services';
import { createCredits, type LimitUsage, type Permit } from '../index.ts';
import { createAlerts } from './alerts.ts';
import { tellExpiringCredits } from './expiring-credits.ts';

const { db } = await testDatabase();
const GIVEN = commitPoint('test.limits.credits', 'credits that a test gives');
const rules = {
  limits: {
    credits: { kind: 'credits', per: 'month', by: 'account', rollover: { percent: 50, most: 4 } },
    at_once: { kind: 'concurrency', by: 'account' },
  },
  plans: { only: { credits: 10, at_once: 50 }, more: { credits: 25, at_once: 50 } },
} as const;
const fixture = await openLimits(db, rules);
const clock = systemClock;
const ids = createIds({ clock, random: systemRandom });
const audit = createAudit({ ids });
const secrets = createSecrets({ keys: [newMasterKey(systemRandom)] });
const webhooks = createWebhooks({ db, ids, random: systemRandom, secrets, audit, allowLoopback: false });
const give = createCredits({
  ids,
  catalogues: [fixture.catalogue],
  audit,
  webhooks,
});

const at = (time: string | number) => advanceTo(db, new Date(time).toISOString());

async function topUp(accountId: AccountId, amount: number, expiresAt?: number): Promise<string> {
  const given = await db.system('admin.grants', GIVEN, (tx) =>
    give(tx, {
      accountId,
      product: 'demo',
      limit: 'credits',
      amount,
      expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
      source: 'top_up',
      cause: 'test',
      by: { kind: 'system' },
    }),
  );
  return given.id;
}

async function usage(accountId: AccountId): Promise<LimitUsage | undefined> {
  return (await fixture.limits.usage(accountId)).find(({ limit }) => limit === 'credits');
}

/** Rest of each, soonest expiry first, expired ones and empty ones too. */
async function grants(accountId: AccountId): Promise<string[]> {
  const rows = await db.asMigrator(
    statement<{ source: string; remaining: number; amount: number }>(
      'select source, remaining, amount from limits.credits where account_id = $1 order by expires_at nulls last, id',
      [accountId],
    ),
  );
  return rows.map(({ source, remaining, amount }) => `${source} ${remaining}/${amount}`);
}

describe('credits', () => {
  test('are used soonest expiry first, those that last at the end', async () => {
    await at('2031-03-10T00:00:00Z');
    const member = await fixture.member();
    const first = await topUp(member.accountId, 5);
    await topUp(member.accountId, 5, Date.parse('2031-03-20T00:00:00Z'));
    const second = await topUp(member.accountId, 5, Date.parse('2031-05-01T00:00:00Z'));
    permitOf(await fixture.admit(member, { units: 17 }));
    expect(await grants(member.accountId)).toEqual(['top_up 0/5', 'plan 0/10', 'top_up 3/5', 'top_up 5/5']);
    expect(await usage(member.accountId)).toEqual({
      product: 'demo',
      limit: 'credits',
      kind: 'credits',
      used: 17,
      max: 25,
      resetsAt: '2031-04-01T00:00:00.000Z',
      balance: 8,
      nextExpiry: '2031-05-01T00:00:00.000Z',
      grants: [
        { id: second, source: 'top_up', amount: 5, remaining: 3, expires_at: '2031-05-01T00:00:00.000Z' },
        { id: first, source: 'top_up', amount: 5, remaining: 5, expires_at: null },
      ],
    });
  });

  test('that are used up deny, and say when the plan gives the next', async () => {
    await at('2031-03-10T00:00:00Z');
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { units: 9 }));
    const denial = denialOf(await fixture.admit(member, { units: 2 }));
    expect(denial).toMatchObject({ limit: 'credits', of: 'credits', used: 9, max: 10, size: 10 });
    expect(denial.resetsAt).toBe('2031-04-01T00:00:00.000Z');
    expect(await usage(member.accountId)).toMatchObject({ balance: 1 });
    await topUp(member.accountId, 1);
    permitOf(await fixture.admit(member, { units: 2 }));
  });

  test('of a request that another limit denies stay where they are', async () => {
    const other = await openLimits(db, {
      ...rules,
      limits: { ...rules.limits, pause: { kind: 'cooldown', by: 'account' } },
      plans: { only: { credits: 10, at_once: 50, pause: 60 } },
      product: 'sample',
    });
    const member = await other.member();
    permitOf(await other.admit(member));
    const before = await grants(member.accountId);
    const crowd = await Promise.all(Array.from({ length: 10 }, () => other.admit(member)));
    expect(tally(crowd)).toEqual({ denied: 10 });
    expect(await grants(member.accountId)).toEqual(before);
  });

  test('of work that failed go back to where they came from; what expired meanwhile stays expired', async () => {
    await at('2031-03-10T00:00:00Z');
    const member = await fixture.member();
    await topUp(member.accountId, 5, Date.parse('2031-03-12T00:00:00Z'));
    const [kept, failed] = [
      permitOf(await fixture.admit(member, { units: 2 })),
      permitOf(await fixture.admit(member, { units: 6 })),
    ];
    expect(await grants(member.accountId)).toEqual(['top_up 0/5', 'plan 7/10']);
    await kept.settle();
    await at('2031-03-13T00:00:00Z');
    await failed.release('broken');
    await expect(failed.release('broken')).resolves.toBeUndefined();
    expect(await grants(member.accountId)).toEqual(['top_up 3/5', 'plan 10/10']);
    expect(await usage(member.accountId)).toMatchObject({ balance: 10, max: 10 });
  });

  test('of a month that is over are gone, but for the share that is rolled over for one month more', async () => {
    await at('2031-03-10T00:00:00Z');
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { units: 3 }));
    await at('2031-04-01T00:00:00Z');
    // Half of 7, rounded down; in the report before anything is used, too.
    expect(await usage(member.accountId)).toMatchObject({
      balance: 13,
      nextExpiry: '2031-05-01T00:00:00.000Z',
    });
    permitOf(await fixture.admit(member));
    expect(await usage(member.accountId)).toMatchObject({ balance: 12 });
    await at('2031-06-15T00:00:00Z');
    // No call came in May: its 10 were all left, half of which are more than 4.
    expect(await usage(member.accountId)).toMatchObject({ balance: 14 });
    permitOf(await fixture.admit(member, { units: 14 }));
    expect(tally([await fixture.admit(member)])).toEqual({ denied: 1 });
  });

  test('are more at once on a bigger plan, by the difference; a smaller one takes nothing back', async () => {
    await at('2031-03-10T00:00:00Z');
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { units: 10 }));
    const { catalogue } = fixture;
    await makeGrant(db, member.accountId, {
      catalogue,
      plan: 'more',
      until: new Date('2031-03-11T00:00:00Z'),
    });
    expect(await usage(member.accountId)).toMatchObject({ balance: 15 });
    permitOf(await fixture.admit(member, { units: 12 }));
    await at('2031-03-11T00:00:00Z');
    permitOf(await fixture.admit(member, { units: 3 }));
    expect(tally([await fixture.admit(member)])).toEqual({ denied: 1 });
    await makeGrant(db, member.accountId, { catalogue, plan: 'more' });
    expect(tally([await fixture.admit(member)])).toEqual({ denied: 1 });
  });

  test('are of no use without a plan that has them', async () => {
    const member = await makeAccount(db);
    await topUp(member.accountId, 5);
    expect(await fixture.admit(member)).toMatchObject({ kind: 'plan_required' });
  });

  test('that nobody sells, or to nobody, are refused', async () => {
    const { accountId } = await fixture.member();
    const wanted = {
      accountId,
      product: 'demo',
      limit: 'credits',
      amount: 1,
      source: 'admin',
      cause: 'test',
    } as const;
    const attempt = (more: Partial<Parameters<typeof give>[1]>) =>
      db.system('admin.grants', GIVEN, (tx) => give(tx, { ...wanted, by: { kind: 'system' }, ...more }));
    await expect(attempt({ product: 'sample' })).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(attempt({ limit: 'at_once' })).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(attempt({ expiresAt: new Date(0) })).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(attempt({ accountId: ids.next() })).rejects.toMatchObject({ code: 'not_found' });
    expect(await grants(accountId)).toEqual([]);
  });

  test('of which 10 are left are drawn by 10 of 40 through two processes', async () => {
    const other = await fixture.another();
    const member = await fixture.member();
    const crowd = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? fixture : other).limits.admit(request(member))),
    );
    expect(tally(crowd)).toEqual({ permit: 10, denied: 30 });
    const permits = crowd.flatMap((answer) => (answer.kind === 'permit' ? [answer.permit] : []));
    await Promise.all(permits.map((permit) => permit.release('all of them')));
    expect(await usage(member.accountId)).toMatchObject({ balance: 10 });
  });
});

interface CreditGrant {
  left: number;
  readonly expires: number;
  readonly order: number;
}
type Step =
  | { readonly do: 'use'; readonly units: readonly number[] }
  | { readonly do: 'end'; readonly pick: number; readonly works: boolean }
  | { readonly do: 'give'; readonly amount: number; readonly days: number }
  | { readonly do: 'wait'; readonly hours: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('use' as const),
      units: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('end' as const), pick: fc.nat(), works: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('give' as const),
      amount: fc.integer({ min: 1, max: 12 }),
      days: fc.integer({ min: 0, max: 40 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.oneof(fc.nat(100), fc.nat(1_500)) }),
  },
);

/** Credits as plainly as they can be written: grants, the soonest expiry first. */
class Model {
  time: number;
  readonly first: string;
  grants: CreditGrant[] = [];
  readonly held: { permit: Permit; drawn: [CreditGrant, number][] }[] = [];
  #plan = new Map<string, CreditGrant>();
  #made = 0;

  constructor(start: number) {
    this.time = start;
    this.first = new Date(start).toISOString().slice(0, 7);
  }

  /** With what is due, though no call has asked for it yet. */
  get balance(): number {
    const { planned, rolled } = this.#due();
    return this.#alive().reduce((sum, { left }) => sum + left, planned + rolled);
  }

  /** The first request of a month gets what is due: what was given back until then is rolled over too. */
  refill(): void {
    const { month, planned, rolled, end } = this.#due();
    // Credits that can't be rolled over again are used first.
    if (rolled > 0) this.add(rolled, end);
    if (planned > 0) this.#plan.set(month, this.add(planned, end));
  }

  add(amount: number, expires: number): CreditGrant {
    const grant = { left: amount, expires, order: (this.#made += 1) };
    this.grants.push(grant);
    return grant;
  }

  draw(units: number): [CreditGrant, number][] {
    const drawn: [CreditGrant, number][] = [];
    for (const grant of this.#alive().sort((a, b) => a.expires - b.expires || a.order - b.order)) {
      const part = Math.min(grant.left, units - drawn.reduce((sum, [, n]) => sum + n, 0));
      if (part > 0) drawn.push([grant, part]);
      grant.left -= part;
    }
    return drawn;
  }

  #alive(): CreditGrant[] {
    return this.grants.filter(({ expires, left }) => expires > this.time && left > 0);
  }

  #due() {
    const month = new Date(this.time).toISOString().slice(0, 7);
    const [year = 0, index = 0] = month.split('-').map(Number);
    const end = Date.UTC(year, index, 1);
    if (this.#plan.has(month)) return { month, end, planned: 0, rolled: 0 };
    const before = new Date(Date.UTC(year, index - 2, 1)).toISOString().slice(0, 7);
    // A month without a call left all of its credits; before the first one there was no plan.
    const rest = before < this.first ? 0 : (this.#plan.get(before)?.left ?? 10);
    return { month, end, planned: 10, rolled: Math.min(4, Math.floor(rest / 2)) };
  }
}

async function play(
  model: Model,
  one: Step,
  { member, start }: { readonly member: Member; readonly start: number },
): Promise<void> {
  if (one.do === 'wait') {
    model.time += one.hours * 3_600_000;
    await at(model.time);
  } else if (one.do === 'give') {
    const expires = one.days === 0 ? Number.POSITIVE_INFINITY : start + one.days * 86_400_000 + 1_800_000;
    if (expires <= model.time) return;
    await topUp(member.accountId, one.amount, one.days === 0 ? undefined : expires);
    model.add(one.amount, expires);
  } else if (one.do === 'use') {
    const answers = await Promise.all(one.units.map((units) => fixture.admit(member, { units })));
    model.refill();
    for (const answer of answers) {
      if (answer.kind !== 'permit') continue;
      const { permit } = answer;
      expect(model.balance).toBeGreaterThanOrEqual(permit.units);
      model.held.push({ permit, drawn: model.draw(permit.units) });
    }
    // A caller who was refused came when there was too little, and it has not become more.
    for (const [i, answer] of answers.entries())
      if (answer.kind !== 'permit') expect(one.units[i]).toBeGreaterThan(model.balance);
  } else {
    const [held] = model.held.length === 0 ? [] : model.held.splice(one.pick % model.held.length, 1);
    if (held === undefined) return;
    await (one.works ? held.permit.settle() : held.permit.release('failed'));
    if (!one.works) for (const [grant, part] of held.drawn) grant.left += part;
  }
}

test('credits are told to the operator’s systems when they are given, about to expire and used up, each once', async () => {
  const start = Date.parse('2039-01-20T00:00:10Z');
  await at(start);
  const member = await fixture.member();
  const [soon, late] = [start + 3 * 86_400_000, start + 30 * 86_400_000];
  for (const expiresAt of [soon, late]) await topUp(member.accountId, 5, expiresAt);
  const letters: unknown[] = [];
  const mail = { sending: (letter: unknown) => letters.splice(letters.length, 0, letter) as [], wake() {} };
  const tell = () => tellExpiringCredits({ db, catalogues: [fixture.catalogue], mail, webhooks });
  await Promise.all([tell(), tell()]).then(tell);
  expect(letters).toMatchObject([{ facts: { remaining: '5', until: '2039-01-23 00:00 UTC' } }]);
  const alerts = createAlerts({ db, catalogues: [fixture.catalogue], webhooks, mail, showModelCost: false });
  await permitOf(await fixture.admit(member, { units: 20 })).settle();
  while ((await alerts.tell()) > 0);
  const told = await db.asMigrator(
    statement<{ told: string }>(
      `select type || ' ' || coalesce(data->>'expires_at', data->>'used') as told from webhooks.events
       where account_id = $1 and type like 'credits.%' order by position`,
      [member.accountId],
    ),
  );
  const [early, after] = [soon, late].map((time) => new Date(time).toISOString());
  expect(told.map((row) => row.told)).toEqual([
    `credits.granted ${early}`,
    `credits.granted ${after}`,
    `credits.expiring ${early}`,
    'credits.used_up 20',
  ]);
});

test('whatever is used, fails, is given and expires: the balance is the model’s, and never below nothing', async () => {
  let start = Date.parse('2040-01-20T00:00:10Z');
  await assertWithin(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 30 }), async (plan) => {
      start += 400 * 86_400_000;
      await at(start);
      const member = await fixture.member();
      // A minute on, for the plan begins when the member does.
      const model = new Model(start + 60_000);
      for (const one of plan) {
        try {
          await play(model, one, { member, start });
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          throw new Error(`${one.do}: ${error.code}`, { cause: error });
        }
        // The report is of the same instant, and gives what is due without writing it.
        expect((await usage(member.accountId))?.balance).toBe(model.balance);
      }
    }),
    { numRuns: 25, within: 50_000 },
  );
  expect(await db.asMigrator(statement('select from limits.credits where remaining < 0'))).toEqual([]);
  expect(await windows(db, (await fixture.member()).accountId)).toEqual({});
}, 120_000);
