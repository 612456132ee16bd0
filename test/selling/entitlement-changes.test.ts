import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { commitPoint, statement } from '#platform/db';
import { addMails } from '#platform/mail';
import {
  declareMails,
  type EntitlementChange,
  mailTemplate,
  type ProductSubscription,
  subscriptionsOf,
} from '#platform/product';
import { addEvents } from '#platform/webhooks';
import { advance } from '@plinth/testkit/factories';
import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Customer } from '@plinth/testkit/services/app';
import { temporaryFolder } from '@plinth/testkit/services';
import { openSellingApp } from './fixture.ts';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';

const death = plannedDeath();
/** What the product's own part fails with. */
let failing: Error | undefined;
const counter = await openSellingApp({
  crashHook: death.crashHook,
});
const { app, buy, customer, db, drainEvents, order, plan, sandbox } = counter;
const { audit, entitlements, mail, webhooks } = app.modules;
const GRANT = commitPoint('test.entitlement-changes', 'what an admin gives in a test');
const PRO = { product: 'reel', plan: 'reel.pro' };

await db.script(`
  create table public.workspaces (account_id uuid primary key, plan text, told integer not null default 1);
  grant select, insert, update on public.workspaces to plinth_system;`);
const told: EntitlementChange[] = [];
/** What the product saw of the subscription when it was told. */
const seen: (ProductSubscription | undefined)[] = [];

/** A mail of the product with a file, and an event: as a seller of licences has them. */
const folder = pathToFileURL(join(temporaryFolder(), 'mails.ts'));
mkdirSync(new URL('./mails/', folder));
writeFileSync(new URL('./mails/issued.txt', folder), 'Subject: Your licence\n\nFor {{seats}} seats.\n');
const example = { name: 'licence.json', type: 'application/json', content: '{}' };
const { issued } = declareMails('reel', folder.href, {
  issued: mailTemplate(z.strictObject({ seats: z.int() }), { seats: 3 }, [example]),
});
addMails([issued]);
addEvents({ 'reel.licence.issued': 'a licence was issued' });

entitlements.onChanged('reel', async (tx, change) => {
  told.push(change);
  const { accountId, present } = change;
  const [subscription] = await tx.run(subscriptionsOf(accountId, 'reel'));
  seen.push(subscription);
  const facts = { seats: subscription?.quantity ?? 0 };
  const attachments = [{ ...example, content: JSON.stringify({ plan: present.plan }) }];
  const to = `${accountId}@example.com`;
  const data = { plan: present.plan };
  await tx.runAll([
    ...mail.sending({ to, template: issued, facts, attachments, accountId, once: `licence ${present.plan}` }),
    ...webhooks.emitting({ type: 'reel.licence.issued', accountId, id: String(present.plan), data }),
  ]);
  await audit.recordIn(tx, { action: 'reel.licence.issued', actor: { kind: 'system' }, accountId });
  await tx.run(
    statement(
      `insert into public.workspaces (account_id, plan) values ($1, $2)
       on conflict (account_id) do update set plan = excluded.plan, told = workspaces.told + 1`,
      [change.accountId, change.present.plan],
    ),
  );
  if (failing !== undefined) throw failing;
});

const readWorkspaces = ({ accountId }: Customer) =>
  db.asMigrator(
    statement<{ plan: string | null; told: number }>(
      'select plan, told from public.workspaces where account_id = $1',
      [accountId],
    ),
  );

/** The mails, events and audit entries that the product wrote for an account. */
async function countWritten({ accountId }: Customer) {
  const count = `select (select count(*)::int from mail.messages where account_id = $1 and template = 'reel.issued') as mails,
    (select count(*)::int from webhooks.events where account_id = $1 and type = 'reel.licence.issued') as events,
    (select count(*)::int from audit.events where account_id = $1 and action = 'reel.licence.issued') as entries`;
  const [row] = await db.asMigrator(
    statement<{ mails: number; events: number; entries: number }>(count, [accountId]),
  );
  return row;
}

/** Pays, and has the provider's messages come in without being looked at. */
async function pay(who: Customer): Promise<void> {
  const { body } = await order(who, PRO);
  await sandbox.pay(String(body['checkout_url']));
  await sandbox.idle();
}

