import { expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';

const app = await testApp({ work: false });

interface Plan {
  readonly id: string;
  readonly price: { readonly currency: string; readonly monthly: number; readonly yearly: number | null };
  readonly trial_days: number | null;
  readonly grants: Readonly<Record<string, unknown>>;
}

/** The table of coditect.md: cents a month, seats, machines. A year is ten months. */
const TABLE = [
  ['coditect.free', 0, 0, 0],
  ['coditect.starter', 2_900, 3, 9],
  ['coditect.pro', 9_900, 10, 30],
  ['coditect.enterprise', 29_900, 50, 150],
] as const;

test('the catalog is the table of plans: by price, a year at ten months, tried for 14 days, three machines for a seat', async () => {
  const { body } = await app.call(undefined, 'GET /api/v1/plans/?product=coditect');
  const plans = body['data'] as readonly Plan[];
  expect(
    plans.map(({ id, price, grants }) => [id, price.monthly, grants['seats'], grants['machines']]),
  ).toEqual(TABLE);
  for (const { id, price, trial_days: trial } of plans) {
    const isFree = price.monthly === 0;
    expect([id, price.currency, price.yearly ?? 0]).toEqual([id, 'usd', price.monthly * 10]);
    expect([id, trial]).toEqual([id, isFree ? null : 14]);
    const { body: alone } = await app.call(undefined, `GET /v1/plans/${id}`);
    expect(alone).toMatchObject({ id, price, trial_days: trial });
  }
});

test('a plan is also found by its own name; where more products that run have one of that name, the refusal says which', async () => {
  const { body } = await app.call(undefined, 'GET /v1/plans');
  const all = (body['data'] as readonly Plan[]).map(({ id }) => id);
  const namedPro = all.filter((id) => id.endsWith('.pro'));
  const refused = await app.call(undefined, 'GET /api/v1/plans/pro');
  expect([refused.status, refused.body]).toMatchObject([
    409,
    { error: { code: 'plan_ambiguous', details: { candidates: namedPro } } },
  ]);
  expect((await app.call(undefined, 'GET /v1/plans/enterprise')).body).toMatchObject({
    id: 'coditect.enterprise',
  });
  for (const none of ['none', 'coditect.', '.pro', 'reel.enterprise', 'constructor', '__proto__'])
    expect((await app.call(undefined, `GET /v1/plans/${none}`)).status, none).toBe(404);

  const alone = await testApp({ work: false, settings: { PRODUCTS: 'coditect' } });
  for (const name of ['pro', 'coditect.pro'])
    expect((await alone.call(undefined, `GET /api/v1/plans/${name}/`)).body).toMatchObject({
      id: 'coditect.pro',
    });
});
