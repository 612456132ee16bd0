import { commitPoint, statement } from '#platform/db';
import type { EntitlementChange } from '#platform/product';
import { advance } from '#test/factories';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Customer } from '../services/app.ts';
import { openCounter } from './fixture.ts';

/** Where each process dies: the point, and whether before or after it. */
let dying: string | undefined;
let died = 0;
/** What the product's own part fails with. */
let failing: Error | undefined;
const counter = await openCounter({
  crashHook(point, phase) {
    if (`${phase} ${point}` !== dying) return;
    died += 1;
    throw new Error('the process died');
  },
});
const { app, buy, customer, db, heard, order, plan, sandbox } = counter;
const { entitlements } = app.modules;
const GRANT = commitPoint('test.entitlement-changes', 'what an admin gives in a test');
const PRO = { product: 'reel', plan: 'reel.pro' };

await db.script(`
  create table public.workspaces (account_id uuid primary key, plan text, told integer not null default 1);
  grant select, insert, update on public.workspaces to plinth_system;`);
const told: EntitlementChange[] = [];
entitlements.onChanged('reel', async (tx, change) => {
  told.push(change);
  await tx.run(
    statement(
      `insert into public.workspaces (account_id, plan) values ($1, $2)
       on conflict (account_id) do update set plan = excluded.plan, told = workspaces.told + 1`,
      [change.accountId, change.present.plan],
    ),
  );
  if (failing !== undefined) throw failing;
});

const made = ({ accountId }: Customer) =>
  db.asMigrator(
    statement<{ plan: string | null; told: number }>(
      'select plan, told from public.workspaces where account_id = $1',
      [accountId],
    ),
  );

/** Pays, and has the store's messages come in without being looked at. */
async function pay(who: Customer): Promise<void> {
  const { body } = await order(who, PRO);
  await sandbox.pay(String(body['checkout_url']));
  await sandbox.idle();
}

async function triedAgain(): Promise<void> {
  await advance(db, '1 day');
  await heard();
}

beforeEach(() => {
  dying = undefined;
  died = 0;
  failing = undefined;
  told.length = 0;
});

describe('what a product makes of a purchase', () => {
  test('is there as soon as the purchase is in effect', async () => {
    const ada = await customer();
    await buy(ada, PRO);
    expect(await plan(ada)).toBe('reel.pro');
    expect(await made(ada)).toMatchObject([{ plan: 'reel.pro' }]);
    const first = told.find(({ accountId }) => accountId === ada.accountId);
    expect(first).toMatchObject({
      product: 'reel',
      cause: 'store_changed',
      present: { plan: 'reel.pro', source: 'stripe' },
    });
    expect(first?.former?.plan ?? null).toBeNull();
  });

  test('is not there, nor is the purchase, when the process dies before the commit; both are at the next try', async () => {
    const ada = await customer();
    await pay(ada);
    dying = 'before billing.applied';
    await heard().catch(() => {});
    expect(died).toBeGreaterThan(0);
    expect([await plan(ada), await made(ada)]).toEqual([null, []]);
    dying = undefined;
    await triedAgain();
    expect(await plan(ada)).toBe('reel.pro');
    expect(await made(ada)).toMatchObject([{ plan: 'reel.pro' }]);
  });

  test('is there when the process dies after the commit, and what comes later makes it no second time', async () => {
    const ada = await customer();
    await pay(ada);
    dying = 'after billing.applied';
    await heard().catch(() => {});
    expect(died).toBeGreaterThan(0);
    dying = undefined;
    await triedAgain();
    expect(await plan(ada)).toBe('reel.pro');
    const before = await made(ada);
    expect(before).toMatchObject([{ plan: 'reel.pro' }]);
    await triedAgain();
    expect(await made(ada)).toEqual(before);
  });

  test('holds the purchase back while it fails, and nothing of either is there', async () => {
    const ada = await customer();
    await pay(ada);
    failing = new Error('the product could not make its part');
    await heard().catch(() => {});
    expect([await plan(ada), await made(ada)]).toEqual([null, []]);
    failing = undefined;
    await triedAgain();
    expect([await plan(ada), await made(ada)]).toMatchObject(['reel.pro', [{ plan: 'reel.pro' }]]);
  });

  test('is made of a gift too, and of its end', async () => {
    const ada = await customer();
    const grant = await db.system('admin.grants', GRANT, (tx) =>
      entitlements.grantIn(tx, {
        accountId: ada.accountId,
        product: 'reel',
        plan: 'basic',
        source: 'admin',
        cause: 'a gift',
        by: { kind: 'system' },
      }),
    );
    expect(await made(ada)).toEqual([{ plan: 'reel.basic', told: 1 }]);
    await db.system('admin.grants', GRANT, (tx) =>
      entitlements.revokeIn(tx, { grantId: grant.id, by: { kind: 'system' } }),
    );
    expect(await made(ada)).toEqual([{ plan: null, told: 2 }]);
    expect(told.map(({ cause, former, present }) => [cause, former?.plan ?? null, present.plan])).toEqual([
      ['granted', null, 'reel.basic'],
      ['revoked', 'reel.basic', null],
    ]);
  });
});

const nothing = async () => {};

test('a product says once what it does, and only a product does', () => {
  expect(() => entitlements.onChanged('reel', nothing)).toThrow('has said already');
  expect(() => entitlements.onChanged('reeel', nothing)).toThrow('is no product');
});
