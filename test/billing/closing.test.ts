import { statement } from '#platform/db';
import { type AccountId, randomToken, sha256, systemRandom } from '#platform/kernel';
import { createStripeSandbox } from '#sandbox/stripe';
import { advance, makeAccount } from '@plinth/testkit/factories';
import { beforeEach, describe, expect, test } from 'vitest';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { StripeCustomer } from './stripe-customer.ts';
import { outcomeOf } from '../organizations/fixture.ts';
import { testApp } from '@plinth/testkit/services/app';
import { leavingOf, type Resident } from '../erasure/fixture.ts';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';

const death = plannedDeath();
const sandbox = await createStripeSandbox({ driven: true });
const { faults } = sandbox;
const app = await testApp({
  work: false,
  stripe: sandbox,
  crashHook: death.crashHook,
});
const { db } = app;
const { endings, inbox } = app.app.modules;
const stripe = packageAt(sandbox);
const { call, close, erase, organization, resident, restore } = leavingOf(app);

beforeEach(() => {
  faults.clear();
});

/** Processes all events of Stripe. */
async function drainEvents(): Promise<void> {
  await sandbox.idle();
  await inbox.drain();
}

interface Subscriber {
  readonly who: Resident;
  readonly shopper: StripeCustomer;
}

async function subscriber(accountOf: (who: Resident) => AccountId | Promise<AccountId>): Promise<Subscriber> {
  const who = await resident();
  return { who, shopper: await createSubscriber(await accountOf(who)) };
}

async function createSubscriber(accountId: AccountId): Promise<StripeCustomer> {
  const shopper = new StripeCustomer({ stripe, sandbox });
  await shopper.register(accountId);
  await shopper.subscribes('reel.pro');
  await drainEvents();
  return shopper;
}

/** The subscriber of a personal account. */
const payer = () => subscriber(({ userId }) => personalOf(userId));

async function personalOf(userId: string): Promise<AccountId> {
  const sql = `select account_id as id from accounts.accounts where created_by = $1 and kind = 'personal'`;
  const [row] = await db.asMigrator(statement<{ id: AccountId }>(sql, [userId]));
  if (row === undefined) throw new Error('nobody');
  return row.id;
}

/** The subscriber of an organization that is closed and opened again outright. */
async function company() {
  const { accountId } = await makeAccount(db);
  const shopper = await createSubscriber(accountId);
  const deletedAt = (at: string) =>
    db.asMigrator(
      statement(`update accounts.accounts set deleted_at = ${at} where account_id = $1`, [accountId]),
    );
  return {
    accountId,
    shopper,
    closes: (ago = '0 days') => deletedAt(`app.now() - interval '${ago}'`),
    opens: () => deletedAt('null'),
  };
}

/** What Stripe says of a customer's only subscription. */
async function atStripe({ shopper }: Pick<Subscriber, 'shopper'>): Promise<string> {
  const { data } = await stripe.subscriptions.list({ customer: shopper.id, status: 'all' });
  const [only] = data;
  if (only === undefined) return 'none';
  return only.cancel_at_period_end ? `${only.status}, ends` : only.status;
}

/** By the link of a mail. It is not read there: a worker that sends mails would keep the schedule of endings as well. */
async function undone({ who }: Subscriber): Promise<void> {
  const token = `ple_${randomToken(systemRandom)}`;
  const sql = `insert into identity.email_tokens (user_id, kind, token_hash, email, expires_at)
    values ($1, 'restore', $2, $3, app.now() + interval '1 hour')`;
  await db.asMigrator(statement(sql, [who.userId, sha256(token), who.email]));
  expect(await restore(token)).toBe('200');
}

