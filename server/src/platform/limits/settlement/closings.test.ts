import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { Permit } from '#platform/limits';
import {
  figures,
  permitOf,
  ledger,
  openLimits,
  permits,
  plannedCall,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const fixture = await openLimits(db, {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
    personal: { kind: 'budget', per: 'day', by: 'member' },
    bought: { kind: 'credits', per: 'month', by: 'account' },
  },
  features: {
    usual: ['monthly', 'at_once', 'cost'],
    own: ['personal', 'monthly'],
    prepaid: ['bought', 'cost'],
  },
  plans: { only: { monthly: 50, at_once: 5, cost: 150, personal: 1_000, bought: 10 } },
});

/** Ways in which work ends: what is done under its permit, and how it is closed. */
const ENDS: Readonly<Record<string, (permit: Permit) => Promise<void>>> = {
  async 'served, at less than its reserve'(permit) {
    await permit.send(plannedCall(100));
    permit.served(figures(37));
    await permit.settle();
  },
  async 'served, at all of its reserve'(permit) {
    await permit.send(plannedCall(100));
    permit.served(figures(100));
    await permit.settle();
  },
  async 'served, at more than its reserve'(permit) {
    await permit.send(plannedCall(100));
    permit.served(figures(137));
    await permit.settle();
  },
  async 'served, at more than is charged'(permit) {
    await permit.send(plannedCall(100));
    permit.served(figures(37, { charged: figures(0).cost }));
    await permit.settle();
  },
  async 'served, by an estimate'(permit) {
    await permit.send(plannedCall(100));
    permit.unknown(figures(80, { estimated: true }));
    await permit.settle();
  },
  async 'not known how'(permit) {
    await permit.send(plannedCall(100));
    permit.unknown();
    await permit.settle();
  },
  async 'not served, and given back'(permit) {
    await permit.send(plannedCall(100));
    permit.notServed();
    await permit.release('refused');
  },
  async 'not served, and kept'(permit) {
    await permit.send(plannedCall(100));
    permit.notServed();
    await permit.release('refused', { quota: 'kept' });
  },
  'never sent': (permit) => permit.release('not needed'),
  async 'served in two calls'(permit) {
    await permit.send(plannedCall(50));
    permit.served(figures(30));
    await permit.send(plannedCall(50));
    permit.served(figures(20));
    await permit.settle();
  },
  async 'served at the second try'(permit) {
    await permit.send(plannedCall(100));
    permit.notServed();
    await permit.send(plannedCall(60, 'large'));
    permit.served(figures(20));
    await permit.settle();
  },
};

describe.each(['usual', 'own', 'prepaid'])('the end of a permit of a feature that is %s', (feature) => {
  test.each(Object.entries(ENDS))('%s, is written the same alone and in a crowd', async (_name, end) => {
    const [alone, ...crowd] = [await fixture.member(), await fixture.member(), await fixture.member()];
    const held = await Promise.all(
      [alone, ...crowd].map(async (member) =>
        permitOf(await fixture.admit(member, { feature, reserve: 100 })),
      ),
    );
    const [first, ...others] = held;
    if (first !== undefined) await end(first);
    await Promise.all(others.map(end));
    const books = await Promise.all([alone, ...crowd].map(({ accountId }) => booksOf(accountId)));
    expect(books[1]).toEqual(books[0]);
    expect(books[2]).toEqual(books[0]);
  });
});

/** Rows of an account, but for ids. */
async function booksOf(accountId: Parameters<typeof permits>[1]) {
  const [open, calls, held, alerts] = await Promise.all([
    permits(db, accountId),
    ledger(db, accountId),
    windows(db, accountId),
    db.asMigrator(
      statement('select name from limits.alerts where account_id = $1 order by name', [accountId]),
    ),
  ]);
  return {
    alerts,
    open: open.map(({ id: _id, ...row }) => row),
    calls: calls.map(({ id: _id, ...row }) => row),
    held: Object.entries(held).map(([name, used]) => [name.replaceAll(/:[\da-f-]+/g, ''), used]),
  };
}
