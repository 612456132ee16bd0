import type { ConnectedAccounts, ConnectedEvent } from '#platform/billing';
import { statement } from '#platform/db';
import { createStripeSandbox } from '#sandbox/stripe';
import { atEndOfFile } from '#test/closing';
import { expect, test } from 'vitest';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { testApp } from '../services/app.ts';
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

test('over HTTP both endpoints that Stripe was told of are believed, each by its secret', async () => {
  const other = await createStripeSandbox({ driven: new Date() });
  atEndOfFile(() => other.close());
  await testApp({ stripe: other, work: false });
  const { id } = await packageAt(other).accounts.create({ type: 'express' });
  other.connect.onboard(id);
  await packageAt(other).customers.create();
  await other.idle();
  const answers = other.deliveries().map(({ type, status }) => [type, status]);
  // Nobody is paid out by that process.
  expect(answers).toEqual(
    expect.arrayContaining([
      ['account.updated', 404],
      ['customer.created', 200],
    ]),
  );
});
