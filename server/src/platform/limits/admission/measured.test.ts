import { beforeEach, describe, expect, test } from 'vitest';
import type { AdmitRequest } from '#platform/limits';
import {
  denialOf,
  openLimits,
  permitOf,
  plannedCall,
  request,
  settlingGate,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const gate = settlingGate(db);
const fixture = await openLimits(db, {
  limits: {
    cost: { kind: 'budget', per: 'day', by: 'account' },
    monthly: { kind: 'quota', per: 'month', by: 'account' },
  },
  plans: { only: { cost: 100, monthly: 1 } },
  features: { use: ['cost'], counted: ['monthly'] },
});

let [decided, waited] = [0, 0];
const denied: string[] = [];
const { admit } = fixture.limitsWith({
  db: gate.db,
  endsElsewhere: {
    over: async () => {
      waited += 1;
      return true;
    },
    close() {},
  },
  onDenied: (_, { limit }) => denied.push(limit),
});

beforeEach(() => {
  [decided, waited] = [0, 0];
  denied.length = 0;
  gate.afterDecision(() => void (decided += 1));
});

/** A call that may cost more than the account has, and that costs so much when it is measured closely. */
async function ask(measured: number | undefined, more: Partial<AdmitRequest> = {}) {
  const closer = async () => (measured === undefined ? undefined : { call: plannedCall(measured) });
  return admit({ ...request(await fixture.member(), { reserve: 500 }), closer, ...more });
}

describe('a call whose bound a budget has no room for', () => {
  test('is admitted where it fits when it is measured closely, with that reserve, and no denial is told', async () => {
    expect(permitOf(await ask(90)).reserve).toBe(90);
    expect(denied).toEqual([]);
  });

  test('is denied by what it was measured at, which is told once; the ends of other processes are waited for once', async () => {
    expect(denialOf(await ask(200))).toMatchObject({ limit: 'cost', needed: 200 });
    expect({ denied, waited, decided }).toEqual({ denied: ['cost'], waited: 1, decided: 3 });
  });

  test('is denied by its bound where it cannot be measured', async () => {
    expect(denialOf(await ask(undefined))).toMatchObject({ needed: 500 });
    expect({ denied, waited, decided }).toEqual({ denied: ['cost'], waited: 1, decided: 2 });
  });
});

test('a call that something else than money denies is not measured', async () => {
  const member = await fixture.member();
  permitOf(await fixture.admit(member, { feature: 'counted' }));
  expect(denialOf(await ask(1, { ...member, feature: 'counted' })).limit).toBe('monthly');
  expect(decided).toBe(2);
});