describe('a subscription', () => {
  test('ends with the paid period when its account is closed, and goes on after an undo', async () => {
    const one = await payer();
    await close(one.who);
    expect(await endings.run()).toBe(1);
    expect(await atStripe(one)).toBe('active, ends');
    expect(await endings.run()).toBe(0);
    await undone(one);
    expect(await endings.run()).toBe(1);
    expect(await atStripe(one)).toBe('active');
    expect(await endings.run()).toBe(0);
  });

  test('of an organization does so too, and goes on when an owner opens it again', async () => {
    let path = '';
    const one = await subscriber(async (who) => {
      path = await organization(who);
      return path.replace('/v1/organizations/', '') as AccountId;
    });
    expect(outcomeOf(await call(one.who.token, `DELETE ${path}`))).toBe('200');
    await endings.run();
    expect(await atStripe(one)).toBe('active, ends');
    expect(outcomeOf(await call(one.who.token, `POST ${path}/restore`))).toBe('200');
    await endings.run();
    expect(await atStripe(one)).toBe('active');
  });

  test('that its owner had canceled stays canceled by the undo', async () => {
    const one = await payer();
    await one.shopper.cancels('at the end');
    await close(one.who);
    // Canceled, and its state was not read yet: it is left alone until it was.
    await sandbox.idle();
    expect(await endings.run()).toBe(0);
    await drainEvents();
    expect(await endings.run()).toBe(0);
    await undone(one);
    expect(await endings.run()).toBe(0);
    expect(await atStripe(one)).toBe('active, ends');
  });

  test('that somebody had go on at the provider’s own pages, after it was closed, is ended again', async () => {
    const one = await company();
    await one.closes();
    expect(await endings.run()).toBe(1);
    await drainEvents();
    const { data } = await stripe.subscriptions.list({ customer: one.shopper.id });
    await stripe.subscriptions.update(data[0]?.id ?? '', { cancel_at_period_end: false });
    await drainEvents();
    expect(await endings.run()).toBe(1);
    expect(await atStripe(one)).toBe('active, ends');
    await drainEvents();
    expect(await endings.run()).toBe(0);
  });

  test('of an account that was erased ends at once, its customer is deleted, and nothing of them is kept again', async () => {
    const one = await company();
    await one.closes('14 days');
    expect(await erase()).toBe(1);
    // Later events of the provider about them belong to no account.
    await stripe.customers.update(one.shopper.id, { name: 'Ada Lovelace' });
    await drainEvents();
    await endings.run();
    expect(await stripe.customers.retrieve(one.shopper.id)).toMatchObject({ deleted: true });
    expect(await atStripe(one)).toBe('canceled');
    await drainEvents();
    await inbox.reconcile({ all: true });
    await inbox.drain();
    const kept = await db.asMigrator(
      statement<{ row: string }>(
        `select b.body::text as row from billing.bodies b where b.body::text like '%' || $1 || '%'
         union all select body from billing.inbox where body like '%' || $1 || '%'`,
        [one.shopper.id],
      ),
    );
    expect(kept).toEqual([]);
    const books = statement('select state from billing.subscriptions where account_id = $1', [one.accountId]);
    expect(await db.asMigrator(books)).toEqual([{ state: 'canceled' }]);
    expect(await endings.run()).toBe(0);
  });
});

describe('a process that dies', () => {
  test.each([
    'before billing.ending-taken',
    'after billing.ending-taken',
    'before billing.change',
    'after billing.change',
    'before billing.ending-told',
    'after billing.ending-told',
  ])('%s leaves to the next one what it has not done', async (where) => {
    const one = await company();
    await one.closes();
    death.plan(where);
    await expect(endings.run()).rejects.toThrow();
    await advance(db, '6 minutes');
    await endings.run();
    expect(await atStripe(one)).toBe('active, ends');
    await one.opens();
    death.plan(where);
    await expect(endings.run()).rejects.toThrow();
    await advance(db, '6 minutes');
    await endings.run();
    expect(await atStripe(one)).toBe('active');
    expect(await endings.run()).toBe(0);
  });

  test.each([
    'before billing.change',
    'after billing.change',
    'before billing.customer-forgotten',
    'after billing.customer-forgotten',
  ])('%s, of an erased account', async (where) => {
    const one = await company();
    await one.closes('14 days');
    await erase();
    death.plan(where);
    await expect(endings.run()).rejects.toThrow();
    await endings.run();
    expect(await atStripe(one)).toBe('canceled');
    expect(await endings.run()).toBe(0);
  });
});

describe('a payment provider', () => {
  test('that is away is asked again, and that refuses one does not keep the others waiting', async () => {
    const [one, two] = [await company(), await company()];
    await one.closes();
    await two.closes();
    faults.always('POST /v1/subscriptions', { kind: 'status', status: 503 });
    await expect(endings.run()).rejects.toThrow('1 endings failed');
    faults.clear();
    await advance(db, '6 minutes');
    // Each time that it is begun anew.
    const refused = { kind: 'status', status: 400 } as const;
    faults.at('POST /v1/subscriptions', refused, refused, refused, refused);
    await expect(endings.run()).rejects.toThrow('1 endings failed');
    await advance(db, '6 minutes');
    expect(await endings.run()).toBe(1);
    expect([await atStripe(one), await atStripe(two)]).toEqual(['active, ends', 'active, ends']);
  });

  test('is asked once by two runs at once, and an undo meanwhile comes after it', async () => {
    const one = await company();
    await one.closes();
    faults.at('POST /v1/subscriptions', { kind: 'hold' });
    const asking = endings.run();
    await faults.untilHeld(1);
    expect(await endings.run()).toBe(0);
    await one.opens();
    expect(await endings.run()).toBe(0);
    for (const held of faults.held()) held.release();
    expect(await asking).toBe(1);
    expect(await endings.run()).toBe(1);
    expect(await atStripe(one)).toBe('active');
  });
});