async function triedAgain(): Promise<void> {
  await advance(db, '1 day');
  await drainEvents();
}

beforeEach(() => {
  failing = undefined;
  told.length = 0;
  seen.length = 0;
});

describe('what a product makes of a purchase', () => {
  test('is there as soon as the purchase is in effect', async () => {
    const ada = await customer();
    await buy(ada, PRO);
    expect(await plan(ada)).toBe('reel.pro');
    expect(await readWorkspaces(ada)).toMatchObject([{ plan: 'reel.pro' }]);
    const first = told.find(({ accountId }) => accountId === ada.accountId);
    expect(first).toMatchObject({
      product: 'reel',
      cause: 'store_changed',
      present: { plan: 'reel.pro', source: 'stripe' },
    });
    expect(first?.former?.plan ?? null).toBeNull();
    expect(seen[0]).toMatchObject({
      plan: 'pro',
      state: 'active',
      quantity: 1,
      failures: 0,
      grace_ends_at: null,
    });
    // The plan is kept for some days past what is paid.
    expect(seen[0]?.period_ends_at.toISOString()).toMatch(/Z$/);
    expect(Date.parse(first?.present.until ?? '')).toBeGreaterThan(Number(seen[0]?.period_ends_at));
    expect(await countWritten(ada)).toMatchObject({ mails: 1, events: 1 });
  });

  test('is not there, nor is the purchase, when the process dies before the commit; both are at the next try', async () => {
    const ada = await customer();
    await pay(ada);
    death.plan('before billing.applied', Infinity);
    await drainEvents().catch(() => {});
    expect([await plan(ada), await readWorkspaces(ada)]).toEqual([null, []]);
    death.over();
    await triedAgain();
    expect(await plan(ada)).toBe('reel.pro');
    expect(await readWorkspaces(ada)).toMatchObject([{ plan: 'reel.pro' }]);
  });

  test('is there when the process dies after the commit, and what comes later makes it no second time', async () => {
    const ada = await customer();
    await pay(ada);
    death.plan('after billing.applied', Infinity);
    await drainEvents().catch(() => {});
    death.over();
    await triedAgain();
    expect(await plan(ada)).toBe('reel.pro');
    const before = await readWorkspaces(ada);
    expect(before).toMatchObject([{ plan: 'reel.pro' }]);
    await triedAgain();
    expect(await readWorkspaces(ada)).toEqual(before);
  });

  test('holds the purchase back while it fails, and nothing of either is there', async () => {
    const ada = await customer();
    await pay(ada);
    failing = new Error('the product could not make its part');
    await drainEvents().catch(() => {});
    expect([await plan(ada), await readWorkspaces(ada)]).toEqual([null, []]);
    expect(await countWritten(ada)).toEqual({ mails: 0, events: 0, entries: 0 });
    failing = undefined;
    await triedAgain();
    expect([await plan(ada), await readWorkspaces(ada)]).toMatchObject(['reel.pro', [{ plan: 'reel.pro' }]]);
  });

  test('can be made of a payment too that changes nothing of what is held', async () => {
    const ada = await customer();
    await buy(ada, PRO);
    told.length = 0;
    await counter.later(31.1);
    const same = told.filter(
      ({ accountId, former, present }) =>
        accountId === ada.accountId && isDeepStrictEqual(former, present) && present.plan === 'reel.pro',
    );
    expect(same.map(({ cause }) => cause)).toContain('store_changed');
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
    expect(await readWorkspaces(ada)).toEqual([{ plan: 'reel.basic', told: 1 }]);
    await db.system('admin.grants', GRANT, (tx) =>
      entitlements.revokeIn(tx, { grantId: grant.id, by: { kind: 'system' } }),
    );
    expect(await readWorkspaces(ada)).toEqual([{ plan: null, told: 2 }]);
    expect(told.map(({ cause, former, present }) => [cause, former?.plan ?? null, present.plan])).toEqual([
      ['granted', null, 'reel.basic'],
      ['revoked', 'reel.basic', null],
    ]);
  });
});

const noop = async () => {};

test('a product says once what it does, and only a product does', () => {
  expect(() => entitlements.onChanged('reel', noop)).toThrow('has said already');
  expect(() => entitlements.onChanged('reeel', noop)).toThrow('is no product');
});
