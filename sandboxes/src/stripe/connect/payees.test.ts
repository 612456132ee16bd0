import { Stripe } from 'stripe';
import { describe, expect, test } from 'vitest';
import { createFixture, createReceiver, failureOf, packageFor } from '../testing/fixture.ts';

const { sandbox, stripe } = await createFixture({ settings: { heldCurrencies: ['eur'] } });
const BACK = { return_url: 'https://shop.example/back', refresh_url: 'https://shop.example/again' };
const TRANSFERS = { transfers: { requested: true } };

const createPayee = (more: Partial<Stripe.AccountCreateParams> = {}) =>
  stripe.accounts.create({ type: 'express', country: 'DE', capabilities: TRANSFERS, ...more });
const linkFor = async (account: string) =>
  (await stripe.accountLinks.create({ account, type: 'account_onboarding', ...BACK })).url;

/** Clicks a button of the page; where that leads. */
async function click(url: string, step: string): Promise<string | null> {
  const body = new URLSearchParams({ step });
  return (await fetch(url, { method: 'POST', body, redirect: 'manual' })).headers.get('location');
}

describe('a payee', () => {
  test('is made, onboarded with one click, and can be paid', async () => {
    const made = await createPayee({ email: 'ada@example.com', metadata: { ours: 'yes' } });
    expect(made).toMatchObject({
      type: 'express',
      default_currency: 'eur',
      capabilities: { transfers: 'inactive' },
      details_submitted: false,
      payouts_enabled: false,
      requirements: { disabled_reason: 'requirements.past_due' },
      metadata: { ours: 'yes' },
    });
    expect(made.requirements?.currently_due).toContain('external_account');
    const url = await linkFor(made.id);
    expect(await (await fetch(url)).text()).toContain('Get paid by A shop on the sandbox');
    expect(await click(url, 'complete')).toBe(BACK.return_url);
    expect(await stripe.accounts.retrieve(made.id)).toMatchObject({
      capabilities: { transfers: 'active' },
      details_submitted: true,
      payouts_enabled: true,
      requirements: { disabled_reason: null, currently_due: [] },
      external_accounts: { data: [{ object: 'bank_account' }] },
    });
  });

  test('who comes back without completing cannot be paid, nor one whom Stripe still verifies', async () => {
    const { id } = await createPayee();
    expect(await click(await linkFor(id), 'leave')).toBe(BACK.return_url);
    expect((await stripe.accounts.retrieve(id)).details_submitted).toBe(false);
    await click(await linkFor(id), 'verify');
    expect(await stripe.accounts.retrieve(id)).toMatchObject({
      details_submitted: true,
      capabilities: { transfers: 'pending' },
    });
    sandbox.connect.onboard(id);
    expect((await stripe.accounts.retrieve(id)).capabilities?.transfers).toBe('active');
  });

  test('with a link that was used, or is old, is led to where a new one is made', async () => {
    const { id } = await createPayee();
    const [used, old] = [await linkFor(id), await linkFor(id)];
    await click(used, 'complete');
    expect((await fetch(used, { redirect: 'manual' })).headers.get('location')).toBe(BACK.refresh_url);
    sandbox.advance(301);
    expect(await click(old, 'complete')).toBe(BACK.refresh_url);
    expect((await fetch(`${sandbox.url}/setup/e/${id}/none`)).status).toBe(404);
  });

  test('is Express by the newer words, too; other kinds are refused', async () => {
    const controller = {
      fees: { payer: 'application' },
      losses: { payments: 'application' },
      stripe_dashboard: { type: 'express' },
    } as const;
    expect((await stripe.accounts.create({ controller })).type).toBe('express');
    for (const wrong of [{ type: 'custom' }, {}, { type: 'express', controller }] as const)
      expect((await failureOf(stripe.accounts.create(wrong))).statusCode).toBe(400);
  });

  test('is changed, listed and deleted; then nobody has access to it', async () => {
    const { id } = await createPayee();
    const changed = await stripe.accounts.update(id, { email: 'new@example.com', metadata: { a: 'b' } });
    expect(changed).toMatchObject({ email: 'new@example.com', metadata: { a: 'b' } });
    expect((await stripe.accounts.list({ limit: 1 })).data[0]?.id).toBe(id);
    expect(await stripe.accounts.del(id)).toMatchObject({ id, deleted: true });
    const gone = await failureOf(stripe.accounts.retrieve(id));
    expect(gone).toBeInstanceOf(Stripe.errors.StripePermissionError);
    expect(gone).toMatchObject({ statusCode: 403, code: 'account_invalid' });
  });
});

describe('events of payees', () => {
  test('go to the endpoint of connected accounts alone, name the account, and are signed by its secret', async () => {
    const [ours, theirs] = [await createReceiver(), await createReceiver()];
    const endpoint = { enabled_events: ['*' as const] };
    const platform = await stripe.webhookEndpoints.create({ ...endpoint, url: ours.url });
    const connected = await stripe.webhookEndpoints.create({ ...endpoint, url: theirs.url, connect: true });
    expect([platform.application, connected.application]).toEqual([null, 'ca_sandbox']);
    const { id } = await createPayee();
    sandbox.connect.onboard(id);
    sandbox.connect.fund(10_000, 'eur');
    const { id: transfer } = await stripe.transfers.create({ amount: 500, currency: 'eur', destination: id });
    await stripe.transfers.update(transfer, { metadata: { a: 'b' } });
    await stripe.transfers.createReversal(transfer, { amount: 100 });
    const { id: payout } = sandbox.connect.payOut(id, 'eur');
    sandbox.advance(2 * 86_400);
    sandbox.connect.failPayout(payout);
    sandbox.connect.restrictAccount(id, 'rejected.fraud');
    sandbox.connect.deauthorize(id);
    await sandbox.idle();
    expect(ours.heard().sort()).toEqual(['transfer.created', 'transfer.reversed', 'transfer.updated']);
    for (const { body, headers } of theirs.received) {
      const signature = String(headers['stripe-signature']);
      const now = sandbox.now().getTime() / 1_000;
      const secret = connected.secret ?? '';
      expect(stripe.webhooks.constructEvent(body, signature, secret, 300, undefined, now)).toMatchObject({
        account: id,
      });
    }
    expect(theirs.heard().sort()).toEqual([
      'account.application.deauthorized',
      'account.updated',
      'account.updated',
      'payout.created',
      'payout.failed',
      'payout.paid',
    ]);
    const told = await stripe.events.list({ limit: 100 });
    expect(told.data.filter(({ account }) => account !== undefined)).toEqual([]);
  });

  test('are listed by the account that they are of', async () => {
    const { id } = await createPayee();
    sandbox.connect.onboard(id);
    const { data } = await stripe.events.list({}, { stripeAccount: id });
    expect(data).toMatchObject([{ type: 'account.updated', account: id }]);
  });
});

test('a call for a connected account that the sandbox does not make so is refused, and so is an account of nobody', async () => {
  const { id } = await createPayee();
  expect((await failureOf(stripe.customers.list({}, { stripeAccount: id }))).statusCode).toBe(400);
  const stranger = packageFor(sandbox, { stripeAccount: 'acct_none' });
  expect((await failureOf(stranger.balance.retrieve())).statusCode).toBe(403);
});
