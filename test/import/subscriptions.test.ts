import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { testApp } from '@plinth/testkit/services/app';
import { importInto } from './fixture.ts';

const app = await testApp({ work: false });
const into = importInto(app);

const LATER = '2099-01-01T00:00:00Z';

let made = 0;
const subscriptionLine = (more: object) => {
  made += 1;
  return { external_id: `sub-${made}`, plan: 'reel.basic', until: LATER, source: 'stripe', ...more };
};

async function planOf(key: string): Promise<unknown> {
  const { body } = await app.call(key, 'GET /v1/billing/entitlements');
  const rows = body['data'] as { product: string; plan: string; source: string; until: string }[];
  const { plan, source, until } = rows.find(({ product }) => product === 'reel') ?? {};
  return { plan, source, until };
}

async function grants(accountId: string): Promise<unknown[]> {
  return app.db.asMigrator(
    statement(
      'select plan, add_on, source, cause, external_id from entitlements.grants where account_id = $1 order by created_at, id',
      [accountId],
    ),
  );
}

test('a subscription is a grant until its end: of an account, of an imported user, or of an address that is shown to be theirs', async () => {
  const [one, two] = [await app.customer(), await app.customer()];
  await into.users([{ email: 'three@example.com', external_id: 'three' }]);
  const first = subscriptionLine({ account_id: one.accountId });
  const done = await into.subscriptions([
    first,
    subscriptionLine({ email: two.email.toUpperCase(), plan: 'reel.pro' }),
    subscriptionLine({ user_external_id: 'three' }),
    subscriptionLine({ email: 'three@example.com', plan: 'reel.pro' }),
  ]);
  expect(done).toEqual({ added: 4, known: 0, problems: 0, told: [] });
  expect(await planOf(one.key)).toEqual({
    plan: 'reel.basic',
    source: 'import',
    until: '2099-01-01T00:00:00.000Z',
  });
  expect(await planOf(two.key)).toMatchObject({ plan: 'reel.pro', source: 'import' });
  expect(await grants(one.accountId)).toEqual([
    {
      plan: 'basic',
      add_on: null,
      source: 'import',
      cause: 'imported from stripe',
      external_id: first.external_id,
    },
  ]);
});

test('the same file twice, or by two at once, grants each once; a line that changed is told of', async () => {
  const { accountId } = await app.customer();
  const others = await Promise.all(Array.from({ length: 30 }, () => app.customer()));
  const rows = [{ accountId }, ...others].map((whose) => subscriptionLine({ account_id: whose.accountId }));
  const [one, other] = await Promise.all([into.subscriptions(rows), into.subscriptions(rows.toReversed())]);
  expect([one.added + other.added, one.known + other.known]).toEqual([31, 31]);
  expect([...one.told, ...other.told]).toEqual([]);
  expect(await grants(accountId)).toHaveLength(1);
  const [first] = rows;
  const changed = await into.subscriptions(
    [first, { ...first, until: '2100-01-01T00:00:00Z' }, { ...first, plan: 'reel.pro' }].map((row) => ({
      ...row,
    })),
  );
  expect(changed).toMatchObject({ added: 0, known: 1, problems: 2 });
  expect(changed.told.map(({ line, code }) => [line, code])).toEqual([
    [2, 'subscription_differs'],
    [3, 'subscription_differs'],
  ]);
  expect(await grants(accountId)).toHaveLength(1);
});

test('the same file again after a user chose another default account grants nothing twice', async () => {
  const owner = { email: 'chooser@example.com', external_id: 'chooser', company_name: 'Engines' };
  await into.users([owner]);
  const rows = [
    subscriptionLine({ email: owner.email }),
    subscriptionLine({ user_external_id: owner.external_id }),
  ];
  expect(await into.subscriptions(rows)).toMatchObject({ added: 2, known: 0 });
  await app.db.script(`
    update identity.users u set default_account_id = (
      select account_id from accounts.members m
      where m.user_id = u.user_id and m.account_id <> u.default_account_id)
    where external_id = 'chooser'`);
  expect(await into.subscriptions(rows)).toMatchObject({ added: 0, known: 2, told: [] });
});

test('what can not be granted is told of by line and code, and costs no other its place', async () => {
  const { accountId, key } = await app.customer();
  const squatter = { email: 'first-come@example.com', password: 'Analytical-Engine-1843' };
  await app.call(undefined, 'POST /v1/auth/register', { body: squatter });
  const done = await into.subscriptions([
    subscriptionLine({ account_id: accountId, plan: 'reel.none' }),
    subscriptionLine({ account_id: accountId, plan: 'nothing.pro' }),
    subscriptionLine({ account_id: accountId, plan: 'reel' }),
    subscriptionLine({ account_id: accountId, add_on: 'reel.pro_boost' }),
    subscriptionLine({ account_id: accountId, plan: undefined }),
    subscriptionLine({ account_id: accountId, until: '2020-01-01T00:00:00Z' }),
    subscriptionLine({ account_id: accountId, until: 'soon' }),
    subscriptionLine({ account_id: '01930000-0000-7000-8000-000000000000' }),
    subscriptionLine({ user_external_id: 'nobody' }),
    subscriptionLine({ email: 'nobody@example.com' }),
    subscriptionLine({ email: squatter.email }),
    subscriptionLine({ account_id: accountId, email: squatter.email }),
    subscriptionLine({}),
    subscriptionLine({ account_id: accountId, starts_at: '2099-06-01T00:00:00Z' }),
    subscriptionLine({ account_id: accountId }),
  ]);
  expect(
    done.told.toSorted((a, b) => a.line - b.line).map(({ line, code, field }) => [line, code, field]),
  ).toEqual([
    [1, 'field_invalid', 'plan'],
    [2, 'field_invalid', 'plan'],
    [3, 'field_invalid', 'plan'],
    [4, 'field_invalid', 'plan'],
    [5, 'field_invalid', 'plan'],
    [6, 'subscription_over', 'until'],
    [7, 'field_invalid', 'until'],
    [8, 'account_unknown', 'account_id'],
    [9, 'account_unknown', 'user_external_id'],
    [10, 'account_unknown', 'email'],
    [11, 'email_unverified', 'email'],
    [12, 'field_invalid', 'account_id'],
    [13, 'field_invalid', 'account_id'],
    [14, 'field_invalid', 'plan'],
  ]);
  expect(done.added).toBe(1);
  expect(await planOf(key)).toMatchObject({ plan: 'reel.basic' });
});
