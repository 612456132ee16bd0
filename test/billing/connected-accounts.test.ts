import type { ConnectedAccounts, ConnectedEvent } from '#platform/billing';
import { statement } from '#platform/db';
import { createStripeSandbox } from '#sandbox/stripe';
import { atEndOfFile } from '@plinth/testkit/closing';
import { makeAccount } from '@plinth/testkit/factories';
import { describe, expect, test } from 'vitest';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { testApp } from '@plinth/testkit/services/app';
import { openDrivenStripe } from './driven-stripe.ts';
import { CONNECT_SECRET, openNode } from './node.ts';

const drivenStripe = await openDrivenStripe();
const { sandbox, stripe } = drivenStripe;
const payees = new Set<string>();
const heard: ConnectedEvent[] = [];
let isBroken = false;
const connectedAccounts: ConnectedAccounts = {
  isPayee: (id) => Promise.resolve(payees.has(id)),
  changed(event) {
    if (isBroken) throw new Error('the database is away');
    heard.push(event);
    return Promise.resolve();
  },
};
const { inbox, db } = await openNode(drivenStripe, { connectedAccounts });

/** An account that has been onboarded, and the message of it. */
async function onboard() {
  const { id } = await stripe.accounts.create({ type: 'express' });
  sandbox.connect.onboard(id);
  const event = sandbox.events().findLast(({ account }) => account === id);
  return { id, eventId: event?.id ?? '', message: sandbox.message(event?.id ?? '', CONNECT_SECRET) };
}
const kept = (eventId: string) =>
  db.asMigrator(
    statement<{ state: string; type: string }>('select state, type from billing.inbox where event_id = $1', [
      eventId,
    ]),
  );

test('a message of a payee is handed on as often as it comes, and kept once', async () => {
  const { id, eventId, message } = await onboard();
  payees.add(id);
  for (const _ of [1, 2]) await inbox.receive('stripe', message);
  const told = { eventId, type: 'account.updated', account: id, mode: 'sandbox' };
  expect(heard).toMatchObject([told, told]);
  expect(await kept(eventId)).toEqual([{ state: 'ignored', type: 'account.updated' }]);
});

test('one of an account that is no payee of ours is refused, and not kept', async () => {
  const { eventId, message } = await onboard();
  await expect(inbox.receive('stripe', message)).rejects.toMatchObject({ code: 'connected_account_unknown' });
  expect(await kept(eventId)).toEqual([]);
});

test('one that could not be handed on is not kept, so that it comes again', async () => {
  const { id, eventId, message } = await onboard();
  payees.add(id);
  isBroken = true;
  await expect(inbox.receive('stripe', message)).rejects.toThrow('the database is away');
  isBroken = false;
  expect(await kept(eventId)).toEqual([]);
});

describe('over HTTP', async () => {
  const other = await createStripeSandbox({ driven: new Date() });
  atEndOfFile(() => other.close());
  const app = await testApp({ stripe: other, work: false });
  const answered = (of: string) =>
    other.deliveries().flatMap(({ type, status }) => (type === of ? [status] : []));

  test('both endpoints that Stripe was told of are believed, each by its secret', async () => {
    const { id } = await packageAt(other).accounts.create({ type: 'express' });
    other.connect.onboard(id);
    await packageAt(other).customers.create();
    await other.idle();
    expect(answered('account.updated')).toEqual([404]);
    expect(answered('customer.created')).toEqual([200]);
  });

  test('a payee completes the page of onboarding, and can be paid; is restricted, and cannot', async () => {
    const { accountId } = await makeAccount(app.db);
    const { sharing } = app.app.modules.sales;
    const state = async () => {
      await other.idle();
      const found = statement<{ state: string; store_id: string }>(
        'select state, store_id from billing.payees where account_id = $1',
        [accountId],
      );
      return (await app.db.asMigrator(found))[0];
    };
    const url = await sharing.payees().onboard(accountId, 'https://app.example.com/payee');
    const body = new URLSearchParams({ step: 'complete' });
    expect((await fetch(url, { method: 'POST', body, redirect: 'manual' })).status).toBe(303);
    expect(await state()).toMatchObject({ state: 'payable' });
    other.connect.restrictAccount((await state())?.store_id ?? '');
    expect(await state()).toMatchObject({ state: 'restricted' });
  });
});
