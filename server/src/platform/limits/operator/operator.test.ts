import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { micros, systemClock } from '#platform/kernel';
import { advance, advanceTo, databaseTime, ids } from '@plinth/testkit/factories';
import {
  figures,
  permitOf,
  kill,
  openLimits,
  plannedCall,
  request,
  tally,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { assertWithin } from '@plinth/testkit/property';
import { testDatabase } from '@plinth/testkit/services';
import {
  createBudgetAlert,
  createOperatorBudgets,
  type Permit,
  refusalError,
  type Selection,
} from '../index.ts';

const { db } = await testDatabase();
const plenty = { uses: 1_000, cost: 1_000_000 };
const fixture = await openLimits(db, {
  limits: {
    uses: { kind: 'quota', per: 'month', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
  },
  plans: { small: plenty, big: plenty },
  features: { look: ['uses'] },
});
const budgets = createOperatorBudgets({ db, ids });
beforeEach(() => db.asMigrator(statement('delete from limits.operator_budgets')));

const CLOSED = { kind: 'refused', reason: 'operator_budget_closed' };

/** A use that costs so much. */
async function spend(
  cost: number,
  more: Parameters<typeof fixture.admit>[1] = {},
  provider = 'sandbox',
): Promise<string> {
  const answer = await fixture.admit(await fixture.member(), { reserve: cost, ...more });
  if (answer.kind !== 'permit') return answer.kind;
  const { permit } = answer;
  await permit.send({ ...plannedCall(cost), provider });
  permit.served(figures(cost, { provider }));
  await permit.settle();
  return 'permit';
}

describe('a budget of the operator', () => {
  test('that is used up refuses everybody with 503 until the next day, and charges nobody', async () => {
    await advanceTo(db, '2031-02-03T10:00:00Z');
    await budgets.set({ product: 'demo' }, { daily: micros(100) });
    expect(await spend(60)).toBe('permit');
    expect(await spend(60)).toBe('permit');
    const member = await fixture.member();
    expect(await fixture.admit(member, { key: 'mine' })).toEqual(CLOSED);
    expect(refusalError('operator_budget_closed')).toMatchObject({
      code: 'operator_budget_closed',
      status: 503,
    });
    expect(await windows(db, member.accountId)).toEqual({});
    expect(await budgets.list()).toMatchObject([{ product: 'demo', daily: 100, spent: 120, closed: false }]);
    await advanceTo(db, '2031-02-04T00:00:00Z');
    permitOf(await fixture.admit(member, { key: 'mine' }));
  });

  test('counts what each call cost, not what it had reserved, and corrections too', async () => {
    await budgets.set({}, { daily: micros(100) });
    const dead = await fixture.another();
    const member = await fixture.member();
    const late = permitOf(await dead.limits.admit(request(member, { reserve: 90 })));
    await late.send(plannedCall(90));
    await kill(dead);
    await fixture.limits.sweep();
    expect((await budgets.list())[0]?.spent).toBe(90);
    late.served(figures(20));
    await late.reportLate();
    expect((await budgets.list())[0]?.spent).toBe(20);
    const failed = permitOf(await fixture.admit(member, { reserve: 50 }));
    await failed.release('nothing went out');
    expect((await budgets.list())[0]?.spent).toBe(20);
  });

  test.each<[string, Selection, Selection]>([
    ['product', { product: 'demo' }, { product: 'sample' }],
    ['feature', { feature: 'use' }, { feature: 'look' }],
    ['plan', { plan: 'demo.small' }, { plan: 'demo.big' }],
    ['provider', { provider: 'sandbox' }, { provider: 'elsewhere' }],
  ])('by %s is for what it names alone', async (_name, mine, other) => {
    await advance(db, '1 day');
    await budgets.set(other, { closed: true });
    expect(await spend(50)).toBe('permit');
    await budgets.set(mine, { daily: micros(30) });
    // Spending of today already counts.
    expect(await spend(1)).toBe('refused');
    expect((await budgets.list()).map(({ spent }) => spent).toSorted((a, b) => a - b)).toEqual([0, 50]);
  });

  test('by provider counts what each provider served, whichever was planned', async () => {
    await budgets.set({ provider: 'elsewhere' }, { daily: micros(40) });
    expect(await spend(50, {}, 'elsewhere')).toBe('permit');
    expect(await budgets.list()).toMatchObject([{ provider: 'elsewhere', spent: 50 }]);
    expect(await spend(50)).toBe('permit');
    expect(await budgets.list()).toMatchObject([{ provider: 'elsewhere', spent: 50 }]);
  });

  test('by provider is moved by corrections of its own calls alone, late figures and adjustments alike', async () => {
    await advance(db, '1 day');
    await budgets.set({ provider: 'sandbox' }, { daily: micros(500) });
    await budgets.set({ provider: 'elsewhere' }, { daily: micros(500) });
    const readSpent = async () =>
      (await budgets.list()).map((budget) => `${budget.provider} ${budget.spent}`).toSorted();
    const dead = await fixture.another();
    const late = permitOf(await dead.limits.admit(request(await fixture.member(), { reserve: 90 })));
    await late.send({ ...plannedCall(90), provider: 'elsewhere' });
    await kill(dead);
    await fixture.limits.sweep();
    late.served(figures(20, { provider: 'elsewhere' }));
    await late.reportLate();
    expect(await readSpent()).toEqual(['elsewhere 20', 'sandbox 0']);
    await db.asMigrator(
      statement(
        `select limits.adjust_event(account_id, id, $2, $3, -5) from limits.usage_events
           where permit_id = $1 and corrects is null`,
        [late.id, ids.next(), ids.next()],
      ),
    );
    expect(await readSpent()).toEqual(['elsewhere 15', 'sandbox 0']);
  });

  test('is closed and opened by hand at once, whatever was spent, and keeps its amount', async () => {
    const daily = micros(1_000);
    const id = await budgets.set({ product: 'demo' }, { daily });
    expect(await budgets.set({ product: 'demo' }, { closed: true })).toBe(id);
    expect(tally([await fixture.admit(await fixture.member())])).toEqual({ refused: 1 });
    await budgets.set({ product: 'demo' }, { closed: false });
    permitOf(await fixture.admit(await fixture.member()));
    expect(await budgets.list()).toMatchObject([{ daily: 1_000, closed: false }]);
  });

  test('that refuses is reported once a minute', async () => {
    const reports: string[] = [];
    let now = 0;
    const alert = createBudgetAlert({ ...systemClock, monotonic: () => now }, (budget) =>
      reports.push(budget),
    );
    for (now of [0, 1_000, 59_999, 60_000, 61_000]) alert('a');
    alert('b');
    expect(reports).toEqual(['a', 'a', 'b']);
  });

  test('is never passed by more than what is under way, whatever is admitted, settled and waited for', async () => {
    const DAILY = 300;
    const op = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          reserves: fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 6 }),
        }),
      },
      { weight: 4, arbitrary: fc.record({ end: fc.nat(), share: fc.integer({ min: 0, max: 100 }) }) },
      { weight: 1, arbitrary: fc.constant({ wait: true }) },
    );
    await assertWithin(
      fc.asyncProperty(fc.array(op, { minLength: 5, maxLength: 30 }), async (plan) => {
        await db.asMigrator(statement('delete from limits.operator_budgets'));
        await advance(db, '1 day');
        await budgets.set({}, { daily: micros(DAILY) });
        const member = await fixture.member();
        const open: Permit[] = [];
        let [spent, day] = [0, ''];
        for (const one of plan) {
          const today = (await databaseTime(db)).toISOString().slice(0, 10);
          if (today !== day) [spent, day] = [0, today];
          if ('reserves' in one) {
            const isClosed = spent >= DAILY;
            const answers = await Promise.all(
              one.reserves.map((reserve) => fixture.admit(member, { reserve })),
            );
            expect(tally(answers)).toEqual({ [isClosed ? 'refused' : 'permit']: answers.length });
            open.push(...answers.flatMap((answer) => (answer.kind === 'permit' ? [answer.permit] : [])));
          } else if ('end' in one) {
            const [permit] = open.length === 0 ? [] : open.splice(one.end % open.length, 1);
            if (permit === undefined) continue;
            const cost = Math.floor((permit.reserve * one.share) / 100);
            await permit.send(plannedCall(permit.reserve));
            permit.served(figures(cost));
            await permit.settle();
            spent += cost;
          } else {
            await advance(db, '25 hours');
            [spent, day] = [0, (await databaseTime(db)).toISOString().slice(0, 10)];
          }
          expect((await budgets.list())[0]?.spent).toBe(spent);
        }
        await Promise.all(open.map((permit) => permit.release('over')));
      }),
      { numRuns: 15, within: 40_000 },
    );
  }, 90_000);
});
