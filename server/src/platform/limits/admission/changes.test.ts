import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { micros } from '#platform/kernel';
import {
  advance,
  ids,
  makeAccount,
  makeGrant,
  makeKey,
  type Member,
  revokeGrant,
  revokeKey,
  suspendAccount,
  suspendUser,
} from '@plinth/testkit/factories';
import {
  type AdmissionInput,
  denialOf,
  figures,
  kill,
  openLimits,
  permitOf,
  plannedCall,
  request,
  type Rules,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { createOperatorBudgets } from '../index.ts';

const { db } = await testDatabase();

const RULES = {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    hourly: { kind: 'burst', per: 'hour', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
  },
  plans: {
    only: { monthly: 1_000, hourly: 1_000, cost: 100_000, at_once: 1_000 },
    less: { monthly: 1_000, hourly: 1_000, cost: 100_000, at_once: 0 },
  },
} as const;

/** One process, which admits a member before another process changes what it is judged by. */
async function open(rules: Rules = RULES) {
  const fixture = await openLimits(db, rules);
  const ask = (member: Member, wanted: AdmissionInput = {}) =>
    fixture.limits.admit(request(member, wanted, rules.product));
  const grant = async (member: Member, wanted: AdmissionInput = {}) =>
    permitOf(await ask(member, wanted)).release('not needed');
  return { ...fixture, ask, grant };
}

describe('what another process has changed is judged at once', () => {
  test.each<[string, (member: Member) => Promise<unknown>, object]>([
    [
      'an account that is suspended',
      ({ accountId }) => suspendAccount(db, accountId),
      { kind: 'refused', reason: 'account_suspended' },
    ],
    [
      'a user who is suspended',
      ({ userId }) => suspendUser(db, userId),
      { kind: 'refused', reason: 'user_suspended' },
    ],
    [
      'a member who has left',
      ({ accountId, userId }) =>
        db.asMigrator(
          statement('delete from accounts.members where account_id = $1 and user_id = $2', [
            accountId,
            userId,
          ]),
        ),
      { kind: 'refused', reason: 'not_a_member' },
    ],
    [
      'an account that is closed',
      ({ accountId }) =>
        db.asMigrator(
          statement('update accounts.accounts set deleted_at = app.now() where account_id = $1', [accountId]),
        ),
      { kind: 'refused', reason: 'account_suspended' },
    ],
  ])('%s', async (...[, change, answer]) => {
    const { ask, grant, member } = await open();
    const own = await member();
    await grant(own);
    await change(own);
    expect(await ask(own)).toMatchObject(answer);
  });

  test('a key that is revoked, and a session that has ended', async () => {
    const { ask, grant, member } = await open();
    const own = await member();
    const keyId = await makeKey(db, own);
    await grant(own, { keyId });
    await revokeKey(db, keyId);
    expect(await ask(own, { keyId })).toEqual({ kind: 'refused', reason: 'key_revoked' });
    const sessionId = ids.next();
    await db.asMigrator(
      statement(
        `insert into identity.sessions (user_id, id, method, ip, ip_block, user_agent, device, expires_at) values ($1, $2, 'password', '', '', '', '', app.now() + interval '1 hour')`,
        [own.userId, sessionId],
      ),
    );
    await grant(own, { sessionId });
    await advance(db, '1 hour');
    expect(await ask(own, { sessionId })).toEqual({ kind: 'refused', reason: 'session_over' });
  });

  test('a process whose lease has ended admits nobody', async () => {
    const { ask, grant, member, node } = await open();
    const own = await member();
    await grant(own);
    await kill(node);
    expect(await ask(own)).toEqual({ kind: 'refused', reason: 'holder_dead' });
  });

  test('a plan that was taken away, and one that gives less', async () => {
    const { ask, grant, catalogue } = await open();
    const own = await makeAccount(db);
    const granted = await makeGrant(db, own.accountId, { catalogue, plan: 'only' });
    await grant(own);
    await revokeGrant(db, granted, catalogue);
    expect(await ask(own)).toMatchObject({ kind: 'plan_required' });
    await makeGrant(db, own.accountId, { catalogue, plan: 'only' });
    permitOf(await ask(own));
    await grant(own);
    await makeGrant(db, own.accountId, { catalogue, plan: 'less' });
    expect(await ask(own)).toMatchObject({ kind: 'plan_required', grant: 'at_once' });
  });

  test('a plan bites at the very instant that it ends', async () => {
    const { ask, grant, catalogue } = await open();
    const own = await makeAccount(db);
    const [row] = await db.asMigrator(
      statement<{ at: Date }>(`select app.now() + interval '10 minutes' as at`),
    );
    await makeGrant(db, own.accountId, { catalogue, plan: 'only', until: row?.at ?? new Date() });
    await grant(own);
    await advance(db, '10 minutes');
    expect(await ask(own)).toMatchObject({ kind: 'plan_required' });
  });

  test('a default plan, which no grant of the account says', async () => {
    const { ask, grant } = await open({
      ...RULES,
      product: 'free',
      defaultPlan: 'only',
    });
    const set = (size: number) =>
      db.asMigrator(
        statement(
          `insert into entitlements.defaults (product, timeline, digest) values ('free', $1::text::jsonb, 'test')
           on conflict (product) do update set timeline = excluded.timeline`,
          [
            JSON.stringify([
              {
                from: '1970-01-01T00:00:00.000Z',
                until: null,
                plan: 'free.only',
                add_ons: [],
                source: 'default',
                grants: { monthly: size, hourly: 1_000, cost: 1_000, at_once: 10 },
              },
            ]),
          ],
        ),
      );
    await set(1_000);
    const own = await makeAccount(db);
    await grant(own);
    await set(1);
    permitOf(await ask(own));
    expect(denialOf(await ask(own))).toMatchObject({ limit: 'monthly', max: 1 });
  });

  test('a budget of the key', async () => {
    const { ask, grant, member } = await open();
    const own = await member();
    const keyId = await makeKey(db, own);
    const cap = (most: number | null) =>
      db.asMigrator(
        statement('update identity.api_keys set monthly_budget_micros = $2 where id = $1', [keyId, most]),
      );
    await grant(own, { keyId });
    await cap(100);
    expect(denialOf(await ask(own, { keyId, reserve: 101 }))).toMatchObject({ limit: 'key_budget' });
    permitOf(await ask(own, { keyId, reserve: 60 }));
    expect((await windows(db, own.accountId))[`key:${keyId} key_budget`]).toBe(60);
    expect(denialOf(await ask(own, { keyId, reserve: 41 }))).toMatchObject({
      limit: 'key_budget',
      used: 60,
      max: 100,
    });
    await cap(null);
    permitOf(await ask(own, { keyId, reserve: 500 }));
  });

  test('a budget of the operator, closed and open', async () => {
    const { ask, grant, member } = await open();
    const own = await member();
    await grant(own);
    const budgets = createOperatorBudgets({ db, ids });
    await budgets.set({ product: 'demo' }, { daily: micros(0) });
    expect(await ask(own)).toEqual({ kind: 'refused', reason: 'operator_budget_closed' });
    await budgets.set({ product: 'demo' }, { daily: micros(1_000) });
    permitOf(await ask(own));
    await grant(own);
    const permit = permitOf(await ask(own, { reserve: 70 }));
    await permit.send(plannedCall(70));
    permit.served(figures(70));
    await permit.settle();
    expect(await budgets.list()).toMatchObject([{ product: 'demo', spent: 70 }]);
    await db.asMigrator(statement('delete from limits.operator_budgets'));
  });

  test('what the operator bears of failed calls', async () => {
    const { ask, grant, member } = await open();
    const own = await member();
    await grant(own);
    await db.asMigrator(
      statement(
        `select limits.charge($1, 'demo', 'failures', limits.window_start('day', app.now()), 25000000)`,
        [own.accountId],
      ),
    );
    expect(denialOf(await ask(own))).toMatchObject({ of: 'failures' });
  });
});
