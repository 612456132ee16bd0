import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { advance, databaseTime } from '@plinth/testkit/factories';
import { temporaryFolder } from '@plinth/testkit/services';
import { type Customer, testApp } from '@plinth/testkit/services/app';

const path = join(temporaryFolder(), 'plinth.plans.yaml');
const POINT = commitPoint('test.moves', 'purchases of a test');
const DAY = 86_400_000;

/** A product of a file whose plans have so many summaries a month, one plan for each test. */
const PLANS = ['now', 'renewed', 'ended', 'raced', 'refused'];
function write(summaries: number, cost = 5): void {
  const plans = PLANS.map(
    (name, place) =>
      `      ${name}: { price: ${place + 5}, grants: { summaries: ${summaries}, model_cost: $${cost} } }`,
  );
  const text = `products:
  notes:
    name: Notes AI
    limits: { summaries: quota per month, model_cost: budget per month }
    features: { summarize: { consumes: summaries } }
    plans:
      free: { price: free, grants: { summaries: 1, model_cost: $1 } }
${plans.join('\n')}
    default_plan: free
`;
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

write(100);
const dying = { at: '' };
const app = await testApp({
  settings: { PLANS_FILE: path },
  crashHook: (point, when) => {
    if (`${when} ${point}` !== dying.at) return;
    dying.at = '';
    throw new Error('the process dies');
  },
});
const { db } = app.database;
const { plans, entitlements } = app.app.modules.services;
const { key: admin } = await app.admin();
// Moves run here alone: days that go by make the worker's own run due, which would take a death or a turn of a test's.
const never = statement(
  `update jobs.schedules set next_at = 'infinity' where name = 'plans.moves' returning name`,
);
await vi.waitFor(async () => expect(await db.asMigrator(never)).toHaveLength(1), 120_000);

interface Bought {
  readonly plan: string;
  readonly until?: number;
}

/** A payment provider tells of an account: it has a subscription that is paid until so many days from now. */
async function tell(accountId: Customer['accountId'], { plan, until = 30 }: Bought) {
  const now = (await databaseTime(db)).getTime();
  const period = { startsAt: new Date(now - DAY), endsAt: new Date(now + until * DAY), revokedAt: null };
  const grants = [{ externalId: `sub_${plan}`, product: 'notes', plan, quantity: 1, ...period }];
  await db.system('billing.inbox', POINT, (tx) =>
    entitlements.providerGrantsIn(tx, { accountId, source: 'stripe', grants }),
  );
}

async function buyer(plan: string): Promise<Customer> {
  const customer = await app.customer();
  await tell(customer.accountId, { plan });
  return customer;
}

const sizeOf = async ({ accountId }: Customer) =>
  (await entitlements.current(accountId)).find(({ product }) => product === 'notes')?.grants['summaries'];
const order = (plan: string, more: object = {}) =>
  app.call(admin, 'POST /v1/admin/plans/moves', {
    headers: { 'idempotency-key': randomUUID() },
    body: { plan: `notes.${plan}`, at: 'now', notice_days: 7, ...more },
  });
const stateOf = async (id: unknown) =>
  (
    (await app.call(admin, 'GET /v1/admin/plans/moves')).body['moves'] as readonly Record<string, unknown>[]
  ).find((one) => one['id'] === id);
async function mailsTo({ accountId }: Customer, plan: string) {
  const people = await db.asMigrator(
    statement<{ email: string }>(
      'select u.email from accounts.members m join identity.users u on u.user_id = m.user_id where m.account_id = $1',
      [accountId],
    ),
  );
  return (await app.outbox()).filter(
    ({ subject, to }) => subject.includes(plan) && people.some(({ email }) => to.includes(email)),
  );
}

async function change(summaries: number, cost?: number): Promise<void> {
  write(summaries, cost);
  await plans.look();
}

describe('customers who are moved to the present terms of their plan', () => {
  test('are told first, without a figure of what models cost, and pass when the notice is over', async () => {
    const customer = await buyer('now');
    await change(40, 3);
    expect(await sizeOf(customer)).toBe(100);
    const { body: sold } = await app.call(admin, 'GET /v1/admin/plans/sold');
    expect(sold['versions']).toContainEqual(
      expect.objectContaining({
        plan: 'notes.now',
        version: 1,
        accounts: 1,
        is_sold: false,
        changes: [
          { path: 'plans.now.grants.summaries', text: '100 -> 40' },
          { path: 'plans.now.grants.model_cost', text: '$5 -> $3' },
        ],
      }),
    );
    const made = await order('now');
    expect(made).toMatchObject({ status: 201, body: { from: [1], to: 2, state: 'telling' } });
    await plans.moves.run();
    expect(await sizeOf(customer)).toBe(100);
    const [mail, ...more] = await mailsTo(customer, 'Now');
    expect(more).toEqual([]);
    expect(mail?.text).toContain('summaries: 40 in place of 100; model cost: less than before');
    expect(mail?.text).not.toContain('$');
    await advance(db, '7 days');
    await plans.moves.run();
    expect(await sizeOf(customer)).toBe(40);
    expect(await stateOf(made.body['id'])).toMatchObject({ state: 'done', accounts: 1 });
    await change(100);
  });

  test('with their next period pass then, and those who have not passed keep their terms when the move is ended', async () => {
    const [renews, stays] = [await buyer('renewed'), await buyer('renewed')];
    await change(50);
    const { body } = await order('renewed', { at: 'renewal', notice_days: 0 });
    await plans.moves.run();
    expect(await stateOf(body['id'])).toMatchObject({ state: 'done', accounts: 2 });
    expect([await sizeOf(renews), await sizeOf(stays)]).toEqual([100, 100]);
    await tell(renews.accountId, { plan: 'renewed', until: 60 });
    expect([await sizeOf(renews), await sizeOf(stays)]).toEqual([50, 100]);
    const ended = await app.call(admin, `DELETE /v1/admin/plans/moves/${String(body['id'])}`);
    expect(ended).toMatchObject({ status: 200, body: { state: 'revoked' } });
    await tell(stays.accountId, { plan: 'renewed', until: 60 });
    expect([await sizeOf(renews), await sizeOf(stays)]).toEqual([50, 100]);
    await change(100);
  });

  test('are not, when the move is ended before its notice is over', async () => {
    const customer = await buyer('ended');
    await change(30);
    const { body } = await order('ended');
    await plans.moves.run();
    await app.call(admin, `DELETE /v1/admin/plans/moves/${String(body['id'])}`);
    await advance(db, '8 days');
    await plans.moves.run();
    expect(await sizeOf(customer)).toBe(100);
    await change(100);
  });

  test('are told once and pass once, whatever dies in between and however many processes do it', async () => {
    const customers = [await buyer('raced'), await buyer('raced'), await buyer('raced')];
    await change(20);
    const { body } = await order('raced', { notice_days: 0 });
    for (const at of [
      'before plans.move-told',
      'after plans.move-told',
      'before plans.move-passed',
      'after plans.move-passed',
    ]) {
      dying.at = at;
      await expect(plans.moves.run()).rejects.toThrow('the process dies');
    }
    await Promise.all([plans.moves.run(), plans.moves.run()]);
    // Each leaves a move to the other while that has it, and both may end so: the next run goes on.
    await plans.moves.run();
    for (const customer of customers) {
      expect(await sizeOf(customer)).toBe(20);
      expect(await mailsTo(customer, 'Raced')).toHaveLength(1);
    }
    expect(await stateOf(body['id'])).toMatchObject({ state: 'done', accounts: 3 });
    await change(100);
  });
});

describe('a move is refused', () => {
  test('of a plan that there is not, of a version that was never sold, and where all have the present terms', async () => {
    const unknown = await order('nothing');
    expect(unknown).toMatchObject({ status: 400, body: { error: { code: 'validation_failed' } } });
    await buyer('refused');
    expect(await order('refused', { from: [7] })).toMatchObject({ status: 400 });
    expect(await order('refused')).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });
  });

  test('to those who are no platform admin; an order takes the place of one that is under way', async () => {
    const customer = await buyer('refused');
    await change(10);
    const first = await order('refused');
    expect(await order('refused', { notice_days: 30 })).toMatchObject({ status: 201 });
    expect(await stateOf(first.body['id'])).toMatchObject({ state: 'revoked' });
    const others = await app.call(customer.key, 'GET /v1/admin/plans/moves');
    expect(others.status).toBe(403);
    await change(100);
  });
});
